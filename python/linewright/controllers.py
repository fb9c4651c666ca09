"""Controllers, and what a loop with dead time can reach at best.

>>> from linewright.controllers import simc_pi
>>> kc, ti_s = simc_pi(k=2.0, tau_s=10.0, theta_s=1.0, tau_c_s=1.0)
>>> (kc, ti_s)
(2.5, 8.0)
"""

from linewright._core import (
    CdProfile,
    FeedForward,
    FeedForwardGain,
    Gains,
    Margins,
    Mpc,
    Pid,
    QpSolution,
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

__all__ = [
    "CdProfile",
    "FeedForward",
    "FeedForwardGain",
    "Gains",
    "Margins",
    "Mpc",
    "Pid",
    "QpSolution",
    "Smith",
    "amigo_pi",
    "amigo_pi_integrating",
    "amigo_pid",
    "amigo_pid_integrating",
    "feed_forward_gain",
    "first_order_from_ultimate",
    "imc_pi",
    "lambda_tuning",
    "margins",
    "minimum_variance_ar1",
    "minimum_variance_ima",
    "minimum_variance_random_walk",
    "run_to_run_inflation",
    "run_to_run_ramp_offset",
    "simc_pi",
    "simc_pid",
    "solve_qp",
    "ultimate_gains",
]
