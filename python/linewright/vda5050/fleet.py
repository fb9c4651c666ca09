"""Many vehicles behind one link: transports in, events out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from linewright.vda5050 import events as e
from linewright.vda5050.codec import LARGEST_BYTES, NAMES, MessageError, decode, encode, sealed
from linewright.vda5050.dialogue import Dialogue
from linewright.vda5050.factsheet import Factsheet
from linewright.vda5050.header import VERSIONS, Header, Topics, VehicleId, check_name, stamp
from linewright.vda5050.layout import Layout
from linewright.vda5050.link import Link, TooLong
from linewright.vda5050.messages import Connection, State
from linewright.vda5050.plan import Task
from linewright.vda5050.rules import Rules

HEARD = (("state", 0), ("connection", 1), ("factsheet", 0))
"""Topics a fleet listens to and their QoS, as the standard says."""


class Fleet:
    """The dispatch's end of VDA 5050.

    No clock is read: every call says the time, `now_s` on a clock that never goes back, `utc_s`
    seconds since 1970 for the headers. `poll` belongs into the caller's loop, some times a second.

    Parameters
    ----------
    vehicles
        Manufacturer and serial number by the name the dispatch uses.
    session
        Begins every order id; must differ from that of every earlier run, such as the time of the
        start, and hold letters, digits, `_`, `-`, `.` and `:` only.
    version
        Spoken version, "2.1.0" or "2.0.0"; any 2.x is understood.
    interface
        First level of the topics.
    largest_bytes
        Longer messages are refused unread.
    """

    def __init__(
        self,
        link: Link,
        layout: Layout,
        vehicles: Mapping[e.Name, VehicleId],
        *,
        session: str,
        version: str = "2.1.0",
        interface: str = "uagv",
        rules: Rules | None = None,
        largest_bytes: int = LARGEST_BYTES,
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(f"version must be one of {', '.join(VERSIONS)}, was {version!r}")
        if len(set(vehicles.values())) < len(vehicles):
            raise ValueError("two vehicles have the same manufacturer and serial number")
        check_name("session", session)
        self.factsheets: dict[e.Name, Factsheet] = {}
        """What the vehicles told of themselves."""
        self._link = link
        self._layout = layout
        self._topics = Topics(interface)
        self._version = version
        self._largest_bytes = largest_bytes
        self._ids = dict(vehicles)
        self._names = {vehicle: name for name, vehicle in vehicles.items()}
        self._dialogues = {
            name: Dialogue(name, layout, rules or Rules(), session) for name in vehicles
        }
        self._header_ids: dict[str, int] = {}
        self._utc_less_now_s = 0.0
        link.subscribe(
            (self._topics.of(vehicle, name), qos)
            for vehicle in vehicles.values()
            for name, qos in HEARD
        )

    def poll(self, now_s: float, utc_s: float) -> list[e.Event]:
        """Take what has come, send what is due, tell what has happened."""
        self._utc_less_now_s = utc_s - now_s
        told: list[e.Event] = []
        for topic, payload in self._link.received():
            at = self._topics.split(topic)
            if at is not None and at[0] in self._names:
                told += self._hear(self._names[at[0]], at[1], payload, now_s)
        for name, dialogue in self._dialogues.items():
            told += self._send(name, dialogue.tick(now_s), now_s)
        return told

    def give(
        self, task: Task, now_s: float, load: Mapping[str, Any] | None = None
    ) -> list[e.Event]:
        """A transport or an errand for its vehicle; `load`: parameters of its actions, such as
        `loadType`.

        The least `priority` goes first where several wait. `Accepted`, `Loaded` and `Finished`
        follow from `poll`, or `Refused`, `Failed`, `Cancelled`. A charge is ended before.
        """
        dialogue = self._dialogue(task.vehicle)
        return self._send(task.vehicle, dialogue.give(task, now_s, load or {}), now_s)

    def cancel(self, vehicle: e.Name, job: e.Name, now_s: float) -> list[e.Event]:
        """Take a transport back."""
        return self._send(vehicle, self._dialogue(vehicle).cancel(job, now_s), now_s)

    def redirect(self, vehicle: e.Name, job: e.Name, target: str, now_s: float) -> list[e.Event]:
        """Another target for a transport whose end is not released yet (see `Rules.ahead`)."""
        return self._send(vehicle, self._dialogue(vehicle).redirect(job, target, now_s), now_s)

    def ask_factsheet(self, vehicle: e.Name, now_s: float) -> None:
        """Have a vehicle send its factsheet; it is then in `factsheets`, also after a restart of
        the fleet, as vehicles have it retained."""
        self._send(vehicle, self._dialogue(vehicle).ask("factsheetRequest"), now_s)

    def state(self, vehicle: e.Name) -> State | None:
        """The newest state of a vehicle."""
        return self._dialogue(vehicle).state

    def place_m(self, node: str) -> tuple[float, float] | None:
        """Where a node of the layout lies, m."""
        place = self._layout.nodes.get(node)
        return None if place is None else (place.x_m, place.y_m)

    def topics(self) -> dict[str, bool]:
        """The topics listened to, and whether their vehicle is heard: what to look at first when
        nothing comes."""
        return {
            self._topics.of(self._ids[name], kind): not dialogue.lost
            for name, dialogue in self._dialogues.items()
            for kind, _ in HEARD
        }

    def _dialogue(self, vehicle: e.Name) -> Dialogue:
        if vehicle not in self._dialogues:
            known = ", ".join(repr(name) for name in self._dialogues)
            raise ValueError(f"vehicle must be one of {known}, was {vehicle!r}")
        return self._dialogues[vehicle]

    def _hear(
        self, name: e.Name, kind: str, payload: bytes | TooLong, now_s: float
    ) -> list[e.Event]:
        try:
            if isinstance(payload, TooLong):
                most = f"at most {self._largest_bytes} bytes"
                raise MessageError(kind, "message", most, f"{payload.size_bytes} bytes")
            message = decode(
                kind, payload, vehicle=self._ids[name], largest_bytes=self._largest_bytes
            )
        except MessageError as error:
            return [e.Bad(name, str(error))]
        dialogue = self._dialogues[name]
        if isinstance(message, State):
            return self._send(name, dialogue.hear_state(message, now_s), now_s)
        if isinstance(message, Connection):
            return self._send(name, dialogue.hear_connection(message), now_s)
        if isinstance(message, Factsheet):
            self.factsheets[name] = message
        return []

    def _send(self, name: e.Name, out: Iterable[Any], now_s: float) -> list[e.Event]:
        """Messages go out, events stay."""
        told: list[e.Event] = []
        for item in out:
            if isinstance(item, e.Event):
                told.append(item)
            elif isinstance(item, Header):
                try:
                    payload = self._sealed(name, item, now_s)
                except MessageError as error:
                    told.append(e.Bad(name, f"not sent: {error}"))
                    continue
                topic = self._topics.of(self._ids[name], NAMES[type(item)])
                self._link.send(topic, payload)
        return told

    def _sealed(self, name: e.Name, message: Header, now_s: float) -> bytes:
        topic = self._topics.of(self._ids[name], NAMES[type(message)])
        header_id = self._header_ids.get(topic, -1) + 1
        self._header_ids[topic] = header_id
        return encode(
            sealed(
                message,
                header_id=header_id,
                timestamp=stamp(now_s + self._utc_less_now_s),
                version=self._version,
                vehicle=self._ids[name],
            )
        )
