"""A score for hollows and bumps of a surface, calibrated on good images alone.

The height on the seam's own scale, `h = (u - median)/(q98 - q02)`, is smoothed with a Gaussian of
`sigma` over the pixels that have a reading, and bent by its scale-normalised Hessian (Lindeberg
1998)

    bend = sigma^2 * eigenvalues of [[h_xx, h_xy], [h_xy, h_yy]]

whose largest eigenvalue is a hollow (pit, undercut, trough) and whose smallest, negated, a bump
(ridge, drop). A seam is bent at its borders, so pixels near them do not count. Of each map the log
of a high quantile is a number; its distance from the median over good images, in their robust
standard deviations, is what the number says; the largest is the score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from linewright.stations.welder.vision_image import Bools, Floats, Image, Scale, opencv, read

__all__ = ["Surface", "SurfaceModel", "surface_of"]

Numbers = npt.NDArray[np.float64]
_FLOOR = 1e-3
"""Bends below a thousandth of the height are the grey levels' own steps."""


@dataclass(frozen=True)
class Surface:
    """A surface on its own scale."""

    h: Floats
    """Height over its range, 0 at the median; 0 where there is no reading."""
    read: Bools
    """Pixels of the surface that have a reading."""
    inner: Bools
    """Pixels away from the borders of the surface."""


