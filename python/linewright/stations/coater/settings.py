"""What can be tuned at the coater, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from linewright.stations.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where the gauges stand, metres of web behind the die."""

    wet_gauge_m: float = 3.0
    dry_gauge_m: float = 80.0
    jumbo_m: float = 2000.0
    boxes: int = 66
    """Boxes the dry scanner divides the width into."""

    def __post_init__(self) -> None:
        if not 0.0 < self.wet_gauge_m < self.dry_gauge_m < self.jumbo_m:
            raise ValueError("need 0 < wet_gauge_m < dry_gauge_m < jumbo_m")


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviation of one sample of each sensor, as the sensors' data sheets state it."""

    density_kg_per_m3: float = 0.3
    mass_flow_relative: float = 0.001
    wet_weight_pct: float = 0.5
    """One reading of the wet gauge at the rate of the gauge loop, % of weight."""
    dry_box_pct: float = 0.30


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the coater."""

    recipe: Recipe = field(default_factory=Recipe)
    geometry: Geometry = field(default_factory=Geometry)
    noise: Noise = field(default_factory=Noise)
    flow_rate_hz: float = 10.0
    gauge_rate_hz: float = 30.0
    pump_lag_s: float = 4.0
    """First-order lag of pump, hose and die."""
    pump_lead_to_s: float = 1.0
    """Lag left of it after the lead of the flow loop."""
    flow_integral_s: float = 20.0
    """Integral time of the flow loop on the Coriolis mass flow."""
    trim_fast_s: float = 1.0
    trim_slow_s: float = 60.0
    trim_fast_share: float = 0.9
    """Forecast of the coat-weight disturbance over the path to the wet gauge:
    `share*lag(fast) + (1 - share)*lag(slow)`; see `logic.forecast_weights`."""
    trim_limit: float = 0.06
    """Largest trim of the mass flow, relative."""
    reconcile_s: float = 300.0
    """Time constant of the wet gauge's correction by the dry gauge."""
    reconcile_limit: float = 0.03
    false_alarms_per_shift: float = 0.25
    """Budget of each detector: false alarms per 8 h."""
    map_step_m: float = 1.0
    map_window_s: float = 0.5
    """Smoothing of the weight map, time constant."""
    map_coverage: float = 0.95
    """Least share of good metres in a map that may be used."""

    def __post_init__(self) -> None:
        for name in (
            "flow_rate_hz",
            "gauge_rate_hz",
            "pump_lag_s",
            "pump_lead_to_s",
            "flow_integral_s",
            "trim_fast_s",
            "trim_slow_s",
            "trim_limit",
            "reconcile_s",
            "reconcile_limit",
            "false_alarms_per_shift",
            "map_step_m",
            "map_window_s",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be positive, was {value}")
        if not 0.0 < self.trim_fast_share <= 1.0:
            raise ValueError(f"trim_fast_share must be in (0, 1], was {self.trim_fast_share}")
        if not 0.0 < self.map_coverage <= 1.0:
            raise ValueError(f"map_coverage must be in (0, 1], was {self.map_coverage}")
