"""Linewright: embedded control for battery production lines.

Python declares, Rust runs. Kernels serve alone, and the same class is an operation of a graph:

>>> import linewright as lw
>>> flow = lw.Ewma(time_constant_s=2.0, period_s=0.1)
>>> flow.update(10.0)
10.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linewright import _core
from linewright._core import (
    ConfigError,
    DesignError,
    LedgerError,
    PlanError,
    RecordError,
)
from linewright.controllers import (
    CdProfile,
    DoubleEwma,
    FeedForward,
    FeedForwardGain,
    Gains,
    Imc,
    Margins,
    Mpc,
    Pid,
    QpSolution,
    Ratio,
    RunToRun,
    Smith,
    amigo_pi,
    amigo_pi_integrating,
    amigo_pid,
    amigo_pid_integrating,
    feed_forward_gain,
    first_order_from_ultimate,
    imc_pi,
    lambda_tuning,
    margins,
    minimum_variance_ar1,
    minimum_variance_ima,
    minimum_variance_random_walk,
    run_to_run_inflation,
    run_to_run_ramp_offset,
    simc_pi,
    simc_pid,
    solve_qp,
    ultimate_gains,
)
from linewright.detectors import (
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
    fit_covariance,
    fit_pca,
    mewma_arl,
    mewma_limit_for_arl0,
    q_limit,
    shewhart_arl,
    shewhart_limit_for_arl0,
    t2_limit,
)
from linewright.estimators import (
    DisturbanceObserver,
    Kalman,
    Registration,
    ScanningGauge,
    TimeDelay,
    WebDelay,
)
from linewright.filters import (
    Bessel,
    Butterworth,
    Chebyshev1,
    Chebyshev2,
    Elliptic,
    Ewma,
    Hampel,
    Median,
    Notch,
    Peak,
    SampleHold,
    Sos,
)
from linewright.limiters import (
    Clamp,
    Latch,
    Override,
    SCurve,
    SetpointRamp,
    Slew,
    SplitRange,
)

if TYPE_CHECKING:
    from linewright.graph import Graph, Station

__version__: str = _core.VERSION

__all__ = [
    "Bessel",
    "Butterworth",
    "CdProfile",
    "Chebyshev1",
    "Chebyshev2",
    "Clamp",
    "ConfigError",
    "Cusum",
    "DesignError",
    "DisturbanceObserver",
    "DoubleEwma",
    "Elliptic",
    "Ewma",
    "EwmaChart",
    "FeedForward",
    "FeedForwardGain",
    "Gains",
    "Graph",
    "GuardedCusum",
    "Hampel",
    "Imc",
    "Kalman",
    "Latch",
    "LedgerError",
    "Margins",
    "Median",
    "Mpc",
    "Notch",
    "Override",
    "Peak",
    "Pid",
    "PlanError",
    "QpSolution",
    "Ratio",
    "RecordError",
    "Registration",
    "RunToRun",
    "SCurve",
    "SampleHold",
    "ScanningGauge",
    "SelfStartingCusum",
    "SetpointRamp",
    "Shewhart",
    "Slew",
    "Smith",
    "Sos",
    "SplitRange",
    "Station",
    "TimeDelay",
    "WebDelay",
    "__version__",
    "amigo_pi",
    "amigo_pi_integrating",
    "amigo_pid",
    "amigo_pid_integrating",
    "arl0_for_false_alarm_budget",
    "bound",
    "chi_square_limit",
    "cusum_arl",
    "cusum_arl_two_sided",
    "cusum_h_for_arl0",
    "cusum_h_for_arl0_one_sided",
    "ewma_arl",
    "ewma_limit_for_arl0",
    "feed_forward_gain",
    "first_order_from_ultimate",
    "fit_covariance",
    "fit_pca",
    "imc_pi",
    "lambda_tuning",
    "margins",
    "mewma_arl",
    "mewma_limit_for_arl0",
    "minimum_variance_ar1",
    "minimum_variance_ima",
    "minimum_variance_random_walk",
    "q_limit",
    "run_to_run_inflation",
    "run_to_run_ramp_offset",
    "shewhart_arl",
    "shewhart_limit_for_arl0",
    "simc_pi",
    "simc_pid",
    "solve_qp",
    "t2_limit",
    "ultimate_gains",
]


def __getattr__(name: str) -> object:
    """Load what wires stations only when it is asked for."""
    if name in {"Graph", "Station"}:
        from linewright import graph  # noqa: PLC0415

        return getattr(graph, name)
    raise AttributeError(f"module 'linewright' has no attribute {name!r}")
