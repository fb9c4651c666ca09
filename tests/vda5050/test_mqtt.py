"""The link to a broker: wills, limits, a broker that goes and comes, credentials."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rig
from linewright.vda5050 import (
    Bad,
    Build,
    Finished,
    Fleet,
    Job,
    LinkChanged,
    Lost,
    Report,
    Rules,
    Vehicle,
    VehicleId,
    VirtualVehicle,
    Will,
    will,
)
from rig import Broker, Watch
from talk import LAYOUT

mqtt = pytest.importorskip("linewright.vda5050.mqtt")

ID = VehicleId("KIT", "0001")
QUICK = Build(speed_m_per_s=20.0, action_s=0.1, interval_s=1.0)


def virtual(broker: Broker) -> tuple[VirtualVehicle, mqtt.Mqtt]:
    link = mqtt.Mqtt(port=broker.port, will=will(ID, time.time()), keepalive_s=1)
    return VirtualVehicle(link, ID, Vehicle("A", 0.0, 0.0, "hall", QUICK)), link


@pytest.fixture
def watch(broker: Broker) -> Iterator[Watch]:
    other, other_link = virtual(broker)
    link = mqtt.Mqtt(port=broker.port, queue=50, largest_bytes=5000)
    rules = Rules(ahead=1, resend_s=0.5)
    fleet = Fleet(link, LAYOUT, {1: ID}, session="t", rules=rules, largest_bytes=5000)
    made = Watch(fleet, [other])
    made.seen(Report)
    made.seen(LinkChanged)
    yield made
    link.close()
    other_link.close()


def give(watch: Watch, job: Job) -> None:
    watch.events += watch.fleet.give(job, watch.now_s())


def test_version_2_1_0_over_a_broker(watch: Watch) -> None:
    give(watch, Job(1, 1, "wetting", "slot 1"))
    watch.seen(Finished)
    assert watch.others[0].vehicle.done == [("t-1", "pick"), ("t-1", "drop")]
    assert not watch.told(Bad)
    assert watch.others[0].refused == 0


def test_a_broker_that_goes_and_comes_costs_no_transport(watch: Watch, broker: Broker) -> None:
    give(watch, Job(1, 1, "wetting", "slot 1"))
    watch.poll()
    broker.stop()
    give(watch, Job(2, 1, "slot 1", "filling"))
    watch.until(lambda: not watch.fleet._link.connected)
    for _ in range(20):
        watch.poll()
        time.sleep(0.02)
    broker.start()
    watch.seen(Finished, 2)
    assert [e.job for e in watch.told(Finished)] == [1, 2]
    assert [kind for _, kind in watch.others[0].vehicle.done] == ["pick", "drop"] * 2
    assert watch.fleet._link.connections == 2


def test_the_last_will_is_told(watch: Watch) -> None:
    """The vehicle's process is gone: here its socket."""
    link = watch.others.pop()._link
    assert isinstance(link, mqtt.Mqtt)
    link._client.loop_stop()
    link._client.socket().close()
    watch.until(lambda: watch.told(LinkChanged)[-1].state == "CONNECTIONBROKEN")
    assert not watch.told(Lost)


def test_what_is_too_long_is_told_and_not_kept(watch: Watch, broker: Broker) -> None:
    link = mqtt.Mqtt(port=broker.port)
    watch.until(lambda: link.connected)
    assert link.send("uagv/v2/KIT/0001/state", b" " * 5001)
    watch.seen(Bad)
    link.close()
    assert watch.told(Bad) == [
        Bad(1, "state: message: expected at most 5000 bytes, got 5001 bytes")
    ]


def test_a_flood_is_bounded(watch: Watch, broker: Broker) -> None:
    link = mqtt.Mqtt(port=broker.port, queue=10_000)
    watch.until(lambda: link.connected)
    for _ in range(500):
        link.send("uagv/v2/KIT/0001/state", b"{}")
    mine = watch.fleet._link
    until_s = time.monotonic() + rig.PATIENCE_S
    while mine.dropped < 400 and time.monotonic() < until_s:
        time.sleep(0.01)
    link.close()
    assert mine.dropped >= 400
    assert len(mine.received()) <= 50


