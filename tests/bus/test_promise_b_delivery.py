"""B1: every loss is reported, over restarts, a lossy network and late joins. B2: a slow consumer
hurts itself alone. B3: a bad network leaves no wrong state. B4: peers that come and go leave
nothing behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import plain_wire as plain
import pytest
import zmq
from linewright import messages as m
from linewright.bus import Place, Subscriber
from lossy_proxy import Lossy
from network_rig import Net, bus_status, until
from tcp_proxy import Proxy

TOPICS = ("alpha.fast", "alpha.slow", "beta.fast")


def sample(topic: str, value: float) -> tuple[str, dict]:
    return "sample", {"topic": topic, "tick": 1, "value": value, "unit": "1"}


def state(tick: int) -> tuple[str, dict]:
    body = {"tick": tick, "mode": "advisory", "armed": False, "tripped": "", "ledger": "ok"}
    return "state", {**body, "actuators": {}}


class Publisher:
    """The core's stand-in at some kHz, whose every message is known: numbers by topic and epoch."""

    def __init__(self, rig, seed: int) -> None:
        self.rig, self._random = rig, random.Random(seed)
        self.said: dict[str, dict[int, int]] = {}
        self.value: dict[str, float] = {}
        self._n = 0

    def say(self, messages: int) -> None:
        """A burst; what the link does not take is said all the same, and lost."""
        core = self.rig.core
        for _ in range(messages):
            self._n += 1
            topic = "line.state" if self._n % 50 == 0 else self._random.choice(TOPICS)
            kind, body = state(self._n) if topic == "line.state" else sample(topic, self._n)
            self.value[topic] = self._n
            with contextlib.suppress(OSError):  # numbered, and gone with the link
                core.send((kind, body))
            self.said.setdefault(topic, {})[core.epoch] = core.topics[topic]
            if self._n % 20 == 0:
                time.sleep(0.005)

    def since(self, topic: str, epoch: int, seq: int) -> int:
        """Messages of a topic said after one of them."""
        said = self.said.get(topic, {})
        later = sum(n for e, n in said.items() if e > epoch)
        return later + max(0, said.get(epoch, 0) - seq)


class Listener:
    """A subscriber behind a lossy proxy of its own, in a thread of its own."""

    def __init__(self, rig, seed: int, drop: float) -> None:
        self.proxy = Lossy(rig.run_dir, drop, seed)
        local = Place.of(rig.run_dir)
        place = Place(commands=local.commands, telemetry=self.proxy.address)
        self.subscriber = Subscriber(place, ("alpha", "beta", "line"))
        self.start: dict[str, tuple[int, int]] = {}
        self.newest: dict[str, float] = {}
        self.backwards = 0
        self.last: dict[str, tuple[int, int]] = {}
        self._stop = False
        original = self.subscriber.gaps.start

        def start(topic: str, epoch: int, seq: int) -> None:
            self.start[topic] = (epoch, seq)
            original(topic, epoch, seq)

        self.subscriber.gaps.start = start
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop:
            got = self.subscriber.receive(0.05)
            if got is None:
                continue
            topic, header, message = got
            number = (header.epoch, header.seq)
            self.backwards += number <= self.last.get(topic, (-1, -1))
            self.last[topic] = number
            self.newest[topic] = message.tick if topic == "line.state" else message.value

    @property
    def joined(self) -> bool:
        return self.subscriber.snapshots > 0

    @property
    def told(self) -> bool:
        """Has a beacon told it where every earlier epoch ended (or has it not joined)?"""
        return not self.joined or self.subscriber.gaps.open == 0

    def truth(self, publisher: Publisher) -> int:
        """Messages said since it joined."""
        return sum(
            publisher.since(topic, *self.start.get(topic, (0, 0))) for topic in publisher.said
        )

    def reported(self) -> int:
        gaps = self.subscriber.gaps
        return gaps.lost() + gaps.received

    def close(self) -> None:
        self._stop = True
        self._thread.join()
        self.subscriber.close()
        self.proxy.close()


