"""An alarm while it lives: what it gathers, and the state that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from linewright.alarms._alarm import Alarm, Member, State
from linewright.alarms._core import FLOOD
from linewright.alarms._definition import PRIORITIES, SHIFT_S, Definition, Priority
from linewright.alarms._limits import OFF_DELAY_S
from linewright.cause import Cause, Finding

REPEATS = 3.0
"""What repeats has gone back after so many times its longest pause, a shift at most."""

Key = tuple[str, str]
"""Full name and station."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Put aside by a person."""

    until_s: float
    by: str
    reason: str


@dataclass(kw_only=True)
class Gathered:
    """A member that still counts."""

    name: str
    of: str
    definition: Definition | None
    """None of a detection that only explains."""
    finding: Finding
    """Its first."""
    seq: int
    last_s: float
    count: int = 1
    ended: bool = False

    def frozen(self) -> Member:
        """As a reader sees it."""
        return Member(
            name=self.name,
            of=self.of,
            count=self.count,
            first_s=self.finding.at_s,
            last_s=self.last_s,
            onset_s=self.finding.onset_s,
            seq=self.seq,
        )


@dataclass(kw_only=True)
class Standing:
    """One alarm that is not normal, or is about to be."""

    id: str
    definition: Definition
    """Of its headline."""
    station: str
    raised_s: float
    says: str = ""
    """What the row itself said, when it has words."""
    priority: Priority = "low"
    members: dict[tuple[str, str, str], Gathered] = field(default_factory=dict)
    """By name, station, and what of it."""
    active: bool = True
    acked: bool = False
    acked_by: str = ""
    unlatched: bool = False
    """A person has reset what stands behind it."""
    shelf: Shelf | None = None
    out: tuple[str, str] | None = None
    """Who took it out of service, and why."""
    stopped: str = ""
    """Machine that does not run, for want of which it is suppressed."""
    flood: str = ""
    """Flood that gathers it."""
    cause: Cause | None = None
    probability: float = 0.0
    last_s: float = 0.0
    pause_s: float = 0.0
    """Longest time between two of its members."""
    ended_s: float | None = None
    """When the last member was told to have ended."""
    ranked_s: float = -1.0

    @property
    def state(self) -> State:
        """By ISA-18.2; what a person or the design took away stands before what it is."""
        if self.out is not None:
            return State.OUT_OF_SERVICE
        if self.shelf is not None:
            return State.SHELVED
        if self.stopped or self.flood:
            return State.SUPPRESSED
        if self.active:
            return State.ACKNOWLEDGED if self.acked else State.UNACKNOWLEDGED
        if not self.acked:
            return State.RETURNED
        return State.LATCHED if self.definition.latched and not self.unlatched else State.NORMAL

    @property
    def key(self) -> Key:
        """Of its headline."""
        return self.definition.name, self.station

    def gather(self, key: tuple[str, str, str], member: Gathered) -> bool:
        """Count one more; whether it is a new member."""
        known = self.members.get(key)
        if self.members:
            self.pause_s = max(self.pause_s, member.last_s - self.last_s)
        self.last_s = max(self.last_s, member.last_s)
        self.ended_s = None
        if known is None:
            self.members[key] = member
            return True
        known.count += 1
        known.last_s = member.last_s
        known.ended = False
        return False

    def end(self, name: str, of: str, now_s: float) -> None:
        """A member was told to have ended."""
        for member in self.members.values():
            if member.name == name and member.of == of:
                member.ended = True
        alarming = [m for m in self.members.values() if m.definition is not None]
        if self.ended_s is None and all(m.ended for m in alarming):
            self.ended_s = now_s

    def returns_s(self) -> float | None:
        """When it will have gone back if nothing more comes; None when only a word ends it."""
        if not self.active:
            return None
        if self.ended_s is not None:
            return self.ended_s + OFF_DELAY_S
        after_s = self.definition.returns_after_s
        if after_s is None:
            return None
        return self.last_s + max(after_s, min(REPEATS * self.pause_s, SHIFT_S))

    def focus(self) -> Finding:
        """The finding of its headline."""
        for member in self.members.values():
            if member.name == self.definition.name:
                return member.finding
        return next(iter(self.members.values())).finding

    def events(self) -> set[str]:
        """Names of its members."""
        return {member.name for member in self.members.values()}

    def may_show(self, signs: set[str]) -> bool:
        """Can one of its members be among the signs of a cause, so that others may join it?

        A flood has no single cause, and nothing hides behind what is put aside or suppressed.
        """
        aside = self.shelf is not None or self.out is not None or self.stopped or self.flood
        if aside or self.definition.name == FLOOD:
            return False
        return not signs.isdisjoint(self.events())

    def lift(self, *members: Gathered) -> bool:
        """Take the highest priority of these; whether it rose."""
        told = (m.definition.priority for m in members if m.definition is not None)
        most = max((self.priority, *told), key=PRIORITIES.index)
        rose, self.priority = most != self.priority, most
        return rose

    def head(self) -> bool:
        """Let the member that says most about the cause stand for it; whether it changed."""
        if self.cause is None:
            return False

        def weight(member: Gathered) -> tuple[float, float]:
            sign = self.cause.sign(member.name) if self.cause is not None else None
            return (0.0 if sign is None else sign.chance), -member.finding.onset_s

        candidates = [(key, m) for key, m in self.members.items() if m.definition is not None]
        if not candidates:
            return False
        key, best = max(candidates, key=lambda item: weight(item[1]))
        if best.definition is None or best.definition.name == self.definition.name:
            return False
        self.definition, self.station = best.definition, key[1]
        return True

    def found_by(self) -> Iterator[Key]:
        """Under which it is found: its headline, and every member that is an alarm."""
        yield self.key
        for (name, station, _), member in self.members.items():
            if member.definition is not None:
                yield name, station

    def frozen(self) -> Alarm:
        """As a reader sees it."""
        of, cause = self.definition, self.cause
        members = [m.frozen() for m in self.members.values()]
        action = of.action
        if cause is not None and cause.action not in action and not _idle(cause.action):
            action = f"{action}; {cause.action}"
        return Alarm(
            id=self.id,
            name=of.name,
            station=self.station,
            state=self.state,
            priority=self.priority,
            raised_s=self.raised_s,
            onset_s=min((m.onset_s for m in members), default=self.raised_s),
            says=self.says or of.headline,
            cause=of.cause if cause is None else cause.says,
            consequence=of.consequence,
            action=action,
            respond_within_s=of.respond_within_s,
            members=tuple(sorted(members, key=lambda m: (m.onset_s, m.seq))),
            cause_name="" if cause is None else cause.name,
            probability=None if cause is None else self.probability,
            shelved_until_s=None if self.shelf is None else self.shelf.until_s,
            shelved_by="" if self.shelf is None else self.shelf.by,
            shelve_reason=self.shelf.reason if self.shelf else self.out[1] if self.out else "",
            acked_by=self.acked_by,
            suppressed_by=self.stopped or self.flood,
            count=sum(m.count for m in members),
        )


def _idle(action: str) -> bool:
    return action.startswith("nothing to do")
