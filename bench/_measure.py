"""How a time is taken: slices of two sides alternate, so that what the machine does to one it does
to the other."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Spread:
    """Median, 99th percentile and largest of `n` measurements; no tail is trimmed."""

    n: int
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, sample: Sequence[float]) -> Spread:
        """Of a sample; a quantile is the smallest value not below that share of the sample."""
        ordered = sorted(sample)

        def at(share: float) -> float:
            return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

        return cls(len(ordered), at(0.5), at(0.99), ordered[-1])


@dataclass(frozen=True)
class Row:
    """One line of the table: `ours` against `theirs`, both in `unit`."""

    id: str
    what: str
    against: str
    kind: Literal["peer", "floor"]
    unit: str
    ours: Spread
    theirs: Spread
    method: str
    goal: str = ""
    """What the ratio (or, where it names a unit, our median) should be; empty: no goal."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Counts and settings that belong to the row."""

    @property
    def ratio(self) -> float:
        """Our median over theirs: a cost below 1 is ours to boast of, a rate above 1 is."""
        return self.ours.p50 / self.theirs.p50

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        return {**asdict(self), "ratio": self.ratio}


def alternate(
    sides: Sequence[Callable[[], float]], rounds: int, warm_up: int = 1
) -> list[list[float]]:
    """Call each side in turn `rounds` times (after `warm_up` turns that do not count); each call
    gives its own measurement. The cycle collector is off meanwhile.
    """
    measured: list[list[float]] = [[] for _ in sides]
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        for turn in range(warm_up + rounds):
            for side, list_ in zip(sides, measured, strict=True):
                value = side()
                if turn >= warm_up:
                    list_.append(value)
    finally:
        if was_on:
            gc.enable()
    return measured


def per_call_ns(call: Callable[[Any], Any], arguments: Sequence[Any]) -> Callable[[], float]:
    """A side: nanoseconds per call over one pass of `arguments`, the bare loop taken off.

    Processor time of this thread: the calls wait for nothing, so what the wall adds is the
    neighbours' on a shared machine.
    """

    def once() -> float:
        clock = time.thread_time_ns
        start = clock()
        for argument in arguments:
            call(argument)
        middle = clock()
        for _ in arguments:
            pass
        end = clock()
        return ((middle - start) - (end - middle)) / len(arguments)

    return once
