"""What can be tuned at the coater, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from linewright.recipes import Recipe
from linewright.stations.coater.drying import Dryer

GAUGE_REACH = 0.3
"""A wet gauge further off the film that was laid than this share is out of its range."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where things stand, metres of web behind the die."""

    wet_gauge_m: float = 3.0
    dry_gauge_m: float = 80.0
    jumbo_m: float = 2000.0
    boxes: int = 66
    """Boxes the dry scanner divides the width into."""
    backing_roll_m: float = 2.2222
    """Circumference of the coater's backing roll."""
    meter_to_die_l: float = 0.15
    """Slurry between the Coriolis meter and the die, L."""

    def __post_init__(self) -> None:
        if not 0.0 < self.wet_gauge_m < self.dry_gauge_m < self.jumbo_m:
            raise ValueError("need 0 < wet_gauge_m < dry_gauge_m < jumbo_m")


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviation of one reading of each sensor, as its data sheet states it; positive."""

    density_kg_per_m3: float = 0.3
    slip: float = 0.00105
    """Mass flow by the meter over mass flow by pump speed, relative (0.1 % and 0.02 %)."""
    wet_weight: float = 0.0009
    """Wet gauge at the rate of the gauge loop, relative: 0.5 % at 1 kHz, 33 readings."""
    dry_box: float = 0.0031
    """Dry scanner, one box, relative, with the wet gauge it is compared to."""
    speed: float = 0.0002
    """Web speed, relative."""
    lab: float = 0.0014
    """Dry gauge over laboratory of one piece, relative: 0.1 % each."""


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The laboratory's habit: a sample at the dry gauge every so often, in order."""

    every_s: float = 3600.0

    def __post_init__(self) -> None:
        if not self.every_s > 0.0:
            raise ValueError(f"every_s must be positive, was {self.every_s}")


@dataclass(frozen=True, kw_only=True)
class Cross:
    """The die across the web: what its bolts can do and how its profile is watched."""

    bolts: int = 0
    """Bolts to be moved, 2 to 99, actuators `coater.bolt_01` on; 0 only watches."""
    slot_um: float = 600.0
    flow_exponent: float = 0.72
    """n of the slurry's flow curve: local flow follows the slot to the power `2 + 1/n`."""
    reach_pitches: float = 1.5
    """Standard deviation of a bolt's reach along the lip, bolt pitches."""
    travel_um: float = 50.0
    bend_um: float = 6.0
    """Largest change of slope from bolt to bolt."""
    move_um: float = 4.0
    """Largest move of a bolt after a scan."""
    move_weight: float = 2e-6
    """Weight of a squared um against a squared relative deviation: how slowly small errors go."""
    visits: int = 12
    """Visits of the outermost boxes that make a profile; inner boxes have twice as many."""
    settle_m: float = 15.0
    """Web beyond the dry gauge's distance that is left out after a move: bolts take their time."""
    edge_boxes: int = 1
    """Boxes on either side that are trimmed off: no bolt is moved for them."""
    streak_sigma: float = 5.0
    """Reading below its place's level, in noise of a box, that may be a streak; twice is one."""
    bead: float = 0.04
    """Usual height of an edge bead over its neighbours, mean of the edge box, relative."""
    bead_growth: float = 0.008
    """Growth of it that is told: bolts and lip alone move an edge by half of that."""
    stuck_sigma: float = 4.0
    """Evidence in standard deviations at which a bolt counts as stuck."""
    jump_ratio: float = 2.5
    """Mean square of an unexplained change over its noise at which the die has jumped."""
    stuck_share: float = 0.5
    """Least share of a bolt's moves that did not come for that."""
    stuck_hold_s: float = 1800.0
    """No bolt is moved for so long after one was found stuck; then it is tried again."""

    def __post_init__(self) -> None:
        if not (self.bolts == 0 or 2 <= self.bolts <= 99):
            raise ValueError(f"bolts must be 0 or 2 to 99, was {self.bolts}")
        for name in ("visits", "edge_boxes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, was {getattr(self, name)}")
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, float) and not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{entry.name} must be positive, was {value}")

    @property
    def gain_per_um(self) -> float:
        """Relative weight at a bolt per um of it: `(2 + 1/n)/h` times the lip's share at the bolt.

        >>> round(Cross().gain_per_um, 6)
        0.001502
        """
        peak = 1.0 / (self.reach_pitches * math.sqrt(2.0 * math.pi))
        return (2.0 + 1.0 / self.flow_exponent) / self.slot_um * peak

    @property
    def actuators(self) -> tuple[str, ...]:
        """Names of the bolts' actuators, from the left.

        >>> Cross(bolts=2).actuators
        ('coater.bolt_01', 'coater.bolt_02')
        """
        return tuple(f"coater.bolt_{i:02d}" for i in range(1, self.bolts + 1))


