"""What can be tuned at the calender, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from linewright.recipes import Recipe


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What the line load follows; each can be left out, as in commissioning, or to see what it is
    worth. Detectors go on without it."""

    weight_map: bool = True
    """Coat weight of the metre in the nip, by the coater's map."""
    temperature: bool = True
    """Roll temperature."""
    feedback: bool = True
    """Thickness behind the nip."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the calender."""

    recipe: Recipe = field(default_factory=Recipe)
    recipe_name: str = "standard"
    """What the recipe is called in the record of rolls and states; `[recipe]` of a line file says
    it."""
    roll_sheet_um: float = 4.0
    """Tolerance of the sheet's thickness by which a roll is judged, one side, um."""
    roll_good_share: float = 0.95
    """Share of what was measured that must be in it for a roll to be good, 0..1."""
    corrections: Corrections = field(default_factory=Corrections)
    rate_hz: float = 30.0
    protect: str = "porosity"
    """What one actuator can hold: "porosity" or "thickness" (both at once is impossible)."""
    gauge_m: float = 2.0
    """Thickness gauge behind the nip."""
    gauge_sd_um: float = 0.28
    """Thickness gauge, one reading at the rate of the loop: 0.5 um at 100 Hz, 3 readings."""
    roll_diameter_m: float = 0.8
    error_limit_um: float = 30.0
    """Largest error of the sheet that is believed."""
    heat_n_per_mm_k: float = 7.0
    """Load that the wedges beside the nip give back to it when the rolls grow, N/mm per K."""
    roll_heat_limit_k: float = 1.0
    """Roll temperature off its reference that is no wander any more: 5 sigma of 0.2 K."""
    fresh_roll_s: float = 60.0
    """After a roll was mounted its map's standing error is learnt and no shift is called."""
    thickness_memory_s: float = 15.0
    thickness_z_sd: float = 1.15
    thickness_shift_sigma: float = 1.5
    mark_spacing_m: float = 100.0
    stale_after_m: float = 250.0
    """Web since the last mark after which a position is not believed."""
    map_age_m: float = 6000.0
    """Web coated since a map was closed after which it is refused."""
    least_known: float = 0.9
    """Least share of a map's metres that are known, 0..1."""
    correlation_m: float = 20.0
    """Length over which the coat weight stays alike; registration error costs exp(-dx/l)."""
    registration_error_m: float = 0.5
    """Usual error of the place on the roll between marks."""
    feedback_s: float = 10.0
    """Integral time of the thickness feedback."""
    feedback_filter_s: float = 5.0
    unmapped_share: float = 0.2
    """Share of the thickness error believed where no weight map tells weight from compaction."""
    temperature_filter_s: float = 30.0
    line_load_lo_n_per_mm: float = 400.0
    line_load_hi_n_per_mm: float = 1500.0
    trim_limit_n_per_mm: float = 500.0
    """Largest correction of the line load by feedback."""
    roll_memory_m: float = 30.0
    """Web over which the wave of one turn of the rolls is learnt."""
    roll_wave_limit_um: float = 0.3
    """Wave of one turn in the sheet that is no runout of a sound calender any more."""
    map_level_s: float = 60.0
    """Slower swings of weight and sheet say nothing of the map's place."""
    map_memory_s: float = 300.0
    """Memory of the check whether the map lies where the web is."""
    map_least_sd: float = 0.0005
    """Swing of the map's weight below which it proves nothing, relative."""
    map_share_limit: float = 0.6
    """Share of the map's weight left in the sheet that means another place."""
    false_alarms_per_shift: float = 0.1
    """Budget of each detector: false alarms per 8 h."""
    changes: bool = False
    """Press each metre by the recipe it was coated for when the coater carries out a change."""

    def __post_init__(self) -> None:
        if self.protect not in ("porosity", "thickness"):
            raise ValueError(f'protect must be "porosity" or "thickness", was {self.protect!r}')
        for name in (
            "rate_hz",
            "roll_diameter_m",
            "error_limit_um",
            "roll_heat_limit_k",
            "fresh_roll_s",
            "thickness_memory_s",
            "thickness_z_sd",
            "thickness_shift_sigma",
            "gauge_m",
            "gauge_sd_um",
            "mark_spacing_m",
            "stale_after_m",
            "map_age_m",
            "correlation_m",
            "registration_error_m",
            "feedback_s",
            "feedback_filter_s",
            "temperature_filter_s",
            "trim_limit_n_per_mm",
            "roll_memory_m",
            "roll_wave_limit_um",
            "map_level_s",
            "map_memory_s",
            "map_least_sd",
            "map_share_limit",
            "false_alarms_per_shift",
            "roll_sheet_um",
            "roll_good_share",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be positive, was {value}")
        if not 0.0 <= self.line_load_lo_n_per_mm < self.line_load_hi_n_per_mm:
            raise ValueError("line_load_lo_n_per_mm must be below line_load_hi_n_per_mm")
