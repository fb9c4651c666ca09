"""Tennessee Eastman fault 4 as the outputs and as the actions show it.

`python docs/kernels/figures/real_streams.py FOLDER` writes `real_streams.svg` beside it; FOLDER
holds the recordings (default: LINEWRIGHT_DATA). Needs matplotlib (extra `plot`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import linewright as lw
import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "linewright"
import matplotlib.pyplot as plt  # noqa: E402

GROUPS = {"41 outputs": slice(0, 41), "11 actions": slice(41, 52)}
ONSET_ROW, ROWS = 160, 400


def main() -> None:
    """Draws the figure."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["LINEWRIGHT_DATA"])
    with np.load(folder / "tennessee_eastman" / "tennessee_eastman.npz") as found:
        calm, faulty = found["d00"].astype(np.float64), found["d04_te"][:ROWS].astype(np.float64)
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(7.2, 4.6), layout="constrained")
    hours = (np.arange(len(faulty)) - ONSET_ROW) * 0.05
    for ax, (name, columns) in zip(axes, GROUPS.items(), strict=True):
        model = lw.fit_pca(calm[:, columns], lags=1, explained=0.9, false_alarm=0.005)
        chart = lw.PcaChart(**model, period_s=180.0)
        t2, q, _, _ = chart.process(np.ascontiguousarray(faulty[:, columns]))
        ax.plot(hours, t2 / model["t2_limit"], lw=0.7, label="T2 / limit")
        ax.plot(hours, q / model["q_limit"], lw=0.7, label="Q / limit")
        ax.axhline(1.0, color="0.3", lw=0.8)
        ax.axvline(0.0, color="0.3", lw=0.8, ls="--")
        ax.set(ylabel=name, yscale="log")
        ax.grid(alpha=0.3)
    axes[0].set_title("Fault 4: cooling water warms up by a step at 0 h; its loop makes up for it")
    axes[0].legend(fontsize="small", loc="upper left", ncols=2)
    axes[1].set_xlabel("hours after the fault")
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
