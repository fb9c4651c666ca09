"""A score for hollows and bumps of a surface, calibrated on good images alone.

The height on the surface's own scale, `h = (u - median)/(q98 - q02)`, is smoothed with a Gaussian
of `sigma` over the pixels that have a reading, and bent by its scale-normalised Hessian
(Lindeberg 1998)

    bend = sigma^2 * eigenvalues of [[h_xx, h_xy], [h_xy, h_yy]]

whose largest eigenvalue is a hollow (pit, undercut, trough) and whose smallest, negated, a bump
(ridge, drop). Good surfaces are bent as well, most of all near their borders, so a bend counts
relative to what is usual on good ones at that distance, and then to the image itself:

    r = bend/usual(distance);    deviation = r/max(q90 of r over the image, floor)

A seam that is rougher all over is then no defect, and a place unlike the rest of its own seam is
one. The score is a high quantile of the largest deviation at each pixel, dimensionless.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from linewright.stations.welder.vision_image import Bools, Floats, Image, Scale, opencv, read

__all__ = ["Surface", "SurfaceModel", "bends", "surface_of"]

Numbers = npt.NDArray[np.float64]
_LEAST_BEND = 1e-3
"""Bends below a thousandth of the height are the grey levels' own steps."""


@dataclass(frozen=True)
class Surface:
    """A surface on its own scale."""

    h: Floats
    """Height over its range, 0 at the median; 0 where there is no reading."""
    read: Bools
    """Pixels of the surface that have a reading."""
    inner: Bools
    """Pixels with a reading, away from the borders of the surface and of the image."""
    far_px: Floats
    """Distance to the border of the surface; the frame of the image is none."""


