"""One sample in, one out, beside what else one would take, by pytest-benchmark.

    python -m pip install -e '.[bench]'
    python -m pytest bench --benchmark-only --benchmark-group-by=group

`python -m bench` judges: it takes both sides of a ratio in turns. This one shows spreads and
compares runs (`--benchmark-autosave`, `--benchmark-compare`). A time is that of 1000 samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import linewright as lw
import numpy as np
import pytest
from scipy import signal

pytest.importorskip("pytest_benchmark", reason="the `bench` extra is not installed")

PERIOD_S = 0.001
SAMPLES: list[float] = np.random.default_rng(7).normal(size=1000).tolist()
Step = Callable[[float], Any]


def sosfilt() -> Step:
    """scipy, one sample at a time, the state carried along."""
    sos = signal.butter(8, 10.0, fs=1.0 / PERIOD_S, output="sos")
    state = signal.sosfilt_zi(sos) * 0.0

    def step(x: float) -> Any:
        nonlocal state
        y, state = signal.sosfilt(sos, [x], zi=state)
        return y

    return step


def numba_cusum() -> Step:
    """The two-sided CUSUM, compiled by numba, its state in an array."""
    numba = pytest.importorskip("numba")

    @numba.njit
    def cusum(state: Any, x: float) -> tuple[float, float, float]:  # pragma: no cover
        state[0] = max(0.0, state[0] + x - 0.5)
        state[1] = max(0.0, state[1] - x - 0.5)
        alarm = 1.0 if state[0] > 5.0 else (-1.0 if state[1] > 5.0 else 0.0)
        high, low = state[0], state[1]
        if alarm != 0.0:
            state[0] = 0.0
            state[1] = 0.0
        return high, low, alarm

    state = np.zeros(2)
    cusum(state, 0.0)
    return lambda x: cusum(state, x)


def simple_pid() -> Step:
    """simple-pid with the clock passed in."""
    made = pytest.importorskip("simple_pid").PID(2.0, 0.5, 0.0, setpoint=0.0, sample_time=None)
    made.output_limits = (-10.0, 10.0)
    return lambda x: made(x, dt=PERIOD_S)


def filterpy() -> Step:
    """A random walk seen in noise, by filterpy."""
    made = pytest.importorskip("filterpy.kalman").KalmanFilter(dim_x=1, dim_z=1)
    made.F = made.H = np.eye(1)
    made.Q, made.R = np.eye(1) * 0.01, np.eye(1)

    def step(x: float) -> Any:
        made.predict()
        made.update(x)
        return made.x

    return step


def river_page_hinkley() -> Step:
    """river's Page-Hinkley test."""
    made = pytest.importorskip("river.drift").PageHinkley()
    return made.update


def pid() -> Step:
    """Ours."""
    made = lw.Pid(
        kp=2.0,
        ti_s=4.0,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        lo=-10.0,
        hi=10.0,
        tracking_time_s=4.0,
        period_s=PERIOD_S,
    )
    update = made.update
    return lambda x: update(0.0, x, 0.0, 0.0, 1.0)


CASES: dict[str, dict[str, Callable[[], Step]]] = {
    "floor": {
        "math.fabs": lambda: math.fabs,
        "Ewma": lambda: lw.Ewma(time_constant_s=0.05, period_s=PERIOD_S).update,
    },
    "filter, 8th order": {
        "Butterworth": lambda: lw.Butterworth(cutoff_hz=10.0, order=8, period_s=PERIOD_S).update,
        "scipy.signal.sosfilt": sosfilt,
    },
    "CUSUM": {
        "Cusum": lambda: (
            lw.Cusum(mean=0.0, sigma=1.0, k=0.5, h=5.0, restart=True, period_s=PERIOD_S).update
        ),
        "numba": numba_cusum,
    },
    "PID": {"Pid": pid, "simple-pid": simple_pid},
    "Kalman": {
        "Kalman": lambda: lw.Kalman(walk_sd_per_sqrt_s=0.1, noise_sd=1.0, period_s=1.0).update,
        "filterpy": filterpy,
    },
    "drift": {
        "PageHinkley": lambda: (
            lw.PageHinkley(sigma=1.0, k=0.5, h=50.0, restart=True, period_s=PERIOD_S).update
        ),
        "river": river_page_hinkley,
    },
}


def run(step: Step) -> None:
    """All samples, one at a time."""
    for x in SAMPLES:
        step(x)


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, cases in CASES.items() for name in cases]
)
def test_update(benchmark: Any, group: str, name: str) -> None:
    benchmark.group = group
    benchmark.extra_info["samples"] = len(SAMPLES)
    step = CASES[group][name]()
    run(step)  # the first call may compile or import
    benchmark(run, step)