def test_a_broker_that_wants_a_password(installed: None, tmp_path: Path) -> None:
    program = rig.shutil.which("mosquitto_passwd", path=rig.PATH)
    assert program is not None
    secret = tmp_path / "passwords"
    subprocess.run([program, "-b", "-c", str(secret), "fleet", "tray"], check=True)
    secret.chmod(0o644)
    tmp_path.chmod(0o755)
    broker = Broker(tmp_path, "allow_anonymous false", f"password_file {secret}", "user root")
    broker.start()
    try:
        good = mqtt.Mqtt(port=broker.port, username="fleet", password="tray")
        bad = mqtt.Mqtt(port=broker.port, username="fleet", password="cell")
        until_s = time.monotonic() + rig.PATIENCE_S
        while time.monotonic() < until_s and not (good.connected and bad.refusal):
            time.sleep(0.01)
        assert good.connected
        assert bad.refusal == "Not authorized"
        assert not bad.connected
        good.close()
        bad.close()
    finally:
        broker.stop()


def test_a_broker_behind_tls(installed: None, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    broker = Broker(
        tmp_path, "allow_anonymous true", f"certfile {certificate}", f"keyfile {key}", "user root"
    )
    broker.start()
    try:
        trusting = ssl.create_default_context(cafile=str(certificate))
        link = mqtt.Mqtt("localhost", broker.port, tls=trusting)
        other = mqtt.Mqtt("localhost", broker.port, tls=ssl.create_default_context())
        until_s = time.monotonic() + rig.PATIENCE_S
        while time.monotonic() < until_s and not link.connected:
            time.sleep(0.01)
        assert link.connected
        assert not other.connected
        link.close()
        other.close()
    finally:
        broker.stop()


def test_a_client_id_is_used_once(broker: Broker) -> None:
    """A broker lets the newer of two with one name in, so a second fleet is noticed."""
    one = mqtt.Mqtt(port=broker.port, client_id="fleet")
    until_s = time.monotonic() + rig.PATIENCE_S
    while time.monotonic() < until_s and not one.connected:
        time.sleep(0.01)
    other = mqtt.Mqtt(port=broker.port, client_id="fleet")
    while time.monotonic() < until_s and one.connections + other.connections < 3:
        time.sleep(0.01)
    assert one.connections >= 2
    one.close()
    other.close()


def test_plain_speech_across_a_network_must_be_asked_for() -> None:
    link = mqtt.Mqtt("192.0.2.1", plain=True)
    assert not link.connected
    link.close()


def test_without_a_connection_nothing_is_kept(installed: None) -> None:
    link = mqtt.Mqtt(port=rig.free_port())
    assert not link.send("t", b"")
    assert link.dropped == 1
    link.close()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"host": "192.0.2.1"}, "broker '192.0.2.1' is on another machine: give tls, or plain"),
        ({"host": "broker.example"}, "is on another machine"),
        ({"port": 0}, "port must be 1 to 65535, was 0"),
        ({"keepalive_s": 0}, "keepalive_s must be 1 to 65535, was 0"),
        ({"backoff_s": (5, 1)}, r"backoff_s must be two rising numbers from 1, was \(5, 1\)"),
        ({"queue": 0}, "queue must be at least 1, was 0"),
        ({"largest_bytes": 0}, "largest_bytes must be at least 1, was 0"),
    ],
)
def test_a_link_that_cannot_be_is_refused(change: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        mqtt.Mqtt(**change)


def test_the_will_is_what_the_standard_says() -> None:
    made = will(ID, 0.0)
    assert made == Will("uagv/v2/KIT/0001/connection", made.payload, qos=1, retain=True)
    assert json.loads(made.payload)["connectionState"] == "CONNECTIONBROKEN"
