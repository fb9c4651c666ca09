"""What the coater decides: pure functions and small values; no bus, no clock.

The hard lane has detected, decided and acted by the time these see an event. Here the slower part
is decided: which gauge to believe, and when a map is fit for the calender.
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
class GaugesDisagree:
    """The hard lane found that dry and wet gauge drifted apart, at `at_s` of the line's time."""

    at_s: float


@dataclass(frozen=True)
class LabResult:
    """A laboratory weight beside the dry gauge's reading of the same piece.

    `error` = dry gauge over laboratory less one, relative.
    """

    sampled_at_s: float
    error: float
    residual_ppm: float = 0.0
    """Most solvent in the web about the sample."""


@dataclass(frozen=True)
class BatchAnnounced:
    """The slurry station says when another batch comes, in the line's time."""

    batch: int
    at_s: float


@dataclass(frozen=True)
class Found:
    """Any other detection of the hard lane; its name is enough to choose what follows."""

    name: str
    at_s: float = 0.0
    """In the line's time."""


Event = GaugesDisagree | LabResult | BatchAnnounced | Found


@dataclass(frozen=True)
class State:
    """What the soft side remembers of the gauges."""

    dry_offset: float = 0.0
    """Error of the dry gauge as the laboratory knows it, relative."""
    results: int = 0
    """Laboratory results behind it."""
    disagreed_at_s: float | None = None
    """Since when the gauges disagree without a verdict; None when they agree."""
    batch: BatchAnnounced | None = None
    """The batch announced last."""


@dataclass(frozen=True)
class SetOffset:
    """Take `value` (relative) off the dry gauge."""

    value: float


@dataclass(frozen=True)
class HoldDryTrim:
    """Keep (True) or release (False) the correction by the dry gauge."""

    on: bool


@dataclass(frozen=True)
class Note:
    """A decision for the ledger."""

    decision: str
    because: str


Decision = SetOffset | HoldDryTrim | Note

SOLIDS = ("coater.solids_shift", "coater.solids_step")
"""What another batch does."""

FOLLOW_UP = {
    "coater.solids_shift": "ratio control follows the soft sensor; ask the mixer for a check",
    "coater.solids_step": "ratio control follows the soft sensor; check which batch was opened",
    "coater.pump_slip": "flow loop has taken it over; order a stator check at the next stop",
    "coater.trim_carried": "weight held by the slow trim; check pump, die and meter at a stop",
    "coater.trim_exhausted": "weight no longer held: check pump, die and meter; scrap by weight",
    "coater.weight_shift": "trim has taken it over; confirm at the dry gauge",
    "coater.air_burst": "solids held until the drive gain is back; check the degassing",
    "coater.speed_upset": "ratio control follows the speed; mark the web",
    "coater.pulsation": "order valve and damper of the pump checked at the next stop",
    "coater.streak": "mark the lane; clear the lip at the box named by the next splice",
    "coater.edge_bead_left": "trim the left edge wider; check its edge guide",
    "coater.edge_bead_right": "trim the right edge wider; check its edge guide",
    "coater.cross_unobservable": "bolts stand; vary the scan's speed to tell profile from wave",
    **{
        f"coater.fan_trip_{zone}": f"the other zones hold the front; check the fan of zone {zone}"
        for zone in range(1, 6)
    },
    "coater.inlet_solvent": "front fed forward, exhaust air follows; check the air supply",
    "coater.drying_front": "zones follow the front; mark the web until it is back",
    "coater.front_away": "zones at their bounds; check nozzles and thermometer behind the front",
    "coater.front_doubted": "zones keep the recipe's air; check the thermometer behind the front",
    "coater.residual_high": "last zones raised; hold the roll for the vacuum dryer",
    "coater.over_drying": "set points lowered; test the adhesion of the marked web",
    "coater.explosion_share": "exhaust air raised, zones bounded; check the air supply",
}


def forecast_share(*, horizon_s: float, ar1_tau_s: float, ar1_share: float) -> float:
    """Share of the fast lag in the forecast `share*lag(fast) + (1 - share)*lag(slow)`.

    Over `horizon_s` a walk keeps its last value and an autoregression falls to
    `exp(-horizon/tau)` of it; `ar1_share` is the autoregression's part of the fast movement, 0..1.

    >>> round(forecast_share(horizon_s=3.0, ar1_tau_s=20.0, ar1_share=0.7), 2)
    0.9
    """
    return 1.0 - ar1_share * -math.expm1(-horizon_s / ar1_tau_s)


