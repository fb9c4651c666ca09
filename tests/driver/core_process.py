"""A live core as a process of its own, with the test in the place of the bus."""

from __future__ import annotations

import json
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench_core import LIVE, VALVE, write_line
from linewright import messages as m
from linewright.line import load

KEY, OPERATOR = 11, 99
HANG_S = 20.0


class CoreProcess:
    """`python -m linewright.core` in a folder; started again over the same ledger by `start`."""

    def __init__(
        self, folder: Path, changes: dict[str, str] | None = None, *, rate_hz: float = 1000.0
    ) -> None:
        self.folder = folder
        file = write_line(folder, {**LIVE, **(changes or {})}, max_age_s=1.0)
        station = folder / "tank.py"
        station.write_text(station.read_text().replace("rate_hz=100.0", f"rate_hz={rate_hz}"))
        self.config = load(file).core_config(folder, {"tank": KEY}, OPERATOR)
        self.config["record"] = None
        self.ledger = folder / "ledger.sqlite"
        self.black_box = Path(self.config["ledger"]["black_box"])
        self.starts = 0
        self.seq = 0
        self.token = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.link: socket.socket | None = None

    def start(self) -> Self:
        self.starts += 1
        self.config["driver"]["session"] = self.starts
        config = self.folder / "core.json"
        config.write_text(json.dumps(self.config))
        with (self.folder / "core.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "linewright.core", str(config)], stderr=log, stdout=log
            )
        deadline_s = time.monotonic() + HANG_S
        while True:
            self.link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self.link.connect(str(self.folder / "core.sock"))
                break
            except OSError:
                self.link.close()
                assert self.process.poll() is None, (self.folder / "core.log").read_text()
                assert time.monotonic() < deadline_s
                time.sleep(0.01)
        self.tick = 0
        return self

    def frames(self, wait_s: float) -> list[m.Message]:
        """What comes from the core, when something comes."""
        assert self.link is not None
        if not select.select([self.link], [], [], wait_s)[0]:
            return []
        data, found, at = self.link.recv(1 << 20), [], 0
        while at < len(data):
            (size,) = struct.unpack_from("<I", data, at)
            header, message = m.decode(data[at + 4 : at + 4 + size])
            self.tick = max(self.tick, header.based_on_tick)
            found.append(message)
            at += 4 + size
        return found

    def send(self, action: m.AnyAction, *, station: bool = False) -> int:
        """Send a command; its number."""
        assert self.link is not None
        self.seq += 1
        stamp = m.Stamp(
            sender=KEY if station else OPERATOR,
            epoch=self.starts,
            seq=self.seq,
            based_on_tick=self.tick,
            not_after_tick=self.tick + 5000,
        )
        frame = m.encode(m.Command(self.token if station else 0, action), stamp)
        self.link.send(struct.pack("<I", len(frame)) + frame)
        return self.seq

    def command(self, action: m.AnyAction, *, station: bool = False) -> m.Ack:
        """Send it and wait for the answer."""
        seq, deadline_s = self.send(action, station=station), time.monotonic() + HANG_S
        while time.monotonic() < deadline_s:
            for message in self.frames(0.1):
                if isinstance(message, m.Ack) and message.seq == seq:
                    return message
        raise AssertionError(f"no answer to {action}")

    def close_loop(self) -> None:
        """Leased, reset, closed and armed."""
        while not self.tick:
            self.frames(0.1)  # a state says the tick
        ack = self.command(m.Acquire(VALVE), station=True)
        assert ack.token is not None, ack
        self.token = ack.token
        self.until(lambda: self.command(m.Reset("test")).status == "applied")
        assert self.command(m.Mode("closed")).status == "applied"
        self.until(lambda: self.command(m.Arm("test")).status == "applied")

    @staticmethod
    def until(holds: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + HANG_S
        while not holds():
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        assert self.process is not None
        code = self.process.wait(HANG_S)
        if self.link is not None:
            self.link.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.wait()
        self.black_box.unlink(missing_ok=True)
        if error is None:
            shutil.rmtree(self.folder, ignore_errors=True)


def bodies(ledger: Path) -> list[tuple[str, int, dict[str, Any]]]:
    """`(kind, session, body)` of every row; a session is what stands between two starts."""
    from linewright import _core

    found, session = [], 0
    for row in _core.ledger_rows(str(ledger)):
        body = json.loads(row["body"]) if isinstance(row["body"], str) else row["body"]
        session += row["kind"] == "start" and not row["station"]
        found.append((row["kind"], session, {**body, "at_tick": row["tick"]}))
    return found
