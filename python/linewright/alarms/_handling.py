"""What a person did with an alarm: rows of kind `handling`.

A row that does not say who, or shelves without a reason, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from linewright.alarms._alarm import State
from linewright.alarms._definition import Definition, undescribed
from linewright.alarms._limits import MOST_SHELVED_S
from linewright.alarms._standing import Shelf, Standing


class Book(Protocol):
    """What a person's row needs of the book in which the alarms stand."""

    now_s: float
    definitions: dict[str, Definition]

    def standing(self, of: str) -> Standing | None: ...
    def open(self, definition: Definition, station: str) -> Standing: ...
    def tell(self, standing: Standing, before: State, why: str) -> None: ...
    def settle(self, standing: Standing, before: State, why: str, by: str) -> None: ...
    def expect(self, standing: Standing) -> None: ...


DO = ("acknowledge", "shelve", "unshelve", "out_of_service", "in_service", "reset")
"""What a person can do."""


def refusal(body: Mapping[str, Any]) -> str:
    """Why a row changes nothing; empty when it may.

    >>> refusal({"alarm": "a7", "do": "shelve", "operator": "meier", "reason": "", "for_s": 600.0})
    'shelve needs a reason'
    """
    do = body.get("do")
    if do not in DO:
        return f"do must be one of {', '.join(DO)}, was {do!r}"
    if not body.get("alarm"):
        return "it names no alarm"
    if not str(body.get("operator") or "").strip():
        return "it does not say who"
    if do in ("shelve", "out_of_service") and not str(body.get("reason") or "").strip():
        return f"{do} needs a reason"
    for_s = body.get("for_s")
    if do == "shelve" and not (
        isinstance(for_s, (int, float)) and 0.0 < float(for_s) <= MOST_SHELVED_S
    ):
        return f"for_s must be above 0, at most {MOST_SHELVED_S:g}, was {for_s!r}"
    return ""


def take(book: Book, body: Mapping[str, Any]) -> None:
    """Do what the row says, when it may."""
    if refusal(body):
        return
    of, do, who = str(body["alarm"]), body["do"], str(body["operator"])
    reason = str(body.get("reason") or "")
    standing = book.standing(of)
    if standing is None:
        if do not in ("shelve", "out_of_service") or "." not in of:
            return
        standing = _idle(book, of)
    before = standing.state
    match do:
        case "acknowledge":
            if standing.acked:
                return
            standing.acked, standing.acked_by = True, who
            book.settle(standing, before, reason or do, who)
        case "shelve":
            until_s = book.now_s + float(body["for_s"])
            standing.shelf = Shelf(until_s=until_s, by=who, reason=reason)
            book.settle(standing, before, reason, who)
        case "unshelve":
            if standing.shelf is not None:
                unshelve(book, standing, reason or do, who)
        case "out_of_service":
            standing.out = (who, reason)
            book.settle(standing, before, reason, who)
        case "in_service":
            if standing.out is not None:
                standing.out = None
                _back(book, standing, before, reason or do, who)
        case "reset":
            standing.active, standing.acked, standing.acked_by = False, True, who
            standing.unlatched = True
            book.settle(standing, before, reason or do, who)
    book.expect(standing)


def unshelve(book: Book, standing: Standing, why: str, by: str) -> None:
    """Take it off the shelf."""
    before, standing.shelf = standing.state, None
    _back(book, standing, before, why, by)


def _back(book: Book, standing: Standing, before: State, why: str, by: str) -> None:
    """What still holds is told again; what has gone back meanwhile is over."""
    if standing.active and standing.out is None and standing.shelf is None:
        standing.acked, standing.acked_by = False, ""
        if not by:  # a person who puts it back need not be told
            book.tell(standing, before, why)
            return
    standing.acked = standing.acked or not standing.active
    book.settle(standing, before, why, by)


def _idle(book: Book, name: str) -> Standing:
    """Put aside before it ever came."""
    station = name.partition(".")[0]
    definition = book.definitions.get(name) or undescribed(name, station)
    standing = book.open(definition, station)
    standing.active, standing.acked, standing.unlatched = False, True, True
    return standing
