"""What can be tuned in the old way: sample, wait, decide."""

from __future__ import annotations

from dataclasses import dataclass, field

from linewright.recipes import Recipe


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Dead bands and limits of the correction by hand."""

    recipe: Recipe = field(default_factory=Recipe)
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
        for name in ("rate_hz", "weight_dead_band", "thickness_dead_band_um", "move_limit"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be positive, was {getattr(self, name)}")
