"""Measured: a move that changes its mind, a ramp that waits for its process."""

from __future__ import annotations

from pathlib import Path

import linewright as lw
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

mpl.rcParams["svg.hashsalt"] = "linewright"
PERIOD_S = 0.01


def main() -> None:
    """Run the limiters and draw."""
    figure, (way, rates, ramp) = plt.subplots(3, 1, figsize=(7.0, 8.0), layout="constrained")
    target = np.repeat([0.0, 3.0, 1.0], [10, 120, 300])
    time_s = np.arange(len(target)) * PERIOD_S
    ones = np.ones(len(target))
    move = lw.SCurve(
        velocity_per_s=2.0, acceleration_per_s2=5.0, jerk_per_s3=40.0, period_s=PERIOD_S
    )
    y, velocity, acceleration = move.process(target, 0.0 * ones, ones)
    slew = lw.Slew(up_per_s=2.0, down_per_s=2.0, period_s=PERIOD_S).process(target)
    way.plot(time_s, target, color="0.7", label="target")
    way.plot(time_s, slew, lw=0.9, label="Slew")
    way.plot(time_s, y, label="SCurve")
    way.set(xlabel="time, s", ylabel="position", title="A target that changes on the way")
    way.legend(fontsize=8)
    rates.plot(time_s, velocity, label="velocity, limit 2")
    rates.plot(time_s, acceleration, label="acceleration, limit 5")
    rates.plot(time_s[3:], np.diff(y, 3) / PERIOD_S**3, lw=0.8, label="jerk, limit 40")
    rates.set(xlabel="time, s", ylabel="per s, s2, s3", title="The SCurve's rates")
    rates.legend(fontsize=8)

    heat = lw.SetpointRamp(up_per_s=1.0, down_per_s=1.0, holdback=5.0, period_s=1.0)
    zone, pv, line = lw.Ewma(time_constant_s=60.0, period_s=1.0), 20.0, []
    for _ in range(300):
        sp, _ = heat.update(90.0, pv, 1.0)
        # Full power heats to 110 only: the zone slows down on the way.
        pv = zone.update(min(110.0, pv + 8.0 * (sp - pv)))
        line.append((sp, pv))
    ramp.plot([sp for sp, _ in line], label="sp, 1 K/s, waits 5 K ahead")
    ramp.plot([pv for _, pv in line], label="pv, power limited")
    ramp.set(xlabel="time, s", ylabel="temperature, C", title="A ramp that waits")
    ramp.legend(fontsize=8)
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
