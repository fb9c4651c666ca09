"""Mean run length against the shift for the charts at one ARL in control.

By the kernels' own functions. `python docs/kernels/figures/detectors.py` writes `detectors.svg`
beside it; needs matplotlib (extra `plot`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from linewright import detectors as d

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "linewright"
import matplotlib.pyplot as plt  # noqa: E402

ARL0 = 1000.0


def charts() -> dict[str, Callable[[float], float]]:
    """Run length by shift of each chart, its threshold solved for `ARL0`."""
    limit = d.shewhart_limit_for_arl0(ARL0)
    h = d.cusum_h_for_arl0(0.5, ARL0)
    ewma = d.ewma_limit_for_arl0(0.1, ARL0)
    adaptive = d.adaptive_ewma_h_for_arl0(0.1, 3.3, ARL0)
    sr = d.shiryaev_roberts_h_for_arl0(1.0, ARL0)
    glr = d.glr_h_for_arl0(0.25, ARL0)
    return {
        "Shewhart": lambda shift: d.shewhart_arl(limit, shift),
        "CUSUM, k 0.5": lambda shift: d.cusum_arl_two_sided(0.5, h, shift),
        "EWMA, weight 0.1": lambda shift: d.ewma_arl(0.1, ewma, shift),
        "adaptive EWMA, weight 0.1, k 3.3": lambda s: d.adaptive_ewma_arl(0.1, 3.3, adaptive, s),
        "Shiryaev-Roberts, delta 1": lambda s: d.shiryaev_roberts_arl_two_sided(1.0, sr, s),
        "GLR (seeded runs)": lambda shift: d.glr_arl(0.25, glr, shift),
    }


def main() -> None:
    """Draws the figure."""
    shifts = np.geomspace(0.25, 5.0, 25)
    least = np.array([d.bound(shift, 2.0 * ARL0) for shift in shifts])
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for name, arl in charts().items():
        over = [arl(shift) / b for shift, b in zip(shifts, least, strict=True)]
        axes.plot(shifts, over, label=name)
    axes.axhline(1.0, color="0.4", lw=0.8, ls="--")
    axes.set(
        xscale="log",
        ylim=(0.8, 4.0),
        xlabel="shift, sigma, there from the first sample",
        ylabel="mean run length over the least possible",
        title=f"Delay at one false alarm in {ARL0:.0f} samples; sign and size not told",
    )
    axes.set_xticks([0.25, 0.5, 1.0, 2.0, 5.0], ["0.25", "0.5", "1", "2", "5"])
    axes.minorticks_off()
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
