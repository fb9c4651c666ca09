"""What telemetry costs: messages through the bus with every gap counted, a sample of ten fields to
bytes and back, and the way from an event over a station back to the core."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import zmq
from linewright import _core
from linewright import messages as m
from linewright.bus import Client
from linewright.bus._link import MAX_DATAGRAM_BYTES, pack
from linewright.bus._peers import FACTS, LineFacts

from bench import _line
from bench._measure import Row, Spread, alternate, per_call_ns
from bench.bus import READY_S, bare, live_line

TOPICS = [f"alpha.t{n}" for n in range(8)]
BARE = b"x" * 64

RATES_PER_S = (50_000, 100_000, 200_000, 400_000)
RATE_S = 1.0
"""How long each rate is held."""
LOOK_S = 0.001
"""A core that is asked for much sends this often."""

LISTENER = """
import json, sys, time
from pathlib import Path
from linewright.bus import Subscriber

subscriber, count = Subscriber(Path(sys.argv[1]), ("alpha",)), int(sys.argv[2])
while not subscriber.snapshots:
    subscriber.receive(0.05)
print("up", flush=True)
gaps, receive, first_ns, last_ns = subscriber.gaps, subscriber.receive, 0, 0
until_s = time.monotonic() + 60.0
while gaps.received + gaps.lost() < count and time.monotonic() < until_s:
    for _ in range(1000):
        if receive(0.1) is None:
            break
        last_ns = time.monotonic_ns()
        first_ns = first_ns or last_ns
found = {"received": gaps.received, "lost": gaps.lost(), "took_ns": last_ns - first_ns}
print(json.dumps(found), flush=True)
"""

BARE_LISTENER = """
import json, sys, time, zmq
socket = zmq.Context().socket(zmq.SUB)
socket.set(zmq.RCVHWM, 0)
socket.subscribe(b"")
socket.connect(sys.argv[1])
print("up", flush=True)
count, first_ns, received = int(sys.argv[2]), 0, 0
receive = socket.recv_multipart
while received < count and socket.poll(2000):
    try:
        while True:
            receive(zmq.NOBLOCK)
            received += 1
            first_ns = first_ns or time.monotonic_ns()
    except zmq.Again:
        pass
print(json.dumps({"received": received, "took_ns": time.monotonic_ns() - first_ns}), flush=True)
"""


@contextmanager
def bus_alone(run_dir: Path) -> Iterator[socket.socket]:
    """A bus process, and in the core's place this process with the link in hand."""
    facts = LineFacts(
        line="bench", lockstep=False, base_hz=1000, window_ticks=1000, operator_key=1, stations={}
    )
    run_dir.mkdir(mode=0o700)
    (run_dir / FACTS).write_bytes(msgspec.json.encode(facts))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(run_dir / "core.sock"))
    listener.listen(1)
    listener.settimeout(READY_S)
    child = subprocess.Popen([sys.executable, "-m", "linewright.bus", str(run_dir)])
    try:
        link, _ = listener.accept()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_DATAGRAM_BYTES)
        yield link
        link.close()
    finally:
        child.terminate()
        child.wait(10)
        listener.close()


