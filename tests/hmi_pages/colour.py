"""Saturated colour on a page, outside of what may have it.

ISA-101: grey for what is normal, colour for the abnormal alone. A pixel counts as coloured when its
largest and smallest channel differ by more than `CHROMA` of 255.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

CHROMA = 24
Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels."""
ALARMS = """
() => [...document.querySelectorAll('[data-alarm]')].map((e) => {
  const r = e.getBoundingClientRect();
  return [r.left, r.top, r.width, r.height];
})
"""


def chroma(png: bytes) -> npt.NDArray[np.int16]:
    """Largest less smallest channel of each pixel, rows by columns."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=np.int16)
    return np.asarray(pixels.max(axis=2) - pixels.min(axis=2))


def coloured(png: bytes, allowed: Sequence[Box] = ()) -> list[tuple[int, int]]:
    """Coloured pixels (x, y) outside of the boxes, at most the first 20."""
    found = chroma(png) > CHROMA
    for left, top, width, height in allowed:
        x, y = max(0, int(left) - 1), max(0, int(top) - 1)
        found[y : int(top + height) + 2, x : int(left + width) + 2] = False
    ys, xs = np.nonzero(found)
    return [(int(x), int(y)) for x, y in zip(xs[:20], ys[:20], strict=True)]
