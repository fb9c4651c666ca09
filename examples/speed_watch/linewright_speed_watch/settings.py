"""What can be tuned."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the speed watch."""

    rate_hz: int = 10
    speed_m_per_s: float = 1.0
    noise_sd_m_per_s: float = 0.002
    false_alarms_per_day: float = 1.0
    patience_s: float = 120.0
    """A shift that lasts longer than this is worth a person's attention."""

    def __post_init__(self) -> None:
        for name in ("rate_hz", "speed_m_per_s", "noise_sd_m_per_s", "false_alarms_per_day"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, was {getattr(self, name)}")