def gaps_and_joins(rig, restarts: int, joiners: int, burst: int, seed: int) -> None:
    rig = rig()
    publisher = Publisher(rig, seed)
    publisher.say(100)
    listeners = [Listener(rig, seed + n, 0.10) for n in range(3)]
    late = 0
    for n in range(restarts):
        publisher.say(burst)
        if n % 4 == 3:
            # Where a core's numbers ended, the bus alone knows, until a beacon has told it.
            until(lambda: all(one.told for one in listeners), "the ends of epochs are told")
            rig.restart(signal.SIGTERM if n % 8 == 3 else signal.SIGKILL)
        else:
            rig.core.begin_again()
        publisher.say(burst)
        for _ in range(joiners // restarts):
            late += 1
            listeners.append(Listener(rig, seed + 100 + late, 0.10))
        for listener in [one for one in listeners[3:] if one.joined][:-2]:
            check(listener, publisher)
            listeners.remove(listener)
    for listener in listeners:
        until(lambda one=listener: one.joined, "everyone has joined")
        check(listener, publisher)
    print(f"\n  {restarts} restarts, {late} late joiners, {publisher._n} messages")


def check(listener: Listener, publisher: Publisher) -> None:
    """Nothing is said now: the sum of what came and what is reported lost is the truth."""
    listener.proxy.drop = 0.0  # the network has healed

    def exact() -> bool:
        return listener.reported() == listener.truth(publisher)

    def current() -> bool:
        return all(listener.newest.get(topic) == value for topic, value in publisher.value.items())

    until(exact, f"{listener.reported()} reported of {listener.truth(publisher)}")
    gaps = listener.subscriber.gaps
    assert gaps.unknown == 0
    assert gaps.received == listener.proxy.passed(listener.start)
    until(current, f"the state is the last said: {listener.newest} of {publisher.value}")
    assert listener.backwards == 0, "no older value was given out after a newer one"
    listener.close()


def test_b1_every_loss_is_reported(rig) -> None:
    gaps_and_joins(rig, restarts=20, joiners=20, burst=200, seed=1)


@pytest.mark.soak
def test_b1_every_loss_is_reported_in_full(rig) -> None:
    gaps_and_joins(rig, restarts=200, joiners=500, burst=500, seed=2)


CONSUMER = """
import json, sys, time
from pathlib import Path
from linewright.bus import Subscriber

subscriber = Subscriber(Path(sys.argv[1]), ("alpha",), max_age_s=0.5)
oldest_s, given, until_s = 0.0, 0, None
print("up", flush=True)
while True:
    got = subscriber.receive(0.05)
    if got is not None:
        topic, header, message = got
        given += 1
        if subscriber.snapshots > 1 or topic == "alpha.fast":
            oldest_s = max(oldest_s, (time.monotonic_ns() - header.mono_ns) * 1e-9)
        if topic == "alpha.end":
            break
gaps = subscriber.gaps
print(json.dumps({"given": given, "lost": gaps.lost(), "received": gaps.received,
                  "stale": subscriber.stale, "snapshots": subscriber.snapshots,
                  "oldest_s": oldest_s}))
"""


def slow_consumer(rig, stopped_s: float, consumers: int = 8) -> None:
    import json

    rig = rig()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CONSUMER, rig.run_dir], stdout=subprocess.PIPE, text=True
        )
        for _ in range(consumers)
    ]
    for child in children:
        assert child.stdout.readline() == "up\n"

    def say(seconds: float) -> int:
        said, until_s = 0, time.monotonic() + seconds
        while time.monotonic() < until_s:
            for _ in range(10):
                said += 1
                tell("alpha.fast", said)
            time.sleep(0.004)
        return said

    def tell(topic: str, value: float) -> None:
        body = {"topic": topic, "tick": 1, "value": float(value), "unit": "1"}
        stamp = m.Stamp(epoch=1, seq=rig.core.number("sample", body), mono_ns=time.monotonic_ns())
        data = m.encode(m.Sample(**body), stamp)
        rig.core.link.send(len(data).to_bytes(4, "little") + data)

    say(1.0)
    rss = int(Path(f"/proc/{rig.process.pid}/statm").read_text().split()[1]) * 4096
    children[0].send_signal(signal.SIGSTOP)
    say(stopped_s)
    grown = int(Path(f"/proc/{rig.process.pid}/statm").read_text().split()[1]) * 4096 - rss
    children[0].send_signal(signal.SIGCONT)
    say(2.0)
    for _ in range(200):
        if all(child.poll() is not None for child in children):
            break
        tell("alpha.end", 1.0)
        time.sleep(0.05)
    found = [json.loads(child.communicate(timeout=30)[0]) for child in children]
    slow, healthy = found[0], found[1:]
    print(f"\n  stopped {stopped_s} s: {slow}\n  of the others: {healthy[0]}, bus RSS {grown}")
    assert slow["lost"] + slow["stale"] > 0, "it was stopped while messages came"
    assert slow["snapshots"] > min(one["snapshots"] for one in healthy) or slow["stale"] == 0
    for one in healthy:
        assert one["lost"] < slow["lost"] + slow["stale"], "a stopped consumer costs the others"
    # 256 messages of some 150 bytes wait at most, and the heartbeat ends even that.
    assert grown < 256 * 200 * 1.5 + 4e6


def test_b2_a_stopped_consumer_hurts_itself_alone(rig) -> None:
    slow_consumer(rig, stopped_s=3.0)


@pytest.mark.soak
def test_b2_a_stopped_consumer_hurts_itself_alone_in_full(rig) -> None:
    slow_consumer(rig, stopped_s=30.0)


