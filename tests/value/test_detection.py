"""Detections matched to faults in cases worked by hand, and the bound against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linewright.value.detection import (
    Detection,
    Fault,
    Signature,
    bound_s,
    pool,
    quantile,
    score,
)

SIGNATURES = {
    "slip": Signature(
        witnesses=frozenset({"coater.pump_slip"}),
        consequences=frozenset({"coater.weight_shift"}),
        sigma_per_size=1000.0,
        linger_s=10.0,
    ),
    "bias": Signature(witnesses=frozenset({"coater.weight_shift"}), transport_s=3.0),
}


def at(name: str, *times_s: float) -> list[Detection]:
    return [Detection(name=name, at_s=t) for t in times_s]


def test_a_shift_worked_by_hand() -> None:
    faults = [
        Fault(kind="slip", at_s=100.0, size=0.01, duration_s=50.0),
        Fault(kind="bias", at_s=1000.0, size=0.5),
        Fault(kind="slip", at_s=5000.0, size=0.01, duration_s=50.0),
        Fault(kind="not scored", at_s=1.0, size=1.0),
    ]
    events = [
        *at("coater.pump_slip", 20.0, 102.0, 140.0, 161.0),
        *at("coater.weight_shift", 104.0, 500.0, 1007.5),
    ]
    result = score(faults, events, SIGNATURES, hours=4.0, false_alarms_per_shift=1.0)
    assert [f.delay_s for f in result.found] == [2.0, 7.5, None]
    assert result.missed() == 1
    # 20 s stands before the fault, 161 s after its end and linger, 500 s is nobody's.
    assert result.false_alarms == {"coater.pump_slip": 2, "coater.weight_shift": 1}
    assert result.false_per_shift() == {"coater.pump_slip": 4.0, "coater.weight_shift": 2.0}
    assert quantile(result.delays_s(), 0.5) == pytest.approx(4.75)


def test_a_consequence_explains_but_does_not_detect() -> None:
    faults = [Fault(kind="slip", at_s=100.0, size=0.01)]
    result = score(
        faults, at("coater.weight_shift", 105.0), SIGNATURES, hours=8.0, false_alarms_per_shift=1.0
    )
    assert result.missed() == 1
    assert not result.false_alarms


def test_shifts_pool() -> None:
    faults = [Fault(kind="slip", at_s=100.0, size=0.01)]
    one = score(
        faults, at("coater.pump_slip", 50.0, 101.0), SIGNATURES, hours=8.0, false_alarms_per_shift=1
    )
    both = pool([one, one])
    assert both.hours == 16.0
    assert len(both.found) == 2
    assert both.false_per_shift() == {"coater.pump_slip": 1.0}


def mean_delay(delta: float, h: float, k: float, rise: float, seed: int) -> float:
    """Mean delay of a one-sided CUSUM, samples, the change being there from the first sample."""
    rng = np.random.default_rng(seed)
    delays = []
    for _ in range(400):
        total, n = 0.0, 0
        while total <= h:
            n += 1
            shift = delta if rise == 0.0 else delta * -math.expm1(-n / rise)
            total = max(0.0, total + rng.normal(shift) - k)
        delays.append(n)
    return float(np.mean(delays))


@pytest.mark.parametrize(("delta", "seed"), [(1.0, 3), (2.0, 4)])
def test_no_cusum_beats_the_bound_by_more_than_its_start(delta: float, seed: int) -> None:
    # One-sided CUSUM, k = delta/2: ARL0 ~ exp(delta*h)/(delta^2/2) beyond the Wald terms, so this
    # h gives ARL0 near 1e4; the bound is asymptotic and must stand within a few samples below.
    h = math.log(1e4 * delta**2 / 2.0) / delta - 1.166
    delay = mean_delay(delta, h, delta / 2.0, 0.0, seed)
    signature = Signature(witnesses=frozenset({"x"}), sampling_s=1.0, sigma_per_size=delta)
    assert bound_s(signature, 1.0, 1e4) == pytest.approx(delay, rel=0.35)


def test_a_slow_rise_takes_longer_than_a_step_and_tends_to_it() -> None:
    def at_rise(rise_s: float) -> float:
        s = Signature(witnesses=frozenset({"x"}), sigma_per_size=3.0, rise_s=rise_s)
        return bound_s(s, 1.0, 1e5)

    assert at_rise(0.0) == pytest.approx(0.1 + 0.1 * math.log(1e5) / 4.5)
    assert at_rise(1e-6) == pytest.approx(at_rise(0.0), rel=1e-3)
    assert at_rise(10.0) < at_rise(100.0) < at_rise(1000.0)
    assert bound_s(SIGNATURES["slip"], 0.0, 10.0) == math.inf


def test_quantile_of_nothing_is_nothing() -> None:
    assert math.isnan(quantile([], 0.5))