@dataclass(frozen=True, kw_only=True)
class ChangeLimits:
    """What a change to another recipe may do to the running line; positive."""

    on: bool = False
    """Carry out ordered changes."""
    drive: bool = True
    """Write the web drive (`coater.web_drive`); without it a change of the speed is refused."""
    least: float = 0.6
    """Lowest coat weight and web speed, over those of the recipe the line was started with."""
    most: float = 1.6
    """Highest likewise."""
    weight_per_s: float = 0.02
    """Fastest change of the coat weight, share of it per s."""
    speed_m_per_s2: float = 0.02
    """Fastest change of the web speed."""
    air_k_per_s: float = 0.05
    """Fastest change of a zone's set point."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not isinstance(value, bool) and not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{entry.name} must be positive, was {value}")
        if not self.least <= 1.0 <= self.most:
            raise ValueError("need least <= 1 <= most")


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What the flow follows; each can be left out, as in commissioning, or to see what it is worth.
    Estimates, detectors and weight maps go on without it."""

    solids: bool = True
    """Solids and density of the slurry as measured, or else those of the recipe."""
    slip: bool = True
    """Volume lost in the pump, told by the mass flow meter."""
    trim: bool = True
    """Coat weight by the gauges."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the coater."""

    recipe: Recipe = field(default_factory=Recipe)
    recipe_name: str = "standard"
    """What the recipe is called in the record of rolls and states; `[recipe]` of a line file says
    it."""
    roll_weight_pct: float = 1.5
    """Tolerance of the coat weight by which a roll is judged, one side, %."""
    roll_good_share: float = 0.95
    """Share of its metres that must be in it for a roll to be good, 0..1."""
    geometry: Geometry = field(default_factory=Geometry)
    noise: Noise = field(default_factory=Noise)
    lab: Lab = field(default_factory=Lab)
    cross: Cross = field(default_factory=Cross)
    dryer: Dryer = field(default_factory=Dryer)
    change: ChangeLimits = field(default_factory=ChangeLimits)
    corrections: Corrections = field(default_factory=Corrections)
    flow_rate_hz: float = 10.0
    gauge_rate_hz: float = 30.0
    drive_gain_limit: float = 0.10
    """Drive gain of the Coriolis meter (0.05 in clean slurry) above which there is air in it."""
    pump_lag_s: float = 4.0
    """First-order lag of pump, hose and die."""
    pump_lead_to_s: float = 0.4
    """Lag left of it after the lead of the flow loop."""
    solids_filter_s: float = 0.5
    slip_filter_s: float = 1.0
    flow_gain: float = 5.0
    """Gain of the flow loop's feedback, dimensionless; it makes up what the pump's slew limit
    cost."""
    flow_integral_s: float = 20.0
    trim_fast_s: float = 0.3
    trim_slow_s: float = 60.0
    trim_fast_share: float = 0.9
    """Forecast of the coat-weight disturbance over the path to the wet gauge:
    `share*lag(fast) + (1 - share)*lag(slow)`; see `logic.forecast_weights`."""
    trim_limit: float = 0.10
    """Largest trim of the flow about its base, relative."""
    trim_base_s: float = 1800.0
    """Time constant of the base, which carries the long mean of the forecast so that the trim
    stays centred (mid-ranging): long to the trim, short to the hours that a walk needs."""
    trim_base_limit: float = 0.15
    """Largest base, relative. The weight walks 0.02 % per square root of a second, 5.9 % in a day
    (one standard deviation); base and trim together hold 4.2 of them."""
    trim_base_per_s: float = 2e-5
    """Fastest move of the base, relative per s (7.2 % an hour). A walk moves 1.2 % in an hour; a
    gauge that fails at once leaves hours to be found before the base has followed it."""
    residual_solvent: float = 0.0009
    """Solvent left in the web at the dry gauge, share of the dry weight."""
    compare_ppm: float = 2000.0
    """Residual solvent in the web above which the dry gauge is compared with nothing: it weighs the
    solvent, too. 0.2 % of weight is below what a verdict takes for a drift (0.35 %)."""
    reconcile_s: float = 300.0
    """Time constant of the wet gauge's correction by the dry gauge."""
    reconcile_limit: float = 0.03
    pulsation_hz: float = 1.7
    """Frequency of the pump's ripple."""
    pulsation_limit: float = 0.002
    """Amplitude of it that is told, relative; 0.001 is usual."""
    wear_hours: float = 4.0
    """Least time over which a wear of the pump is judged."""
    wear_limit: float = 0.001
    """Loss of the pump per day that is told, share of its flow."""
    profile_learns_s: float = 60.0
    """From the dry gauge's first word until its profile across is known."""
    settle_s: float = 5.0
    """From when the dry scanner knows its profile until its correction is fit for a map."""
    lab_weight: float = 0.1
    """Weight of a new laboratory result in the dry gauge's correction (EWMA), 0..1."""
    drift_settles_s: float = 600.0
    """From the detection of a gauge's drift until a laboratory sample may judge it."""
    verdict_sigma: float = 2.5
    """Move of dry gauge over laboratory that makes the dry gauge the culprit, in `noise.lab`."""
    batch_window_s: tuple[float, float] = (60.0, 3600.0)
    """A move of the solids so long before or after an announced batch is that batch's."""
    false_alarms_per_shift: float = 0.1
    """Budget of each detector: false alarms per 8 h."""
    map_step_m: float = 1.0
    map_window_s: float = 0.5
    """Smoothing of the weight map, time constant."""
    map_coverage: float = 0.95
    """Least share of good metres in a map that may be used."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, Mapping):
                raise ValueError(f"{entry.name} must be made with its own class, was a table")
            if isinstance(value, int | float) and not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{entry.name} must be positive, was {value}")
        for name in ("trim_fast_share", "map_coverage", "lab_weight", "roll_good_share"):
            if getattr(self, name) > 1.0:
                raise ValueError(f"{name} must be in (0, 1], was {getattr(self, name)}")
        if self.trim_base_limit + self.trim_limit >= GAUGE_REACH:
            raise ValueError(f"trim_base_limit and trim_limit must be below {GAUGE_REACH} together")
        if 2 * self.cross.edge_boxes > self.geometry.boxes - 8:
            raise ValueError("cross.edge_boxes must leave at least 8 of geometry.boxes")
        if self.pump_lead_to_s >= self.pump_lag_s:
            raise ValueError("pump_lead_to_s must be shorter than pump_lag_s")
