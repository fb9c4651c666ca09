"""What can be set at the recipe gate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linewright.mistakes import Mistakes
from linewright.recipes import (
    Calibration,
    Line,
    Recipe,
    RecipeFile,
    line_of,
    read_calibration,
)

STANDARD = RecipeFile.of("standard").dryer
"""The dryer of a recipe file that says nothing of it."""
KEYS = frozenset(Recipe.__dataclass_fields__) - {"reference_degc"}
"""Of a recipe, what a recipe file says."""


def _standard(key: str) -> Any:
    return field(default_factory=lambda: STANDARD[key])


@dataclass(frozen=True, kw_only=True)
class Dryer:
    """What of the dryer the recipe of the line decides, as in a recipe file."""

    solvent: str = "nmp"
    """`nmp` or `water`."""
    critical_fraction: float = _standard("critical_fraction")
    zone_c: tuple[float, ...] = _standard("zone_c")
    heat_w_per_m2_k: tuple[float, ...] = _standard("heat_w_per_m2_k")
    vapour_pa: float = _standard("vapour_pa")
    exhaust_m3_per_s: float = _standard("exhaust_m3_per_s")

    def __post_init__(self) -> None:
        if self.solvent not in ("nmp", "water"):
            raise ValueError(f"solvent must be nmp or water, was {self.solvent!r}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the recipe gate."""

    draws: int = 10_000
    """Draws of a recipe."""
    seed: int = 0
    calibration: str = ""
    """File of `linewright calibrate`; empty judges with the twin's own figures."""
    valid_hours: float = 24.0
    """How long a line may be armed under a certificate."""
    follow: bool = False
    """Follow the line: keep the calibration current and judge with it, or refuse to."""
    keep: str = ""
    """File that the followed calibration is kept in, and gone on from after a start."""
    stale_after_s: float = 3600.0
    """Without news for so long, a parameter is not judged with."""
    publish_s: float = 60.0
    """How often the followed calibration is published and kept."""
    recipe: Recipe = field(default_factory=Recipe)
    """The recipe that the line runs; `[recipe]` of a line file gives it."""
    dryer: Dryer = field(default_factory=Dryer)
    """Its dryer; `[recipe]` gives it as well."""

    def __post_init__(self) -> None:
        if not 100 <= self.draws <= 1_000_000:
            raise ValueError(f"draws must be 100 to 1000000, was {self.draws}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, was {self.seed}")
        if not 0.01 <= self.valid_hours <= 744.0:
            raise ValueError(f"valid_hours must be 0.01 to 744, was {self.valid_hours}")
        for name, least in (("stale_after_s", 60.0), ("publish_s", 10.0)):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise ValueError(f"{name} must be at least {least:g}, was {value}")
        if self.keep and not self.follow:
            raise ValueError("keep needs follow = true: only what is followed is kept")
        self.known()
        if self.follow:
            self.running()

    def known(self) -> Calibration | None:
        """The calibration of the file; nothing when none is named.

        Raises `ValueError` when the file is wrong.
        """
        if not self.calibration:
            return None
        try:
            return read_calibration(Path(self.calibration))
        except Mistakes as mistakes:
            raise ValueError(f"calibration cannot be read: {mistakes}") from mistakes

    def line(self) -> Line:
        """The line that recipes are judged on while it is not followed."""
        known = self.known()
        return Line() if known is None else line_of(known, Line())

    def running(self) -> RecipeFile:
        """The recipe that the line runs.

        Raises `ValueError` for one that is none.
        """
        dryer = {key: value for key, value in vars(self.dryer).items() if key != "solvent"}
        electrode = "cathode" if self.dryer.solvent == "nmp" else "anode"
        recipe = {key: value for key, value in vars(self.recipe).items() if key in KEYS}
        try:
            return RecipeFile.of("the line's", electrode=electrode, recipe=recipe, dryer=dryer)
        except Mistakes as mistakes:
            raise ValueError(f"the recipe of the line is none: {mistakes}") from mistakes
