"""A live line whose second station tells thousands of detections in a second."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from linewright.cli import app
from typer.testing import CliRunner

COMMAND = Path(sys.executable).parent / "linewright"
HANG_S = 60.0
"""Nothing here takes as long; whoever waits longer has found a line that stands still."""
NAMES = 200
FROM_S, FOR_S = 2.0, 1.0

STATION = f"""
from linewright.alarms import Definition
from linewright.graph import Station
import linewright as lw

NAMES = {NAMES}


class Flooded(Station):
    name = "flooded"
    alarms = tuple(
        Definition(
            name=f"flooded.fault_{{k}}",
            cause=f"input {{k}} chatters",
            consequence="it means nothing while it does",
            action=f"mend input {{k}}",
            respond_within_s=600.0,
            priority="high" if k % 20 == 19 else "medium" if k % 7 == 6 else "low",
        )
        for k in range(NAMES)
    )

    def build(self, g):
        with g.loop("flood", rate_hz=250) as L:
            noisy = L.input("coater.wet_weight", "g/m2")
            off = noisy - L.apply(lw.Ewma, noisy, time_constant_s=0.05)
            since = L.apply(lw.OnDuration, noisy > 0.0)
            now = (since > {FROM_S}) & (since < {FROM_S + FOR_S})
            for k in range(NAMES):
                L.event(
                    f"fault_{{k}}",
                    (off > 0.0) & now,
                    rule="threshold",
                    decision="none",
                    priority="alarm",
                )
"""
LINE = """
schema = 1
[line]
name = "flood"
seed = 1
[time]
mode = "live"
lockstep_s = 0.02
[io]
driver = "twin"
[stations.flooded]
plugin = "flooded:Flooded"
stall_s = 30.0
[live]
accept_degraded_rt = true
"""


class FloodLine:
    """The line, running; ends with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run_dir = folder, folder / "run"
        self.ledger = self.run_dir / "ledger.sqlite"
        (folder / "flooded.py").write_text(STATION)
        self.file = folder / "line.toml"
        self.file.write_text(LINE)
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [COMMAND, "run", self.file, "--run-dir", self.run_dir, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.until((self.run_dir / "commands.sock").exists)
        return self

    def until(self, there: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + HANG_S
        while not there():
            assert self.process is not None
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline_s, "the line stands still"
            time.sleep(0.02)

    def say(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """A `linewright alarms` command, in this process, with its code and document."""
        done = CliRunner().invoke(app, ["alarms", *arguments, "--json"])
        said = done.output
        return done.exit_code, json.loads(said) if said.startswith("{") else {"error": said}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.communicate(timeout=HANG_S)
