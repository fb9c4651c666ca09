"""One weld at two exposures with what the rules found, and scores of real profiles held back.

`python docs/figures/vision.py FOLDER` writes `vision.svg` beside it; FOLDER holds the recordings
(default: LINEWRIGHT_DATA). Needs the extras `plot` and `vision`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "linewright"
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "stations")]

from linewright.stations.welder.vision import (  # noqa: E402
    Rules,
    SeamRules,
    inspect,
    measure,
    read,
)
from weld_picture import SCALE, Truth, picture  # noqa: E402

from bench import weld_profile  # noqa: E402

WELD = Truth(hole_mm=0.3, spatter=4, skew_deg=0.6, along_mm=0.1)
EXPOSURES = ((1.0, 0.0), (0.45, 12.0))
COLOURS = {"hole": "tab:red", "spatter": "tab:orange", "fold": "tab:purple"}


def draw_weld(ax: plt.Axes, gain: float, offset: float) -> None:
    """The picture in grey levels as the camera sees it, findings boxed."""
    scene = 55.0 * picture(WELD, 2) + 95.0
    grey = np.clip(np.round(gain * scene + offset), 0, 255).astype(np.uint8)
    ax.imshow(grey, cmap="gray", vmin=0, vmax=255, origin="lower", aspect="equal")
    found = measure(read(grey, SCALE), SCALE, SeamRules())
    for rule, x, y, width, height in found.boxes:
        edge = plt.Rectangle(
            (x - 6, y - 6), width + 12, height + 12, fill=False, ec=COLOURS[rule], lw=1.1
        )
        ax.add_patch(edge)
    reasons = inspect(grey, scale=SCALE, rules=Rules()).reasons
    ax.set_title(f"gain {gain:g}, offset {offset:g}: " + "; ".join(reasons), fontsize=7)
    ax.set(xticks=[], yticks=[])


def draw_scores(ax: plt.Axes, folder: Path) -> None:
    """Scores of the part held back."""
    design, held = weld_profile.load(folder)
    model = weld_profile.fit(design)
    sides = {
        "good": [one.grey for one in held.good],
        "defective": [one.grey for one in held.bad],
        "defective,\ndefect left out": [one.without_defect for one in held.bad],
    }
    rng = np.random.default_rng(1)
    for i, images in enumerate(sides.values()):
        scores = [model.score(read(grey, weld_profile.SCALE)) for grey in images]
        ax.plot(scores, i + rng.uniform(-0.15, 0.15, len(scores)), "o", ms=4, alpha=0.7)
    ax.set_yticks(range(len(sides)), list(sides), fontsize=8)
    ax.set_xlabel("surface score, real profiles held back")
    ax.grid(axis="x", alpha=0.3)
    ax.invert_yaxis()


def main() -> None:
    """Draws the figure."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["LINEWRIGHT_DATA"])
    figure, axes = plt.subplots(3, 1, figsize=(7.2, 6.4), layout="constrained")
    for ax, (gain, offset) in zip(axes, EXPOSURES, strict=False):
        draw_weld(ax, gain, offset)
    draw_scores(axes[2], folder)
    figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
