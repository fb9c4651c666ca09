"""The bus process in live: who reaches whom, what is refused, what is counted."""

from __future__ import annotations

import json
import signal
import time

import plain_wire as plain
import pytest
import zmq
from bus_rig import KEYS, OPERATOR
from linewright.bus import Operator, Subscriber

SET = {"token": 0, "action": {"do": "set", "mailbox": "alpha.x", "value": 1.0, "unit": "um"}}
EVENT = {
    "name": "alpha.drift",
    "station": "alpha",
    "tick": 5,
    "evidence": {"z": 5.0},
    "rule": "cusum",
    "decision": "trim",
    "priority": "alarm",
    "id": 1,
}


def ack(station, seq: int, status: str = "applied") -> dict:
    return {
        "to": station.key,
        "epoch": station.epoch,
        "seq": seq,
        "status": status,
        "reason": "",
        "tick": 6,
        "value": 1.0,
        "token": None,
    }


def status(rig) -> dict:
    with Operator(rig.run_dir) as operator:
        document = operator.status()
    assert document is not None
    return document


def test_a_command_reaches_the_core_as_sent_and_its_answer_comes_back(rig) -> None:
    rig = rig()
    alpha = rig.station("alpha")
    alpha.send(("command", SET), tick=5, until=50)
    kind, header, body = rig.core.next("command")
    assert (kind, body) == ("command", SET)
    assert header["sender"] == KEYS["alpha"]
    assert (header["based_on_tick"], header["not_after_tick"]) == (5, 50)
    rig.core.send(("ack", ack(alpha, header["seq"])), tick=6)
    assert alpha.next("ack")[2]["status"] == "applied"


def test_events_go_to_their_station_and_to_whoever_asked(rig) -> None:
    rig = rig()
    alpha, beta = rig.station("alpha"), rig.station("beta", "alpha.drift")
    rig.core.send(("event", EVENT), ("event", {**EVENT, "name": "alpha.other", "id": 2}), tick=5)
    assert alpha.next("event")[2] == EVENT
    assert alpha.next("event")[2]["id"] == 2
    assert beta.next("event")[2] == EVENT
    assert beta.silent()


def test_a_message_reaches_subscribers_and_late_joiners_with_its_number(rig) -> None:
    rig = rig()
    alpha, beta = rig.station("alpha"), rig.station("beta", "alpha")
    for n in range(3):
        alpha.send(("publish", {"topic": "alpha.map", "body": {"n": n}}))
    got = [beta.next("publish") for _ in range(3)]
    assert [body["body"]["n"] for _, _, body in got] == [0, 1, 2]
    assert [header["seq"] for _, header, _ in got] == [1, 2, 3]
    again = rig.station("beta", "alpha", epoch=2)
    _, header, body = again.next("publish")
    assert (header["seq"], body["body"]["n"]) == (3, 2)
    assert alpha.silent(0.05), "a station does not hear itself"


def test_a_topic_of_another_station_is_refused(rig) -> None:
    rig = rig()
    alpha, beta = rig.station("alpha", "beta"), rig.station("beta")
    beta.send(("publish", {"topic": "alpha.map", "body": 1}))
    refused = beta.next("ack")[2]
    assert refused["status"] == "refused"
    assert "beta." in refused["reason"]
    assert alpha.silent()


def test_strangers_and_stale_epochs_are_refused_and_counted(rig) -> None:
    rig = rig()
    stranger = rig.stranger("alpha", 1234)
    stranger.send(("hello", {"station": "alpha", "api": 1, "pid": 0, "topics": []}))
    assert stranger.next("ack")[2]["status"] == "refused"
    stranger.send(("command", SET))
    assert "hello" in stranger.next("ack")[2]["reason"]
    new = rig.station("alpha", epoch=5)
    old = rig.stranger("alpha", KEYS["alpha"], epoch=4)
    old.send(("hello", {"station": "alpha", "api": 1, "pid": 0, "topics": []}))
    assert "older" in old.next("ack")[2]["reason"]
    new.send(("command", SET))
    assert rig.core.next("command")[1]["epoch"] == 5
    assert status(rig)["bus"]["counters"]["unknown_sender"] == 3


def test_another_socket_cannot_speak_under_a_stations_key(rig) -> None:
    rig = rig()
    rig.station("alpha")
    thief = rig.stranger("alpha", KEYS["alpha"])
    thief.send(("command", SET))
    assert thief.next("ack")[2]["status"] == "refused"


@pytest.mark.parametrize(
    "noise",
    [b"", b"x", b"LWR1" + bytes(76), bytes(200), plain.frame("progress", {"count": 1})[:-1]],
    ids=["empty", "one byte", "header of zeros", "zeros", "cut"],
)
def test_malformed_frames_are_counted_and_answered(rig, noise: bytes) -> None:
    rig = rig()
    alpha = rig.station("alpha")
    alpha.socket.send(noise)
    assert alpha.next("ack")[2]["status"] == "refused"
    alpha.send(("command", SET))
    assert rig.core.next("command")[2] == SET
    assert status(rig)["bus"]["counters"]["malformed"] == 1


def test_a_flood_of_noise_leaves_others_served(rig) -> None:
    rig = rig()
    alpha = rig.station("alpha")
    flooder = rig.stranger("x", 5)
    flooder.socket.set(zmq.SNDTIMEO, 0)
    sent = 0
    for _ in range(5000):
        try:
            flooder.socket.send(b"noise")
            sent += 1
        except zmq.Again:
            time.sleep(0.0005)
    alpha.send(("command", SET))
    assert rig.core.next("command")[2] == SET
    counters = status(rig)["bus"]["counters"]
    assert 0 < counters["malformed"] <= sent


