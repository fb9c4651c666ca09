"""What can be tuned at the dispatch, with units. Bounds are checked when a value is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from linewright.stations.agv.lookahead import Search


@dataclass(frozen=True, kw_only=True)
class Drive:
    """How the vehicles of the plant drive and handle; its own figures."""

    speed_m_per_s: float = 1.0
    handling_s: float = 45.0
    """Loading or unloading."""
    recovery_s: float = 900.0
    """Until people have brought the load of a lost vehicle where it was going."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Rates that the line is laid out for, trays/h."""

    filled_per_h: float = 46.9
    tested_per_h: float = 53.4
    """All testers together, repairs included."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Cost of a second of lateness, dimensionless."""

    upstream: float = 50.0
    """Filling stands for want of an empty tray or of a place for a full one."""
    formation: float = 1.0
    """A slot stands empty, or a wetted tray waits."""
    test: float = 2.0
    """A tester stands."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What is done about lost messages and lost vehicles."""

    resend_s: float = 15.0
    """An order that its vehicle does not show is sent again after so long."""
    tries: int = 4
    """After so many the vehicle counts as silent and its order goes to another."""
    silent_s: float = 75.0
    """A vehicle that says nothing for so long is lost; VDA 5050 wants a state every 30 s."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"tries must be at least 1, was {self.tries}")


@dataclass(frozen=True, kw_only=True)
class Battery:
    """Recharging; shares of a full battery."""

    refuse_below: float = 0.15
    """A vehicle with less takes no order and goes to charge."""
    release_at: float = 0.4
    """From here on it takes orders again."""
    top_up_below: float = 0.7
    """An idle vehicle without an order in sight charges below this."""

    def __post_init__(self) -> None:
        if not 0.0 < self.refuse_below < self.release_at <= self.top_up_below <= 1.0:
            raise ValueError(
                "battery shares must rise from refuse_below over release_at to top_up_below, "
                f"were {self.refuse_below}, {self.release_at}, {self.top_up_below}"
            )


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How far filling's supply is rolled forward."""

    horizon_s: float = 14_400.0
    step_s: float = 60.0
    per_move_s: float = 25.0
    """Empty ride to a load on top of the way back to the test; measured on a busy fleet."""
    vehicles_up: float = 0.95
    """Share of the vehicles that do not charge."""
    warn_s: float = 5400.0
    """A stand nearer than this is told."""
    calm_s: float = 600.0
    """It is taken back when the forecast has been clear for so long."""

    @property
    def steps(self) -> int:
        """Steps to the horizon."""
        return max(1, int(self.horizon_s / self.step_s))


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What is usual in fleet and rack."""

    vehicles: float = 20.0
    """Vehicles of the fleet; fewer are told."""
    slots_out: float = 5.0
    """Slots that may be out; more are told."""
    arrivals_5_min: float = 9.0
    """Trays that may leave wetting within 5 min; more are told."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the dispatch station."""

    drive: Drive = field(default_factory=Drive)
    rates: Rates = field(default_factory=Rates)
    weights: Weights = field(default_factory=Weights)
    contact: Contact = field(default_factory=Contact)
    battery: Battery = field(default_factory=Battery)
    search: Search = field(
        default_factory=lambda: Search(window=6, breadth=4, depth=10, urgencies=(0.2, 1.0))
    )
    forecast: Forecast = field(default_factory=Forecast)
    watch: Watch = field(default_factory=Watch)
    wip_trays: int | None = None
    """Most trays between the empties at filling and formation; as many as fit when left out."""
    waiting_most: int = 10
    """When the wetting store is full, so many vehicles may stand with a full tray instead, and at
    most half of those that are in."""
    margin_s: float = 180.0
    """When filling stands within the time to deliver and this, nothing else is carried that can
    wait."""
    reserve_trays: int = 20
    """Except when there are fewer empty trays behind the test, or places in the wetting store."""
    ahead_s: float = 420.0
    """Transports that are expected within this time are planned for."""
    early_s: float = 15.0
    """A vehicle is sent so that it waits at most about so long for its load."""
    legs: int = 40
    """Most transports in one plan."""

    def __post_init__(self) -> None:
        for part in (
            self,
            self.drive,
            self.rates,
            self.weights,
            self.contact,
            self.forecast,
            self.watch,
        ):
            for entry in fields(part):
                value = getattr(part, entry.name)
                if isinstance(value, float) and not (math.isfinite(value) and value > 0.0):
                    raise ValueError(f"{entry.name} must be positive, was {value}")
        if self.legs < 1:
            raise ValueError(f"legs must be at least 1, was {self.legs}")
        for name in ("waiting_most", "reserve_trays"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, was {getattr(self, name)}")
        if self.wip_trays is not None and self.wip_trays < 1:
            raise ValueError(f"wip_trays must be at least 1, was {self.wip_trays}")
