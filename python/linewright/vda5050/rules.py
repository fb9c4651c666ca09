"""When a message is sent again, and when a vehicle is lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """When something is repeated, and when given up."""

    resend_s: float = 2.0
    """An order, update or cancel that is not acknowledged is sent again after this, s."""
    tries: int = 5
    """How often it is sent at most."""
    ask_s: float = 30.0
    """A vehicle silent for this long is asked for its state; the standard's longest interval."""
    lost_s: float = 40.0
    """A vehicle silent for this long is lost. More than `ask_s`: one that uses the whole interval
    would be lost before each of its messages."""
    ahead: int | None = None
    """Nodes released beyond the one the vehicle is at; None: the whole way at once."""
    waiting: int = 16
    """Transports that may wait for the vehicle."""

    def __post_init__(self) -> None:
        for name in ("resend_s", "ask_s", "lost_s", "tries", "waiting", "ahead"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be positive and finite, was {value}")
        if self.lost_s <= self.ask_s:
            raise ValueError(f"lost_s must be more than ask_s {self.ask_s}, was {self.lost_s}")
