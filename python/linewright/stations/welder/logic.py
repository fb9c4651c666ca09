"""What is decided about the weld fixtures: pure functions and small values; no bus, no clock.

Each fixture has a CUSUM on each feature. On a shift one bounded action is taken, the next welds
verify it; when they have not recovered, the fixture is held and its cells go to another station.
Light that all fixtures lose is one thing for all: more power within its envelope, and the glass is
to be cleaned. Limits are learnt from tested welds alone (resistance, pull force); a weld nobody
tested never moves them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev

from linewright.stations.welder.settings import Limits, Settings


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The camera's verdict of a weld."""

    good: bool
    because: str = ""
    width_mm: float | None = None
    """Mean width of its seam; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Welded:
    """A weld was made: the features of its burst by name, and what its picture says."""

    number: int
    fixture: int
    features: Mapping[str, float]
    light: float = 0.0
    """Thermal level against the reference, less the effect of the power's correction."""
    refused: str = ""
    """What the burst says the weld is, when it is no good one."""
    looked: Looked | None = None
    unseen: str = ""
    """Why a camera that there is gave no verdict."""


@dataclass(frozen=True, kw_only=True)
class LabResult:
    """The laboratory pulled a weld apart."""

    number: int
    fixture: int
    resistance_uohm: float
    pull_n: float


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """The chart of the hard lane found a shift of this fixture that lasts."""

    fixture: int
    feature: str
    up: bool


