"""What a unit is made of, from the `production` rows of a ledger alone: cell, tray, lot of welds,
roll with its metres of web, batch of slurry.

A row tells which units of other machines are in its own (`from`), which cells and welds it covers,
and of a roll which coating metres it has. A link that no row tells is not known: it ends the chain
with a word why, and nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from linewright import _core

Kind = Literal["cell", "weld", "lot", "tray", "roll", "batch"]
KINDS: tuple[Kind, ...] = ("cell", "weld", "lot", "tray", "roll", "batch")
MACHINES: Mapping[str, str] = {
    "tray": "formation",
    "lot": "welder",
    "roll": "calender",
    "batch": "slurry",
}
"""Machine that finishes a unit of a kind; rolls are finished by coater and calender."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Link:
    """One unit on the way back."""

    machine: str
    what: str
    """`tray`, `weld`, `lot`, `roll` or `batch`."""
    number: int
    at_s: float
    """When it was finished, line time."""
    seq: int
    """Row of the ledger."""
    says: str
    good: bool
    recipe: str
    from_m: float | None = None
    to_m: float | None = None
    """Coating metres."""
    values: tuple[tuple[str, float, str], ...] = ()
    """Name, value and unit."""


@dataclass
class Chain:
    """The way back from one unit."""

    links: list[Link] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """What no row tells."""

    def as_json(self) -> dict[str, Any]:
        """All of it; what is not known is null."""
        return {
            "links": [
                {
                    "machine": one.machine,
                    "what": one.what,
                    "number": one.number,
                    "at_s": one.at_s,
                    "seq": one.seq,
                    "says": one.says,
                    "good": one.good,
                    "recipe": one.recipe,
                    "from_m": one.from_m,
                    "to_m": one.to_m,
                    "values": [{"name": n, "value": v, "unit": u} for n, v, u in one.values],
                }
                for one in self.links
            ],
            "unknown": self.unknown,
        }


