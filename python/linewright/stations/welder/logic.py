"""What is decided about the weld fixtures: pure functions and small values; no bus, no clock.

Each fixture has a CUSUM on each feature. On a shift one bounded action is taken, the next welds
verify it; when they have not recovered, the fixture is held and its cells go to another station.
Limits are learnt from tested welds alone (resistance, pull force); a weld nobody tested never
moves them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev

from linewright.stations.welder.settings import Limits, Settings


@dataclass(frozen=True, kw_only=True)
class Welded:
    """A burst was read: the features of one weld by name."""

    number: int
    fixture: int
    features: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class LabResult:
    """The laboratory pulled a weld apart."""

    number: int
    fixture: int
    resistance_uohm: float
    pull_n: float


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The camera's verdict of a weld."""

    number: int
    fixture: int
    good: bool
    because: str


@dataclass(frozen=True, kw_only=True)
class Released:
    """A person released a fixture after service."""

    fixture: int


Event = Welded | LabResult | Looked | Released


@dataclass(frozen=True, kw_only=True)
class Move:
    """Corrections of one fixture, all within their envelope."""

    fixture: int
    clamp: float
    """Share of the nominal clamp force."""
    defocus_mm: float
    power: float
    """Share of the nominal power."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Hold a fixture, route its cells to another station."""

    fixture: int
    because: str


@dataclass(frozen=True, kw_only=True)
class Reject:
    """Take this weld's cell out."""

    number: int
    because: str


@dataclass(frozen=True, kw_only=True)
class Relearn:
    """Limits of one fixture, learnt anew from tested good welds."""

    fixture: int
    feature: str
    limits: Limits


Decision = Move | Hold | Reject | Relearn


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """What is known of one fixture."""

    limits: Mapping[str, Limits]
    high: Mapping[str, float] = field(default_factory=dict)
    low: Mapping[str, float] = field(default_factory=dict)
    clamp: float = 0.0
    defocus_mm: float = 0.0
    power: float = 0.0
    verifying: str | None = None
    """Feature whose recovery is awaited."""
    seen: tuple[float, ...] = ()
    """Its values in sigmas since the action."""
    held: bool = False
    untested: tuple[Welded, ...] = ()
    tested: tuple[Welded, ...] = ()
    """Welds that resistance and pull test called good."""


State = tuple[Fixture, ...]

KEPT = 400
"""Welds kept for a test result still to come: 300 s at 18 a minute are 90."""


def start(limits: Mapping[str, Limits], settings: Settings) -> State:
    """All fixtures with the same limits, nothing seen."""
    return tuple(Fixture(limits=dict(limits)) for _ in range(settings.fixtures))


def step(state: State, event: Event, settings: Settings) -> tuple[State, list[Decision]]:
    """One event.

    >>> settings = Settings(fixtures=1)
    >>> state = start({"step_up": Limits(mean=0.02, sigma=0.01)}, settings)
    >>> for n in range(3):
    ...     weld = Welded(number=n, fixture=0, features={"step_up": 0.05})
    ...     state, decisions = step(state, weld, settings)
    >>> decisions[0].clamp, decisions[0].because
    (0.05, 'step_up high: cusum 7.5 above 5')
    """
    if not 0 <= event.fixture < len(state):
        return state, []
    fixture = state[event.fixture]
    match event:
        case Welded():
            fixture, decisions = _welded(fixture, event, settings)
        case LabResult():
            fixture, decisions = _tested(fixture, event, settings)
        case Looked(good=good):
            decisions = [] if good else [Reject(number=event.number, because=event.because)]
        case Released():
            fixture, decisions = Fixture(limits=fixture.limits, tested=fixture.tested), []
    at = event.fixture
    return (*state[:at], fixture, *state[at + 1 :]), decisions


