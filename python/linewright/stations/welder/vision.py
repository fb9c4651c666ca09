"""Inspection of a finished weld by its image: rules with value, limit and unit.

`inspect` is a pure function of a height map or grey image. It never reads brightness: all it uses
of an image is what a gain and an offset leave as it is (see `vision_image`), so a lamp that ages is
no defect and hides none. Needs the extra `vision`.

>>> import numpy as np
>>> from linewright.stations.welder.vision import Rules, Scale, inspect
>>> y_mm = (np.arange(200) + 0.5) * 0.05 - 5.0
>>> height = np.where(y_mm < -2.0, 0.0, 1.0)[:, None] * np.ones((1, 720))  # a stack on its tab
>>> height[90:110, 60:660] = -0.6  # a seam of 30 mm by 1 mm
>>> height += np.random.default_rng(1).normal(0.0, 0.03, height.shape)
>>> scale = Scale(mm_per_px=0.05, origin_mm=(-3.0, -5.0))
>>> inspect(0.3 * height + 40.0, scale=scale, rules=Rules()).passed
True
>>> height[90:110, 300:400] = 1.0  # 5 mm are missing
>>> inspect(height, scale=scale, rules=Rules()).reasons
('length share: 0.8333, limit >= 0.95',)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy.typing as npt

from linewright.stations.welder.vision_image import Image, Scale, read
from linewright.stations.welder.vision_onnx import OnnxModel
from linewright.stations.welder.vision_seam import Measured, SeamRules, measure
from linewright.stations.welder.vision_surface import SurfaceModel
from linewright.stations.welder.vision_verdict import Finding, Verdict

__all__ = [
    "Finding",
    "Image",
    "Measured",
    "OnnxModel",
    "Rules",
    "Scale",
    "Scored",
    "SeamRules",
    "SurfaceModel",
    "Verdict",
    "examine",
    "inspect",
    "measure",
    "read",
]


class Scorer(Protocol):
    """Gives an image a number: the more, the worse."""

    def score(self, image: Image) -> float:
        """The number."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A rule on a number: `by` may give at most `limit`."""

    by: Scorer
    limit: float
    unit: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.limit):
            raise ValueError(f"limit must be finite, was {self.limit}")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an image must keep. `None`: not asked.

    `seam` needs foil, tab and seam in the picture; `surface` and `network` look at any surface.
    """

    seam: SeamRules | None = field(default_factory=SeamRules)
    surface: Scored | None = None
    network: Scored | None = None

    def __post_init__(self) -> None:
        if self.seam is None and self.surface is None and self.network is None:
            raise ValueError("rules must ask for something: seam, surface or network")


def inspect(image: npt.ArrayLike, *, scale: Scale, rules: Rules) -> Verdict:
    """The verdict of `examine` alone."""
    return examine(image, scale=scale, rules=rules)[0]


def examine(image: npt.ArrayLike, *, scale: Scale, rules: Rules) -> tuple[Verdict, Measured | None]:
    """The verdict on one image; the same for `gain*image + offset` with any `gain > 0`.

    Exactly so while the image holds the readings exactly; an image rounded to 8 bits moves edges by
    a fraction of a pixel. Raises `ValueError` when the image is none, or does not show the place of
    the seam. Beside the verdict comes what was measured of the seam, when it was asked for.
    """
    seen = read(image, scale)
    findings: list[Finding] = []
    measured = None
    if rules.seam is not None:
        measured = measure(seen, scale, rules.seam)
        findings += seam_findings(measured, seen, rules.seam)
    for name, scored in (("surface", rules.surface), ("network", rules.network)):
        if scored is not None:
            value = scored.by.score(seen)
            findings.append(
                Finding(
                    rule=name,
                    measured=value,
                    unit=scored.unit,
                    hi=scored.limit,
                    nominal=min(0.0, scored.limit),
                )
            )
    return Verdict(tuple(findings)), measured


def seam_findings(m: Measured, image: Image, rules: SeamRules) -> Iterator[Finding]:
    """The rules of the seam, in the order in which one depends on the other."""
    cut_off = max(image.at_lowest, image.at_highest)
    yield Finding(rule="cut off", measured=cut_off, unit="", hi=rules.cut_off_max)
    unread = 1.0 - float(image.read.mean())
    yield Finding(rule="unread", measured=unread, unit="", hi=rules.unread_max)
    yield Finding(
        rule="step over noise",
        measured=m.step_sigma,
        unit="",
        lo=rules.step_sigma_min,
        nominal=10.0 * rules.step_sigma_min,
    )
    yield Finding(
        rule="seam present",
        measured=m.seam_depth_steps,
        unit="steps",
        lo=rules.seam_depth_min_steps,
        nominal=rules.seam_depth_steps,
    )
    share = None if m.length_mm is None else m.length_mm / rules.length_mm
    yield Finding(
        rule="length share", measured=share, unit="", lo=rules.length_share_min, nominal=1.0
    )
    yield Finding(
        rule="width",
        measured=m.width_mm,
        unit="mm",
        lo=rules.width_mm - rules.width_tolerance_mm,
        hi=rules.width_mm + rules.width_tolerance_mm,
        nominal=rules.width_mm,
        note="" if m.width_mm is None else f"at {m.width_at_mm:.1f} mm",
    )
    off = rules.position_tolerance_mm
    yield Finding(rule="position along", measured=m.along_mm, unit="mm", lo=-off, hi=off)
    yield Finding(rule="position across", measured=m.across_mm, unit="mm", lo=-off, hi=off)
    yield Finding(
        rule="hole area",
        measured=m.hole_area_mm2,
        unit="mm2",
        hi=rules.hole_area_max_mm2,
        note=f"at {m.hole_at_mm:.1f} mm" if m.hole_area_mm2 else "",
    )
    spatter = None if m.spatter is None else float(m.spatter)
    yield Finding(rule="spatter count", measured=spatter, unit="", hi=float(rules.spatter_max))
    limit = rules.skew_limit_deg
    yield Finding(
        rule="tab skew", measured=m.skew_deg, unit="deg", lo=-limit, hi=limit, strict=True
    )
    yield Finding(rule="fold", measured=m.fold_mm, unit="mm", hi=rules.fold_max_mm)
    yield Finding(
        rule="edge to seam",
        measured=m.edge_distance_mm,
        unit="mm",
        lo=rules.edge_distance_min_mm,
        nominal=rules.edge_distance_mm,
    )
