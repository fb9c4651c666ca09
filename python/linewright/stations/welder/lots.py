"""Lots of welds, and which web their cells are made of: pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from linewright.stations.machine import Part

UNSEEN = "-"
"""A weld in a lot that was never told."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A weld, and what its cell is made of as far as the machine tells."""

    weld: int
    fixture: int
    at_s: float
    passed: bool
    rejected: bool
    """Its cell is taken out; one that neither passed nor is rejected waits for a person."""
    cell: int | None = None
    roll: int | None = None
    web_m: float = math.nan
    """Coating metre where the cell's web begins."""


@dataclass(frozen=True)
class Web:
    """Web of one roll, in consecutive cells."""

    roll: int
    first: int
    last: int
    """Cells."""
    from_m: float
    last_m: float
    """Where the web of the last cell begins."""

    def part(self, m_per_cell: float) -> Part:
        """As a unit that is in the lot."""
        cells, to_m = (self.first, self.last), self.last_m + m_per_cell
        return Part("calender", f"roll {self.roll}", self.from_m, to_m, cells)


@dataclass(frozen=True, kw_only=True)
class Lot:
    """Welds `size*(number - 1) + 1` to `size*number`, as far as they were seen.

    >>> lot = Lot(number=2, size=3)
    >>> for weld in (4, 5, 6):
    ...     lot = lot.put(Made(weld=weld, fixture=weld % 4, at_s=3.0 * weld, passed=weld != 5,
    ...                        rejected=weld == 5, cell=2 * weld, roll=7, web_m=3.0 * weld), 30.0)
    >>> lot.full, lot.passed, lot.rejected, lot.fixtures, lot.rate_per_min
    (True, 2, (5,), '012', 20.0)
    >>> lot.parts(1.5)
    [Part(machine='calender', unit='roll 7', from_m=12.0, to_m=19.5, cells=(8, 12))]
    """

    number: int
    size: int
    welds: tuple[int, ...] = ()
    fixtures: str = ""
    """Fixture of each weld from the first one seen, a hexadecimal digit each."""
    passed: int = 0
    rejected: tuple[int, ...] = ()
    cells: tuple[int, int] | None = None
    webs: tuple[Web, ...] = ()
    at_s: float = math.nan
    """When its last weld was made."""
    ran_s: float = 0.0
    """Time between its welds, without that in which no cell came."""
    gaps: int = 0
    """Times between welds that are in `ran_s`."""

    @property
    def full(self) -> bool:
        """Its last weld was seen."""
        return bool(self.welds) and self.welds[-1] >= self.size * self.number

    @property
    def rate_per_min(self) -> float:
        """Welds per minute while cells came; NaN when that is not known."""
        return 60.0 * self.gaps / self.ran_s if self.ran_s > 0.0 else math.nan

    def put(self, made: Made, idle_s: float) -> Lot:
        """The lot with one weld more; after more than `idle_s` without one no cell had come."""
        between_s = made.at_s - self.at_s
        runs = 0.0 < between_s <= idle_s
        missed = made.weld - self.welds[-1] - 1 if self.welds else 0
        cells, webs = self.cells, self.webs
        if made.cell is not None:
            cells = (cells[0] if cells else made.cell, made.cell)
            if made.roll is not None and math.isfinite(made.web_m):
                webs = _longer(webs, made.roll, made.cell, made.web_m)
        return replace(
            self,
            welds=(*self.welds[:1], made.weld),
            fixtures=self.fixtures + UNSEEN * missed + f"{made.fixture:x}",
            passed=self.passed + made.passed,
            rejected=(*self.rejected, made.weld) if made.rejected else self.rejected,
            cells=cells,
            webs=webs,
            at_s=made.at_s,
            ran_s=self.ran_s + (between_s if runs else 0.0),
            gaps=self.gaps + (1 + missed if runs else 0),
        )

    def parts(self, m_per_cell: float) -> list[Part]:
        """Rolls that are in it."""
        return [web.part(m_per_cell) for web in self.webs]

    def more(self) -> dict[str, Any]:
        """What a production row tells beside the usual."""
        told: dict[str, Any] = {"welds": list(self.welds), "fixtures": self.fixtures}
        if self.cells is not None:
            told["cells"] = list(self.cells)
        if self.rejected:
            told["rejected"] = list(self.rejected)
        return told


def _longer(webs: tuple[Web, ...], roll: int, cell: int, web_m: float) -> tuple[Web, ...]:
    if webs and webs[-1].roll == roll:
        return (*webs[:-1], replace(webs[-1], last=cell, last_m=web_m))
    return (*webs, Web(roll, cell, cell, web_m, web_m))


def number_of(weld: int, size: int) -> int:
    """Lot of a weld.

    >>> number_of(320, 320), number_of(321, 320)
    (1, 2)
    """
    return (weld - 1) // size + 1
