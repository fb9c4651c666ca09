"""What every chart class offers beside its kernel: run lengths, and thresholds that are designed.

Imported once, by `linewright.detectors`.
"""

from __future__ import annotations

from typing import Any

from linewright import _core

__all__: list[str] = []


def arl(self: Any, shift: float = 0.0) -> float:
    """Mean run length, samples, when a shift of `shift` sigma is there from the first sample.

    At 0 it is the mean distance of false alarms. For charts over many variables `shift` is the
    Mahalanobis length of the shift. Raises `DesignError` where it cannot be computed.

    >>> import linewright as lw
    >>> chart = lw.Shewhart(mean=0.0, sigma=1.0, limit_sigma=3.0, period_s=1.0)
    >>> round(chart.arl(), 3), round(chart.arl(shift=1.0), 4)
    (370.398, 43.8947)
    """
    return _core.chart_arl(type(self).__name__, self.config, shift)


def for_arl0(cls: Any, /, arl0: float, *, period_s: float, **fields: Any) -> Any:
    """The chart whose mean run length in control is `arl0` samples: its threshold is solved.

    `fields` are the other parameters of the class. Raises `DesignError` where no threshold does it.

    >>> import linewright as lw
    >>> lw.EwmaChart.for_arl0(
    ...     370.398, mean=0.0, sigma=1.0, weight=0.1, exact_start=False, period_s=1.0
    ... ).config["limit_sigma"]  # doctest: +ELLIPSIS
    2.70145...
    """
    threshold = _core.chart_threshold(cls.__name__, fields, arl0)
    return cls(**fields, **{THRESHOLDS[cls.__name__]: threshold}, period_s=period_s)


def for_false_alarm_budget(
    cls: Any, /, *, per_day: float, rate_hz: float, channels: int = 1, **fields: Any
) -> Any:
    """The chart that gives `per_day` false alarms a day over `channels` such charts.

    Each is fed `rate_hz` samples a second (so `period_s` is `1 / rate_hz`), independent and normal.

    >>> import linewright as lw
    >>> lw.Cusum.for_false_alarm_budget(
    ...     per_day=1.0, rate_hz=1000.0, mean=0.0, sigma=1.0, k=0.5, restart=True
    ... ).config["h"]  # doctest: +ELLIPSIS
    17.116...
    """
    arl0 = _core.arl0_for_false_alarm_budget(per_day, rate_hz, channels)
    return for_arl0(cls, arl0, period_s=1.0 / rate_hz, **fields)


THRESHOLDS: dict[str, str] = dict(_core.CHARTS)
"""The parameter that is the threshold, by chart."""

for _name in THRESHOLDS:
    _chart: Any = getattr(_core, _name)
    _chart.arl = arl
    _chart.for_arl0 = classmethod(for_arl0)
    _chart.for_false_alarm_budget = classmethod(for_false_alarm_budget)