class Units:
    """All finished units of one run.

    >>> def row(seq, machine, unit, **more):
    ...     body = {"machine": machine, "unit": unit, "recipe": "A", "good": True, "at_s": 60.0}
    ...     return {"seq": seq, "body": body | more}
    >>> part = {"machine": "calender", "unit": "roll 2", "from_m": 10.0, "to_m": 16.0,
    ...         "cells": [4, 7]}
    >>> units = Units([
    ...     row(1, "slurry", "batch 1"),
    ...     row(2, "coater", "roll 2", metres=[0.0, 2000.0],
    ...         **{"from": [{"machine": "slurry", "unit": "batch 1", "from_m": 0, "to_m": 2000}]}),
    ...     row(3, "calender", "roll 2", **{"from": [{"machine": "coater", "unit": "roll 2"}]}),
    ...     row(4, "welder", "lot 1", welds=[3, 4], fixtures="20", cells=[4, 6],
    ...         **{"from": [part]}),
    ... ])
    >>> chain = units.back("cell", 6)
    >>> [(one.machine, one.what, one.number, one.from_m, one.to_m) for one in chain.links]
    [('welder', 'weld', 4, None, None), ('calender', 'roll', 2, 13.0, 14.5), \
('coater', 'roll', 2, 13.0, 14.5), ('slurry', 'batch', 1, 13.0, 14.5)]
    >>> chain.unknown
    ['no tray with cell 6 is through formation']
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[str, dict[int, Row]] = {}
        self.examples: list[str] = []
        self.unreadable = 0
        """Rows that are no finished unit: of these nothing is taken."""
        for row in rows:
            body = _clean(row["body"])
            number = None if body is None else _number(body["unit"])
            if body is None or number is None:
                self.unreadable += 1
                continue
            told = {"seq": row.get("seq", 0), "body": body}
            self._rows.setdefault(body["machine"], {})[number] = told
        if lots := self._of("welder"):
            last = lots[max(lots)]["body"].get("cells")
            self.examples += [f"cell {last[1]}"] if last else []
        for kind in ("tray", "roll", "batch"):
            if units := self._of(MACHINES[kind]):
                self.examples.append(f"{kind} {max(units)}")

    def back(self, kind: Kind, number: int) -> Chain:
        """The way back from a unit."""
        chain = Chain()
        match kind:
            case "cell":
                self._tray_of(number, chain)
                self._cell(number, chain)
            case "weld":
                self._weld(number, chain)
            case "lot":
                self._lot(number, chain)
            case "tray":
                self._tray(number, chain)
            case "roll":
                self._roll(number, None, chain)
            case "batch":
                self._batch(number, None, chain)
        return chain

    def _of(self, machine: str) -> dict[int, Row]:
        return self._rows.get(machine, {})

    def _tray_of(self, cell: int, chain: Chain) -> None:
        row = self._covers("formation", "cells", cell)
        if row is None:
            chain.unknown.append(f"no tray with cell {cell} is through formation")
        else:
            chain.links.append(_link(row, "tray"))

    def _tray(self, number: int, chain: Chain) -> None:
        row = self._of("formation").get(number)
        if row is None:
            chain.unknown.append(f"tray {number} is not through formation")
            return
        chain.links.append(_link(row, "tray"))
        told = [part for part in _parts(row) if part.get("machine") == "welder"]
        if not told:
            chain.unknown.append(f"which lots of welds are in tray {number} no row tells")
        for part in told:
            self._lot(_number(part["unit"]) or 0, chain, part.get("cells"))

    def _cell(self, cell: int, chain: Chain) -> None:
        lot = self._covers("welder", "cells", cell)
        if lot is None:
            chain.unknown.append(f"no lot of welds with cell {cell} is told")
            return
        chain.links.append(_weld_link(lot, cell, chain))
        self._webs(lot, (cell, cell), chain)

    def _weld(self, weld: int, chain: Chain) -> None:
        lot = self._covers("welder", "welds", weld)
        if lot is None:
            chain.unknown.append(f"no lot with weld {weld} is finished")
            return
        body = lot["body"]
        if "cells" not in body:
            chain.links.append(_link(lot, "lot"))
            chain.unknown.append(f"which cell weld {weld} was of no row tells")
            return
        self._cell(body["cells"][0] + (weld - body["welds"][0]) * _every(body), chain)

    def _lot(self, number: int, chain: Chain, cells: Sequence[int] | None = None) -> None:
        row = self._of("welder").get(number)
        if row is None:
            chain.unknown.append(f"lot {number} of the welder is not told")
            return
        chain.links.append(_link(row, "lot"))
        covered = cells or row["body"].get("cells")
        if covered is None:
            chain.unknown.append(f"which cells lot {number} has no row tells")
        else:
            self._webs(row, (covered[0], covered[1]), chain)

    def _webs(self, lot: Row, cells: tuple[int, int], chain: Chain) -> None:
        """Rolls of some cells of a lot, each with the metres that are theirs."""
        first, last = cells
        known = 0
        for part in _parts(lot):
            a, b = part.get("cells") or (0, -1)
            lo, hi = max(a, first), min(b, last)
            if lo > hi or part.get("machine") != "calender" or "from_m" not in part:
                continue
            known += hi - lo + 1
            m_per_cell = (part["to_m"] - part["from_m"]) / (b - a + 1)
            from_m = part["from_m"] + (lo - a) * m_per_cell
            stretch = (from_m, from_m + (hi - lo + 1) * m_per_cell)
            self._roll(_signed(part["unit"]), stretch, chain)
        if not known:
            chain.unknown.append("which roll its web is from the machine did not tell")

    def _roll(self, number: int, metres: tuple[float, float] | None, chain: Chain) -> None:
        pressed, coated = self._of("calender").get(number), self._of("coater").get(number)
        if pressed is not None:
            chain.links.append(_link(pressed, "roll", metres))
        else:
            at = "" if metres is None else f", web from {metres[0]:.1f} to {metres[1]:.1f} m"
            before = "was pressed before this record" if number < 1 else "is not told as pressed"
            chain.unknown.append(f"roll {number}{at}: it {before}")
        if coated is None:
            if number > 0:
                chain.unknown.append(f"roll {number} is not told as coated")
            return
        chain.links.append(_link(coated, "roll", metres or _span(coated["body"].get("metres"))))
        batches = [p for p in _parts(coated) if p.get("machine") == "slurry" and "from_m" in p]
        lo_m, hi_m = metres or _span(coated["body"].get("metres")) or (-1e12, 1e12)
        for part in batches:
            stretch = (max(lo_m, part["from_m"]), min(hi_m, part["to_m"]))
            if stretch[0] < stretch[1]:
                self._batch(_number(part["unit"]) or 0, stretch, chain)
        if not batches:
            chain.unknown.append(f"which batch roll {number} was coated with no row tells")

    def _batch(self, number: int, metres: tuple[float, float] | None, chain: Chain) -> None:
        row = self._of("slurry").get(number)
        if row is not None:
            chain.links.append(_link(row, "batch", metres))
            return
        at = "" if metres is None else f", on the web from {metres[0]:.1f} to {metres[1]:.1f} m"
        chain.unknown.append(f"batch {number}{at}: it is not used up, or not of this record")

    def _covers(self, machine: str, what: str, number: int) -> Row | None:
        """The unit whose span of cells or welds has this number; cells between two welds of a lot
        and behind its last one belong to it."""
        for row in self._of(machine).values():
            body = row["body"]
            span = body.get(what)
            if not span:
                continue
            behind = _every(body) - 1 if what == "cells" else 0
            if span[0] <= number <= span[1] + behind:
                return row
        return None


def read_units(ledger: Path) -> Units:
    """The finished units of the newest run of a ledger.

    Raises `linewright.LedgerError` for a file that is no ledger.
    """
    starts = [r for r in _core.ledger_rows(str(ledger), kinds=["start"]) if not r["station"]]
    since = starts[-1]["seq"] if starts else 0
    return Units(_core.ledger_rows(str(ledger), kinds=["production"], since=since))


def _clean(body: Any) -> dict[str, Any] | None:
    """A row's body with what is read of it in its type; None for one that cannot be read.

    >>> _clean({"machine": "welder", "unit": "lot 1", "at_s": 9, "cells": [0, "x"]}) is None
    True
    """
    try:
        clean = {
            **body,
            "machine": str(body["machine"]),
            "unit": str(body["unit"]),
            "at_s": float(body["at_s"]),
            "amount_unit": str(body.get("amount_unit", "")),
        }
        for name, of in (("cells", int), ("welds", int), ("metres", float)):
            if name in body:
                first, last = body[name]
                clean[name] = (of(first), of(last))
        if "rejected" in body:
            clean["rejected"] = [int(weld) for weld in body["rejected"]]
        clean["from"] = [_clean_part(part) for part in body.get("from", ())]
        if "amount" in body:
            clean["amount"] = float(body["amount"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return clean


def _clean_part(part: Any) -> dict[str, Any]:
    clean: dict[str, Any] = {"machine": str(part["machine"]), "unit": str(part["unit"])}
    _signed(clean["unit"])
    if "from_m" in part:
        clean |= {"from_m": float(part["from_m"]), "to_m": float(part["to_m"])}
    if "cells" in part:
        first, last = part["cells"]
        clean["cells"] = (int(first), int(last))
    return clean


def _weld_link(lot: Row, cell: int, chain: Chain) -> Link:
    """The weld of a cell, or its lot when another station welded it."""
    body = lot["body"]
    at, between = divmod(cell - body["cells"][0], _every(body))
    if between:
        chain.unknown.append(f"cell {cell} was welded by another station, which tells nothing here")
        return _link(lot, "lot")
    weld = body["welds"][0] + at
    digit = str(body.get("fixtures", ""))[at : at + 1]
    values: tuple[tuple[str, float, str], ...] = ()
    if digit not in ("", "-"):
        values = (("fixture", float(int(digit, 16)), "1"),)
    says = f"in {body['unit']}: {body.get('why', '')}"
    if weld in (body.get("rejected") or ()):
        says = f"rejected, {says}"
    return Link(
        machine="welder",
        what="weld",
        number=weld,
        at_s=float(body["at_s"]),
        seq=int(lot.get("seq", 0)),
        says=says,
        good=weld not in (body.get("rejected") or ()),
        recipe=str(body.get("recipe", "")),
        values=values,
    )


def _link(row: Row, what: str, metres: tuple[float, float] | None = None) -> Link:
    body = row["body"]
    amount = body.get("amount")
    values = () if amount is None else (("amount", float(amount), str(body["amount_unit"])),)
    return Link(
        machine=str(body["machine"]),
        what=what,
        number=_signed(body["unit"]),
        at_s=float(body["at_s"]),
        seq=int(row.get("seq", 0)),
        says=f"{'good' if body.get('good') else 'not good'}: {body.get('why', '')}",
        good=bool(body.get("good")),
        recipe=str(body.get("recipe", "")),
        from_m=None if metres is None else round(metres[0], 2),
        to_m=None if metres is None else round(metres[1], 2),
        values=values,
    )


def _every(body: Row) -> int:
    """Cells from one weld of the welder to its next."""
    cells, welds = body.get("cells"), body.get("welds")
    if not cells or not welds or welds[1] <= welds[0]:
        return 1
    every: int = round((cells[1] - cells[0]) / (welds[1] - welds[0]))
    return max(1, every)


def _parts(row: Row) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = row["body"]["from"]
    return parts


def _span(metres: Any) -> tuple[float, float] | None:
    return (float(metres[0]), float(metres[1])) if metres else None


def _number(unit: Any) -> int | None:
    last = str(unit).rpartition(" ")[2]
    return int(last) if last.isdigit() else None


def _signed(unit: str) -> int:
    return int(unit.rpartition(" ")[2])
