"""The verdict on a recipe: release, block, or refuse to judge.

The twin draws the recipe with the scatter of the line; each quality must be in tolerance with the
chance that the recipe requires, and no limit may be passed. Where the twin's laws are not stated it
does not guess: the verdict is `refuse`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright import _core
from linewright.recipes._file import RecipeFile

RELEASE, BLOCK, REFUSE = "release", "block", "refuse"


@dataclass(frozen=True, kw_only=True)
class Line:
    """The line a recipe is meant for: how it scatters, what its machines can do, and how its
    material and dryer differ from the recipe's figures."""

    scatter: Mapping[str, float] = field(
        default_factory=lambda: dict(_core.recipe_defaults()["scatter"])
    )
    """Standard deviations: `weight_pct` that no gauge shows, `wander_pct` that moves along the web,
    `thickness_um`, `resistance_pct`, `heat_pct`, `inlet_g_per_m3` of the supply air,
    `solids_pp`."""
    machine: Mapping[str, float] = field(
        default_factory=lambda: dict(_core.recipe_defaults()["machine"])
    )
    """`web_max_m_per_s`, `pump_max_l_per_min`, `line_load_max_n_per_mm`, `zone_max_c` ..."""
    resistance_ratio: float = 1.0
    """Compaction resistance over the recipe's figure."""
    heat_ratio: float = 1.0
    """Heat transfer of the dryer over the recipe's figure."""
    calibration: str = ""
    """Hash of the calibration these came from; empty when there is none."""


@dataclass(frozen=True, kw_only=True)
class Chance:
    """One quality over all draws."""

    name: str
    unit: str
    lo: float | None
    hi: float | None
    probability: float
    mean: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a recipe is blocked."""

    about: str
    """`porosity`, `thickness`, `weight`, `residual`, `adhesion`, `window`, `front`, `explosion`,
    `crush` or `machine`."""
    words: str


@dataclass(frozen=True, kw_only=True)
class Outside:
    """A figure outside a bound."""

    field: str
    unit: str
    value: float
    lo: float
    hi: float
    because: str

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        bounds = f"{self.lo:g} to {self.hi:g}{unit}"
        return f"{self.field} is {self.value:.4g}{unit}, must be {bounds} ({self.because})"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate found."""

    word: str
    """`release`, `block` or `refuse`."""
    recipe: RecipeFile
    line: Line
    draws: int
    seed: int
    chances: tuple[Chance, ...] = ()
    """Porosity, thickness, weight, residual, adhesion; none when the gate refused to judge."""
    joint: float | None = None
    """Chance of all five together."""
    reasons: tuple[Reason, ...] = ()
    outside: tuple[Outside, ...] = ()
    """Figures that the twin's laws are not stated for."""


def config_of(recipe: RecipeFile, line: Line) -> dict[str, Any]:
    """The twin's configuration of a recipe on a line: its figures times the line's ratios."""
    config = recipe.twin
    config["recipe"]["resistance_n_per_mm"] *= line.resistance_ratio
    for zone in range(1, 7):
        config["recipe"][f"zone_{zone}_heat_w_per_m2_k"] *= line.heat_ratio
    return config


def judge(
    recipe: RecipeFile,
    line: Line | None = None,
    *,
    draws: int = 10_000,
    seed: int = 0,
    threads: int | None = None,
) -> Verdict:
    """Judge a recipe: `draws` (100 to 1,000,000) of it on the twin. Same seed, same verdict.

    >>> staged = {"zone_c": [130, 107, 41, 118, 130, 130], "exhaust_m3_per_s": 14.0}
    >>> judge(RecipeFile.of("A", dryer=staged), draws=1000).word
    'release'
    >>> judge(RecipeFile.of("A", recipe={"web_speed_m_per_s": 1.5})).outside[0].field
    'coater.web_m_per_s'
    """
    line = line or Line()
    config = config_of(recipe, line)
    outside = tuple(Outside(**found) for found in _core.recipe_out_of_range(config))
    if outside:
        return Verdict(
            word=REFUSE, recipe=recipe, line=line, draws=draws, seed=seed, outside=outside
        )
    made = _core.recipe_chances(
        config,
        scatter=dict(line.scatter),
        tolerance=dict(recipe.tolerance),
        draws=draws,
        seed=seed,
        threads=threads or os.cpu_count() or 1,
    )
    reasons = [Reason(**reason) for reason in made["reasons"]]
    for found in _core.recipe_out_of_reach(config, dict(line.machine)):
        reasons.append(Reason(about="machine", words=str(Outside(**found))))
    return Verdict(
        word=BLOCK if reasons else RELEASE,
        recipe=recipe,
        line=line,
        draws=draws,
        seed=seed,
        chances=tuple(Chance(**chance) for chance in made["chances"]),
        joint=made["joint"],
        reasons=tuple(reasons),
    )


def draws_of(verdict: Verdict) -> npt.NDArray[np.float64]:
    """The draws behind a verdict: one row each, columns as `Verdict.chances`."""
    made: npt.NDArray[np.float64] = _core.recipe_draws(
        config_of(verdict.recipe, verdict.line),
        scatter=dict(verdict.line.scatter),
        draws=verdict.draws,
        seed=verdict.seed,
        threads=os.cpu_count() or 1,
    )
    return made
