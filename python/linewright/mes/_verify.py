"""When an order's changeover is verified: by the machine states and units of the ledger alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linewright.mes._desk import book_of
from linewright.value.hours import read_ledger


def verified(ledger: Path, machine: str = "coater") -> list[dict[str, Any]]:
    """Bodies of the `order` rows that are due: of orders that were started and whose recipe has
    made three good units in a row since.

    Raises `linewright.LedgerError` when the ledger cannot be read.
    """
    started = book_of(ledger).in_state("started")
    if not started:
        return []
    changes = [c for c in read_ledger(ledger).changes if c.machine == machine and c.finished]
    due = []
    for order in started:
        made = [
            c
            for c in changes
            if c.to_recipe == order.recipe and (c.first_good_s or 0.0) >= order.since_s
        ]
        if made:
            first = made[0]
            body = {"order": order.number, "what": "verified", "recipe": order.recipe}
            due.append({**body, "machine": machine, "changeover": first.as_json()})
    return due
