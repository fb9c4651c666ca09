"""Mean run length against the Mahalanobis length of a shift: exact, and by runs of the kernels.

`python docs/kernels/figures/multivariate.py` writes `multivariate.svg` beside it; needs matplotlib
(extra `plot`). A few minutes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import linewright as lw
import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "linewright"
import matplotlib.pyplot as plt  # noqa: E402

ARL0 = 1000.0
RUNS = 400


def chart(p: int, weight: float) -> Any:
    """Chart of `p` independent variables of unit variance: T2 at weight 1, else MEWMA."""
    model = {"mean": [0.0] * p, "covariance": np.eye(p).tolist(), "period_s": 1.0}
    limit = lw.mewma_limit_for_arl0(p, weight, ARL0)
    if weight == 1.0:
        return lw.Hotelling(**model, limit=limit)
    return lw.Mewma(**model, weight=weight, limit=limit)


def measured(kernel: Any, p: int, shift: float, seed: int) -> float:
    """Mean run length of `RUNS` runs."""
    rng = np.random.default_rng(seed)
    lengths = []
    for _ in range(RUNS):
        length = 0
        kernel.reset()
        while True:
            x = rng.normal(size=(200, p))
            x[:, 0] += shift
            alarm = kernel.process(x)[1]
            if alarm.any():
                lengths.append(length + int(alarm.argmax()) + 1)
                break
            length += len(x)
    return float(np.mean(lengths))


def main() -> None:
    """Draws the figure."""
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    shifts = np.linspace(0.25, 5.0, 20)
    dots = (0.5, 1.0, 2.0, 4.0)
    for p, style in ((2, "-"), (5, "--"), (15, ":")):
        for weight, colour in ((1.0, "C1"), (0.1, "C0")):
            limit = lw.mewma_limit_for_arl0(p, weight, ARL0)
            curve = [lw.mewma_arl(p, weight, limit, float(shift)) for shift in shifts]
            name = "T2" if weight == 1.0 else f"MEWMA, weight {weight}"
            axes.plot(shifts, curve, style, color=colour, label=f"{name}, {p} variables")
            kernel = chart(p, weight)
            found = [measured(kernel, p, shift, int(10 * shift) + p) for shift in dots]
            axes.plot(dots, found, ".", color=colour)
    axes.set(
        yscale="log",
        xlabel="Mahalanobis length of the shift, there from the first sample",
        ylabel="mean run length, samples",
        title=f"One false alarm in {ARL0:.0f} samples; dots: {RUNS} runs of the kernels each",
    )
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
