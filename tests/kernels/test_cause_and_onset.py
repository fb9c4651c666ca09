"""Which variable it was, and since when: asked of single faults in a process of many variables."""

from __future__ import annotations

import linewright as lw
import numpy as np
import pytest

VARIABLES = 10
BEFORE = 200


def process(seed: int) -> np.ndarray:
    """Covariance of a process whose variables share three causes."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(VARIABLES, 3))
    return shared @ shared.T + np.diag(rng.uniform(0.5, 1.5, VARIABLES))


def faulty(rng: np.random.Generator, covariance: np.ndarray, size: float) -> tuple[np.ndarray, int]:
    """Readings with one variable shifted by `size` of its own scatter, given the others."""
    x = rng.multivariate_normal(np.zeros(VARIABLES), covariance, size=BEFORE + 200)
    at = int(rng.integers(VARIABLES))
    own_sd = 1.0 / np.sqrt(np.linalg.inv(covariance)[at, at])
    x[BEFORE:, at] += size * own_sd * rng.choice([-1.0, 1.0])
    return x, at


@pytest.mark.parametrize(("size", "seed"), [(1.0, 5), (2.0, 6), (3.0, 7)])
def test_the_variable_at_fault_is_named_first(size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # The limit depends on the number of variables alone, so one solution serves every covariance.
    limit = lw.mewma_limit_for_arl0(VARIABLES, 0.1, 2000.0)
    named = found = 0
    for trial in range(200):
        covariance = process(seed + trial)
        chart = lw.Mewma(
            mean=np.zeros(VARIABLES), covariance=covariance, weight=0.1, limit=limit, period_s=1.0
        )
        x, at = faulty(rng, covariance, size)
        _, alarm, cause = chart.process(x)
        after = np.flatnonzero(alarm[BEFORE:])
        if alarm[:BEFORE].any() or len(after) == 0:
            continue
        found += 1
        named += int(cause[BEFORE + after[0]]) == at
    assert found >= 150
    assert named / found >= 0.80, f"{named} of {found}"


@pytest.mark.parametrize(
    ("size", "within", "seed"), [(1.0, 0.7, 6), (1.5, 0.85, 7), (3.0, 0.95, 8)]
)
def test_the_onset_is_told_to_a_few_samples(size: float, within: float, seed: int) -> None:
    """Error of the onset at the alarm: the middle one is at most 5 samples."""
    rng = np.random.default_rng(seed)
    chart = lw.Glr.for_arl0(2000.0, mean=0.0, sigma=1.0, restart=True, period_s=1.0)
    errors = []
    for _ in range(400):
        chart.reset()
        x = rng.normal(size=BEFORE + 200)
        x[BEFORE:] += size * rng.choice([-1.0, 1.0])
        _, _, age, _, alarm = chart.process(x)
        after = np.flatnonzero(alarm[BEFORE:])
        if alarm[:BEFORE].any() or len(after) == 0:
            continue
        told = BEFORE + after[0] - age[BEFORE + after[0]] + 1.0
        errors.append(abs(told - BEFORE))
    assert len(errors) >= 300
    assert np.median(errors) <= 5.0
    assert np.mean(np.array(errors) <= 5.0) >= within