def step(state: State, event: Event, settings: Settings) -> tuple[State, list[Decision]]:
    """Answer an event.

    Two gauges that disagree do not say which one is wrong: the dry trim is held until a piece
    sampled after the drift comes back from the laboratory, the third witness.

    >>> s = Settings()
    >>> state, decisions = step(State(results=3), GaugesDisagree(100.0), s)
    >>> state.disagreed_at_s, decisions[0]
    (100.0, HoldDryTrim(on=True))
    >>> step(state, LabResult(sampled_at_s=3600.0, error=0.005), s)[0]
    State(dry_offset=0.005, results=1, disagreed_at_s=None, batch=None)
    """
    match event:
        case GaugesDisagree(at_s=at_s):
            if state.disagreed_at_s is not None:
                return state, []
            return replace(state, disagreed_at_s=at_s), [
                HoldDryTrim(True),
                Note(
                    "hold the dry trim; standardise both gauges; wait for the laboratory",
                    "dry over wet moved more than noise allows",
                ),
            ]
        case LabResult():
            return _laboratory(state, event, settings)
        case BatchAnnounced():
            return replace(state, batch=event), []
        case Found():
            return state, [_follow_up(state, event, settings)]


def _laboratory(state: State, lab: LabResult, settings: Settings) -> tuple[State, list[Decision]]:
    """A piece that was wet says nothing, one beyond reach distrusts the gauge, others correct or
    judge."""
    if lab.residual_ppm > settings.compare_ppm:
        because = f"the piece was wet: {lab.residual_ppm:.0f} ppm of solvent"
        return state, [Note("laboratory result not used; run on the wet gauge", because)]
    if abs(lab.error) > settings.reconcile_limit:
        return _distrust(state, lab, settings)
    if state.disagreed_at_s is None:
        return _refine(state, lab, settings)
    return _verdict(state, state.disagreed_at_s, lab, settings)


def _follow_up(state: State, found: Found, settings: Settings) -> Note:
    batch = expected(state, found.at_s, settings) if found.name in SOLIDS else None
    if batch is not None:
        return Note(f"expected: batch {batch} was announced", found.name)
    return Note(FOLLOW_UP.get(found.name, "watch"), found.name)


def expected(state: State, at_s: float, settings: Settings) -> int | None:
    """The announced batch that a move of the solids at `at_s` belongs to, if any.

    >>> state = State(batch=BatchAnnounced(5, at_s=1000.0))
    >>> expected(state, 1002.0, Settings()), expected(state, 9000.0, Settings())
    (5, None)
    """
    if state.batch is None:
        return None
    early_s, late_s = settings.batch_window_s
    return state.batch.batch if -early_s <= at_s - state.batch.at_s <= late_s else None


def _refine(state: State, lab: LabResult, settings: Settings) -> tuple[State, list[Decision]]:
    """While the gauges agree: a mean of the results, later an average that forgets.

    The first result weighs two thirds: a gauge's standing error is about 0.2 %, that of one
    comparison 0.14 %.
    """
    results = state.results + 1
    weight = max(settings.lab_weight, 1.0 / (results + 0.5))
    offset = _within(state.dry_offset + weight * (lab.error - state.dry_offset), settings)
    because = f"dry gauge over laboratory {lab.error:+.2%}, result {results}"
    return (
        replace(state, dry_offset=offset, results=results),
        [SetOffset(offset), Note(f"take {offset:+.2%} off the dry gauge", because)],
    )


def _distrust(state: State, lab: LabResult, settings: Settings) -> tuple[State, list[Decision]]:
    """A dry gauge further off the laboratory than its correction reaches is not corrected in part:
    the coat weight goes on by the wet gauge, as it was corrected last.

    >>> state, decisions = step(State(), LabResult(7200.0, 0.2), Settings())
    >>> state.disagreed_at_s, state.dry_offset, decisions[0]
    (7200.0, 0.0, HoldDryTrim(on=True))
    """
    since_s = lab.sampled_at_s if state.disagreed_at_s is None else state.disagreed_at_s
    because = (
        f"dry gauge over laboratory {lab.error:+.2%}, "
        f"beyond the {settings.reconcile_limit:.0%} that are corrected"
    )
    return replace(state, disagreed_at_s=since_s), [
        HoldDryTrim(True),
        Note("dry gauge not believed: run on the wet gauge; standardise the dry one", because),
    ]