def test_telemetry_counts_its_gaps_and_keeps_its_last_value(rig) -> None:
    rig = rig()
    sample = {"topic": "alpha.tap", "tick": 1, "value": 2.0, "unit": "um"}
    rig.core.send(("sample", sample), tick=1, quality=2)
    while status(rig)["bus"]["topics"].get("alpha.tap") != 1:
        time.sleep(0.01)
    late = Subscriber(rig.run_dir, ("alpha",))
    topic, header, message = late.receive(5.0)
    assert (topic, message.value, header.quality, header.seq) == ("alpha.tap", 2.0, 2, 1)
    for tick in range(2, 5):
        rig.core.send(("sample", {**sample, "tick": tick, "value": float(tick)}), tick=tick)
    assert [late.receive(5.0)[2].value for _ in range(3)] == [2.0, 3.0, 4.0]
    assert late.gaps.lost() == 0
    late.close()


def test_samples_of_a_topic_go_together_and_each_number_goes_once(rig) -> None:
    rig = rig()
    context = zmq.Context()
    plain_end = context.socket(zmq.SUB)
    plain_end.subscribe("alpha.")
    plain_end.connect(f"ipc://{rig.run_dir}/telemetry.sock")
    ours = Subscriber(rig.run_dir, ("alpha",))
    while not ours.snapshots:
        ours.receive(0.05)
    time.sleep(0.5)  # a subscription is not answered
    names = ("alpha.a", "alpha.b")
    many = [
        ("sample", {"topic": name, "tick": tick, "value": float(tick), "unit": "um"})
        for tick in range(1, 151)
        for name in names
    ]
    rig.core.send(*many)
    rig.core.topics = dict.fromkeys(names, 145)  # says five numbers again, and five new ones
    rig.core.send(*many[-20:])
    rig.core.topics = dict.fromkeys(names, 157)  # and loses two
    rig.core.send(*many[:2])

    heard = {name: [] for name in names}
    sizes = []
    while min(len(numbers) for numbers in heard.values()) < 156:
        assert plain_end.poll(10_000)
        topic, part = plain_end.recv_multipart()
        frames = [plain.parse(frame) for frame in plain.split(part)]
        assert {body["topic"] for _, _, body in frames} == {topic.decode()}
        heard[topic.decode()] += [header["seq"] for _, header, _ in frames]
        sizes.append(len(frames))
    assert heard == {name: [*range(1, 156), 158] for name in names}
    assert max(sizes) == 64

    got = [ours.receive(5.0) for _ in range(2 * 156)]
    for name in names:
        assert [header.seq for topic, header, _ in got if topic == name] == heard[name]
    assert (ours.gaps.received, ours.gaps.lost()) == (2 * 156, 2 * 2)
    assert status(rig)["bus"]["counters"]["core_repeated"] == 2 * 5
    ours.close()
    context.destroy(0)


def test_state_is_given_to_everyone_who_joins(rig) -> None:
    rig = rig()
    state = {
        "tick": 9,
        "mode": "advisory",
        "armed": False,
        "tripped": "",
        "ledger": "ok",
        "actuators": {},
    }
    rig.core.send(("state", state), tick=9)
    while status(rig)["bus"]["core_tick"] != 9:
        time.sleep(0.01)
    assert rig.station("beta").next("state")[2] == state


def test_status_holds_the_cores_own_words(rig) -> None:
    rig = rig()
    alpha = rig.station("alpha")
    alpha.send(("status_request", {}))
    rig.core.next("status_request")
    rig.core.send(("status", {"json": ['{"tick"', ": 41}"]}), tick=41)
    answer = json.loads("".join(alpha.next("status")[2]["json"]))
    assert answer["core"] == {"tick": 41}
    assert answer["bus"]["stations"]["alpha"]["joined"]


def test_an_operator_needs_the_operators_key(rig) -> None:
    rig = rig()
    operator = rig.stranger("operator", OPERATOR)
    operator.send(("command", {"token": 0, "action": {"do": "arm", "operator": "Ada"}}))
    _, header, body = rig.core.next("command")
    assert body["action"] == {"do": "arm", "operator": "Ada"}
    rig.core.send(("ack", ack(operator, header["seq"])), tick=6)
    assert operator.next("ack")[2]["status"] == "applied"


def test_without_a_core_a_command_is_refused_and_not_kept(rig) -> None:
    rig = rig()
    alpha = rig.station("alpha")
    rig.core.link.close()
    alpha.send(("command", SET))
    while "core" not in alpha.next("ack")[2]["reason"]:
        alpha.send(("command", SET))
    rig.core.accept()
    deadline = time.monotonic() + 5
    while not status(rig)["bus"]["core_connected"]:
        assert time.monotonic() < deadline
    alpha.send(("command", {**SET, "token": 7}))
    assert rig.core.next("command")[2]["token"] == 7


def test_a_second_bus_in_the_same_directory_is_refused(rig) -> None:
    rig = rig()
    import subprocess
    import sys

    second = subprocess.run(
        [sys.executable, "-m", "linewright.bus", str(rig.run_dir)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 69
    assert "already" in second.stderr
    rig.station("alpha")


def test_a_bus_killed_and_started_again_serves_again_with_a_new_epoch(rig) -> None:
    rig = rig()
    rig.station("alpha")
    rig.process.send_signal(signal.SIGKILL)
    rig.process.wait()
    rig.process.stderr.close()
    (rig.run_dir / "commands.sock").unlink()
    rig.process = rig.start()
    rig.core.accept()
    assert status(rig)["bus"]["epoch"] == 2
    rig.station("alpha", epoch=2)


def test_sockets_are_private(rig) -> None:
    rig = rig()
    for name in ("commands.sock", "telemetry.sock"):
        assert (rig.run_dir / name).stat().st_mode & 0o077 == 0
