"""The alarm list of the line that is followed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linewright.alarms import SOUNDING, AlarmBook, Change, Definition, State, declared
from linewright.cause import Cause
from linewright.hmi._where import Where
from linewright.plugin import PluginError, find, names

ACTIVE = (*SOUNDING, State.ACKNOWLEDGED, State.LATCHED)
"""States in which it counts on the overview."""
EVENTS_SHOWN = 200


def stated(where: Where) -> tuple[list[Definition], list[Cause]]:
    """Alarms and causes as the stations of the line state them; those of all installed stations
    when the line is not known."""
    definitions: list[Definition] = []
    causes: list[Cause] = []
    for name, plugin in plugins(where).items():
        try:
            station = find(plugin, folder(where))
            definitions += declared(name, station.name, station.alarms)
            causes += station.causes
        except (PluginError, ValueError):
            continue
    return definitions, causes


def plugins(where: Where) -> dict[str, str]:
    """Plugin by name of the station."""
    if where.facts is None:
        return {name: name for name in names()}
    return {name: entry.plugin for name, entry in where.facts.stations.items()}


def folder(where: Where) -> Path | None:
    """Where modules beside the line file are."""
    if where.facts is None or not where.facts.folder:
        return None
    return Path(where.facts.folder)


class AlarmList:
    """The book of a line, and what has changed since a row. Used under the lock of the follower."""

    def __init__(self, where: Where) -> None:
        self._stated = stated(where)
        self.clear()

    def clear(self) -> None:
        """Begin anew: it is another ledger."""
        self.book = AlarmBook(*self._stated)
        self._seqs: list[int] = []

    def take(self, row: Mapping[str, Any]) -> None:
        """The next row. One that comes before any start row tells no time, and is left out; so is
        the start of a station, which is none of the line."""
        if row["kind"] == "start" and row["station"]:
            return
        try:
            self.book.take(row)
        except ValueError:
            return
        self._note()

    def advance(self, time_s: float) -> None:
        """Line time has come to `time_s`, s since the newest start."""
        self.book.advance(self.book.start_s + time_s)
        self._note()

    def _note(self) -> None:
        events = self.book.events
        self._seqs += [change.seq for change in events[len(self._seqs) :]]

    def index(self, seq: int) -> int:
        """Place in the list of changes after those up to a row."""
        return bisect_right(self._seqs, seq)

    def changes(self, index: int, reach: int) -> list[Change]:
        """Changes from a place on that rows up to `reach` brought."""
        return self.book.events[index : bisect_right(self._seqs, reach)]

    def now(self, change: Change) -> dict[str, Any]:
        """The alarm of a change as it is now, and what the change was."""
        alarm = self.book.alarm(change.id)
        known = (
            {
                "id": change.id,
                "name": change.name,
                "station": change.station,
                "priority": change.priority,
                "state": str(State.NORMAL),
            }
            if alarm is None
            else alarm.as_json()
        )
        return known | {"change": change.as_json()}

    def active(self) -> Counter[str]:
        """How many stand, by station."""
        return Counter(alarm.station for alarm in self.book.alarms() if alarm.state in ACTIVE)

    def states(self) -> Counter[tuple[str, str]]:
        """How many there are by priority and state."""
        return Counter((alarm.priority, str(alarm.state)) for alarm in self.book.alarms())

    def document(self) -> dict[str, Any]:
        """All that is not normal, and the newest changes."""
        return {
            "seq": self.book.seq,
            "now_s": self.book.now_s,
            "alarms": [alarm.as_json() for alarm in self.book.alarms()],
            "events": [change.as_json() for change in self.book.events[: -EVENTS_SHOWN - 1 : -1]],
        }
