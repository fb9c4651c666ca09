"""The operator page as a process beside the line: started last, at low priority, and of no account
to anything else."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from linewright.line import exit as codes
from linewright.line._children import Child, end_group

if TYPE_CHECKING:
    from linewright.line._build import Line

NEEDS = ("starlette", "uvicorn", "prometheus_client")
ADDRESS = "hmi.json"
NICE_LIVE, NICE_SIMULATED = 10, 19
"""A simulated line takes all there is; the page has what is left over."""


class Page:
    """Process of the page of one line."""

    def __init__(self, line: Line, run_dir: Path) -> None:
        table = line.tables.hmi
        self._file = run_dir / ADDRESS
        self._said = ""
        arguments = ["linewright.hmi", str(run_dir)]
        if table.port is not None:
            arguments += ["--port", str(table.port)]
        if table.users is not None:
            arguments += ["--users", str(line.file.parent / table.users)]
        self.child = Child("hmi", arguments, run_dir / "hmi.log")
        self.child.nice = NICE_SIMULATED if line.simulated else NICE_LIVE
        self.child.not_on_cpu = None if line.simulated else line.tables.live.cpu

    def start(self) -> None:
        """Start it, or say in one line what it lacks."""
        self._file.unlink(missing_ok=True)
        lacks = [name for name in NEEDS if importlib.util.find_spec(name) is None]
        if lacks:
            _say(f"no operator page: {lacks[0]} is missing, pip install 'linewright[hmi]'")
            return
        self.child.start()

    def watch(self, now_s: float) -> None:
        """Say where it is; start it again when it has ended."""
        child = self.child
        if (code := child.ended()) is not None:
            self._file.unlink(missing_ok=True)
            if code in (codes.BAD_CONFIG, codes.UNAVAILABLE):
                child.state = "ended"
                _say(f"no operator page: {child.tail().splitlines()[-1:] or code}")
            elif child.schedule.failed(now_s, 0.0):
                child.state = "quarantined"
                _say(f"the operator page is out: {child.tail()}")
            else:
                child.state = "waiting"
        elif child.schedule.due(now_s):
            child.restarts += 1
            child.start()
        elif child.state == "starting" and (address := self._address()):
            child.state = "running"
            if address != self._said:
                self._said = address
                _say(f"operator page {address}")

    def _address(self) -> str:
        try:
            return str(json.loads(self._file.read_text())["address"])
        except (OSError, ValueError, KeyError):
            return ""

    def end(self) -> None:
        """End it at once: it holds nothing."""
        if self.child.process is not None:
            end_group(self.child.process.pid)
        self._file.unlink(missing_ok=True)

    def describe(self) -> dict[str, object]:
        """For the table everyone reads."""
        return {**self.child.describe(), "address": self._said}


def _say(text: str) -> None:
    print(f"linewright: {text}", file=sys.stderr, flush=True)
