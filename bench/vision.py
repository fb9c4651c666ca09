"""Images of welds per second, on one core: the rules of the seam, and with a surface score as well.

The floor is what OpenCV needs to smooth an image of that size and label what stands out of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from linewright.stations.welder.vision import Rules, Scale, Scored, SurfaceModel, inspect
from numpy.typing import NDArray

from bench._measure import Row, Spread, alternate

Picture = NDArray[np.uint8]
SCALE = Scale(mm_per_px=0.04, origin_mm=(-3.0, -5.0))
ROWS, COLUMNS = 250, 900


def picture(seed: int) -> Picture:
    """A good weld as an 8 bit camera sees it: tab, foil, a seam with ripples, two drops, noise."""
    rng = np.random.default_rng(seed)
    y = ((np.arange(ROWS) + 0.5) * SCALE.mm_per_px - 5.0)[:, None]
    x = ((np.arange(COLUMNS) + 0.5) * SCALE.mm_per_px - 3.0)[None, :]
    grey = np.where(y < -2.0 + 0.002 * x, 95.0, 150.0)
    along = (x > 0.0) & (x < 30.0)
    grey = np.where((np.abs(y) < 0.56) & along, 185.0, grey)
    grey = np.where((np.abs(y) < 0.5) & along, 62.0 + 8.0 * np.sin(16.0 * x), grey)
    for at in rng.uniform(2.0, 28.0, 2):
        grey = np.where(np.hypot(x - at, y - 1.2) < 0.12, 235.0, grey)
    return np.round(grey + rng.normal(0.0, 3.0, grey.shape)).clip(0, 255).astype(np.uint8)


def _rate(look: Callable[[Picture], Any], pictures: Sequence[Picture]) -> Callable[[], float]:
    def once() -> float:
        start = time.thread_time_ns()
        for one in pictures:
            look(one)
        return len(pictures) / ((time.thread_time_ns() - start) * 1e-9)

    return once


def rows(quick: bool) -> Iterator[Row]:
    try:
        import cv2  # noqa: PLC0415
    except ImportError as missing:
        raise ImportError("this group needs pip install 'linewright[vision]'") from missing
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield from _rows(quick, cv2)
    finally:
        cv2.setNumThreads(before)


def _rows(quick: bool, cv2: Any) -> Iterator[Row]:
    pictures = [picture(seed) for seed in range(10)]
    model = SurfaceModel.fit([picture(seed) for seed in range(100, 106)], scale=SCALE)
    both = Rules(surface=Scored(by=model, limit=2.0 * max(model.good_scores)))

    def floor(one: Picture) -> None:
        smooth = cv2.GaussianBlur(one, (0, 0), 1.0)
        cv2.connectedComponentsWithStats((smooth > 200).astype(np.uint8))

    def judged(rules: Rules) -> Callable[[Picture], None]:
        def look(one: Picture) -> None:
            if not (verdict := inspect(one, scale=SCALE, rules=rules)).passed:
                raise RuntimeError(f"a good weld was rejected: {verdict.reasons}")

        return look

    sides = [floor, judged(Rules()), judged(both)]
    bare, rules, surface = alternate([_rate(look, pictures) for look in sides], 3 if quick else 41)
    for name, what, ours in (
        ("vision.rules", "a weld's image judged by the rules of its seam", rules),
        ("vision.surface", "the same, and its surface scored", surface),
    ):
        yield Row(
            id=name,
            what=what,
            against="one blur and one labelling by OpenCV",
            kind="floor",
            unit="images/s",
            ours=Spread.of(ours),
            theirs=Spread.of(bare),
            method=f"{ROWS} by {COLUMNS} pixels, 8 bit; one thread, its processor time",
            goal="at least 30 images/s",
            facts={"opencv": cv2.__version__, "images": len(pictures)},
        )
