"""Events out of the ledger, by row: what was lost on the way is fetched from where it is kept."""

from __future__ import annotations

import math
from typing import Any

from linewright import _core
from linewright import messages as m
from linewright.topics import matches

SPAN_ROWS = 5000
"""Rows looked through for one page: some milliseconds at most."""
MAX_EVENTS = 200
MAX_BYTES = 48 * 1024
_EVENT_BYTES = 256
"""An event without its texts and numbers, about."""


def read_page(ledger: str, since: int, topics: tuple[str, ...]) -> m.Page:
    """Events of the rows after `since`, as many as a page holds; beyond the end: none.

    Raises
    ------
    LedgerError
        When the ledger cannot be read.
    """
    newest = _core.ledger_newest(ledger)
    if since >= newest:
        return m.Page([], newest, newest)
    until = min(newest, since + SPAN_ROWS)
    rows = _core.ledger_rows(
        ledger, since=since, kinds=["detection"], limit=MAX_EVENTS + 1, until=until
    )
    events: list[m.Event] = []
    size = 0
    for row in rows:
        event = _event(row)
        if event is None or not matches(event.name, topics):
            continue
        size += _EVENT_BYTES + sum(len(name) + 9 for name in event.evidence)
        if len(events) == MAX_EVENTS or (events and size > MAX_BYTES):
            return m.Page(events, row["seq"] - 1, newest)
        events.append(event)
    looked = rows[-1]["seq"] if len(rows) > MAX_EVENTS else until
    return m.Page(events, looked, newest)


def _event(row: dict[str, Any]) -> m.Event | None:
    """The event of a row; nothing when its body is not one's (a ledger of another time)."""
    try:
        body = row["body"]
        return m.Event(
            name=body["name"],
            station=row["station"],
            tick=row["tick"],
            evidence={k: math.nan if v is None else float(v) for k, v in body["evidence"].items()},
            rule=body["rule"],
            decision=body["decision"],
            priority=body["priority"],
            id=row["seq"],
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
