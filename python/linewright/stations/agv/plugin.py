"""The dispatch station's plugin: reports in, orders out, and why, in the ledger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.agv.alarms import ALARMS
from linewright.stations.agv.book import Book, lost
from linewright.stations.agv.causes import CAUSES
from linewright.stations.agv.forecast import Starve, forecast
from linewright.stations.agv.link import ORDERS, REPORT, SITE, orders_body, plant_of, site_of
from linewright.stations.agv.logic import decide
from linewright.stations.agv.plant import Cancel, Charge, Command, Plant, Redirect, Send, Site
from linewright.stations.agv.settings import Settings as AgvSettings
from linewright.stations.agv.signals import SIGNALS
from linewright.stations.agv.wiring import ARRIVALS, DAY_MIN, LEAD, SLOTS, VEHICLES, wire

if TYPE_CHECKING:
    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Event
    from linewright.signals import Signal

BUNCH_S = 300.0
FORECAST_S = 60.0


class Agv(Station):
    """AGV dispatch: which vehicle carries which tray next, and when filling would starve.

    In the soft lane it decides on every report of the fleet and publishes orders; without reports
    it gives none. It tells the hard lane how many vehicles and slots there are and when filling
    would stand, where this is watched, recorded and judged.
    """

    name: ClassVar[str] = "agv"
    Settings: ClassVar[type[Any]] = AgvSettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    alarms: ClassVar[tuple[Definition, ...]] = ALARMS
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    settings: AgvSettings
    subscribes: ClassVar[tuple[str, ...]] = (SITE, REPORT)

    def build(self, g: Graph) -> None:
        """Wires the loop that watches fleet, rack and forecast."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts without an order out."""
        super().start(api)
        self._book = Book()
        self._site: Site | None = None
        self._starve: Starve | None = None
        self._clear_since_s = 0.0
        self._forecast_s = 0.0
        self._told: dict[str, tuple[float, float]] = {}

    def on_message(self, topic: str, body: Any) -> None:
        """A report is decided on at once; before the first map of the site nothing is."""
        if topic == SITE:
            self._site = site_of(body, speed_m_per_s=self.settings.drive.speed_m_per_s)
        elif topic == REPORT and self._site is not None:
            self._decide(plant_of(body), self._site)

    def on_event(self, event: Event) -> None:
        """What was found is explained by what is known at that moment."""
        self.api.decide(event.decision, because=[event], detail=self._known())

    def _decide(self, plant: Plant, site: Site) -> None:
        self._book, decided = decide(self._book, plant, site, self.settings)
        if decided.commands:
            self.api.publish(ORDERS, orders_body(plant.time_s, decided.commands))
        for command in decided.commands:
            self._record(command)
        contact = self.settings.contact
        inside = sum(not lost(v, plant.time_s, contact) for v in plant.vehicles)
        soon = sum(at_s <= plant.time_s + BUNCH_S for at_s in plant.wetted_s)
        self._tell(VEHICLES, inside)
        self._tell(SLOTS, sum(slot.out for slot in plant.slots))
        self._tell(ARRIVALS, soon)
        if plant.time_s >= self._forecast_s:
            self._forecast_s = plant.time_s + FORECAST_S
            self._foresee(plant, site)
        lead_min = DAY_MIN if self._starve is None else self._starve.lead_s / 60.0
        self._tell(LEAD, lead_min)

    def _tell(self, mailbox: str, value: float) -> None:
        """A number for the hard lane: when it changes, and often enough not to expire."""
        before, at_s = self._told.get(mailbox, (math.nan, -math.inf))
        if value != before or self.api.time_s - at_s >= self.settings.contact.silent_s / 3.0:
            self._told[mailbox] = (value, self.api.time_s)
            self.api.set(mailbox, float(value))

    def _foresee(self, plant: Plant, site: Site) -> None:
        """A forecast is taken back only when it has been clear for a while."""
        seen = forecast(plant, self._book, site, self.settings)
        if seen is not None:
            self._starve, self._clear_since_s = seen, plant.time_s
        elif plant.time_s - self._clear_since_s >= self.settings.forecast.calm_s:
            self._starve = None

    def _record(self, command: Command) -> None:
        """Every order stands in the ledger with what made it urgent."""
        match command:
            case Send(order=order, again=again):
                text = f"vehicle {order.vehicle}: {order.source} to {order.target}"
                detail = {
                    "order": order.id,
                    "move": order.move.value,
                    "priority": order.priority,
                    "due_s": order.due_s,
                    "again": again,
                }
            case Cancel(order=order, because=because) | Redirect(order=order, because=because):
                verb = "ends" if isinstance(command, Cancel) else f"goes to {order.target}"
                text = f"vehicle {order.vehicle}: order {order.id} {verb}"
                detail = {"order": order.id, "because": because}
            case Charge(vehicle=vehicle):
                text, detail = f"vehicle {vehicle}: charge", {}
        self.api.decide(text, because=(), detail=detail)

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {"orders_out": len(self._book.orders)}
        if self._starve is not None:
            known |= {
                "starve_at_s": self._starve.at_s,
                "starve_lead_s": self._starve.lead_s,
                "short": self._starve.short,
                "vehicles_in": self._starve.vehicles_in,
                "slots_out": self._starve.slots_out,
            }
        return known
