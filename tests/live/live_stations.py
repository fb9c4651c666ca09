"""Stations for lines under test; copied next to the line file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import linewright as lw
from linewright.stations.calender import Calender

TICKS = 1_000_000


class Pushing(Calender):
    """A calender that sends a set-point in every step; its value is the tick it was made in."""

    name: ClassVar[str] = "calender"

    def on_step(self, tick: int) -> None:
        super().on_step(tick)
        self.api.set("ff_gain", (self.api.now_tick % TICKS) / TICKS)


class Diligent(Calender):
    """A calender with some events a second; writes the row of each it was given to a file."""

    name: ClassVar[str] = "calender"

    def build(self, g: Any) -> None:
        super().build(g)
        with g.loop("chatter", rate_hz=50) as loop:
            speed = loop.input("coater.web_speed", "m/s")
            loop.event("chatter", speed > 1.0, rule="threshold", decision="none", refractory_s=0.05)

    def on_event(self, event: Any) -> None:
        if not event.name.endswith("chatter"):
            super().on_event(event)
            return
        with (Path(sys.argv[2]) / "handled").open("a") as file:
            file.write(f"{event.id}\n")


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    rate_hz: float = 100.0


class Probe(lw.Station):
    """A station without actuators; a raw client takes its place."""

    name: ClassVar[str] = "probe"
    Settings: ClassVar[type[Any]] = ProbeSettings

    def build(self, g: Any) -> None:
        with g.loop("watch", rate_hz=self.settings.rate_hz) as loop:
            shift = loop.mailbox("shift", "um", default=0.0, lo=-1.0, hi=1.0, ttl_s=60.0)
            loop.tap("shift", shift.value, every_s=0.1)


def _busy() -> None:
    while True:
        pass


def _hang() -> None:
    """Stands still in C with the interpreter's lock held: no thread of Python runs on."""
    ctypes.PyDLL(None).sleep(10**6)


def _memory() -> None:
    held = bytearray(8 << 30)
    raise AssertionError(f"got {len(held)} bytes")


def _forks() -> None:
    """A fork bomb that ends by itself after ten seconds, whatever holds it or does not."""
    until_s = time.monotonic() + 10.0
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError):
            os.fork()
    os._exit(0)


def _descriptors() -> None:
    held = []
    while True:
        held.append(open(os.devnull))  # noqa: SIM115  # that it leaks is the trouble


def _segfault() -> None:
    ctypes.string_at(0)


def _stdout() -> None:
    for _ in range(64):
        os.write(1, b"x" * (1 << 20))


def _leave() -> None:
    subprocess.Popen(["sleep", "1000"], start_new_session=True)


def _leave_and_die() -> None:
    _leave()
    os._exit(3)


def _die() -> None:
    os._exit(3)


TROUBLES: dict[str, Callable[[], None]] = {
    "busy": _busy,
    "hang": _hang,
    "memory": _memory,
    "forks": _forks,
    "descriptors": _descriptors,
    "segfault": _segfault,
    "stdout": _stdout,
    "leave": _leave,
    "leave_and_die": _leave_and_die,
    "die": _die,
}
TROUBLE = Path(__file__).with_name("trouble")
"""A file that says what happens in the next step; once, unless it begins with `always `."""


class Troubled(Probe):
    """A probe that does what a file tells it, and says when."""

    name: ClassVar[str] = "troubled"

    def start(self, api: Any) -> None:
        super().start(api)
        while TROUBLE.exists() and TROUBLE.read_text() == "start":
            time.sleep(0.1)

    def on_step(self, tick: int) -> None:
        super().on_step(tick)
        if not TROUBLE.exists():
            return
        what = TROUBLE.read_text()
        if not what.startswith("always "):
            TROUBLE.unlink()
        began = TROUBLE.with_suffix(".new")
        began.write_text(str(time.monotonic_ns()))
        began.replace(TROUBLE.with_suffix(".began"))
        TROUBLES[what.removeprefix("always ")]()
