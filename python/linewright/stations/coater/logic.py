"""What the coater decides: pure functions and small values; no bus, no clock.

The hard lane has detected, decided and acted by the time these see an event. Here the slower part
is decided: which gauge to believe, when a map is fit for the calender.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from linewright.stations.coater.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WeightMap:
    """Dry weight of one roll against its coating metre."""

    roll: int
    origin_m: float
    """Coating metre of the first value."""
    step_m: float
    values: tuple[float, ...]
    """Deviation from the target, relative (0.01 = 1 %)."""
    registered_at_m: float
    """Coating metre at which the map was closed."""
    noise: float
    """Standard deviation of one value's error, relative."""
    coverage: float
    """Share of metres that were measured, 0..1."""


@dataclass(frozen=True)
class NoMap:
    """Why a roll has no usable map."""

    roll: int
    reason: str


@dataclass(frozen=True)
class Disagreement:
    """Dry and wet gauge differ by more than noise allows.

    `jump`: change of dry/wet - 1, relative; `wet_moved`: the wet gauge saw a step of the opposite
    sign when this web passed it.
    """

    jump: float
    wet_moved: bool


@dataclass(frozen=True)
class Shift:
    """Any other detection: its name is enough to choose what follows."""

    name: str


@dataclass(frozen=True)
class State:
    """What the soft side remembers: the corrections it has asked for, relative."""

    wet_offset: float = 0.0
    dry_offset: float = 0.0


@dataclass(frozen=True)
class SetOffset:
    """Move a bounded, expiring set-point: `gauge` is "wet" or "dry"; value relative."""

    gauge: str
    value: float


@dataclass(frozen=True)
class Note:
    """A decision for the ledger."""

    decision: str
    because: str


Decision = SetOffset | Note

FOLLOW_UP = {
    "coater.solids_shift": "ratio control follows the soft sensor; ask the mixer for a check",
    "coater.pump_slip": "flow loop has taken it over; order a stator check at the next stop",
    "coater.weight_shift": "trim has taken it over; confirm at the dry gauge",
    "coater.air_burst": "solids held until the drive gain is back; check the degassing",
    "coater.speed_upset": "ratio control follows the speed; mark the web",
}


def forecast_weights(*, horizon_s: float, ar1_tau_s: float, ar1_share: float) -> float:
    """Share of the fast lag in the forecast `share*lag(fast) + (1 - share)*lag(slow)`.

    Over `horizon_s` a walk keeps its last value and an autoregression falls to
    `exp(-horizon/tau)` of it; `ar1_share` is the autoregression's part of the fast movement, 0..1.

    >>> round(forecast_weights(horizon_s=3.0, ar1_tau_s=20.0, ar1_share=0.7), 2)
    0.9
    """
    return 1.0 - ar1_share * -math.expm1(-horizon_s / ar1_tau_s)


def step(
    state: State, event: Disagreement | Shift, settings: Settings
) -> tuple[State, list[Decision]]:
    """Answer a detection of the hard lane.

    A disagreement with a step at the wet gauge is the wet gauge's: its reading is corrected at
    once. One without is the dry gauge's: the dry trim keeps what it knew and asks for a standard.

    >>> step(State(), Disagreement(jump=0.005, wet_moved=False), Settings())[0]
    State(wet_offset=0.0, dry_offset=0.005)
    >>> step(State(), Disagreement(jump=0.005, wet_moved=True), Settings())[1][0]
    SetOffset(gauge='wet', value=0.005)
    """
    match event:
        case Disagreement(jump=jump, wet_moved=True):
            value = _within(state.wet_offset + jump, settings.reconcile_limit)
            because = f"dry/wet moved by {jump:+.2%} and the wet gauge had moved the other way"
            return replace(state, wet_offset=value), [
                SetOffset("wet", value),
                Note("correct the wet gauge by the dry gauge; standardise the wet gauge", because),
            ]
        case Disagreement(jump=jump):
            value = _within(state.dry_offset + jump, settings.reconcile_limit)
            because = f"dry/wet moved by {jump:+.2%} and the wet gauge had seen nothing"
            return replace(state, dry_offset=value), [
                SetOffset("dry", value),
                Note("hold the dry trim at what it knew; standardise the dry gauge", because),
            ]
        case Shift(name=name):
            return state, [Note(FOLLOW_UP.get(name, "watch"), name)]


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def close_map(
    roll: int,
    points: Sequence[tuple[float, float]],
    *,
    origin_m: float,
    length_m: float,
    registered_at_m: float,
    settings: Settings,
) -> WeightMap | NoMap:
    """The map of a full roll from its points `(coating metre, relative deviation)`.

    Metres without a good point take the nearest good one before them; a roll with fewer than
    `map_coverage` good metres has no map.

    >>> s = Settings(map_coverage=0.5)
    >>> m = close_map(3, [(10.0, 0.01), (12.0, -0.01)], origin_m=10.0, length_m=3.0,
    ...               registered_at_m=16.0, settings=s)
    >>> m.values, round(m.coverage, 3)
    ((0.01, 0.01, -0.01), 0.667)
    >>> close_map(3, [], origin_m=10.0, length_m=3.0, registered_at_m=16.0, settings=s)
    NoMap(roll=3, reason='0 % of 3 m measured, 50 % needed')
    """
    step_m = settings.map_step_m
    count = round(length_m / step_m)
    cells: list[float | None] = [None] * count
    for position_m, value in points:
        index = math.floor((position_m - origin_m) / step_m + 0.5)
        if 0 <= index < count and math.isfinite(value):
            cells[index] = value
    good = [value for value in cells if value is not None]
    coverage = len(good) / count if count else 0.0
    if not good or coverage < settings.map_coverage:
        reason = f"{coverage:.0%} of {length_m:.0f} m measured, {settings.map_coverage:.0%} needed"
        return NoMap(roll, reason.replace("%", " %"))
    last = good[0]
    values = []
    for cell in cells:
        last = last if cell is None else cell
        values.append(last)
    return WeightMap(
        roll=roll,
        origin_m=origin_m,
        step_m=step_m,
        values=tuple(values),
        registered_at_m=registered_at_m,
        noise=map_noise(settings),
        coverage=coverage,
    )


def map_noise(settings: Settings) -> float:
    """Standard deviation of one map value's error from the gauge's stated noise, relative.

    A lag of time constant T on samples `dt` apart leaves `sqrt(a/(2 - a))` of white noise,
    `a = 1 - exp(-dt/T)`.

    >>> round(map_noise(Settings()), 5)
    0.00091
    """
    a = -math.expm1(-1.0 / (settings.gauge_rate_hz * settings.map_window_s))
    return settings.noise.wet_weight_pct * 1e-2 * math.sqrt(a / (2.0 - a))
