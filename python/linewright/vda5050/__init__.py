"""VDA 5050 (versions 2.1.0 and 2.0.0): the talk between a dispatch and its vehicles.

A `Fleet` takes transports, turns them into orders along a `Layout`, repeats what is lost and tells
what happened. It speaks through a link: `Loopback` within the process, `linewright.vda5050.mqtt`
to a broker. The messages (`messages`, `factsheet`, `codec`) serve alone as well.
"""

from linewright.vda5050.codec import KINDS, MessageError, decode, encode, sealed
from linewright.vda5050.dialogue import Dialogue
from linewright.vda5050.events import (
    Accepted,
    Bad,
    Cancelled,
    Event,
    Failed,
    Finished,
    Found,
    LinkChanged,
    Loaded,
    Lost,
    NotRedirected,
    Redirected,
    Refused,
    Report,
    Stray,
)
from linewright.vda5050.factsheet import Factsheet
from linewright.vda5050.fleet import Fleet
from linewright.vda5050.header import VERSIONS, Topics, VehicleId, seconds, stamp
from linewright.vda5050.layout import Layout, LayoutError
from linewright.vda5050.link import Link, Loopback, Will
from linewright.vda5050.messages import (
    Connection,
    InstantActions,
    Order,
    State,
    Visualization,
)
from linewright.vda5050.plan import Errand, Job, Transport
from linewright.vda5050.rules import Rules
from linewright.vda5050.vehicle import Build, Vehicle
from linewright.vda5050.virtual import VirtualVehicle, will

__all__ = [
    "KINDS",
    "VERSIONS",
    "Accepted",
    "Bad",
    "Build",
    "Cancelled",
    "Connection",
    "Dialogue",
    "Errand",
    "Event",
    "Factsheet",
    "Failed",
    "Finished",
    "Fleet",
    "Found",
    "InstantActions",
    "Job",
    "Layout",
    "LayoutError",
    "Link",
    "LinkChanged",
    "Loaded",
    "Loopback",
    "Lost",
    "MessageError",
    "NotRedirected",
    "Order",
    "Redirected",
    "Refused",
    "Report",
    "Rules",
    "State",
    "Stray",
    "Topics",
    "Transport",
    "Vehicle",
    "VehicleId",
    "VirtualVehicle",
    "Visualization",
    "Will",
    "decode",
    "encode",
    "sealed",
    "seconds",
    "stamp",
    "will",
]
