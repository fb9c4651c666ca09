"""Who is on the bus: one entry per station of the line file, known by its key."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from linewright.bus._access import Network
from linewright.bus._sandbox import Sandbox

FRAMES_PER_S = 4000.0
BYTES_PER_S = 16.0 * 1024 * 1024
"""What one peer may send, on the average of two seconds."""


class StationEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the bus and the plugin host need to know of a station."""

    key: int
    plugin: str
    settings: dict[str, object] = {}
    actuators: list[str] = []
    mailboxes: dict[str, str] = {}
    """Unit by mailbox."""
    restart: str = "on-failure"
    elsewhere: bool = False
    """Started by somebody else, here or on another machine."""
    sandbox: Sandbox = Sandbox()
    """Its paths are absolute."""


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
    ledger: str = ""
    network: Network | None = None
    frames_per_s: float = FRAMES_PER_S
    bytes_per_s: float = BYTES_PER_S
    shared: list[str] = []
    """Files in the run directory for every station, confined or not: a camera's pictures."""
    stations: dict[str, StationEntry]


FACTS = "line.json"
SUPERVISOR = "supervisor.json"


def read_facts(run_dir: Path) -> LineFacts:
    """Read `line.json` of a run directory."""
    return msgspec.json.decode((run_dir / FACTS).read_bytes(), type=LineFacts)


def ledger_of(run_dir: Path) -> Path:
    """The ledger of a run directory: where `line.json` says, else `ledger.sqlite` in it."""
    stated = read_facts(run_dir).ledger if (run_dir / FACTS).is_file() else ""
    return Path(stated) if stated else run_dir / "ledger.sqlite"


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
    dropped: int = 0
    outbox: deque[list[bytes]] = field(default_factory=deque)

    @property
    def joined(self) -> bool:
        """Has it said hello, and is it still there?"""
        return bool(self.identity)
