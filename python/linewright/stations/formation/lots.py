"""What cells are made of, as welder and coater tell it: pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from linewright.stations.machine import Part

LOTS_KEPT = 1000
"""Lots of the welder that are remembered: twelve days of 320 welds each."""


@dataclass(frozen=True, kw_only=True)
class Lot:
    """A lot of the welder."""

    number: int
    first: int
    last: int
    """Cells."""
    every: int
    """So many cells from one weld of the welder to its next; those between are others'."""
    fixtures: str = ""
    recipe: str = ""
    webs: tuple[tuple[int, int, int], ...] = ()
    """Roll, first and last cell."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that was told.

    >>> body = {"lot": 1, "recipe": "A", "welds": [1, 3], "fixtures": "012", "cells": [0, 4],
    ...         "webs": [[7, 0, 4]]}
    >>> known = Known().with_lot(body).with_roll({"roll": 7, "batches": [[3, 2000.0]]})
    >>> known.of(2), known.of(3), known.of(9)
    ({'coater_roll': 7, 'slurry_batch': 3, 'welder_fixture': 1}, \
{'coater_roll': 7, 'slurry_batch': 3}, {})
    """

    lots: tuple[Lot, ...] = ()
    """By their first cell."""
    batches: Mapping[int, int] = field(default_factory=dict)
    """Batch that most of a roll is coated with."""

    def with_lot(self, body: Mapping[str, Any]) -> Known:
        """What the welder tells of a finished lot."""
        (first, last), welds = body["cells"], body["welds"]
        lot = Lot(
            number=int(body["lot"]),
            first=int(first),
            last=int(last),
            every=max(1, round((last - first) / max(1, welds[-1] - welds[0]))),
            fixtures=str(body["fixtures"]),
            recipe=str(body["recipe"]),
            webs=tuple((int(roll), int(a), int(b)) for roll, a, b in body["webs"]),
        )
        lots = sorted((*self.lots, lot), key=lambda one: one.first)
        return replace(self, lots=tuple(lots[-LOTS_KEPT:]))

    def with_roll(self, body: Mapping[str, Any]) -> Known:
        """What the coater tells of a finished roll."""
        if not body["batches"]:
            return self
        most = max(body["batches"], key=lambda one: float(one[1]))
        batches = {**self.batches, int(body["roll"]): int(most[0])}
        return replace(self, batches=dict(sorted(batches.items())[-LOTS_KEPT:]))

    def lot_of(self, cell: int) -> Lot | None:
        """The welder's lot that a cell was in the row of; none that is known."""
        at = bisect_right(self.lots, cell, key=lambda one: one.first) - 1
        return self.lots[at] if at >= 0 and cell <= self.lots[at].last else None

    def of(self, cell: int) -> dict[str, int]:
        """Lots of one cell, as far as they are known."""
        lot = self.lot_of(cell)
        if lot is None:
            return {}
        found: dict[str, int] = {}
        roll = next((roll for roll, a, b in lot.webs if a <= cell <= b), None)
        if roll is not None:
            found["coater_roll"] = roll
            if roll in self.batches:
                found["slurry_batch"] = self.batches[roll]
        at, between = divmod(cell - lot.first, lot.every)
        if not between and lot.fixtures[at : at + 1] not in ("", "-"):
            found["welder_fixture"] = int(lot.fixtures[at], 16)
        return found

    def parts(self, first: int, last: int) -> list[Part]:
        """Lots of the welder among the cells from first to last."""
        return [
            Part("welder", f"lot {lot.number}", cells=(max(first, lot.first), min(last, lot.last)))
            for lot in self.lots
            if lot.first <= last and lot.last >= first
        ]
