"""What a key of a recipe file is called in the twin's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from linewright import _core

ELECTRODES = ("cathode", "anode")
RECIPE = {
    "areal_g_per_m2": ("recipe", "dry_weight_g_per_m2"),
    "solids_fraction": ("recipe", "solids_fraction"),
    "rho_solid_kg_per_m3": ("recipe", "solid_kg_per_m3"),
    "rho_solvent_kg_per_m3": ("recipe", "solvent_kg_per_m3"),
    "solvent_slope_kg_per_m3_k": ("recipe", "solvent_slope_kg_per_m3_k"),
    "coated_width_m": ("coater", "width_m"),
    "web_speed_m_per_s": ("coater", "web_m_per_s"),
    "foil_um": ("recipe", "foil_um"),
    "porosity": ("recipe", "porosity"),
    "rho_0_kg_per_m3": ("recipe", "start_kg_per_m3"),
    "rho_max_kg_per_m3": ("recipe", "max_kg_per_m3"),
    "gamma_n_per_mm": ("recipe", "resistance_n_per_mm"),
    "loading_exponent": ("recipe", "loading_exponent"),
    "gamma_slope_per_k": ("recipe", "softening_per_k"),
    "calender_degc": ("calender", "roll_c"),
    "calender_speed_m_per_s": ("calender", "web_m_per_s"),
    "crush_n_per_mm": ("recipe", "line_load_max_n_per_mm"),
    "coating_gap_um": ("recipe", "coating_gap_um"),
    "yield_pa": ("recipe", "yield_pa"),
    "consistency_pa_sn": ("recipe", "consistency_pa_sn"),
    "flow_exponent": ("recipe", "flow_exponent"),
    "tension_n_per_m": ("recipe", "tension_n_per_m"),
}
"""`[recipe]`: fields of `Recipe`; its densities are those at 25 degC."""
DRYER = {
    "critical_fraction": ("recipe", "critical_fraction"),
    "vapour_pa": ("recipe", "inlet_vapour_pa"),
    "exhaust_m3_per_s": ("recipe", "exhaust_m3_per_s"),
}
ZONES = range(1, 7)
BY_ZONE = {"zone_c": "zone_{}_c", "heat_w_per_m2_k": "zone_{}_heat_w_per_m2_k"}
"""`[dryer]`: what of the coater's dryer settings the recipe decides; these by zone, the above
once."""
Config = dict[str, Any]


def twin_config(electrode: str, recipe: Mapping[str, float], dryer: Mapping[str, Any]) -> Config:
    """The twin's configuration for what a recipe file states."""
    config: Config = {"electrode": electrode, "recipe": {}, "coater": {}, "calender": {}}
    for table, names in ((recipe, RECIPE), (dryer, DRYER)):
        for key, value in table.items():
            if key in names:
                section, name = names[key]
                config[section][name] = float(value)
    for key, pattern in BY_ZONE.items():
        for zone, value in zip(ZONES, dryer.get(key, ()), strict=False):
            config["recipe"][pattern.format(zone)] = float(value)
    return config


def key_of(field: str) -> tuple[str, ...]:
    """Key of a recipe file behind a field of the twin, as `recipe.zone_3_c`.

    >>> key_of("coater.web_m_per_s"), key_of("recipe.zone_3_c"), key_of("pump")
    (('recipe', 'web_speed_m_per_s'), ('dryer', 'zone_c'), ('pump',))
    """
    parts = tuple(field.split("."))
    for table, names in (("recipe", RECIPE), ("dryer", DRYER)):
        for key, place in names.items():
            if place == parts:
                return (table, key)
    for key, pattern in BY_ZONE.items():
        if any(parts == ("recipe", pattern.format(zone)) for zone in ZONES):
            return ("dryer", key)
    return parts


@cache
def defaults(electrode: str) -> tuple[dict[str, float], dict[str, Any]]:
    """`[recipe]` and `[dryer]` of an electrode where the file is silent."""
    whole = _core.whole_recipe({"electrode": electrode})
    rest = {
        "width_m": 0.66,
        "web_m_per_s": 1.0,
        "roll_c": 60.0,
        **whole,
    }
    recipe = {key: rest[name] for key, (_, name) in RECIPE.items() if name in rest}
    recipe["calender_speed_m_per_s"] = 1.0
    dryer: dict[str, Any] = {key: whole[name] for key, (_, name) in DRYER.items()}
    for key, pattern in BY_ZONE.items():
        dryer[key] = tuple(whole[pattern.format(zone)] for zone in ZONES)
    return recipe, dryer
