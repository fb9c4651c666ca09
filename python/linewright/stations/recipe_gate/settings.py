"""What can be set at the recipe gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from linewright.mistakes import Mistakes
from linewright.recipes import Line, line_of, read_calibration


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
        self.line()

    def line(self) -> Line:
        """The line that recipes are judged on.

        Raises `ValueError` when the file of the calibration is wrong.
        """
        if not self.calibration:
            return Line()
        try:
            return line_of(read_calibration(Path(self.calibration)), Line())
        except Mistakes as mistakes:
            raise ValueError(f"calibration cannot be read: {mistakes}") from mistakes