@dataclass(frozen=True, kw_only=True)
class LightLost:
    """The chart over all fixtures found that they lose light."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """A fixture comes back from service."""

    fixture: int


Event = Welded | LabResult | Lasting | LightLost | Released


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
class Recovered:
    """The welds after an action are as good ones are."""

    fixture: int
    because: str


@dataclass(frozen=True, kw_only=True)
class Advise:
    """What only a person can do."""

    text: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Reject:
    """Take this weld's cell out."""

    number: int
    because: str


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """Nobody passed this weld: its cell waits for a person to look at it."""

    number: int
    because: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A picture was judged: for the charts of the hard lane."""

    number: int
    fixture: int
    sunk_mm: float | None
    """How much narrower than usual the seam is, less what all fixtures share."""


@dataclass(frozen=True, kw_only=True)
class Relearn:
    """Limits of one fixture, learnt anew from tested good welds."""

    fixture: int
    feature: str
    limits: Limits


Decision = Move | Hold | Recovered | Advise | Reject | SetAside | Seen | Relearn

ONE_SIDED = frozenset({"sunk"})
"""Features of which only what is high means something: a wide seam closes no gap."""


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """What is known of one fixture."""

    limits: Mapping[str, Limits]
    reference: Mapping[str, Limits]
    """Limits it began with: how far learning may go is measured from these."""
    high: Mapping[str, float] = field(default_factory=dict)
    low: Mapping[str, float] = field(default_factory=dict)
    clamp: float = 0.0
    defocus_mm: float = 0.0
    power: float = 0.0
    verifying: str | None = None
    """Feature whose recovery is awaited."""
    seen: tuple[float, ...] = ()
    """Its values in sigmas since the action."""
    moved: bool = False
    """These welds are the first after a correction; else they are only looked at."""
    held: bool = False
    untested: tuple[Welded, ...] = ()
    tested: tuple[Welded, ...] = ()
    """Welds that resistance and pull test called good."""


@dataclass(frozen=True, kw_only=True)
class State:
    """All fixtures, and the light they share."""

    fixtures: tuple[Fixture, ...]
    light: tuple[float, ...] = ()
    """Thermal level of the last welds, as measured; after a move of the power those since."""
    narrowed_mm: float = 0.0
    """How much narrower than usual the seams of all fixtures are, averaged."""
    light_before: float | None = None
    """Mean of as many welds before the power was moved, while its effect is awaited."""


KEPT = 400
"""Welds kept for a test result still to come: 300 s at 18 a minute are 90."""


def start(limits: Mapping[str, Limits], settings: Settings) -> State:
    """All fixtures with the same limits, nothing seen."""
    fixture = Fixture(limits=dict(limits), reference=dict(limits))
    return State(fixtures=(fixture,) * settings.fixtures)


def step(state: State, event: Event, settings: Settings) -> tuple[State, list[Decision]]:
    """One event.

    >>> settings = Settings(fixtures=1)
    >>> state = start({"excess": Limits(mean=0.0, sigma=0.04)}, settings)
    >>> for n in range(3):
    ...     weld = Welded(number=n, fixture=0, features={"excess": 0.12})
    ...     state, decisions = step(state, weld, settings)
    >>> decisions[0].clamp, decisions[0].because
    (0.05, 'excess high: cusum 7.5 above 5')
    """
    if isinstance(event, LightLost):
        return _light_lost(state, settings)
    if not 0 <= event.fixture < len(state.fixtures):
        return state, []
    fixture = state.fixtures[event.fixture]
    room = sum(f.held for f in state.fixtures) < settings.held_most
    decisions: list[Decision] = []
    told: list[Decision] = []
    if isinstance(event, Welded):
        state, event, told = _seen(state, event, settings)
    match event:
        case Welded():
            fixture, decisions = _welded(fixture, event, settings, room=room)
        case LabResult():
            fixture, decisions = _tested(fixture, event, settings)
        case Lasting(feature=name, up=up):
            # A correction that was just made is given its welds; the chart says it again.
            if not fixture.held and not fixture.moved:
                because = f"{name} {'high' if up else 'low'} for long"
                fixture, decisions = _act(
                    fixture, event.fixture, settings, name=name, up=up, because=because, room=room
                )
        case Released():
            # On trial: its first welds must be as good ones are. The glass is still the same.
            trial = next(iter(fixture.limits), None)
            fixture = replace(
                fixture,
                high={},
                low={},
                clamp=0.0,
                defocus_mm=0.0,
                verifying=trial,
                seen=(),
                moved=True,
                held=False,
                untested=(),
            )
            decisions = [_move(fixture, event.fixture, "back from service, on trial")]
    at = event.fixture
    fixtures = (*state.fixtures[:at], fixture, *state.fixtures[at + 1 :])
    state = replace(state, fixtures=fixtures)
    if isinstance(event, Welded):
        state, more = _lit(state, event, settings)
        decisions += more
    return state, told + decisions


def _seen(state: State, weld: Welded, s: Settings) -> tuple[State, Welded, list[Decision]]:
    """Joins what the picture says: the weld passes when burst and picture pass it, and a seam that
    is narrow tells of a gap. Light that all fixtures lose narrows all seams and is taken out."""
    looked = weld.looked
    if looked is None:
        if not weld.unseen or weld.refused:
            return state, weld, []
        return state, weld, [SetAside(number=weld.number, because=weld.unseen)]
    if not looked.good:
        both = [why for why in (weld.refused, f"picture: {looked.because}") if why]
        weld = replace(weld, refused="; ".join(both))
    if looked.width_mm is None:
        seen = Seen(number=weld.number, fixture=weld.fixture, sunk_mm=None)
        return state, weld, [seen]
    usual = s.camera.width
    narrow_mm = usual.mean - looked.width_mm
    sunk_mm = narrow_mm - state.narrowed_mm
    most_mm = s.charts.z_most * usual.sigma
    clipped_mm = max(-most_mm, min(most_mm, sunk_mm))
    shared_mm = state.narrowed_mm + clipped_mm / s.camera.shared_welds
    weld = replace(weld, features={**weld.features, "sunk": sunk_mm})
    seen = Seen(number=weld.number, fixture=weld.fixture, sunk_mm=sunk_mm)
    return replace(state, narrowed_mm=shared_mm), weld, [seen]


def _welded(
    fixture: Fixture, weld: Welded, s: Settings, *, room: bool
) -> tuple[Fixture, list[Decision]]:
    decisions: list[Decision] = []
    if weld.refused:
        decisions = [Reject(number=weld.number, because=weld.refused)]
    most = s.charts.z_most
    known = {
        name: max(-most, min(most, (x - fixture.limits[name].mean) / fixture.limits[name].sigma))
        for name, x in weld.features.items()
        if name in fixture.limits and math.isfinite(x)
    }
    fixture = replace(fixture, untested=(*fixture.untested, weld)[-KEPT:])
    if fixture.held or not known:
        return fixture, decisions
    if fixture.verifying is not None:
        fixture, more = _verify(fixture, weld.fixture, known, s, room=room)
        return fixture, decisions + more
    high, low = dict(fixture.high), dict(fixture.low)
    for name, z in known.items():
        high[name] = max(0.0, high.get(name, 0.0) + z - s.k)
        if name not in ONE_SIDED:
            low[name] = max(0.0, low.get(name, 0.0) - z - s.k)
    fixture = replace(fixture, high=high, low=low)
    name = max(known, key=lambda n: max(high[n], low.get(n, 0.0)))
    evidence = max(high[name], low.get(name, 0.0))
    if evidence <= s.h:
        return fixture, decisions
    up = high[name] >= low.get(name, 0.0)
    because = f"{name} {'high' if up else 'low'}: cusum {evidence:.1f} above {s.h:g}"
    if not up or fixture.clamp >= s.clamp_most:
        # More force on a good stack does no harm; a focus moved for nothing does. Look first.
        return replace(fixture, verifying=name, seen=(), high={}, low={}), decisions
    fixture, more = _act(fixture, weld.fixture, s, name=name, up=True, because=because, room=room)
    return fixture, decisions + more


def _act(
    fixture: Fixture, at: int, s: Settings, *, name: str, up: bool, because: str, room: bool
) -> tuple[Fixture, list[Decision]]:
    """One step of what closes a gap, or brings the focus back; a fixture for which that is used up
    is held, when there is `room` for one more."""
    clamp, defocus = fixture.clamp, fixture.defocus_mm
    if up:
        clamp = min(clamp + s.clamp_step, s.clamp_most)
    elif defocus == 0.0:
        defocus = min(s.defocus_step_mm, s.defocus_most_mm)
    elif defocus > 0.0:
        # Which way the focus went is not known: one way, then back beyond it the other way.
        defocus = -defocus
    if (clamp, defocus) == (fixture.clamp, fixture.defocus_mm):
        return _hold(fixture, at, f"{because}; the envelope is used up", room=room)
    fixture = replace(
        fixture,
        clamp=clamp,
        defocus_mm=defocus,
        verifying=name,
        seen=(),
        moved=True,
        high={},
        low={},
    )
    return fixture, [_move(fixture, at, because)]


def _move(fixture: Fixture, at: int, because: str) -> Move:
    return Move(
        fixture=at,
        clamp=fixture.clamp,
        defocus_mm=fixture.defocus_mm,
        power=fixture.power,
        because=because,
    )


def _hold(fixture: Fixture, at: int, because: str, *, room: bool) -> tuple[Fixture, list[Decision]]:
    fixture = replace(fixture, verifying=None, seen=(), moved=False, high={}, low={})
    if not room:
        text = f"fixture {at} needs service; no more may be held"
        return fixture, [Advise(text=text, because=because)]
    return replace(fixture, held=True), [Hold(fixture=at, because=because)]


def _verify(
    fixture: Fixture, at: int, known: Mapping[str, float], s: Settings, *, room: bool
) -> tuple[Fixture, list[Decision]]:
    """The mean of the next welds: recovered, or the next step of the envelope, or hold."""
    name = fixture.verifying
    if name is None:
        return fixture, []
    # Without a picture the burst says it: both count in sigmas.
    seen = (*fixture.seen, known[name] if name in known else next(iter(known.values())))
    if len(seen) < s.verify_welds:
        return replace(fixture, seen=seen), []
    z = fmean(seen)
    said = f"{name} at {z:+.1f} sigma over {len(seen)} welds"
    if (z if name in ONE_SIDED else abs(z)) > s.recovered_z:
        because = f"not recovered: {said}"
        return _act(fixture, at, s, name=name, up=z > 0.0, because=because, room=room)
    told: list[Decision] = [Recovered(fixture=at, because=said)] if fixture.moved else []
    return replace(fixture, verifying=None, seen=(), moved=False), told


def _light_lost(state: State, s: Settings) -> tuple[State, list[Decision]]:
    """Power for all fixtures, once; what is beyond that is for a cloth."""
    clean = Advise(text="clean the protective glass", because="all fixtures lose light")
    power = s.power_most
    if all(f.power >= power for f in state.fixtures) or state.light_before is not None:
        return state, [clean]
    step_ = s.power_step
    fixtures = tuple(replace(f, power=min(f.power + step_, power)) for f in state.fixtures)
    moves = [_move(f, at, "all fixtures lose light") for at, f in enumerate(fixtures)]
    before = fmean(state.light) if state.light else 0.0
    return replace(state, fixtures=fixtures, light=(), light_before=before), [*moves, clean]


def _lit(state: State, weld: Welded, s: Settings) -> tuple[State, list[Decision]]:
    """Did more power bring more light? Half of what it should bring, over the next welds of all
    fixtures, or it is taken back: then it is no glass."""
    measured = weld.light + state.fixtures[weld.fixture].power
    if not math.isfinite(measured):
        return state, []
    wanted = s.light_welds * len(state.fixtures)
    light = (*state.light, measured)[-wanted:]
    if state.light_before is None or len(light) < wanted:
        return replace(state, light=light), []
    gained, before = fmean(light) - state.light_before, state.light_before
    state = replace(state, light=light, light_before=None)
    said = f"light {before:+.1%} before, {before + gained:+.1%} after"
    if gained >= 0.5 * s.power_step:
        return state, [Recovered(fixture=at, because=said) for at in range(len(state.fixtures))]
    fixtures = tuple(replace(f, power=0.0) for f in state.fixtures)
    moves = [_move(f, at, f"power did not help: {said}") for at, f in enumerate(fixtures)]
    asked = Advise(text="check the laser's power", because=said)
    return replace(state, fixtures=fixtures), [*moves, asked]


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
        learnt = _learnt(tested, name, fixture, s)
        if isinstance(learnt, Limits):
            limits[name] = learnt
            decisions.append(Relearn(fixture=test.fixture, feature=name, limits=learnt))
        elif learnt is not None:
            decisions.append(learnt)
    return replace(fixture, limits=limits, untested=left, tested=(), high={}, low={}), decisions


def _learnt(
    tested: tuple[Welded, ...], name: str, fixture: Fixture, s: Settings
) -> Limits | Advise | None:
    """Limits of a feature by tested good welds, weighed against those so far; never tighter than
    the reference, for few welds say little of a spread. A person is asked when they went too far.

    `mean = (n*mean_tested + m*mean)/(n + m)`, the variance likewise; `m = learn_weight`.
    """
    values = [w.features[name] for w in tested if math.isfinite(w.features.get(name, math.nan))]
    n, m = len(values), s.learn_weight
    if n < max(2, s.learn_from):
        return None
    now, usual = fixture.limits[name], fixture.reference[name]
    mean = (n * fmean(values) + m * now.mean) / (n + m)
    variance = (n * stdev(values) ** 2 + m * now.sigma**2) / (n + m)
    limits = Limits(mean=mean, sigma=max(math.sqrt(variance), usual.sigma))
    off = abs(limits.mean - usual.mean) / usual.sigma
    if off <= s.learn_shift_most and limits.sigma <= s.learn_widen_most * usual.sigma:
        return limits
    return Advise(
        text=f"good welds are no longer those of the reference: judge {name} anew",
        because=f"mean {off:.1f} sigma off, sigma {limits.sigma / usual.sigma:.2f} times",
    )
