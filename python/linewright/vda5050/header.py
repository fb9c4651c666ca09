"""The header of every VDA 5050 message, and the names of its topics.

A header counts the messages of one topic and carries the sender's wall clock; both serve only to
tell an old message from a new one.

Source: VDA 5050, version 2.1.0 (2024), sections 6.3 and 6.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

VERSIONS = ("2.1.0", "2.0.0")
"""Versions that can be spoken; the first is the default."""
HEADER_ID_END = 2**32
"""A header id is a uint32 and begins again at 0."""

_LEVEL = re.compile(r"[A-Za-z0-9_.:-]+")


class Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Anything within a message: fields it does not know are skipped, absent ones are left out."""


class Header(Struct, frozen=True, kw_only=True):
    """What every message begins with; filled in where the message is sent."""

    header_id: int = msgspec.field(default=-1)
    """Counts the messages of one topic of one sender."""
    timestamp: str = ""
    """ISO 8601, UTC."""
    version: str = ""
    manufacturer: str = ""
    serial_number: str = ""


def check_name(field: str, value: str) -> None:
    """Names hold the letters that the standard recommends and MQTT leaves alone."""
    if not _LEVEL.fullmatch(value):
        raise ValueError(f"{field} may hold A-Z a-z 0-9 _ . : - only, was {value!r}")


@dataclass(frozen=True, slots=True, order=True)
class VehicleId:
    """Manufacturer and serial number: two levels of every topic.

    >>> VehicleId("KIT", "0001")
    VehicleId(manufacturer='KIT', serial_number='0001')
    >>> VehicleId("KIT", "00/01")
    Traceback (most recent call last):
    ValueError: serial_number may hold A-Z a-z 0-9 _ . : - only, was '00/01'
    """

    manufacturer: str
    serial_number: str

    def __post_init__(self) -> None:
        check_name("manufacturer", self.manufacturer)
        check_name("serial_number", self.serial_number)


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names: `interface/v2/manufacturer/serial/name`.

    >>> topics = Topics("uagv")
    >>> topics.of(VehicleId("KIT", "0001"), "order")
    'uagv/v2/KIT/0001/order'
    >>> topics.split("uagv/v2/KIT/0001/state")
    (VehicleId(manufacturer='KIT', serial_number='0001'), 'state')
    >>> topics.split("other/v2/KIT/0001/state") is None
    True
    """

    interface: str = "uagv"

    def __post_init__(self) -> None:
        check_name("interface", self.interface)

    def of(self, vehicle: VehicleId, name: str) -> str:
        """The topic of a vehicle's messages of one kind."""
        return f"{self.interface}/v2/{vehicle.manufacturer}/{vehicle.serial_number}/{name}"

    def split(self, topic: str) -> tuple[VehicleId, str] | None:
        """Vehicle and kind of a topic; None when it is none of this interface."""
        match topic.split("/"):
            case [self.interface, "v2", manufacturer, serial_number, name]:
                try:
                    return VehicleId(manufacturer, serial_number), name
                except ValueError:
                    return None
        return None


def stamp(utc_s: float) -> str:
    """A time stamp as the standard writes it, from seconds since 1970.

    >>> stamp(668691603.126)
    '1991-03-11T11:40:03.12Z'
    """
    at = datetime.fromtimestamp(utc_s, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 10_000:02d}Z"


def seconds(timestamp: str) -> float:
    """Seconds since 1970 of a time stamp; one without a zone is taken as UTC.

    >>> seconds("1991-03-11T11:40:03.12Z")
    668691603.12

    Raises
    ------
    ValueError
        When it is no ISO 8601 date and time.
    """
    at = datetime.fromisoformat(timestamp)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
