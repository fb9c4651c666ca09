"""The yardsticks against a simulation of the best controller and of the best detector."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linewright.value import bounds


@pytest.mark.parametrize("seed", [1, 2])
def test_no_predictor_of_the_mix_beats_the_minimum_variance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, delay = 400_000, 6
    phi = math.exp(-1.0 / 20.0)
    shocks = rng.normal(0.0, 0.15 * math.sqrt(1.0 - phi**2), n)
    ar = np.empty(n)
    level = 0.0
    for i, shock in enumerate(shocks):
        level = phi * level + shock
        ar[i] = level
    walk = np.cumsum(rng.normal(0.0, 0.02, n))
    perfect = walk[:-delay] + phi**delay * ar[:-delay]
    left = np.std((walk + ar)[delay:] - perfect)
    mix = bounds.DisturbanceMix()
    assert left == pytest.approx(bounds.minimum_sd_pct(mix, delay, with_tones=False), rel=0.02)
    naive = np.std((walk + ar)[delay:] - (walk + ar)[:-delay])
    assert naive > left


def test_tones_only_add() -> None:
    mix = bounds.DisturbanceMix()
    without = bounds.minimum_sd_pct(mix, 3.0, with_tones=False)
    with_tones = bounds.minimum_sd_pct(mix, 3.0, with_tones=True)
    assert with_tones**2 - without**2 == pytest.approx(mix.ripple_sd_pct**2 + mix.roll_sd_pct**2)


def test_detection_bound_grows_with_transport_and_falls_with_size() -> None:
    def bound(transport: float, delta: float) -> float:
        return bounds.time_to_detect_bound_s(
            transport_s=transport, sampling_s=0.1, shift_in_sigma=delta, arl0_samples=288_000.0
        )

    assert bound(80.0, 1.0) - bound(3.0, 1.0) == pytest.approx(77.0)
    assert bound(0.0, 1.0) == pytest.approx(0.1 + 0.1 * 2.0 * math.log(288_000.0))
    assert bound(0.0, 4.0) < bound(0.0, 1.0)


def test_bounds_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="delay_s must be positive, was 0"):
        bounds.minimum_sd_pct(bounds.DisturbanceMix(), 0.0, with_tones=True)
    with pytest.raises(ValueError, match="shift_in_sigma"):
        bounds.time_to_detect_bound_s(
            transport_s=0.0, sampling_s=1.0, shift_in_sigma=0.0, arl0_samples=10.0
        )