def _samples(frames: int) -> list[bytes]:
    """Samples of about 64 bytes behind their header."""
    made = []
    for n in range(frames):
        stamp = m.Stamp(epoch=1, seq=n // len(TOPICS) + 1, mono_ns=1)
        sample = m.Sample(TOPICS[n % len(TOPICS)], n, 0.5, "g/m2")
        made.append(m.encode(sample, stamp))
    return made


def _listen(arguments: list[str]) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", *arguments], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    if child.stdout.readline() != "up\n":
        raise RuntimeError("the listener did not start")
    time.sleep(0.5)
    return child


def _heard(child: subprocess.Popen[str]) -> dict[str, int]:
    out, _ = child.communicate(timeout=60)
    return dict(json.loads(out))


def _looks(samples: list[bytes], rate_per_s: int) -> Iterator[bytes]:
    """Datagrams at a rate, in looks as the core's clerk has them."""
    a_look = int(rate_per_s * LOOK_S)
    start_s = time.monotonic()
    for n, at in enumerate(range(0, len(samples), a_look)):
        time.sleep(max(0.0, start_s + n * LOOK_S - time.monotonic()))
        yield from pack(samples[at : at + a_look])


def _through_the_bus(where: Path, frames: int, rate_per_s: int) -> dict[str, int]:
    """What a listener that decodes each message has of them."""
    samples = _samples(frames)
    with bus_alone(where) as link:
        child = _listen([LISTENER, str(where), str(frames)])
        for datagram in _looks(samples, rate_per_s):
            link.send(datagram)
        heard = _heard(child)
    if heard["received"] + heard["lost"] != frames:
        raise RuntimeError(f"{heard} is not {frames} messages")
    return heard


def _per_s(heard: dict[str, int]) -> float:
    """Messages received a second; lost ones do not count."""
    return heard["received"] * 1e9 / heard["took_ns"]


def _bare_pub_sub(where: Path, frames: int) -> float:
    """The same number of two-part messages of 64 bytes from one Python process to another."""
    address = f"ipc://{where}/pub"
    with zmq.Context() as context:
        publisher = context.socket(zmq.PUB)
        publisher.set(zmq.SNDHWM, 0)
        publisher.bind(address)
        child = _listen([BARE_LISTENER, address, str(frames)])
        topics = [topic.encode() for topic in TOPICS]
        for n in range(frames):
            publisher.send_multipart([topics[n % len(topics)], BARE])
        heard = _heard(child)
        publisher.close(0)
    return _per_s(heard)


def _rate_row(where: Path, quick: bool) -> Row:
    rates = (20_000,) if quick else RATES_PER_S
    lost: dict[int, list[int]] = {rate: [] for rate in rates}
    runs = iter(range(1000))

    def ours() -> float:
        whole = 0.0
        for rate in rates:
            heard = _through_the_bus(where / f"r{next(runs)}", int(rate * RATE_S), rate)
            lost[rate].append(heard["lost"])
            if not heard["lost"]:
                whole = max(whole, _per_s(heard))
        return whole

    def theirs() -> float:
        return _bare_pub_sub(where, int(rates[-1] * RATE_S))

    held, bare_rates = alternate([ours, theirs], 1 if quick else 3, warm_up=0)
    return Row(
        id="bus.telemetry",
        what=f"samples of {len(_samples(1)[0])} B through the bus, each decoded, none lost: the "
        "highest rate held",
        against="pyzmq PUB-SUB over ipc, topic and 64 B, one hop, as fast as it goes",
        kind="floor",
        unit="messages/s",
        ours=Spread.of(held),
        theirs=Spread.of(bare_rates),
        method="three processes: the core's stand-in, the bus, a listener in Python; each rate "
        "for 1 s; what came and what is counted lost add up to what was sent, or the row fails",
        goal="200,000 messages/s",
        facts={"lost_at_rate": {str(rate): counts for rate, counts in lost.items()}},
    )


class TenFields(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A typed sample as a station may publish it."""

    tick: int
    lane: int
    thickness_um: float
    sd_um: float
    speed_m_per_s: float
    tension_n: float
    gap_um: float
    load_n_per_mm: float
    temperature_c: float
    quality: int


def _codec_row(quick: bool) -> Row:
    values = (1000, 3, 61.5, 0.4, 1.25, 180.5, 55.25, 900.5, 61.125, 0)
    one = TenFields(*values)
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(TenFields).decode
    packed = struct.Struct("<QI7dB")
    if decode(encode(one)) != one:
        raise RuntimeError("the sample does not come back as it was")
    many = [one] * (2000 if quick else 20_000)
    many_values = [values] * len(many)
    sides = [
        per_call_ns(lambda x: decode(encode(x)), many),
        per_call_ns(lambda x: packed.unpack(packed.pack(*x)), many_values),
    ]
    ours, theirs = alternate(sides, 5 if quick else 50, warm_up=2)
    return Row(
        id="bus.ten_fields",
        what="a typed sample of ten fields to msgpack and back",
        against="struct.pack and unpack of a bare tuple",
        kind="floor",
        unit="ns",
        ours=Spread.of(ours),
        theirs=Spread.of(theirs),
        method="thread time, a lambda call included on both sides",
        goal="230 ns",
    )


STATION = '''
"""An event when told to, and a mailbox that answers it."""
import linewright as lw


class Echo(lw.Station):
    """Its event is asked for by a mailbox, so that each is known."""

    name = "echo"

    def build(self, g):
        with g.loop("loop", rate_hz=5000) as loop:
            go, _ = loop.mailbox("go", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=10.0)
            mark, _ = loop.mailbox("mark", "1", default=0.0, lo=0.0, hi=1e9, ttl_s=10.0)
            loop.event("ping", go > 0.5, rule="threshold", decision="answer", refractory_s=0.0)
            loop.tap("mark", mark, every_s=1.0)
'''


def _reaction(client: Client, ledger: Path) -> Callable[[], float]:
    """Microseconds from the end of the event's tick to the tick in which its answer acts, by the
    core's own clock in its ledger."""
    tick = 0

    def tell(mailbox: str, value: float) -> bool:
        nonlocal tick
        action = m.Set(f"echo.{mailbox}", value, "1")
        frame = client.frame(m.Command(0, action), tick, tick + 10_000)
        ack = client.ask(frame, m.Ack, 10.0)
        if not isinstance(ack, m.Ack) or ack.status not in ("applied", "advisory", "expired"):
            raise RuntimeError(f"a command was not taken: {ack}")
        tick = ack.tick
        return ack.status != "expired"

    def once() -> float:
        for _ in range(10):  # on a busy machine a command may expire: that round does not count
            if (took_us := once_or_never()) is not None:
                return took_us
        raise RuntimeError("commands expire or bring no event, again and again")

    def once_or_never() -> float | None:
        nonlocal tick
        if not tell("go", 0.0):
            return None
        row = _core.ledger_newest(str(ledger))
        go = client.frame(m.Command(0, m.Set("echo.go", 1.0, "1")), tick, tick + 10_000)
        client.send([go])
        while True:
            frames = client.receive(10.0)
            if not frames:
                return None
            events = [e for _, e in map(m.decode, frames) if isinstance(e, m.Event)]
            if events:
                break
        tick = max(tick, events[0].tick)
        if not tell("mark", float(events[0].id % 1_000_000)):
            return None
        rows = _core.ledger_rows(str(ledger), since=row, kinds=["detection", "command"])
        (found,) = [r for r in rows if r["kind"] == "detection"]
        marks = [
            r
            for r in rows
            if r["kind"] == "command" and r["body"]["action"].get("mailbox") == "echo.mark"
        ]
        return float(marks[0]["mono_ns"] - found["body"]["stages_ns"]["write"]) * 1e-3

    return once


def _reaction_row(where: Path, quick: bool) -> Row:
    rounds = 20 if quick else 1000
    with bare(where) as floor, live_line(where, STATION) as (client, _):
        first = client.ask(client.frame(m.StatusRequest()), m.Status, READY_S)
        if not isinstance(first, m.Status):
            raise RuntimeError("the line does not say how it is")
        sides = [_reaction(client, where / "run" / "ledger.sqlite"), floor]
        ours, theirs = alternate(sides, rounds, warm_up=5)
    return Row(
        id="bus.reaction",
        what="event of a live loop at 5 kHz, over a station, to the tick its command acts in",
        against="pyzmq DEALER-ROUTER round trip over ipc, 64 B",
        kind="floor",
        unit="us",
        ours=Spread.of(ours),
        theirs=Spread.of(theirs),
        method="one of each in turn; both ends by the core's clock, from its ledger; the wait for "
        "the next tick (100 us on the average) is in it",
        goal="p50 3x, p99 4x",
        facts={"base_hz": 5000},
    )


def rows(quick: bool) -> Iterator[Row]:
    yield _codec_row(quick)
    with _line.folder() as where:
        yield _rate_row(where, quick)
    with _line.folder() as where:
        yield _reaction_row(where, quick)
