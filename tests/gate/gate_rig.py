"""Two stations with an actuator each, on the inline core: frames in, one tick at a time, answers
out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Self

import linewright as lw
from linewright import _core
from linewright import messages as m
from linewright.graph import Graph, compile_line

HZ = 10
LEASE_TICKS = 8
CAP_TICKS = 100
LO, HI = 0.0, 10.0
STATIONS = ("one", "two")
KEYS = {"one": 11, "two": 12, "operator": 99}


class Follow(lw.Station):
    """Writes its set-point to its actuator."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__()

    def build(self, g: Graph) -> None:
        with g.loop("only", rate_hz=HZ) as L:  # noqa: N806
            wanted = L.mailbox("sp", "L/min", default=5.0, lo=1.0, hi=9.0, ttl_s=2.0)
            L.output(f"{self.name}.mv", wanted.value)


PLAN = json.loads(compile_line([Follow(name) for name in STATIONS]))


def settings(ledger: Path) -> str:
    """The core's configuration."""
    limits = {
        "unit": "L/min",
        "lo": LO,
        "hi": HI,
        "max_rate_per_s": 20.0,
        "nudge_budget": 10.0,
        "nudge_window_ticks": 36000,
        "fallback": {"kind": "hold"},
        "lease_ticks": LEASE_TICKS,
        "resolution": 0.1,
        "read_back_tolerance": 0.2,
    }
    return json.dumps(
        {
            "line": "protocol",
            "plan": PLAN,
            "time": {"mode": "simulated", "base_hz": HZ},
            "permit": "closed",
            "operator_key": KEYS["operator"],
            "actuators": {f"{s}.mv": limits | {"owner": s} for s in STATIONS},
            "stations": {
                s: {"key": KEYS[s], "mailboxes": [f"{s}.sp"], "actuators": [f"{s}.mv"]}
                for s in STATIONS
            },
            "driver": {
                "kind": "manual",
                "channels": [],
                "actuators": [[f"{s}.mv", "L/min", 5.0] for s in STATIONS],
            },
            "ledger": {"path": str(ledger)},
        }
    )


class Rig:
    """The core, started again as often as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0
        self.ledger = folder / "ledger.db"
        self.core = _core.Core(settings(self.ledger))

    def restart(self, *, crash: bool) -> None:
        """A new core over the ledger: closed in order, or as it lay on disk when the last answer
        went out."""
        if crash:
            self.runs += 1
            left = self.folder / f"ledger{self.runs}.db"
            for end in ("", "-wal"):
                if Path(f"{self.ledger}{end}").exists():
                    shutil.copy(f"{self.ledger}{end}", f"{left}{end}")
            self.core.close()
            for old in self.folder.glob(f"{self.ledger.name}*"):
                old.unlink()
            self.ledger = left
        else:
            self.core.close()
        self.core = _core.Core(settings(self.ledger))

    def send(self, stamp: m.Stamp, action: m.AnyAction, token: int) -> tuple[bytes, list[m.Ack]]:
        """One command and one tick; its frame, and the answers that went out."""
        frame = m.encode(m.Command(token, action), stamp)
        return frame, self.again(frame)

    def again(self, frame: bytes) -> list[m.Ack]:
        """A frame as it is, and one tick."""
        self.core.submit(frame)
        return self.tick()

    def tick(self) -> list[m.Ack]:
        """One tick; the answers that went out."""
        self.core.advance(self.core.tick + 1)
        messages = (m.decode(frame)[1] for frame in self.core.drain())
        return [message for message in messages if isinstance(message, m.Ack)]

    def seen(self) -> dict[str, Any]:
        """Mode, and of each actuator state, armed, holder."""
        status = self.core.status()
        found: dict[str, Any] = {"mode": status["mode"]}
        for name in STATIONS:
            of = status["actuators"][f"{name}.mv"]
            found[name] = (of["state"], of["armed"], of["holder"], of["tripped"])
        return found

    def writes(self) -> dict[str, int]:
        """How often each actuator was written."""
        return {name: self.core.writes(f"{name}.mv") for name in STATIONS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.core.close()
