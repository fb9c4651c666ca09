"""The twin of a battery electrode line, and its process laws, for notebooks and check cases.

>>> from linewright import twin
>>> round(twin.porosity_fraction(195.0, 65.685, 4295.0), 3)
0.309
>>> line = twin.Twin({"noise_on": False, "disturbances_on": False}, seed=1, base_hz=10)
>>> sensors = dict(zip((name for name, _ in line.SENSORS), line.step([5.583, 895.7]), strict=True))
>>> float(sensors["calender.jumbo"])
0.0
"""

from linewright._core import (
    Compaction,
    Twin,
    aerated_density_kg_per_m3,
    areal_capacity_mah_per_cm2,
    flow_l_per_min,
    gap_closing_um_per_k,
    gap_rejection,
    herschel_bulkley_pa_s,
    hold_porosity_n_per_mm,
    krieger_dougherty,
    n_to_p_ratio,
    porosity_fraction,
    porosity_sd_pp,
    porosity_slope_pp_per_pct_weight,
    porosity_slope_pp_per_um,
    probability_within,
    resistance_n_per_mm,
    roll_bending_um,
    roll_hz,
    slot_flow_exponent,
    slot_pressure_pa,
    slot_pressure_power_law_pa,
    slurry_density_kg_per_m3,
    solid_density_kg_per_m3,
    solids_fraction,
    solvent_density_kg_per_m3,
    thickness_um,
    volume_fraction,
    wet_film_um,
    wet_weight_g_per_m2,
)

__all__ = [
    "Compaction",
    "Twin",
    "aerated_density_kg_per_m3",
    "areal_capacity_mah_per_cm2",
    "flow_l_per_min",
    "gap_closing_um_per_k",
    "gap_rejection",
    "herschel_bulkley_pa_s",
    "hold_porosity_n_per_mm",
    "krieger_dougherty",
    "n_to_p_ratio",
    "porosity_fraction",
    "porosity_sd_pp",
    "porosity_slope_pp_per_pct_weight",
    "porosity_slope_pp_per_um",
    "probability_within",
    "resistance_n_per_mm",
    "roll_bending_um",
    "roll_hz",
    "slot_flow_exponent",
    "slot_pressure_pa",
    "slot_pressure_power_law_pa",
    "slurry_density_kg_per_m3",
    "solid_density_kg_per_m3",
    "solids_fraction",
    "solvent_density_kg_per_m3",
    "thickness_um",
    "volume_fraction",
    "wet_film_um",
    "wet_weight_g_per_m2",
]
