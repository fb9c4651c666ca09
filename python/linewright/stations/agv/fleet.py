"""The simulated fleet, rack and stores as a station of its own: the flow twin on the bus.

It stands where the adapter to real vehicles stands: it says where everything is and what is where
(`fleet.site`, `fleet.report`), and obeys `agv.orders`. Messages may get lost on the way, as asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.agv.link import ORDERS, REPORT, SITE, commands_of, report_body, site_body
from linewright.stations.agv.plant import PLACES
from linewright.stations.agv.sim import Loss, TwinPlant

if TYPE_CHECKING:
    from linewright.graph import Graph

TOLD_S = 60.0


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """Which plant is simulated."""

    seed: int = 0
    flow: dict[str, Any] = field(default_factory=dict)
    """What differs from the default flow, as the twin's documentation names it."""
    faults: tuple[dict[str, Any], ...] = ()
    loss: Loss = field(default_factory=Loss)

    def __post_init__(self) -> None:
        self.plant()

    def plant(self) -> TwinPlant:
        """The plant at its start.

        Raises `ValueError` for a flow or a fault that cannot be.
        """
        return TwinPlant(self.flow, faults=self.faults, seed=self.seed, loss=self.loss)


class Fleet(Station):
    """The flow twin as a fleet that reports and obeys."""

    name: ClassVar[str] = "fleet"
    Settings: ClassVar[type[Any]] = FleetSettings
    settings: FleetSettings
    subscribes: ClassVar[tuple[str, ...]] = (ORDERS,)

    def build(self, g: Graph) -> None:
        """Wires what the plant made into the record."""
        with g.loop("made", rate_hz=1.0) as loop:
            for name in ("trays_filled", "trays_tested"):
                made = loop.mailbox(name, "1", default=0.0, lo=0.0, hi=1e9, ttl_s=TOLD_S)
                loop.tap(f"{name}_so_far", made.value, every_s=10.0)

    def start(self, api: Any) -> None:
        """A plant that runs already."""
        super().start(api)
        self.plant = self.settings.plant()
        self._commands: list[Any] = []
        self._placed = False
        self._made, self._made_tick = (-1, -1), 0

    def on_message(self, topic: str, body: Any) -> None:
        """Orders are obeyed when time has come to them."""
        if topic == ORDERS:
            self._commands += commands_of(body)

    def on_step(self, tick: int) -> None:
        """Lets time pass, obeys, reports."""
        flow = self.plant.flow
        if not self._placed:
            self._placed = True
            places_m = dict(zip(PLACES, flow.places_m(), strict=True))
            self.api.publish(SITE, site_body(places_m, flow.slots_m()))
        self.plant.run_to(tick / self.api.base_hz)
        for refused in self.plant.obey(self._commands):
            self.api.decide("order refused by the fleet", detail={"because": refused})
        self._commands = []
        self.api.publish(REPORT, report_body(self.plant.look()))
        made = (self.plant.filled, self.plant.emptied)
        if made != self._made or tick - self._made_tick >= TOLD_S / 3.0 * self.api.base_hz:
            self._made, self._made_tick = made, tick
            self.api.set("trays_filled", float(made[0]))
            self.api.set("trays_tested", float(made[1]))
