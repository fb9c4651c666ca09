"""A cart that knows its limits, with and without preview; a die before and after its bolts moved.

By the kernels themselves. `python docs/kernels/figures/mpc.py` writes `mpc.svg` beside it; needs
matplotlib (extra `plot`).
"""

from __future__ import annotations

from pathlib import Path

import linewright as lw
import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "linewright"
import matplotlib.pyplot as plt  # noqa: E402

PERIOD_S = 0.1
HORIZON = 30
SAMPLES = 160
A = [[1.0, 0.1], [0.0, 0.98]]
B = [[0.005], [0.1]]


def wanted(t: int) -> float:
    """Reference at a sample, m."""
    return 0.0 if t < 50 else 1.0 if t < 110 else 0.6


def cart(preview: bool) -> tuple[list[float], list[float]]:
    """Positions and inputs of the cart in closed loop."""
    mpc = lw.Mpc(
        a=A,
        b=B,
        c=[[1.0, 0.0]],
        horizon=HORIZON,
        output_weight=[1.0],
        move_weight=[0.05],
        input_lo=[-1.0],
        input_hi=[1.0],
        move_limit=[0.4],
        preview=preview,
        period_s=PERIOD_S,
    )
    x, u = np.zeros(2), 0.0
    positions, inputs = [], []
    for t in range(SAMPLES):
        ahead = [wanted(t + k) for k in range(1, HORIZON + 1)] if preview else wanted(t)
        u, _, _, status = mpc.update(x, ahead, u)
        assert status == 1.0
        positions.append(float(x[0]))
        inputs.append(u)
        x = np.array(A) @ x + np.array(B)[:, 0] * u
    return positions, inputs


def die() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profile error before and after 12 scans, and where the bolts stand then."""
    control = lw.CdProfile(
        lanes=66,
        bolts=24,
        response_gain=1.1,
        response_width=1.6,
        move_weight=0.3,
        travel_lo=-50.0,
        travel_hi=50.0,
        bend_limit=3.0,
        move_limit=2.0,
        period_s=80.0,
    )
    rng = np.random.default_rng(3)
    across = np.linspace(-1.0, 1.0, 66)
    before = (
        1.6 * across + 1.2 * np.cos(5.0 * across) + 0.9 * np.exp(-((across + 0.9) ** 2) / 0.004)
    )
    before -= before.mean()
    profile, bolts, target = before.copy(), np.zeros(24), np.zeros(66)
    for _ in range(12):
        seen = profile + 0.15 * rng.normal(size=66)
        position, forecast, _, status = control.update(seen, target, bolts)
        assert status == 1.0
        bolts = np.array(position)
        profile = profile + (np.array(forecast) - seen)
    return before, profile, bolts


def main() -> None:
    """Draws the figure."""
    figure, axes = plt.subplots(2, 2, figsize=(9.0, 5.0), layout="constrained", sharex="col")
    time_s = np.arange(SAMPLES) * PERIOD_S
    axes[0, 0].step(time_s, [wanted(t) for t in range(SAMPLES)], color="0.5", where="post")
    for preview, name in ((False, "reference of now"), (True, "preview")):
        positions, inputs = cart(preview)
        axes[0, 0].plot(time_s, positions, label=name)
        axes[1, 0].step(time_s, inputs, where="post", label=name)
    for limit in (-1.0, 1.0):
        axes[1, 0].axhline(limit, color="0.5", lw=0.8, ls="--")
    axes[0, 0].set(title="Mpc: a cart of limited force", ylabel="position, m")
    axes[1, 0].set(xlabel="time, s", ylabel="force, limits dashed")
    axes[0, 0].legend(frameon=False)
    before, after, bolts = die()
    lanes = (np.arange(66) + 0.5) / 66.0
    axes[0, 1].plot(lanes, before, color="0.5", label=f"before, sd {np.std(before):.2f}")
    axes[0, 1].plot(lanes, after, label=f"12 scans later, sd {np.std(after):.2f}")
    axes[0, 1].set(title="CdProfile: 24 bolts, noisy scans", ylabel="error, g/m$^2$")
    axes[0, 1].legend(frameon=False)
    axes[1, 1].bar((np.arange(24) + 0.5) / 24.0, bolts, width=0.03)
    axes[1, 1].set(xlabel="across the web", ylabel="bolt, um")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
