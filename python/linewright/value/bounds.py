"""What no controller and no detector can beat: the yardsticks of the evaluation.

Minimum variance with a total delay of b samples (Astrom 1970; Harris 1989): a random walk with
increment `s_a` leaves `b*s_a^2`, a first-order autoregression with standard deviation `s_d`
leaves `s_d^2*(1 - phi^(2b))`. Mean delay to detect a shift of `delta` sigma at an in-control run
length ARL0: `ln(ARL0)/(delta^2/2)` samples (Lorden 1971), on top of transport and sampling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DisturbanceMix:
    """What disturbs the coat weight, in % of target (one standard deviation unless named
    otherwise)."""

    walk_pct_per_sqrt_s: float = 0.02
    ar1_sd_pct: float = 0.15
    ar1_tau_s: float = 20.0
    ripple_sd_pct: float = 0.1 / math.sqrt(2.0)
    """Pump ripple (1.7 Hz, amplitude 0.1 %): faster than any transport delay, so nothing can act
    on it."""
    roll_sd_pct: float = 0.10
    """Backing roll (0.45 Hz): likewise."""


def walk_sd_pct(walk_pct_per_sqrt_s: float, delay_s: float) -> float:
    """Minimum-variance standard deviation left of a random walk, %: `s_a*sqrt(b)` with b in
    seconds.

    >>> [round(walk_sd_pct(0.02, b), 3) for b in (82.0, 6.0, 2.0)]
    [0.181, 0.049, 0.028]
    """
    return walk_pct_per_sqrt_s * math.sqrt(delay_s)


def ar1_sd_pct(sd_pct: float, tau_s: float, delay_s: float) -> float:
    """Minimum-variance standard deviation left of a first-order autoregression, %.

    `s_d*sqrt(1 - phi^(2b))` with `phi = exp(-1/tau)` per second.

    >>> round(ar1_sd_pct(0.15, 20.0, 6.0), 3)
    0.101
    """
    return sd_pct * math.sqrt(-math.expm1(-2.0 * delay_s / tau_s))


def minimum_sd_pct(mix: DisturbanceMix, delay_s: float, *, with_tones: bool) -> float:
    """Least standard deviation of the coat weight any controller reaches behind `delay_s`, % of
    target.

    `with_tones` adds ripple and roll, on which nothing can act; without them only walk and
    autoregression count. Raises `ValueError` when the delay is not positive.
    """
    if not delay_s > 0.0:
        raise ValueError(f"delay_s must be positive, was {delay_s}")
    acted = walk_sd_pct(mix.walk_pct_per_sqrt_s, delay_s) ** 2
    acted += ar1_sd_pct(mix.ar1_sd_pct, mix.ar1_tau_s, delay_s) ** 2
    if with_tones:
        acted += mix.ripple_sd_pct**2 + mix.roll_sd_pct**2
    return math.sqrt(acted)


def ar1_variance_left(variance: float, phi: float, delay_samples: int) -> float:
    """Minimum variance of AR(1) `phi` behind b samples, in the unit of `variance`: `s^2*(1 -
    phi^(2b))`.

    >>> round(ar1_variance_left(1.0 / (1.0 - 0.9**2), 0.9, 5), 3)
    3.428
    """
    return variance * -math.expm1(2.0 * delay_samples * math.log(phi))


def time_to_detect_bound_s(
    *, transport_s: float, sampling_s: float, shift_in_sigma: float, arl0_samples: float
) -> float:
    """Least mean time from a physical event to its detection, s.

    `transport + sampling + ln(ARL0)/(delta^2/2)*sampling`; `shift_in_sigma` (delta > 0) is the
    size of the event in standard deviations of one sample of the sensor that sees it first,
    `arl0_samples` the false-alarm budget.

    >>> round(time_to_detect_bound_s(transport_s=3.0, sampling_s=1.0, shift_in_sigma=2.0,
    ...                              arl0_samples=28800.0), 2)
    9.13
    """
    if not (shift_in_sigma > 0.0 and arl0_samples > 1.0 and sampling_s > 0.0):
        raise ValueError("shift_in_sigma and sampling_s must be positive and arl0_samples above 1")
    samples = math.log(arl0_samples) / (shift_in_sigma**2 / 2.0)
    return transport_s + sampling_s + samples * sampling_s
