"""Bytes to message and back, for versions 2.1.0 and 2.0.0.

Fields that are not known are skipped, as the standard asks; anything else that is not as the
standard says is refused with topic, field, what was expected and what was got.
"""

from __future__ import annotations

import math
import re
from typing import Any, TypeVar

import msgspec

from linewright.vda5050.factsheet import Factsheet
from linewright.vda5050.header import HEADER_ID_END, VERSIONS, Header, VehicleId, seconds
from linewright.vda5050.messages import (
    Connection,
    InstantActions,
    Order,
    State,
    Visualization,
)

KINDS: dict[str, type[Header]] = {
    "order": Order,
    "instantActions": InstantActions,
    "state": State,
    "connection": Connection,
    "visualization": Visualization,
    "factsheet": Factsheet,
}
"""Message types by the last level of their topic."""
NAMES = {kind: name for name, kind in KINDS.items()}
LARGEST_BYTES = 1 << 20
"""Messages beyond are refused unread. An order of 1,000 nodes is about 300 kB."""

_HEADER = {
    "headerId": "header_id",
    "timestamp": "timestamp",
    "version": "version",
    "manufacturer": "manufacturer",
    "serialNumber": "serial_number",
}
_OPTIONAL = {"visualization": set(_HEADER), "factsheet": {"headerId", "timestamp"}}
"""Header fields that may be absent."""
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}
_ENCODER = msgspec.json.Encoder()
_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected `(?P<expected>.*)`, got `(?P<got>.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]*)`$")
_ENUM = re.compile(r"^Invalid enum value (?P<got>.*)$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_SHOWN = 60

M = TypeVar("M", bound=Header)


class MessageError(ValueError):
    """A message was refused.

    >>> print(MessageError("state", "nodeStates[0].sequenceId", "int", "'four'"))
    state: nodeStates[0].sequenceId: expected int, got 'four'
    """

    def __init__(self, topic: str, field: str, expected: str, got: str) -> None:
        super().__init__(f"{topic}: {field}: expected {expected}, got {got}")
        self.topic = topic
        self.field = field
        self.expected = expected
        self.got = got


def encode(message: Header) -> bytes:
    """A message with its header filled in (see `sealed`) as JSON of the header's version.

    Raises
    ------
    MessageError
        When the header is not filled in, or a number is not finite.
    """
    name = NAMES[type(message)]
    if message.version not in VERSIONS:
        raise MessageError(name, "version", " or ".join(VERSIONS), repr(message.version))
    _check_finite(name, "", msgspec.structs.asdict(message))
    if message.version == "2.1.0":
        return _ENCODER.encode(message)
    return _ENCODER.encode(_to_2_0_0(name, msgspec.to_builtins(message)))


def sealed(message: M, *, header_id: int, timestamp: str, version: str, vehicle: VehicleId) -> M:
    """The message with its header filled in."""
    return msgspec.structs.replace(
        message,
        header_id=header_id % HEADER_ID_END,
        timestamp=timestamp,
        version=version,
        manufacturer=vehicle.manufacturer,
        serial_number=vehicle.serial_number,
    )


def decode(
    name: str,
    payload: bytes,
    *,
    vehicle: VehicleId | None = None,
    largest_bytes: int = LARGEST_BYTES,
) -> Any:
    """The message of a topic (its last level) from JSON.

    Parameters
    ----------
    vehicle
        Whose topic it came on: a header that names another one is refused.
    largest_bytes
        Longer payloads are refused before they are read.

    Raises
    ------
    MessageError
        With topic, field, expected and got.

    >>> decode("connection", b'{"headerId": 1, "timestamp": "2026-11-28T12:00:00.00Z", '
    ...     b'"version": "2.1.0", "manufacturer": "KIT", "serialNumber": "0001", '
    ...     b'"connectionState": "ASLEEP"}')
    Traceback (most recent call last):
    linewright.vda5050.codec.MessageError: connection: connectionState: expected one of \
'CONNECTIONBROKEN', 'OFFLINE', 'ONLINE', got 'ASLEEP'
    """
    if name not in KINDS:
        raise MessageError(name, "topic", " or ".join(KINDS), repr(name))
    if len(payload) > largest_bytes:
        raise MessageError(
            name, "message", f"at most {largest_bytes} bytes", f"{len(payload)} bytes"
        )
    try:
        message = _read(name, payload)
    except msgspec.ValidationError as error:
        raise _explained(name, payload, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(name, "message", "JSON", str(error)) from None
    _check_header(name, message, vehicle)
    return message


def _read(name: str, payload: bytes) -> Header:
    """Order and instantActions have other spellings in 2.0.0; both are read."""
    if name not in ("order", "instantActions"):
        return _DECODERS[name].decode(payload)
    raw = msgspec.json.decode(payload)
    if not isinstance(raw, dict) or str(raw.get("version")).startswith("2.1"):
        return _DECODERS[name].decode(payload)
    return msgspec.convert(_from_2_0_0(name, raw), KINDS[name])


def _check_header(name: str, message: Header, vehicle: VehicleId | None) -> None:
    optional = _OPTIONAL.get(name, set())
    if message.version.startswith("2.0") and name == "instantActions":
        optional = set(_HEADER)
    for field, attribute in _HEADER.items():
        value = getattr(message, attribute)
        if value in (-1, ""):
            if field not in optional:
                raise MessageError(name, field, "a value", "nothing")
        elif field == "headerId" and not 0 <= value < HEADER_ID_END:
            raise MessageError(name, field, "0 to 4294967295", repr(value))
        elif field == "version" and not value.startswith("2."):
            raise MessageError(name, field, "2.x", repr(value))
        elif field == "timestamp":
            _check_timestamp(name, value)
    if vehicle is None:
        return
    for field in ("manufacturer", "serialNumber"):
        got = getattr(message, _HEADER[field])
        want = getattr(vehicle, _HEADER[field])
        if got not in ("", want):
            raise MessageError(name, field, f"{want!r} as in the topic", repr(got))


def _check_timestamp(name: str, value: str) -> None:
    try:
        seconds(value)
    except (ValueError, OverflowError):
        raise MessageError(name, "timestamp", "ISO 8601 date and time", _shown(value)) from None


def _check_finite(name: str, path: str, value: Any) -> None:
    """JSON has no NaN: written as null, a speed limit would be gone."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise MessageError(name, path, "a finite number", repr(value))
    elif isinstance(value, msgspec.Struct):
        _check_finite(name, path, msgspec.structs.asdict(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_finite(name, f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _check_finite(name, f"{path}[{i}]", item)


def _explained(name: str, payload: bytes, text: str) -> MessageError:
    where = _WHERE.match(text)
    what, path = (where["what"], where["path"] or "$") if where else (text, "$")
    field = path.removeprefix("$").removeprefix(".") or "message"
    if missing := _MISSING.match(what):
        prefix = "" if field == "message" else f"{field}."
        return MessageError(name, f"{prefix}{missing['name']}", "a value", "nothing")
    if expected := _EXPECTED.match(what):
        got = _value_at(payload, path, expected["got"])
        return MessageError(name, field, expected["expected"], got)
    if enum := _ENUM.match(what):
        got = _value_at(payload, path, enum["got"])
        return MessageError(name, field, _allowed(name, path), got)
    return MessageError(name, field, "what the standard says", what)


def _value_at(payload: bytes, path: str, otherwise: str) -> str:
    """What stands at a path; where a spelling of 2.0.0 or bad JSON hides it, only its kind."""
    try:
        value = msgspec.json.decode(payload)
        for key, index in _STEP.findall(path.removeprefix("$")):
            value = value[key] if key else value[int(index)]
    except (RecursionError, msgspec.DecodeError, LookupError, TypeError):
        return otherwise
    return _shown(value)


def _allowed(name: str, path: str) -> str:
    """The values of an enumeration."""
    kind: Any = msgspec.inspect.type_info(KINDS[name])
    for key, _ in _STEP.findall(path.removeprefix("$")):
        kind = _inner(kind)
        fields = {f.encode_name: f.type for f in kind.fields} if key else {}
        kind = fields[key] if key else kind.item_type
    values = getattr(_inner(kind, msgspec.inspect.LiteralType), "values", ())
    return "one of " + ", ".join(repr(v) for v in values)


def _inner(kind: Any, wanted: type | None = None) -> Any:
    """Of `T | None` the T."""
    if not isinstance(kind, msgspec.inspect.UnionType):
        return kind
    others = [t for t in kind.types if not isinstance(t, msgspec.inspect.NoneType)]
    return next((t for t in others if wanted and isinstance(t, wanted)), others[0])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _to_2_0_0(name: str, raw: Any) -> Any:
    """As 2.0.0 spells it, without what is newer.

    The schema of 2.0.0 wants `actions` and `actionName`, its text and the vehicles built to it
    `instantActions` and `actionType`; a vehicle skips what it does not know, so both are sent.
    """
    if name == "order":
        for node in raw["nodes"]:
            position = node.get("nodePosition", {})
            if "allowedDeviationXY" in position:
                position["allowedDeviationXy"] = position.pop("allowedDeviationXY")
        for edge in raw["edges"]:
            edge.pop("corridor", None)
            edge.pop("orientationType", None)
        _check_parameters(name, raw["nodes"] + raw["edges"])
    elif name == "instantActions":
        _check_parameters(name, [raw])
        raw["instantActions"] = raw["actions"]
        raw["actions"] = [{**a, "actionName": a["actionType"]} for a in raw["actions"]]
    elif name == "state":
        _older_state(raw)
    return raw


def _check_parameters(name: str, holders: list[Any]) -> None:
    for holder in holders:
        for action in holder["actions"]:
            for parameter in action.get("actionParameters", []):
                if isinstance(parameter["value"], dict):
                    key = f"actionParameters.{parameter['key']}"
                    raise MessageError(name, key, "no object in 2.0.0", _shown(parameter["value"]))


def _older_state(raw: Any) -> None:
    raw.pop("maps", None)
    battery = raw["batteryState"]
    for key in ("reach", "batteryHealth"):
        if key in battery:
            battery[key] = round(battery[key])
    for error in raw["errors"]:
        error.pop("errorHint", None)
    for node in raw["nodeStates"]:
        if "theta" not in node.get("nodePosition", {"theta": 0.0}):
            del node["nodePosition"]
    for edge in raw["edgeStates"]:
        for point in edge.get("trajectory", {}).get("controlPoints", []):
            point.setdefault("weight", 1.0)


def _from_2_0_0(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    if name == "instantActions":
        actions = raw.get("actions", raw.get("instantActions", []))
        if isinstance(actions, list):
            actions = [
                {"actionType": a["actionName"], **a}
                if isinstance(a, dict) and "actionName" in a
                else a
                for a in actions
            ]
        return {**raw, "actions": actions}
    nodes = raw.get("nodes")
    for node in nodes if isinstance(nodes, list) else []:
        position = node.get("nodePosition") if isinstance(node, dict) else None
        if isinstance(position, dict) and "allowedDeviationXy" in position:
            position["allowedDeviationXY"] = position.pop("allowedDeviationXy")
    return raw