def surface_of(image: Image, *, rim_px: float) -> Surface:
    """The largest piece of the image that has readings, gaps within it closed.

    Raises `ValueError` when fewer than 200 pixels are further than `rim_px` from a border, or all
    read alike.
    """
    cv2 = opencv()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        image.read.astype(np.uint8), connectivity=4
    )
    if count < 2:
        raise ValueError("image must have readings on a surface")
    known = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    wide = np.pad(known.astype(np.uint8), 12, mode="edge")
    body = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))[12:-12, 12:-12]
    # Smoothing bends what the frame cuts off, so the frame is a border too.
    far = cv2.distanceTransform(np.pad(body, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    inner = far > rim_px
    if np.count_nonzero(inner) < 200:
        raise ValueError(
            f"surface must have 200 pixels more than {rim_px:g} px from its border, "
            f"has {np.count_nonzero(inner)}"
        )
    lo, middle, hi = (float(v) for v in np.quantile(image.u[known], (0.02, 0.5, 0.98)))
    if not hi > lo:
        raise ValueError("surface must have different readings, nearly all are the same")
    h: Floats = np.where(known, (image.u - middle) / (hi - lo), 0.0).astype(np.float32)
    return Surface(h, known, inner)


def bends(surface: Surface, sigma_px: float) -> tuple[Floats, Floats]:
    """Hollows and bumps of one size, dimensionless, 0 where there is no reading."""
    cv2 = opencv()
    weight = cv2.GaussianBlur(surface.read.astype(np.float32), (0, 0), sigma_px)
    smooth = cv2.GaussianBlur(surface.h, (0, 0), sigma_px) / np.maximum(weight, 1e-3)

    def along(kernel_x: Sequence[float], kernel_y: Sequence[float]) -> Any:
        x, y = np.array(kernel_x, np.float32), np.array(kernel_y, np.float32)
        return cv2.sepFilter2D(smooth, cv2.CV_32F, x, y, borderType=cv2.BORDER_REPLICATE)

    # Second differences over four pixels, times sigma^2.
    size = sigma_px**2 / 4.0
    second, first, none = (size, 0.0, -2.0 * size, 0.0, size), (-1.0, 0.0, 1.0), (1.0,)
    h_xx, h_yy = along(second, none), along(none, second)
    h_xy = size * along(first, first)
    middle = 0.5 * (h_xx + h_yy)
    radius = np.hypot(0.5 * (h_xx - h_yy), h_xy)
    zero = np.float32(0.0)
    hollow: Floats = np.where(surface.read, np.maximum(middle + radius, zero), zero)
    bump: Floats = np.where(surface.read, np.maximum(radius - middle, zero), zero)
    return hollow, bump


@dataclass(frozen=True, kw_only=True)
class SurfaceModel:
    """What good surfaces look like. Made by `fit`; `as_dict` and `from_dict` keep it in a file."""

    sigmas_px: tuple[float, ...]
    rim_px: float
    quantile: float
    middle: tuple[float, ...]
    """Median of each number over good images: hollow and bump of the first size, the second, ..."""
    spread: tuple[float, ...]
    """Robust standard deviation of each."""
    good_scores: tuple[float, ...]
    """Score of each good image by the model without it and its kin, ascending."""

    def __post_init__(self) -> None:
        if not self.sigmas_px or min(self.sigmas_px) < 0.5 or max(self.sigmas_px) > 50.0:
            raise ValueError(f"sigmas_px must be within 0.5 and 50, were {self.sigmas_px}")
        if not 0.0 <= self.rim_px <= 1000.0:
            raise ValueError(f"rim_px must be within 0 and 1000, was {self.rim_px}")
        if not 0.0 < self.quantile < 1.0:
            raise ValueError(f"quantile must be within 0 and 1, was {self.quantile}")
        count = 2 * len(self.sigmas_px)
        if len(self.middle) != count or len(self.spread) != count:
            raise ValueError(f"middle and spread must have {count} numbers")
        if not all(math.isfinite(v) and v > 0.0 for v in self.spread):
            raise ValueError(f"spread must be positive, was {self.spread}")

    @classmethod
    def fit(
        cls,
        images: Sequence[npt.ArrayLike],
        *,
        scale: Scale,
        kin: Sequence[str] | None = None,
        sigmas_px: tuple[float, ...] = (1.0, 2.0, 4.0),
        rim_px: float = 8.0,
        quantile: float = 0.99,
    ) -> Self:
        """Fits good images, at least five of different kin.

        `kin` names the weld each image is of: images of one weld are left out together where a good
        image is scored by the others.
        """
        names = [str(i) for i in range(len(images))] if kin is None else list(kin)
        if len(names) != len(images):
            raise ValueError(f"kin must name {len(images)} images, names {len(names)}")
        if len(set(names)) < 5:
            raise ValueError(f"images must be of at least 5 welds, are of {len(set(names))}")
        empty = (0.0,) * (2 * len(sigmas_px))
        bare = cls(
            sigmas_px=sigmas_px,
            rim_px=rim_px,
            quantile=quantile,
            middle=empty,
            spread=(1.0,) * len(empty),
            good_scores=(),
        )
        numbers = np.array([bare.numbers(read(image, scale)) for image in images])
        scores = []
        for i, name in enumerate(names):
            middle, spread = _robust(numbers[[other != name for other in names]])
            scores.append(float(np.max((numbers[i] - middle) / spread)))
        middle, spread = _robust(numbers)
        return cls(
            sigmas_px=sigmas_px,
            rim_px=rim_px,
            quantile=quantile,
            middle=tuple(middle.tolist()),
            spread=tuple(spread.tolist()),
            good_scores=tuple(sorted(scores)),
        )

    def numbers(self, image: Image) -> Numbers:
        """The numbers of an image, before they are compared."""
        surface = surface_of(image, rim_px=self.rim_px)
        found = []
        for sigma_px in self.sigmas_px:
            for bend in bends(surface, sigma_px):
                high = float(np.quantile(bend[surface.inner], self.quantile))
                found.append(math.log(high + _FLOOR))
        return np.array(found)

    def deviations(self, image: Image) -> dict[str, float]:
        """How far each number is from good, in robust standard deviations, by its name."""
        z = (self.numbers(image) - np.array(self.middle)) / np.array(self.spread)
        names = [f"{kind} {s:g} px" for s in self.sigmas_px for kind in ("hollow", "bump")]
        return dict(zip(names, z.tolist(), strict=True))

    def score(self, image: Image) -> float:
        """The largest deviation, in robust standard deviations of good images."""
        return max(self.deviations(image).values())

    def limit_for(self, false_reject_share: float) -> float:
        """The score above which so large a share of good images lies.

        Raises `ValueError` when there are too few good images to know: fewer than `1/share`.
        """
        count = len(self.good_scores)
        if not 0.0 < false_reject_share < 1.0:
            raise ValueError(f"false_reject_share must be within 0 and 1, was {false_reject_share}")
        if count * false_reject_share < 1.0:
            raise ValueError(
                f"false_reject_share must be at least {1.0 / count:.3g} with {count} good images, "
                f"was {false_reject_share:g}"
            )
        return self.good_scores[count - 1 - math.floor(count * false_reject_share)]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """The model again; unknown names are refused."""
        given: dict[str, Any] = {}
        for name, value in plain.items():
            given[name] = tuple(value) if isinstance(value, list | tuple) else value
        return cls(**given)


def _robust(numbers: Numbers) -> tuple[Numbers, Numbers]:
    middle = np.median(numbers, axis=0)
    # A tenth of a log is the least spread believed: a few good images may happen to be alike.
    spread = np.maximum(1.4826 * np.median(np.abs(numbers - middle), axis=0), 0.1)
    return middle, spread
