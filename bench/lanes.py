"""Many channels of one kernel in one call, against scipy, numba and the same kernels one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import linewright as lw
import numpy as np
from scipy import signal

from bench._measure import Row, Spread, alternate

FS_HZ = 1000.0
METHOD = "calls alternate, processor time of the thread; outputs compared first"
DETECTORS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (lw.Shewhart, {"limit_sigma": 3.0}),
    (lw.Cusum, {"k": 0.5, "h": 5.0, "restart": True}),
    (lw.Cusum, {"k": 0.25, "h": 8.0, "restart": True}),
    (lw.EwmaChart, {"weight": 0.2, "limit_sigma": 2.962, "exact_start": False}),
    (lw.EwmaChart, {"weight": 0.05, "limit_sigma": 2.615, "exact_start": False}),
    (lw.EwmaChart, {"weight": 0.4, "limit_sigma": 3.054, "exact_start": True}),
)


def _us(call: Callable[[], Any], repeats: int) -> Callable[[], float]:
    def once() -> float:
        start = time.thread_time_ns()
        for _ in range(repeats):
            call()
        return (time.thread_time_ns() - start) / (1000.0 * repeats)

    return once


def _numba_sections() -> Callable[..., None] | None:
    """The same cascade over channels as one writes it for numba; none when it is not installed."""
    try:
        import numba  # type: ignore[import-not-found]  # noqa: PLC0415
    except ImportError:
        return None

    @numba.njit
    def sections(sos: Any, state: Any, x: Any, y: Any) -> None:  # pragma: no cover
        for t in range(x.shape[0]):
            for c in range(x.shape[1]):
                level = x[t, c]
                for i in range(sos.shape[0]):
                    out = sos[i, 0] * level + state[i, 0, c]
                    state[i, 0, c] = sos[i, 1] * level - sos[i, 4] * out + state[i, 1, c]
                    state[i, 1, c] = sos[i, 2] * level - sos[i, 5] * out
                    level = out
                y[t, c] = level

    return sections  # type: ignore[no-any-return]


def _filter_rows(channels: int, rounds: int, samples: int) -> Iterator[Row]:
    sos = signal.butter(8, 10.0, fs=FS_HZ, output="sos")
    x = np.random.default_rng(channels).normal(size=(samples, channels))
    kernel = lw.Butterworth(cutoff_hz=10.0, order=8, period_s=1.0 / FS_HZ)
    at_rest = signal.sosfilt_zi(sos)[:, :, None] * x[0]
    expected, _ = signal.sosfilt(sos, x, axis=0, zi=at_rest)
    if not np.allclose(kernel.process(x), expected, rtol=1e-9, atol=1e-12):
        raise RuntimeError(f"{channels} channels: sosfilt does not agree with the kernel")
    y = np.empty_like(x)
    scipy_state = at_rest.copy()

    def with_scipy() -> None:
        _, scipy_state[:] = signal.sosfilt(sos, x, axis=0, zi=scipy_state)

    sides = {"scipy.signal.sosfilt": with_scipy}
    sections = _numba_sections()
    if sections is not None:
        state = at_rest.copy()
        sections(sos, state, x, y)
        if not np.allclose(y, expected, rtol=1e-9, atol=1e-12):
            raise RuntimeError(f"{channels} channels: numba does not agree with the kernel")
        sides["the same loops compiled by numba"] = lambda: sections(sos, state, x, y)
    ours, *theirs = alternate(
        [_us(lambda: kernel.process(x, out=y), 3), *(_us(call, 1) for call in sides.values())],
        rounds,
    )
    goals = {
        "scipy.signal.sosfilt": "at most 1/12",
        "the same loops compiled by numba": "at most 1/2",
    }
    for against, measured in zip(sides, theirs, strict=True):
        yield Row(
            id=f"lanes.filter.{channels}.{'scipy' if 'scipy' in against else 'numba'}",
            what=f"Butterworth order 8, {samples} samples of {channels} channels",
            against=against,
            kind="peer",
            unit="us a block",
            ours=Spread.of(ours),
            theirs=Spread.of(measured),
            method=METHOD,
            goal=goals[against] if "scipy" in against or channels == 16 else "",
            facts={"channel_samples": samples * channels},
        )


def _detector_row(rounds: int) -> Row:
    """Six charts over 64 channels in one tick."""
    channels = 64
    x = np.random.default_rng(5).normal(size=(1, channels))
    rack = [kind.lanes(channels, mean=0.0, sigma=1.0, period_s=1.0, **c) for kind, c in DETECTORS]
    outs = [tuple(np.empty_like(x) for _ in kind.OUTPUTS) for kind, _ in DETECTORS]
    row = x[0].tolist()
    singles = [
        [kind(mean=0.0, sigma=1.0, period_s=1.0, **c).update for _ in row] for kind, c in DETECTORS
    ]

    def ours() -> None:
        for kernel, out in zip(rack, outs, strict=True):
            kernel.process(x, out=out)

    def one_by_one() -> list[Any]:
        return [[u(v) for u, v in zip(updates, row, strict=True)] for updates in singles]

    ours()
    for out, single in zip(outs, one_by_one(), strict=True):
        if not np.array_equal(np.array(single), np.concatenate(out).T):
            raise RuntimeError("the charts over channels do not agree with one by one")
    a, b = alternate([_us(ours, 50), _us(one_by_one, 5)], rounds)
    return Row(
        id="lanes.detectors.64",
        what="6 charts over 64 channels, one tick",
        against="update, chart by chart and channel by channel",
        kind="peer",
        unit="us",
        ours=Spread.of(a),
        theirs=Spread.of(b),
        method=METHOD,
        goal="at most 20 us",
    )


def _rack_row(rounds: int) -> Row:
    """A low-pass and a CUSUM for each of 15,000 channels, each with its own mean, one tick."""
    channels = 15_000
    rng = np.random.default_rng(6)
    mean = rng.normal(3.7, 0.01, channels)
    x = mean + rng.normal(0.0, 0.004, (1, channels))
    smooth = lw.Butterworth.lanes(channels, cutoff_hz=0.1, order=2, period_s=1.0)
    watch = lw.Cusum.lanes(
        channels, mean=mean, sigma=0.004, k=0.5, h=5.0, restart=True, period_s=1.0
    )
    y = np.empty_like(x)
    out = tuple(np.empty_like(x) for _ in range(3))
    high, low = np.zeros(channels), np.zeros(channels)

    def ours() -> None:
        smooth.process(x, out=y)
        watch.process(y, out=out)

    def with_numpy() -> None:
        """The CUSUM alone, in numpy."""
        nonlocal high, low
        z = (x[0] - mean) / 0.004
        high = np.maximum(0.0, high + z - 0.5)
        low = np.maximum(0.0, low - z - 0.5)
        alarm = (high > 5.0).astype(float) - (low > 5.0)
        high = np.where(alarm != 0.0, 0.0, high)
        low = np.where(alarm != 0.0, 0.0, low)

    a, b = alternate([_us(ours, 10), _us(with_numpy, 10)], rounds)
    return Row(
        id="lanes.rack.15000",
        what="low-pass of order 2 and CUSUM over 15,000 channels, one tick",
        against="the CUSUM alone in numpy",
        kind="peer",
        unit="us",
        ours=Spread.of(a),
        theirs=Spread.of(b),
        method=METHOD,
        goal="at most 150 us",
    )


def rows(quick: bool) -> Iterator[Row]:
    rounds, samples = (3, 256) if quick else (51, 4096)
    for channels in (16, 64, 256):
        yield from _filter_rows(channels, rounds, samples)
    yield _detector_row(rounds)
    yield _rack_row(rounds)
