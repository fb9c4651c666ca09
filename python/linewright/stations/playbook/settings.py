"""What can be tuned in the old way: sample, wait, decide."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from linewright.mistakes import Mistakes
from linewright.recipes import Recipe, RecipeFile, recipe_of

STANDARD = RecipeFile.of("standard")


@dataclass(frozen=True, kw_only=True)
class Oven:
    """Air of the dryer as the recipe has it."""

    zone_c: tuple[float, ...] = field(default_factory=lambda: tuple(STANDARD.dryer["zone_c"]))
    exhaust_m3_per_s: float = field(default_factory=lambda: STANDARD.dryer["exhaust_m3_per_s"])


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """How pieces are taken when someone asks for them."""

    on_request: bool = False
    """Pieces are taken when the playbook asks: the channel `lab.*` then brings one each
    `measured_every_s`, and this station looks at those it asked for, `wait_s` later. Off: the
    channel itself is the laboratory, in its own time."""
    every_s: float = 3600.0
    """Routine piece."""
    wait_s: float = 1200.0
    """From the piece to its result: cut, dried, weighed, told."""
    settle_s: float = 180.0
    """From a setting to a piece that shows it: pump, 80 m of oven, and some."""
    measured_every_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("every_s", "wait_s", "settle_s", "measured_every_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be positive, was {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A planned change of recipe, carried out from the card."""

    on: bool = False
    to: str = ""
    """Text of the recipe file of the next recipe."""
    at_s: float = 10_800.0
    """When the order is there; the weight goes over at the next end of a roll for which the air can
    be on its way in time."""
    air_lead_m: float = 0.0
    """Web between the first move of speed and air, and that of the weight."""
    carry_trims: bool = True
    """What the laboratory had corrected on A is kept, in proportion, on B."""

    def __post_init__(self) -> None:
        if not (self.at_s >= 0.0 and self.air_lead_m >= 0.0):
            raise ValueError("at_s and air_lead_m must not be negative")
        if self.on:
            self.recipe()

    def recipe(self) -> RecipeFile:
        """The next recipe.

        Raises `ValueError` when `to` is none.
        """
        try:
            return recipe_of(self.to, Path("to.toml"))
        except Mistakes as mistakes:
            raise ValueError(f"to is no recipe: {mistakes}") from mistakes


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Dead bands and limits of the correction by hand."""

    recipe: Recipe = field(default_factory=Recipe)
    recipe_name: str = "standard"
    """What the recipe is called in the record of rolls and states; `[recipe]` of a line file says
    it."""
    dryer: Oven = field(default_factory=Oven)
    laboratory: Laboratory = field(default_factory=Laboratory)
    change: Change = field(default_factory=Change)
    jumbo_m: float = 2000.0
    """Web of one roll."""
    roll_weight_pct: float = 1.5
    """A roll is good when the pieces taken of it are within this of the weight, one side, %, ..."""
    roll_sheet_um: float = 4.0
    """... and within this of the sheet's thickness, one side, um."""
    rate_hz: float = 30.0
    """Rate of the loop; equal base ticks give all policies the same plant."""
    correct: bool = True
    """False leaves the nominal settings alone: the open loop."""
    weight_dead_band: float = 0.005
    """Relative deviation of the laboratory's coat weight below which nothing is touched."""
    thickness_dead_band_um: float = 1.0
    move_limit: float = 0.05
    """Largest relative change of a setting from one sample."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, float) and not value > 0.0:
                raise ValueError(f"{entry.name} must be positive, was {value}")
        if self.change.on and not self.laboratory.on_request:
            raise ValueError("a change asks for pieces: it needs laboratory.on_request")
