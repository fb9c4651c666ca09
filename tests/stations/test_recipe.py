"""The recipe against the check cases of slurry, coater and calender."""

from __future__ import annotations

import math

import pytest
from linewright.recipes import Recipe


def test_coater_design_point_c11() -> None:
    recipe = Recipe()
    assert recipe.slurry_kg_per_m3 == pytest.approx(2229.3, rel=1e-4)
    assert recipe.pump_flow_l_per_min == pytest.approx(5.583, rel=1e-3)
    wet_um = recipe.areal_g_per_m2 / recipe.solids_fraction / recipe.slurry_kg_per_m3 * 1e3
    assert wet_um == pytest.approx(140.98, rel=1e-3)


def test_calender_design_point_c31_and_anode_c32() -> None:
    assert Recipe().line_load_n_per_mm == pytest.approx(895.7, rel=1e-3)
    anode = Recipe(
        areal_g_per_m2=129.0,
        rho_solid_kg_per_m3=2178.3,
        rho_solvent_kg_per_m3=997.0,
        solids_fraction=0.5,
        porosity=0.33,
        rho_0_kg_per_m3=1023.8,
        rho_max_kg_per_m3=1720.0,
        gamma_n_per_mm=210.0,
        foil_um=8.0,
    )
    assert anode.line_load_n_per_mm == pytest.approx(206.4, rel=1e-3)
    assert anode.sheet_um == pytest.approx(184.8, abs=0.1)
    assert anode.pump_flow_l_per_min == pytest.approx(7.469, rel=1e-3)


def test_load_slope_is_the_derivative_of_the_compaction_law() -> None:
    r = Recipe()

    def load_at(sheet_um: float) -> float:
        rho = r.areal_g_per_m2 / ((sheet_um - r.foil_um) / 2.0) * 1e3
        span = r.rho_max_kg_per_m3 - r.rho_0_kg_per_m3
        return r.gamma_n_per_mm * math.log(span / (r.rho_max_kg_per_m3 - rho))

    h = 1e-3
    slope = (load_at(r.sheet_um + h) - load_at(r.sheet_um - h)) / (2 * h)
    assert r.load_slope_n_per_mm_per_um == pytest.approx(slope, rel=1e-4)


def test_a_recipe_that_cannot_be_pressed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"porosity 0\.1 asks for 4019 kg"):
        Recipe(porosity=0.1)
    with pytest.raises(ValueError, match="solids_fraction"):
        Recipe(solids_fraction=1.2)
    with pytest.raises(ValueError, match="coated_width_m"):
        Recipe(coated_width_m=-1.0)
