"""A gauge made fit for control and watched: range, spikes, estimate, shift detector.

`raw → range check → Hampel (a spike is Bad) → Kalman → CUSUM on the innovation`. The threshold
comes from a false-alarm budget, never from a rule of thumb.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import linewright as lw

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop

SHIFT_S = 8.0 * 3600.0


class Drift(NamedTuple):
    """Edges of a watched level."""

    level: Edge
    innovation: Edge
    alarm: Edge
    evidence: Edge
    age: Edge
    """Time since the change began, by the last zero of the sum that alarmed, s."""
    direction: Edge
    """1 when the level went up, -1 down, by the larger sum."""

    def said(self) -> dict[str, Edge]:
        """What an event of it carries as evidence: how sure, since when, which way."""
        return {"cusum": self.evidence, "age": self.age, "direction": self.direction}


class Gauge(NamedTuple):
    """Edges of one gauge."""

    value: Edge
    """The reading; Bad when out of range or a spike."""
    drift: Drift | None
    """What watches its level; None when nothing does."""


def arl0_samples(false_alarms_per_shift: float, rate_hz: float) -> float:
    """In-control run length of a detector at `rate_hz` for a budget per 8 h, samples.

    >>> arl0_samples(0.5, 10.0)
    576000.0
    """
    return SHIFT_S * rate_hz / false_alarms_per_shift


def walk_for(time_constant_s: float, noise_sd: float, period_s: float) -> float:
    """Walk that gives a Kalman filter of a noisy level this time constant, per square root of s.

    Steady gain `K = dt/T` needs `q/r = K^2/(1 - K)`; the walk is `sqrt(q/dt)`.

    >>> round(walk_for(100.0, 1.0, 1.0), 5)
    0.01005
    """
    gain = min(0.99, period_s / time_constant_s)
    return noise_sd * gain / math.sqrt((1.0 - gain) * period_s)


def watch_level(
    loop: Loop,
    x: Edge,
    *,
    noise_sd: float,
    memory_s: float,
    false_alarms_per_shift: float,
    z_sd: float = 1.0,
    shift_sigma: float = 1.0,
    wild_sigma: float | None = None,
) -> Drift:
    """CUSUM on what a level that forgets in `memory_s` does not explain.

    `noise_sd` of one sample in the unit of `x`; `z_sd` is the standard deviation of the
    innovation over `noise_sd` while nothing is wrong (1 in white noise, more when the line
    itself wanders); `shift_sigma` the smallest shift worth finding, in those standard deviations.
    With `wild_sigma` the detector sees no innovation larger than that many `noise_sd` (a Huber
    limit), so that a heavy-tailed gauge keeps its false-alarm budget.
    """
    kalman = loop.apply(
        lw.Kalman,
        x,
        walk_sd_per_sqrt_s=walk_for(memory_s, noise_sd, loop.period_s),
        noise_sd=noise_sd,
    )
    k = shift_sigma / 2.0
    h = lw.cusum_h_for_arl0(k, arl0_samples(false_alarms_per_shift, loop.rate_hz))
    z = kalman.z
    if wild_sigma is not None:
        z = loop.apply(lw.Clamp, z, lo=-wild_sigma, hi=wild_sigma).y
    chart = loop.apply(lw.Cusum, z, mean=0.0, sigma=z_sd, k=k, h=h, restart=True)
    up = chart.high >= chart.low
    since_up = loop.apply(lw.OnDuration, chart.high > 0.0)
    since_down = loop.apply(lw.OnDuration, chart.low > 0.0)
    return Drift(
        level=kalman.estimate,
        innovation=kalman.innovation,
        alarm=abs(chart.alarm) > 0.5,
        evidence=loop.max(chart.high, chart.low),
        age=loop.select(up, since_up, since_down),
        direction=loop.select(up, 1.0, -1.0),
    )


def gauge_chain(
    loop: Loop,
    raw: Edge,
    *,
    lo: float,
    hi: float,
    noise_sd: float,
    memory_s: float = 60.0,
    false_alarms_per_shift: float | None = None,
    z_sd: float = 1.0,
    shift_sigma: float = 1.0,
    spike_window: int = 7,
    spike_sigma: float = 6.0,
    wild_sigma: float | None = None,
) -> Gauge:
    """Wire one gauge into `loop`: range, spikes, estimate, detector.

    `lo`, `hi`, `noise_sd` in the unit of `raw`; the rest as in `watch_level`. Without a false-alarm
    budget the reading is cleaned only and `drift` is None.
    """
    inside = loop.bad_when(raw, (raw < lo) | (raw > hi))
    hampel = loop.apply(lw.Hampel, inside, window=spike_window, threshold_sigma=spike_sigma)
    value = loop.bad_when(inside, hampel.spike)
    if false_alarms_per_shift is None:
        return Gauge(value=value, drift=None)
    drift = watch_level(
        loop,
        value,
        noise_sd=noise_sd,
        memory_s=memory_s,
        false_alarms_per_shift=false_alarms_per_shift,
        z_sd=z_sd,
        shift_sigma=shift_sigma,
        wild_sigma=wild_sigma,
    )
    return Gauge(value=value, drift=drift)
