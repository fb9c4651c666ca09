"""A live line on its twin, the server of its page, and a browser that looks at it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from linewright import _core
from linewright import messages as m
from linewright.bus import Operator
from linewright.value.policies import packaged

COMMAND = Path(sys.executable).parent / "linewright"
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-lcd-text", "--font-render-hinting=none"]
SIZES = ((1280, 800), (1920, 1080))
ROUTES = {
    "overview": "Line overview",
    "alarms": "Alarms",
    "corrections": "What did the model correct?",
    "recipes": "Recipe gate",
    "genealogy": "Genealogy",
    "latency": "Latency",
    "station/coater": "Station coater",
}
HANG_S = 40.0
"""Nothing here takes as long; whoever waits longer has found something that stands still."""
FAULT = {"kind": "fan_trip_1", "at_s": 2.0, "size": 0.6}
"""A fan of the dryer: the coater's detector finds it within some seconds, and it is an alarm."""


def until(true: Callable[[], Any], what: str) -> Any:
    """The first answer of `true` that is one."""
    end_s = time.monotonic() + HANG_S
    while time.monotonic() < end_s:
        if got := true():
            return got
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {HANG_S:g} s")


def live(name: str, seed: int) -> str:
    """The packaged closed line by the clock instead of in lock-step, with a fault."""
    text = packaged()["closed"].read_text()
    for pattern, by in (
        (r"^name = .*$", f'name = "{name}"'),
        (r"^seed = .*$", f"seed = {seed}"),
        (r"^mode = .*$", 'mode = "live"'),
        (r"^lockstep_s = .*$", "lockstep_s = 1.0"),
        (r"^(hours|arm_at_start) = .*$", ""),
        (r"^(\[stations\.\w+\])$", r"\1\nstall_s = 30.0"),  # other jobs may hold the machine
    ):
        text = re.sub(f"(?m){pattern}", by, text)
    fault = "".join(f"{key} = {json.dumps(value)}\n" for key, value in FAULT.items())
    return f"{text}\n[[io.twin.faults]]\n{fault}"


class Line:
    """`linewright run` of a live line in a directory of its own; ends with the block."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.run_dir = folder / "run"
        self.ledger = self.run_dir / "ledger.sqlite"
        self.file = folder / "line.toml"
        self.file.write_text(live("browsed", seed))
        arguments = ["run", self.file, "--run-dir", self.run_dir, "--no-hmi", "--json"]
        self.process = subprocess.Popen(
            [COMMAND, *arguments], stdout=subprocess.DEVNULL, start_new_session=True
        )
        until((self.run_dir / "commands.sock").exists, "bus")
        self.operator = Operator(self.run_dir)
        until(lambda: (self.operator.status() or {}).get("core"), "core")

    def rows(self, *kinds: str) -> list[dict[str, Any]]:
        """Rows of the ledger as they stand."""
        return list(_core.ledger_rows(str(self.ledger), kinds=list(kinds)))

    def note(self, text: str) -> None:
        """One row of the kind `note`."""
        with Operator(self.run_dir) as operator:  # the newest of its kind is the one that is heard
            ack = operator.command(m.Record("note", {"text": text, "operator": "rig"}))
        assert ack is not None
        assert ack.status == "applied", ack

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.operator.close()
        end(self.process)


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGINT, and what it takes."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`linewright hmi` of a run directory at one port, which may be ended and started again."""

    def __init__(self, run_dir: Path, users: Path | None = None) -> None:
        self.run_dir, self.users = run_dir, users
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        who = ["--users", str(self.users)] if self.users else []
        self.process = subprocess.Popen(
            [COMMAND, "hmi", str(self.run_dir), "--port", str(self.port), *who],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self._answers, "server")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """As a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            end(self.process)
