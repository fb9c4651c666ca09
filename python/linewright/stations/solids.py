"""Solids of a slurry by its density: what slurry and coater both do with the Coriolis meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop
    from linewright.recipes import Recipe

DENSITY = "kg/m3"


def density_per_solids(recipe: Recipe) -> float:
    """Slope of the slurry density over the solids fraction, kg/m3 per unit fraction.

    >>> from linewright.recipes import Recipe
    >>> round(density_per_solids(Recipe()) / 100.0, 1)  # per percentage point
    37.2
    """
    r = recipe
    return r.slurry_kg_per_m3**2 * (1.0 / r.rho_solvent_kg_per_m3 - 1.0 / r.rho_solid_kg_per_m3)


def solids_of(loop: Loop, recipe: Recipe, density: Edge) -> Edge:
    """`x = (1/rho - 1/rho_l)/(1/rho_s - 1/rho_l)`, rho_l at the measured temperature."""
    r = recipe
    measured = loop.input("coater.slurry_temperature", "degC", max_age_s=10.0)
    reference = loop.const(r.reference_degc, "degC")
    warmer = loop.or_else(measured, reference) - reference
    slope = loop.const(r.solvent_slope_kg_per_m3_k, "kg/m3/degC")
    solvent = warmer * slope + loop.const(r.rho_solvent_kg_per_m3, DENSITY)
    solid = loop.const(r.rho_solid_kg_per_m3, DENSITY)
    return (1.0 / density - 1.0 / solvent) / (1.0 / solid - 1.0 / solvent)
