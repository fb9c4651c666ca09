"""The service manager is told what is true: the watchdog is fed by the loop, not by the process."""

from __future__ import annotations

import ctypes
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live_line import LiveLine

WATCHDOG_S = 0.4
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000


@contextmanager
def manager() -> Iterator[socket.socket]:
    """A service manager's socket; its name is its address."""
    folder = tempfile.TemporaryDirectory(prefix="notify-")
    with folder as name, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"{name}/notify")
        yield heard


def told(heard: socket.socket, for_s: float) -> list[str]:
    """What is said within a time."""
    said, until_s = [], time.monotonic() + for_s
    while (left_s := until_s - time.monotonic()) > 0:
        heard.settimeout(left_s)
        try:
            said.append(heard.recv(4096).decode())
        except TimeoutError:
            break
    return said


def loop_thread(core: int) -> int:
    for task in Path(f"/proc/{core}/task").iterdir():
        if (task / "comm").read_text().strip() == "linewright-loop":
            return int(task.name)
    raise AssertionError("the core has no loop thread")


class Held:
    """One thread of another process, stopped; the rest of that process runs on."""

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        self._libc.ptrace.restype = ctypes.c_long

    def _call(self, request: int) -> None:
        if self._libc.ptrace(request, self.thread, None, None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def __enter__(self) -> Held:
        try:
            self._call(SEIZE)
        except PermissionError:
            pytest.skip("this machine does not let a thread of another process be stopped")
        self._call(INTERRUPT)
        os.waitpid(self.thread, WALL)
        return self

    def __exit__(self, *_: object) -> None:
        self._call(DETACH)


def standing(line: LiveLine) -> int:
    """How often the supervisor has said that the loop stands."""
    return sum("loop stands" in text for text in line.table()["alarms"])


def test_the_watchdog_starves_when_the_loop_stands_though_the_core_answers() -> None:
    with manager() as heard:
        variables = {
            "NOTIFY_SOCKET": heard.getsockname(),
            "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6)),
        }
        with LiveLine(environment=variables) as line:
            line.start()
            said = told(heard, 2.0)
            assert said.count("READY=1") == 1
            assert said.count("WATCHDOG=1") >= 10, "at least every half of its time"
            with Held(loop_thread(line.pid("core"))):
                told(heard, WATCHDOG_S / 2)  # ticks of before are still told of, once
                assert told(heard, 4 * WATCHDOG_S) == [], "a loop that stands feeds nothing"
                assert line.operator is not None
                assert line.operator.status(3.0), "while the rest of the core is alive"
                line.until(lambda: standing(line) == 1, "the supervisor's alarm")
            assert "WATCHDOG=1" in told(heard, 2.0), "a loop that goes on feeds again"
            for name in ("bus", "calender"):
                variables = Path(f"/proc/{line.pid(name)}/environ").read_bytes()
                assert b"NOTIFY_SOCKET" not in variables, name
            assert standing(line) == 1, "told once"
            assert line.stop()[0] == 0
            assert told(heard, 0.2).count("STOPPING=1") == 1


def test_without_a_watchdog_only_readiness_and_the_end_are_said() -> None:
    with manager() as heard:
        with LiveLine(environment={"NOTIFY_SOCKET": heard.getsockname()}) as line:
            line.start()
            assert told(heard, 0.5) == ["READY=1"]
            assert line.stop()[0] == 0
        assert told(heard, 0.2) == ["STOPPING=1"]
