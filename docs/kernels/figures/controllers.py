"""Measured: an output step under dead time, recovery from a limit, recipes of a tool that wears."""

from __future__ import annotations

from pathlib import Path

import linewright as lw
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

mpl.rcParams["svg.hashsalt"] = "linewright"


def pi(kp: float, ti_s: float, period_s: float, **changes: object) -> lw.Pid:
    """A PI with wide limits."""
    fields = {"lo": -100.0, "hi": 100.0, "tracking_time_s": ti_s} | changes
    return lw.Pid(
        kp=kp,
        ti_s=ti_s,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        period_s=period_s,
        **fields,
    )


def output_step(which: str) -> tuple[np.ndarray, float]:
    """The process value after a step of 1 on it, 80 s dead time and 10 s lag, and its IAE, s."""
    period_s, theta_s, tau_s, lambda_s = 0.1, 80.0, 10.0, 20.0
    lag = lw.Ewma(time_constant_s=tau_s, period_s=period_s)
    dead = lw.TimeDelay(dead_time_s=theta_s, period_s=period_s)
    model = {"gain": 1.0, "time_constant_s": tau_s, "dead_time_s": theta_s}
    smith = lw.Smith(**model, period_s=period_s)
    imc = lw.Imc(**model, lambda_s=lambda_s, lo=-100.0, hi=100.0, period_s=period_s)
    if which == "SIMC PI":
        loop = pi(*lw.simc_pi(k=1.0, tau_s=tau_s, theta_s=theta_s, tau_c_s=theta_s), period_s)
    else:
        loop = pi(tau_s / lambda_s, tau_s, period_s)
    mv, line = 0.0, []
    for tick in range(6000):
        pv = dead.update(lag.update(mv)) + float(tick > 0)
        line.append(pv)
        if which == "Imc":
            mv, _ = imc.update(0.0, pv, 0.0, 1.0)
        else:
            seen = smith.update(mv, pv)[0] if which == "Smith and PI" else pv
            mv = loop.update(0.0, seen, 0.0, mv, 1.0)
    return np.array(line), float(np.abs(line).sum() * period_s)


def recovery(anti_windup: str) -> list[float]:
    """A lag of 5 s whose set-point is out of reach for 30 s."""
    loop = pi(2.0, 5.0, 0.1, lo=0.0, tracking_time_s=2.0, anti_windup=anti_windup)
    lag = lw.Ewma(time_constant_s=5.0, period_s=0.1)
    mv, line = 0.0, []
    for tick in range(700):
        line.append(lag.update(mv))
        mv = loop.update(150.0 if tick < 300 else 60.0, line[-1], 0.0, mv, 1.0)
    return line


def wearing(double: bool, seed: int) -> list[float]:
    """Weight of each run off its target; the tool wears by 0.3 a run from run 40 on."""
    rng = np.random.default_rng(seed)
    fields = {"gain": 2.0, "max_move": 5.0, "lo": -100.0, "hi": 100.0, "period_s": 1.0}
    single = lw.RunToRun(weight=0.3, **fields)
    both = lw.DoubleEwma(weight=0.3, drift_weight=0.2, **fields)
    u, wear, line = 0.0, 0.0, []
    for run in range(160):
        wear += 0.3 * (run >= 40)
        line.append(2.0 * u + wear + rng.normal(scale=0.3))
        u = (both if double else single).update(0.0, line[-1], 1.0, 1.0, u)[0]
    return line


def main() -> None:
    """Run the loops and draw."""
    figure, (step, limit, runs) = plt.subplots(3, 1, figsize=(7.0, 9.0), layout="constrained")
    for which in ("SIMC PI", "Smith and PI", "Imc"):
        line, iae_s = output_step(which)
        style = "--" if which == "Imc" else "-"
        step.plot(np.arange(len(line)) * 0.1, line, style, label=f"{which}: IAE {iae_s:.1f} s")
    step.set(xlabel="time, s", ylabel="pv", title="A step on the output; dead time 80 s, lag 10 s")
    step.legend(fontsize=8)
    for anti_windup in ("back_calculation", "clamping", "external"):
        line = recovery(anti_windup)
        limit.plot(np.arange(len(line)) * 0.1, line, label=anti_windup)
    limit.axhline(60.0, color="0.7", lw=0.8)
    limit.set(xlabel="time, s", ylabel="pv", title="Set-point 150 (out of reach), then 60 at 30 s")
    limit.legend(fontsize=8)
    runs.plot(wearing(double=False, seed=5), lw=0.9, label="RunToRun")
    runs.plot(wearing(double=True, seed=5), lw=0.9, label="DoubleEwma")
    runs.axhline(lw.run_to_run_ramp_offset(0.3, 0.3), color="0.7", lw=0.8, label="drift/weight")
    runs.set(xlabel="run", ylabel="off target", title="A tool that wears from run 40 on")
    runs.legend(fontsize=8)
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
