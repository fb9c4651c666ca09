"""Filters along the web: the wave goes at any speed, the rest stays."""

from __future__ import annotations

import math

import linewright as lw
import numpy as np
import pytest
from numpy.typing import NDArray

PERIOD_S = 0.01
WAVELENGTH_M = 1.5
LEVEL = 200.0

Series = NDArray[np.float64]


def speeds(kind: str) -> Series:
    """Metres per second at each sample; 120 to 600 m of web."""
    match kind:
        case "slow":
            return np.full(60_000, 0.2)
        case "usual":
            return np.full(40_000, 1.0)
        case "fast":
            return np.full(20_000, 3.0)
        case _:
            return np.concatenate([np.full(15_000, 0.5), np.linspace(0.5, 3.0, 6_000)])


def wave(position_m: Series) -> Series:
    turn = 2.0 * math.pi * position_m / WAVELENGTH_M
    return np.sin(turn + 0.4) + 0.5 * np.cos(2.0 * turn) + 0.25 * np.sin(3.0 * turn + 2.0)


def rms(x: Series) -> float:
    return math.sqrt(float(np.mean(x * x)))


def make(name: str) -> lw.SynchronousNotch | lw.RepetitiveFilter:
    if name == "SynchronousNotch":
        return lw.SynchronousNotch(
            wavelength_m=WAVELENGTH_M, bandwidth_per_m=0.03, harmonics=3, period_s=PERIOD_S
        )
    return lw.RepetitiveFilter(turn_m=WAVELENGTH_M, bins=64, turns=10.0, period_s=PERIOD_S)


@pytest.mark.parametrize("kind", ["slow", "usual", "fast", "change"])
@pytest.mark.parametrize(
    ("name", "least_db"), [("SynchronousNotch", 45.0), ("RepetitiveFilter", 40.0)]
)
def test_the_wave_goes(name: str, least_db: float, kind: str) -> None:
    position_m = np.cumsum(speeds(kind)) * PERIOD_S
    shape = wave(position_m)
    y = make(name).process(LEVEL + shape, position_m)[0]
    # Through the change: all of it, from where the speed begins to rise.
    judged = slice(-6_000, None) if kind == "change" else slice(-len(y) // 5, None)
    assert 20.0 * math.log10(rms(shape[judged]) / rms(y[judged] - LEVEL)) > least_db


@pytest.mark.parametrize("name", ["SynchronousNotch", "RepetitiveFilter"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_rest_stays(name: str, seed: int) -> None:
    """A step, a drift and noise beside the wave pass: what is lost is a small share of them."""
    rng = np.random.default_rng(seed)
    position_m = np.cumsum(speeds("usual")) * PERIOD_S
    time_s = np.arange(len(position_m)) * PERIOD_S
    rest = 0.5 * rng.normal(size=len(position_m)) + 0.01 * time_s + 2.0 * (time_s > 300.0)
    y = make(name).process(LEVEL + wave(position_m) + rest, position_m)[0]
    late = slice(20_000, None)
    lost = y[late] - LEVEL - rest[late]
    assert rms(lost) < 0.25 * rms(rest[late] - rest[late].mean())
    step = slice(30_010, 30_200)
    before = slice(29_800, 29_990)
    assert np.mean(y[step]) - np.mean(y[before]) == pytest.approx(2.0, abs=0.2)


def test_a_notch_in_time_loses_the_wave_where_the_notch_along_the_web_keeps_it() -> None:
    position_m = np.cumsum(speeds("change")) * PERIOD_S
    shape = np.sin(2.0 * math.pi * position_m / WAVELENGTH_M)
    in_time = lw.Notch(
        frequency_hz=0.5 / WAVELENGTH_M, bandwidth_hz=0.015, period_s=PERIOD_S
    ).process(shape)
    along = make("SynchronousNotch").process(shape, position_m)[0]
    assert rms(in_time[10_000:14_000]) < 0.01
    assert rms(in_time[-3_000:]) > 0.6
    assert rms(along[-3_000:]) < 0.01


def test_amplitude_and_pattern_are_the_waves() -> None:
    position_m = np.cumsum(speeds("usual")) * PERIOD_S
    shape = wave(position_m)
    _, taken, amplitude = make("SynchronousNotch").process(LEVEL + shape, position_m)
    # The other waves ripple on it by the notch's share of a wavelength, 0.045 of their size.
    assert amplitude[-1] == pytest.approx(1.0, abs=0.03)
    assert rms(taken[-5_000:] - shape[-5_000:]) < 0.01
    _, pattern = make("RepetitiveFilter").process(LEVEL + shape, position_m)
    assert rms(pattern[-5_000:] - shape[-5_000:]) < 0.02


@pytest.mark.parametrize("name", ["SynchronousNotch", "RepetitiveFilter"])
def test_direction_makes_no_difference_and_a_standing_web_teaches_nothing(name: str) -> None:
    position_m = np.concatenate([
        np.arange(0.0, 200.0, 0.01),
        np.full(5_000, 200.0),
        200.0 - np.arange(0.0, 200.0, 0.01),
    ])  # fmt: skip
    shape = wave(position_m)
    x = LEVEL + shape
    x[20_001:25_000] += 3.0  # something else, while it stands
    y = make(name).process(x, position_m)[0]
    assert rms(y[-5_000:] - LEVEL) < 0.03
    assert rms(y[25_000:26_000] - LEVEL) < 0.06
    assert np.allclose(y[20_100:24_900], LEVEL + 3.0, atol=0.06)
