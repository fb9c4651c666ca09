"""R2 and K6 under load: how late a live loop is released while `stress-ng` takes processor, memory,
disk and kernel, beside `cyclictest` under the same load: in turns with it, and at the same time.

    python -m bench.stress [--minutes 10] [--json]     both at the same time, so long
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import live
from bench._line import folder
from bench._machine import machine
from bench._measure import Row

LOAD = "--cpu 2 --vm 1 --vm-bytes 256M --io 1 --hdd 1 --hdd-bytes 64M"
MOST_RATIO, MOST_MORE_US = 1.5, 50.0
NEEDS = ("cyclictest", "stress-ng")


@contextmanager
def stressed(where: Path) -> Iterator[None]:
    """The load, for as long as the block lasts."""
    process = subprocess.Popen(
        ["stress-ng", *LOAD.split(), "--temp-path", str(where), "--quiet"], cwd=where
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def in_turns(where: Path, seconds: float, slices: int) -> Row:
    """Alternating slices under the load, as K6 asks."""
    ours, theirs = live.Slices(), live.Slices()
    with stressed(where):
        for _ in range(slices):
            live.cyclictest(seconds, theirs)
            live.take(live.slice_of(where, live.line_text(), seconds), "lateness", ours)
    return Row(
        id="stress.lateness",
        what="release lateness of a live line at 1 kHz under stress-ng, sleeping",
        against="cyclictest under the same",
        kind="floor",
        unit="us",
        ours=ours.spread(),
        theirs=theirs.spread(),
        method=f"alternating slices beside stress-ng {LOAD}; both SCHED_FIFO 50",
        goal=live.GOAL,
        facts=ours.facts() | {"floor_p99_9_us": theirs.facts()["p99_9_us"]},
    )


def at_once(where: Path, seconds: float) -> Row:
    """Both at the same time, as R2 asks: they are also each other's load."""
    ours, theirs = live.Slices(), live.Slices()
    beside = threading.Thread(target=live.cyclictest, args=(seconds, theirs))
    with stressed(where):
        beside.start()
        loop = live.slice_of(where, live.line_text(), seconds)
        beside.join()
    live.take(loop, "lateness", ours)
    most_us = MOST_RATIO * theirs.p99_9[0] + MOST_MORE_US
    facts = {
        "p99_9_us": ours.p99_9[0],
        "floor_p99_9_us": theirs.p99_9[0],
        "most_p99_9_us": most_us,
        "within": ours.p99_9[0] <= most_us,
        "cycles": loop["cycles"],
        "missed": loop["missed"],
        "floor_overruns": theirs.overruns,
    }
    return Row(
        id="stress.at_once",
        what="the same, both at the same time",
        against="cyclictest beside it",
        kind="floor",
        unit="us",
        ours=ours.spread(),
        theirs=theirs.spread(),
        method=f"one slice of {seconds:g} s",
        goal=f"p99.9 at most {MOST_RATIO:g}x and {MOST_MORE_US:g} us more; misses no more than its",
        facts=facts,
    )


def rows(quick: bool) -> Iterator[Row]:
    """Both, where the programs are there."""
    if absent := [name for name in NEEDS if not shutil.which(name)]:
        print(f"bench: stress needs {' and '.join(absent)}", file=sys.stderr)
        return
    seconds, slices = (4.0, 1) if quick else (10.0, 5)
    with folder() as where:
        yield in_turns(where, seconds, slices)
        yield at_once(where, seconds * slices)


def main() -> int:
    """R2 alone, at length."""
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if absent := [name for name in NEEDS if not shutil.which(name)]:
        parser.error(f"absent: {', '.join(absent)}; Debian has them in rt-tests and stress-ng")
    about = machine()
    with folder() as where:
        row = at_once(where, 60.0 * arguments.minutes)
    if arguments.json:
        print(json.dumps({"machine": about, "row": row.as_json()}, indent=1))
        return 0
    print(f"{row.what}, {arguments.minutes:g} min beside stress-ng {LOAD}")
    for name, side in (("linewright", row.ours), ("cyclictest", row.theirs)):
        print(f"{name}: p50 {side.p50:.1f}, p99 {side.p99:.1f}, largest {side.max:.0f} us")
    for key, value in row.facts.items():
        print(f"{key}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
