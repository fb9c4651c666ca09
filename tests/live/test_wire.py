"""A client in plain ZeroMQ and msgpack that speaks nonsense to a live line: counted, refused,
without effect, and everyone else is served."""

from __future__ import annotations

import math
import signal
import struct
import sys
import time
from pathlib import Path

import zmq
from live_ledger import Ledger
from live_line import ACTUATOR, LiveLine, actuator, send_signal

sys.path.insert(0, str(Path(__file__).parents[1] / "bus"))
import plain_wire as plain

PROBE = """
[stations.probe]
plugin = "live_stations:Probe"
restart = "never"
"""


class Raw:
    """A DEALER that sends bytes."""

    def __init__(self, line: LiveLine, key: int, epoch: int) -> None:
        self.key, self.epoch, self.seq = key, epoch, 0
        self.line = line
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.set(zmq.LINGER, 0)
        self.socket.connect(f"ipc://{line.run_dir}/commands.sock")

    def bytes(self, data: bytes) -> dict:
        """Send bytes; the next answer of the bus or the core about a command."""
        self.socket.send(data)
        return self.answer()

    def answer(self) -> dict:
        while self.socket.poll(5000):
            for part in self.socket.recv_multipart():
                kind, _, body = plain.parse(part)
                if kind == "ack":
                    return body
        raise AssertionError("no answer")

    def frame(self, action: dict, *, age: int = 0, window: int = 500, token: int = 0) -> bytes:
        self.seq += 1
        tick = self.line.status()["core"]["tick"] - age
        command = {"token": token, "action": action}
        stamp = {"sender": self.key, "epoch": self.epoch, "seq": self.seq}
        return plain.frame("command", command, **stamp, tick=tick, until=tick + window)

    def ask(self, action: dict, **stamp: int) -> tuple[str, str]:
        got = self.bytes(self.frame(action, **stamp))
        assert got["seq"] == self.seq
        return got["status"], got["reason"]

    def close(self) -> None:
        self.socket.close(0)


def spoiled(good: bytes) -> dict[str, bytes]:
    """Frames that are none, by what is wrong with them."""

    def sealed(kind: int = 4, version: int = 1, payload: bytes = b"\x81\xa5count\x01") -> bytes:
        head = plain.HEADER.pack(
            b"LWR1", kind, version, len(payload), 0, 1, 1, 1, 0, 0, 0, 0, 0, 0
        )[:68]
        return head + struct.pack("<IQ", plain.crc32c(head + payload), 0) + payload

    deep = b"\x91" * 60 + b"\x01"
    return {
        "empty": b"",
        "one byte": b"x",
        "zeros": bytes(80),
        "cut": good[:-1],
        "one bit": good[:-1] + bytes([good[-1] ^ 1]),
        "unknown kind": sealed(kind=99),
        "unknown version": sealed(version=2),
        "not msgpack": sealed(payload=b"\xc1"),
        "deep": sealed(payload=deep),
        "70 KiB of progress": sealed(payload=b"\xda\xff\xff" + b"a" * 70_000),
        "length of 4 GiB": good[:8] + b"\xff\xff\xff\xff" + good[12:],
    }


SHIFT = {"do": "set", "mailbox": "probe.shift", "value": 0.5, "unit": "um"}
FF_GAIN = {"do": "set", "mailbox": "calender.ff_gain", "value": 1.0, "unit": "1"}
NOT_A_STATIONS = (
    FF_GAIN,
    {"do": "acquire", "actuator": ACTUATOR},
    {"do": "manual", "actuator": ACTUATOR, "value": 1400.0, "operator": "probe"},
    {"do": "arm", "operator": "probe"},
    {"do": "mode", "mode": "closed"},
)


def hello(station: str, **stamp: int) -> bytes:
    body = {"station": station, "api": 1, "pid": 0, "topics": []}
    return plain.frame("hello", body, **stamp)


def speak_as_a_stranger(line: LiveLine) -> int:
    """Frames that are none, and good ones under an unknown key; how many of the first."""
    raw = Raw(line, key=12345, epoch=1)
    frames = spoiled(plain.frame("progress", {"count": 1}, sender=1))
    for what, data in frames.items():
        assert raw.bytes(data)["status"] == "refused", what
    assert raw.ask({"do": "arm", "operator": "nobody"})[0] == "refused"
    assert raw.bytes(hello("calender", sender=12345))["status"] == "refused"
    raw.socket.send(bytes(2 << 20))  # more than a socket takes: the connection goes
    raw.close()
    return len(frames)


