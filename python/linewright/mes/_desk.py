"""Takes orders in, once each, and puts them into the ledger of a line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from linewright import _core
from linewright.mistakes import Mistakes
from linewright.recipes import recipe_of
from linewright.stations.mes.logic import Book, checked_number, read

MOST_BYTES = 64 * 1024
Put = Callable[[Mapping[str, Any]], str]
"""Puts an `order` row into the ledger; empty when it is there, else why it is not."""


class RefusedError(Exception):
    """An order that is not taken: `conflict` (another one has its number), `invalid`, or `away`
    (the line does not take it now; it may be sent again)."""

    def __init__(self, why: Literal["conflict", "invalid", "away"], says: str) -> None:
        super().__init__(says)
        self.why = why


def book_of(ledger: Path) -> Book:
    """All orders of a ledger.

    Raises `linewright.LedgerError` when it cannot be read.
    """
    rows = _core.ledger_rows(str(ledger), kinds=["start", "order"])
    base_hz = next((r["body"]["base_hz"] for r in rows if "base_hz" in r["body"]), 1.0)
    return read((row for row in rows if row["kind"] == "order"), base_hz=base_hz)


class Desk:
    """Orders of one line.

    Parameters
    ----------
    ledger:
        Its ledger, where orders are looked up by their number.
    put:
        Puts a row there.
    """

    def __init__(self, ledger: Path, put: Put) -> None:
        self.ledger, self._put = ledger, put
        self._lock = threading.Lock()
        self._sent: dict[str, str] = {}
        """Text by number of what was acknowledged and may not be in the file yet."""

    def book(self) -> Book:
        """All orders as the ledger has them."""
        return book_of(self.ledger)

    def take(self, number: object, toml: object, operator: str) -> bool:
        """Take an order; false when it was here already. The same one twice is one order.

        Raises
        ------
        RefusedError
            When it is not taken.
        """
        try:
            known = checked_number(number)
            if not isinstance(toml, str) or len(toml.encode()) > MOST_BYTES:
                raise ValueError(f"recipe must be the text of a file of at most {MOST_BYTES} bytes")
            recipe = recipe_of(toml, Path("recipe.toml"))
        except Mistakes as mistakes:
            raise RefusedError("invalid", f"not a recipe: {mistakes}") from mistakes
        except (ValueError, UnicodeError) as error:
            raise RefusedError("invalid", str(error)) from error
        with self._lock:
            told = self._told(known, toml)
            if told == "known":
                return False
            if told == "conflict":
                raise RefusedError("conflict", f"{known} is an order for another recipe already")
            body = {"order": known, "what": "received", "recipe": recipe.name}
            body |= {"toml": toml, "operator": operator}
            why = self._put(body)
            if why:
                raise RefusedError("away", why)
            self._sent[known] = toml
        return True

    def cancel(self, number: str, operator: str, reason: str) -> None:
        """Cancel an order that is not done.

        Raises
        ------
        RefusedError
            When there is none, or it is done.
        """
        order = self.book().orders.get(number)
        if order is None or order.state not in ("received", "started"):
            state = "unknown" if order is None else order.state
            raise RefusedError("conflict", f"{number} cannot be cancelled: it is {state}")
        body = {"order": number, "what": "cancelled", "recipe": order.recipe}
        why = self._put({**body, "operator": operator, "reason": reason})
        if why:
            raise RefusedError("away", why)

    def _told(self, number: str, toml: str) -> str:
        if number in self._sent:
            return "known" if self._sent[number] == toml else "conflict"
        try:
            return self.book().told_before(number, toml)
        except _core.LedgerError as error:
            raise RefusedError("away", f"the ledger cannot be read: {error}") from error
