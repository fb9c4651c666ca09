"""A virtual vehicle behind a link: the model of `vehicle`, connected."""

from __future__ import annotations

from linewright.vda5050.codec import NAMES, MessageError, decode, encode, sealed
from linewright.vda5050.header import Header, Topics, VehicleId, stamp
from linewright.vda5050.link import Link, TooLong, Will
from linewright.vda5050.messages import Connection
from linewright.vda5050.vehicle import Vehicle


def will(
    vehicle: VehicleId, utc_s: float, *, version: str = "2.1.0", interface: str = "uagv"
) -> Will:
    """The last will of a vehicle: CONNECTIONBROKEN, retained, QoS 1."""
    message = sealed(
        Connection(connection_state="CONNECTIONBROKEN"),
        header_id=0,
        timestamp=stamp(utc_s),
        version=version,
        vehicle=vehicle,
    )
    return Will(Topics(interface).of(vehicle, "connection"), encode(message))


class VirtualVehicle:
    """Says ONLINE when connected, takes orders, drives, reports; OFFLINE when closed.

    As with `Fleet` every call says the time. `refused` counts messages that were not understood.
    """

    def __init__(
        self,
        link: Link,
        vehicle_id: VehicleId,
        vehicle: Vehicle,
        *,
        version: str = "2.1.0",
        interface: str = "uagv",
    ) -> None:
        self.vehicle = vehicle
        self.refused = 0
        self._link = link
        self._id = vehicle_id
        self._topics = Topics(interface)
        self._version = version
        self._header_ids: dict[str, int] = {}
        self._connections = 0
        link.subscribe(
            (self._topics.of(vehicle_id, name), 0) for name in ("order", "instantActions")
        )

    def poll(self, now_s: float, utc_s: float) -> None:
        """Take orders, drive until now, report."""
        if self._link.connected and self._link.connections != self._connections:
            self._connections = self._link.connections
            self._send(Connection(connection_state="ONLINE"), utc_s)
        for topic, payload in self._link.received():
            name = topic.rsplit("/", 1)[-1]
            try:
                if isinstance(payload, TooLong):
                    raise MessageError(name, "message", "less", f"{payload.size_bytes} bytes")
                self.vehicle.hear(decode(name, payload, vehicle=self._id))
            except MessageError:
                self.refused += 1
        self.vehicle.step(now_s)
        for state in self.vehicle.reports(now_s):
            self._send(state, utc_s)

    def close(self, utc_s: float) -> None:
        """Say OFFLINE and go."""
        self._send(Connection(connection_state="OFFLINE"), utc_s)
        self._link.close()

    def _send(self, message: Header, utc_s: float) -> None:
        name = NAMES[type(message)]
        self._header_ids[name] = self._header_ids.get(name, 0) + 1
        whole = sealed(
            message,
            header_id=self._header_ids[name],
            timestamp=stamp(utc_s),
            version=self._version,
            vehicle=self._id,
        )
        topic = self._topics.of(self._id, name)
        lasting = name == "connection"
        self._link.send(topic, encode(whole), qos=int(lasting), retain=lasting)
