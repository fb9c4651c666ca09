"""One sample in, one out, from Python: `.update(x)` against an empty C method and against what else
one would take."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import linewright as lw
import numpy as np
from scipy import signal

from bench._measure import Row, Spread, alternate, per_call_ns

PERIOD_S = 0.001
METHOD = "slices of one pass over the samples alternate; processor time, the bare loop taken off"


@dataclass(slots=True)
class PlainCusum:
    """Two-sided tabular CUSUM as one writes it in Python."""

    mean: float
    sigma: float
    k: float
    h: float
    high: float = 0.0
    low: float = 0.0

    def update(self, x: float) -> int:
        z = (x - self.mean) / self.sigma
        self.high = max(0.0, self.high + z - self.k)
        self.low = max(0.0, self.low - z - self.k)
        alarm = (self.high > self.h) - (self.low > self.h)
        if alarm:
            self.high = self.low = 0.0
        return alarm


def _sosfilt(first: float) -> Callable[[float], Any]:
    """scipy's filter fed one sample at a time, its state carried along, at rest at `first`."""
    sos = signal.butter(8, 10.0, fs=1.0 / PERIOD_S, output="sos")
    state = signal.sosfilt_zi(sos) * first

    def update(x: float) -> Any:
        nonlocal state
        y, state = signal.sosfilt(sos, [x], zi=state)
        return y[0]

    return update


def _equal(samples: list[float]) -> None:
    """The peers compute the same: else their times mean nothing."""
    ours = lw.Cusum(mean=0.0, sigma=1.0, k=0.5, h=5.0, restart=True, period_s=PERIOD_S)
    plain = PlainCusum(0.0, 1.0, 0.5, 5.0)
    alarms = [int(ours.update(x)[2]) for x in samples]
    if alarms != [plain.update(x) for x in samples]:
        raise RuntimeError("the CUSUM in Python does not agree with the kernel")
    cascade, scipy_one = (
        lw.Butterworth(cutoff_hz=10.0, order=8, period_s=PERIOD_S),
        _sosfilt(samples[0]),
    )
    a = [cascade.update(x) for x in samples]
    b = [scipy_one(x) for x in samples]
    if not np.allclose(a, b, rtol=1e-9, atol=1e-12):
        raise RuntimeError("sosfilt does not agree with the kernel")


