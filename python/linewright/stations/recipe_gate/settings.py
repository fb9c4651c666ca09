"""What can be set at the recipe gate."""

from __future__ import annotations

from dataclasses import dataclass


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

    def __post_init__(self) -> None:
        if not 100 <= self.draws <= 1_000_000:
            raise ValueError(f"draws must be 100 to 1000000, was {self.draws}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, was {self.seed}")
        if not 0.01 <= self.valid_hours <= 744.0:
            raise ValueError(f"valid_hours must be 0.01 to 744, was {self.valid_hours}")
