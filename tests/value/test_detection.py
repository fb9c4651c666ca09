"""Detections matched to faults in cases worked by hand, and the bound against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linewright.value.detection import (
    Background,
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
        background=Background(white_sd=0.001),
        linger_s=10.0,
    ),
    "bias": Signature(
        witnesses=frozenset({"coater.weight_shift"}),
        background=Background(white_sd=1.0),
        transport_s=3.0,
    ),
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
    signature = Signature(
        witnesses=frozenset({"x"}),
        sampling_s=1.0,
        signal_per_size=delta,
        background=Background(white_sd=1.0),
    )
    assert bound_s(signature, 1.0, 1e4) == pytest.approx(delay, rel=0.35)


def test_a_cell_named_is_found_only_when_it_is_the_one_that_was_hit() -> None:
    short = Signature(
        witnesses=frozenset({"f.short"}), background=WHITE, signal_per_size=0.0, linger_s=100.0
    )
    hit = Fault(kind="short", at_s=10.0, size=3.0, duration_s=50.0, cells=frozenset({7}))
    named = [
        Detection(name="f.short", at_s=t, cells=frozenset({cell}))
        for t, cell in ((20.0, 6), (40.0, 7), (50.0, 8))
    ]
    scored = score([hit], named, {"short": short}, hours=8.0, false_alarms_per_shift=1.0)
    assert scored.delays_s() == [30.0]
    assert scored.false_alarms == {"f.short": 2}
    others = score([hit], named[::2], {"short": short}, hours=8.0, false_alarms_per_shift=1.0)
    assert (others.missed(), others.false_alarms) == (1, {"f.short": 2})
    never = Fault(kind="short", at_s=10.0, size=3.0, duration_s=50.0, cells=frozenset())
    assert score([never], named, {"short": short}, hours=8.0, false_alarms_per_shift=1.0).missed()


def test_what_is_told_for_the_log_alone_is_a_false_alarm_as_the_sign_of_a_fault_only() -> None:
    names = ("s.batch_opened", "coater.pump_slip")
    told = [Detection(name=name, at_s=5.0, log=True) for name in names] + at("x.y", 6.0)
    scored = score([], told, SIGNATURES, hours=8.0, false_alarms_per_shift=1.0)
    assert scored.false_alarms == {"coater.pump_slip": 1, "x.y": 1}


WHITE = Background(white_sd=1.0)


def slow(growth: str, growth_s: float, background: Background = WHITE) -> float:
    signature = Signature(
        witnesses=frozenset({"x"}),
        signal_per_size=3.0,
        growth=growth,
        growth_s=growth_s,
        background=background,
    )
    return bound_s(signature, 1.0, 1e5)


@pytest.mark.parametrize("growth", ["ramp", "exponential"])
def test_a_slow_growth_takes_longer_than_a_step_and_tends_to_it(growth: str) -> None:
    step = slow("step", 0.0)
    assert step == pytest.approx(0.1 + 0.1 * math.log(1e5) / 4.5)
    assert slow(growth, 1e-6) == pytest.approx(step, rel=1e-3)
    assert slow(growth, 10.0) < slow(growth, 100.0) < slow(growth, 1000.0)
    # A ramp earns (3 t/T)^2/2 per sample of 0.1 s: t^3 = ln(ARL0)*6*T^2*0.1/9.
    t_s = (math.log(1e5) * 6.0 * 1000.0**2 * 0.1 / 9.0) ** (1.0 / 3.0)
    assert slow("ramp", 1000.0) == pytest.approx(t_s + 0.1, rel=0.01)


def test_a_wandering_background_hides_more_than_white_noise() -> None:
    wander = Background(white_sd=1.0, ar1_sd=1.0, ar1_tau_s=100.0)
    walk = Background(white_sd=1.0, walk_sd_per_sqrt_s=0.1)
    assert slow("ramp", 100.0) < slow("ramp", 100.0, wander)
    assert slow("ramp", 100.0) < slow("ramp", 100.0, walk)
    # A ramp slower than what the walk does by itself in that time is never told apart.
    assert slow("ramp", 1e6, Background(white_sd=1.0, walk_sd_per_sqrt_s=1.0)) == math.inf


def test_nothing_is_never_found() -> None:
    assert bound_s(SIGNATURES["slip"], 0.0, 10.0) == math.inf


def test_quantile_of_nothing_is_nothing() -> None:
    assert math.isnan(quantile([], 0.5))
