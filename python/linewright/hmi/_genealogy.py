"""From a cell to the batch of slurry, as far as the line itself has said.

The way back is that of the `production` rows (`linewright.value.made_of`): tray, lot of welds, roll
with its metres, batch. To each unit come the rows in which its station spoke of it. A link that no
row tells is said to be unknown, and nothing is made up.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from linewright import _core
from linewright.hmi._corrections import open_ledger, rows_of
from linewright.hmi._digest import in_words

if TYPE_CHECKING:
    from linewright.hmi._follow import Follower
    from linewright.value.made_of import Kind, Link, Units

ASKED = re.compile(
    r"\s*(?:(cell|weld|lot|roll|tray|batch)\s*)?(\d{1,9})\s*", flags=re.IGNORECASE | re.ASCII
)
ROWS_MOST = 6
"""Rows told beside each unit."""
SPOKEN = {
    "cell": ("$.detail.cell",),
    "weld": ("$.detail.weld", "$.evidence.weld", "$.evidence.check_weld"),
    "tray": ("$.detail.tray", "$.evidence.tray"),
    "roll": ("$.detail.roll", "$.action.roll", "$.evidence.roll"),
    "batch": ("$.detail.batch", "$.evidence.batch"),
}
"""Where in a row's body a unit is named."""
STATION = {"cell": "formation", "weld": "welder", "tray": "formation", "batch": "slurry"}

Step = dict[str, Any]


def genealogy(line: Follower, asked: str | None) -> dict[str, Any]:
    """Steps back from a cell, weld, lot, tray, roll or batch; without one, examples of what can be
    asked for."""
    if not asked:
        return {"steps": [], "examples": _units(line).examples, "says": ""}
    found = ASKED.fullmatch(asked)
    if found is None:
        return {
            "steps": [],
            "examples": [],
            "says": "Ask for a number, or cell, weld, lot, roll, tray or batch and a number.",
        }
    kind: Kind = (found[1] or "cell").lower()  # type: ignore[assignment]  # as the pattern has it
    number = int(found[2])
    chain = _units(line).back(kind, number)
    steps = _spoken(line, kind, number) if kind == "cell" else []
    for link in chain.links:
        steps.append(_of_link(link))
        steps += _spoken(line, link.what, link.number, link.machine)
    if kind == "weld" and not chain.links:
        steps = [*_heard_weld(line, number), *_spoken(line, kind, number)]
    says = "".join(f"Not known: {text}. " for text in chain.unknown).strip()
    return {"of": f"{kind} {number}", "steps": steps, "examples": [], "says": says}


def _units(line: Follower) -> Units:
    from linewright.value.made_of import Units, read_units  # noqa: PLC0415 - a second to import

    if not line.where.ledger.exists():
        return Units([])
    try:
        return read_units(line.where.ledger)
    except (_core.LedgerError, ValueError):
        return Units([])


def _of_link(link: Link) -> Step:
    return _step(
        link.machine,
        link.what,
        link.number,
        link.at_s,
        says=link.says,
        from_m=link.from_m,
        to_m=link.to_m,
        values=[_value(name, value, unit) for name, value, unit in link.values],
        seq=link.seq,
    )


def _heard_weld(line: Follower, number: int) -> list[Step]:
    """A weld whose lot is not finished yet: when it was heard, and in which fixture."""
    with line.lock:
        rings = {
            name: line.rings[f"welder.{name}"].between(0.0, float("inf"))
            for name in ("weld", "weld_fixture")
            if f"welder.{name}" in line.rings
        }
    t, count = rings.get("weld", (np.empty(0), np.empty(0)))
    at = np.flatnonzero(count == number)
    if not len(at):
        return []
    time_s, values = float(t[at[0]]), []
    t, fixture = rings.get("weld_fixture", (np.empty(0), np.empty(0)))
    same = np.flatnonzero(t == time_s)
    if len(same):
        values.append(_value("fixture", float(fixture[same[0]]), "1"))
    return [_step("welder", "weld", number, time_s, values=values)]


def _spoken(line: Follower, kind: str, number: int, machine: str | None = None) -> list[Step]:
    """Rows of a station that name the unit."""
    if kind not in SPOKEN or not line.where.ledger.exists():
        return []
    station = machine or STATION[kind]
    named = " OR ".join(f"json_extract(body, '{path}') = ?" for path in SPOKEN[kind])
    where = (
        f"kind IN ('detection', 'decision', 'profile') AND station = ? AND ({named}) "
        "ORDER BY seq LIMIT ?"
    )
    with closing(open_ledger(line.where.ledger)) as ledger:
        rows = rows_of(ledger, where, (station, *[number] * len(SPOKEN[kind]), ROWS_MOST))
    with line.lock:
        hz = line.digest.base_hz
    return [
        _step(
            row["station"],
            kind,
            number,
            row["tick"] / hz,
            says=in_words(
                str(row["body"].get("decision") or row["body"].get("name") or row["kind"]),
                row["body"].get("detail") or {},
            ),
            seq=row["seq"],
        )
        for row in rows
    ]


def _step(station: str, what: str, number: int | str, time_s: float, **more: Any) -> Step:
    return {
        "station": station,
        "what": what,
        "id": number,
        "time_s": time_s,
        "says": "",
        "from_m": None,
        "to_m": None,
        "values": [],
        **more,
    }


def _value(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "lo": None, "hi": None}
