"""The correction by hand: full, at once, outside a dead band. Pure."""

from __future__ import annotations

from linewright.stations.playbook.settings import Settings


def correct_flow(flow_l_per_min: float, lab_g_per_m2: float, settings: Settings) -> float:
    """Pump setting after a laboratory weight, L/min; unchanged inside the dead band.

    >>> s = Settings()
    >>> correct_flow(5.583, 220.5, s)
    5.583
    >>> round(correct_flow(5.583, 224.4, s), 3)
    5.474
    """
    target = settings.recipe.areal_g_per_m2
    deviation = lab_g_per_m2 / target - 1.0
    if abs(deviation) <= settings.weight_dead_band:
        return flow_l_per_min
    return flow_l_per_min * _bounded(1.0 / (1.0 + deviation), settings.move_limit)


def correct_load(load_n_per_mm: float, lab_um: float, settings: Settings) -> float:
    """Line-load setting after a laboratory thickness of the sheet, N/mm.

    Thicker than wanted takes more load; the slope is the recipe's.

    >>> s = Settings()
    >>> correct_load(900.0, s.recipe.sheet_um + 0.4, s)
    900.0
    >>> correct_load(900.0, s.recipe.sheet_um + 20.0, s)
    945.0
    """
    error_um = lab_um - settings.recipe.sheet_um
    if abs(error_um) <= settings.thickness_dead_band_um:
        return load_n_per_mm
    wanted = load_n_per_mm - settings.recipe.load_slope_n_per_mm_per_um * error_um
    return load_n_per_mm * _bounded(wanted / load_n_per_mm, settings.move_limit)


def _bounded(factor: float, limit: float) -> float:
    return max(1.0 - limit, min(1.0 + limit, factor))
