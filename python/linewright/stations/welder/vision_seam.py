"""What is measured of a seam between foil and tab, in mm and in steps.

The two surfaces beside the seam are the ruler: with `tab` and `foil` the medians of what is
certainly one or the other,

    s = (u - tab)/(foil - tab)

is 0 on the tab, 1 on the foil, below on the sunk seam and lower still in a hole, above on drops and
folds; in steps, dimensionless. On a height map a step is the thickness of the stack. Gain and
offset of the image are gone from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright.stations.welder.vision_image import Bools, Floats, Image, Scale, opencv

__all__ = ["Measured", "SeamRules", "measure"]


@dataclass(frozen=True, kw_only=True)
class SeamRules:
    """Where the seam belongs, what is allowed, and from where on something is seen.

    The seam must read lower than the foil, and so must the tab: true of a height map of a stack on
    its tab, and of a camera under ring light. The foil's edge lies on the side of small `y`.
    """

    length_mm: float = 30.0
    length_share_min: float = 0.95
    width_mm: float = 1.0
    width_tolerance_mm: float = 0.15
    position_tolerance_mm: float = 0.3
    hole_area_max_mm2: float = 0.0
    spatter_max: int = 3
    skew_limit_deg: float = 1.0
    """The angle must stay below this."""
    fold_max_mm: float = 0.0
    foil_edge_mm: float = -2.0
    """Nominal place of the foil's edge across the seam, mm."""
    edge_distance_min_mm: float = 1.0
    """From the foil's edge to the rim of the seam."""
    seam_depth_steps: float = 1.6
    """Usual depth of the seam below the foil, steps."""
    seam_depth_min_steps: float = 0.8
    hole_depth_steps: float = 0.2
    """How far ripples of a good seam go below its level; deeper by noise as well is a hole."""
    hole_noise_sigma: float = 5.5
    """So many standard deviations of the noise of a pixel: 2e-8 of pixels are noisier."""
    bright_steps: float = 0.9
    """Above the foil from here on a pixel is drop or fold: above its brushing and noise."""
    spatter_min_mm2: float = 0.008
    fold_min_mm: float = 1.0
    """What is bright and longer than this is no drop."""
    rim_mm: float = 0.16
    """Width of the bright border of a seam, in which no drop is looked for."""
    window_mm: float = 2.0
    """Width and edge distance are medians over so much of the seam; the worst window counts."""
    cut_off_max: float = 0.005
    """Largest share of the readings at either end of the range; more: the exposure cut it off."""
    unread_max: float = 0.02
    """Largest share of pixels without a reading."""
    step_sigma_min: float = 5.0
    """Least step between tab and foil, in robust standard deviations of the noisier of the two."""

    def __post_init__(self) -> None:
        free = ("hole_area_max_mm2", "spatter_max", "fold_max_mm", "foil_edge_mm")
        for one in fields(self):
            value = getattr(self, one.name)
            least = 0.0 if one.name != "foil_edge_mm" else -math.inf
            if not math.isfinite(value) or value < least or (value == 0.0 and one.name not in free):
                raise ValueError(f"{one.name} must be positive, was {value}")
        if self.length_share_min > 1.0:
            raise ValueError(f"length_share_min must be at most 1, was {self.length_share_min}")
        if self.edge_distance_min_mm > self.edge_distance_mm:
            raise ValueError(
                f"edge_distance_min_mm must be at most {self.edge_distance_mm:g}, where the seam "
                f"belongs, was {self.edge_distance_min_mm}"
            )
        if self.seam_depth_min_steps > self.seam_depth_steps:
            raise ValueError(
                f"seam_depth_min_steps must be at most {self.seam_depth_steps:g}, "
                f"was {self.seam_depth_min_steps}"
            )

    @property
    def edge_distance_mm(self) -> float:
        """From the foil's edge to the rim of a seam in its place, mm."""
        return -self.foil_edge_mm - 0.5 * self.width_mm


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured; None where there was nothing to measure."""

    step_sigma: float
    """Step between tab and foil over the noise on them."""
    skew_deg: float | None = None
    seam_depth_steps: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None
    """Of the window furthest from the nominal width."""
    width_at_mm: float = 0.0
    mean_width_mm: float | None = None
    """Over the whole seam: known to some um, where a window is known to a pixel."""
    along_mm: float | None = None
    """Start of the seam, from where it belongs."""
    across_mm: float | None = None
    """Middle of the seam, from where it belongs."""
    edge_distance_mm: float | None = None
    hole_area_mm2: float | None = None
    hole_at_mm: float = 0.0
    spatter: int | None = None
    fold_mm: float | None = None
    boxes: tuple[tuple[str, int, int, int, int], ...] = field(default=())
    """What was found where: rule, column, row, width, height in pixels."""


@dataclass(frozen=True)
class _Ground:
    """The image in steps, and the foil's edge under each column."""

    s: Floats
    edge_row: npt.NDArray[np.float64]
    on_foil: Bools
    skew_deg: float
    step_sigma: float


