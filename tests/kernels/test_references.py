"""Kernels against references written independently: scipy, numpy, the textbook in plain Python."""

from __future__ import annotations

import math

import linewright as lw
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal, stats

PERIOD_S = 0.1
SEEDS = (1, 2, 3)

Series = NDArray[np.float64]


def noise(seed: int, samples: int = 500) -> Series:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=samples).cumsum() * 0.1 + rng.normal(size=samples)
    x[rng.random(samples) < 0.02] += 15.0
    return x


def close(got: Series, want: Series, rtol: float = 1e-12, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("cutoff_hz", [0.05, 0.7, 4.5])
def test_butterworth_is_scipys(order: int, cutoff_hz: float, seed: int) -> None:
    x = noise(seed)
    sos = signal.butter(order, cutoff_hz, fs=1.0 / PERIOD_S, output="sos")
    want, _ = signal.sosfilt(sos, x, zi=signal.sosfilt_zi(sos) * x[0])
    got = lw.Butterworth(cutoff_hz=cutoff_hz, order=order, period_s=PERIOD_S).process(x)
    close(got, want, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_ewma_is_scipys_first_order_filter(seed: int) -> None:
    x = noise(seed)
    a = -math.expm1(-PERIOD_S / 0.7)
    want, _ = signal.lfilter([a], [1.0, a - 1.0], x, zi=[(1.0 - a) * x[0]])
    close(lw.Ewma(time_constant_s=0.7, period_s=PERIOD_S).process(x), want)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window", [1, 3, 7, 31, 255])
def test_median_is_numpys(window: int, seed: int) -> None:
    x = noise(seed)
    want = [np.median(x[max(0, t - window + 1) : t + 1]) for t in range(len(x))]
    close(lw.Median(window=window, period_s=PERIOD_S).process(x), np.array(want), rtol=1e-15)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window", [5, 11, 25])
def test_hampel_is_numpys_median_and_mad(window: int, seed: int) -> None:
    x = noise(seed)
    y, spike = lw.Hampel(window=window, threshold_sigma=3.0, period_s=PERIOD_S).process(x)
    for t in range(window, len(x)):
        seen = x[t - window + 1 : t + 1]
        m = np.median(seen)
        stands_out = abs(x[t] - m) > 3.0 * 1.4826 * np.median(np.abs(seen - m))
        assert spike[t] == float(stands_out)
        assert y[t] == (m if stands_out else x[t])
    assert spike.sum() > 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("restart", [True, False])
def test_cusum_is_page(restart: bool, seed: int) -> None:
    x = noise(seed)
    high = low = 0.0
    want = []
    for z in (x - 0.2) / 1.1:
        high, low = max(0.0, high + z - 0.5), max(0.0, low - z - 0.5)
        alarm = 1.0 if high > 4.0 and high >= low else -1.0 if low > 4.0 else 0.0
        want.append((high, low, alarm))
        if restart and alarm:
            high = low = 0.0
    chart = lw.Cusum(mean=0.2, sigma=1.1, k=0.5, h=4.0, restart=restart, period_s=PERIOD_S)
    got = np.stack(chart.process(x), axis=1)
    close(got, np.array(want), rtol=1e-9, atol=1e-9)
    assert {-1.0, 1.0} & set(got[:, 2])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exact_start", [True, False])
def test_ewma_chart_is_roberts(exact_start: bool, seed: int) -> None:
    x = noise(seed)
    weight, e, want = 0.2, 0.0, []
    for t, u in enumerate((x - 0.1) / 0.9, start=1):
        e = (1.0 - weight) * e + weight * u
        settled = 1.0 - (1.0 - weight) ** (2 * t) if exact_start else 1.0
        z = e / math.sqrt(weight / (2.0 - weight) * settled)
        want.append((z, float(z > 2.962) - float(z < -2.962)))
    chart = lw.EwmaChart(
        mean=0.1,
        sigma=0.9,
        weight=weight,
        limit_sigma=2.962,
        exact_start=exact_start,
        period_s=PERIOD_S,
    )
    close(np.stack(chart.process(x), axis=1), np.array(want), rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_shewhart_is_a_limit_on_z(seed: int) -> None:
    x = noise(seed)
    z, alarm = lw.Shewhart(mean=0.5, sigma=2.0, limit_sigma=3.0, period_s=1.0).process(x)
    close(z, (x - 0.5) / 2.0)
    assert np.array_equal(alarm, np.sign(z) * (np.abs(z) > 3.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_pid_is_the_textbook(seed: int) -> None:
    kp, ti_s, td_s, n, weight, lo, hi, tt_s = 0.8, 2.0, 0.3, 8.0, 0.7, -2.0, 2.0, 1.0
    rng = np.random.default_rng(seed)
    sp = np.repeat(rng.normal(size=25), 20)
    pv = noise(seed)
    ahead = 0.3 * rng.normal(size=500)
    tf_s = td_s / n
    want: list[float] = []
    i = d = before = 0.0
    for t in range(500):
        p = kp * (weight * sp[t] - pv[t])
        if t == 0:
            mv = min(max(0.5, lo), hi)
            i = mv - p - ahead[t]
        else:
            d = (tf_s * d - kp * td_s * (pv[t] - before)) / (tf_s + PERIOD_S)
            v = p + i + d + ahead[t]
            mv = min(max(v, lo), hi)
            i += kp * PERIOD_S / ti_s * (sp[t] - pv[t]) + PERIOD_S / tt_s * (mv - v)
        before = pv[t]
        want.append(mv)
    pid = lw.Pid(
        kp=kp,
        ti_s=ti_s,
        td_s=td_s,
        derivative_filter=n,
        setpoint_weight=weight,
        integral=True,
        lo=lo,
        hi=hi,
        tracking_time_s=tt_s,
        period_s=PERIOD_S,
    )
    got = pid.process(sp, pv, ahead, 0.5, 1.0)
    close(got, np.array(want), rtol=1e-9, atol=1e-9)
    assert {lo, hi} <= set(got)
    assert np.sum((got > lo) & (got < hi)) > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_kalman_is_the_textbook(seed: int) -> None:
    x = noise(seed)
    q, r = 0.3**2 * PERIOD_S, 0.8**2
    estimate, p, want = x[0], r, [(x[0], 0.0, 0.0)]
    for y in x[1:]:
        s = p + q + r
        e = y - estimate
        gain = (p + q) / s
        estimate, p = estimate + gain * e, (1.0 - gain) * (p + q)
        want.append((estimate, e, e / math.sqrt(s)))
    kalman = lw.Kalman(walk_sd_per_sqrt_s=0.3, noise_sd=0.8, period_s=PERIOD_S)
    close(np.stack(kalman.process(x), axis=1), np.array(want), rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dead_time_s", [0.0, 0.3, 0.75, 2.0])
def test_time_delay_is_interpolation(dead_time_s: float, seed: int) -> None:
    x = noise(seed, 200)
    t = np.arange(200) * PERIOD_S
    want = np.interp(t - dead_time_s, t, x)
    got = lw.TimeDelay(dead_time_s=dead_time_s, period_s=PERIOD_S).process(x)
    close(got, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_web_delay_is_interpolation_along_the_web(seed: int) -> None:
    rng = np.random.default_rng(seed)
    position = np.concatenate([[0.0], np.cumsum(rng.uniform(0.0, 0.3, 800))])
    x = np.sin(position / 4.0)
    got = lw.WebDelay(length_m=5.0, resolution_m=0.1, period_s=PERIOD_S).process(x, position)
    want = np.sin(np.maximum(position - 5.0, 0.0) / 4.0)
    # Straight lines on a grid of 0.1 m under samples up to 0.3 m apart: 0.3^2/8 * 1/16 each.
    close(got, want, rtol=0.0, atol=2 * 0.3**2 / 8.0 / 16.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_feed_forward_is_a_lead_lag(seed: int) -> None:
    x = noise(seed)
    gain, lead_s, lag_s = -0.5, 2.0, 1.0
    a = -math.expm1(-PERIOD_S / lag_s)
    lagged, _ = signal.lfilter([a], [1.0, a - 1.0], x, zi=[(1.0 - a) * x[0]])
    want = gain * (lead_s / lag_s * x + (1.0 - lead_s / lag_s) * lagged)
    close(lw.FeedForward(gain=gain, lead_s=lead_s, lag_s=lag_s, period_s=PERIOD_S).process(x), want)


@pytest.mark.parametrize("seed", SEEDS)
def test_smith_predictor_of_a_perfect_model_shows_the_plant_without_dead_time(seed: int) -> None:
    mv = noise(seed)
    a = -math.expm1(-PERIOD_S / 3.0)
    free, _ = signal.lfilter([2.0 * a], [1.0, a - 1.0], mv, zi=[(1.0 - a) * 2.0 * mv[0]])
    t = np.arange(500) * PERIOD_S
    pv = np.interp(t - 1.05, t, free) + 0.25
    smith = lw.Smith(gain=2.0, time_constant_s=3.0, dead_time_s=1.05, period_s=PERIOD_S)
    feedback, mismatch = smith.process(mv, pv)
    close(mismatch, np.full(500, 0.25), atol=1e-9)
    close(feedback, free + 0.25, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_limiters_are_their_equations(seed: int) -> None:
    x = noise(seed)
    y, limited = lw.Clamp(lo=-1.0, hi=0.5, period_s=1.0).process(x)
    assert np.array_equal(y, np.clip(x, -1.0, 0.5))
    assert np.array_equal(limited, (x != y).astype(float))
    slow = lw.Slew(up_per_s=3.0, down_per_s=2.0, period_s=PERIOD_S).process(x)
    want = [x[0]]
    for wanted in x[1:]:
        want.append(want[-1] + min(max(wanted - want[-1], -0.2), 0.3))
    close(slow, np.array(want), rtol=1e-9, atol=1e-9)
    take = np.random.default_rng(seed).random(500) < 0.3
    take[0] = True
    held = lw.SampleHold(period_s=1.0).process(x, take)
    newest = np.maximum.accumulate(np.where(take, np.arange(500), 0))
    assert np.array_equal(held, x[newest])


def test_latch_leaves_on_a_rising_edge_of_reset_only() -> None:
    trip = np.array([0, 0, 0, 1, 1, 0, 0, 0, 0], dtype=float)
    reset = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0], dtype=float)
    tripped = lw.Latch(period_s=1.0).process(trip, reset)
    assert tripped.tolist() == [1, 1, 0, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0])
def test_run_lengths_hold_in_simulation(shift: float) -> None:
    """Zero-state run lengths of 4,000 charts, within three standard errors."""
    rng = np.random.default_rng(7)
    charts, samples = 4_000, 6_000 if shift == 0.0 else 1_500
    exact = lw.cusum_arl_two_sided(k=0.5, h=4.0, shift=shift)
    chart = lw.Cusum(mean=0.0, sigma=1.0, k=0.5, h=4.0, restart=False, period_s=1.0)
    lengths = np.zeros(charts)
    for block in range(samples // 100):
        _, _, alarm = chart.process(rng.normal(shift, size=(100, charts)))
        first = np.argmax(alarm != 0.0, axis=0)
        found = (lengths == 0) & (alarm != 0.0).any(axis=0)
        lengths[found] = 100 * block + first[found] + 1
        if np.all(lengths > 0):
            break
    assert np.all(lengths > 0)
    error = lengths.std(ddof=1) / math.sqrt(charts)
    assert abs(lengths.mean() - exact) < 3.0 * error


def test_shewhart_run_length_is_the_normal_tail() -> None:
    assert lw.shewhart_arl(3.0) == pytest.approx(1.0 / (2.0 * stats.norm.sf(3.0)), rel=1e-12)
    limit = lw.shewhart_limit_for_arl0(370.398)
    assert 2.0 * stats.norm.sf(limit) == pytest.approx(1.0 / 370.398, rel=1e-9)
    assert lw.arl0_for_false_alarm_budget(per_day=1.0, rate_hz=10.0, channels=3) == 2_592_000.0


def test_refused_designs_name_parameter_bound_and_value() -> None:
    with pytest.raises(lw.DesignError, match=r"cusum_arl: h must be .*, was -4") as refused:
        lw.cusum_arl(k=0.5, h=-4.0)
    assert refused.value.parameter == "h"
    assert refused.value.value == -4.0
    with pytest.raises(lw.DesignError, match="bound: delta must be"):
        lw.bound(delta=0.0, arl0=370.0)
