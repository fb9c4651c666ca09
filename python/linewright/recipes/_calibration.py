"""Calibration of the twin from a record of the line: estimates, their uncertainty, provenance.

The file carries a hash over its content, what it was made from and how many samples were learned
from and why others were not. `line_of` makes of it what the gate judges with.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from linewright import _core
from linewright.mistakes import Mistake, Mistakes, json_of
from linewright.recipes._file import RecipeFile
from linewright.recipes._gate import Line
from linewright.recipes._samples import (
    COLUMNS,
    NIP,
    Array,
    Columns,
    Instruments,
    Series,
    samples,
    under_nip,
    weight_under_nip,
    windows,
)
from linewright.recipes._track import Track, Walk

SCHEMA = 1
WINDOW_S = 10.0
SETTLE_S = 120.0
"""From the start of a record until the web under the gauges was made under it."""
WALKS = {
    "resistance": Walk(sd0=0.08, walk_per_sqrt_s=8e-4, step=0.02),
    "heat": Walk(sd0=0.08, walk_per_sqrt_s=2.4e-4, step=0.02),
    "pump": Walk(sd0=0.03, walk_per_sqrt_s=1e-5, step=0.005),
}
NEEDED = frozenset(name for names in COLUMNS.values() for name in names)
GAP_S = 3600.0
"""Time between two records that follow each other, as a rule."""
LEAST = 30
"""Samples of a parameter below which it is not called calibrated."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One parameter: its ratio to the recipe's figure."""

    ratio: float
    sd_pct: float
    """Standard deviation, % of the ratio, biases of the instruments included."""
    bias_pct: float
    """The part of it that no number of samples takes away."""
    used: int
    rejected: Mapping[str, int]
    age_s: float | None = None
    """Since the last sample that was learned from, of one that follows a line."""

    @property
    def calibrated(self) -> bool:
        """Was there enough to learn from?"""
        return self.used >= LEAST


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a record of the line says of the twin's parameters and of the line's scatter."""

    recipe: str
    recipe_hash: str
    source: str
    """File the record came from."""
    source_sha256: str
    from_s: float
    to_s: float
    prior: str
    """Hash of the calibration it went on from; empty when it began anew."""
    parameters: Mapping[str, Estimate]
    scatter: Mapping[str, float]
    """Of `linewright.recipes.Line`; without those the record does not tell."""
    tool: str
    at_unix_s: float | None = None
    """When it was put down, of one that follows a line."""

    @property
    def hash(self) -> str:
        """SHA-256 over the content, hexadecimal."""
        said = self._said()
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _said(self) -> dict[str, Any]:
        """What is known; what is not has no entry."""
        return asdict(self, dict_factory=lambda pairs: {k: v for k, v in pairs if v is not None})

    def write(self, file: Path) -> None:
        """Write it as JSON with its hash; who reads meanwhile gets the old one or this, whole."""
        document = {"schema": SCHEMA, **self._said(), "hash": self.hash}
        new = file.with_name(file.name + ".new")
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        new.write_text(text, encoding="utf-8")
        new.replace(file)


def calibrate(
    recipe: RecipeFile,
    series: Series,
    *,
    source: str = "",
    source_sha256: str = "",
    of: Instruments | None = None,
    prior: Calibration | None = None,
) -> Calibration:
    """Follow the parameters through the channels of a record of a line that ran `recipe`.

    From `prior` on, the calibration of an earlier record of the line, `GAP_S` ago, or from what is
    known of any line.

    Raises
    ------
    ValueError
        For a record too short or with no column that tells of any parameter.
    """
    of = of or Instruments()
    spans = [(t[0], t[-1]) for name, (t, _) in series.items() if name in NEEDED and len(t)]
    from_s = min((start for start, _ in spans), default=0.0)
    to_s = max((end for _, end in spans), default=0.0)
    if to_s - from_s < SETTLE_S + WINDOW_S:
        raise ValueError(f"the record must last longer than {SETTLE_S + WINDOW_S:g} s")
    needed = {name: pair for name, pair in series.items() if name in NEEDED}
    times, means = windows(needed, from_s + SETTLE_S, to_s, WINDOW_S)
    weights = None
    if "calender.encoder" in means and "coater.dry_weight" in means:
        means[NIP] = under_nip(series, means["calender.encoder"], of)
        if "coater.web_position" in means:
            weights = weight_under_nip(means, of)
    tracks = {name: _start(name, walk, prior) for name, walk in WALKS.items()}
    last = dict.fromkeys(WALKS, float(times[0]))
    for sample in samples(recipe, means, times, of, weights):
        track = tracks[sample.about]
        dt_s = sample.time_s - last[sample.about]
        if track.sample(sample.z, sd=sample.sd, bias=sample.bias, dt_s=dt_s):
            last[sample.about] = sample.time_s
    if not any(track.used for track in tracks.values()):
        wanted = "; ".join(f"{name}: {', '.join(c)}" for name, c in COLUMNS.items())
        raise ValueError(f"the record tells of no parameter; needed are, for {wanted}")
    parameters = {
        name: Estimate(
            ratio=math.exp(track.x),
            sd_pct=100.0 * track.sd,
            bias_pct=100.0 * track.bias,
            used=track.used,
            rejected=dict(sorted(track.rejected.items())),
        )
        for name, track in tracks.items()
        if track.used
    }
    return Calibration(
        recipe=recipe.name,
        recipe_hash=recipe.hash,
        source=source,
        source_sha256=source_sha256,
        from_s=float(from_s),
        to_s=float(to_s),
        prior=prior.hash if prior else "",
        parameters=parameters,
        scatter=scatter_of(recipe, parameters, means, weights, of),
        tool=f"linewright {_core.VERSION}",
    )


def _start(name: str, walk: Walk, prior: Calibration | None) -> Track:
    """A parameter where the earlier record left it; it may have walked since."""
    track = Track(walk)
    known = prior.parameters.get(name) if prior else None
    if known is not None and known.calibrated:
        own = 1e-4 * (known.sd_pct**2 - known.bias_pct**2)
        track.x = math.log(known.ratio)
        track.variance = min(own + walk.walk_per_sqrt_s**2 * GAP_S, walk.sd0**2)
    return track


def _followed(sheet: Array, weights: Array | None, foil_um: float) -> float:
    """Share of the moving weight that the press lets thicken the sheet, 0 to 1: slope of sheet over
    weight under the nip. One that protects the thickness has 0; where nothing tells, 1."""
    if weights is None:
        return 1.0
    both = np.isfinite(weights) & np.isfinite(sheet)
    if both.sum() < LEAST:
        return 1.0
    heavy = weights[both] / weights[both].mean() - 1.0
    coated = sheet[both] - foil_um
    thick = coated / coated.mean() - 1.0
    slope = float(heavy @ thick) / max(float(heavy @ heavy), 1e-12)
    return min(max(slope, 0.0), 1.0)


def scatter_of(
    recipe: RecipeFile,
    parameters: Mapping[str, Estimate],
    means: Columns,
    weights: Array | None,
    of: Instruments,
) -> dict[str, float]:
    """What the gate draws with: scatter seen in the record, biases and uncertainties added. What
    the press does not follow of the weight counts with the bias that it cannot see."""
    made: dict[str, float] = {}
    weight, sheet = means.get("coater.dry_weight"), means.get("calender.thickness")
    moving, followed = math.nan, 1.0
    if weight is not None and np.isfinite(weight).sum() >= LEAST:
        moving = float(np.nanstd(weight) / np.nanmean(weight))
    if sheet is not None and np.isfinite(sheet).sum() >= LEAST:
        seen_um = 0.5 * float(np.nanstd(sheet))
        if math.isfinite(moving):
            side_um = 0.5 * (float(np.nanmean(sheet)) - recipe.recipe.foil_um)
            followed = _followed(sheet, weights, recipe.recipe.foil_um)
            heavy_um = side_um * followed * moving
            seen_um = math.sqrt(max(0.0, seen_um**2 - heavy_um**2))
        made["thickness_um"] = math.hypot(seen_um, 0.5 * of.thickness_bias_um)
    if math.isfinite(moving):
        left = moving * math.sqrt(1.0 - followed**2)
        made["weight_pct"] = 100.0 * math.hypot(of.weight_bias, left)
        made["wander_pct"] = 100.0 * followed * moving
    for name in ("resistance", "heat"):
        if name in parameters and parameters[name].calibrated:
            made[f"{name}_pct"] = parameters[name].sd_pct
    return made


def line_of(calibration: Calibration, line: Line | None = None) -> Line:
    """The line a recipe is judged for: `line` (default: the default line) with what is
    calibrated."""
    line = line or Line()
    known = {name: of.ratio for name, of in calibration.parameters.items() if of.calibrated}
    return replace(
        line,
        scatter={**line.scatter, **calibration.scatter},
        calibration=calibration.hash,
        resistance_ratio=known.get("resistance", line.resistance_ratio),
        heat_ratio=known.get("heat", line.heat_ratio),
    )


def read_calibration(file: Path) -> Calibration:
    """Read a calibration file.

    Raises
    ------
    Mistakes
        When it cannot be read, has other fields, or was changed.
    """

    def stop(key: str, expected: str, got: str, fix: str = "") -> Mistakes:
        return Mistakes([Mistake(file=file, key=key, expected=expected, got=got, fix=fix)])

    raw = json_of(file)
    if not isinstance(raw, dict) or raw.pop("schema", None) != SCHEMA:
        raise stop("schema", str(SCHEMA), "another layout")
    stated = raw.pop("hash", None)
    try:
        parameters = {name: Estimate(**each) for name, each in raw.pop("parameters").items()}
        made = Calibration(parameters=parameters, **raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise stop("fields", "those of a calibration", str(error)) from error
    if made.hash != stated:
        fix = "make it anew: linewright calibrate RECORD --recipe RECIPE --out FILE"
        raise stop("hash", "the hash of the content", str(stated), fix)
    return made
