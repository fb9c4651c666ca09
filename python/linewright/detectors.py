"""Detectors, and the run lengths their thresholds are taken from.

A threshold comes from a budget of false alarms, never from habit:

>>> from linewright.detectors import Cusum, arl0_for_false_alarm_budget, cusum_h_for_arl0
>>> arl0 = arl0_for_false_alarm_budget(per_day=1.0, rate_hz=1000.0)
>>> h = cusum_h_for_arl0(k=0.5, arl0=arl0)
>>> round(h, 3)
17.116
>>> watch = Cusum(mean=0.0, sigma=1.0, k=0.5, h=h, restart=True, period_s=0.001)
"""

<<<<<<< HEAD
from linewright import _charts  # noqa: F401  (gives the charts their methods)
=======
import linewright._charts  # noqa: F401  (gives the charts their run lengths and thresholds)
>>>>>>> 76c81e1 (kernels: charts over many variables and the tray in Python; docs: many variables, real streams)
from linewright._core import (
    AdaptiveEwma,
    Cusum,
    EwmaChart,
    Glr,
    GuardedCusum,
    Hotelling,
    Mewma,
    PageHinkley,
    PcaChart,
    RunsRules,
    SelfStartingCusum,
    Shewhart,
    ShiryaevRoberts,
    SpreadCusum,
    adaptive_ewma_arl,
    adaptive_ewma_h_for_arl0,
    arl0_for_false_alarm_budget,
    bound,
    bound_settled,
    chi_square_limit,
    cusum_arl,
    cusum_arl_ramp,
    cusum_arl_settled,
    cusum_arl_two_sided,
    cusum_h_for_arl0,
    cusum_h_for_arl0_from,
    cusum_h_for_arl0_one_sided,
    ewma_arl,
    ewma_arl_exact_start,
    ewma_arl_ramp,
    ewma_arl_settled,
    ewma_limit_for_arl0,
    ewma_limit_for_arl0_exact_start,
    glr_arl,
    glr_h_for_arl0,
    mewma_arl,
    mewma_limit_for_arl0,
    q_limit,
    shewhart_arl,
    shewhart_limit_for_arl0,
    shiryaev_roberts_arl,
    shiryaev_roberts_arl_two_sided,
    shiryaev_roberts_h_for_arl0,
    spread_cusum_arl,
    spread_cusum_h_for_arl0,
    t2_limit,
)
from linewright._phase_one import fit_covariance, fit_pca

__all__ = [
    "AdaptiveEwma",
    "Cusum",
    "EwmaChart",
    "Glr",
    "GuardedCusum",
    "Hotelling",
    "Mewma",
    "PageHinkley",
    "PcaChart",
    "RunsRules",
    "SelfStartingCusum",
    "Shewhart",
    "ShiryaevRoberts",
    "SpreadCusum",
    "adaptive_ewma_arl",
    "adaptive_ewma_h_for_arl0",
    "arl0_for_false_alarm_budget",
    "bound",
    "bound_settled",
    "chi_square_limit",
    "cusum_arl",
    "cusum_arl_ramp",
    "cusum_arl_settled",
    "cusum_arl_two_sided",
    "cusum_h_for_arl0",
    "cusum_h_for_arl0_from",
    "cusum_h_for_arl0_one_sided",
    "ewma_arl",
    "ewma_arl_exact_start",
    "ewma_arl_ramp",
    "ewma_arl_settled",
    "ewma_limit_for_arl0",
    "ewma_limit_for_arl0_exact_start",
    "fit_covariance",
    "fit_pca",
    "glr_arl",
    "glr_h_for_arl0",
    "mewma_arl",
    "mewma_limit_for_arl0",
    "q_limit",
    "shewhart_arl",
    "shewhart_limit_for_arl0",
    "shiryaev_roberts_arl",
    "shiryaev_roberts_arl_two_sided",
    "shiryaev_roberts_h_for_arl0",
    "spread_cusum_arl",
    "spread_cusum_h_for_arl0",
    "t2_limit",
]