def speak_as_the_probe(line: LiveLine) -> None:
    """Good frames under a known key that ask for what is not to be had."""
    facts = line.facts()
    raw = Raw(line, facts["stations"]["probe"]["key"], facts["epoch_base"] + 500)
    greeting = hello("probe", sender=raw.key, epoch=raw.epoch)
    assert raw.bytes(greeting)["status"] == "applied"
    assert raw.ask({**SHIFT, "unit": "mm"}) == ("refused", "wrong_unit")
    assert raw.ask({**SHIFT, "value": math.nan}) == ("refused", "not_finite")
    assert raw.ask({**SHIFT, "mailbox": "probe.none"}) == ("refused", "unknown_name")
    for action in NOT_A_STATIONS:
        assert raw.ask(action) == ("refused", "not_allowed"), action
    assert raw.ask(SHIFT, age=900, window=500) == ("expired", "too_late")
    assert raw.ask(SHIFT, window=60_000) == ("refused", "window_too_long")
    assert raw.ask(SHIFT, age=-60_000) == ("refused", "from_the_future")
    assert raw.ask(SHIFT, token=99) == ("refused", "fenced")
    assert raw.ask({"do": "fly"}) == ("refused", "malformed")
    once = raw.frame(SHIFT)
    first, second = raw.bytes(once), raw.bytes(once)
    assert first == second
    assert first["status"] in ("applied", "advisory")
    raw.seq -= 2
    assert raw.ask(SHIFT) == ("refused", "malformed"), "an answered number is answered alike"
    raw.epoch -= 1
    assert raw.ask(SHIFT)[0] == "refused"
    raw.close()


def test_nonsense_is_counted_and_refused_and_the_line_goes_on() -> None:
    with LiveLine(lease_s=0.5, extra=PROBE) as line:
        line.start()
        send_signal(line.pid("probe"), signal.SIGKILL)
        line.until(lambda: line.table()["plugins"]["probe"]["state"] == "ended", "its end")
        # The probe claims ticks up to 900 back: there must have been that many.
        before = line.until_status(lambda s: s["core"]["tick"] > 1000, "a second of ticks")
        malformed = speak_as_a_stranger(line)
        speak_as_the_probe(line)
        enough = before["core"]["tick"] + 1500
        status = line.until_status(lambda s: s["core"]["tick"] > enough, "time", 0.1)
        counters, refusals = status["bus"]["counters"], status["core"]["refusals"]
        assert counters["malformed"] == malformed
        assert counters["unknown_sender"] >= 3
        for once in ("wrong_unit", "not_finite", "unknown_name", "too_late", "fenced"):
            assert refusals[once] == 1, once
        assert refusals["not_allowed"] >= len(NOT_A_STATIONS)
        assert status["core"]["answered_again"] >= 2
        assert status["core"]["mode"] == "advisory"
        assert actuator(status)["counters"]["writes"] == 0
        assert actuator(status)["holder"] == "calender"
        served = [s["core"]["stations"]["calender"]["commands"] for s in (before, status)]
        assert served[1] > served[0], "the good station is served all the while"
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        assert not ledger.lapses()
        assert not [r for r in ledger.rows if r.kind == "intent" and not r.body["advisory"]]
        taken = [r for r in ledger.rows if r.station == "probe" and r.action == "set" and r.applied]
        assert len(taken) == 1
        print(f"\n  bus {counters}\n  core {refusals}")


def test_a_flood_of_nonsense_costs_no_lease() -> None:
    with LiveLine(lease_s=0.5) as line:
        line.start().close_loop()
        first = line.status()["core"]["tick"]
        flood = Raw(line, key=7, epoch=1)
        good = plain.frame("progress", {"count": 1}, sender=7)
        sent, until_s = 0, time.monotonic() + 2.0
        while time.monotonic() < until_s:
            try:
                flood.socket.send(good[:-1] if sent % 2 else good, zmq.NOBLOCK)
                sent += 1
            except zmq.Again:
                flood.socket.poll(1)
        status = line.until_status(lambda s: s["core"]["tick"] > first + 2000, "time", 0.1)
        flood.close()
        counters = status["bus"]["counters"]
        assert actuator(status)["state"] == "closed"
        assert counters["malformed"] + counters["unknown_sender"] > 100
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        assert not ledger.lapses()
        print(
            f"\n  {sent} frames of nonsense sent in 2 s, {counters['malformed']} malformed,"
            f" {counters['unknown_sender']} of unknown sender; missed ticks"
            f" {status['core']['missed_ticks']} of {status['core']['tick']}"
        )
