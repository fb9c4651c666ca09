"""Run lengths from Python: published values, through the functions a user calls."""

from __future__ import annotations

import pytest
from linewright import detectors as d

TABLE = {
    0.0: (370.398, 499.580, 499.735, 167.684, 465.444, 430.391),
    0.5: (155.224, 31.2974, 41.7644, 26.6302, 37.9961, 28.6658),
    1.0: (43.8947, 10.3307, 10.5417, 8.38313, 10.3760, 6.34685),
    2.0: (6.30296, 4.36225, 3.74344, 3.34277, 4.00887, 2.36229),
    3.0: (2.00000, 2.86800, 2.38090, 2.19448, 2.57325, 1.53964),
}


@pytest.mark.parametrize("shift", TABLE)
def test_published_table(shift: float) -> None:
    values = (
        d.shewhart_arl(3.0, shift),
        d.ewma_arl(0.1, 2.814, shift),
        d.ewma_arl(0.2, 2.962, shift),
        d.cusum_arl_two_sided(0.5, 4.0, shift),
        d.cusum_arl_two_sided(0.5, 5.0, shift),
        d.cusum_arl_two_sided(0.5, 5.0, shift, head_start=2.5),
    )
    assert values == pytest.approx(TABLE[shift], rel=6e-6)


def test_ramps_and_the_settled_bound() -> None:
    assert d.cusum_arl_ramp(0.5, 5.0, 0.01) == pytest.approx(57.1589, rel=1e-6)
    assert d.cusum_arl_ramp(0.5, 5.0, 0.1) == pytest.approx(13.3150, rel=1e-5)
    assert d.bound(1.0, 1000.0) == pytest.approx(10.5171, rel=1e-5)
    assert d.bound_settled(1.0, 1000.0) == pytest.approx(9.788, rel=1e-4)


@pytest.mark.parametrize(
    ("rules", "arl0"), [([1], 370.398), ([1, 2], 225.438), ([1, 2, 3, 4], 91.7508)]
)
def test_runs_rules(rules: list[float], arl0: float) -> None:
    chart = d.RunsRules(
        mean=0.0, sigma=1.0, set="western_electric", rules=rules, restart=False, period_s=1.0
    )
    assert chart.arl() == pytest.approx(arl0, rel=6e-6)


def test_a_threshold_gives_back_its_run_length() -> None:
    assert d.cusum_arl_two_sided(
        0.5, d.cusum_h_for_arl0_from(0.5, 500.0, 2.0), head_start=2.0
    ) == pytest.approx(500.0)
    assert d.ewma_arl_exact_start(
        0.1, d.ewma_limit_for_arl0_exact_start(0.1, 500.0)
    ) == pytest.approx(500.0)
    assert d.adaptive_ewma_arl(
        0.1, 3.3, d.adaptive_ewma_h_for_arl0(0.1, 3.3, 500.0)
    ) == pytest.approx(500.0)
    assert d.spread_cusum_arl(1.5, d.spread_cusum_h_for_arl0(1.5, 500.0)) == pytest.approx(500.0)
    assert d.glr_arl(0.25, d.glr_h_for_arl0(0.25, 500.0)) == pytest.approx(500.0)
    one_sided = d.shiryaev_roberts_h_for_arl0(1.0, 500.0, two_sided=False)
    assert d.shiryaev_roberts_arl(1.0, one_sided) == pytest.approx(500.0)
    two_sided = d.shiryaev_roberts_h_for_arl0(1.0, 500.0)
    assert d.shiryaev_roberts_arl_two_sided(1.0, two_sided) == pytest.approx(500.0)


def test_what_cannot_be_resolved_is_refused_by_name() -> None:
    for call, name in [
        (lambda: d.cusum_arl_ramp(0.5, 5.0, 0.0), "slope"),
        (lambda: d.spread_cusum_arl(1.0, 5.0), "ratio"),
        (lambda: d.glr_arl(0.05, 6.0), "smallest_shift"),
        (lambda: d.glr_arl(0.25, 12.0, 0.05), "shift"),
        (lambda: d.shiryaev_roberts_h_for_arl0(1.0, 1.0), "arl0"),
    ]:
        with pytest.raises(ValueError, match=name):
            call()
