"""Many channels of one kernel: shared coefficients, or one number for each."""

from __future__ import annotations

from typing import Any

import linewright as lw
import numpy as np
import pytest
from linewright import kernels
from linewright.kernels import KERNELS

CHANNELS = 21
CUSUM: dict[str, Any] = {"k": 0.5, "h": 5.0, "restart": True, "period_s": 1.0}


def means() -> np.ndarray:
    return np.linspace(3.6, 3.8, CHANNELS)


def volts(samples: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(3.7, 0.1, (samples, CHANNELS))
    x[samples // 2, 3] = np.nan
    x[samples // 3, 5:9] = np.inf
    return x


def one_by_one(singles: list[Any], x: np.ndarray) -> list[np.ndarray]:
    rows = [[single.update(float(v)) for single, v in zip(singles, row, strict=True)] for row in x]
    return list(np.moveaxis(np.array(rows), -1, 0))


@pytest.mark.parametrize("order", ["C", "F", "every second column"])
def test_each_channel_is_a_kernel_of_its_own_mean_to_the_bit(order: str) -> None:
    lanes = lw.Cusum.lanes(CHANNELS, mean=means(), sigma=0.1, **CUSUM)
    singles = [lw.Cusum(mean=float(m), sigma=0.1, **CUSUM) for m in means()]
    for seed in range(3):
        x = volts(40, seed)
        laid = np.repeat(x, 2, axis=1)[:, ::2] if order.startswith("every") else x.copy(order)
        got = lanes.process(laid)
        for a, b in zip(got, one_by_one(singles, x), strict=True):
            assert a.tobytes() == b.tobytes()
    assert lanes.state == b"".join(single.state for single in singles)
    assert lanes.last == [single.last for single in singles]


def test_a_state_goes_on_and_a_reset_keeps_the_channels() -> None:
    lanes = lw.Ewma.lanes(CHANNELS, time_constant_s=np.linspace(1.0, 9.0, CHANNELS), period_s=1.0)
    other = lw.Ewma.lanes(CHANNELS, time_constant_s=np.linspace(1.0, 9.0, CHANNELS), period_s=1.0)
    first = lanes.process(volts(30, 1))
    other.restore(lanes.state)
    assert lanes.process(volts(30, 2)).tobytes() == other.process(volts(30, 2)).tobytes()
    with pytest.raises(ValueError, match="state must be"):
        lanes.restore(lanes.state[8:])
    lanes.reset()
    assert lanes.process(volts(30, 1)).tobytes() == first.tobytes()


def test_the_number_of_channels_is_kept_and_update_refused() -> None:
    lanes = lw.Ewma.lanes(CHANNELS, time_constant_s=2.0, period_s=1.0)
    with pytest.raises(ValueError, match="holds the state of 21 channels, got 3"):
        lanes.process(np.zeros((4, 3)))
    with pytest.raises(RuntimeError, match="holds 21 channels: use process"):
        lanes.update(1.0)


def test_a_wrong_number_of_values_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Cusum: sigma must be .* each of 21 channels, got 3"):
        lw.Cusum.lanes(CHANNELS, mean=0.0, sigma=[1.0, 2.0, 3.0], **CUSUM)
    with pytest.raises(ValueError, match="sigma"):
        lw.Cusum.lanes(CHANNELS, mean=means(), sigma=means() - 3.65, **CUSUM)
    with pytest.raises(TypeError, match="period_s"):
        lw.Ewma.lanes(CHANNELS, time_constant_s=1.0, period_s=means())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unknown parameter 'sigmas'"):
        lw.Cusum.lanes(CHANNELS, mean=0.0, sigmas=1.0, **CUSUM)
    with pytest.raises(ValueError, match="channels"):
        lw.Ewma.lanes(0, time_constant_s=1.0, period_s=1.0)


def test_a_rack_reads_short_in_a_log() -> None:
    lanes = lw.Cusum.lanes(15_000, mean=np.full(15_000, 3.7), sigma=0.1, **CUSUM)
    assert repr(lanes).startswith("Cusum.lanes(15000, mean=[3.7, ..., 3.7], sigma=0.1, ")


@pytest.mark.parametrize("name", ["Ewma", "Butterworth", "TimeDelay"])
@pytest.mark.parametrize("samples", [0, 1, 16, 95, 96, 300, 5000])
def test_a_block_of_one_channel_takes_the_short_way_to_the_same_bits(
    name: str, samples: int
) -> None:
    config = {
        "Ewma": {"time_constant_s": 0.2},
        "Butterworth": {"cutoff_hz": 1.0, "order": 8},
        "TimeDelay": {"dead_time_s": 0.3},
    }[name]
    quick, slow = (KERNELS[name](**config, period_s=0.1) for _ in range(2))
    for seed in range(2):
        x = np.random.default_rng(seed).normal(size=samples)
        if samples > 100:
            x[[7, 60]] = np.nan, -np.inf
        given = x.copy()
        got = quick.process(given)
        want = np.array([slow.update(float(v)) for v in x])
        assert got.tobytes() == want.tobytes()
        assert got is not given
        assert given.tobytes() == x.tobytes()
        assert quick.state == slow.state


def test_saved_lanes_go_on() -> None:
    kernel = lw.Cusum.lanes(CHANNELS, mean=means(), sigma=0.1, **CUSUM)
    assert (kernel.channels, kernel.fixed) == (CHANNELS, True)
    kernel.process(volts(40, 1))
    again = kernels.loads(kernels.dumps(kernel))
    assert (again.channels, again.fixed, again.config) == (CHANNELS, True, kernel.config)
    for a, b in zip(again.process(volts(40, 2)), kernel.process(volts(40, 2)), strict=True):
        assert a.tobytes() == b.tobytes()
