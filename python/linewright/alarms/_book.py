"""The alarm list of a line, from the rows of its ledger."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from linewright.alarms import _core, _handling
from linewright.alarms._alarm import Alarm, Change, State
from linewright.alarms._core_causes import CORE_CAUSES
from linewright.alarms._definition import Definition, undescribed
from linewright.alarms._grouping import Findings
from linewright.alarms._limits import FOR_HIGH, MOST_PER_WINDOW, WINDOW_S
from linewright.alarms._standing import Gathered, Key, Standing
from linewright.cause import Cause, Finding, Ranked, merged

RERANK_S = 30.0
"""A repeat within so long of the last look at its cause changes nothing in it."""
RUNS = "execute"
"""PackML state of a machine that runs."""


class AlarmBook:
    """Alarms of a line by ISA-18.2, grouped by cause, from ledger rows in their order.

    Pure and deterministic: the same rows give the same book, whenever `advance` is called between
    them. A detection is an alarm when a definition describes it or its priority is `alarm`; others
    are evidence for a cause. Time is that of the line, s since its first start; a later start goes
    on from there (`start_s`).

    Parameters
    ----------
    definitions:
        Alarms of the stations; those of core, gate and supervisor are known.
    causes:
        What can go wrong; those of one name count together.
    base_hz:
        Ticks in a second, for rows whose `start` row is gone; positive.

    >>> book = AlarmBook([Definition(name="mill.jam", cause="a lump", consequence="the mill stops",
    ...     action="clear the feed", respond_within_s=300.0, priority="low")], [], base_hz=10.0)
    >>> row = {"seq": 7, "tick": 50, "kind": "detection", "station": "mill",
    ...        "body": {"name": "mill.jam", "priority": "alarm", "evidence": {}}}
    >>> book.take(row)
    >>> [(a.id, str(a.state), a.raised_s) for a in book.alarms()]
    [('a7', 'unacknowledged', 5.0)]
    """

    def __init__(
        self,
        definitions: Iterable[Definition],
        causes: Iterable[Cause],
        *,
        base_hz: float | None = None,
    ) -> None:
        self.definitions = {d.name: d for d in (*_core.CORE_DEFINITIONS, *definitions)}
        self.events: list[Change] = []
        """Every change, in order."""
        self.seq = 0
        """Newest row taken."""
        self.start_s = 0.0
        """Time of the book at the newest start of the line."""
        self.now_s = 0.0
        self._base_hz = base_hz
        self._findings = Findings(merged((*causes, *CORE_CAUSES)))
        self._open: dict[str, Standing] = {}
        self._at: dict[Key, Standing] = {}
        self._due: list[tuple[float, int, str]] = []
        self._pushed = 0
        self._told_s: deque[float] = deque()
        self._machines: dict[str, str] = {}

    # -- reading ---------------------------------------------------------------------------------

    def alarms(self) -> list[Alarm]:
        """Every alarm that is not normal, oldest first."""
        return [s.frozen() for s in self._open.values() if s.state is not State.NORMAL]

    def alarm(self, of: str) -> Alarm | None:
        """The alarm of an id, or the one of a name; None when it is normal."""
        found = self.standing(of)
        return None if found is None else found.frozen()

    def standing(self, of: str) -> Standing | None:
        """The same, while it lives."""
        known = self._open.get(of)
        if known is not None:
            return known
        return next((s for s in self._open.values() if s.definition.name == of), None)

    # -- time ------------------------------------------------------------------------------------

    def advance(self, now_s: float) -> None:
        """Let time come to `now_s` (s of the book): alarms go back, shelves end."""
        while self._due and self._due[0][0] <= now_s:
            due_s, _, of = heapq.heappop(self._due)
            self.now_s = max(self.now_s, due_s)
            if (standing := self._open.get(of)) is not None:
                self._lapse(standing)
        self.now_s = max(self.now_s, now_s)

    def _lapse(self, standing: Standing) -> None:
        shelf = standing.shelf
        if shelf is not None and shelf.until_s <= self.now_s:
            _handling.unshelve(self, standing, "its time is over", "")
        back_s = standing.returns_s()
        if back_s is not None and back_s <= self.now_s:
            self._go_back(standing, "not seen again" if standing.ended_s is None else "ended")
        self.expect(standing)

    def _go_back(self, standing: Standing, why: str) -> None:
        before = standing.state
        standing.active = False
        if before is State.SUPPRESSED:
            standing.acked, standing.unlatched = True, True
            standing.stopped = standing.flood = ""
        self.settle(standing, before, why)
        if standing.definition.name == _core.FLOOD:
            self._end_flood(standing)

    def expect(self, standing: Standing) -> None:
        """Look at it again when something will be due."""
        times = [] if (back_s := standing.returns_s()) is None else [back_s]
        if standing.shelf is not None:
            times.append(standing.shelf.until_s)
        if standing.id in self._open and times:
            self._pushed += 1
            heapq.heappush(self._due, (min(times), self._pushed, standing.id))

    # -- rows ------------------------------------------------------------------------------------

    def take(self, row: Mapping[str, Any]) -> None:
        """Take the next row of the ledger, of any kind."""
        kind, body = row["kind"], row["body"]
        if kind == "start" and "base_hz" in body:  # of the core: a station's hello is one as well
            if row["tick"] / body["base_hz"] + self.start_s < self.now_s:
                self.start_s = self.now_s
            self._base_hz = body["base_hz"]
        if self._base_hz is None:
            raise ValueError("no start row, so ticks have no length: state base_hz")
        at_s = self.start_s + row["tick"] / self._base_hz
        self.advance(at_s)
        self.seq = row["seq"]
        match kind:
            case "detection":
                self._detection(row, at_s)
            case "alarm":
                self._alarm_row(row, at_s)
            case "mode":
                self._mode_row(row)
            case "state":
                self._machine(str(body.get("machine", "")), str(body.get("state", RUNS)))
            case "handling":
                _handling.take(self, body)

    def _detection(self, row: Mapping[str, Any], at_s: float) -> None:
        body = row["body"]
        name, evidence = body["name"], body.get("evidence") or {}
        way = evidence.get("direction") or 0.0
        finding = Finding(
            event=name,
            at_s=at_s,
            onset_s=at_s - (evidence.get("age") or 0.0),
            direction=(way > 0.0) - (way < 0.0),
        )
        self._findings.note(finding)
        definition = self.definitions.get(name)
        if definition is None and body["priority"] == "alarm":
            definition = undescribed(name, row["station"])
        if definition is not None:
            self._raise(row["station"], "", definition, finding, "")
        elif body["priority"] == "advice":
            self._evidence(row["station"], finding)

    def _alarm_row(self, row: Mapping[str, Any], at_s: float) -> None:
        told = _core.told(row)
        if told is None:
            return
        finding = Finding(event=told.name, at_s=at_s, onset_s=at_s)
        self._findings.note(finding)
        definition = self.definitions.get(told.name) or undescribed(told.name, told.station)
        self._raise(told.station, told.of, definition, finding, told.says)

    def _mode_row(self, row: Mapping[str, Any]) -> None:
        told, body = _core.told(row), row["body"]
        if told is not None and told.ended:
            self._ended(told.name, told.of)
        elif (actuator := _core.freed(row)) is not None:
            for standing in list(self._open.values()):
                if standing.definition.latched and standing.definition.name.startswith("gate."):
                    self._ended(standing.definition.name, actuator)
        elif body.get("do") == "reset" and body.get("operator"):
            for standing in list(self._open.values()):
                if standing.definition.name.startswith("gate."):
                    before = standing.state
                    standing.acked, standing.acked_by = True, body["operator"]
                    standing.unlatched = True
                    self.settle(standing, before, "reset", body["operator"])

    def _ended(self, name: str, of: str) -> None:
        for standing in self._open.values():
            if any(m.name == name and m.of == of for m in standing.members.values()):
                standing.end(name, of, self.now_s)
                self.expect(standing)

    def _machine(self, machine: str, state: str) -> None:
        self._machines[machine] = state
        if state != RUNS:
            return
        for standing in list(self._open.values()):
            if standing.stopped == machine:
                before, standing.stopped = standing.state, ""
                if standing.active and standing.definition.latched:
                    self.tell(standing, before, f"{machine} runs again")
                else:
                    standing.active, standing.acked = False, True
                    self.settle(standing, before, f"{machine} runs again")

    # -- raising and grouping --------------------------------------------------------------------

    def _raise(
        self, station: str, of: str, definition: Definition, finding: Finding, says: str
    ) -> None:
        key = (definition.name, station)
        member = Gathered(
            name=definition.name,
            of=of,
            definition=definition,
            finding=finding,
            seq=self.seq,
            last_s=finding.at_s,
        )
        known = self._at.get(key)
        if known is not None:
            self._again(known, (*key, of), member)
            return
        best = self._findings.likely(finding, self.now_s)
        group = None if best is None else self._group(best, finding)
        if group is not None:
            self._again(group, (*key, of), member)
            return
        standing = self.open(definition, station)
        standing.says = says
        standing.gather((*key, of), member)
        self._explain(standing, best)
        self.tell(standing, State.NORMAL, "raised")
        self.expect(standing)

    def open(self, definition: Definition, station: str) -> Standing:
        """A new alarm, not told yet."""
        of = f"a{self.seq}"
        while of in self._open:
            of += "b"
        standing = Standing(
            id=of,
            definition=definition,
            station=station,
            raised_s=self.now_s,
            priority=definition.priority,
            last_s=self.now_s,
        )
        self._open[of] = standing
        self._at[standing.key] = standing
        return standing

    def _again(self, standing: Standing, key: tuple[str, str, str], member: Gathered) -> None:
        before = standing.state
        new = standing.gather(key, member)
        if member.definition is not None:
            self._at[key[0], key[1]] = standing
        if new or self.now_s - standing.ranked_s >= RERANK_S:
            self._review(standing)
        rose = standing.lift(member)
        if standing.flood and (flood := self._open.get(standing.flood)) is not None:
            of = (standing.definition.name, standing.station, standing.id)
            flood.gather(of, self._gathered(standing))
            self.expect(flood)
        if not standing.active:
            standing.active, standing.acked, standing.unlatched = True, False, False
            standing.acked_by, standing.raised_s = "", self.now_s
            self.tell(standing, before, "came back")
        elif rose and not standing.flood and (standing.acked or standing.priority == "high"):
            standing.acked, standing.acked_by = False, ""
            self.tell(standing, before, "more urgent")
        self.expect(standing)

    def _group(self, best: Ranked, finding: Finding) -> Standing | None:
        """The alarm whose cause also made `finding`."""
        signs = {sign.event for sign in best.cause.signs}
        for standing in reversed(list(self._open.values())):
            if not standing.may_show(signs):
                continue
            theirs = self._findings.likely(standing.focus(), self.now_s)
            if theirs is None or theirs.cause.name != best.cause.name:
                continue
            if any(shown.event == finding.event for shown in theirs.shown):
                return standing
        return None

    def _evidence(self, station: str, finding: Finding) -> None:
        """A detection that is no alarm may say more about the cause of one."""
        if not self._findings.claimed(finding.event):
            return
        best = self._findings.likely(finding, self.now_s)
        group = None if best is None else self._group(best, finding)
        if group is not None:
            group.gather((finding.event, station, ""), self._explaining(finding))
            self._review(group)

    def _explaining(self, finding: Finding) -> Gathered:
        return Gathered(
            name=finding.event,
            of="",
            definition=None,
            finding=finding,
            seq=self.seq,
            last_s=finding.at_s,
        )

    def _review(self, standing: Standing) -> None:
        """Weigh its cause anew; a better one replaces the headline, silently."""
        was = standing.definition.name
        if was == _core.FLOOD:
            return
        self._explain(standing, self._findings.likely(standing.focus(), self.now_s))
        if standing.definition.name != was:
            self._at[standing.key] = standing
            self.settle(standing, standing.state, f"{was} is explained by it")

    def _explain(self, standing: Standing, best: Ranked | None) -> None:
        standing.ranked_s = self.now_s
        if best is None:
            return
        standing.cause, standing.probability = best.cause, best.probability
        for shown in best.shown:
            if shown.event not in standing.events() and shown.event not in self.definitions:
                key = (shown.event, shown.event.partition(".")[0], "")
                standing.members[key] = self._explaining(shown)
        standing.head()
        self._merge(standing)

    def _merge(self, into: Standing) -> None:
        """Other alarms that the same cause explains become members."""
        assert into.cause is not None
        signs = {sign.event for sign in into.cause.signs}
        for other in list(self._open.values()):
            if other is into or not other.may_show(signs):
                continue
            theirs = self._findings.likely(other.focus(), self.now_s)
            if theirs is None or theirs.cause.name != into.cause.name:
                continue
            if not any(shown.event in into.events() for shown in theirs.shown):
                continue
            before = other.state
            for key, member in other.members.items():
                into.members.setdefault(key, member)
            into.last_s = max(into.last_s, other.last_s)
            into.lift(*other.members.values())
            into.head()
            del self._open[other.id]
            for at in [at for at, of in self._at.items() if of is other]:
                self._at[at] = into
            self.change(other, before, State.NORMAL, f"explained by {into.id}")

    # -- telling ---------------------------------------------------------------------------------

    def tell(self, standing: Standing, before: State, why: str) -> None:
        """Tell the operator, unless something stands against it."""
        if standing.shelf is None and standing.out is None:
            standing.stopped = next(
                (
                    machine
                    for machine in standing.definition.needs_running
                    if self._machines.get(machine, RUNS) != RUNS
                ),
                "",
            )
            if not standing.stopped and self._floods(standing):
                self._into_flood(standing)
        after = standing.state
        told = after is State.UNACKNOWLEDGED
        if told:
            self._told_s.append(self.now_s)
        if told or after is not before:
            self.change(standing, before, after, why, annunciated=told)

    def _floods(self, standing: Standing) -> bool:
        """Would telling it be too much? One place is kept for the flood itself."""
        while self._told_s and self._told_s[0] <= self.now_s - WINDOW_S:
            self._told_s.popleft()
        if standing.definition.name == _core.FLOOD:
            return False
        free = MOST_PER_WINDOW - 1 - (0 if standing.priority == "high" else FOR_HIGH)
        return len(self._told_s) >= free

    def _into_flood(self, standing: Standing) -> None:
        definition = self.definitions[_core.FLOOD]
        key = (definition.name, "line")
        flood = self._at.get(key)
        member = self._gathered(standing)
        entry = (standing.definition.name, standing.station, standing.id)
        if flood is None:
            flood = self.open(definition, "line")
            standing.flood = flood.id
            flood.gather(entry, member)
            self.tell(flood, State.NORMAL, "more alarms than a person can take in")
            self.expect(flood)
        else:
            standing.flood = flood.id
            self._again(flood, entry, member)

    def _gathered(self, standing: Standing) -> Gathered:
        return Gathered(
            name=standing.definition.name,
            of=standing.station,
            definition=None,
            finding=standing.focus(),
            seq=self.seq,
            last_s=self.now_s,
        )

    def _end_flood(self, flood: Standing) -> None:
        """What still holds of a flood is told now; the rest is over."""
        for standing in list(self._open.values()):
            if standing.flood != flood.id:
                continue
            before, standing.flood = standing.state, ""
            if standing.active and standing.definition.latched:
                self.tell(standing, before, "still there after the flood")
            else:
                standing.active, standing.acked, standing.unlatched = False, True, True
                self.settle(standing, before, "over with the flood")

    def settle(self, standing: Standing, before: State, why: str, by: str = "") -> None:
        """Note what it has come to; what is normal is let go."""
        after = standing.state
        if after is State.NORMAL:
            del self._open[standing.id]
            for key in standing.found_by():
                if self._at.get(key) is standing:
                    del self._at[key]
        self.change(standing, before, after, why, by=by)

    def change(
        self,
        standing: Standing,
        before: State,
        after: State,
        why: str,
        *,
        annunciated: bool = False,
        by: str = "",
    ) -> None:
        """Note a change."""
        self.events.append(
            Change(
                seq=self.seq,
                at_s=self.now_s,
                id=standing.id,
                name=standing.definition.name,
                station=standing.station,
                priority=standing.priority,
                before=before,
                after=after,
                annunciated=annunciated,
                why=why,
                by=by,
            )
        )
