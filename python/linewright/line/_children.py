"""Child processes of a line: started with little around them, watched, ended with all they leave
behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from linewright.bus import _warden as warden
from linewright.bus._sandbox import Obtained
from linewright.line._limits import Limits, confine, step_back
from linewright.line._schedule import Schedule

TAIL_BYTES, TAIL_LINES = 4000, 12
NO_ROOM_S = 1.0
"""Until the next try when a process could not be started at all."""
LOG_BYTES = 1024 * 1024
"""A log is turned when it is longer; one turned log is kept."""
INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
"""Variables a station's process has from the supervisor's; `environment` of its table adds."""
State = Literal["starting", "running", "silent", "waiting", "quarantined", "ended"]


@dataclass
class Child:
    """One process and its history."""

    name: str
    arguments: list[str]
    log: Path
    environment: tuple[str, ...] = INHERITED
    limits: Limits | None = None
    most_processes: int = 0
    nice: int = 0
    not_on_cpu: int | None = None
    schedule: Schedule = field(default_factory=Schedule)
    state: State = "ended"
    restarts: int = 0
    left_behind: int = 0
    """Processes of it that had to be ended after it."""
    last_exit: int | None = None
    asked_by: str = ""
    """Who asked for its restart, while it has not come about."""
    ending: bool = False
    """SIGKILL has been sent."""
    sandbox: Obtained | None = None
    """What a station's process says it is held to, once it runs."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process is not None else None

    @property
    def scratch(self) -> Path:
        """Its own temporary directory, empty at every start."""
        return self.log.with_suffix(".tmp")

    def start(self) -> None:
        """Start it, with its output in its log, as a session of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment(),
            )
        try:
            step_back(self.process.pid, self.nice, self.not_on_cpu)
            if self.limits is not None:
                confine(self.process.pid, self.limits, self.most_processes)
        except ProcessLookupError:
            pass  # it has ended already, which is noticed
        self.state, self.ending = "starting", False
        self.schedule.started(time.monotonic())

    def start_again(self, now_s: float) -> bool:
        """Start it once more; false when the system cannot at present (a full disk, no process
        to be had): it is tried again."""
        try:
            self.start()
        except OSError:
            self.schedule.start_at_s = now_s + NO_ROOM_S
            return False
        self.restarts += 1
        return True

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in self.environment if name in os.environ}
        if self.limits is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch.mkdir(mode=0o700, exist_ok=True)
            kept["TMPDIR"] = str(self.scratch)
        return {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **kept,
            warden.PARENT: str(os.getpid()),
            warden.NAME: self.name,
        }

    def ended(self) -> int | None:
        """Exit code when it has just ended, else nothing; what it has left behind is ended too."""
        if self.process is None or not _is_dead(self.process.pid):
            return None
        pid, process = self.process.pid, self.process
        end_group(pid)  # before its number can be another's
        code = process.wait()
        self.left_behind += warden.sweep(os.getpid(), name=self.name)
        self.process, self.last_exit = None, code
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it is gone."""
        if self.process is not None and not _is_dead(self.process.pid):
            os.kill(self.process.pid, number)

    def mind_log(self) -> None:
        """Turn the log when it is long: its end is kept beside it, and the file is cut. A regular
        file never makes a writer wait; what is written during the turn may be lost."""
        try:
            if self.log.stat().st_size <= LOG_BYTES:
                return
            fresh = self.log.with_suffix(".log.new")
            with self.log.open("rb") as old, fresh.open("wb") as kept:
                old.seek(-LOG_BYTES, os.SEEK_END)
                kept.write(old.read(LOG_BYTES))
            fresh.replace(self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)
        except OSError:
            return  # a full disk: the next look may have more luck

    def tail(self) -> str:
        """End of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = log.read().decode(errors="replace").strip()
                return "\n".join(text.splitlines()[-TAIL_LINES:])
        except OSError:
            return ""

    def describe(self) -> dict[str, object]:
        """For the table everyone reads."""
        return {
            "state": self.state,
            "pid": self.pid,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "left_behind": self.left_behind,
            "sandbox": None if self.sandbox is None else msgspec.to_builtins(self.sandbox),
        }


def end_group(pid: int) -> None:
    """SIGKILL to a child and the group it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _is_dead(pid: int) -> bool:
    """Has a child ended? It is not reaped by asking."""
    try:
        looked = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return looked is not None


def stop_all(children: list[Child], deadline_s: float) -> None:
    """SIGTERM to all, in order; SIGKILL to whoever is left at the deadline (monotonic s)."""
    for child in children:
        child.signal(signal.SIGTERM)
    while any(c.process is not None and not _is_dead(c.process.pid) for c in children):
        if time.monotonic() >= deadline_s:
            break
        time.sleep(0.005)
    for child in children:
        if child.process is not None:
            end_group(child.process.pid)
    for child in children:
        if child.process is not None:
            child.last_exit = child.process.wait()
            child.process = None
        child.state = "ended"
    warden.sweep(os.getpid())


def start_warden() -> subprocess.Popen[bytes]:
    """The process that ends everything when this one is gone; it ends when its pipe is closed."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", warden.__file__, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={},
    )
