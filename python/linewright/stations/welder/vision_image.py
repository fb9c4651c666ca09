"""An image of a weld without its exposure: each pixel on the image's own scale.

A camera's gain and offset move from image to image, so no grey level means anything by itself. All
that is used of an image is what no map `gain*x + offset` with `gain > 0` can change: `u = (x -
lo)/(hi - lo)`, with `lo` and `hi` the smallest and largest reading. Both are readings, so gain and
offset leave `u` by exact arithmetic, not by an estimate.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Image", "Scale", "opencv", "read"]

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where a pixel lies in the frame of the fixture.

    `x` runs along the seam from its nominal start, `y` across it from its nominal middle, both in
    mm. `mm_per_px` is the edge of a pixel, `origin_mm` the place (x, y) of the image's first
    corner. `seam_along` says whether the seam runs with the columns (a row is a line along it) or
    with the rows. With `lowest_is_no_reading` the smallest value of the image marks pixels without
    a reading, as many profilers write it; NaN always does.

    >>> Scale(mm_per_px=0.04, origin_mm=(-3.0, -5.0)).px(1.0)
    25.0
    """

    mm_per_px: float
    origin_mm: tuple[float, float] = (0.0, 0.0)
    seam_along: Literal["columns", "rows"] = "columns"
    lowest_is_no_reading: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mm_per_px) and self.mm_per_px > 0.0):
            raise ValueError(f"mm_per_px must be positive, was {self.mm_per_px}")
        if not all(map(math.isfinite, self.origin_mm)):
            raise ValueError(f"origin_mm must be finite, was {self.origin_mm}")
        if self.seam_along not in ("columns", "rows"):
            raise ValueError(f'seam_along must be "columns" or "rows", was {self.seam_along!r}')

    def px(self, mm: float) -> float:
        """A length in pixels."""
        return mm / self.mm_per_px

    def column(self, x_mm: float) -> int:
        """The column of the place `x_mm` along the seam; may lie outside the image."""
        return math.floor((x_mm - self.origin_mm[0]) / self.mm_per_px)

    def row(self, y_mm: float) -> int:
        """The row of the place `y_mm` across the seam; may lie outside the image."""
        return math.floor((y_mm - self.origin_mm[1]) / self.mm_per_px)


@dataclass(frozen=True)
class Image:
    """An image on its own scale: the seam runs along the columns."""

    u: Floats
    """Reading, 0 (smallest) to 1 (largest); 0 where there is none."""
    read: Bools
    """There is a reading."""
    at_lowest: float
    """Share of the readings that equal the smallest: many when the exposure cut it off."""
    at_highest: float
    """Share of the readings that equal the largest."""


def read(image: npt.ArrayLike, scale: Scale) -> Image:
    """The image on its own scale.

    Takes two dimensions of any real type, at least 16 by 16 pixels; raises `ValueError` otherwise
    and when fewer than two different readings are in it.

    >>> step = np.repeat([10, 20], 16)[None, :] * np.ones((16, 1))
    >>> a = read(step, Scale(mm_per_px=0.1)).u
    >>> b = read(0.3 * step + 7.0, Scale(mm_per_px=0.1)).u
    >>> float(abs(a - b).max())
    0.0
    """
    x = np.asarray(image)
    if x.ndim != 2 or min(x.shape) < 16 or x.dtype.kind not in "uif":
        raise ValueError(
            f"image must be two-dimensional, real and at least 16 by 16, was {x.dtype} {x.shape}"
        )
    if scale.seam_along == "rows":
        x = x.T
    x = x.astype(np.float64)
    known = np.isfinite(x)
    if not known.any():
        raise ValueError("image must have readings, all are NaN or infinite")
    whole = bool(known.all())
    lo, hi = _ends(x if whole else x[known])
    if scale.lowest_is_no_reading:
        known &= x > lo
        whole = False
        if known.any():
            lo, hi = _ends(x[known])
    if not hi > lo:
        raise ValueError(f"image must have different readings, all are {lo}")
    u: Floats = ((x - lo) / (hi - lo)).astype(np.float32)
    if not whole:
        u[~known] = 0.0
    count = max(1, int(np.count_nonzero(known)))
    return Image(
        u=u,
        read=known,
        at_lowest=int(np.count_nonzero(known & (x == lo))) / count,
        at_highest=int(np.count_nonzero(known & (x == hi))) / count,
    )


def _ends(x: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(x.min()), float(x.max())


def opencv() -> Any:
    """The module `cv2`, or an `ImportError` that names the extra."""
    try:
        return importlib.import_module("cv2")
    except ImportError as missing:
        raise ImportError(
            "inspection of images needs OpenCV: pip install 'linewright[vision]'"
        ) from missing