def _verdict(
    state: State, disagreed_at_s: float, lab: LabResult, settings: Settings
) -> tuple[State, list[Decision]]:
    """While the gauges disagree: the first piece sampled after the drift settles it."""
    if lab.sampled_at_s < disagreed_at_s + settings.drift_settles_s:
        return state, [Note("wait for the next laboratory result", "sampled during the drift")]
    moved = lab.error - state.dry_offset
    because = f"dry gauge over laboratory moved by {moved:+.2%}"
    if abs(moved) <= settings.verdict_sigma * settings.noise.lab:
        return replace(state, disagreed_at_s=None), [
            HoldDryTrim(False),
            Note("wet gauge drifted: correct it by the dry gauge; standardise it", because),
        ]
    offset = lab.error
    return replace(state, dry_offset=offset, results=1, disagreed_at_s=None), [
        SetOffset(offset),
        HoldDryTrim(False),
        Note(f"dry gauge drifted: take {offset:+.2%} off it; standardise it", because),
    ]


def _within(value: float, settings: Settings) -> float:
    limit = settings.reconcile_limit
    return max(-limit, min(limit, value))


WEAR_SIGMA = 5.0
"""A trend of the slip stands out of its own scatter by so much before it is called wear."""


def wear_per_day(hours: Sequence[tuple[float, float]], *, least_hours: float) -> float | None:
    """Loss of the pump per day, share of its flow, from means of the slip by hour; None when there
    are too few or the trend does not stand out of their scatter.

    Least squares through `(hour, slip)`; slip is mass flow by the meter over that by pump speed.

    >>> hours = [(h, 1.0 - 0.003 * h / 24.0 + 1e-6 * (-1) ** h) for h in range(8)]
    >>> round(wear_per_day(hours, least_hours=4.0), 4)
    0.003
    >>> wear_per_day(hours[:3], least_hours=4.0) is None
    True
    """
    n = len(hours)
    if n < 4 or hours[-1][0] - hours[0][0] < least_hours:
        return None
    mean_h = sum(h for h, _ in hours) / n
    mean_y = sum(y for _, y in hours) / n
    square = sum((h - mean_h) ** 2 for h, _ in hours)
    slope = sum((h - mean_h) * (y - mean_y) for h, y in hours) / square
    rest = sum((y - mean_y - slope * (h - mean_h)) ** 2 for h, y in hours) / (n - 2)
    if abs(slope) < WEAR_SIGMA * math.sqrt(rest / square):
        return None
    return -24.0 * slope


def close_map(
    roll: int,
    points: Sequence[tuple[float, float]],
    *,
    registered_at_m: float,
    settings: Settings,
) -> WeightMap | NoMap:
    """The map of a full roll from its points `(coating metre, relative deviation)`.

    Roll n carries the metres `(n - 1)*L` to `n*L`, both ends included. A metre without a good
    point takes the last good one before it; metres before the first good point are NaN, not
    known. A roll with too few good metres has no map.

    >>> from linewright.stations.coater.settings import Geometry
    >>> s = Settings(map_coverage=0.5, geometry=Geometry(jumbo_m=100.0), map_step_m=50.0)
    >>> m = close_map(2, [(100.0, 0.01), (200.0, -0.01)], registered_at_m=216.0, settings=s)
    >>> m.origin_m, m.values, round(m.coverage, 3)
    (100.0, (0.01, 0.01, -0.01), 0.667)
    >>> close_map(2, [], registered_at_m=216.0, settings=s)
    NoMap(roll=2, reason='0 % of its metres measured, 50 % needed')
    """
    length_m, step_m = settings.geometry.jumbo_m, settings.map_step_m
    origin_m = (roll - 1) * length_m
    count = round(length_m / step_m) + 1
    cells: list[float | None] = [None] * count
    for position_m, value in points:
        index = math.floor((position_m - origin_m) / step_m + 0.5)
        if 0 <= index < count and math.isfinite(value):
            cells[index] = value
    good = [value for value in cells if value is not None]
    coverage = len(good) / count
    if not good or coverage < settings.map_coverage:
        needed = 100.0 * settings.map_coverage
        return NoMap(
            roll, f"{100.0 * coverage:.0f} % of its metres measured, {needed:.0f} % needed"
        )
    last, values = math.nan, []
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

    >>> round(map_noise(Settings()), 6)
    0.000164
    """
    a = -math.expm1(-1.0 / (settings.gauge_rate_hz * settings.map_window_s))
    return settings.noise.wet_weight * math.sqrt(a / (2.0 - a))
