"""Ledger rows as the core writes them, for books made by hand."""

from __future__ import annotations

from typing import Any

from linewright.alarms import AlarmBook, Definition
from linewright.cause import Cause

HZ = 10


def described(name: str, **over: Any) -> Definition:
    return Definition(
        **{
            "name": name,
            "cause": "a lump in the feed",
            "consequence": "the mill stops",
            "action": "clear the feed",
            "respond_within_s": 300.0,
            "priority": "low",
            **over,
        }
    )


class Line:
    """Feeds a book row by row; times in s."""

    def __init__(self, *definitions: Definition, causes: tuple[Cause, ...] = ()) -> None:
        self.book = AlarmBook(definitions, causes)
        self.rows: list[dict[str, Any]] = []
        self.row(0.0, "start", "", {"base_hz": HZ})

    def row(self, at_s: float, kind: str, station: str, body: dict[str, Any]) -> None:
        self.rows.append(
            {
                "seq": len(self.rows) + 1,
                "tick": round(at_s * HZ),
                "mono_ns": round(at_s * 1e9),
                "kind": kind,
                "station": station,
                "body": body,
            }
        )
        self.book.take(self.rows[-1])

    def detect(self, at_s: float, name: str, priority: str = "alarm", age_s: float = 0.0) -> None:
        body = {"name": name, "priority": priority, "evidence": {"age": age_s}}
        self.row(at_s, "detection", name.partition(".")[0], body)

    def handle(self, at_s: float, alarm: str, do: str, **over: Any) -> None:
        body = {"alarm": alarm, "do": do, "operator": "meier", "reason": "", **over}
        self.row(at_s, "handling", "", body)

    def told(self) -> list[str]:
        """Names of what was annunciated, in order."""
        return [c.name for c in self.book.events if c.annunciated]

    def states(self) -> dict[str, str]:
        return {a.name: str(a.state) for a in self.book.alarms()}
