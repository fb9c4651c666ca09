"""A line whose plant keeps a book of its own, and everything that may happen to it."""

from __future__ import annotations

import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq
from linewright import messages as m
from linewright.bus import Operator
from live_line import COMMAND, LiveLine, send_signal

sys.path.append(str(Path(__file__).resolve().parents[1] / "driver"))
import plain_peer as plain
from bench_core import LIVE, VALVE, line_text
from sink import Sink

HOLDS_S = 30.0
"""No fault keeps the line from coming back for longer, machine shared or not."""
DISK_MIB = 256
FULL_S = 15.0
RATE_PER_S, RESOLUTION, LO, HI, BASE_HZ = 20.0, 0.01, 0.0, 100.0, 100
STALE = 99.5
"""A position that only commands which came too late ask for."""
TROUBLED = """
[stations.troubled]
plugin = "live_stations:Troubled"
stall_s = 1.0
"""


@dataclass
class Round:
    """One fault and what it took."""

    name: str
    began_ns: int
    whole_ns: int = 0
    ticks: int = 0
    missed: int = 0
    told: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Process:
    """One look at a process."""

    name: str
    pid: int
    at_s: float
    rss_kib: int
    descriptors: int


class ChaosLine(LiveLine):
    """`linewright run` with a tank as plant (a thread here), a station that holds its level and one
    that makes trouble when told; the run directory is a small disk when this process may mount."""

    def __init__(self) -> None:
        super().__init__()
        text = line_text({**LIVE, "lease_s = 1.0": "lease_s = 0.5"}) + TROUBLED
        self.file.write_text(text.replace("silent_s = 0.5", ""))
        station = plain.STATION.replace("max_age_s=0.05", "max_age_s=1.0")
        (self.folder / "tank.py").write_text(station)
        self.offset = self.folder / "offset"
        self.offset.write_text("0\n")
        self._preload()
        self.run_dir.mkdir(mode=0o700)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0700", "chaos", self.run_dir]
        self.small = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.sink = Sink(
            self.run_dir / "plant.sock", lambda ns: 50.0 + 15.0 * math.sin(ns * 0.5e-9)
        )
        self.starts = 0

    def _preload(self) -> None:
        """The wall clock of the line is off by what stands in a file."""
        clock = self.folder / "wall_clock.so"
        source = Path(__file__).with_name("wall_clock.c")
        self.has_clock = shutil.which("cc") is not None
        if self.has_clock:
            subprocess.run(
                ["cc", "-shared", "-fPIC", "-O1", "-o", clock, source, "-ldl"], check=True
            )
            self.environment |= {"LD_PRELOAD": str(clock), "WALL_CLOCK_OFFSET": str(self.offset)}

    def start(self) -> Self:
        self.starts += 1
        if self.operator is not None:
            self.operator.close()
            self.operator = None
        with (self.folder / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, "run", self.file, "--run-dir", self.run_dir, "--json"],
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                text=True,
                start_new_session=True,
            )
        supervisor = self.run_dir / "supervisor.json"
        supervisor.unlink(missing_ok=True)
        try:
            self.until((self.run_dir / "commands.sock").exists, "a bus")
            self.until(supervisor.exists, "what the supervisor says")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.log()}") from error
        self.operator = Operator(self.run_dir)
        found = self.look_until(lambda s: bool(s.get("core")), "a core")
        assert found["core"]["mode"] == "advisory", "I8: every start is advisory"
        assert not valve(found).get("armed"), "I8: nobody has armed yet"
        return self

    def look_until(self, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The first status that something holds of."""
        until_s, seen = time.monotonic() + HOLDS_S, {}
        while time.monotonic() < until_s:
            seen = self.status()
            if seen.get("core") and holds(seen):
                return seen
            time.sleep(0.05)
        raise AssertionError(f"no {what} within {HOLDS_S:g} s: {valve(seen)} {self.log()}")

    def log(self) -> str:
        """End of what the supervisor wrote."""
        return (self.folder / "run.log").read_text(errors="replace")[-3000:]

    def core(self) -> dict[str, Any]:
        """What status says of the core."""
        found: dict[str, Any] = self.look_until(lambda _: True, "a status")["core"]
        return found

    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def whole(self) -> dict[str, Any]:
        """Wait until everything is back and the loop is closed, as a person would see to it; what
        status then says of the core."""
        if self.process is None or self.ended():
            self.start()
        for name, entry in self.table()["plugins"].items():
            if entry["state"] == "quarantined":
                assert self.cli("restart", name, "--operator", "chaos").returncode == 0
        self.look_until(lambda s: valve(s).get("holder") == "tank", "lease")
        until_s = time.monotonic() + HOLDS_S
        answers: list[m.Ack | None] = []
        while valve(self.status()).get("state") != "closed":
            told = f"never closed: {valve(self.status())}, {answers}, plant safe {self.sink.safe}"
            assert self.sink.is_alive(), told
            assert time.monotonic() < until_s, told
            actions = (m.Reset("chaos"), m.Mode("closed"), m.Arm("chaos"))
            answers = [self.say(action) for action in actions]
            time.sleep(0.1)
        return self.core()

    def say(self, action: m.AnyAction) -> m.Ack | None:
        """An operator's command; nothing when nobody answers."""
        assert self.operator is not None
        self.operator.epoch = max(self.operator.epoch, time.time_ns())
        return self.operator.command(action)

    def processes(self) -> list[Process]:
        """Size and descriptors of what runs now."""
        found = []
        for name, pid in self.pids().items():
            with suppress(OSError, ValueError):
                kib = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4
                count = len(os.listdir(f"/proc/{pid}/fd"))
                found.append(Process(name, pid, time.monotonic(), kib, count))
        return found

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, None if not self.small else error or RuntimeError(), trace)
        if self.sink.is_alive():
            self.sink.end()
        if self.small:
            subprocess.run(["umount", "-l", self.run_dir], check=False)
            if error is None:
                shutil.rmtree(self.folder, ignore_errors=True)


