"""The factsheet: what a type of vehicle is, can and bears.

Source: VDA 5050, version 2.1.0 (2024), section 7.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from linewright.vda5050.header import Header, Struct
from linewright.vda5050.messages import BoundingBoxReference, LoadDimensions


class TypeSpecification(Struct, frozen=True, kw_only=True):
    """Class and capabilities of the series."""

    series_name: str
    agv_kinematic: Literal["DIFF", "OMNI", "THREEWHEEL"]
    agv_class: Literal["FORKLIFT", "CONVEYOR", "TUGGER", "CARRIER"]
    max_load_kg: float = msgspec.field(name="maxLoadMass")
    localization_types: list[Literal["NATURAL", "REFLECTOR", "RFID", "DMC", "SPOT", "GRID"]]
    navigation_types: list[Literal["PHYSICAL_LINE_GUIDED", "VIRTUAL_LINE_GUIDED", "AUTONOMOUS"]]
    series_description: str | None = None


class PhysicalParameters(Struct, frozen=True, kw_only=True):
    """Speeds and size."""

    speed_min_m_per_s: float = msgspec.field(name="speedMin")
    speed_max_m_per_s: float = msgspec.field(name="speedMax")
    acceleration_max_m_per_s2: float = msgspec.field(name="accelerationMax")
    deceleration_max_m_per_s2: float = msgspec.field(name="decelerationMax")
    height_max_m: float = msgspec.field(name="heightMax")
    width_m: float = msgspec.field(name="width")
    length_m: float = msgspec.field(name="length")
    height_min_m: float | None = msgspec.field(name="heightMin", default=None)


class Timing(Struct, frozen=True, kw_only=True):
    """How often messages may and will come."""

    min_order_interval_s: float = msgspec.field(name="minOrderInterval")
    min_state_interval_s: float = msgspec.field(name="minStateInterval")
    default_state_interval_s: float | None = msgspec.field(
        name="defaultStateInterval", default=None
    )
    visualization_interval_s: float | None = msgspec.field(
        name="visualizationInterval", default=None
    )


class ProtocolLimits(Struct, frozen=True, kw_only=True):
    """Longest strings and arrays, by the standard's names; absent or 0: no limit stated."""

    max_string_lens: dict[str, int | bool]
    max_array_lens: dict[str, int]
    timing: Timing


class OptionalParameter(Struct, frozen=True, kw_only=True):
    """Support of a field that is optional."""

    parameter: str
    support: Literal["SUPPORTED", "REQUIRED"]
    description: str | None = None


class AgvActionParameter(Struct, frozen=True, kw_only=True):
    """A parameter of an action the vehicle knows."""

    key: str
    value_data_type: Literal["BOOL", "NUMBER", "INTEGER", "FLOAT", "STRING", "OBJECT", "ARRAY"]
    description: str | None = None
    is_optional: bool | None = None


class AgvAction(Struct, frozen=True, kw_only=True):
    """An action the vehicle knows."""

    action_type: str
    action_scopes: list[Literal["INSTANT", "NODE", "EDGE"]]
    action_description: str | None = None
    action_parameters: list[AgvActionParameter] | None = None
    result_description: str | None = None
    blocking_types: list[Literal["NONE", "SOFT", "HARD"]] | None = None


class ProtocolFeatures(Struct, frozen=True, kw_only=True):
    """What of the protocol the vehicle knows."""

    optional_parameters: list[OptionalParameter]
    agv_actions: list[AgvAction]


