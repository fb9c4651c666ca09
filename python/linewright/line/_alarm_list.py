"""The alarms of a line from its ledger: running, finished, or copied from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.alarms import AlarmBook, Definition, Kpi, declared, measure
from linewright.bus._peers import FACTS, read_facts
from linewright.cause import Cause, merged
from linewright.plugin import PluginError, SettingError, find, make_settings, names

KINDS = ["start", "detection", "alarm", "mode", "state", "handling"]
"""Rows that an alarm book reads."""
PAGE = 5000
_WRONG = (PluginError, SettingError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What the stations of a line say of alarms and causes."""

    definitions: tuple[Definition, ...]
    causes: tuple[Cause, ...]
    base_hz: float | None = None
    ledger: Path | None = None
    left_out: tuple[str, ...] = ()
    """Stations that could not be read, and why."""

    def book(self) -> AlarmBook:
        """An empty book for their rows."""
        return AlarmBook(self.definitions, self.causes, base_hz=self.base_hz)


def stated(run_dir: Path | None = None) -> Stated:
    """By the stations of a run directory, or by every installed one without."""
    facts = None if run_dir is None or not (run_dir / FACTS).is_file() else read_facts(run_dir)
    asked: dict[str, tuple[str, dict[str, object]]] = (
        {name: (name, {}) for name in names()}
        if facts is None
        else {name: (of.plugin, of.settings) for name, of in facts.stations.items()}
    )
    folder = Path(facts.folder) if facts is not None and facts.folder else None
    definitions: list[Definition] = []
    causes: list[Cause] = []
    left_out: list[str] = []
    for name, (plugin, settings) in asked.items():
        try:
            kind = find(plugin, folder)
            station = kind(make_settings(kind.Settings, settings))
            definitions += declared(name, kind.name or name, station.alarms)
            causes += station.causes
        except _WRONG as error:
            left_out.append(f"{name}: {error}")
    return Stated(
        definitions=tuple(definitions),
        causes=tuple(merged(causes)),
        base_hz=None if facts is None else float(facts.base_hz),
        ledger=Path(facts.ledger) if facts is not None and facts.ledger else None,
        left_out=tuple(left_out),
    )


def alarm_rows(ledger: Path, since: int = 0) -> Iterator[dict[str, Any]]:
    """Rows of a ledger that a book reads, after row `since`."""
    while rows := _core.ledger_rows(str(ledger), since=since, kinds=KINDS, limit=PAGE):
        yield from rows
        since = rows[-1]["seq"]


def read_book(ledger: Path, of: Stated) -> AlarmBook:
    """The book of a ledger as far as it is written."""
    book = of.book()
    for row in alarm_rows(ledger):
        book.take(row)
    return book


def alarm_kpi(ledger: Path, of: Stated, *, last_s: float | None = None) -> tuple[AlarmBook, Kpi]:
    """How good the alarms of a ledger are, from its first row to its newest, or of the last s.

    Raises `ValueError` for a ledger that lasts no time.
    """
    book = of.book()
    for row in _core.ledger_rows(str(ledger), limit=1):
        book.take(row)
    first_s = book.now_s  # old rows may be gone
    raw_s: list[float] = []
    for row in alarm_rows(ledger, book.seq):
        book.take(row)
        if row["kind"] == "alarm" or (
            row["kind"] == "detection"
            and (row["body"]["priority"] == "alarm" or row["body"]["name"] in book.definitions)
        ):
            raw_s.append(book.now_s)
    newest = _core.ledger_newest(str(ledger))
    for row in _core.ledger_rows(str(ledger), since=newest - 1, limit=1):
        book.take(row)
    respond_s = {name: d.respond_within_s for name, d in book.definitions.items()}
    from_s = first_s if last_s is None else max(first_s, book.now_s - last_s)
    kpi = measure(
        book.events,
        book.alarms(),
        from_s=from_s,
        until_s=book.now_s,
        raw_s=raw_s,
        respond_s=respond_s,
    )
    return book, kpi
