"""What the slurry station decides: pure functions and small values; no bus, no clock.

Solids are fractions, recipe offsets percentage points (pp). A batch is judged when it is used up,
by what it made of the mixed tank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from linewright.stations.slurry.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What the loop said last."""

    solids: float
    """Solids behind the tank, fraction."""
    thickness: float
    """Viscosity over the recipe's less one."""
    drawn_l_per_min: float
    left_l: float
    """What is left of the batch; 0 without batches."""
    batch: int
    """Number of the batch; 0 without batches."""
    at_s: float = 0.0
    """Line time."""


@dataclass(frozen=True)
class Opened:
    """How a batch was found."""

    batch: int
    at_l: float
    """What was left of it at the first reading."""
    solids: float
    """Solids behind the tank at that reading, or the level of a hard switch."""
    hard: bool = False
    settled: bool = False
    ran_s: float = 0.0
    """Time in which slurry was drawn since."""


@dataclass(frozen=True)
class State:
    """What the station remembers."""

    opened: Opened | None = None
    last: Reading | None = None
    announced: int = 0
    """The last batch that was announced."""


@dataclass(frozen=True)
class Announce:
    """Tell the line that `batch` comes in `in_s` seconds."""

    batch: int
    in_s: float


@dataclass(frozen=True)
class Judge:
    """A batch is used up: its solids beside the recipe, pp."""

    batch: int
    solids_pp: float
    thickness: float
    hard: bool
    drawn_l: float
    """What was drawn of it since it was first seen."""
    ran_s: float
    """Time since then in which slurry was drawn."""


@dataclass(frozen=True)
class Note:
    """A decision for the ledger."""

    decision: str
    because: str


Decision = Announce | Judge | Note

FOLLOW_UP = {
    "slurry.solids_drift": "sample the batch; the recipe is corrected when it is used up",
    "slurry.thickness_drift": "check binder and carbon lot; expect the profile to bow",
    "slurry.temperature_drift": "check the jacket of the day tank",
    "slurry.batch_opened": "batch opened",
}


def batch_solids(
    start: float, end: float, drawn_l: float, *, tank_l: float, hard: bool = False
) -> float:
    """Solids of a batch from those behind the mixed tank before and after it, fractions.

    The tank goes from `start` to `b + (start - b)*exp(-drawn/V)`; a hard switch puts the batch
    itself into the tank. NaN when too little was drawn to tell: a tenth of the tank.

    >>> round(batch_solids(0.700, 0.703161, 500.0, tank_l=500.0), 4)
    0.705
    """
    if hard:
        return end
    kept = math.exp(-drawn_l / tank_l)
    if kept > math.exp(-0.1):
        return math.nan
    return (end - start * kept) / (1.0 - kept)


def read(state: State, now: Reading, settings: Settings) -> tuple[State, list[Decision]]:
    """Takes in one reading: announces, finds a hard switch, judges a batch that is used up.

    >>> s = Settings()
    >>> first = Reading(0.70, 0.0, 11.2, 40.0, 4)
    >>> read(State(), first, s)[1]
    [Announce(batch=5, in_s=214.2857142857143)]
    """
    if now.batch < 1:
        return replace(state, last=now), []
    decisions: list[Decision] = []
    opened, last = state.opened, state.last
    runs = draws(now.drawn_l_per_min, settings)
    if opened is not None and last is not None and runs and now.batch == opened.batch:
        opened = replace(opened, ran_s=opened.ran_s + now.at_s - last.at_s)
    if opened is None:
        opened = Opened(now.batch, now.left_l, now.solids)
    elif now.batch != opened.batch:
        if last is not None:
            decisions.append(_judge(opened, last, settings))
        before = now.solids if last is None else last.solids
        opened = Opened(now.batch, now.left_l, before)
    elif not opened.settled and opened.at_l - now.left_l >= settings.settle_l:
        opened = _settle(opened, now, settings)
        if opened.hard:
            text = f"batch {opened.batch} came by a hard switch"
            because = f"solids {now.solids:.2%} within {settings.settle_l:.0f} L"
            decisions.append(Note(text, because))
    new = replace(state, opened=opened, last=now)
    in_s = 60.0 * now.left_l / now.drawn_l_per_min if now.drawn_l_per_min > 0.0 else math.inf
    if in_s <= settings.announce_s and state.announced <= now.batch:
        decisions.append(Announce(now.batch + 1, in_s))
        new = replace(new, announced=now.batch + 1)
    return new, decisions


def _settle(opened: Opened, now: Reading, settings: Settings) -> Opened:
    """Had the tank mixed it, `settle_l` could have moved the solids by a few hundredths only."""
    step_pp = 100.0 * abs(now.solids - opened.solids)
    return replace(opened, settled=True, hard=step_pp > settings.hard_pp)


def _judge(opened: Opened, last: Reading, settings: Settings) -> Judge:
    solids = batch_solids(
        opened.solids,
        last.solids,
        opened.at_l - last.left_l,
        tank_l=settings.tank_l,
        hard=opened.hard,
    )
    off_pp = 100.0 * (solids - settings.recipe.solids_fraction)
    drawn_l = opened.at_l - last.left_l
    return Judge(opened.batch, off_pp, last.thickness, opened.hard, drawn_l, opened.ran_s)


def nominal_l_per_min(settings: Settings) -> float:
    """What the coater draws by the recipe."""
    return settings.sides * settings.recipe.pump_flow_l_per_min


def draws(drawn_l_per_min: float, settings: Settings) -> bool:
    """Is slurry drawn?

    >>> draws(11.0, Settings()), draws(0.2, Settings())
    (True, False)
    """
    return drawn_l_per_min > settings.stands_share * nominal_l_per_min(settings)


def worth(judged: Judge, settings: Settings) -> tuple[bool, float, str]:
    """Is a batch that is used up a good one, at which share of its rate it was used, and why.

    >>> worth(Judge(3, 0.12, 0.0, False, 1890.0, 10_156.0), Settings())
    (True, 1.0, 'solids +0.12 pp beside the recipe')
    >>> worth(Judge(3, float("nan"), 0.0, False, 20.0, 107.0), Settings())[::2]
    (False, 'too little was drawn to tell its solids')
    """
    ran_min = judged.ran_s / 60.0
    nominal_l = nominal_l_per_min(settings) * ran_min
    rate = judged.drawn_l / nominal_l if nominal_l > 0.0 else math.nan
    if not math.isfinite(judged.solids_pp):
        return False, rate, "too little was drawn to tell its solids"
    good = abs(judged.solids_pp) <= settings.batch_good_pp
    return good, round(rate, 4), f"solids {judged.solids_pp:+.2f} pp beside the recipe"
