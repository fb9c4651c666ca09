"""Recipe orders by their numbers, as the ledger's `order` rows have them: pure.

    received -> started -> verified
       |           |
       +-> rejected, cancelled <-+

A number stands for one order for ever: the same one again changes nothing, another recipe under it
is a conflict. A row that cannot follow the order's state is kept out and told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

What = Literal["received", "started", "verified", "rejected", "cancelled"]
FOLLOWS: Mapping[str, frozenset[str]] = {
    "received": frozenset({"started", "rejected", "cancelled"}),
    "started": frozenset({"verified", "rejected", "cancelled"}),
    "verified": frozenset(),
    "rejected": frozenset(),
    "cancelled": frozenset(),
}
MOST_NUMBER = 64
LEAD_M = 30.0
"""From the metre at the die to the first of a plan."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order."""

    number: str
    recipe: str
    """Name of the recipe."""
    toml: str
    """Text of its file."""
    state: str = "received"
    reason: str = ""
    rows: tuple[int, ...] = ()
    """Ledger rows that made it what it is."""
    since_s: float = 0.0
    """Line time of the last of them."""


@dataclass
class Book:
    """All orders of a ledger, in the order they came.

    >>> book = Book()
    >>> for seq, what in enumerate(("received", "received", "started", "received")):
    ...     body = {"order": "4711", "what": what, "recipe": "B", "toml": "..."}
    ...     book.take({"seq": seq, "tick": 30 * seq, "body": body}, base_hz=30.0)
    >>> book.orders["4711"].state, book.strange
    ('started', [])
    """

    orders: dict[str, Order] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    """Rows that were kept out, and why."""

    def take(self, row: Mapping[str, Any], *, base_hz: float) -> None:
        """An `order` row."""
        body, seq = row["body"], int(row["seq"])
        number, what = body.get("order"), body.get("what")
        if not isinstance(number, str) or what not in FOLLOWS:
            self.strange.append(f"row {seq}: no order and what became of it")
            return
        known, at_s = self.orders.get(number), row["tick"] / base_hz
        if known is None:
            if what != "received":
                self.strange.append(f"row {seq}: {number} was never received")
                return
            recipe, toml = str(body.get("recipe", "")), str(body.get("toml", ""))
            self.orders[number] = Order(
                number=number, recipe=recipe, toml=toml, rows=(seq,), since_s=at_s
            )
        elif what == "received":
            if body.get("toml") != known.toml:
                self.strange.append(f"row {seq}: {number} is an order for {known.recipe} already")
        elif what in FOLLOWS[known.state]:
            reason = str(body.get("reason", ""))
            rows = (*known.rows, seq)
            self.orders[number] = replace(known, state=what, reason=reason, rows=rows, since_s=at_s)
        elif what != known.state:
            self.strange.append(f"row {seq}: {number} cannot be {what}, it is {known.state}")

    def in_state(self, state: str) -> list[Order]:
        """Orders in a state, oldest first."""
        return [order for order in self.orders.values() if order.state == state]

    def told_before(self, number: str, toml: str) -> Literal["new", "known", "conflict"]:
        """Is an order that comes in a new one?"""
        order = self.orders.get(number)
        if order is None:
            return "new"
        return "known" if order.toml == toml else "conflict"


def read(rows: Iterable[Mapping[str, Any]], *, base_hz: float) -> Book:
    """The book that `order` rows make."""
    book = Book()
    for row in rows:
        book.take(row, base_hz=base_hz)
    return book


def checked_number(value: object) -> str:
    """An order's number: text of 1 to 64 printing characters without spaces.

    Raises `ValueError` for anything else.

    >>> checked_number("4711")
    '4711'
    """
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_NUMBER:
        raise ValueError(f"order must be a text of 1 to {MOST_NUMBER} characters")
    if not value.isprintable() or " " in value:
        raise ValueError("order must be of printing characters without spaces")
    return value


def due_m(stages: Iterable[Mapping[str, Any]], web_m: float, roll_m: float) -> float:
    """Web metre at which a change is to be given so that the weight goes over at the end of a roll.

    >>> due_m([{"move": "weight", "from_m": 500.0}], 3000.0, 2000.0)
    3470.0
    >>> due_m([{"move": "weight", "from_m": 500.0}], 3600.0, 2000.0)
    5470.0
    """
    if roll_m <= 0.0:
        return web_m
    weight = [float(stage["from_m"]) for stage in stages if stage.get("move") == "weight"]
    lead_m = LEAD_M + (weight[0] if weight else 0.0)
    return roll_m * math.ceil((web_m + lead_m) / roll_m) - lead_m
