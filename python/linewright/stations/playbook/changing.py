"""The change of recipe in the old way: pure.

The card is set: speed and air first, the weight at the next end of a roll (a good plant mixes no
two recipes on a roll), the nip when the first roll of the next recipe is mounted. Then a piece is
taken once the settings show, and one more after every correction, until one is in tolerance and
three rolls are released; each of those has a piece of its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from linewright.recipes import Recipe, RecipeFile
from linewright.stations.playbook.settings import Settings

RELEASED = 3
"""Good rolls after which the change is over."""


@dataclass(frozen=True)
class Changing:
    """A planned change, and how far it is."""

    to: RecipeFile
    boundary_m: float = math.nan
    """Web at which the weight goes over."""
    moved_s: float = math.nan
    """When speed and air were set."""
    weighed_s: float = math.nan
    """When the weight went over."""
    pressed_s: float = math.nan
    """When the first roll of the next recipe was mounted."""
    verified_s: float = math.nan
    """When a piece was known to be in tolerance."""
    released: int = 0
    """Good rolls in a row."""

    @property
    def moving(self) -> bool:
        """From the first move until the laboratory has seen a piece in tolerance."""
        return math.isfinite(self.moved_s) and not math.isfinite(self.verified_s)

    @property
    def weighed(self) -> bool:
        """The coater is set for the next recipe."""
        return math.isfinite(self.weighed_s)

    @property
    def pressed(self) -> bool:
        """The calender is set for the next recipe."""
        return math.isfinite(self.pressed_s)

    @property
    def released_all(self) -> bool:
        """The change is over."""
        return self.released >= RELEASED

    def at(self, now_s: float, web_m: float, settings: Settings) -> Changing:
        """The change at web metre `web_m`: its boundary is fixed once the order is there."""
        made = self
        if math.isnan(made.boundary_m):
            if now_s < settings.change.at_s:
                return made
            first_m = web_m + settings.change.air_lead_m
            length_m = settings.jumbo_m
            made = replace(made, boundary_m=length_m * math.ceil(first_m / length_m))
        if math.isnan(made.moved_s) and web_m >= made.boundary_m - settings.change.air_lead_m:
            made = replace(made, moved_s=now_s)
        if math.isnan(made.weighed_s) and web_m >= made.boundary_m:
            made = replace(made, weighed_s=now_s)
        return made

    def mounted(self, roll: int, now_s: float, settings: Settings) -> Changing:
        """A roll was mounted at the calender."""
        mine = (roll - 1) * settings.jumbo_m >= self.boundary_m - 1.0
        if self.weighed and mine and not self.pressed:
            return replace(self, pressed_s=now_s)
        return self

    def verified(self, now_s: float) -> Changing:
        """A piece of the next recipe is known to be in tolerance."""
        return replace(self, verified_s=now_s)

    def judged(self, good: bool) -> Changing:
        """A roll of the next recipe was judged."""
        return replace(self, released=self.released + 1 if good else 0)


def recipe_at(changed_s: float, at_s: float, first: Recipe, changing: Changing | None) -> Recipe:
    """The recipe of a machine at `at_s` that was changed at `changed_s` (NaN: not)."""
    return changing.to.recipe if changing is not None and at_s >= changed_s else first
