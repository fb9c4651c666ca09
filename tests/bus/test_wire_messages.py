"""Python's message types against the compiled definition and a second writing of the format."""

from __future__ import annotations

import msgspec
import plain_wire as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linewright import messages as m

CERTIFICATE = m.Certificate(
    schema=1,
    recipe="A",
    recipe_hash="ab" * 32,
    calibration_hash="",
    verdict="release",
    draws=1000,
    seed=2**63,
    required=950,
    in_tolerance={"porosity": 990},
    joint=985,
    issued_unix_s=1_700_000_000,
    expires_unix_s=1_700_086_400,
    tool="linewright 0.1.0",
    hash="cd" * 32,
)
EXAMPLES: list[m.Message] = [
    m.Hello("alpha", 1, 7, ["alpha"]),
    m.Command(0, m.Acquire("alpha.valve")),
    m.Command(5, m.Renew(["alpha.valve"])),
    m.Command(5, m.Release("alpha.valve")),
    m.Command(0, m.Set("alpha.shift", 1.5, "um")),
    m.Command(0, m.SendProfile("alpha.map", -1, 2000.0, -1.0, [1.0, float("nan")], 3.0)),
    m.Command(0, m.SetParams({"alpha.kp": 0.5})),
    m.Command(0, m.Decide("trim", [1, 2**63], {"why": ["drift", None, True, -3]})),
    m.Command(0, m.Record("state", {"machine": "alpha", "state": "held"})),
    m.Command(0, m.Mode("closed")),
    m.Command(0, m.Arm("Ada")),
    m.Command(0, m.Arm("Ada", CERTIFICATE)),
    m.Command(0, m.Reset("Ada")),
    m.Command(0, m.Manual("alpha.valve", 2.0, "Ada")),
    m.Publish("alpha.news", {"a": [1, 2.5, "x"], "b": None}),
    m.Progress(3),
    m.StepDone(30),
    m.StatusRequest(),
    m.Fetch(2**63, ["alpha"]),
    m.SnapshotRequest(["alpha", ""]),
    m.RightsRequest(),
    m.Sample("alpha.tap", 3, 1.25, "1"),
    m.Event("alpha.drift", "alpha", 3, {"z": 4.5}, "cusum", "trim", "alarm", 9),
    m.MapPoint("alpha.weight", 12.0, 200.5, 3),
    m.Ack(11, 1, 2, "limited", "above hi", 3, 1.0, None),
    m.Ack(11, 1, 2, "applied", "", 3, None, 77),
    m.State(3, "closed", True, "", "ok", {"v": m.ActuatorState(1.0, True, "alpha", False, False)}),
    m.Step(30),
    m.Status(['{"tick": 3}']),
    m.Page([m.Event("alpha.drift", "alpha", 3, {"z": 4.5}, "cusum", "trim", "log", 9)], 9, 12),
    m.Snapshot({"alpha.tap": [3, 7, 2, 9]}),
    m.Rights("station", "rig", False, 30, 30, 60, 1000, {"alpha": 2**61}, 0),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda e: type(e).__name__)
def test_the_compiled_codec_takes_what_python_writes(message: m.Message) -> None:
    stamp = m.Stamp(sender=2**64 - 1, epoch=2, seq=3, mono_ns=4, based_on_tick=5, not_after_tick=6)
    frame = m.encode(message, stamp)
    header, back = m.decode(frame)
    assert msgspec.msgpack.encode(back) == msgspec.msgpack.encode(message)
    assert (header.sender, header.epoch, header.seq) == (2**64 - 1, 2, 3)
    assert (header.mono_ns, header.based_on_tick, header.not_after_tick) == (4, 5, 6)


def test_every_kind_has_an_example() -> None:
    assert {type(e) for e in EXAMPLES} == set(m.KINDS.values())
    assert set(m.KINDS) == set(plain.KINDS)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda e: type(e).__name__)
def test_the_format_is_the_one_documented(message: m.Message) -> None:
    stamp = m.Stamp(sender=7, epoch=2, seq=3, based_on_tick=5, not_after_tick=6, quality=m.BAD)
    frame = m.encode(message, stamp)
    kind, header, body = plain.parse(frame)
    again = plain.frame(kind, body, sender=7, epoch=2, seq=3, tick=5, until=6, quality=2)
    assert again == frame
    assert header["sender"] == 7


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda e: type(e).__name__)
def test_a_field_more_or_less_is_refused(message: m.Message) -> None:
    kind, _, body = plain.parse(m.encode(message, m.Stamp()))
    for wrong in ({**body, "extra": 1}, dict(list(body.items())[1:])):
        if wrong == body:
            continue
        with pytest.raises(m.WireError, match=r"payload|field"):
            m.seal(kind, msgspec.msgpack.encode(wrong), m.Stamp())


@given(st.binary(max_size=300))
def test_noise_is_refused_with_words(noise: bytes) -> None:
    with pytest.raises(m.WireError, match=r"\w"):
        m.decode(noise)
