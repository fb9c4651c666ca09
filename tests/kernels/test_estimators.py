"""Estimators against references written independently, and what a user sees of their results."""

from __future__ import annotations

import math
from typing import Any

import linewright as lw
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, signal, stats

SEEDS = (1, 2, 3)
Array = NDArray[np.float64]


def model(seed: int, n: int, m: int) -> dict[str, Array]:
    """A stable model of `n` states and `m` measurements whose noises are correlated."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, n))
    f *= 0.95 / np.abs(linalg.eigvals(f)).max()
    q, r, p = (
        a @ a.T + 0.1 * np.eye(len(a))
        for a in (rng.normal(size=(n, n)), rng.normal(size=(m, m)), rng.normal(size=(n, n)))
    )
    return {
        "transition": f,
        "measurement": rng.normal(size=(m, n)),
        "process_noise": q,
        "measurement_noise": r,
        "initial_covariance": p,
        "initial_state": rng.normal(size=n),
    }


def filtered(given: dict[str, Array], y: Array) -> tuple[Array, Array, float]:
    """States, standard deviations and log-likelihood by the textbook, rows missing left out."""
    f, h = given["transition"], given["measurement"]
    x, p = given["initial_state"], given["initial_covariance"]
    states, sds, total = [], [], 0.0
    for t, sample in enumerate(y):
        if t:
            x, p = f @ x, f @ p @ f.T + given["process_noise"]
        here = np.isfinite(sample)
        if here.any():
            hh, rr = h[here], given["measurement_noise"][np.ix_(here, here)]
            s = hh @ p @ hh.T + rr
            e = sample[here] - hh @ x
            total += stats.multivariate_normal(cov=s).logpdf(e)
            k = np.linalg.solve(s, hh @ p).T
            x, left = x + k @ e, np.eye(len(x)) - k @ hh
            p = left @ p @ left.T + k @ rr @ k.T
        states.append(x)
        sds.append(np.sqrt(np.diag(p)))
    return np.array(states), np.array(sds), total


def kalman(given: dict[str, Array], **more: Any) -> Any:
    lists = {name: array.tolist() for name, array in given.items()}
    return lw.KalmanFilter(**lists, **more, period_s=0.1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 1), (3, 2), (12, 8)])
def test_kalman_filter_is_the_textbooks_with_gaps(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = model(seed, n, m)
    y = rng.normal(size=(300, m)) * 3.0
    y[rng.random(size=y.shape) < 0.2] = np.nan
    states, sds, total = filtered(given, y)
    out = kalman(given).process(y if m > 1 else y[:, 0])
    np.testing.assert_allclose(out[0].reshape(states.shape), states, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(out[1].reshape(sds.shape), sds, rtol=1e-9, atol=1e-9)
    assert out[5].sum() == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 1), (3, 2), (12, 8)])
def test_the_settled_gain_is_scipys(n: int, m: int, seed: int) -> None:
    given = model(seed, n, m)
    f, h, q, r = (
        given[k] for k in ("transition", "measurement", "process_noise", "measurement_noise")
    )
    p = linalg.solve_discrete_are(f.T, h.T, q, r)
    s = h @ p @ h.T + r
    gain = np.linalg.solve(s, h @ p).T
    y = np.random.default_rng(seed).normal(size=(200, m))
    x, want = given["initial_state"], []
    for t, sample in enumerate(y):
        x = f @ x if t else x
        x = x + gain @ (sample - h @ x)
        want.append(x)
    got = kalman(given, steady_state=True, state_only=True).process(y if m > 1 else y[:, 0])
    np.testing.assert_allclose(got.reshape(200, n), np.array(want), rtol=1e-8, atol=1e-9)


def test_the_innovations_of_a_right_model_are_white_and_of_their_size() -> None:
    rng = np.random.default_rng(7)
    given = model(7, 3, 2)
    f, h = given["transition"], given["measurement"]
    roots = [np.linalg.cholesky(given[k]) for k in ("process_noise", "measurement_noise")]
    x, y = given["initial_state"], []
    for _ in range(20_000):
        x = f @ x + roots[0] @ rng.normal(size=3)
        y.append(h @ x + roots[1] @ rng.normal(size=2))
    _, _, _, z, nis, _ = kalman(given).process(np.array(y))
    assert z[1000:].std() == pytest.approx(1.0, abs=0.02)
    assert abs(np.corrcoef(z[1000:-1, 0], z[1001:, 0])[0, 1]) < 0.03
    # Chi-square of two degrees of freedom.
    assert nis[1000:].mean() == pytest.approx(2.0, abs=0.05)
    assert (nis[1000:] > stats.chi2.isf(0.01, 2)).mean() == pytest.approx(0.01, abs=0.003)


def test_a_continuous_model_is_scipys_zero_order_hold() -> None:
    a, b, c = (np.array(m) for m in ([[0.0, 1.0], [-4.0, -0.4]], [[0.0], [2.0]], [[1.0, 0.0]]))
    f, g, *_ = signal.cont2discrete((a, b, c, np.zeros((1, 1))), 0.1)
    rest = {
        "measurement": c.tolist(),
        "measurement_noise": [[0.01]],
        "initial_covariance": [[1.0, 0.0], [0.0, 1.0]],
        "period_s": 0.1,
    }
    still = [[0.0, 0.0], [0.0, 0.0]]
    mine = lw.KalmanFilter(
        transition=a.tolist(), control=b.tolist(), continuous=True, process_noise=still, **rest
    )
    theirs = lw.KalmanFilter(transition=f.tolist(), control=g.tolist(), process_noise=still, **rest)
    rng = np.random.default_rng(3)
    y, u = rng.normal(size=100), rng.normal(size=100)
    for p, q in zip(mine.process(y, u), theirs.process(y, u), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("memory_s", [None, 5.0])
def test_rls_is_weighted_least_squares(memory_s: float | None) -> None:
    rng = np.random.default_rng(5)
    r = rng.normal(size=(200, 4))
    y = r @ [1.0, -2.0, 0.5, 3.0] + 0.1 * rng.normal(size=200)
    fit = lw.Rls(
        regressors=4, memory_s=memory_s, initial_covariance=1e4, covariance_bound=1e9, period_s=0.1
    )
    parameters, error = fit.process(y, r)
    forget = 1.0 if memory_s is None else math.exp(-0.1 / memory_s)
    for t in (0, 3, 50, 199):
        w = forget ** (t - np.arange(t + 1))
        normal = (r[: t + 1].T * w) @ r[: t + 1] + forget ** (t + 1) / 1e4 * np.eye(4)
        want = np.linalg.solve(normal, (r[: t + 1].T * w) @ y[: t + 1])
        np.testing.assert_allclose(parameters[t], want, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(
        error[1:], y[1:] - np.sum(parameters[:-1] * r[1:], axis=1), rtol=1e-10, atol=1e-10
    )


def closed(loop_gain: float, seed: int, shift_at: int, shift: float) -> tuple[Array, Array]:
    """`y` and `z` of a loop of this gain over a random walk that shifts."""
    rng = np.random.default_rng(seed)
    watch = lw.DisturbanceObserver(
        gain=2.0,
        time_constant_s=0.5,
        dead_time_s=0.2,
        level_weight=1.0,
        scale_memory_s=30.0,
        period_s=0.1,
    )
    keep, moves, x, mv, d = math.exp(-0.2), [0.0, 0.0, 0.0], 0.0, 0.0, 0.0
    ys, zs = [], []
    for t in range(shift_at + 50):
        moves = [mv, *moves[:2]]
        x = keep * x + (1.0 - keep) * moves[2]
        d += 0.1 * rng.normal() + (shift if t == shift_at else 0.0)
        y = d + 2.0 * x
        ys.append(y)
        zs.append(watch.update(y, mv)[3])
        mv -= loop_gain * 0.1 * y / 2.0
    return np.array(ys), np.array(zs)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_observer_sees_does_not_depend_on_the_loop(seed: int) -> None:
    slack_y, slack = closed(0.2, seed, 1000, 0.8)
    tight_y, tight = closed(0.6, seed, 1000, 0.8)
    assert tight_y[200:1000].std() < 0.85 * slack_y[200:1000].std()
    np.testing.assert_allclose(slack, tight, atol=1e-8)
    assert tight[1000] > 5.0


def test_c53_harris_index_through_python() -> None:
    rng = np.random.default_rng(2)
    y = signal.lfilter([1.0], [1.0, -0.9], rng.normal(size=50_000))
    found = lw.harris_index(y, 5)
    assert found.eta == pytest.approx(0.651, abs=0.0065 + 2 * found.eta_se)
    assert found.eta_se < 0.01
    assert found.variance == pytest.approx(1 / 0.19, rel=0.05)


def test_c56_a_ripple_in_step_with_the_scan_is_told_beforehand() -> None:
    found = lw.scan_aliasing(traverse_s=2.2, wave_s=2.2, boxes=66)
    assert found.aliased
    assert found.harmonic == 2
    assert found.false_cd == pytest.approx(1.0, abs=0.02)
    assert found.beat_s is None
    assert not lw.scan_aliasing(traverse_s=2.2, wave_s=3.1, boxes=66).aliased


def test_results_read_well_and_do_not_change() -> None:
    x = np.random.default_rng(1).normal(10.0, 0.5, size=100)
    found = lw.capability(x, 8.0, 12.0)
    assert repr(found).startswith("Capability(cp=CapabilityIndex(value=")
    assert "autocorrelated=False" in repr(found)
    assert lw.capability(x, 8.0, 12.0) == found
    assert lw.capability(x, None, 12.0).cp is None
    with pytest.raises(AttributeError):
        found.cpk = 2.0
    rho = repr(lw.scan_aliasing(traverse_s=2.2, wave_s=2.2, boxes=66))
    assert rho.startswith("ScanAliasing(harmonic=2, false_cd=0.99")
    assert rho.endswith("aliased=True, beat_s=None)")


def test_capability_warns_of_readings_it_is_not_for() -> None:
    rng = np.random.default_rng(4)
    drifting = signal.lfilter([1.0], [1.0, -0.8], rng.normal(size=300))
    assert lw.capability(drifting, -10.0, 10.0).autocorrelated
    assert lw.capability(rng.exponential(size=300), None, 10.0).not_normal


def test_a_delay_is_found_between_two_records() -> None:
    rng = np.random.default_rng(6)
    u = signal.lfilter([1.0], [1.0, -0.95], rng.normal(size=3000))
    y = -0.7 * np.roll(u, 17) + rng.normal(size=3000)
    found = lw.estimate_delay(u, y, period_s=0.5, max_delay_s=30.0)
    assert found.decided
    assert found.delay_s == pytest.approx(8.5)
    assert found.correlation < 0.0
    nothing = lw.estimate_delay(u, rng.normal(size=3000), period_s=0.5, max_delay_s=30.0)
    assert not nothing.decided


def test_a_swing_is_found_and_an_integrating_plant_is_not_judged() -> None:
    t = np.arange(2000)
    noise = np.random.default_rng(8).normal(size=(2, 2000))
    pv = np.sin(2 * np.pi * t / 40.0) + 0.3 * noise[0]
    found = lw.oscillation(pv, period_s=0.5)
    assert found.oscillating
    assert found.period_s == pytest.approx(20.0, rel=0.01)
    judged = lw.stiction(-pv, pv, period_s=0.5, integrating=True)
    assert judged.verdict == "not decidable"
    assert lw.stiction(noise[0], noise[1], period_s=0.5).verdict == "no oscillation"


@pytest.mark.parametrize(
    ("call", "parameter"),
    [
        (lambda: lw.capability([1.0] * 20, 0.0, 2.0), "x"),
        (lambda: lw.capability(np.arange(20.0), 2.0, 1.0), "hi"),
        (lambda: lw.harris_index(np.arange(10.0), 2), "y"),
        (lambda: lw.oscillation(np.full(100, np.nan), 1.0), "y"),
        (lambda: lw.stiction(np.zeros(50), np.zeros(60), 1.0), "mv"),
        (lambda: lw.estimate_delay(np.zeros(500), np.zeros(500), 1.0, 10.0), "u"),
        (lambda: lw.scan_aliasing(traverse_s=0.0, wave_s=1.0, boxes=66), "traverse_s"),
    ],
)
def test_nonsense_is_refused_by_name(call: Any, parameter: str) -> None:
    with pytest.raises(lw.DesignError) as refused:
        call()
    assert refused.value.parameter == parameter
