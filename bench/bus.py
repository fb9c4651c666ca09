"""What the bus costs: a command and its answer, and a barrier of the lock-step, against a bare
ZeroMQ round trip between two Python processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from linewright import messages as m
from linewright.bus import Client
from linewright.bus._peers import read_facts
from linewright.line import load

from bench import _line
from bench._measure import Row, Spread, alternate

READY_S = 20.0
PAYLOAD = b"x" * 64

PEER = """
import sys, zmq
socket = zmq.Context().socket(zmq.ROUTER)
socket.bind(sys.argv[1])
while True:
    socket.send_multipart(socket.recv_multipart())
"""

STATION = '''
"""A loop at 1 kHz with one mailbox."""
import linewright as lw


class Echo(lw.Station):
    """Passes its mailbox on."""

    name = "echo"

    def build(self, g):
        with g.loop("loop", rate_hz=1000) as loop:
            x = loop.input("bench.x", "um")
            shift, _ = loop.mailbox("shift", "um", default=0.0, lo=-1.0, hi=1.0, ttl_s=10.0)
            loop.tap("sum", x + shift, every_s=1.0)
'''

LINE = """
schema = 1
[line]
name = "bench"
[time]
mode = "live"
[io]
driver = "manual"
channels = {"bench.x" = "um"}
[stations.echo]
plugin = "MODULE:Echo"
[ledger]
"""


@contextmanager
def bare(where: Path) -> Iterator[Callable[[], float]]:
    """Microseconds of one DEALER-ROUTER round trip over ipc with another Python process."""
    endpoint = f"ipc://{where}/bare.sock"
    peer = subprocess.Popen([sys.executable, "-c", PEER, endpoint])
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(endpoint)

    def once() -> float:
        start = time.perf_counter_ns()
        socket.send(PAYLOAD)
        if not socket.poll(10_000):
            raise RuntimeError("the bare peer does not answer")
        socket.recv()
        return (time.perf_counter_ns() - start) * 1e-3

    try:
        once()
        yield once
    finally:
        peer.terminate()
        peer.wait(10)
        socket.close(0)
        context.term()


@contextmanager
def live_line(where: Path, station: str = STATION) -> Iterator[tuple[Client, Any]]:
    """Core and bus of a live line as processes; this process is its station."""
    module = f"echo_{zlib.crc32(station.encode())}"  # one of another row may be imported already
    (where / f"{module}.py").write_text(station)
    (where / "line.toml").write_text(LINE.replace("MODULE", module))
    run_dir = where / "run"
    run_dir.mkdir(mode=0o700)
    config = load(where / "line.toml").write(run_dir)
    children: list[subprocess.Popen[bytes]] = []
    log = (run_dir / "log").open("wb")

    def start(socket: str, *arguments: str) -> None:
        children.append(subprocess.Popen([sys.executable, "-m", *arguments], stderr=log))
        deadline_s = time.monotonic() + READY_S
        while not (run_dir / socket).exists():
            if children[-1].poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"{arguments[0]}: {(run_dir / 'log').read_text()}")
            time.sleep(0.01)

    try:
        start("core.sock", "linewright.core", str(config))
        start("commands.sock", "linewright.bus", str(run_dir))
        facts = read_facts(run_dir)
        with Client(run_dir, key=facts.stations["echo"].key, epoch=facts.epoch_base + 1) as client:
            hello = client.frame(m.Hello("echo", 1, 0, ["echo"]))
            if not isinstance(client.ask(hello, m.Ack, READY_S), m.Ack):
                raise RuntimeError("the bus does not take the station")
            yield client, facts
    finally:
        for child in reversed(children):
            child.terminate()
        for child in children:
            child.wait(10)
        log.close()


def _command(client: Client) -> Callable[[], float]:
    """Microseconds from a `set` to its answer (its row is on disk then)."""
    tick = 0

    def once() -> float:
        nonlocal tick
        action = m.Set("echo.shift", 0.5, "um")
        for _ in range(10):  # where a line takes long to start the first expires: it does not count
            start = time.perf_counter_ns()
            frame = client.frame(m.Command(0, action), tick, tick + 10_000)
            ack = client.ask(frame, m.Ack, 10.0)
            took_us = (time.perf_counter_ns() - start) * 1e-3
            if not isinstance(ack, m.Ack):
                break
            tick = ack.tick
            if ack.status != "expired":
                break
        if not isinstance(ack, m.Ack) or ack.status not in ("applied", "advisory"):
            raise RuntimeError(f"a command was not taken: {ack}")
        return took_us

    return once


def rows(quick: bool) -> Iterator[Row]:
    rounds = 20 if quick else 2000
    with _line.folder() as where, bare(where) as floor:
        with live_line(where) as (client, _):
            first = client.ask(client.frame(m.StatusRequest()), m.Status, READY_S)
            if not isinstance(first, m.Status):
                raise RuntimeError("the line does not say how it is")
            ours, theirs = alternate([_command(client), floor], rounds, warm_up=5)
        yield Row(
            id="bus.command",
            what="command of a station to a live core at 1 kHz, to its answer with the row on disk",
            against="pyzmq DEALER-ROUTER over ipc, 64 B",
            kind="floor",
            unit="us",
            ours=Spread.of(ours),
            theirs=Spread.of(theirs),
            method="one of each in turn; core and bus are processes, this one is the station",
            facts={"base_hz": 1000},
        )
        yield _barrier_row(where, floor, quick)


def _barrier_row(where: Path, floor: Callable[[], float], quick: bool) -> Row:
    """Lock-step of the packaged closed line: hours with the twin; the start is taken off."""
    import linewright  # noqa: PLC0415

    text = (Path(linewright.__file__).parent / "lines" / "closed.toml").read_text()
    hours = (0.02, 0.12) if quick else (0.1, 2.1)
    step_s = 5.0
    files = []
    for n in hours:
        file = where / f"shift{n}.toml"
        file.write_text(text.replace("hours = 8.0", f"hours = {n}"))
        files.append(file)
    runs = 0

    def wall_s(file: Path) -> float:
        nonlocal runs
        runs += 1
        return float(_line.run_line(file, where / f"shift{runs}")["wall_s"])

    def barrier_us() -> float:
        short, long = wall_s(files[0]), wall_s(files[1])
        return (long - short) * 1e6 * step_s / ((hours[1] - hours[0]) * 3600.0)

    def trips_us() -> float:
        return Spread.of([floor() for _ in range(20 if quick else 500)]).p50

    ours, theirs = alternate([barrier_us, trips_us], 1 if quick else 3, warm_up=0)
    spread = Spread.of(ours)
    return Row(
        id="bus.barrier",
        what="one barrier of the simulated line: 150 ticks of twin and loops, two stations answer",
        against="pyzmq DEALER-ROUTER over ipc, 64 B",
        kind="floor",
        unit="us",
        ours=spread,
        theirs=Spread.of(theirs),
        method="a long and a short `linewright run` of the closed line, difference by barriers; "
        "the median of bare round trips beside each",
        facts={"barriers_per_s": round(1e6 / spread.p50, 1), "hours": json.dumps(hours)},
    )
