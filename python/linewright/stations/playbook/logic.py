"""The correction by hand: full, at once, outside a dead band. Pure."""

from __future__ import annotations

from linewright.recipes import Recipe
from linewright.stations.playbook.settings import Settings


def correct_flow(
    flow_l_per_min: float, lab_g_per_m2: float, settings: Settings, recipe: Recipe | None = None
) -> float:
    """Pump setting after a laboratory weight, L/min; unchanged inside the dead band. `recipe`: the
    one that runs, that of the settings when left out.

    >>> s = Settings()
    >>> correct_flow(5.583, 220.5, s)
    5.583
    >>> round(correct_flow(5.583, 224.4, s), 3)
    5.474
    """
    target = (recipe or settings.recipe).areal_g_per_m2
    deviation = lab_g_per_m2 / target - 1.0
    if abs(deviation) <= settings.weight_dead_band:
        return flow_l_per_min
    return flow_l_per_min * _bounded(1.0 / (1.0 + deviation), settings.move_limit)


def correct_load(
    load_n_per_mm: float, lab_um: float, settings: Settings, recipe: Recipe | None = None
) -> float:
    """Line-load setting after a laboratory thickness of the sheet, N/mm.

    Thicker than wanted takes more load; the slope is the recipe's.

    >>> s = Settings()
    >>> correct_load(900.0, s.recipe.sheet_um + 0.4, s)
    900.0
    >>> correct_load(900.0, s.recipe.sheet_um + 20.0, s)
    945.0
    """
    r = recipe or settings.recipe
    error_um = lab_um - r.sheet_um
    if abs(error_um) <= settings.thickness_dead_band_um:
        return load_n_per_mm
    wanted = load_n_per_mm - r.load_slope_n_per_mm_per_um * error_um
    return load_n_per_mm * _bounded(wanted / load_n_per_mm, settings.move_limit)


def _bounded(factor: float, limit: float) -> float:
    return max(1.0 - limit, min(1.0 + limit, factor))


def card_flow(recipe: Recipe, start: Recipe) -> float:
    """Pump setting of a recipe's card, L/min at the web speed of the recipe of the start: the
    machine keeps the pump in ratio to the speed from there.

    >>> round(card_flow(Recipe(areal_g_per_m2=110.0), Recipe()) / Recipe().pump_flow_l_per_min, 6)
    0.5
    """
    return recipe.pump_flow_l_per_min * start.web_speed_m_per_s / recipe.web_speed_m_per_s


def weight_within(lab_g_per_m2: float, recipe: Recipe, settings: Settings) -> bool:
    """Is a piece's weight in the tolerance of a roll?"""
    off_pct = 100.0 * abs(lab_g_per_m2 / recipe.areal_g_per_m2 - 1.0)
    return off_pct <= settings.roll_weight_pct


def sheet_within(lab_um: float, recipe: Recipe, settings: Settings) -> bool:
    """Is a piece's thickness in the tolerance of a roll?"""
    return abs(lab_um - recipe.sheet_um) <= settings.roll_sheet_um
