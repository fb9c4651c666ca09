"""VDA 5050 (versions 2.1.0 and 2.0.0): the messages between a dispatch and its vehicles.

`encode` and `decode` turn messages into JSON and back.
"""

from linewright.vda5050.codec import KINDS, MessageError, decode, encode, sealed
from linewright.vda5050.factsheet import Factsheet
from linewright.vda5050.header import VERSIONS, Topics, VehicleId, seconds, stamp
from linewright.vda5050.messages import (
    Action,
    ActionParameter,
    ActionState,
    AgvPosition,
    BatteryState,
    Connection,
    Edge,
    EdgeState,
    Error,
    ErrorReference,
    InstantActions,
    Load,
    Node,
    NodePosition,
    NodeState,
    Order,
    SafetyState,
    State,
    Visualization,
)

__all__ = [
    "KINDS",
    "VERSIONS",
    "Action",
    "ActionParameter",
    "ActionState",
    "AgvPosition",
    "BatteryState",
    "Connection",
    "Edge",
    "EdgeState",
    "Error",
    "ErrorReference",
    "Factsheet",
    "InstantActions",
    "Load",
    "MessageError",
    "Node",
    "NodePosition",
    "NodeState",
    "Order",
    "SafetyState",
    "State",
    "Topics",
    "VehicleId",
    "Visualization",
    "decode",
    "encode",
    "sealed",
    "seconds",
    "stamp",
]
