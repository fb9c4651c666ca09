"""Real vehicles as the station `fleet` of a live line: the dispatch's orders out over MQTT by VDA
5050, the vehicles' reports in.

It takes the place of the simulated fleet. What no vehicle knows, trays in stores and slots, comes
from whoever controls rack and stores, as `stores.report`: the body of `fleet.report` without
`time_s` and `vehicles`. Before the first of them nothing is reported, and so nothing is sent.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from linewright.graph import Station
from linewright.stations.agv.link import ORDERS, REPORT, SITE, commands_of, site_body
from linewright.stations.agv.plant import PLACES
from linewright.stations.agv.vda5050 import Vehicles
from linewright.vda5050 import (
    Bad,
    Cancelled,
    Event,
    Failed,
    Finished,
    Fleet,
    Found,
    Layout,
    Loaded,
    Lost,
    Refused,
    Rules,
    Stray,
    VehicleId,
)

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.vda5050.mqtt import Mqtt

STORES = "stores.report"
POLL_HZ = 10.0
"""The broker's messages are taken that often, where `lockstep_s` of the line allows."""
REPORT_S = 1.0
TOLD_S = 60.0
KEYS = {"holds", "out", "expected_s", "stock", "wetted_s", "aged_s"}
TOLD = (Refused, Failed, Cancelled, Lost, Found, Stray)
"""Events that stand in the ledger."""
AT_ONCE = (Loaded, Finished, *TOLD)
"""Events that are reported without waiting."""


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """Where the MQTT broker is."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password_file: str | None = None
    tls_ca: str | None = None
    """File of the authority that signed the broker's certificate; given: TLS."""
    plain: bool = False
    """No TLS to a broker on another machine."""

    def link(self) -> Mqtt:
        """A connection that is being made.

        Raises `ImportError` without the extra `mqtt`, `OSError` for a file that cannot be read.
        """
        from linewright.vda5050.mqtt import Mqtt  # noqa: PLC0415 - an extra

        password = None
        if self.password_file is not None:
            password = Path(self.password_file).read_text(encoding="utf-8").strip()
        tls = None if self.tls_ca is None else ssl.create_default_context(cafile=self.tls_ca)
        return Mqtt(
            self.host,
            self.port,
            username=self.username,
            password=password,
            tls=tls,
            plain=self.plain,
        )


@dataclass(frozen=True, kw_only=True)
class VdaSettings:
    """Which vehicles, on which roads."""

    vehicles: tuple[str, ...] = ()
    """`manufacturer/serial number` of the vehicles 0, 1, ... of the dispatch."""
    layout: dict[str, Any] = field(default_factory=dict)
    """Nodes, edges and stations, as `linewright.vda5050.Layout` wants them; the stations are
    `filling`, `wetting`, `ageing`, `testing`, `chargers` and `slot 0`, `slot 1` and so on."""
    chargers: tuple[str, ...] = ("chargers",)
    load: dict[str, Any] = field(default_factory=dict)
    """Parameters of every pick and drop."""
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    rules: Rules = field(default_factory=lambda: Rules(ahead=2))
    version: str = "2.1.0"
    interface: str = "uagv"

    def __post_init__(self) -> None:
        if not self.vehicles:
            raise ValueError("vehicles must name at least one, was empty")
        self.ids()
        stations = self.roads().stations
        slots = sum(name.startswith("slot ") for name in stations)
        wanted = (*PLACES, *self.chargers, *(f"slot {n}" for n in range(max(slots, 1))))
        for name in wanted:
            if name not in stations:
                raise ValueError(f"layout.stations must hold {name!r}")

    def ids(self) -> dict[int | str, VehicleId]:
        """The vehicles by number."""
        made: dict[int | str, VehicleId] = {}
        for number, name in enumerate(self.vehicles):
            manufacturer, _, serial = name.partition("/")
            made[number] = VehicleId(manufacturer, serial)
        return made

    def roads(self) -> Layout:
        """The layout, checked."""
        return Layout.of(self.layout)


class VdaFleet(Station):
    """The vehicles of an MQTT broker as the fleet of the dispatch."""

    name: ClassVar[str] = "fleet"
    Settings: ClassVar[type[Any]] = VdaSettings
    settings: VdaSettings
    subscribes: ClassVar[tuple[str, ...]] = (ORDERS, STORES)

    def build(self, g: Graph) -> None:
        """Wires the number of vehicles heard into the record."""
        with g.loop("heard", rate_hz=POLL_HZ) as loop:
            heard = loop.mailbox("vehicles", "1", default=0.0, lo=0.0, hi=1e6, ttl_s=TOLD_S)
            loop.tap("vehicles_heard", heard.value, every_s=10.0)

    def start(self, api: Any) -> None:
        """Begins to connect, and says where everything is."""
        super().start(api)
        settings, layout = self.settings, self.settings.roads()
        self.link = settings.broker.link()
        fleet = Fleet(
            self.link,
            layout,
            settings.ids(),
            session=time.strftime("%Y%m%dT%H%M%S", time.gmtime()),
            version=settings.version,
            interface=settings.interface,
            rules=settings.rules,
        )
        self._vehicles = Vehicles(
            fleet, len(settings.vehicles), settings.chargers, load=settings.load
        )
        self._stores: dict[str, Any] | None = None
        self._reported_s = float("-inf")
        self._bad_s = float("-inf")
        self._heard, self._heard_s = -1, float("-inf")
        at = {name: layout.nodes[stop.node] for name, stop in layout.stations.items()}
        slots = sum(name.startswith("slot ") for name in at)
        api.publish(
            SITE,
            site_body(
                {name: (at[name].x_m, at[name].y_m) for name in PLACES},
                ((at[f"slot {n}"].x_m, at[f"slot {n}"].y_m) for n in range(slots)),
            ),
        )

    def on_message(self, topic: str, body: Any) -> None:
        """Orders of the dispatch; what is in the stores."""
        if topic == ORDERS:
            self._vehicles.tell(commands_of(body), self.api.time_s)
        elif topic == STORES:
            missing = sorted(KEYS - set(body))
            if missing:
                self.api.decide(f"report of the stores refused: no {missing[0]}")
            else:
                self._stores = {key: body[key] for key in KEYS}

    def on_step(self, tick: int) -> None:
        """Speaks with the vehicles and reports them."""
        now_s = tick / self.api.base_hz
        seen, events = self._vehicles.poll(now_s, time.time())
        for event in events:
            self._record(event, now_s)
        heard = sum(vehicle is not None for vehicle in seen)
        if heard != self._heard or now_s - self._heard_s >= TOLD_S / 3.0:
            self._heard, self._heard_s = heard, now_s
            self.api.set("vehicles", float(heard))
        news = any(isinstance(event, AT_ONCE) for event in events)
        if self._stores is None or not (news or now_s - self._reported_s >= REPORT_S):
            return
        self._reported_s = now_s
        vehicles = [None if v is None else msgspec.to_builtins(v) for v in seen]
        self.api.publish(REPORT, {**self._stores, "time_s": now_s, "vehicles": vehicles})

    def _record(self, event: Event, now_s: float) -> None:
        """What a person will ask for stands in the ledger; bad messages at most once a minute."""
        if isinstance(event, Bad):
            if now_s - self._bad_s < TOLD_S:
                return
            self._bad_s = now_s
        elif not isinstance(event, TOLD):
            return
        fields = msgspec.to_builtins(event)
        self.api.decide(f"vehicle {event.vehicle}: {type(event).__name__.lower()}", detail=fields)
