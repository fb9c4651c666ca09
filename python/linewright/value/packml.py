"""The record of machine states and finished units, read as events: in order, each once, and what is
not known left unknown.

States and modes are those of PackML (ANSI/ISA-TR88.00.02, 2015). A `state` row holds until the next
one of its machine. Rows may come late (`at_s` before one already seen), twice, or contradict each
other; each is told as a `Note`. Between two states that no way of the state model joins something
was not recorded: the time between them is unknown, as is the time before the first row, from a
`gap` on, and from a contradiction on, each until the next row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

MODES = frozenset({"producing", "maintenance", "manual", "setup", "clean", "calibration"})
RUNNING = frozenset({"execute", "completing"})
"""States in which a machine makes product."""
ACTING: Mapping[str, frozenset[str]] = {
    "starting": frozenset({"execute"}),
    "completing": frozenset({"complete"}),
    "resetting": frozenset({"idle"}),
    "holding": frozenset({"held"}),
    "unholding": frozenset({"execute"}),
    "suspending": frozenset({"suspended"}),
    "unsuspending": frozenset({"execute"}),
    "stopping": frozenset({"stopped"}),
    "aborting": frozenset({"aborted"}),
    "clearing": frozenset({"stopped"}),
}
"""States that a machine leaves by itself, and for which."""
WAITING: Mapping[str, frozenset[str]] = {
    "idle": frozenset({"starting"}),
    "execute": frozenset({"completing", "holding", "suspending"}),
    "held": frozenset({"unholding"}),
    "suspended": frozenset({"unsuspending", "holding"}),
    "complete": frozenset({"resetting"}),
    "stopped": frozenset({"resetting"}),
    "aborted": frozenset({"clearing"}),
}
"""States that wait for a command, and what the commands lead to; stop and abort lead out of all."""
STATES = frozenset(ACTING) | frozenset(WAITING)
OUTSIDE = ("upstream", "downstream")
"""First words of a reason that lies with a neighbour: nothing comes, or nothing is taken."""

What = Literal["late", "duplicate", "contradiction", "missing", "unreadable"]


def follows(before: str, after: str) -> bool:
    """Can `after` be the next state that is told after `before`?

    Acting states may go untold, waiting ones may not. Stop and abort lead out of every state.

    >>> follows("execute", "held"), follows("execute", "idle"), follows("held", "suspended")
    (True, False, False)
    """
    if after in ("stopping", "stopped"):
        return before != "aborted"
    if before == after or after in ("aborting", "aborted"):
        return True
    reached, open_ends = set(), [before]
    while open_ends:
        state = open_ends.pop()
        for onward in ACTING.get(state) or WAITING[state]:
            if onward not in reached:
                reached.add(onward)
                if onward in ACTING:
                    open_ends.append(onward)
    return after in reached


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is wrong with the record, and where."""

    what: What
    machine: str
    at_s: float
    says: str


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A finished roll or tray."""

    machine: str
    unit: str
    recipe: str
    good: bool
    rate_share: float
    """Rate it was made at over the nominal one of its recipe, dimensionless."""
    amount: float
    amount_unit: str
    at_s: float
    """When it was finished, line time."""

    @property
    def number(self) -> int | None:
        """Last number in its name, by which units follow each other.

        >>> Unit(machine="coater", unit="roll 12", recipe="A", good=True, rate_share=1.0,
        ...      amount=2000.0, amount_unit="m", at_s=0.0).number
        12
        """
        digits = "".join(c if c.isdigit() else " " for c in self.unit).split()
        return int(digits[-1]) if digits else None


@dataclass(frozen=True, kw_only=True)
class Span:
    """A machine in one state and mode from `from_s` to `to_s`, or `known = False`."""

    from_s: float
    to_s: float
    known: bool
    mode: str = ""
    state: str = ""
    reason: str = ""
    recipe: str = ""
    why_unknown: str = ""

    @property
    def outside(self) -> str:
        """`upstream` or `downstream` when the machine waits for a neighbour, else empty."""
        if not self.known or self.state not in ("held", "suspended", "holding", "suspending"):
            return ""
        first = self.reason.replace(":", " ").split()[:1]
        return first[0] if first and first[0] in OUTSIDE else ""


@dataclass
class Record:
    """All that is known of the machines of one run."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    """By machine, in time order, without overlap."""
    units: dict[str, list[Unit]] = field(default_factory=dict)
    """By machine, in the order they were finished."""
    doubted: frozenset[tuple[str, str]] = frozenset()
    """Machine and unit of units that were told good and not good."""
    notes: list[Note] = field(default_factory=list)
    until_s: float = 0.0


@dataclass(frozen=True)
class _State:
    mode: str
    state: str
    reason: str
    recipe: str
    at_s: float


def read(
    rows: Iterable[Mapping[str, Any]], *, base_hz: float, until_s: float | None = None
) -> Record:
    """The record that `state`, `production` and `gap` rows make, taken in the order given.

    A row is `{"kind", "tick", "body"}` as in the ledger; a row of kind `gap` says that the record
    was interrupted at its tick. `until_s` is how far the record reaches: the last row, when left
    out.
    """
    made = Record()
    states: dict[str, list[_State]] = {}
    units: dict[str, list[Unit]] = {}
    gaps: list[float] = []
    last_s = 0.0
    for row in rows:
        told_s = row["tick"] / base_hz
        last_s = max(last_s, told_s)
        if row["kind"] == "gap":
            gaps.append(told_s)
            continue
        body = row["body"]
        try:
            if row["kind"] == "state":
                _take_state(body, told_s, states, made.notes)
            elif row["kind"] == "production":
                _take_unit(body, told_s, units, made.notes)
        except (KeyError, TypeError, ValueError) as error:
            machine = str(body.get("machine", "?")) if isinstance(body, Mapping) else "?"
            says = f"a {row['kind']} row cannot be read: {error}"
            made.notes.append(Note(what="unreadable", machine=machine, at_s=told_s, says=says))
    made.until_s = last_s if until_s is None else until_s
    for machine, told in states.items():
        made.spans[machine] = _spans(machine, told, gaps, made)
    doubted = set()
    for machine, finished in units.items():
        made.units[machine], doubts = _units(machine, finished, made.notes)
        doubted |= {(machine, unit) for unit in doubts}
    made.doubted = frozenset(doubted)
    return made


def _number(body: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, was {value!r}")
    return float(value)


def _late(machine: str, what: str, at_s: float, newest_s: float, notes: list[Note]) -> None:
    if at_s < newest_s:
        says = f"{what} came {newest_s - at_s:.0f} s behind a later one; put where it belongs"
        notes.append(Note(what="late", machine=machine, at_s=at_s, says=says))


def _take_state(
    body: Mapping[str, Any], told_s: float, states: dict[str, list[_State]], notes: list[Note]
) -> None:
    machine, mode, state = body["machine"], body["mode"], body["state"]
    if mode not in MODES:
        raise ValueError(f"no such mode: {mode!r}")
    if state not in STATES:
        raise ValueError(f"no such state: {state!r}")
    at_s = _number(body, "at_s", told_s)
    one = _State(mode, state, str(body.get("reason", "")), str(body.get("recipe", "")), at_s)
    known = states.setdefault(machine, [])
    if one in known:
        says = f"{state} was told twice; counted once"
        notes.append(Note(what="duplicate", machine=machine, at_s=at_s, says=says))
        return
    _late(machine, state, at_s, max((s.at_s for s in known), default=-math.inf), notes)
    known.append(one)


def _take_unit(
    body: Mapping[str, Any], told_s: float, units: dict[str, list[Unit]], notes: list[Note]
) -> None:
    good = body["good"]
    if not isinstance(good, bool):
        raise TypeError(f"good must be true or false, was {good!r}")
    one = Unit(
        machine=body["machine"],
        unit=str(body["unit"]),
        recipe=str(body["recipe"]),
        good=good,
        rate_share=_number(body, "rate_share"),
        amount=_number(body, "amount", 0.0),
        amount_unit=str(body.get("amount_unit", "")),
        at_s=_number(body, "at_s", told_s),
    )
    known = units.setdefault(one.machine, [])
    if one in known:
        says = f"{one.unit} was told twice; counted once"
        notes.append(Note(what="duplicate", machine=one.machine, at_s=one.at_s, says=says))
        return
    _late(one.machine, one.unit, one.at_s, max((u.at_s for u in known), default=-math.inf), notes)
    known.append(one)


def _spans(machine: str, told: list[_State], gaps: list[float], made: Record) -> list[Span]:
    """One span per state; unknown where the record does not say."""
    order = sorted(told, key=lambda one: one.at_s)
    spans: list[Span] = []
    if order[0].at_s > 0.0:
        why = "before the first state that was recorded"
        spans.append(Span(from_s=0.0, to_s=order[0].at_s, known=False, why_unknown=why))
    for i, one in enumerate(order):
        to_s = order[i + 1].at_s if i + 1 < len(order) else max(made.until_s, one.at_s)
        if to_s == one.at_s and i + 1 < len(order):
            _at_once(machine, one, order[i + 1], made.notes)
            continue
        why = _why_unknown(order, i, machine, made.notes)
        cut_s = min((g for g in gaps if one.at_s < g < to_s), default=None)
        if why:
            spans.append(Span(from_s=one.at_s, to_s=to_s, known=False, why_unknown=why))
            continue
        spans.append(
            Span(
                from_s=one.at_s,
                to_s=to_s if cut_s is None else cut_s,
                known=True,
                mode=one.mode,
                state=one.state,
                reason=one.reason,
                recipe=one.recipe,
            )
        )
        if cut_s is not None:
            why = "the record was interrupted"
            made.notes.append(Note(what="missing", machine=machine, at_s=cut_s, says=why))
            spans.append(Span(from_s=cut_s, to_s=to_s, known=False, why_unknown=why))
    return spans


def _at_once(machine: str, one: _State, other: _State, notes: list[Note]) -> None:
    if (one.mode, one.state) != (other.mode, other.state):
        says = f"{one.mode}/{one.state} and {other.mode}/{other.state} at once"
        notes.append(Note(what="contradiction", machine=machine, at_s=one.at_s, says=says))


def _why_unknown(order: list[_State], i: int, machine: str, notes: list[Note]) -> str:
    """Why nothing can be said from state `i` to the next; empty when its state held."""
    one = order[i]
    at_once = [s for s in order if s.at_s == one.at_s]
    if any((s.mode, s.state) != (one.mode, one.state) for s in at_once):
        return "states contradict each other"
    if i + 1 == len(order):
        return ""
    following = order[i + 1]
    if following.at_s > one.at_s and not follows(one.state, following.state):
        says = f"{following.state} cannot follow {one.state}: a state between was not recorded"
        notes.append(Note(what="missing", machine=machine, at_s=one.at_s, says=says))
        return says
    return ""


def _units(machine: str, finished: list[Unit], notes: list[Note]) -> tuple[list[Unit], set[str]]:
    """In order of finishing, each name once; with the names that were told good and not good."""
    once: dict[str, Unit] = {}
    doubted = set()
    for one in finished:
        before = once.get(one.unit)
        if before is None:
            once[one.unit] = one
            continue
        says = f"{one.unit} was told as {_told(before)} and as {_told(one)}"
        notes.append(Note(what="contradiction", machine=machine, at_s=one.at_s, says=says))
        doubted.add(one.unit)
    order = sorted(once.values(), key=lambda unit: unit.at_s)
    numbers = [unit.number for unit in order]
    for left, right in pairwise(numbers):
        if left is not None and right is not None and right > left + 1:
            at_s = next(unit.at_s for unit in order if unit.number == right)
            lost = f"unit {left + 1}" if right == left + 2 else f"units {left + 1} to {right - 1}"
            says = f"{lost} not recorded; taken for not good"
            notes.append(Note(what="missing", machine=machine, at_s=at_s, says=says))
    return order, doubted


def _told(unit: Unit) -> str:
    good = "good" if unit.good else "not good"
    return f"{good} {unit.recipe} at {unit.at_s:.0f} s, rate {unit.rate_share:.2f}"