def _welded(fixture: Fixture, weld: Welded, s: Settings) -> tuple[Fixture, list[Decision]]:
    known = {
        name: (x - fixture.limits[name].mean) / fixture.limits[name].sigma
        for name, x in weld.features.items()
        if name in fixture.limits and math.isfinite(x)
    }
    fixture = replace(fixture, untested=(*fixture.untested, weld)[-KEPT:])
    if fixture.held or not known:
        return fixture, []
    if fixture.verifying is not None:
        return _verify(fixture, weld.fixture, known, s)
    high, low = dict(fixture.high), dict(fixture.low)
    for name, z in known.items():
        high[name] = max(0.0, high.get(name, 0.0) + z - s.k)
        low[name] = max(0.0, low.get(name, 0.0) - z - s.k)
    fixture = replace(fixture, high=high, low=low)
    name = max(known, key=lambda n: max(high[n], low[n]))
    evidence = max(high[name], low[name])
    if evidence <= s.h:
        return fixture, []
    up = high[name] >= low[name]
    because = f"{name} {'high' if up else 'low'}: cusum {evidence:.1f} above {s.h:g}"
    return _act(fixture, weld.fixture, s, name=name, up=up, because=because)


def _act(
    fixture: Fixture, at: int, s: Settings, *, name: str, up: bool, because: str
) -> tuple[Fixture, list[Decision]]:
    """One step of what closes a gap, or brings light back; a step that is used up means hold."""
    clamp, defocus, power = fixture.clamp, fixture.defocus_mm, fixture.power
    if name in ("step_up", "ratio", "plasma_mean") and up:
        clamp = min(clamp + s.clamp_step, s.clamp_most)
    elif name in ("plasma_mean", "thermal_mean"):
        power += -s.power_step if up else s.power_step
        power = max(-s.power_most, min(power, s.power_most))
    else:
        # Which way the focus went is not known: one way, then back beyond it the other way.
        defocus = s.defocus_step_mm if defocus == 0.0 else -defocus
        defocus = max(-s.defocus_most_mm, min(defocus, s.defocus_most_mm))
    if (clamp, defocus, power) == (fixture.clamp, fixture.defocus_mm, fixture.power):
        return replace(fixture, held=True), [
            Hold(fixture=at, because=f"{because}; the envelope is used up")
        ]
    fixture = replace(
        fixture,
        clamp=clamp,
        defocus_mm=defocus,
        power=power,
        verifying=name,
        seen=(),
        high={},
        low={},
    )
    move = Move(fixture=at, clamp=clamp, defocus_mm=defocus, power=power, because=because)
    return fixture, [move]


def _verify(
    fixture: Fixture, at: int, known: Mapping[str, float], s: Settings
) -> tuple[Fixture, list[Decision]]:
    name = fixture.verifying
    if name is None or name not in known:
        return fixture, []
    seen = (*fixture.seen, known[name])
    if len(seen) < s.verify_welds:
        return replace(fixture, seen=seen), []
    z = fmean(seen)
    if abs(z) <= s.recovered_z:
        return replace(fixture, verifying=None, seen=()), []
    because = f"{name} not recovered: mean {z:.1f} sigma over {len(seen)} welds"
    return replace(fixture, held=True, verifying=None, seen=()), [Hold(fixture=at, because=because)]


def _tested(fixture: Fixture, test: LabResult, s: Settings) -> tuple[Fixture, list[Decision]]:
    """A tested weld either is evidence of what good welds are like, or is taken out."""
    weld = next((w for w in fixture.untested if w.number == test.number), None)
    good = test.resistance_uohm <= s.resistance_most_uohm and test.pull_n >= s.pull_least_n
    if not good:
        because = f"tested: {test.resistance_uohm:.0f} uohm, {test.pull_n:.0f} N"
        return fixture, [Reject(number=test.number, because=because)]
    if weld is None:
        return fixture, []
    left = tuple(w for w in fixture.untested if w.number > test.number)
    tested = (*fixture.tested, weld)
    if len(tested) < s.learn_from:
        return replace(fixture, untested=left, tested=tested), []
    limits = dict(fixture.limits)
    decisions: list[Decision] = []
    for name in fixture.limits:
        values = [w.features[name] for w in tested if math.isfinite(w.features.get(name, math.nan))]
        if len(values) < max(2, s.learn_from):
            continue
        spread = stdev(values)
        if spread <= 0.0:
            continue
        limits[name] = Limits(mean=fmean(values), sigma=spread)
        decisions.append(Relearn(fixture=test.fixture, feature=name, limits=limits[name]))
    return replace(fixture, limits=limits, untested=left, tested=(), high={}, low={}), decisions
