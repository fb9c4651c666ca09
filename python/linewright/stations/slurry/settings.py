"""What can be tuned at the slurry station, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from linewright.recipes import Recipe


@dataclass(frozen=True, kw_only=True)
class Rheology:
    """How the die pressure follows the slurry; the recipe's own figures."""

    die_kpa: float = 311.7
    """Pressure at the die at target flow and `recipe.reference_degc`."""
    flow_exponent: float = 0.72
    """n of the flow curve: pressure follows the flow to this power."""
    loss_per_k: float = 0.03
    """Loss of viscosity per kelvin, share."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviation of one reading of each sensor; positive."""

    density_kg_per_m3: float = 0.3
    thickness: float = 0.0026
    """Compensated die pressure, relative: 0.6 kPa, 0.05 K at 3 %/K, pump ripple."""


@dataclass(frozen=True, kw_only=True)
class RunToRun:
    """Correction of the mixer's recipe from batch to batch."""

    weight: float = 0.4
    """Weight of a new batch, 0..1; best is `1 - theta` of an IMA(1,1) disturbance."""
    max_move_pp: float = 0.2
    """Largest change of the recipe from batch to batch."""
    limit_pp: float = 0.5
    """Largest offset of the recipe."""
    mixed_ahead: int = 1
    """Batches mixed before the one that a new recipe is for."""

    def __post_init__(self) -> None:
        if not 0.0 < self.weight <= 1.0:
            raise ValueError(f"weight must be in (0, 1], was {self.weight}")
        if not 0 <= self.mixed_ahead <= 5:
            raise ValueError(f"mixed_ahead must be 0 to 5, was {self.mixed_ahead}")

    @property
    def age_runs(self) -> int:
        """How many recipes ago that of the batch just used up was told: one is in the mixer's
        queue for each batch mixed ahead, one was told when its mixing began, one while it ran.

        >>> RunToRun().age_runs
        3
        """
        return self.mixed_ahead + 2


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the slurry station."""

    recipe: Recipe = field(default_factory=Recipe)
    recipe_name: str = "standard"
    rheology: Rheology = field(default_factory=Rheology)
    noise: Noise = field(default_factory=Noise)
    run_to_run: RunToRun = field(default_factory=RunToRun)
    rate_hz: float = 10.0
    tank_l: float = 500.0
    """Volume of the mixed day tank."""
    sides: float = 2.0
    """Sides coated at once: the tank is drawn so many times the flow of one pump."""
    drive_gain_limit: float = 0.10
    """Drive gain of the Coriolis meter above which there is air in the slurry."""
    air_clears_s: float = 5.0
    """Solids are held for so long after the air is gone."""
    memory_s: float = 900.0
    """Drifts slower than this are the slurry's own level."""
    warm_k: float = 2.0
    """Distance from the recipe's temperature that is told."""
    announce_s: float = 300.0
    """A change of the batch is announced so long before it comes."""
    settle_l: float = 20.0
    """Slurry drawn after a change before the level of a hard switch is read."""
    hard_pp: float = 0.05
    """Step of the solids within `settle_l` that only a hard switch makes."""
    batch_good_pp: float = 0.5
    """Solids beside the recipe up to which a batch is a good one: within it the coater's ratio
    control keeps the weight."""
    stands_share: float = 0.05
    """Share of the recipe's flow below which nothing is drawn."""
    false_alarms_per_shift: float = 0.1
    """Budget of each detector: false alarms per 8 h."""

    def __post_init__(self) -> None:
        for part in (self, self.rheology, self.noise, self.run_to_run):
            for entry in fields(part):
                value = getattr(part, entry.name)
                if isinstance(value, float) and not (math.isfinite(value) and value > 0.0):
                    raise ValueError(f"{entry.name} must be positive, was {value}")