def rows(quick: bool) -> Iterator[Row]:
    rounds, n = (5, 200) if quick else (201, 5000)
    rng = random.Random(1)
    samples = [rng.gauss(0.0, 1.0) for _ in range(n)]
    _equal(samples[:200])
    ours: dict[str, Callable[[float], Any]] = {
        "Ewma": lw.Ewma(time_constant_s=0.1, period_s=PERIOD_S).update,
        "Shewhart": lw.Shewhart(mean=0.0, sigma=1.0, limit_sigma=3.0, period_s=PERIOD_S).update,
        "Cusum": lw.Cusum(
            mean=0.0, sigma=1.0, k=0.5, h=5.0, restart=True, period_s=PERIOD_S
        ).update,
        "Kalman": lw.Kalman(walk_sd_per_sqrt_s=0.1, noise_sd=1.0, period_s=PERIOD_S).update,
        "Butterworth order 8": lw.Butterworth(cutoff_hz=10.0, order=8, period_s=PERIOD_S).update,
    }
    sides = [
        per_call_ns(math.fabs, samples),
        per_call_ns(math.modf, samples),
        *(per_call_ns(update, samples) for update in ours.values()),
    ]
    one_out, two_out, *measured = alternate(sides, rounds)
    goals = {"Butterworth order 8": "at most 1.9"}
    for name, list_ in zip(ours, measured, strict=True):
        several = isinstance(ours[name](0.0), tuple)
        yield Row(
            id=f"kernel.{name.split()[0].lower()}.floor",
            what=f"{name}.update(x)",
            against="math.modf(x): two floats out, and it computes" if several else "math.fabs(x)",
            kind="floor",
            unit="ns",
            ours=Spread.of(list_),
            theirs=Spread.of(two_out if several else one_out),
            method=METHOD,
            goal=goals.get(name, "at most 1.6"),
            # No builtin only gives a tuple of floats: the hard floor stands beside.
            facts={
                "calls_per_slice": n,
                "times_fabs": Spread.of(list_).p50 / Spread.of(one_out).p50,
            },
        )
    plain = PlainCusum(0.0, 1.0, 0.5, 5.0).update
    few = samples[: max(50, n // 10)]  # a call of sosfilt takes a thousand times as long
    for id_, name, against, call, arguments, goal in (
        ("kernel.cusum.python", "Cusum", "the same in Python", plain, samples, ""),
        (
            "kernel.butterworth.scipy",
            "Butterworth order 8",
            "scipy.signal.sosfilt, one sample",
            _sosfilt(samples[0]),
            few,
            "at most 1/700",
        ),
    ):
        a, b = alternate(
            [per_call_ns(ours[name], samples), per_call_ns(call, arguments)], max(5, rounds // 4)
        )
        yield Row(
            id=id_,
            what=f"{name}.update(x)",
            against=against,
            kind="peer",
            unit="ns",
            ours=Spread.of(a),
            theirs=Spread.of(b),
            method=METHOD + "; outputs compared first",
            goal=goal,
            facts={"calls_per_slice": [n, len(arguments)]},
        )
    yield from _state_estimates(max(5, rounds // 4), n)


def _per_pair_ns(
    kernel: Any, samples: list[tuple[float, float]], into_array: bool = False
) -> Callable[[], float]:
    """As `per_call_ns`, two numbers a call."""
    update, out = kernel.update, np.empty(sum(width for _, width in kernel.output_widths))

    def once() -> float:
        clock = time.thread_time_ns
        start = clock()
        if into_array:
            for a, b in samples:
                update(a, b, out=out)
        else:
            for a, b in samples:
                update(a, b)
        middle = clock()
        for _, _ in samples:
            pass
        end = clock()
        return ((middle - start) - (end - middle)) / len(samples)

    return once


def _state_estimates(rounds: int, n: int) -> Iterator[Row]:
    """Two walks with their rates seen in noise: `KalmanFilter` against filterpy."""
    try:
        peer = import_module("filterpy.kalman").KalmanFilter(dim_x=4, dim_z=2)
    except ModuleNotFoundError:
        print("bench: filterpy is not installed: no row against it", file=sys.stderr)
        return
    step = np.kron(np.eye(2), [[1.0, 0.1], [0.0, 1.0]])
    seen = np.kron(np.eye(2), [[1.0, 0.0]])
    peer.F, peer.H, peer.Q = step, seen, 0.01 * np.eye(4)

    def theirs(y: tuple[float, float]) -> Any:
        peer.predict()
        peer.update(y)
        return peer.x

    config = {
        "transition": step.tolist(),
        "measurement": seen.tolist(),
        "process_noise": (0.01 * np.eye(4)).tolist(),
        "measurement_noise": np.eye(2).tolist(),
        "initial_covariance": (step @ step.T + 0.01 * np.eye(4)).tolist(),
        "period_s": 0.1,
    }
    state, full = lw.KalmanFilter(**config, state_only=True), lw.KalmanFilter(**config)
    rng = np.random.default_rng(1)
    samples = [(float(a), float(b)) for a, b in rng.normal(size=(n, 2))]
    for y in samples[:200]:
        if not np.allclose(state.update(y), np.ravel(theirs(y)), rtol=1e-9, atol=1e-12):
            raise RuntimeError("filterpy does not agree with the kernel")
        full.update(y)
    calls = {
        "state as a tuple": _per_pair_ns(state, samples),
        "state into an array": _per_pair_ns(state, samples, into_array=True),
        "all outputs into an array": _per_pair_ns(full, samples, into_array=True),
    }
    few = samples[: max(50, n // 50)]
    for what, call in calls.items():
        a, b = alternate([call, per_call_ns(theirs, few)], rounds)
        yield Row(
            id=f"kernel.kalman_filter.{what.replace(' ', '_')}",
            what=f"KalmanFilter.update(a, b), 4 states, {what}",
            against="filterpy, predict and update",
            kind="peer",
            unit="ns",
            ours=Spread.of(a),
            theirs=Spread.of(b),
            method=METHOD + "; outputs compared first",
            goal="at most 1/400" if what == "state into an array" else "",
            facts={"calls_per_slice": [n, len(few)]},
        )
