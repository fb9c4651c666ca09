"""The messages of VDA 5050 2.1: order, instantActions, state, connection, visualization.

Names are the standard's, in this language's spelling; a field with a unit carries it. `factsheet`
holds the sixth message, `codec` turns all of them into bytes and back.

Source: VDA 5050, version 2.1.0 (2024), sections 6.6 to 6.15.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from linewright.vda5050.header import Header, Struct

BlockingType = Literal["NONE", "SOFT", "HARD"]
ActionStatus = Literal["WAITING", "INITIALIZING", "RUNNING", "PAUSED", "FINISHED", "FAILED"]
"""PAUSED stands in the standard's text and is sent by vehicles; its schemas leave it out."""
ConnectionState = Literal["ONLINE", "OFFLINE", "CONNECTIONBROKEN"]
OperatingMode = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "SERVICE", "TEACHIN"]
EStop = Literal["AUTOACK", "MANUAL", "REMOTE", "NONE"]
ENDED = ("FINISHED", "FAILED")


class ActionParameter(Struct, frozen=True, kw_only=True):
    """One value an action needs."""

    key: str
    value: bool | int | float | str | list[Any] | dict[str, Any]


class Action(Struct, frozen=True, kw_only=True):
    """Something to do on a node or an edge, or at once."""

    action_type: str
    action_id: str
    blocking_type: BlockingType
    action_description: str | None = None
    action_parameters: list[ActionParameter] | None = None


class NodePosition(Struct, frozen=True, kw_only=True):
    """Where a node lies on a map."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")
    map_id: str
    theta_rad: float | None = msgspec.field(name="theta", default=None)
    allowed_deviation_m: float | None = msgspec.field(name="allowedDeviationXY", default=None)
    """How far off the node counts as on it, m; 0 is the vehicle's own tolerance."""
    allowed_deviation_rad: float | None = msgspec.field(name="allowedDeviationTheta", default=None)
    map_description: str | None = None


class Node(Struct, frozen=True, kw_only=True):
    """A place on the way; released: part of the base."""

    node_id: str
    sequence_id: int
    released: bool
    actions: list[Action]
    node_position: NodePosition | None = None
    node_description: str | None = None


class ControlPoint(Struct, frozen=True, kw_only=True):
    """One point that draws a NURBS."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")
    weight: float | None = None
    """Dimensionless, 1 when absent."""


class Trajectory(Struct, frozen=True, kw_only=True):
    """A NURBS from node to node."""

    degree: int
    knot_vector: list[float]
    """Dimensionless, 0..1."""
    control_points: list[ControlPoint]


class Corridor(Struct, frozen=True, kw_only=True):
    """How far a vehicle may leave its way to pass an obstacle."""

    left_width_m: float = msgspec.field(name="leftWidth")
    right_width_m: float = msgspec.field(name="rightWidth")
    corridor_ref_point: Literal["KINEMATICCENTER", "CONTOUR"] | None = None


class Edge(Struct, frozen=True, kw_only=True):
    """The way from one node to the next."""

    edge_id: str
    sequence_id: int
    released: bool
    start_node_id: str
    end_node_id: str
    actions: list[Action]
    edge_description: str | None = None
    max_speed_m_per_s: float | None = msgspec.field(name="maxSpeed", default=None)
    max_height_m: float | None = msgspec.field(name="maxHeight", default=None)
    min_height_m: float | None = msgspec.field(name="minHeight", default=None)
    orientation_rad: float | None = msgspec.field(name="orientation", default=None)
    orientation_type: str | None = None
    direction: str | None = None
    rotation_allowed: bool | None = None
    max_rotation_speed_rad_per_s: float | None = msgspec.field(
        name="maxRotationSpeed", default=None
    )
    length_m: float | None = msgspec.field(name="length", default=None)
    trajectory: Trajectory | None = None
    corridor: Corridor | None = None


class Order(Header, frozen=True, kw_only=True):
    """What a vehicle is to do: nodes and edges, those released first (base), then the horizon."""

    order_id: str
    order_update_id: int
    nodes: list[Node]
    edges: list[Edge]
    zone_set_id: str | None = None


class InstantActions(Header, frozen=True, kw_only=True):
    """Actions to be done as soon as they arrive."""

    actions: list[Action]


class Connection(Header, frozen=True, kw_only=True):
    """Whether a vehicle is connected to the broker; CONNECTIONBROKEN is its last will."""

    connection_state: ConnectionState


class Map(Struct, frozen=True, kw_only=True):
    """A map on the vehicle."""

    map_id: str
    map_version: str
    map_status: Literal["ENABLED", "DISABLED"]
    map_description: str | None = None


class NodeState(Struct, frozen=True, kw_only=True):
    """A node still to be passed."""

    node_id: str
    sequence_id: int
    released: bool
    node_description: str | None = None
    node_position: NodePosition | None = None


class EdgeState(Struct, frozen=True, kw_only=True):
    """An edge still to be passed."""

    edge_id: str
    sequence_id: int
    released: bool
    edge_description: str | None = None
    trajectory: Trajectory | None = None


class AgvPosition(Struct, frozen=True, kw_only=True):
    """Where a vehicle is."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")
    theta_rad: float = msgspec.field(name="theta")
    map_id: str
    position_initialized: bool
    map_description: str | None = None
    localization_score: float | None = None
    """0 unknown .. 1 known, dimensionless."""
    deviation_range_m: float | None = msgspec.field(name="deviationRange", default=None)


