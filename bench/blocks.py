"""Blocks of one channel through an 8th-order low-pass, against scipy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import linewright as lw
import numpy as np
from scipy import signal

from bench._measure import Row, Spread, alternate

FS_HZ = 1000.0
GOALS = {16: 100.0, 256: 20.0, 4096: 3.5, 65536: 2.2}
"""How many times faster than scipy, by samples in a block."""


def _per_sample(call: Callable[[], Any], samples: int, repeats: int) -> Callable[[], float]:
    def once() -> float:
        start = time.thread_time_ns()
        for _ in range(repeats):
            call()
        return (time.thread_time_ns() - start) / (repeats * samples)

    return once


def rows(quick: bool) -> Iterator[Row]:
    rounds, most = (3, 4096) if quick else (101, 400_000)
    rng = np.random.default_rng(1)
    sos = signal.butter(8, 10.0, fs=FS_HZ, output="sos")
    for n, times in GOALS.items():
        x = rng.normal(size=n)
        kernel = lw.Butterworth(cutoff_hz=10.0, order=8, period_s=1.0 / FS_HZ)
        at_rest = signal.sosfilt_zi(sos) * x[0]
        expected, _ = signal.sosfilt(sos, x, zi=at_rest)
        if not np.allclose(kernel.process(x), expected, rtol=1e-9, atol=1e-12):
            raise RuntimeError(f"block of {n}: sosfilt does not agree with the kernel")
        kernel.reset()
        state = at_rest.copy()

        def scipy_block(x: Any = x, state: Any = state) -> None:
            _, state[:] = signal.sosfilt(sos, x, zi=state)

        repeats = max(1, most // n // 16)
        ours, theirs = alternate(
            [
                _per_sample(lambda k=kernel, x=x: k.process(x), n, repeats),  # type: ignore[misc]
                _per_sample(scipy_block, n, max(1, repeats // 4)),
            ],
            rounds,
        )
        yield Row(
            id=f"block.{n}",
            what=f"Butterworth order 8, block of {n}",
            against="scipy.signal.sosfilt",
            kind="peer",
            unit="ns per sample",
            ours=Spread.of(ours),
            theirs=Spread.of(theirs),
            method="slices alternate, processor time, state carried on; outputs compared first",
            goal=f"at most 1/{times:g}",
            facts={"blocks_per_slice": [repeats, max(1, repeats // 4)]},
        )
