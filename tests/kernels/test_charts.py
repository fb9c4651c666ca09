"""Thresholds that are designed: what every chart offers beside its kernel."""

from __future__ import annotations

import linewright as lw
import pytest
from configs import CONFIGS, VECTOR_CONFIGS
from linewright import _core

CHARTS = dict(_core.CHARTS)
LEARNING = {"SelfStartingCusum", "GuardedCusum", "ArCusum"}
"""What a chart that learns makes of a shift depends on its past: it refuses to say."""


def parts(name: str) -> tuple[type, dict[str, object], str]:
    """Class, config without its threshold, name of the threshold."""
    config = dict({**CONFIGS, **VECTOR_CONFIGS}[name])
    config.pop(CHARTS[name], None)
    return getattr(lw, name), config, CHARTS[name]


@pytest.mark.parametrize("name", CHARTS)
def test_a_designed_threshold_gives_the_run_length_asked_for(name: str) -> None:
    kind, config, threshold = parts(name)
    for arl0 in (100.0, 1000.0):
        chart = kind.for_arl0(arl0, **config, period_s=1.0)
        assert chart.arl() == pytest.approx(arl0, rel=1e-4)
        if name in LEARNING:
            with pytest.raises(lw.DesignError, match="depends on its past"):
                chart.arl(shift=1.0)
        else:
            assert chart.arl(shift=2.0) < chart.arl(shift=1.0) < arl0
        assert chart.config[threshold] > 0.0


@pytest.mark.parametrize("name", CHARTS)
def test_a_budget_is_a_run_length_and_a_rate(name: str) -> None:
    kind, config, _threshold = parts(name)
    chart = kind.for_false_alarm_budget(per_day=50.0, rate_hz=0.1, channels=4, **config)
    same = kind.for_arl0(86400.0 * 0.1 * 4 / 50.0, **config, period_s=10.0)
    assert repr(chart) == repr(same)


@pytest.mark.parametrize("name", CHARTS)
def test_the_threshold_is_not_given_where_it_is_solved(name: str) -> None:
    kind, config, threshold = parts(name)
    with pytest.raises(TypeError, match=f"{threshold}.* is what is being solved for"):
        kind.for_arl0(500.0, **config, **{threshold: 5.0}, period_s=1.0)
    with pytest.raises(lw.DesignError, match="arl0"):
        kind.for_arl0(0.5, **config, period_s=1.0)
    with pytest.raises(lw.DesignError, match="rate_hz"):
        kind.for_false_alarm_budget(per_day=1.0, rate_hz=-1.0, **config)
