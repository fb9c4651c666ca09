"""When each tray will be through: its own progress, and what the trays before it took from there.

A tray tells its age and since when it is in its phase (the phases are counted by the changes of the
current's direction). From the start of phase `k` the trays before took `r_k` to the end, with mean
`m` and spread over `n` trays; before them stands the programme's own length, worth one tray of
spread `programme_sd_s`:

    mean = (r_0 + n*m)/(1 + n)
    var = (programme_sd_s^2 + sum((r - m)^2) + n/(1 + n)*(m - r_0)^2)/(1 + n)
    sd^2 = var*(1 + 1/(1 + n)) + 1/12

the last for the second in which it is told (normal mean and variance, Gelman et al. 2013). Where
steps end by voltage the forecast moves with each phase that is over and its spread falls; where all
end by time it stands from the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SECOND_VARIANCE_S2 = 1.0 / 12.0
"""Of a time told in whole seconds."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A running tray told how far it is."""

    time_s: float
    tray: int
    slot: int
    age_s: float
    phase: int
    in_phase_s: float


@dataclass(frozen=True, kw_only=True)
class Through:
    """A tray's programme is over, at this age."""

    tray: int
    slot: int
    age_s: float


@dataclass(frozen=True)
class Taken:
    """How long trays took from the start of a phase to their end."""

    trays: int = 0
    mean_s: float = 0.0
    squares_s2: float = 0.0

    def with_one(self, took_s: float, kept: int) -> Taken:
        """With one tray more; beyond `kept` trays the old ones fade (Welford 1962).

        >>> Taken().with_one(10.0, 200).with_one(14.0, 200)
        Taken(trays=2, mean_s=12.0, squares_s2=8.0)
        """
        fade = (kept - 1) / kept if self.trays >= kept else 1.0
        trays = min(self.trays + 1, kept)
        off_s = took_s - self.mean_s
        mean_s = self.mean_s + off_s / trays
        return Taken(trays, mean_s, fade * self.squares_s2 + off_s * (took_s - mean_s))


@dataclass(frozen=True, kw_only=True)
class Running:
    """A tray in its slot: when it was plugged in, and at which age each phase seen began."""

    tray: int
    loaded_s: float
    told_s: float
    began_s: Mapping[int, float]
    through: bool = False


@dataclass(frozen=True, kw_only=True)
class Rack:
    """All trays by slot, and what trays before them took from the start of each phase."""

    trays: Mapping[int, Running] = field(default_factory=dict)
    taken: Mapping[int, Taken] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """When a tray is expected to be through."""

    tray: int
    slot: int
    at_s: float
    sd_s: float
    """One standard deviation."""


def told(rack: Rack, event: Told) -> Rack:
    """The rack with one tray's progress taken down."""
    loaded_s = event.time_s - event.age_s
    before = rack.trays.get(event.slot)
    same = before is not None and before.tray == event.tray
    began_s = dict(before.began_s) if before is not None and same else {}
    began_s[event.phase] = event.age_s - event.in_phase_s
    now = Running(
        tray=event.tray,
        loaded_s=loaded_s,
        told_s=event.time_s,
        began_s=began_s,
        through=before is not None and same and before.through,
    )
    return replace(rack, trays={**rack.trays, event.slot: now})


def through(rack: Rack, event: Through, *, kept: int) -> Rack:
    """A tray is done: what it took from the start of each phase is learnt."""
    one = rack.trays.get(event.slot)
    if one is None or one.tray != event.tray or one.through:
        return rack
    taken = dict(rack.taken)
    for phase, began_s in one.began_s.items():
        took_s = event.age_s - began_s
        if math.isfinite(took_s) and took_s >= 0.0:
            taken[phase] = taken.get(phase, Taken()).with_one(took_s, kept)
    trays = {**rack.trays, event.slot: replace(one, through=True)}
    return Rack(trays=trays, taken=taken)


def without_gone(rack: Rack, *, now_s: float, within_s: float) -> Rack:
    """Without trays that told nothing for so long: they were taken out."""
    here = {slot: one for slot, one in rack.trays.items() if now_s - one.told_s <= within_s}
    return rack if len(here) == len(rack.trays) else replace(rack, trays=here)


def ends(rack: Rack, *, now_s: float, programme_s: float, programme_sd_s: float) -> list[End]:
    """When each running tray will be through, the first one first.

    >>> first = Told(time_s=100.0, tray=4, slot=0, age_s=60.0, phase=1, in_phase_s=50.0)
    >>> end, = ends(told(Rack(), first), now_s=100.0, programme_s=1000.0, programme_sd_s=5.0)
    >>> end.at_s, round(end.sd_s, 2)
    (1040.0, 7.08)
    """
    found = []
    for slot, one in rack.trays.items():
        if one.through:
            continue
        phase = max(one.began_s)
        began_s = one.began_s[phase]
        taken = rack.taken.get(phase, Taken())
        planned_s = programme_s - began_s
        n = taken.trays
        mean_s = (planned_s + n * taken.mean_s) / (1 + n)
        off_s2 = (taken.mean_s - planned_s) ** 2 if n else 0.0
        variance = (programme_sd_s**2 + taken.squares_s2 + n / (1 + n) * off_s2) / (1 + n)
        sd_s = math.sqrt(variance * (1.0 + 1.0 / (1 + n)) + SECOND_VARIANCE_S2)
        at_s = max(now_s, one.loaded_s + began_s + mean_s)
        found.append(End(one.tray, slot, at_s, sd_s))
    return sorted(found, key=lambda end: (end.at_s, end.slot))


def body(found: list[End], *, now_s: float) -> dict[str, object]:
    """The message `formation.progress`: a number for each running tray, the first one first."""
    return {
        "time_s": now_s,
        "tray": [end.tray for end in found],
        "slot": [end.slot for end in found],
        "end_at_s": [round(end.at_s, 1) for end in found],
        "end_sd_s": [round(end.sd_s, 1) for end in found],
    }
