"""Which metres of a shift were good, by the twin's truth, when the recipe was changed within it.

A metre is good when it is within all of A's tolerances or all of B's. It is followed from the die
through oven and nip: weight, residual solvent and adhesion are the coater's, porosity and thickness
the calender's, which is charged only for web that came to it good.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from linewright.recipes import RecipeFile, good_metres
from linewright.value.changeover import EXIT_M, series_of, web_at

COATED = ("weight", "residual", "adhesion")
PRESSED = ("porosity", "thickness")
GAP_M = 5.0
"""Web further than this from any that was pressed was not."""


class WebQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Metres of one shift."""

    coated_m: float
    coat_bad_m: float
    pressed_m: float
    """Of the web that came good from the coater."""
    press_bad_m: float
    by: dict[str, float]
    """Metres in neither recipe's tolerance by each quality alone."""

    @property
    def coat_share(self) -> float:
        """Share of the coated web that is scrap."""
        return self.coat_bad_m / self.coated_m if self.coated_m else 0.0

    @property
    def press_share(self) -> float:
        """Share of the good coated web that the calender made scrap of."""
        return self.press_bad_m / self.pressed_m if self.pressed_m else 0.0

    @property
    def bad_m(self) -> float:
        """All scrap, m."""
        return self.coat_bad_m + self.press_bad_m


def web_quality(truth: Mapping[str, Any], a: RecipeFile, b: RecipeFile) -> WebQuality:
    """Every metre that left the oven, from the per-second series of a truth document."""
    series = series_of(truth)
    metre = np.arange(0.0, math.floor(series["coater_position"][-1] - EXIT_M))
    at, web = web_at(series, metre, a)
    after = np.clip(np.searchsorted(at, metre), 1, len(at) - 1)
    nearest = np.minimum(np.abs(at[after] - metre), np.abs(metre - at[after - 1]))
    pressed = nearest <= GAP_M
    good = [good_metres(recipe, web) for recipe in (a, b)]
    coat = [np.logical_and.reduce([one[name] for name in COATED]) for one in good]
    press = [np.logical_and.reduce([one[name] for name in PRESSED]) for one in good]
    coat_good = coat[0] | coat[1]
    whole = (coat[0] & press[0]) | (coat[1] & press[1])
    arrived = coat_good & pressed
    by = {name: float(np.sum(~good[0][name] & ~good[1][name])) for name in COATED}
    by |= {name: float(np.sum(pressed & ~good[0][name] & ~good[1][name])) for name in PRESSED}
    return WebQuality(
        coated_m=float(len(metre)),
        coat_bad_m=float(np.sum(~coat_good)),
        pressed_m=float(np.sum(arrived)),
        press_bad_m=float(np.sum(arrived & ~whole)),
        by=by,
    )
