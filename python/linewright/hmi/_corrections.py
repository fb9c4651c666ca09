"""What did the model correct? A decision with what it was because of, what it asked for, what the
gate wrote and what was read back.

The rows are joined by what they state themselves: `because` names the rows of the evidence; the
commands of a decision are those that its station numbered right before it, in the same tick; what
a mailbox moves is read off the plan; and a read-back carries the id of its write.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from linewright.hmi._digest import in_words

LIMIT_MOST = 200
LOOKED_AT = 2000
"""Decisions looked at for one page."""
NEAR = 400
"""Rows of one tick lie no further apart."""
WRITES_MOST = 6
WRITE_WITHIN_S = 60.0
WRITE_ROWS = 20_000

Row = dict[str, Any]


def open_ledger(path: Path) -> sqlite3.Connection:
    """The file, read-only; serves beside a running core."""
    return sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True, timeout=1.0)


def moves(plan: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Actuators that each mailbox and parameter reaches within its loop, by the plan's edges.

    >>> moves({"loops": [{"ops": [{"op": "mailbox", "name": "a.x", "out": ["0"]},
    ...     {"op": "gain", "x": "0", "out": ["1"]}, {"op": "output", "actuator": "a.m",
    ...      "value": "1"}]}]})
    {'a.x': ['a.m']}
    """
    found: dict[str, list[str]] = {}
    for loop in (plan or {}).get("loops", ()):
        reached: dict[str, set[str]] = {}
        for op in loop["ops"]:
            sources: set[str] = set()
            for slot in _slots(op):
                sources |= reached.get(slot, set())
            if op["op"] in ("mailbox", "param", "profile") and "name" in op:
                sources = sources | {op["name"]}
            for slot in op.get("out", ()):
                reached[slot] = sources
            if op["op"] == "output":
                for name in sorted(sources):
                    found.setdefault(name, []).append(op["actuator"])
    return found


def _slots(op: Mapping[str, Any]) -> Iterable[str]:
    for key, value in op.items():
        if key in ("out", "op", "at", "name"):
            continue
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | dict):
            yield from (
                v
                for v in (value.values() if isinstance(value, dict) else value)
                if isinstance(v, str)
            )


