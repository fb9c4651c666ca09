"""What can be set at the station that carries recipe orders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How orders are read and given."""

    recipe_name: str = "standard"
    """The recipe that runs; `[recipe]` of a line file says it."""
    recipe_toml: str = ""
    """Text of its file; `[recipe]` says it. Without it no order can be carried out."""
    machine: str = "coater"
    """The machine whose state tells that a change is done."""
    watch_s: float = 5.0
    """How often the ledger is looked at for orders."""
    roll_m: float = 2000.0
    """Web of a roll: an order is given so that the weight goes over at the end of one. 0 gives it
    at once."""
    web_m_per_s: float = 1.0
    """By this the web is reckoned on between two samples of its metre."""

    def __post_init__(self) -> None:
        for name in ("watch_s", "web_m_per_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be positive, was {getattr(self, name)}")
        if not self.roll_m >= 0.0:
            raise ValueError(f"roll_m must not be negative, was {self.roll_m}")
