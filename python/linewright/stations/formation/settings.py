"""What can be tuned at the formation rack, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from linewright.stations.formation.model import Limits

TRAY = 32
"""Cells of a tray."""


@dataclass(frozen=True, kw_only=True)
class Genealogy:
    """How the lots a cell comes from follow from its running number; where a plant's execution
    system says otherwise, its own numbers belong here."""

    cells_per_wetting_lot: int = 300
    cells_per_slurry_batch: int = 3400
    cells_per_coater_roll: int = 1190
    welder_fixtures: int = 4
    traced: bool = False
    """Roll, batch and fixture are those that welder and coater tell of a cell (`welder.lot`,
    `coater.coated`), and not known where they tell none; else they are counted by number."""

    def __post_init__(self) -> None:
        for one in fields(self):
            if one.name == "traced":
                continue
            value = getattr(self, one.name)
            if value < 1:
                raise ValueError(f"{one.name} must be at least 1, was {value}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the formation rack."""

    recipe_name: str = "standard"
    """Recipe of trays whose cells' lot is not known."""
    slots: int = 469
    rate_hz: float = 10.0
    """Base rate of the line: verdicts come one in two ticks."""
    limits: Limits = field(default_factory=Limits)
    genealogy: Genealogy = field(default_factory=Genealogy)
    poor_resistance_z: float = 5.0
    """Resistance at low charge of a poorly wetted tray above that of sound ones, sigma of trays."""
    poor_efficiency_z: float = 3.0
    """Its coulombic efficiency below that of sound ones, sigma of trays."""
    recovered: float = 0.8
    """Share of the discharged energy that goes back to the grid, 0..1."""
    trays_kept: int = 200
    """Trays that lots are compared over."""
    contact_service: int = 2
    """Trays in a row of verdicts after which a channel's contact is to be serviced."""
    forecast_every_s: float = 60.0
    """How often dispatch is told which slot becomes free, and when each tray will be through."""
    programme_sd_s: float = 60.0
    """How far a programme ends from its planned time, s, one standard deviation: worth one tray,
    until trays have been seen through."""

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= 10_000:
            raise ValueError(f"slots must be 1 to 10000, was {self.slots}")
        if not 0.0 <= self.recovered <= 1.0:
            raise ValueError(f"recovered must be 0 to 1, was {self.recovered}")
        for name in ("trays_kept", "contact_service"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2, was {getattr(self, name)}")
        for name in (
            "rate_hz",
            "poor_resistance_z",
            "poor_efficiency_z",
            "forecast_every_s",
            "programme_sd_s",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be positive, was {value}")
