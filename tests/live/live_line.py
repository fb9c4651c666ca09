"""A live line in processes of its own: started, watched and stopped as a person would, judged by
its ledger."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from linewright import messages as m
from linewright.bus import Operator

BASE_HZ = 1000
ACTUATOR = "calender.line_load"
RAMP_TO = 850.0
NORMAL = 895.0
RATE_PER_S = 300.0
RESOLUTION = 0.1
COMMAND = Path(sys.executable).parent / "linewright"
HANG_S = 20.0
"""Nothing here takes as long; whoever waits longer has found a line that stands still."""

FILE = """
schema = 1
[line]
name = "{name}"
seed = {seed}
[time]
mode = "live"
lockstep_s = 0.02
[io]
driver = "twin"
[stations.calender]
plugin = "{plugin}"
settings = {{ rate_hz = 1000 }}
[actuators."calender.line_load"]
unit = "N/mm"
lo = 400.0
hi = 1500.0
max_rate_per_s = {rate}
nudge_budget = 1100.0
nudge_window_s = 3600.0
fallback = {{ ramp_to = {ramp_to} }}
resolution = {resolution}
read_back_tolerance = 1.0
lease_s = {lease_s}
[gate]
permit = "closed"
[live]
fifo_priority = {fifo_priority}
lock_memory = {lock_memory}
accept_degraded_rt = {accept}
{extra}
"""


class LiveLine:
    """One line in a directory of its own; ends with the block.

    Parameters
    ----------
    lease_s:
        Length of the station's lease.
    plugin:
        Plugin of the calender.
    extra:
        More tables of the line file.
    keep:
        An earlier line whose directory is used again.
    accept:
        Closed loop without the real time that was asked for.
    before:
        Command in front of `linewright run`, for example `setpriv ...`.
    environment:
        More of it.
    """

    def __init__(
        self,
        *,
        lease_s: float = 0.2,
        plugin: str = "calender",
        fifo_priority: int = 50,
        lock_memory: bool = False,
        accept: bool = True,
        extra: str = "",
        seed: int = 1,
        keep: LiveLine | None = None,
        before: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.before, self.environment = list(before), dict(environment or {})
        self.folder = Path(tempfile.mkdtemp(prefix="live-")) if keep is None else keep.folder
        self.run_dir = self.folder / "run"
        self.ledger = self.run_dir / "ledger.sqlite"
        self.lease_ticks = round(lease_s * BASE_HZ)
        shutil.copy(Path(__file__).with_name("live_stations.py"), self.folder)
        self.file = self.folder / "line.toml"
        self.file.write_text(
            FILE.format(
                name=self.folder.name,
                seed=seed,
                plugin=plugin,
                rate=RATE_PER_S,
                ramp_to=RAMP_TO,
                resolution=RESOLUTION,
                lease_s=lease_s,
                fifo_priority=fifo_priority,
                lock_memory=str(lock_memory).lower(),
                accept=str(accept).lower(),
                extra=extra,
            )
        )
        self.process: subprocess.Popen[str] | None = None
        self.operator: Operator | None = None

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start it and wait until the calender holds its lease."""
        self.process = subprocess.Popen(
            [*self.before, COMMAND, "run", self.file, "--run-dir", self.run_dir, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | self.environment,
            text=True,
            start_new_session=True,
        )
        self.until((self.run_dir / "commands.sock").exists, "a bus")
        self.operator = Operator(self.run_dir)
        self.until_status(lambda s: actuator(s).get("holder") == "calender", "a lease")
        return self

    def run_again(self) -> subprocess.CompletedProcess[str]:
        """A second `linewright run` of the same file in the same directory, to its end."""
        return subprocess.run(
            [COMMAND, "run", self.file, "--run-dir", self.run_dir, "--json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_S,
        )

    def stop(self) -> tuple[int, float]:
        """SIGINT; exit code and seconds it took."""
        assert self.process is not None
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.output = self.process.communicate(timeout=HANG_S)
        return self.process.returncode, time.monotonic() - began_s

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `linewright ARGUMENTS --run-dir ...`."""
        return subprocess.run(
            [COMMAND, *arguments, "--run-dir", self.run_dir],
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_S,
        )

    def close_loop(self, *, by_hand: bool = False) -> None:
        """To closed loop, by a program or (by hand) as a person does it in a shell."""
        if not by_hand:
            self.operate(m.Mode("closed"))
            self.arm()
            return
        for arguments in (("mode", "closed"), ("arm", "--operator", "shift lead")):
            done = self.cli(*arguments)
            assert done.returncode == 0, done.stderr
        self.until_status(lambda s: actuator(s).get("state") == "closed", "closed loop")

    def operate(self, action: m.AnyAction) -> None:
        """Give an operator's command and see it taken."""
        assert self.operator is not None
        self.operator.epoch = time.time_ns()  # a command from the shell may lie between
        ack = self.operator.command(action)
        assert ack is not None
        assert ack.status == "applied", ack

    def arm(self) -> None:
        """Move back by hand, arm again and wait for closed loop."""
        self.operate(m.Manual(ACTUATOR, NORMAL, "shift lead"))
        self.until_status(lambda s: actuator(s).get("value", 0.0) == NORMAL, "normal load")
        self.operate(m.Arm("shift lead"))
        self.until_status(lambda s: actuator(s).get("state") == "closed", "closed loop")

    # -- looking -----------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """The status document; empty while nobody answers."""
        assert self.operator is not None
        return self.operator.status(0.5) or {}

    def until(self, holds: Callable[[], bool], what: str, every_s: float = 0.02) -> None:
        """Look until something holds."""
        deadline_s = time.monotonic() + HANG_S
        while not holds():
            if self.process is not None and self.process.poll() is not None:
                out, err = self.process.communicate()
                raise AssertionError(f"the line ended while waiting for {what}: {out}{err}")
            assert time.monotonic() < deadline_s, f"no {what} within {HANG_S:g} s"
            time.sleep(every_s)

    def until_status(
        self, holds: Callable[[dict[str, Any]], bool], what: str, every_s: float = 0.05
    ) -> dict[str, Any]:
        """Look at the status until something holds of it; the status it held of."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.clear()
            seen.update(self.status())
            return bool(seen.get("core")) and holds(seen)

        self.until(look, what, every_s)
        return seen

    def table(self) -> dict[str, Any]:
        """What the supervisor says of its processes."""
        table: dict[str, Any] = json.loads((self.run_dir / "supervisor.json").read_text())
        return table

    def facts(self) -> dict[str, Any]:
        """`line.json`: keys, windows."""
        facts: dict[str, Any] = json.loads((self.run_dir / "line.json").read_text())
        return facts

    def pid(self, name: str) -> int:
        """Process id of core, bus or a station, once it runs."""
        found = 0

        def look() -> bool:
            nonlocal found
            table = self.table()
            child = table[name] if name in ("core", "bus") else table["plugins"][name]
            found = child["pid"] or 0
            return found != 0

        self.until(look, f"process of {name}")
        return found

    def pids(self) -> dict[str, int]:
        """Every process of the line."""
        assert self.process is not None
        names = ("core", "bus", *self.table()["plugins"])
        return {"supervisor": self.process.pid, **{name: self.pid(name) for name in names}}

    # -- the end -----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.operator is not None:
            self.operator.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.communicate(timeout=5.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()
        if error is None:
            shutil.rmtree(self.folder, ignore_errors=True)


def actuator(status: dict[str, Any]) -> dict[str, Any]:
    """What a status document says of the line load."""
    found: dict[str, Any] = (status.get("core") or {}).get("actuators", {}).get(ACTUATOR, {})
    return found


def alive(pid: int) -> bool:
    """Does a process run (or stand stopped)? A zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def send_signal(pid: int, number: signal.Signals) -> int:
    """Signal a process; the monotonic time just before, ns."""
    now_ns = time.monotonic_ns()
    os.kill(pid, number)
    return now_ns