def valve(status: dict[str, Any]) -> dict[str, Any]:
    """What a status says of the tank's valve."""
    found: dict[str, Any] = (status.get("core") or {}).get("actuators", {}).get(VALVE, {})
    return found


class Faults:
    """What may happen; each returns when it is over, the line perhaps not whole."""

    def __init__(self, line: ChaosLine, draw: random.Random) -> None:
        self.line, self.draw = line, draw
        self.unrecorded_ns: list[tuple[int, int]] = []
        """When the ledger was known not to take rows."""
        self.all: dict[str, Callable[[Round], None]] = {
            "kill station": lambda _: self._kill("tank"),
            "stop station": lambda _: self._pause("tank"),
            "kill bus": lambda _: self._kill("bus"),
            "stop bus": lambda _: self._pause("bus"),
            "kill core": self._kill_core,
            "stop core": lambda _: self._pause("core"),
            "busy": lambda _: self._trouble("busy"),
            "memory": lambda _: self._trouble("memory"),
            "descriptors": lambda _: self._trouble("descriptors"),
            "stdout": lambda _: self._trouble("stdout"),
            "segfault": lambda _: self._trouble("segfault"),
            "flood": lambda _: self._flood(),
            "bad frames": lambda _: self._bad_frames(),
            "old commands": lambda _: self._old_commands(),
            "bad values": lambda _: self._bad_values(),
        }
        if line.small:
            self.all["full disk"] = self._full_disk
        if line.has_clock:
            self.all["clock step"] = lambda _: self._clock_step()

    def _kill(self, name: str) -> None:
        send_signal(self.line.pid(name), signal.SIGKILL)

    def _pause(self, name: str) -> None:
        pid = self.line.pid(name)
        send_signal(pid, signal.SIGSTOP)
        time.sleep(self.draw.uniform(0.1, 3.0))
        with suppress(ProcessLookupError):
            send_signal(pid, signal.SIGCONT)

    def _kill_core(self, of: Round) -> None:
        self._kill("core")
        began_s = time.monotonic()
        while not self.line.ended():
            assert time.monotonic() < began_s + HOLDS_S, "a supervisor without a core goes on"
            time.sleep(0.01)
        of.told["line ended, s"] = time.monotonic() - began_s

    def _trouble(self, what: str) -> None:
        fresh = self.line.folder / "trouble.wanted"
        fresh.write_text(what)
        fresh.replace(self.line.folder / "trouble")
        time.sleep(2.0)

    def _full_disk(self, of: Round) -> None:
        """Until status says `full` and three seconds longer; then the disk is free again."""
        ballast = self.line.run_dir / "ballast"
        began_ns = time.monotonic_ns()
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\1" * (1 << 20))
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"\1" * 512)
        try:
            until_s = time.monotonic() + FULL_S
            while time.monotonic() < until_s:
                if self.line.core()["ledger"]["state"] == "full":
                    of.told["full, s"] = (time.monotonic_ns() - began_ns) * 1e-9
                    time.sleep(3.0)
                    break
                time.sleep(0.05)
        finally:
            ballast.unlink()
        freed_ns = time.monotonic_ns()
        self.line.look_until(lambda s: s["core"]["ledger"]["state"] == "ok", "ledger again")
        of.told["resumed, s"] = (time.monotonic_ns() - freed_ns) * 1e-9
        self.unrecorded_ns.append((began_ns, time.monotonic_ns()))

    def _clock_step(self) -> None:
        step_s = self.draw.choice([-3600, -1, 1, 3600, 86_400])
        fresh = self.line.offset.with_suffix(".new")
        fresh.write_text(f"{int(self.line.offset.read_text()) + step_s}\n")
        fresh.replace(self.line.offset)
        time.sleep(1.0)

    def _dealer(self) -> zmq.Socket[bytes]:
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.SNDTIMEO, 200)
        socket.connect(f"ipc://{self.line.run_dir}/commands.sock")
        return socket

    def _flood(self) -> None:
        with self._dealer() as socket:
            frame = m.encode(m.Progress(1), m.Stamp(sender=77, epoch=1, seq=1))
            until_s = time.monotonic() + 2.0
            while time.monotonic() < until_s:
                with suppress(zmq.Again):
                    socket.send_multipart([frame] * 32)

    def _bad_frames(self) -> None:
        good = m.encode(m.StatusRequest(), m.Stamp(sender=1, epoch=1, seq=1))
        with self._dealer() as socket:
            for _ in range(500):
                frame = bytearray(good)
                for _ in range(self.draw.randrange(1, 9)):
                    frame[self.draw.randrange(len(frame))] = self.draw.randrange(256)
                cut = bytes(frame[: self.draw.randrange(1, len(frame) + 1)])
                with suppress(zmq.Again):
                    socket.send(cut + self.draw.randbytes(self.draw.randrange(64)))

    def _old_commands(self) -> None:
        """Commands whose window is over, and one command ten times."""
        operator = self.line.operator
        assert operator is not None
        tick = int(self.line.core()["tick"])
        for age in (1, 10, 1000, 5000):
            action = m.Command(0, m.Manual(VALVE, STALE, "chaos"))
            frame = operator.frame(action, max(0, tick - age - 100), max(0, tick - age))
            operator.send([frame])
        note = m.Command(0, m.Reset("ten times"))
        operator.send([operator.frame(note, tick, tick + 900)] * 10)
        operator.receive(0.5)

    def _bad_values(self) -> None:
        level = self.line.sink.level_mm
        self.line.sink.quality = self.draw.choice([plain.BAD, plain.GOOD])
        self.line.sink.level_mm = lambda _: self.draw.choice([math.nan, math.inf, -1e300])
        time.sleep(1.5)
        self.line.sink.level_mm, self.line.sink.quality = level, plain.GOOD
