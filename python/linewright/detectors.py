"""Detectors, and the run lengths their thresholds are taken from.

A threshold comes from a budget of false alarms, never from habit:

>>> from linewright.detectors import Cusum, arl0_for_false_alarm_budget, cusum_h_for_arl0
>>> arl0 = arl0_for_false_alarm_budget(per_day=1.0, rate_hz=1000.0)
>>> h = cusum_h_for_arl0(k=0.5, arl0=arl0)
>>> round(h, 3)
17.116
>>> watch = Cusum(mean=0.0, sigma=1.0, k=0.5, h=h, restart=True, period_s=0.001)
"""

from linewright._core import (
    Cusum,
    EwmaChart,
    GuardedCusum,
    SelfStartingCusum,
    Shewhart,
    arl0_for_false_alarm_budget,
    bound,
    chi_square_limit,
    cusum_arl,
    cusum_arl_two_sided,
    cusum_h_for_arl0,
    cusum_h_for_arl0_one_sided,
    ewma_arl,
    ewma_limit_for_arl0,
    mewma_arl,
    mewma_limit_for_arl0,
    q_limit,
    shewhart_arl,
    shewhart_limit_for_arl0,
    t2_limit,
)
from linewright._phase_one import fit_covariance, fit_pca

__all__ = [
    "Cusum",
    "EwmaChart",
    "GuardedCusum",
    "SelfStartingCusum",
    "Shewhart",
    "arl0_for_false_alarm_budget",
    "bound",
    "chi_square_limit",
    "cusum_arl",
    "cusum_arl_two_sided",
    "cusum_h_for_arl0",
    "cusum_h_for_arl0_one_sided",
    "ewma_arl",
    "ewma_limit_for_arl0",
    "fit_covariance",
    "fit_pca",
    "mewma_arl",
    "mewma_limit_for_arl0",
    "q_limit",
    "shewhart_arl",
    "shewhart_limit_for_arl0",
    "t2_limit",
]
