"""What a full roll is worth, by its weight map: pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from linewright.recipes import Order, RecipeFile
from linewright.stations.coater.logic import NoMap, WeightMap
from linewright.stations.coater.settings import Settings
from linewright.stations.machine import Part


@dataclass(frozen=True)
class Judged:
    """A roll as the coater judges it."""

    next_recipe: bool
    """Most of it was coated for the recipe of the change that `laid_m` states."""
    good: bool
    why: str


@dataclass
class Batches:
    """Which batch of slurry was on the line at which metre.

    >>> batches = Batches()
    >>> for metre, batch in ((0.0, 1.0), (900.0, 1.0), (910.0, 2.0), (3000.0, 2.0)):
    ...     batches.take(metre, batch)
    >>> [(part.unit, part.from_m, part.to_m) for part in batches.of(0.0, 2000.0)]
    [('batch 1', 0.0, 910.0), ('batch 2', 910.0, 2000.0)]
    >>> batches.of(-2000.0, 0.0), Batches().of(0.0, 2000.0)
    ([], [])
    """

    _begun: list[tuple[float, int]] = field(default_factory=list)
    """Metre and batch of every change."""

    def take(self, metre: float, batch: float) -> None:
        """The batch on the line when `metre` is coated; 0 and NaN: none is told."""
        if not (math.isfinite(metre) and math.isfinite(batch)) or batch < 1.0:
            return
        if not self._begun or self._begun[-1][1] != round(batch):
            self._begun.append((metre, round(batch)))

    def of(self, from_m: float, to_m: float) -> list[Part]:
        """Batches of a stretch of web; what was before the first that was told is not known."""
        after = (math.inf, 0)
        return [
            Part("slurry", f"batch {batch}", max(begun, from_m), min(end, to_m))
            for (begun, batch), (end, _) in pairwise([*self._begun, after])
            if begun < to_m and end > from_m
        ]

    def forget(self, before_m: float) -> None:
        """Drops what ended before this metre."""
        while len(self._begun) > 1 and self._begun[1][0] <= before_m:
            del self._begun[0]


def named(recipe: RecipeFile) -> tuple[str, float]:
    """Name of a recipe and its web speed, m/s."""
    return recipe.name, recipe.recipe.web_speed_m_per_s


def laid_m(order: Order, origin_m: float) -> tuple[float, float]:
    """Coating metres over which the web goes to the next recipe: those of the weight's move, of the
    last one where the weight stays."""
    stages = [s for s in order.coated if s.move == "weight"] or list(order.coated[-1:])
    return origin_m + stages[0].from_m, origin_m + stages[-1].to_m


def judge(
    made: WeightMap | NoMap, laid_m: tuple[float, float] | None, settings: Settings
) -> Judged:
    """Good when a share of `roll_good_share` of its metres, of one recipe, is within
    `roll_weight_pct`. A roll that was not measured is not good.

    `laid_m`: coating metres over which the weight went to the next recipe, None without a change.

    >>> s = Settings()
    >>> flat = WeightMap(1, 0.0, 1.0, (0.004,) * 2001, 2002.0, 0.001, 1.0)
    >>> judge(flat, None, s)
    Judged(next_recipe=False, good=True, why='100 % of its metres within 1.5 % by the map')
    >>> judge(flat, (1000.0, 1020.0), s).good
    False
    >>> judge(flat, (0.0, 20.0), s)
    Judged(next_recipe=True, good=True, why='99 % of its metres within 1.5 % by the map')
    """
    length_m = settings.geometry.jumbo_m
    from_m = (made.roll - 1) * length_m
    to_next_m, done_m = laid_m if laid_m is not None else (math.inf, math.inf)
    next_recipe = to_next_m < from_m + 0.5 * length_m
    if isinstance(made, NoMap):
        return Judged(next_recipe, False, made.reason)
    limit = 0.01 * settings.roll_weight_pct
    within = 0
    for i, value in enumerate(made.values):
        metre = made.origin_m + i * made.step_m
        of_it = metre >= done_m if next_recipe else metre <= to_next_m
        within += of_it and abs(value) <= limit  # NaN is not within
    share = within / len(made.values)
    why = f"{100.0 * share:.0f} % of its metres within {settings.roll_weight_pct:g} % by the map"
    return Judged(next_recipe, share >= settings.roll_good_share, why)
