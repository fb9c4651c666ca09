"""Messages against the official schemas, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linewright.vda5050 import (
    KINDS,
    VERSIONS,
    MessageError,
    Order,
    State,
    Topics,
    VehicleId,
    decode,
    encode,
    sealed,
    seconds,
    stamp,
)
from linewright.vda5050.header import Header

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data")) / "vda5050"
VEHICLE = VehicleId("KIT", "0001")


def schema(version: str, name: str) -> dict[str, Any]:
    for path in (DATA / version / f"{name}.schema", DATA / version / f"{name}.json"):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    pytest.skip(f"needs the VDA 5050 schemas; {DATA / version} has no {name}")


def some(info: Any, rng: Random) -> Any:
    """Any value of a type; numbers within what every schema allows."""
    t = msgspec.inspect
    makers = {
        t.NoneType: lambda: None,
        t.BoolType: lambda: rng.random() < 0.5,
        t.IntType: lambda: rng.randrange(1, 2**31),
        t.FloatType: lambda: rng.choice([0.0, 0.25, rng.random(), 1.0]),
        t.StrType: lambda: "".join(rng.choices('aZ09_ äß"\\\n漢🚚', k=rng.randrange(6))),
        t.AnyType: lambda: rng.choice([True, 3, "x"]),
        t.StructType: lambda: some_message(info.cls, rng),
        t.LiteralType: lambda: rng.choice(info.values),
        t.UnionType: lambda: some(rng.choice(info.types), rng),
        t.ListType: lambda: [some(info.item_type, rng) for _ in range(rng.randrange(3))],
        t.DictType: lambda: {f"k{i}": some(info.value_type, rng) for i in range(rng.randrange(3))},
    }
    return makers[type(info)]()


def some_message(cls: type[msgspec.Struct], rng: Random) -> Any:
    header = set(Header.__struct_fields__) if issubclass(cls, Header) else set()
    fields = msgspec.inspect.type_info(cls).fields
    return cls(**{f.name: some(f.type, rng) for f in fields if f.name not in header})


def has_object(raw: Any) -> bool:
    """Has an action a parameter that is an object?"""
    if isinstance(raw, list):
        return any(has_object(item) for item in raw)
    if not isinstance(raw, dict):
        return False
    return ("key" in raw and isinstance(raw.get("value"), dict)) or has_object(list(raw.values()))


def beyond_the_schema(error: jsonschema.ValidationError) -> bool:
    """Where the schemas of 2.1.0 contradict the text: PAUSED is missing, a list of blocking types
    is held to be one, the description of an envelope to be a number."""
    at = error.absolute_path
    paused = at[-1] == "actionStatus" and error.instance == "PAUSED"
    return paused or at[-1] == "blockingTypes" or (at[-1] == "description" and "envelopes3d" in at)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_message_we_produce_is_valid_and_comes_back(
    name: str, version: str, seed: int
) -> None:
    draft = name == "factsheet" and version == "2.0.0"  # without any properties
    official = {} if draft else schema(version, name)
    validator = jsonschema.validators.validator_for(official)(
        official, format_checker=jsonschema.FormatChecker()
    )
    rng = Random(seed)
    checked = 0
    while checked < 60:
        message = some_message(KINDS[name], rng)
        if version == "2.0.0" and has_object(msgspec.to_builtins(message)):
            continue
        checked += 1
        utc_s = rng.uniform(0.0, 4e9)
        whole = sealed(
            message,
            header_id=rng.randrange(2**33),
            timestamp=stamp(utc_s),
            version=version,
            vehicle=VEHICLE,
        )
        errors = list(validator.iter_errors(json.loads(encode(whole))))
        assert not [e for e in errors if not beyond_the_schema(e)]
        back = decode(name, encode(whole), vehicle=VEHICLE)
        if version == "2.1.0":
            assert back == whole
        assert abs(utc_s - seconds(back.timestamp)) < 0.0101


SHARED = {
    "state.nodeStates[].nodePosition": {
        "allowedDeviationXY",
        "allowedDeviationTheta",
        "mapDescription",
    },
    "visualization.agvPosition": {"mapDescription"},
}
"""Fields that a type has because another message has them."""


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_field_of_the_schema_is_ours(name: str) -> None:
    """Names and required fields, all the way down."""

    def walk(rule: dict[str, Any], info: Any, path: str) -> None:
        rule = official["definitions"][rule["$ref"].split("/")[-1]] if "$ref" in rule else rule
        if isinstance(info, msgspec.inspect.UnionType):
            info = next(
                (t for t in info.types if isinstance(t, msgspec.inspect.StructType)), info.types[0]
            )
        if isinstance(info, msgspec.inspect.StructType):
            ours = {f.encode_name: f for f in info.fields}
            assert set(rule["properties"]) == set(ours) - SHARED.get(path, set()), path
            for key, inner in rule["properties"].items():
                if key not in set(HEADER):
                    assert (key in rule.get("required", [])) == ours[key].required, f"{path}.{key}"
                walk(inner, ours[key].type, f"{path}.{key}")
        elif isinstance(info, msgspec.inspect.ListType) and "items" in rule:
            walk(rule["items"], info.item_type, f"{path}[]")

    official = schema("2.1.0", name)
    walk(official, msgspec.inspect.type_info(KINDS[name]), name)


HEADER: dict[str, Any] = {
    "headerId": 7,
    "timestamp": "2026-11-28T12:00:00.5Z",
    "version": "2.1.0",
    "manufacturer": "KIT",
    "serialNumber": "0001",
}
STATE: dict[str, Any] = {
    **HEADER,
    "orderId": "o",
    "orderUpdateId": 0,
    "lastNodeId": "A",
    "lastNodeSequenceId": 0,
    "nodeStates": [{"nodeId": "B", "sequenceId": 2, "released": True}],
    "edgeStates": [],
    "driving": False,
    "actionStates": [{"actionId": "a", "actionStatus": "PAUSED"}],
    "batteryState": {"batteryCharge": 80, "charging": False},
    "operatingMode": "AUTOMATIC",
    "errors": [],
    "safetyState": {"eStop": "NONE", "fieldViolation": False},
}


def changed(path: str, value: Any) -> bytes:
    raw = json.loads(json.dumps(STATE))
    *parents, last = path.split(".")
    at = raw
    for key in parents:
        at = at[int(key) if key.isdigit() else key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("nodeStates.0.sequenceId", "two", "nodeStates[0].sequenceId: expected int, got 'two'"),
        ("safetyState.eStop", ..., "safetyState.eStop: expected a value, got nothing"),
        ("orderId", ..., "orderId: expected a value, got nothing"),
        ("headerId", ..., "headerId: expected a value, got nothing"),
        ("headerId", -4, "headerId: expected 0 to 4294967295, got -4"),
        ("headerId", 2**32, "headerId: expected 0 to 4294967295, got 4294967296"),
        ("timestamp", "today", "timestamp: expected ISO 8601 date and time, got 'today'"),
        ("version", "3.0.0", "version: expected 2.x, got '3.0.0'"),
        ("serialNumber", "0002", "serialNumber: expected '0001' as in the topic, got '0002'"),
        ("driving", None, "driving: expected bool, got None"),
        ("errors", {}, "errors: expected array, got {}"),
        (
            "operatingMode",
            "ASLEEP",
            "operatingMode: expected one of 'AUTOMATIC', 'MANUAL', 'SEMIAUTOMATIC', 'SERVICE', "
            "'TEACHIN', got 'ASLEEP'",
        ),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, text: str) -> None:
    with pytest.raises(MessageError) as refused:
        decode("state", changed(path, value), vehicle=VEHICLE)
    assert str(refused.value) == f"state: {text}"


def test_unknown_fields_are_skipped_and_null_is_absent() -> None:
    raw = {**STATE, "batteryTemperature": 31.0, "velocity": None, "loads": None}
    raw["batteryState"] = {**STATE["batteryState"], "cells": [1, 2]}
    state = decode("state", json.dumps(raw).encode(), vehicle=VEHICLE)
    assert isinstance(state, State)
    assert state.loads is None
    assert state.action_states[0].action_status == "PAUSED"


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff\xfe", b"{", b"[]", b"null", b"[" * 100_000, b'{"headerId": NaN}', b"1e999"],
)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_rubbish_is_refused(name: str, payload: bytes) -> None:
    with pytest.raises(MessageError):
        decode(name, payload)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(KINDS)),
    raw=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from([*STATE, "nodes", "edges", "actions", "instantActions"]), inner
            ),
        ),
    ),
)
def test_any_json_is_read_or_refused(name: str, raw: Any) -> None:
    payload = json.dumps({**STATE, **raw} if isinstance(raw, dict) else raw).encode()
    got: str | Header
    try:
        got = decode(name, payload)
    except MessageError as refused:
        got = refused.topic
    assert got == name or isinstance(got, KINDS[name])


def test_a_long_message_is_refused_unread() -> None:
    with pytest.raises(MessageError, match="expected at most 10 bytes, got 11 bytes"):
        decode("state", b"x" * 11, largest_bytes=10)


def test_a_number_that_is_none_is_not_sent() -> None:
    order = decode("order", ORDER)
    edge = msgspec.structs.replace(order.edges[0], max_speed_m_per_s=float("nan"))
    with pytest.raises(MessageError, match=r"edges\[0\]\.max_speed_m_per_s: expected a finite"):
        encode(msgspec.structs.replace(order, edges=[edge]))


def test_a_header_that_is_not_filled_in_is_not_sent() -> None:
    with pytest.raises(MessageError, match=r"version: expected 2\.1\.0 or 2\.0\.0, got ''"):
        encode(Order(order_id="o", order_update_id=0, nodes=[], edges=[]))


POSITION = {"x": 1.0, "y": 2.0, "mapId": "hall", "allowedDeviationXY": 0.5}
ORDER = json.dumps(
    {
        **HEADER,
        "orderId": "o",
        "orderUpdateId": 0,
        "nodes": [
            {
                "nodeId": n,
                "sequenceId": i,
                "released": True,
                "actions": [],
                "nodePosition": POSITION,
            }
            for n, i in (("A", 0), ("B", 2))
        ],
        "edges": [
            {
                "edgeId": "AB",
                "sequenceId": 1,
                "released": True,
                "startNodeId": "A",
                "endNodeId": "B",
                "actions": [],
            }
        ],
    }
).encode()


def test_2_0_0_knows_no_object_as_a_parameter() -> None:
    action = {"actionType": "a", "actionId": "a", "blockingType": "NONE"}
    action["actionParameters"] = [{"key": "k", "value": {"x": 1}}]
    message = decode("instantActions", json.dumps({**HEADER, "actions": [action]}).encode())
    with pytest.raises(MessageError, match=r"actionParameters\.k: expected no object in 2\.0\.0"):
        encode(msgspec.structs.replace(message, version="2.0.0"))


def test_2_0_0_has_its_own_spelling() -> None:
    order = msgspec.structs.replace(decode("order", ORDER), version="2.0.0")
    raw = json.loads(encode(order))
    assert raw["nodes"][0]["nodePosition"]["allowedDeviationXy"] == 0.5
    assert "allowedDeviationXY" not in raw["nodes"][0]["nodePosition"]
    assert decode("order", encode(order)) == order
    action = {"actionType": "stateRequest", "actionId": "a", "blockingType": "NONE"}
    for raw in (
        {**HEADER, "version": "2.0.0", "instantActions": [action]},
        {**HEADER, "version": "2.0.0", "actions": [action]},
    ):
        message = decode("instantActions", json.dumps(raw).encode())
        assert message.actions[0].action_type == "stateRequest"
        assert set(json.loads(encode(message))) >= {"actions", "instantActions"}


@pytest.mark.parametrize("bad", ["", "a/b", "a+", "#", "ä", "a b", "$x"])
def test_topic_levels_are_held_to_the_allowed_letters(bad: str) -> None:
    with pytest.raises(ValueError, match="may hold"):
        VehicleId("KIT", bad)
    with pytest.raises(ValueError, match="may hold"):
        Topics(bad)
    assert Topics().split(f"uagv/v2/KIT/{bad}/state") is None
