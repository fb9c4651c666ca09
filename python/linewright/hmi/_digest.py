"""What the rows of a ledger say of the line, row by row in their order.

The same rows give the same digest, whenever they are read: nothing here looks at a clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = (
    "start",
    "mode",
    "detection",
    "decision",
    "refused",
    "readback",
    "alarm",
    "params",
    "profile",
    "clock_step",
    "retention",
    "stop",
    "state",
    "production",
    "order",
    "handling",
    "note",
)
"""Kinds of rows that a page follows. What a loop moves in every cycle (`intent`, `result`), leases,
commands of stations and tallies are looked up when somebody asks."""
DOING_KEPT = 20


@dataclass
class Digest:
    """The line as its ledger tells it up to row `seq`."""

    seq: int = 0
    line: str = ""
    base_hz: float = 1.0
    simulated: bool | None = None
    starts: int = 0
    mode: str = "advisory"
    armed: bool = False
    armed_by: str = ""
    tripped: str = ""
    stopped: bool = False
    tick: int = 0
    actuators: dict[str, dict[str, Any]] = field(default_factory=dict)
    params: dict[str, float] = field(default_factory=dict)
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Last `state` row by machine."""
    recipe: dict[str, Any] | None = None
    doing: dict[str, deque[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=DOING_KEPT))
    )
    notes: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def time_s(self, tick: int) -> float:
        """Line time of a tick, s since the start of the core."""
        return tick / self.base_hz

    def take(self, row: Mapping[str, Any]) -> None:
        """The next row."""
        kind, body = row["kind"], row["body"]
        self.seq = row["seq"]
        self.tick = max(self.tick, row["tick"])
        self.counts[kind] += 1
        reader = getattr(self, f"_{kind}", None)
        if reader is not None and isinstance(body, dict):
            reader(row, body)

    def _start(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:
        if row["station"]:
            return
        self.starts += 1
        self.line, self.base_hz = body["line"], float(body["base_hz"])
        self.simulated = body.get("time") == "simulated"
        self.actuators = dict(body.get("actuators") or {})
        self.params = {
            name: value
            for name, value in (body.get("params") or {}).items()
            if isinstance(value, int | float)
        }
        self.recipe = body.get("recipe")
        self.mode, self.armed, self.armed_by, self.tripped = "advisory", False, "", ""
        self.stopped, self.tick = False, row["tick"]

    def _mode(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:  # noqa: ARG002
        action = body.get("action") or body
        if body.get("status", "applied") not in ("applied", "limited"):
            return
        if action.get("do") == "arm":
            self.armed, self.armed_by = True, str(action.get("operator", ""))
        elif action.get("do") == "reset":
            self.tripped = ""
        elif "actuator" in action and action.get("to") == "tripped":
            self.tripped, self.armed = f"{action['actuator']}: {action.get('cause')}", False
        elif isinstance(action.get("mode"), str):
            self.mode = action["mode"]

    def _params(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:  # noqa: ARG002
        action = body.get("action") or body
        for name, value in (action.get("values") or {}).items():
            if isinstance(value, int | float):
                self.params[name] = float(value)

    def _decision(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:
        self._did(row, str(body.get("decision", "")), body.get("detail") or {})

    def _detection(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:
        self._did(row, f"detected {body.get('name', '')}", {"then": body.get("decision", "")})

    def _did(self, row: Mapping[str, Any], what: str, detail: Mapping[str, Any]) -> None:
        said = {
            "seq": row["seq"],
            "time_s": self.time_s(row["tick"]),
            "kind": row["kind"],
            "says": in_words(what, detail),
        }
        self.doing[row["station"]].appendleft(said)

    def _refused(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:  # noqa: ARG002
        self.refusals[str(body.get("reason") or "unknown")] += 1

    def _state(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:
        self.machines[str(body.get("machine", row["station"]))] = body

    def _note(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:
        self.notes.append({"seq": row["seq"], "time_s": self.time_s(row["tick"]), **body})

    def _stop(self, row: Mapping[str, Any], body: dict[str, Any]) -> None:  # noqa: ARG002
        self.stopped, self.armed = True, False


def in_words(what: str, detail: Mapping[str, Any]) -> str:
    """A decision and its details as one sentence.

    >>> in_words("correct fixture 3", {"because": "excess high", "clamp_pct": 5.0, "again": False})
    'correct fixture 3, because excess high, clamp pct 5'
    """
    parts = [what]
    for name, value in detail.items():
        if value is None or value is False or value == "" or isinstance(value, list | dict):
            continue
        words = name.replace("_", " ")
        if value is True:
            parts.append(words)
        elif isinstance(value, float):
            parts.append(f"{words} {value:.4g}")
        else:
            parts.append(f"{words} {value}")
    return ", ".join(parts)
