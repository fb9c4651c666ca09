"""Who is on the bus: one entry per station of the line file, known by its key."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec


class StationEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the bus and the plugin host need to know of a station."""

    key: int
    plugin: str
    settings: dict[str, object] = {}
    actuators: list[str] = []
    mailboxes: dict[str, str] = {}
    """Unit by mailbox."""
    restart: str = "on-failure"


class LineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`line.json` of a run directory: what everyone but the core reads."""

    line: str
    lockstep: bool
    base_hz: int
    folder: str = ""
    step_ticks: int = 1
    epoch_base: int = 0
    """Epochs of stations begin above this; it rises from run to run of one ledger."""
    window_ticks: int
    lease_ticks: dict[str, int] = {}
    operator_key: int
    stations: dict[str, StationEntry]


FACTS = "line.json"
SUPERVISOR = "supervisor.json"


def read_facts(run_dir: Path) -> LineFacts:
    """Read `line.json` of a run directory."""
    return msgspec.json.decode((run_dir / FACTS).read_bytes(), type=LineFacts)


@dataclass
class Peer:
    """A station as the bus sees it; `identity` is empty until it has said hello."""

    name: str
    key: int
    identity: bytes = b""
    epoch: int = 0
    topics: tuple[str, ...] = ()
    progress: int = 0
    progress_at_s: float = 0.0
    lost: int = 0
    outbox: deque[list[bytes]] = field(default_factory=deque)

    @property
    def joined(self) -> bool:
        """Has it said hello, and is it still there?"""
        return bool(self.identity)