class WheelPosition(Struct, frozen=True, kw_only=True):
    """Where a wheel sits."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")
    theta_rad: float | None = msgspec.field(name="theta", default=None)


class WheelDefinition(Struct, frozen=True, kw_only=True):
    """A wheel."""

    type: Literal["DRIVE", "CASTER", "FIXED", "MECANUM"]
    is_active_driven: bool
    is_active_steered: bool
    position: WheelPosition
    diameter_m: float = msgspec.field(name="diameter")
    width_m: float = msgspec.field(name="width")
    center_displacement_m: float | None = msgspec.field(name="centerDisplacement", default=None)
    constraints: str | None = None


class PolygonPoint(Struct, frozen=True, kw_only=True):
    """A corner of an outline."""

    x_m: float = msgspec.field(name="x")
    y_m: float = msgspec.field(name="y")


class Envelope2d(Struct, frozen=True, kw_only=True):
    """An outline of the vehicle."""

    set: str
    polygon_points: list[PolygonPoint]
    description: str | None = None


class Envelope3d(Struct, frozen=True, kw_only=True):
    """A shape of the vehicle, in a format of its own."""

    set: str
    format: str
    data: dict[str, Any] | None = None
    url: str | None = None
    description: int | str | None = None
    """The schema says integer, the text string."""


class AgvGeometry(Struct, frozen=True, kw_only=True):
    """Wheels and outlines."""

    wheel_definitions: list[WheelDefinition] | None = None
    envelopes2d: list[Envelope2d] | None = None
    envelopes3d: list[Envelope3d] | None = None


class LoadSet(Struct, frozen=True, kw_only=True):
    """Loads that are handled alike."""

    set_name: str
    load_type: str
    load_positions: list[str] | None = None
    bounding_box_reference: BoundingBoxReference | None = None
    load_dimensions: LoadDimensions | None = None
    max_weight_kg: float | None = msgspec.field(name="maxWeight", default=None)
    min_loadhandling_height_m: float | None = msgspec.field(
        name="minLoadhandlingHeight", default=None
    )
    max_loadhandling_height_m: float | None = msgspec.field(
        name="maxLoadhandlingHeight", default=None
    )
    min_loadhandling_depth_m: float | None = msgspec.field(
        name="minLoadhandlingDepth", default=None
    )
    max_loadhandling_depth_m: float | None = msgspec.field(
        name="maxLoadhandlingDepth", default=None
    )
    min_loadhandling_tilt_rad: float | None = msgspec.field(
        name="minLoadhandlingTilt", default=None
    )
    max_loadhandling_tilt_rad: float | None = msgspec.field(
        name="maxLoadhandlingTilt", default=None
    )
    agv_speed_limit_m_per_s: float | None = msgspec.field(name="agvSpeedLimit", default=None)
    agv_acceleration_limit_m_per_s2: float | None = msgspec.field(
        name="agvAccelerationLimit", default=None
    )
    agv_deceleration_limit_m_per_s2: float | None = msgspec.field(
        name="agvDecelerationLimit", default=None
    )
    pick_time_s: float | None = msgspec.field(name="pickTime", default=None)
    drop_time_s: float | None = msgspec.field(name="dropTime", default=None)
    description: str | None = None


class LoadSpecification(Struct, frozen=True, kw_only=True):
    """What the vehicle can carry."""

    load_positions: list[str] | None = None
    load_sets: list[LoadSet] | None = None


class VersionInfo(Struct, frozen=True, kw_only=True):
    """A version of something on the vehicle."""

    key: str
    value: str


class Network(Struct, frozen=True, kw_only=True):
    """Addresses of the vehicle."""

    dns_servers: list[str] | None = None
    local_ip_address: str | None = None
    ntp_servers: list[str] | None = None
    netmask: str | None = None
    default_gateway: str | None = None


class VehicleConfig(Struct, frozen=True, kw_only=True):
    """Software, hardware and network."""

    versions: list[VersionInfo] | None = None
    network: Network | None = None


class Factsheet(Header, frozen=True, kw_only=True):
    """What a vehicle is; sent on the instant action `factsheetRequest`, retained."""

    type_specification: TypeSpecification
    physical_parameters: PhysicalParameters
    protocol_limits: ProtocolLimits
    protocol_features: ProtocolFeatures
    agv_geometry: AgvGeometry
    load_specification: LoadSpecification
    vehicle_config: VehicleConfig | None = None