def measure(image: Image, scale: Scale, rules: SeamRules) -> Measured:
    """Measures the seam.

    Raises `ValueError` when the image does not show the place where it belongs.
    """
    _must_show(image, scale, rules)
    ground = _ground(image, scale, rules)
    if isinstance(ground, float):
        return Measured(step_sigma=ground)
    middle, level = _seam_level(ground, scale, rules)
    below_foil = 1.0 - level
    if not below_foil >= rules.seam_depth_min_steps:
        none = np.zeros(ground.s.shape, dtype=np.uint8)
        spatter, fold_mm, boxes = _bright(ground, none, scale, rules)
        return Measured(
            step_sigma=ground.step_sigma,
            skew_deg=ground.skew_deg,
            seam_depth_steps=below_foil,
            spatter=spatter,
            fold_mm=fold_mm,
            boxes=boxes,
        )
    seam = _seam_mask(ground, middle, 0.5 * (1.0 + level), scale, rules)
    spatter, fold_mm, boxes = _bright(ground, seam, scale, rules)
    # A hole gives back little light, or none to read.
    depth = rules.hole_depth_steps + rules.hole_noise_sigma * _noise(ground, seam)
    holes = ((ground.s < level - depth) | ~image.read) & (seam > 0)
    hole_px = int(np.count_nonzero(holes))
    hole_at_mm = 0.0
    if hole_px:
        columns = np.flatnonzero(holes.any(axis=0))
        rows = np.flatnonzero(holes.any(axis=1))
        hole_at_mm = _x_mm(float(np.median(columns)), scale)
        box = (int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        boxes = (*boxes, ("hole", *box))
    return Measured(
        step_sigma=ground.step_sigma,
        skew_deg=ground.skew_deg,
        seam_depth_steps=below_foil,
        hole_area_mm2=hole_px * scale.mm_per_px**2,
        hole_at_mm=hole_at_mm,
        spatter=spatter,
        fold_mm=fold_mm,
        boxes=boxes,
        **_extent(seam, ground, 0.5 * (1.0 + level), scale, rules),
    )


def _must_show(image: Image, scale: Scale, rules: SeamRules) -> None:
    rows, columns = image.u.shape
    first, last = scale.column(0.0), scale.column(rules.length_mm)
    below, above = scale.row(rules.foil_edge_mm - 2.0), scale.row(rules.width_mm + 1.5)
    if first < 0 or last > columns or below < 0 or above > rows:
        raise ValueError(
            f"image must show x 0 to {rules.length_mm:g} mm and y {rules.foil_edge_mm - 2.0:g} to "
            f"{rules.width_mm + 1.5:g} mm, shows x {scale.origin_mm[0]:g} to "
            f"{scale.origin_mm[0] + columns * scale.mm_per_px:g} and y {scale.origin_mm[1]:g} to "
            f"{scale.origin_mm[1] + rows * scale.mm_per_px:g}"
        )


def _ground(image: Image, scale: Scale, rules: SeamRules) -> _Ground | float:
    """Steps and edge, or the step over the noise when that is too little to see by."""
    u = image.u
    rows, columns = u.shape
    reach = 1.5
    tab = u[: scale.row(rules.foil_edge_mm - reach)]
    foil = u[scale.row(rules.width_mm + 0.5) :]
    tab_level, tab_sigma = _level(tab)
    foil_level, foil_sigma = _level(foil)
    step = foil_level - tab_level
    sigma = max(tab_sigma, foil_sigma, 1e-6)
    if not step > rules.step_sigma_min * sigma:
        return step / sigma
    s: Floats = ((u - np.float32(tab_level)) / np.float32(step)).astype(np.float32)
    # The edge under each column: the first row, from the tab on, that is foil.
    first, last = scale.row(rules.foil_edge_mm - reach), scale.row(rules.foil_edge_mm + reach)
    slope, at = _line(first + _crossing(opencv().blur(s[first:last], (5, 3)), 0.5))
    edge_row = np.asarray(at + slope * np.arange(columns), dtype=np.float64)
    on_foil = np.arange(rows)[:, None] > edge_row[None, :] + scale.px(0.1)
    return _Ground(s, edge_row, on_foil, math.degrees(math.atan(slope)), step / sigma)


def _level(u: Floats) -> tuple[float, float]:
    """Median and robust standard deviation, of a ninth of the pixels."""
    sample = u[1::3, 1::3]
    middle = float(np.median(sample))
    return middle, 1.4826 * float(np.median(np.abs(sample - middle)))


def _crossing(s: Floats, level: float) -> npt.NDArray[np.float64]:
    """Row, in parts of a pixel, where each column first exceeds `level`; 0 if it never does."""
    row = np.argmax(s > level, axis=0)
    column = np.arange(s.shape[1])
    above, below = s[row, column], s[np.maximum(row - 1, 0), column]
    rise = np.maximum(above - below, 1e-6)
    part = np.clip((above - level) / rise, 0.0, 1.0)
    return np.asarray(row - np.where(row > 0, part, 0.0), dtype=np.float64)


def _line(y: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset: the median slope of pairs half the length apart (after Theil 1950)."""
    half = len(y) // 2
    slope = float(np.median((y[half : 2 * half] - y[:half]) / half))
    return slope, float(np.median(y - slope * np.arange(len(y))))


def _seam_level(ground: _Ground, scale: Scale, rules: SeamRules) -> tuple[float, float]:
    """Row of the middle of the seam, and its level in steps: the lowest stripe near its place."""
    first, last = scale.column(0.1 * rules.length_mm), scale.column(0.9 * rules.length_mm)
    # What is not foil may not pass for a seam.
    stripe = np.where(ground.on_foil, ground.s, np.float32(1.0))[:, first:last]
    profile = np.median(stripe[:, ::4], axis=1)
    core = max(1, round(scale.px(0.5 * rules.width_mm)))
    mean = np.convolve(profile, np.full(core, 1.0 / core), mode="valid")
    reach = rules.width_mm + 0.8
    low, high = scale.row(-reach), min(scale.row(reach), len(profile))
    begins = np.arange(len(mean))
    mean[(begins < low) | (begins + core > high)] = np.inf
    best = int(np.argmin(mean))
    level = float(np.median(stripe[best : best + core]))
    return best + 0.5 * (core - 1), level


def _seam_mask(
    ground: _Ground, middle: float, threshold: float, scale: Scale, rules: SeamRules
) -> npt.NDArray[np.uint8]:
    """The seam as 255, the rest 0: what is low, lies on the foil and along its middle line."""
    cv2 = opencv()
    low = ((ground.s < threshold) & ground.on_foil).astype(np.uint8)
    # Cut what touches the seam by less than a quarter of its width: shadows and scratches.
    size = max(3, round(scale.px(0.25 * rules.width_mm)) | 1)
    low = cv2.morphologyEx(
        low, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(low, connectivity=8)
    half = max(1, round(scale.px(0.2 * rules.width_mm)))
    core = labels[max(0, round(middle) - half) : round(middle) + half + 1]
    share = np.bincount(core.ravel(), minlength=count)
    # A piece of the seam lies for the most part on its middle line; a shadow only crosses it.
    keep = share >= 0.25 * np.maximum(1, stats[:, cv2.CC_STAT_AREA])
    keep[0] = False
    mask: npt.NDArray[np.uint8] = np.where(keep, np.uint8(255), np.uint8(0))[labels]
    return mask


def _noise(ground: _Ground, seam: npt.NDArray[np.uint8]) -> float:
    """Standard deviation of a pixel on the seam, steps: of neighbours across it, without ripples.

    `1.4826*median|s[i+1] - 2*s[i] + s[i-1]|/sqrt(6)`.
    """
    inside = (seam[2:] > 0) & (seam[1:-1] > 0) & (seam[:-2] > 0)
    s = ground.s
    bend = (s[2:] - 2.0 * s[1:-1] + s[:-2])[inside]
    return 1.4826 * float(np.median(np.abs(bend))) / math.sqrt(6.0) if bend.size else 0.0


def _extent(
    seam: npt.NDArray[np.uint8], ground: _Ground, threshold: float, scale: Scale, rules: SeamRules
) -> dict[str, Any]:
    """Length, width, place and distance to the edge."""
    count = np.count_nonzero(seam, axis=0)
    columns = np.flatnonzero(count)
    if len(columns) == 0:
        return {"length_mm": 0.0}
    found: dict[str, Any] = {
        "length_mm": len(columns) * scale.mm_per_px,
        "along_mm": _x_mm(columns[0] - 0.5, scale),
    }
    # Away from the round ends, where a seam is as wide as it is.
    end = round(scale.px(0.6 * rules.width_mm))
    inner = columns[(columns >= columns[0] + end) & (columns <= columns[-1] - end)]
    if len(inner) == 0:
        return found
    top = np.argmax(seam[:, inner] > 0, axis=0)
    bottom = seam.shape[0] - 1 - np.argmax(seam[::-1, inner] > 0, axis=0)
    across = float(np.median(0.5 * (top + bottom)))
    found["across_mm"] = (across + 0.5) * scale.mm_per_px + scale.origin_mm[1]
    window = max(1, round(scale.px(rules.window_mm)))
    width_mm = _windows(count[inner], window) * scale.mm_per_px
    worst = int(np.argmax(np.abs(width_mm - rules.width_mm)))
    found["width_mm"] = float(width_mm[worst])
    fine_px = bottom - top + _beyond(ground.s, top, inner, threshold, -1)
    fine_px += _beyond(ground.s, bottom, inner, threshold, 1)
    found["mean_width_mm"] = float(_windows(fine_px, len(fine_px))[0]) * scale.mm_per_px
    found["width_at_mm"] = _x_mm(float(inner[min(len(inner) - 1, worst * window)]), scale)
    gap = _windows(top - ground.edge_row[inner], window)
    found["edge_distance_mm"] = float(gap.min()) * scale.mm_per_px
    return found


def _beyond(
    s: Floats, rim: npt.NDArray[Any], columns: npt.NDArray[Any], level: float, side: int
) -> npt.NDArray[np.float64]:
    """How far beyond the rim's last pixel each column crosses `level`, in parts of a pixel."""
    inside = s[rim, columns]
    outside = s[np.clip(rim + side, 0, s.shape[0] - 1), columns]
    rise = np.maximum(outside - inside, 1e-6)
    return np.asarray(np.clip((level - inside) / rise, 0.0, 1.0), dtype=np.float64)


def _windows(y: npt.NDArray[Any], window: int) -> npt.NDArray[np.float64]:
    """Mean of the middle half of each full window: a median that knows parts of a pixel."""
    count = max(1, len(y) // window)
    parts = np.sort(np.asarray(y[: count * window], dtype=np.float64).reshape(count, -1), axis=1)
    quarter = parts.shape[1] // 4
    inner = parts[:, quarter : parts.shape[1] - quarter]
    return np.asarray(inner.mean(axis=1))


def _bright(
    ground: _Ground, seam: npt.NDArray[np.uint8], scale: Scale, rules: SeamRules
) -> tuple[int, float, tuple[tuple[str, int, int, int, int], ...]]:
    """Drops, and length of folds in mm: what stands above the foil outside seam and rim."""
    cv2 = opencv()
    size = 2 * math.ceil(scale.px(rules.rim_mm)) + 1
    near = cv2.dilate(seam, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    bright = ((ground.s > 1.0 + rules.bright_steps) & (near == 0)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    spatter, fold_mm, boxes = 0, 0.0, []
    for x, y, width, height, area in stats[1:count].tolist():
        long_mm = math.hypot(width, height) * scale.mm_per_px
        if long_mm >= rules.fold_min_mm:
            fold_mm += long_mm
            boxes.append(("fold", x, y, width, height))
        elif area * scale.mm_per_px**2 >= rules.spatter_min_mm2:
            spatter += 1
            boxes.append(("spatter", x, y, width, height))
    return spatter, fold_mm, tuple(boxes)


def _x_mm(column: float, scale: Scale) -> float:
    """Place along the seam of the middle of a column."""
    return (column + 0.5) * scale.mm_per_px + scale.origin_mm[0]