class Velocity(Struct, frozen=True, kw_only=True):
    """Speed in the vehicle's own directions."""

    vx_m_per_s: float | None = msgspec.field(name="vx", default=None)
    vy_m_per_s: float | None = msgspec.field(name="vy", default=None)
    omega_rad_per_s: float | None = msgspec.field(name="omega", default=None)


class BoundingBoxReference(Struct, frozen=True, kw_only=True):
    """Where a load sits on the vehicle."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")
    z_m: float = msgspec.field(name="z")
    theta_rad: float | None = msgspec.field(name="theta", default=None)


class LoadDimensions(Struct, frozen=True, kw_only=True):
    """How large a load is."""

    length_m: float = msgspec.field(name="length")
    width_m: float = msgspec.field(name="width")
    height_m: float | None = msgspec.field(name="height", default=None)


class Load(Struct, frozen=True, kw_only=True):
    """What a vehicle carries."""

    load_id: str | None = None
    load_type: str | None = None
    load_position: str | None = None
    bounding_box_reference: BoundingBoxReference | None = None
    load_dimensions: LoadDimensions | None = None
    weight_kg: float | None = msgspec.field(name="weight", default=None)


class ActionState(Struct, frozen=True, kw_only=True):
    """How far an action is."""

    action_id: str
    action_status: ActionStatus
    action_type: str | None = None
    action_description: str | None = None
    result_description: str | None = None


class BatteryState(Struct, frozen=True, kw_only=True):
    """How much energy is left."""

    charge_percent: float = msgspec.field(name="batteryCharge")
    charging: bool
    voltage_v: float | None = msgspec.field(name="batteryVoltage", default=None)
    health_percent: float | None = msgspec.field(name="batteryHealth", default=None)
    reach_m: float | None = msgspec.field(name="reach", default=None)


class ErrorReference(Struct, frozen=True, kw_only=True):
    """What an error is about."""

    reference_key: str
    reference_value: str


class Error(Struct, frozen=True, kw_only=True):
    """Something the vehicle complains of; WARNING resolves itself or leaves it running."""

    error_type: str
    error_level: Literal["WARNING", "FATAL"]
    error_references: list[ErrorReference] | None = None
    error_description: str | None = None
    error_hint: str | None = None


class Info(Struct, frozen=True, kw_only=True):
    """Something the vehicle tells for people."""

    info_type: str
    info_level: Literal["INFO", "DEBUG"]
    info_references: list[ErrorReference] | None = None
    info_description: str | None = None


class SafetyState(Struct, frozen=True, kw_only=True):
    """Emergency stop and protective field."""

    e_stop: EStop
    field_violation: bool


class State(Header, frozen=True, kw_only=True):
    """All a vehicle reports, on every event and at least every 30 s."""

    order_id: str
    """The current or last order; empty when there was none."""
    order_update_id: int
    last_node_id: str
    last_node_sequence_id: int
    driving: bool
    operating_mode: OperatingMode
    node_states: list[NodeState]
    edge_states: list[EdgeState]
    action_states: list[ActionState]
    battery_state: BatteryState
    errors: list[Error]
    safety_state: SafetyState
    zone_set_id: str | None = None
    paused: bool | None = None
    new_base_request: bool | None = None
    distance_since_last_node_m: float | None = msgspec.field(
        name="distanceSinceLastNode", default=None
    )
    maps: list[Map] | None = None
    agv_position: AgvPosition | None = None
    velocity: Velocity | None = None
    loads: list[Load] | None = None
    """None: the vehicle cannot tell; empty: it carries nothing."""
    information: list[Info] | None = None


class Visualization(Header, frozen=True, kw_only=True):
    """Position and velocity at a higher rate."""

    agv_position: AgvPosition | None = None
    velocity: Velocity | None = None