def test_b2_what_is_too_old_is_not_given_out(rig) -> None:
    rig = rig()
    subscriber = Subscriber(rig.run_dir, ("alpha",), max_age_s=0.2)
    until(lambda: subscriber.receive(0.05) is None and subscriber.snapshots == 1, "a snapshot")

    def tell(age_s: float) -> None:
        body = {"topic": "alpha.x", "tick": 1, "value": age_s, "unit": "1"}
        said_ns = time.monotonic_ns() - int(age_s * 1e9)
        stamp = m.Stamp(epoch=1, seq=rig.core.number("sample", body), mono_ns=said_ns)
        data = m.encode(m.Sample(**body), stamp)
        rig.core.link.send(len(data).to_bytes(4, "little") + data)

    tell(0.0)
    assert subscriber.receive(10.0)[2].value == 0.0
    tell(30.0)
    until(lambda: subscriber.receive(0.05) is not None or subscriber.stale, "it came")
    assert subscriber.stale == 1
    assert subscriber.gaps.lost() == 0, "it is old, not lost"
    until(lambda: (subscriber.receive(0.05), subscriber.snapshots)[1] >= 2, "a new snapshot")
    subscriber.close()


def bad_network(rig, net: Net, rounds: int, seed: int) -> None:
    random_ = random.Random(seed)
    rig = rig(network=net.facts())
    commands, telemetry = Proxy(net.commands), Proxy(net.telemetry)
    place = net.place("eye")
    subscriber = Subscriber(
        Place(
            commands=commands.address,
            telemetry=telemetry.address,
            bus_key=place.bus_key,
            pair=place.pair,
        ),
        ("line",),
    )
    seen: list[int] = []

    def listen(seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0.0:
            got = subscriber.receive(left_s)
            if got is not None:
                seen.append(got[2].tick)

    rig.core.send(state(1))
    until(lambda: (listen(0.1), bool(seen))[1], "the first state")
    descriptors = len(os.listdir(f"/proc/{rig.process.pid}/fd"))
    for n in range(2, rounds + 2):
        for proxy in (commands, telemetry):
            proxy.delay_s = random_.choice((0.0, 0.05, 0.2))
            if random_.random() < 0.5:
                proxy.cut(reset=random_.random() < 0.5)
            elif random_.random() < 0.3:
                proxy.half_open()
        rig.core.send(state(n))
        listen(0.3)
    for proxy in (commands, telemetry):
        proxy.delay_s = 0.0
    until(lambda: (listen(0.2), seen[-1])[1] == rounds + 1, f"the newest state, {seen[-5:]}")
    assert seen == sorted(seen), "no older state after a newer one"
    subscriber.close()
    for proxy in (commands, telemetry):
        proxy.close()
    until(
        lambda: len(os.listdir(f"/proc/{rig.process.pid}/fd")) <= descriptors,
        "descriptors of dead peers are given back",
    )


def test_b3_a_bad_network_leaves_no_wrong_state(rig, tmp_path: Path) -> None:
    bad_network(rig, Net(tmp_path / "keys"), rounds=40, seed=3)


@pytest.mark.soak
def test_b3_a_bad_network_leaves_no_wrong_state_in_full(rig, tmp_path: Path) -> None:
    bad_network(rig, Net(tmp_path / "keys"), rounds=20_000, seed=4)


def reconnect_storm(rig, peers: int, cycles: int) -> None:
    rig = rig(frames_per_s=1e6)
    bus_status(rig)
    pid = rig.process.pid
    question = plain.frame("status_request", {})

    def cycle() -> None:
        with zmq.Context() as context:
            made = []
            for _ in range(peers):
                one = context.socket(zmq.DEALER)
                one.set(zmq.LINGER, 0)
                one.connect(f"ipc://{rig.run_dir}/commands.sock")
                one.send(question)
                made.append(one)
            for one in made:
                one.poll(2000)
                one.close()

    def descriptors() -> int:
        return len(os.listdir(f"/proc/{pid}/fd"))

    def rss() -> int:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096

    for _ in range(3):
        cycle()
    time.sleep(1.0)
    before, base = rss(), descriptors()
    for _ in range(cycles):
        cycle()
    until(lambda: descriptors() <= base, f"{base} descriptors again")
    grown = rss() - before
    print(f"\n  {peers} peers, {cycles} cycles: RSS grew by {grown / 1e6:.2f} MB")
    assert grown < 5e6


def test_b4_peers_that_come_and_go_leave_nothing_behind(rig) -> None:
    reconnect_storm(rig, peers=50, cycles=20)


@pytest.mark.soak
def test_b4_peers_that_come_and_go_leave_nothing_behind_in_full(rig) -> None:
    reconnect_storm(rig, peers=200, cycles=1000)
