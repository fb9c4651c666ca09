"""S2: who is not admitted reaches nobody. S3: nobody speaks under another's name. S4: what was
overheard cannot be said again."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import plain_wire as plain
import pytest
import zmq
from bus_rig import KEYS, OPERATOR
from linewright.bus import Client, Operator, Subscriber, ask_rights
from linewright.bus import _keys as keys
from linewright.bus._process import Bus
from linewright.bus._zap import Zap
from network_rig import Net, bus_status, until
from tcp_proxy import Proxy

SET = {"token": 0, "action": {"do": "set", "mailbox": "alpha.x", "value": 1.0, "unit": "um"}}
HELLO = {"station": "alpha", "api": 1, "pid": 0, "topics": ["alpha"]}
STATUS = plain.frame("status_request", {})


@pytest.fixture
def net(tmp_path: Path) -> Net:
    return Net(tmp_path / "keys")


def dealer(context: zmq.Context, kind: int = zmq.DEALER) -> zmq.Socket:
    made = context.socket(kind)
    made.set(zmq.LINGER, 0)
    return made


def heard(counters: dict[str, int]) -> int:
    """Frames that reached the bus itself, our own questions for its status aside."""
    told = {k: n for k, n in counters.items() if k.startswith(("in.", "malformed", "refused."))}
    return sum(n for k, n in told.items() if k != "in.status_request")


@pytest.mark.parametrize("way", ["null", "plain", "unknown key", "wrong bus key"])
def test_s2_who_is_not_admitted_reaches_nobody(rig, net: Net, way: str) -> None:
    rig = rig(network=net.facts())
    with zmq.Context() as context:
        sockets = [dealer(context), dealer(context, zmq.SUB)]
        sockets[1].subscribe("")
        for made, address in zip(sockets, (net.commands, net.telemetry), strict=True):
            if way == "plain":
                made.set(zmq.PLAIN_USERNAME, b"hmi")
                made.set(zmq.PLAIN_PASSWORD, b"hmi")
            elif way == "unknown key":
                net.curve(made, "stranger")
            elif way == "wrong bus key":
                net.curve(made, "hmi")
                made.set(zmq.CURVE_SERVERKEY, keys.read_public(net.folder / "stranger.key"))
            made.connect(address)
        for body in (HELLO, SET):
            kind = "hello" if body is HELLO else "command"
            sockets[0].send(plain.frame(kind, body, sender=KEYS["alpha"], seq=1))
        noticed = "accepted" if way == "wrong bus key" else "handshake_failed"

        def counted() -> bool:
            found = bus_status(rig)["connections"]["network"]
            return sum(n for k, n in found.items() if k.startswith(noticed)) >= 2

        until(counted, "the attempts are counted")
        sample = {"topic": "alpha.tap", "tick": 1, "value": 2.0, "unit": "um"}
        rig.core.send(("sample", sample))
        assert not any(made.poll(300) for made in sockets)
        for made in sockets:
            made.close()
    status = bus_status(rig)
    assert heard(status["counters"]) == 0
    if way == "unknown key":
        assert status["counters"]["refused_connections.unknown_key"] >= 2


def test_s2_each_role_may_do_its_own_and_no_more(rig, net: Net) -> None:
    rig = rig(network=net.facts())
    rights = {name: ask_rights(net.place(name)) for name in ("hmi", "pc", "eye")}
    assert (rights["hmi"].operator_key, rights["hmi"].stations) == (OPERATOR, {})
    assert (rights["pc"].operator_key, rights["pc"].stations) == (0, {"alpha": KEYS["alpha"]})
    assert (rights["eye"].operator_key, rights["eye"].stations) == (0, {})

    refused = {
        "eye": [("command", SET, OPERATOR), ("hello", HELLO, KEYS["alpha"])],
        "hmi": [
            ("hello", HELLO, KEYS["alpha"]),
            ("command", SET, KEYS["alpha"]),
            ("publish", {"topic": "alpha.x", "body": 1}, KEYS["alpha"]),
        ],
        "pc": [
            ("hello", {**HELLO, "station": "beta"}, KEYS["beta"]),
            ("command", SET, OPERATOR),
            ("command", SET, KEYS["beta"]),
        ],
    }
    with zmq.Context() as context:
        for name, attempts in refused.items():
            made = net.curve(dealer(context), name)
            made.connect(net.commands)
            for kind, body, sender in attempts:
                made.send(plain.frame(kind, body, sender=sender, epoch=9, seq=1))
                assert made.poll(10_000), (name, kind)
                answer = plain.parse(made.recv())
                assert answer[2]["status"] == "refused", (name, kind)
                assert repr(name) in answer[2]["reason"]
            made.send(STATUS)
            until(lambda s=made: s.poll(100), "an answer about the status")
            made.close()
    status = bus_status(rig)
    assert status["counters"]["refused.rights"] == sum(map(len, refused.values()))
    assert not any(peer["joined"] for peer in status["stations"].values())
    assert rig.core.next()[0] == "status_request", "nothing but questions reached the core"


def test_s2_the_right_key_with_the_right_role_is_served(rig, net: Net) -> None:
    rig = rig(network=net.facts())
    rights = ask_rights(net.place("pc"))
    key = rights.stations["alpha"]
    with zmq.Context() as context:
        alpha = net.curve(dealer(context), "pc")
        alpha.connect(net.commands)
        alpha.send(plain.frame("hello", HELLO, sender=key, seq=1))
        assert alpha.poll(10_000)
        assert plain.parse(alpha.recv_multipart()[0])[2]["status"] == "applied"
        alpha.send(plain.frame("command", SET, sender=key, seq=2, until=60))
        assert rig.core.next("command")[2] == SET
        alpha.close()
    eye = Subscriber(net.place("eye"), ("alpha",))
    assert eye.receive(0.5) is None
    sample = {"topic": "alpha.tap", "tick": 1, "value": 2.0, "unit": "um"}
    rig.core.send(("sample", sample), tick=1)
    got = eye.receive(10.0)
    assert got is not None
    assert got[2].value == 2.0
    eye.close()
    with Operator(net.place("hmi")) as hmi:
        assert hmi.key == OPERATOR
        assert hmi.status() is not None


def test_s2_a_foreign_domain_is_refused() -> None:
    counters: Counter[str] = Counter()
    context = zmq.Context()
    zap = Zap(context, [], counters)
    server = dealer(context, zmq.ROUTER)
    server.set(zmq.ZAP_DOMAIN, b"somewhere.else")
    server.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
    port = server.bind_to_random_port("tcp://127.0.0.1")
    with zmq.Context() as other:
        client = dealer(other)
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(STATUS)
        until(lambda: zap.turn() or counters["refused_connections.domain"] > 0, "a refusal")
        assert not server.poll(300)
        client.close()
    server.close(0)
    zap.close()
    context.destroy(0)


@pytest.mark.parametrize("door", ["local", "network"])
def test_s2_with_the_zap_handler_gone_nobody_comes_in(rig, run_dir, net: Net, door: str) -> None:
    rig = rig(network=net.facts())
    rig.process.terminate()
    assert rig.process.wait(10) == 0
    bus = Bus(run_dir)
    address = f"ipc://{run_dir}/commands.sock" if door == "local" else net.commands

    def asks_in_vain(context: zmq.Context, turns: int) -> bool:
        client = dealer(context) if door == "local" else net.curve(dealer(context), "hmi")
        client.connect(address)
        client.send(STATUS)
        for _ in range(turns):
            bus.turn()
            if bus.routes.counters["in.status_request"]:
                break
        client.close()
        return not bus.routes.counters["in.status_request"]

    with zmq.Context() as context:
        assert not asks_in_vain(context, 500), "with the handler the door is open"
        bus.routes.counters.clear()
        bus._poller.unregister(bus.zap.socket)
        bus.zap.close()
        assert asks_in_vain(context, 60)
    assert bus.doors[0 if door == "local" else 1].counters
    bus.close()
    rig.process = rig.start()


def test_s2_sockets_are_the_owners_alone_even_under_umask_0(run_dir: Path, rig) -> None:
    old = os.umask(0)
    try:
        rig()
    finally:
        os.umask(old)
    for name in ("commands.sock", "telemetry.sock"):
        assert stat.S_IMODE((run_dir / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((run_dir / "bus.epoch").stat().st_mode) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="another user is needed: only root can become one")
def test_s2_another_user_is_refused_even_where_the_files_are_open(rig, run_dir: Path) -> None:
    rig = rig()
    run_dir.chmod(0o711)
    for name in ("commands.sock", "telemetry.sock"):
        (run_dir / name).chmod(0o666)
    program = (
        "import os, sys, zmq\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "s = zmq.Context().socket(zmq.DEALER)\n"
        "s.set(zmq.LINGER, 0)\n"
        "s.connect(sys.argv[1])\n"
        "s.send(bytes.fromhex(sys.argv[2]))\n"
        "sys.exit(bool(s.poll(1500)))\n"
    )
    address = f"ipc://{run_dir}/commands.sock"
    before = bus_status(rig)["counters"]
    done = subprocess.run([sys.executable, "-c", program, address, STATUS.hex()], check=False)
    run_dir.chmod(0o700)
    assert done.returncode == 0, "it was answered"
    after = bus_status(rig)["counters"]
    assert after["refused_connections.other_user"] >= 1
    assert after["in.status_request"] == before["in.status_request"] + 1, "our own question"


def test_s3_a_second_peer_of_the_same_routing_id_takes_nothing(rig, net: Net) -> None:
    rig = rig(network=net.facts())
    with zmq.Context() as context:
        first = net.curve(dealer(context), "pc")
        first.set(zmq.ROUTING_ID, b"the-pc")
        first.connect(net.commands)
        first.send(plain.frame("hello", HELLO, sender=KEYS["alpha"], seq=1))
        assert first.poll(10_000)
        first.recv_multipart()
        for name in ("stranger", "eye", "hmi"):
            thief = net.curve(dealer(context), name)
            thief.set(zmq.ROUTING_ID, b"the-pc")
            thief.connect(net.commands)
            thief.send(plain.frame("command", SET, sender=KEYS["alpha"], seq=7))
            assert not thief.poll(300), name
            thief.close()
        first.send(plain.frame("command", SET, sender=KEYS["alpha"], seq=2, until=60))
        assert rig.core.next("command")[1]["seq"] == 2, "the first is served, the thief is not"
        first.close()
    assert bus_status(rig)["counters"]["in.command"] == 1


def test_s3_the_same_on_the_local_door(rig) -> None:
    rig = rig()
    with zmq.Context() as context:
        made = []
        for seq in (1, 2):
            one = dealer(context)
            one.set(zmq.ROUTING_ID, b"same")
            one.connect(f"ipc://{rig.run_dir}/commands.sock")
            made.append(one)
            if seq == 1:
                one.send(plain.frame("hello", HELLO, sender=KEYS["alpha"], seq=1))
                assert one.poll(10_000)
                one.recv_multipart()
        made[1].send(plain.frame("command", SET, sender=KEYS["alpha"], seq=7))
        assert not made[1].poll(300)
        made[0].send(plain.frame("command", SET, sender=KEYS["alpha"], seq=2, until=60))
        assert rig.core.next("command")[1]["seq"] == 2
        for one in made:
            one.close()


def test_s4_what_was_overheard_is_not_taken_again(rig, net: Net) -> None:
    rig = rig(network=net.facts())
    proxy = Proxy(net.commands)
    place = net.place("hmi")
    with Client(
        type(place)(
            commands=proxy.address,
            telemetry=net.telemetry,
            bus_key=place.bus_key,
            pair=place.pair,
        ),
        key=OPERATOR,
        epoch=time.time_ns(),
    ) as client:
        body = {"token": 0, "action": {"do": "arm", "operator": "Ada"}}
        said = plain.frame("command", body, sender=OPERATOR, epoch=1, seq=1, until=60)
        until(lambda: client.send([said]), "connected")
        assert rig.core.next("command")[2] == body
    overheard = proxy.heard()
    assert overheard, "the proxy saw the session"
    before = bus_status(rig)
    for _ in range(20):
        proxy.say(overheard)
    status = bus_status(rig)
    assert status["counters"]["in.command"] == before["counters"]["in.command"] == 1
    failed = status["connections"]["network"]
    until(
        lambda: (
            sum(n for k, n in bus_status(rig)["connections"]["network"].items() if "failed" in k)
            >= 20
        ),
        f"every replay fails its handshake: {failed}",
    )
    proxy.close()