def surface_of(image: Image, *, rim_px: float) -> Surface:
    """The largest piece of the image that has readings; a gap that it encloses is no border.

    Raises `ValueError` when fewer than 200 pixels are further than `rim_px` from a border, or
    nearly all read alike.
    """
    cv2 = opencv()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        image.read.astype(np.uint8), connectivity=4
    )
    if count < 2:
        raise ValueError("image must have readings on a surface")
    known = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    body = _filled(known)
    far_px: Floats = cv2.distanceTransform(np.pad(body, 1, mode="edge"), cv2.DIST_L2, 3)
    far_px = far_px[1:-1, 1:-1]
    # Smoothing bends what the frame cuts off, so nothing is counted beside it either.
    framed = cv2.distanceTransform(np.pad(body, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    inner = (framed > rim_px) & known
    if np.count_nonzero(inner) < 200:
        raise ValueError(
            f"surface must have 200 pixels more than {rim_px:g} px from its border, "
            f"has {np.count_nonzero(inner)}"
        )
    heights = _thinned(image.u[known])
    lo, middle, hi = (float(v) for v in np.quantile(heights, (0.02, 0.5, 0.98)))
    if not hi > lo:
        raise ValueError("surface must have different readings, nearly all are the same")
    h: Floats = np.where(known, (image.u - middle) / (hi - lo), 0.0).astype(np.float32)
    return Surface(h, known, inner, far_px)


def _filled(known: Bools) -> npt.NDArray[np.uint8]:
    """The surface with its gaps; one that opens to the outside, however narrow, is a border."""
    body = known.astype(np.uint8)
    if known.all():
        return body
    _, gaps, stats, _ = opencv().connectedComponentsWithStats(1 - body, connectivity=8)
    left, top, width, height = stats[:, :4].T
    rows, columns = known.shape
    within = (left > 0) & (top > 0) & (left + width < columns) & (top + height < rows)
    body[within[gaps]] = 1
    return body


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
    h_xy = along([size * v for v in first], first)
    middle = cv2.addWeighted(h_xx, 0.5, h_yy, 0.5, 0.0)
    radius = cv2.magnitude(cv2.addWeighted(h_xx, 0.5, h_yy, -0.5, 0.0), h_xy)
    hollow: Floats = np.maximum(radius + middle, np.float32(0.0))
    bump: Floats = np.maximum(radius - middle, np.float32(0.0))
    if not surface.read.all():
        hollow[~surface.read] = bump[~surface.read] = 0.0
    return hollow, bump


def _thinned(x: Floats) -> Floats:
    """At least 65,536 values of a large array, evenly: enough for a quantile."""
    return x[:: max(1, len(x) // 65_536)]


@dataclass(frozen=True, kw_only=True)
class SurfaceModel:
    """What good surfaces look like. Made by `fit`; `as_dict` and `from_dict` keep it in a file."""

    sigmas_px: tuple[float, ...]
    rim_px: float
    """Nearer to a border nothing counts."""
    bands_px: tuple[float, ...]
    """Distances to the border at which another usual bend begins, ascending."""
    quantile: float
    floor: float
    """Least roughness, over the usual, against which an image is compared with itself."""
    usual: tuple[tuple[float, ...], ...]
    """Usual bend by band: hollow and bump of the first size, of the second, and so on."""
    good_scores: tuple[float, ...]
    """Score of each good image by the model without it and its kin, ascending."""

    def __post_init__(self) -> None:
        if not self.sigmas_px or min(self.sigmas_px) < 0.5 or max(self.sigmas_px) > 50.0:
            raise ValueError(f"sigmas_px must be within 0.5 and 50, were {self.sigmas_px}")
        if not 0.0 <= self.rim_px <= 1000.0:
            raise ValueError(f"rim_px must be within 0 and 1000, was {self.rim_px}")
        ascending = (self.rim_px, *self.bands_px)
        if any(a >= b for a, b in pairwise(ascending)):
            raise ValueError(f"bands_px must ascend from rim_px, were {self.bands_px}")
        if not 0.0 < self.quantile < 1.0:
            raise ValueError(f"quantile must be within 0 and 1, was {self.quantile}")
        if not (math.isfinite(self.floor) and self.floor > 0.0):
            raise ValueError(f"floor must be positive, was {self.floor}")
        shape = (2 * len(self.sigmas_px), len(self.bands_px) + 1)
        given = np.array(self.usual, dtype=np.float64)
        if given.shape != shape or not (np.isfinite(given) & (given > 0.0)).all():
            raise ValueError(f"usual must be positive and of shape {shape}, is of {given.shape}")

    @classmethod
    def fit(
        cls,
        images: Sequence[npt.ArrayLike],
        *,
        scale: Scale,
        kin: Sequence[str] | None = None,
        sigmas_px: tuple[float, ...] = (1.0, 2.0, 4.0),
        rim_px: float = 8.0,
        bands_px: tuple[float, ...] = (12.0, 18.0, 26.0, 40.0),
        quantile: float = 0.99,
        floor: float = 0.8,
    ) -> Self:
        """Fits good images, at least five of different kin.

        `kin` names the weld each image is of: images of one weld are left out together where a
        good image is scored by the others.
        """
        names = [str(i) for i in range(len(images))] if kin is None else list(kin)
        if len(names) != len(images):
            raise ValueError(f"kin must name {len(images)} images, names {len(names)}")
        if len(set(names)) < 5:
            raise ValueError(f"images must be of at least 5 welds, are of {len(set(names))}")

        made = partial(
            cls,
            sigmas_px=sigmas_px,
            rim_px=rim_px,
            bands_px=bands_px,
            quantile=quantile,
            floor=floor,
        )
        bands = len(bands_px) + 1
        bare = made(usual=((1.0,) * bands,) * (2 * len(sigmas_px)), good_scores=())
        surfaces = [surface_of(read(image, scale), rim_px=rim_px) for image in images]
        bent = [bare._bends(surface) for surface in surfaces]
        band = [bare._band(surface) for surface in surfaces]
        usual = np.array([_usual(b, at, bands) for b, at in zip(bent, band, strict=True)])
        scores = []
        for i, name in enumerate(names):
            others = [other != name for other in names]
            without = made(usual=_middle(usual[others]), good_scores=())
            scores.append(without._score(bent[i], band[i]))
        return made(usual=_middle(usual), good_scores=tuple(sorted(scores)))

    def _bends(self, surface: Surface) -> Floats:
        """All bends at the inner pixels, one row a map."""
        inner = surface.inner
        return np.array([bend[inner] for s in self.sigmas_px for bend in bends(surface, s)])

    def _band(self, surface: Surface) -> npt.NDArray[np.intp]:
        return np.digitize(surface.far_px[surface.inner], self.bands_px)

    def _deviations(self, bent: Floats, band: npt.NDArray[np.intp]) -> Floats:
        over_usual = 1.0 / np.array(self.usual, dtype=np.float32)
        worst: Floats = np.zeros(band.shape, dtype=np.float32)
        for row, scale in zip(bent, over_usual, strict=True):
            r = (row + np.float32(_LEAST_BEND)) * scale[band]
            own = max(float(np.quantile(_thinned(r), 0.9)), self.floor)
            np.maximum(worst, r * np.float32(1.0 / own), out=worst)
        return worst

    def _score(self, bent: Floats, band: npt.NDArray[np.intp]) -> float:
        return float(np.quantile(self._deviations(bent, band), self.quantile))

    def score(self, image: Image) -> float:
        """How much more some places are bent than is usual, dimensionless."""
        surface = surface_of(image, rim_px=self.rim_px)
        return self._score(self._bends(surface), self._band(surface))

    def deviation_map(self, image: Image) -> Floats:
        """The largest deviation at each pixel; 0 at borders and outside of the surface."""
        surface = surface_of(image, rim_px=self.rim_px)
        found: Floats = np.zeros(image.u.shape, dtype=np.float32)
        found[surface.inner] = self._deviations(self._bends(surface), self._band(surface))
        return found

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
        if "usual" in given:
            given["usual"] = tuple(tuple(row) for row in given["usual"])
        return cls(**given)


def _usual(bent: Floats, band: npt.NDArray[np.intp], count: int) -> Numbers:
    """90 % quantile of each map in each band of one image; NaN where it has under 100 pixels."""
    found = np.full((len(bent), count), np.nan)
    for i in range(count):
        if np.count_nonzero(band == i) > 100:
            found[:, i] = np.quantile(bent[:, band == i], 0.9, axis=1)
    return found


def _middle(usual: Numbers) -> tuple[tuple[float, ...], ...]:
    """Median over images; a band that no image shows takes the median of those that are shown."""
    middle = _median(usual, 0)
    whole = _median(middle, 1)
    filled = np.where(np.isnan(middle), whole[:, None], middle) + _LEAST_BEND
    return tuple(tuple(row) for row in filled.tolist())


def _median(x: Numbers, axis: int) -> Numbers:
    """Median over what is not NaN; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(x, axis=axis), dtype=np.float64)
