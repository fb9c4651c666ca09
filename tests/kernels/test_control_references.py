"""Controllers and tuning against scipy and against plain textbook code."""

from __future__ import annotations

import cmath
import math

import linewright as lw
import numpy as np
import pytest
from scipy import linalg, signal

PERIOD_S = 0.1


def held(gain: float, tau_s: float) -> tuple[float, float]:
    """`(a, b)` of `x+ = a*x + b*u`, scipy's zero-order hold of `gain/(tau_s*s + 1)`."""
    one = np.ones((1, 1))
    continuous = (-one / tau_s, one * gain / tau_s, one, 0.0 * one)
    a, b, *_ = signal.cont2discrete(continuous, PERIOD_S)
    return float(a[0, 0]), float(b[0, 0])


def test_imc_with_a_true_model_is_its_closed_loop_on_scipys_plant() -> None:
    gain, tau_s, samples, lambda_s = 2.0, 3.0, 12, 0.7
    a, b = held(gain, tau_s)
    imc = lw.Imc(
        gain=gain,
        time_constant_s=tau_s,
        dead_time_s=samples * PERIOD_S,
        lambda_s=lambda_s,
        lo=-100.0,
        hi=100.0,
        period_s=PERIOD_S,
    )
    x, line, moves = 0.0, [], [0.0] * (samples + 1)
    for tick in range(300):
        x = a * x + b * moves[-samples - 1]
        line.append(x)
        moves.append(imc.update(float(tick > 0), x, 0.0, 1.0)[0])
    late = np.maximum(np.arange(300) - samples - 1, 0) * PERIOD_S
    assert np.abs(line - (1.0 - np.exp(-late / lambda_s))).max() < 1e-12


@pytest.mark.parametrize("seed", [1, 2])
def test_lag_of_the_feed_forward_is_scipys_zero_order_hold(seed: int) -> None:
    a, b = held(1.0, 1.7)
    x = np.random.default_rng(seed).normal(size=500)
    lagged = np.zeros(501)
    lagged[0] = x[0]
    for tick in range(500):
        lagged[tick + 1] = a * lagged[tick] + b * x[tick]
    kernel = lw.FeedForward(gain=-3.0, lead_s=0.0, lag_s=1.7, period_s=PERIOD_S)
    assert np.abs(kernel.process(x) + 3.0 * lagged[1:]).max() < 1e-12


def test_a_fast_pid_loop_is_scipys_continuous_one() -> None:
    kp, ti_s, td_s, tau_s = 3.0, 2.0, 0.3, 1.5
    tf_s = td_s / 10.0
    # Load step on 1/(tau*s + 1)^2 under kp*(1 + 1/(ti*s) + td*s/(tf*s + 1)), y/d = P/(1 + P*C).
    plant = np.polymul([tau_s, 1.0], [tau_s, 1.0])
    below = np.polymul([ti_s, 0.0], [tf_s, 1.0])
    above = kp * (
        np.polyadd(
            np.polymul([ti_s, 1.0], [tf_s, 1.0]),
            np.polymul([ti_s, 0.0], [td_s, 0.0]),
        )
    )
    whole = np.polyadd(np.polymul(plant, below), above)
    time_s = np.linspace(0.0, 20.0, 2001)
    _, exact = signal.step((below, whole), T=time_s)
    errors = []
    for period_s in (0.01, 0.005):
        pid = lw.Pid(
            kp=kp,
            ti_s=ti_s,
            td_s=td_s,
            derivative_filter=10.0,
            setpoint_weight=1.0,
            integral=True,
            lo=-100.0,
            hi=100.0,
            tracking_time_s=ti_s,
            period_s=period_s,
        )
        first = lw.Ewma(time_constant_s=tau_s, period_s=period_s)
        second = lw.Ewma(time_constant_s=tau_s, period_s=period_s)
        mv, line = 0.0, []
        for tick in range(round(20.0 / period_s) + 1):
            pv = second.update(first.update(mv + float(tick > 0)))
            line.append(pv)
            mv = pid.update(0.0, pv, 0.0, 0.0, 1.0)
        errors.append(np.abs(line[:: round(0.01 / period_s)] - exact).max())
    assert errors[0] < 0.02 * np.abs(exact).max()
    # First order in the period: half the period, half the error.
    assert 1.7 < errors[0] / errors[1] < 2.3


