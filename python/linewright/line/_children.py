"""Child processes of a line: started, watched, restarted with back-off, given up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from linewright.bus._parent import PARENT

BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.1, 30.0
JITTER = 0.2
FAILURES, WINDOW_S = 5, 60.0
TAIL_BYTES, TAIL_LINES = 4000, 12

State = Literal["starting", "running", "waiting", "quarantined", "ended"]


def backoff_s(failures: int, jitter: float) -> float:
    """Wait before the next start after `failures` in a row; `jitter` in -1..1 moves it by up to a
    fifth.

    >>> [backoff_s(n, 0.0) for n in (1, 2, 3, 20)]
    [0.1, 0.2, 0.4, 30.0]
    """
    plain = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 20))
    return min(BACKOFF_MOST_S, plain * (1.0 + JITTER * jitter))


@dataclass
class Child:
    """One process and its history."""

    name: str
    arguments: list[str]
    log: Path
    state: State = "ended"
    restarts: int = 0
    last_exit: int | None = None
    process: subprocess.Popen[bytes] | None = None
    start_at_s: float = 0.0
    started_s: float = 0.0
    failed_s: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    in_a_row: int = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process is not None else None

    def start(self) -> None:
        """Start it, with its output in its log, as a session of its own."""
        environment = {**os.environ, PARENT: str(os.getpid())}
        environment.setdefault("OMP_NUM_THREADS", "1")
        environment.setdefault("OPENBLAS_NUM_THREADS", "1")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        self.state, self.started_s = "running", time.monotonic()

    def ended(self) -> int | None:
        """Exit code when it has just ended, else nothing."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.process, self.last_exit = None, code
        return code

    def failed(self, now_s: float) -> bool:
        """Note a failure and plan the next start; true when it is given up instead."""
        if now_s - self.started_s > WINDOW_S:
            self.in_a_row = 0
        self.in_a_row += 1
        self.failed_s.append(now_s)
        if len(self.failed_s) == FAILURES and now_s - self.failed_s[0] <= WINDOW_S:
            self.state = "quarantined"
            return True
        self.state = "waiting"
        self.start_at_s = now_s + backoff_s(self.in_a_row, random.uniform(-1.0, 1.0))
        return False

    def due(self, now_s: float) -> bool:
        """Is its next start due?"""
        return self.state == "waiting" and now_s >= self.start_at_s

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

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
        }


def stop_all(children: list[Child], deadline_s: float) -> None:
    """SIGTERM to all, in order; SIGKILL to whoever is left at the deadline (monotonic s)."""
    for child in children:
        child.signal(signal.SIGTERM)
    while any(c.process is not None and c.process.poll() is None for c in children):
        if time.monotonic() >= deadline_s:
            break
        time.sleep(0.005)
    for child in children:
        child.signal(signal.SIGKILL)
    for child in children:
        if child.process is not None:
            child.last_exit = child.process.wait()
            child.process = None
        child.state = "ended"
