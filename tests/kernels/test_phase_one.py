"""Models of a process from samples of it in control."""

from __future__ import annotations

from typing import Any

import linewright as lw
import numpy as np
import pytest
from scipy import stats


def samples(rows: int, seed: int, columns: int = 8) -> np.ndarray[Any, Any]:
    """Three things move eight variables, and each has its own noise."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(7).normal(size=(3, columns))
    return 5.0 + rng.normal(size=(rows, 3)) @ mix + 0.5 * rng.normal(size=(rows, columns))


def judged(model: dict[str, Any], x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """T2 and Q without lags, as their formulas say."""
    z = (x - model["mean"]) / model["scale"]
    loadings = np.array(model["loadings"])
    scores = z @ loadings
    residual = z - scores @ loadings.T
    return (scores**2 / model["variances"]).sum(axis=1), (residual**2).sum(axis=1)


def test_covariance_is_that_of_numpy() -> None:
    x = samples(200, 1)
    model = lw.fit_covariance(x)
    assert np.allclose(model["mean"], x.mean(axis=0))
    assert np.allclose(model["covariance"], np.cov(x, rowvar=False))


def test_one_variable_has_a_covariance_too() -> None:
    assert lw.fit_covariance([[1.0], [2.0], [3.0]]) == {"mean": [2.0], "covariance": [[1.0]]}


@pytest.mark.parametrize("blocks", [0, 5])
def test_new_samples_alarm_about_as_often_as_asked(blocks: int) -> None:
    model = lw.fit_pca(samples(2000, 2), false_alarm=0.02, components=3, blocks=blocks)
    t2, q = judged(model, samples(100_000, 3))
    over = (t2 > model["t2_limit"], q > model["q_limit"])
    for each in over:
        assert 0.007 < each.mean() < 0.014, each.mean()
    assert 0.014 < (over[0] | over[1]).mean() < 0.027


def test_few_samples_need_limits_from_samples_the_model_has_not_seen() -> None:
    """Sixty samples of eight lagged twice: the model fits its own far better than others."""
    x = samples(60, 4)
    share = {}
    for blocks in (0, 5):
        model = lw.fit_pca(x, false_alarm=0.02, lags=2, components=6, blocks=blocks)
        new = samples(20_000, 5)
        lagged = np.hstack([new[2 - lag : len(new) - lag] for lag in range(3)])
        wide = {**model, "mean": np.tile(model["mean"], 3), "scale": np.tile(model["scale"], 3)}
        t2, q = judged(wide, lagged)
        share[blocks] = float(((t2 > model["t2_limit"]) | (q > model["q_limit"])).mean())
    assert share[5] < 0.5 * share[0], share
    assert share[5] < 0.08, share


def test_loadings_are_orthonormal_and_variances_theirs() -> None:
    x = samples(500, 6)
    model = lw.fit_pca(x, false_alarm=0.01, lags=1, explained=0.95)
    loadings = np.array(model["loadings"])
    assert loadings.shape == (16, len(model["variances"]))
    assert np.allclose(loadings.T @ loadings, np.eye(loadings.shape[1]))
    z = (x - model["mean"]) / model["scale"]
    scores = np.hstack([z[1:], z[:-1]]) @ loadings
    assert np.allclose(scores.var(axis=0, ddof=1), model["variances"], rtol=0.01)
    assert (np.diff(model["variances"]) <= 0.0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": [1.0, 2.0]}, "rows of time"),
        ({"samples": np.full((30, 2), np.nan)}, "finite"),
        ({"samples": np.c_[np.arange(30.0), np.ones(30)]}, "column 1 never moves"),
        ({"lags": -1}, "lags"),
        ({"lags": 29}, "too few"),
        ({"blocks": 1}, "blocks"),
        ({"blocks": 20, "lags": 1}, "20 blocks"),
        ({"explained": 1.0}, "explained"),
        ({"components": 8}, "components"),
        ({"components": 0}, "components"),
        ({"false_alarm": 0.0}, "tail"),
    ],
)
def test_samples_that_make_no_model_are_refused(change: dict[str, Any], said: str) -> None:
    given = {"samples": samples(30, 8), "false_alarm": 0.01, **change}
    with pytest.raises(ValueError, match=said):
        lw.fit_pca(given.pop("samples"), **given)


def test_more_variables_than_samples_have_no_covariance() -> None:
    with pytest.raises(ValueError, match="more samples than variables"):
        lw.fit_covariance(samples(8, 9))


def test_limits_are_those_of_scipy() -> None:
    assert lw.chi_square_limit(0.005, 2) == pytest.approx(stats.chi2.isf(0.005, 2), rel=1e-12)
    assert lw.t2_limit(4, 0.001) == pytest.approx(stats.chi2.isf(0.001, 4), rel=1e-12)
    n, p = 60, 4
    expected = p * (n + 1) * (n - 1) / (n * (n - p)) * stats.f.isf(0.001, p, n - p)
    assert lw.t2_limit(p, 0.001, n) == pytest.approx(expected, rel=1e-10)
    # The Jackson-Mudholkar limit, against the share of simulated sums that pass it.
    variances = np.linspace(1.0, 0.1, 10).tolist()
    squares = np.random.default_rng(10).normal(size=(200_000, 10)) ** 2
    share = (squares @ variances > lw.q_limit(variances, 0.01)).mean()
    assert 0.008 < share < 0.012


def test_run_lengths_of_the_multivariate_ewma() -> None:
    assert lw.mewma_arl(2, 0.1, 8.64) == pytest.approx(200.544, rel=3e-6)
    assert lw.mewma_arl(2, 0.1, 8.64, 1.0) == pytest.approx(10.1274, rel=3e-6)
    limit = lw.mewma_limit_for_arl0(2, 0.1, 200.0)
    assert lw.mewma_arl(2, 0.1, limit) == pytest.approx(200.0, rel=1e-9)
    with pytest.raises(lw.DesignError, match="weight"):
        lw.mewma_arl(2, 0.0, 8.64)
