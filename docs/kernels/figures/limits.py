"""Figure of limits.md: what two charts that learn make of a shift (matplotlib)."""

from __future__ import annotations

from pathlib import Path

import linewright as lw
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

mpl.rcParams["svg.hashsalt"] = "linewright"

ARL0 = 5000.0
H = lw.cusum_h_for_arl0(0.5, ARL0)
RUNS = 400
MOST = 1000
READINGS = (50, 70, 100, 200, 400)


def known():
    """A chart that is told."""
    return lw.Cusum(mean=0.0, sigma=1.0, k=0.5, h=H, restart=True, period_s=1.0)


def self_starting():
    """One that learns everything."""
    return lw.SelfStartingCusum(k=0.5, h=H, restart=True, period_s=1.0)


def guarded():
    """One that learns behind its guard."""
    return lw.GuardedCusum(k=0.5, h=H, restart=True, period_s=1.0)


def outputs(chart, x):
    """All outputs of a chart."""
    inputs = (x, np.zeros_like(x)) if isinstance(chart, lw.GuardedCusum) else (x,)
    return chart.process(*inputs)


def delay(make, good: int, seed: int) -> float:
    """Mean delay to 1 sigma after `good` readings; a run counts as `MOST` when it takes longer."""
    rng = np.random.default_rng(seed)
    port = 2 if make is known else 3
    delays = []
    while len(delays) < RUNS:
        x = rng.normal(size=good + MOST)
        x[good:] += 1.0
        alarm = outputs(make(), x)[port]
        if not alarm[:good].any():
            hits = np.flatnonzero(alarm[good:] > 0)
            delays.append(hits[0] + 1 if hits.size else MOST)
    return float(np.mean(delays))


def main() -> None:
    """Run the charts and draw."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.4), layout="constrained")
    for make, label, style in (
        (self_starting, "SelfStartingCusum", "s--"),
        (guarded, "GuardedCusum", "o-"),
        (known, "Cusum, told mean and sigma", "k:"),
    ):
        left.plot(READINGS, [delay(make, n, 1) for n in READINGS], style, label=label)
    left.set(xscale="log", yscale="log", xlabel="good readings before the shift")
    left.set(ylabel="mean delay to 1 sigma, readings")
    left.set_xticks(READINGS, [str(n) for n in READINGS])
    left.set_xticks([], minor=True)
    left.legend(frameon=False, fontsize=8)
    x = np.random.default_rng(3).normal(size=600)
    x[200:400] += 1.0
    right.plot(x, ".", color="0.8", markersize=2)
    for make, label, style in (
        (self_starting, "SelfStartingCusum", "C0--"),
        (guarded, "GuardedCusum", "C1-"),
    ):
        given = outputs(make(), x)
        right.plot(given[4], style, label=f"mean of {label}")
    alarms = np.flatnonzero(outputs(guarded(), x)[3])
    right.plot(alarms, np.full(alarms.size, 3.6), "C1|", label="its alarms")
    right.axvspan(200, 400, color="0.94", zorder=0)
    right.set(xlabel="reading", ylabel="sigma", ylim=(-1.5, 4.0))
    right.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
