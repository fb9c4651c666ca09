"""How long one waits before anything runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from bench import _line
from bench._measure import Row, Spread, alternate


def _wall_ms(command: Sequence[str]) -> Callable[[], float]:
    def once() -> float:
        start = time.perf_counter_ns()
        subprocess.run(command, check=True, capture_output=True)
        return (time.perf_counter_ns() - start) * 1e-6

    return once


def rows(quick: bool) -> Iterator[Row]:
    python = [sys.executable, "-c"]
    commands = [[*python, "pass"], [*python, "import zmq"], [*python, "import linewright"]]
    commands.append([str(_line.LINEWRIGHT), "--help"])
    sides = [_wall_ms(command) for command in commands]
    bare, zmq, ours, help_ = alternate(sides, 3 if quick else 41)
    method = "whole processes alternate"
    yield Row(
        id="startup.import",
        what="import linewright",
        against="import zmq",
        kind="peer",
        unit="ms",
        ours=Spread.of([a - b for a, b in zip(ours, bare, strict=True)]),
        theirs=Spread.of([a - b for a, b in zip(zmq, bare, strict=True)]),
        method=method + "; a bare interpreter of the same turn taken off",
        goal="at most 1.5",
    )
    yield Row(
        id="startup.help",
        what="linewright --help",
        against="python -c pass",
        kind="floor",
        unit="ms",
        ours=Spread.of(help_),
        theirs=Spread.of(bare),
        method=method,
        goal="under 150 ms",
    )