@pytest.mark.parametrize(
    ("plant", "controller"),
    [
        ({"k": 1.3, "tau_s": 6.0, "theta_s": 2.0}, {"kp": 0.9, "ti_s": 4.0, "td_s": 1.2}),
        ({"k": -0.4, "tau_s": 2.0, "tau2_s": 1.0, "theta_s": 5.0}, {"kp": -0.8, "ti_s": 6.0}),
        ({"k": 0.2, "theta_s": 3.0, "integrating": True}, {"kp": 0.7, "ti_s": 30.0}),
    ],
)
def test_margins_are_those_of_the_frequency_response(
    plant: dict[str, float], controller: dict[str, float]
) -> None:
    found = lw.margins(**plant, **controller, derivative_filter=9.0)  # type: ignore[arg-type]
    kp, ti_s, td_s = controller["kp"], controller["ti_s"], controller.get("td_s", 0.0)

    def response(w: float) -> complex:
        s = 1j * w
        c = kp * (1.0 + 1.0 / (ti_s * s) + td_s * s / (1.0 + td_s / 9.0 * s))
        p = plant["k"] * cmath.exp(-plant["theta_s"] * s)
        p /= (plant.get("tau_s", 0.0) * s + 1.0) * (plant.get("tau2_s", 0.0) * s + 1.0)
        return c * p / (s if plant.get("integrating") else 1.0)

    at_gain = response(found.gain_crossover_rad_per_s)
    assert abs(at_gain) == pytest.approx(1.0, abs=1e-9)
    left = math.degrees(cmath.phase(-at_gain))
    assert found.phase_margin_deg == pytest.approx(left, abs=1e-6)
    at_phase = response(found.phase_crossover_rad_per_s)
    assert at_phase.real == pytest.approx(-1.0 / found.gain_margin, rel=1e-9)
    assert abs(at_phase.imag) < 1e-9
    loop = np.array([response(w) for w in np.geomspace(1e-6, 30.0, 400_000)])
    assert found.ms == pytest.approx(np.max(1.0 / np.abs(1.0 + loop)), rel=1e-6)
    assert found.mt == pytest.approx(np.max(np.abs(loop / (1.0 + loop))), rel=1e-6)


def test_the_noisy_feed_forward_is_scipys_steady_kalman_filter() -> None:
    signal_sd, noise_sd, correlation_s = 0.8, 0.6, 4.0
    best = lw.feed_forward_gain(
        k=2.0,
        kd=3.0,
        signal_sd=signal_sd,
        noise_sd=noise_sd,
        correlation_s=correlation_s,
        period_s=PERIOD_S,
    )
    phi = math.exp(-PERIOD_S / correlation_s)
    before = linalg.solve_discrete_are(
        [[phi]], [[1.0]], [[signal_sd**2 * (1.0 - phi**2)]], [[noise_sd**2]]
    )[0, 0]
    kalman = before / (before + noise_sd**2)
    pole = phi * (1.0 - kalman)
    assert best.gain == pytest.approx(-1.5 * kalman / (1.0 - pole), rel=1e-10)
    assert best.lag_s == pytest.approx(-PERIOD_S / math.log(pole), rel=1e-10)
    assert best.left == pytest.approx(before * (1.0 - kalman) / signal_sd**2, rel=1e-10)


def test_s_curve_is_the_double_s_of_the_textbook() -> None:
    v, a, j, way = 2.0, 5.0, 40.0, 10.0
    period_s = 0.001
    move = lw.SCurve(velocity_per_s=v, acceleration_per_s2=a, jerk_per_s3=j, period_s=period_s)
    samples = 7000
    target = np.full(samples, way)
    target[0] = 0.0
    y, velocity, _ = move.process(target, np.zeros(samples), np.ones(samples))
    # Jerk by time: up, 0, down, cruise, down, 0, up; integrated three times by formula.
    ramp_s, hold_s = a / j, v / a - a / j
    cruise_s = way / v - v / a - a / j
    lengths = [ramp_s, hold_s, ramp_s, cruise_s, ramp_s, hold_s, ramp_s]
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    time_s = np.arange(samples) * period_s
    expected, speed = np.zeros(samples), np.zeros(samples)
    x0 = v0 = a0 = 0.0
    for start, length, sign in zip(edges, lengths, (1, 0, -1, 0, -1, 0, 1), strict=False):
        t = np.clip(time_s - start, 0.0, length)
        here = time_s >= start
        jerk = sign * j
        expected[here] = (x0 + v0 * t + a0 * t**2 / 2 + jerk * t**3 / 6)[here]
        speed[here] = (v0 + a0 * t + jerk * t**2 / 2)[here]
        x0 += v0 * length + a0 * length**2 / 2 + jerk * length**3 / 6
        v0, a0 = v0 + a0 * length + jerk * length**2 / 2, a0 + jerk * length
    assert np.abs(y - expected).max() < 1e-9
    assert np.abs(velocity - speed).max() < 1e-9
