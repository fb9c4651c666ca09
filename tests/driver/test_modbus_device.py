"""Registers read and written at a device of other origin."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import pytest
from linewright.drivers._device import BAD, Device, Place
from linewright.drivers._registers import Channel, Number, Output, spans
from modbus_device import JsDevice, words

LEVEL = Channel(unit="mm", register=4, type="float32", lo=0.0, hi=200.0, table="input")
WARM = Channel(unit="degC", register=10, type="int16", scale=0.1, lo=-50.0, hi=150.0)
MASS = Channel(
    unit="kg", register=20, type="int32", scale=0.001, lo=-1e6, hi=1e6, word_order="little"
)
VALVE = Output(unit="%", register=30, type="uint16", scale=0.01, read_back=31)
SPEED = Output(unit="m/s", register=34, type="float32", word_order="little")


@pytest.fixture
def js() -> Iterator[JsDevice]:
    with JsDevice() as device:
        yield device


def opened(js: JsDevice, channels: dict[str, Channel], outputs: dict[str, Output]) -> Device:
    limits = dict.fromkeys(outputs, (0.0, 100.0))
    device = Device(Place("127.0.0.1", js.port, 1, 0.5), channels, outputs, limits)
    assert device.connect()
    return device


def test_numbers_of_every_coding_and_order_are_read(js: JsDevice) -> None:
    js.put("input", 4, words("f", 80.25))
    js.put("holding", 10, words("h", -123))
    js.put("holding", 20, words("i", -1_234_567, little=True))
    js.put("holding", 31, [5000])
    js.put("holding", 34, words("f", 1.5, little=True))
    device = opened(js, {"level": LEVEL, "warm": WARM, "mass": MASS}, {"v": VALVE, "s": SPEED})
    channels, backs = device.read()
    assert {name: (v.value, v.quality) for name, v in channels.items()} == {
        "level": (80.25, 0),
        "warm": (-12.3, 0),
        "mass": (-1234.567, 0),
    }
    assert {name: v.value for name, v in backs.items()} == {"v": 50.0, "s": 1.5}
    assert device.write("v", 12.34)
    assert device.write("s", -0.75)
    answer = js.tell(dump=True)
    assert [(register, word) for _, register, word in answer["writes"]] == [
        (30, 1234),
        *zip((34, 35), words("f", -0.75, little=True), strict=True),
    ]
    device.close()


def test_the_wrong_word_order_is_noticed_by_the_range(js: JsDevice) -> None:
    js.put("input", 4, words("f", 80.25, little=True))
    js.put("holding", 20, words("i", 5_000_000))
    mass = Channel(
        unit="kg", register=20, type="int32", scale=0.001, lo=0.0, hi=1e4, word_order="little"
    )
    device = opened(js, {"level": LEVEL, "mass": mass}, {})
    channels, _ = device.read()
    assert [v.quality for v in channels.values()] == [BAD, BAD], channels
    assert device.counts["out_of_range"] == 2
    device.close()


def test_a_refused_register_does_not_hide_its_neighbours(js: JsDevice) -> None:
    js.put("holding", 10, words("h", 200))
    js.put("holding", 12, words("h", 300))
    js.tell(refuse=[14])
    channels = {
        name: Channel(unit="degC", register=register, type="int16", scale=0.1, lo=-50.0, hi=150.0)
        for name, register in (("a", 10), ("b", 12), ("c", 14))
    }
    device = opened(js, channels, {"v": VALVE})
    device.read()
    found, _ = device.read()
    assert {name: v.quality for name, v in found.items()} == {"a": 0, "b": 0, "c": BAD}
    assert math.isnan(found["c"].value)
    assert device.counts["exceptions"] >= 2
    js.tell(refuse=[30])
    assert not device.write("v", 5.0)
    assert device.connected, "an exception is an answer"
    device.close()


def test_a_lost_connection_gives_bad_values_and_comes_back(js: JsDevice) -> None:
    js.put("input", 4, words("f", 80.25))
    device = opened(js, {"level": LEVEL}, {"v": VALVE})
    assert device.read()[0]["level"].quality == 0
    js.tell(stop=True)
    assert device.read()[0]["level"].quality == BAD
    assert not device.connected
    assert not device.write("v", 5.0)
    assert not device.connect()
    js.tell(start=True)
    assert device.connect()
    assert device.read()[0]["level"].quality == 0
    assert device.counts["lost"] == 1
    device.close()


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize(
    ("code", "name"),
    [("h", "int16"), ("H", "uint16"), ("i", "int32"), ("I", "uint32"), ("q", "int64")],
)
def test_whole_numbers_go_there_and_back(code: str, name: str, order: str) -> None:
    number = Number(unit="1", register=0, type=name, word_order=order)  # type: ignore[arg-type]
    least, most = (0, 2 ** (16 * number.count) - 1)
    if code.islower():
        least, most = -(2 ** (16 * number.count - 1)), 2 ** (16 * number.count - 1) - 1
    for value in (least, 0, 1, most if code != "q" else 2**52):
        found = number.words(float(value))
        assert found == words(code, value, little=order == "little")
        assert number.value(found) == value
    with pytest.raises(ValueError, match=name):
        number.words(most * 2.0 + 2)


def test_floats_beyond_their_coding_are_refused() -> None:
    with pytest.raises(ValueError, match="float32"):
        Number(unit="1", register=0, type="float32").words(1e300)
    assert struct.unpack(
        ">d", struct.pack(">4H", *Number(unit="1", register=0, type="float64").words(1e300))
    )


def test_requests_are_few_and_none_too_long() -> None:
    wanted = [("holding", 2 * i, 2) for i in range(100)]
    found = spans(wanted)  # type: ignore[arg-type]
    assert len(found) == 2
    assert all(s.count <= 125 for s in found)
    covered = {r for s in found for r in range(s.start, s.start + s.count)}
    assert covered == set(range(200))
