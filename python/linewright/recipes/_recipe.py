"""The electrode that is made: what coater and calender must agree on without knowing each other.

Defaults are the cathode of the default line. Solids fraction and density follow the mixing rule
`1/rho = x/rho_solid + (1 - x)/rho_solvent`; compaction follows Meyer et al. (2017),
`rho = rho_max - (rho_max - rho_0)*exp(-q/gamma)` with q in N/mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One electrode: slurry, coating, compaction. Every field positive unless it says more."""

    areal_g_per_m2: float = 220.0
    """Dry coat weight per side."""
    solids_fraction: float = 0.70
    """Solids of the slurry, dimensionless, 0..1."""
    rho_solid_kg_per_m3: float = 4465.7
    """Density of the dry mix."""
    rho_solvent_kg_per_m3: float = 1028.0
    """Density of the solvent at `reference_degc`."""
    solvent_slope_kg_per_m3_k: float = -0.87
    """Change of the solvent density with temperature, kg/m3/K, negative."""
    reference_degc: float = 25.0
    """Temperature of the densities above."""
    coated_width_m: float = 0.66
    web_speed_m_per_s: float = 1.0
    foil_um: float = 12.0
    """Foil thickness; the finished sheet is two coated sides and the foil."""
    porosity: float = 0.25
    """Target behind the calender, dimensionless, 0..1."""
    rho_0_kg_per_m3: float = 2322.0
    """Coating density before the calender."""
    rho_max_kg_per_m3: float = 3600.0
    """Density the compaction law tends to."""
    gamma_n_per_mm: float = 550.0
    """Compaction resistance at `calender_degc` and the target coat weight."""
    loading_exponent: float = 1.0
    """a of `gamma ~ (M/M_ref)^a` (Meyer 2018), 0..1, dimensionless."""
    gamma_slope_per_k: float = 0.003
    """k_T of `gamma ~ 1 - k_T*(T - T_ref)`, 1/K."""
    calender_degc: float = 60.0
    """Roll temperature at which `gamma_n_per_mm` holds."""
    calender_speed_m_per_s: float = 1.0
    crush_n_per_mm: float = 1500.0
    """Line load above which particles crush."""
    coating_gap_um: float = 250.0
    """Gap between lip and web."""
    yield_pa: float = 2.0
    """Yield stress of the slurry."""
    consistency_pa_sn: float = 8.0
    """Consistency K of the slurry's flow curve."""
    flow_exponent: float = 0.72
    """n of the flow curve, dimensionless."""
    tension_n_per_m: float = 0.0407
    """Surface tension of the slurry."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "solvent_slope_kg_per_m3_k" and not (
                math.isfinite(value) and value >= 0.0
            ):
                raise ValueError(f"{field.name} must be finite and not negative, was {value}")
        for name in ("solids_fraction", "porosity"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(f"{name} must be between 0 and 1, was {getattr(self, name)}")
        if not self.rho_0_kg_per_m3 < self.density_kg_per_m3 < self.rho_max_kg_per_m3:
            raise ValueError(
                f"porosity {self.porosity} asks for {self.density_kg_per_m3:.0f} kg/m3, outside "
                f"{self.rho_0_kg_per_m3:.0f}..{self.rho_max_kg_per_m3:.0f}"
            )

    @property
    def slurry_kg_per_m3(self) -> float:
        """Density of the slurry at the reference temperature.

        >>> round(Recipe(rho_solid_kg_per_m3=4465.7).slurry_kg_per_m3, 1)
        2229.3
        """
        x = self.solids_fraction
        return 1.0 / (x / self.rho_solid_kg_per_m3 + (1.0 - x) / self.rho_solvent_kg_per_m3)

    @property
    def mass_flow_kg_per_min(self) -> float:
        """Slurry of one side at target weight and nominal speed: `M*U*w/x`.

        >>> round(Recipe().mass_flow_kg_per_min, 2)
        12.45
        """
        per_s = self.areal_g_per_m2 * 1e-3 * self.web_speed_m_per_s * self.coated_width_m
        return per_s * 60.0 / self.solids_fraction

    @property
    def pump_flow_l_per_min(self) -> float:
        """Slurry of one side at target weight and nominal speed, L/min.

        >>> round(Recipe().pump_flow_l_per_min, 3)
        5.583
        """
        return self.mass_flow_kg_per_min / self.slurry_kg_per_m3 * 1e3

    @property
    def density_kg_per_m3(self) -> float:
        """Coating density at the target porosity."""
        return (1.0 - self.porosity) * self.rho_solid_kg_per_m3

    @property
    def side_um(self) -> float:
        """Thickness of one coated side at the target.

        >>> round(Recipe().side_um, 2)
        65.69
        """
        return self.areal_g_per_m2 / self.density_kg_per_m3 * 1e3

    @property
    def sheet_um(self) -> float:
        """Thickness of the finished sheet: two sides and the foil.

        >>> round(Recipe().sheet_um, 1)
        143.4
        """
        return 2.0 * self.side_um + self.foil_um

    @property
    def line_load_n_per_mm(self) -> float:
        """Line load that reaches the target porosity at `calender_degc`.

        >>> round(Recipe(rho_0_kg_per_m3=2322.1).line_load_n_per_mm, 1)
        895.7
        """
        span = self.rho_max_kg_per_m3 - self.rho_0_kg_per_m3
        left = self.rho_max_kg_per_m3 - self.density_kg_per_m3
        return self.gamma_n_per_mm * math.log(span / left)

    @property
    def load_slope_n_per_mm_per_um(self) -> float:
        """Line load per um of sheet thickness at the target, negative: dq/dt = -q' * rho/t.

        `q' = gamma/(rho_max - rho)` is the load per unit density; one um of sheet is half a um a
        side.
        """
        left = self.rho_max_kg_per_m3 - self.density_kg_per_m3
        load_per_density = self.gamma_n_per_mm / left
        return -load_per_density * self.density_kg_per_m3 / self.side_um * 0.5