class Corrections:
    """Pages of corrections of one ledger.

    Parameters
    ----------
    path:
        The ledger.
    plan, actuators:
        As the core was started with them; without a plan no writes are joined.
    """

    def __init__(
        self,
        path: Path,
        plan: Mapping[str, Any] | None,
        actuators: Mapping[str, Any] | None,
    ) -> None:
        self._path = path
        self._moves = moves(plan)
        self._actuators = actuators or {}

    def page(self, before: int | None, limit: int, base_hz: float) -> dict[str, Any]:
        """Newest first: `items` before a row, and `next` to ask for the page after it."""
        items: list[Row] = []
        if not self._path.exists():
            return {"items": items, "next": None}
        with closing(open_ledger(self._path)) as ledger:
            last = None
            for decision in self._decisions(ledger, before):
                last = decision["seq"]
                if (item := self._item(ledger, decision, base_hz)) is not None:
                    items.append(item)
                    if len(items) == limit:
                        break
            else:
                seen = 0 if last is None else last
                more = self._decisions(ledger, seen, 1) if seen else []
                return {"items": items, "next": last if more else None}
        return {"items": items, "next": last}

    def _decisions(
        self, ledger: sqlite3.Connection, before: int | None, most: int = LOOKED_AT
    ) -> list[Row]:
        return rows_of(
            ledger,
            "kind = 'decision' AND seq < ? ORDER BY seq DESC LIMIT ?",
            (before or 1 << 62, most),
        )

    def _item(self, ledger: sqlite3.Connection, decision: Row, base_hz: float) -> Row | None:
        """One correction; nothing for a decision that rests on no evidence and moves nothing."""
        body = decision["body"]
        evidence = self._evidence(ledger, body.get("because") or (), base_hz)
        commands = self._commands(ledger, decision)
        if not evidence and not any(self._acts(command) for command in commands):
            return None
        writes, read_backs = self._writes(ledger, commands, base_hz)
        detail = body.get("detail") or {}
        rest = {name: value for name, value in detail.items() if name != "because"}
        return {
            "seq": decision["seq"],
            "time_s": decision["tick"] / base_hz,
            "station": decision["station"],
            "evidence": evidence,
            "decision": {
                "says": in_words(str(body.get("decision", "")), rest),
                "because": detail.get("because"),
            },
            "commands": [_said(row) for row in commands],
            "writes": writes,
            "read_backs": read_backs,
        }

    def _evidence(
        self, ledger: sqlite3.Connection, because: Iterable[int], base_hz: float
    ) -> list[Row]:
        found = []
        for seq in list(because)[:10]:
            for row in rows_of(ledger, "seq = ?", (int(seq),)):
                age_s = (row["body"].get("evidence") or {}).get("age") or 0.0
                found.append(
                    {
                        "seq": row["seq"],
                        "says": str(row["body"].get("name", row["kind"])),
                        "onset_s": row["tick"] / base_hz - age_s,
                    }
                )
        return found

    def _commands(self, ledger: sqlite3.Connection, decision: Row) -> list[Row]:
        """Commands that the station numbered between its decision before and this one."""
        seq = decision["seq"]
        near = rows_of(
            ledger,
            "seq BETWEEN ? AND ? AND station = ? AND tick = ? "
            "AND kind IN ('command', 'params', 'profile', 'decision')",
            (seq - NEAR, seq + NEAR, decision["station"], decision["tick"]),
        )
        near = [row for row in near if isinstance(row["body"].get("id"), dict)]
        near.sort(key=lambda row: (row["body"]["id"]["epoch"], row["body"]["id"]["seq"]))
        gathered: list[Row] = []
        mine: list[Row] | None = None
        for row in near:
            if row["kind"] != "decision":
                gathered.append(row)
                continue
            if row["seq"] == seq:
                mine = gathered
            elif mine is not None:
                return mine
            gathered = []
        return mine or gathered if mine is not None else []

    def _writes(
        self, ledger: sqlite3.Connection, commands: list[Row], base_hz: float
    ) -> tuple[list[Row], list[Row]]:
        writes: list[Row] = []
        read_backs: list[Row] = []
        seen: set[str] = set()
        for command in commands:
            for actuator in self._reached(command):
                if actuator in seen or len(seen) >= WRITES_MOST:
                    continue
                seen.add(actuator)
                intent = _first(
                    ledger,
                    "seq > ? AND seq <= ? AND tick <= ? AND kind = 'intent' "
                    "AND json_extract(body, '$.actuator') = ? ORDER BY seq LIMIT 1",
                    (
                        command["seq"],
                        command["seq"] + WRITE_ROWS,
                        command["tick"] + WRITE_WITHIN_S * base_hz,
                        actuator,
                    ),
                )
                if intent is None:
                    continue
                writes.append(self._write(intent, base_hz))
                result = _first(
                    ledger,
                    "seq > ? AND seq <= ? AND kind IN ('result', 'readback') "
                    "AND json_extract(body, '$.id') = ? ORDER BY seq LIMIT 1",
                    (intent["seq"], intent["seq"] + NEAR * 5, intent["body"]["id"]),
                )
                if result is not None:
                    read_backs.append(self._read_back(result))
        return writes, read_backs

    def _acts(self, command: Row) -> bool:
        """Does it reach an actuator, as far as the plan is known?"""
        return not self._moves or command["kind"] != "command" or bool(self._reached(command))

    def _reached(self, command: Row) -> list[str]:
        action = command["body"].get("action") or {}
        names = [action.get("mailbox"), action.get("profile"), *(action.get("values") or {})]
        return [a for name in names if isinstance(name, str) for a in self._moves.get(name, ())]

    def _unit(self, actuator: str) -> str:
        return str((self._actuators.get(actuator) or {}).get("unit", ""))

    def _write(self, row: Row, base_hz: float) -> Row:
        body = row["body"]
        return {
            "seq": row["seq"],
            "time_s": row["tick"] / base_hz,
            "actuator": body["actuator"],
            "before": body.get("before"),
            "value": body.get("value"),
            "unit": self._unit(body["actuator"]),
            "limited": bool(
                body.get("limited") or body.get("rate_limited") or body.get("budget_limited")
            ),
            "advisory": bool(body.get("advisory")),
        }

    def _read_back(self, row: Row) -> Row:
        body = row["body"]
        return {
            "seq": row["seq"],
            "actuator": body["actuator"],
            "value": body.get("read_back"),
            "unit": self._unit(body["actuator"]),
            "confirmed": bool(body.get("confirmed")),
        }


def _said(row: Row) -> Row:
    body = row["body"]
    action = dict(body.get("action") or {})
    do = action.pop("do", row["kind"])
    match do:
        case "set":
            unit = "" if action.get("unit") == "1" else f" {action.get('unit')}"
            says = f"set {action.get('mailbox')} to {action.get('value'):.4g}{unit}"
        case "profile":
            says = f"hand over {action.get('profile')} of roll {action.get('roll')}"
        case "params":
            values = action.get("values") or {}
            says = in_words("tune", {k: float(v) for k, v in values.items()})
        case _:
            says = in_words(str(do), action)
    return {
        "seq": row["seq"],
        "says": says,
        "status": body.get("status", ""),
        "reason": body.get("reason") or "",
    }


def rows_of(ledger: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[Row]:
    text = f"SELECT seq, tick, kind, station, body FROM ledger WHERE {where}"
    names = ("seq", "tick", "kind", "station")
    return [
        dict(zip(names, row, strict=False)) | {"body": _body(row[4])}
        for row in ledger.execute(text, values)
    ]


def _first(ledger: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> Row | None:
    return next(iter(rows_of(ledger, where, values)), None)


def _body(text: str) -> Row:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
