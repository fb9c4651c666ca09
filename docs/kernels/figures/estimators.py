"""Figure of the estimators' page: a step in the load of a loop, at two loop gains.

    python docs/kernels/figures/estimators.py

Above, what the output shows; below, what the disturbance observer gives. Same seed, same load.
"""

from __future__ import annotations

import math
from pathlib import Path

import linewright as lw
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("svg")
import matplotlib.pyplot as plt

PERIOD_S, GAIN, LAG_S, DEAD_SAMPLES = 0.1, 2.0, 0.5, 2
SHIFT_AT, SAMPLES, SEED = 600, 900, 4


def run(loop_gain: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Output and standardised innovation of an integrating loop of this gain, 1/s."""
    watch = lw.DisturbanceObserver(
        gain=GAIN,
        time_constant_s=LAG_S,
        dead_time_s=DEAD_SAMPLES * PERIOD_S,
        level_weight=0.3,
        scale_memory_s=30.0,
        period_s=PERIOD_S,
    )
    rng = np.random.default_rng(SEED)
    keep = math.exp(-PERIOD_S / LAG_S)
    moves, x, mv = [0.0] * (DEAD_SAMPLES + 1), 0.0, 0.0
    outputs, scores = [], []
    for t in range(SAMPLES):
        moves = [mv, *moves[:-1]]
        x = keep * x + (1.0 - keep) * moves[-1]
        y = rng.normal() + (4.0 if t >= SHIFT_AT else 0.0) + GAIN * x
        outputs.append(y)
        scores.append(watch.update(y, mv)[3])
        mv -= loop_gain * PERIOD_S * y / GAIN
    return np.array(outputs), np.array(scores)


def main() -> None:
    """Write `estimators.svg` beside this file."""
    plt.rcParams.update({"svg.hashsalt": "linewright", "font.size": 9})
    figure, (above, below) = plt.subplots(2, 1, figsize=(7.0, 4.0), sharex=True)
    time_s = np.arange(SAMPLES) * PERIOD_S
    for loop_gain, style in ((0.2, "-"), (1.2, "--")):
        y, z = run(loop_gain)
        label = f"loop gain {loop_gain} /s"
        above.plot(time_s, y, style, lw=0.9, label=label)
        below.plot(time_s, z, style, lw=0.9, label=label)
    above.set_ylabel("output y")
    above.legend(loc="upper left")
    below.set_ylabel("innovation z, sigma")
    below.set_xlabel("time, s")
    below.set_xlim(50.0, 80.0)
    figure.tight_layout()
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
