"""A live core in this process, ticked by hand, with the tank's line."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from linewright import _core
from linewright import messages as m
from linewright.line import load
from plain_peer import LINE, STATION, Peer

LIVE = {
    'mode = "simulated"\nduration_s = 60.0': 'mode = "live"',
    'arm_at_start = "docs"\n': "",
}
VALVE = "tank.valve"


def line_text(changes: dict[str, str] | None = None) -> str:
    """The line file of the page, changed."""
    text = LINE
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def write_line(
    folder: Path, changes: dict[str, str] | None = None, *, max_age_s: float | None = None
) -> Path:
    """Line file and station in a folder."""
    station = STATION
    if max_age_s is not None:
        station = station.replace("max_age_s=0.05", f"max_age_s={max_age_s}")
    (folder / "tank.py").write_text(station)
    sys.modules.pop("tank", None)  # another test's tank
    file = folder / "line.toml"
    file.write_text(line_text(changes))
    return file


class LiveCore:
    """Ticks when told; commands as the bus brings them."""

    KEYS: ClassVar[dict[str, int]] = {"tank": 11}
    OPERATOR = 99

    def __init__(
        self,
        folder: Path,
        changes: dict[str, str] | None = None,
        *,
        max_age_s: float = 30.0,
        silent_s: float = 30.0,
        ledger_bytes: int | None = None,
        ticks: int = 6000,
        epoch: int = 1,
    ) -> None:
        silence = {"channels = {": f"silent_s = {silent_s}\nchannels = {{"}
        changes = {**LIVE, **silence, **(changes or {})}
        line = load(write_line(folder, changes, max_age_s=max_age_s))
        config = line.core_config(folder, self.KEYS, self.OPERATOR)
        config["ledger"]["max_bytes"] = ledger_bytes
        config["record"] = None
        self.core = _core.Core(json.dumps(config))
        self.socket = folder / "plant.sock"
        self.ledger = folder / "ledger.sqlite"
        self.seq = 0
        self.epoch = epoch
        self.token = 0
        self.full = ledger_bytes is not None
        self.tick(ticks)  # that long ago a value may have been measured

    def tick(self, count: int = 1) -> None:
        self.core.advance(self.core.tick + count)

    def plant(self) -> dict[str, Any]:
        """What status says of the plant."""
        found: dict[str, Any] = self.core.status()["plant"]
        return found

    def valve(self) -> dict[str, Any]:
        """What status says of the actuator."""
        found: dict[str, Any] = self.core.status()["actuators"][VALVE]
        return found

    def joined(self) -> Peer:
        """A peer that has been welcomed; its first tick is taken."""
        peer = Peer(self.socket)
        peer.hello()
        self.tick()
        peer.join()
        return peer

    def command(self, action: m.AnyAction, *, station: bool = False) -> m.Ack:
        """Say it, run a tick, give the answer."""
        self.seq += 1
        now = self.core.tick
        sender = self.KEYS["tank"] if station else self.OPERATOR
        stamp = m.Stamp(
            sender=sender,
            epoch=self.epoch,
            seq=self.seq,
            based_on_tick=now,
            not_after_tick=now + 50,
        )
        token = self.token if station else 0
        self.core.submit(m.encode(m.Command(token, action), stamp))
        self.tick()
        acks = [m.decode(frame)[1] for frame in self.core.drain()]
        (ack,) = [a for a in acks if isinstance(a, m.Ack) and a.seq == self.seq]
        return ack

    def close_loop(self, peer: Peer, level_mm: float = 50.0, valve: float = 50.0) -> None:
        """Leased, closed and armed, with good values."""
        peer.tank(level_mm, valve)
        ack = self.command(m.Acquire(VALVE), station=True)
        assert ack.token is not None, ack
        self.token = ack.token
        for action in (m.Mode("closed"), m.Arm("test")):
            peer.tank(level_mm, valve)
            assert self.command(action).status == "applied"
        peer.tank(level_mm, valve)
        self.tick()
        assert self.valve()["state"] == "closed", self.valve()

    def renew(self) -> None:
        """Keep the lease."""
        assert self.command(m.Renew([VALVE]), station=True).status == "applied"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(RuntimeError) if self.full else nullcontext():
            self.core.close()
        del self.core
