"""Acceptance cases of detection and control: run lengths, tuning, least variance."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from linewright import _core

CASES: list[tuple[str, Callable[[], float], float, float]] = [
    ("C51 Kc", lambda: _core.simc_pi(1.0, 10.0, 80.0, 80.0)[0], 0.0625, 0.01),
    ("C51 integral", lambda: _core.simc_pi(1.0, 10.0, 80.0, 80.0)[1], 10.0, 0.01),
    ("C53 least", lambda: _core.minimum_variance_ar1(0.9, 5, 1.0), 3.428, 0.01),
    ("C53 eta", lambda: _core.minimum_variance_ar1(0.9, 5, 1.0) * (1.0 - 0.9**2), 0.651, 0.01),
    ("C54", lambda: _core.run_to_run_inflation(0.3, 0.5), 1.0784, 0.001),
    ("C55 CUSUM 0", lambda: _core.cusum_arl_two_sided(0.5, 5.0, 0.0), 465.4, 0.005),
    ("C55 CUSUM 1", lambda: _core.cusum_arl_two_sided(0.5, 5.0, 1.0), 10.38, 0.005),
    ("C55 CUSUM 2", lambda: _core.cusum_arl_two_sided(0.5, 5.0, 2.0), 4.01, 0.005),
    ("C55 EWMA 0", lambda: _core.ewma_arl(0.1, 2.814, 0.0), 499.5, 0.005),
    ("C55 EWMA 1", lambda: _core.ewma_arl(0.1, 2.814, 1.0), 10.33, 0.005),
    ("C55 Shewhart 0", lambda: _core.shewhart_arl(3.0, 0.0), 370.4, 0.005),
    ("C55 Shewhart 1", lambda: _core.shewhart_arl(3.0, 1.0), 43.9, 0.005),
    ("dry gauge bound", lambda: _core.minimum_variance_random_walk(80, 0.02) ** 0.5, 0.18, 0.01),
    ("wet gauge bound", lambda: _core.minimum_variance_random_walk(6, 0.02) ** 0.5, 0.049, 0.01),
    ("meter bound", lambda: _core.minimum_variance_random_walk(2, 0.02) ** 0.5, 0.028, 0.015),
]


@pytest.mark.parametrize(("name", "law", "expected", "share"), CASES, ids=[c[0] for c in CASES])
def test_case(name: str, law: Callable[[], float], expected: float, share: float) -> None:
    assert law() == pytest.approx(expected, rel=share, abs=0.0), name
