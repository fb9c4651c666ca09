"""A8: a plant goes safe by itself when the core stands still or dies, and stays safe until a reset.

What is asserted is what is done and in which order. How long it took is printed, beside the figure
it is promised for: three periods or 100 ms, whichever is larger.
"""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from core_process import CoreProcess
from linewright import messages as m
from sink import Sink

CHANGES = {"resolution = 0.01": "resolution = 0.0", "lease_s = 1.0": "lease_s = 600.0"}


def told(name: str, times_ns: list[int]) -> None:
    of = sorted(times_ns)
    places = {"median": len(of) // 2, "p99": len(of) * 99 // 100, "worst": len(of) - 1}
    figures = ", ".join(f"{word} {of[place] * 1e-6:.1f} ms" for word, place in places.items())
    print(f"\n  A8 {name}: {len(of)} times safe after the last heartbeat: {figures}")


def pauses(folder: Path, count: int, seed: int) -> None:
    draw = random.Random(seed)
    with CoreProcess(folder, CHANGES) as core:
        sink = Sink(folder / "plant.sock")
        sink.start()
        core.start()
        core.close_loop()
        for n in range(count):
            at = len(sink.lines)
            core.until(lambda at=at: len(sink.lines) > at + 5 and sink.lines[-1].acted)
            core.signal(signal.SIGSTOP)
            core.until(lambda: sink.safe)
            assert sink.valve == sink.SAFE_AT
            time.sleep(draw.uniform(0.0, 0.1))
            core.signal(signal.SIGCONT)
            heard = sink.heartbeats
            core.until(lambda heard=heard: sink.heartbeats > heard + 5)
            assert sink.safe, "a heartbeat alone does not unlatch"
            assert sink.valve == sink.SAFE_AT, "what was queued does not act"
            assert core.command(m.Manual("tank.valve", 30.0, "test")).reason == "tripped"
            assert core.command(m.Arm("test")).reason == "tripped"
            sent = len(sink.lines)
            core.close_loop()
            core.until(lambda: not sink.safe)
            core.until(lambda sent=sent: len(sink.lines) > sent)
            (first, *_) = sink.lines[sent:]
            # 20 %/s at 1000 Hz, two ticks at most.
            assert abs(first.value - sink.SAFE_AT) <= 0.04 + 1e-9, (n, first)
        assert len(sink.late_ns) >= count
        assert core.stop() == 0
        sink.end()
        told("SIGSTOP", sink.late_ns)


def deaths(folder: Path, count: int) -> None:
    with CoreProcess(folder, CHANGES) as core:
        sink = Sink(folder / "plant.sock")
        sink.start()
        for n in range(count):
            core.start()
            core.close_loop()
            at = len(sink.lines)
            core.until(lambda at=at: len(sink.lines) > at + 5 and sink.lines[-1].acted)
            core.kill()
            core.until(lambda: sink.safe)
            assert sink.valve == sink.SAFE_AT
            assert len(sink.gone_ns) + len(sink.late_ns) >= n + 1
        core.start()
        heard = sink.heartbeats
        core.until(lambda: sink.heartbeats > heard + 5)
        assert sink.safe, "a new core does not unlatch"
        assert core.command(m.Arm("test")).status == "refused"
        assert core.stop() == 0
        sink.end()
        told("SIGKILL", sink.gone_ns)


def test_a8_a_core_that_stands_still_leaves_a_safe_plant(tmp_path: Path) -> None:
    pauses(tmp_path, 10, seed=1)


def test_a8_a_core_that_is_killed_leaves_a_safe_plant(tmp_path: Path) -> None:
    deaths(tmp_path, 5)


@pytest.mark.soak
def test_a8_five_hundred_pauses(tmp_path: Path) -> None:
    pauses(tmp_path, 500, seed=2)


@pytest.mark.soak
def test_a8_five_hundred_deaths(tmp_path: Path) -> None:
    deaths(tmp_path, 500)
