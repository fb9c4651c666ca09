"""A7: twelve faults of an input, given by the plant itself in lock-step: the loop acts on none of
them longer than two samples or `max_age`, and a quality never gets better on its way.

The station is a tank with two level sensors, the second mounted 5 mm lower, so that it reads 5 mm
more; what it does with them is plain wiring: range, rate, standing still, one against the
other.
"""

from __future__ import annotations

import json
import math
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plain_peer as plain
import pytest
from bench_core import LiveCore, line_text
from linewright import _core
from linewright import messages as m
from linewright.line import load
from plain_peer import BAD, GOOD, LOOP, UNCERTAIN

HZ, MAX_AGE_TICKS, FAULT_TICK, END_TICK = 100, 5, 300, 400
NAMES = ((0, "tank.level", "mm"), (0, "tank.level_b", "mm"), (1, "tank.valve", "%"))
STATION = """
import linewright as lw


class Tank(lw.Station):
    name = "tank"

    def build(self, g):
        with g.loop("level", rate_hz=100.0) as loop:
            a = loop.input("tank.level", "mm", max_age_s=0.05)
            b = loop.input("tank.level_b", "mm", max_age_s=0.05)
            before = loop.apply(lw.TimeDelay, a, dead_time_s=0.01)
            outside = (a < 0.0) | (a > 100.0) | (b < 0.0) | (b > 110.0)
            apart = abs(b - a - loop.const(5.0, "mm")) > 1.0
            leaps = abs(a - before) > 3.0
            stuck = loop.apply(lw.Stuck, a, resolution=0.001, time_s=0.04).stuck > 0.5
            level = loop.bad_when(a, outside | apart | leaps | stuck)
            level = loop.select(loop.is_good(b), level, level)
            loop.tap("level", level, every_s=0.01)
            per_mm = loop.const(1.0, "%/mm")
            wanted = loop.const(50.0, "mm")
            loop.output(
                "tank.valve", (level - wanted) * per_mm + loop.const(50.0, "%"), unit="%"
            )
"""
IO = 'channels = { "tank.level" = "mm", "tank.level_b" = "mm" }'


@dataclass
class Told:
    """What both sensors say in a tick: `(value, quality, source tick)`; none = nothing."""

    a: tuple[float, int, int] | None
    b: tuple[float, int, int] | None


def sound(tick: int) -> Told:
    """A level that moves all the while, and two sensors that agree."""
    level = 50.0 + 20.0 * math.sin(2.0 * math.pi * tick / 97.0)
    return Told((level, GOOD, tick), (level + 5.0, GOOD, tick))


def a_of(tick: int) -> float:
    return sound(tick).a[0]  # type: ignore[index]


def with_a(change: Callable[[int], tuple[float, int, int] | None]) -> Callable[[int], Told]:
    return lambda tick: Told(change(tick), sound(tick).b)


def swapped(tick: int) -> Told:
    told = sound(tick)
    return Told(told.b, told.a)


FAULTS: dict[str, Callable[[int], Told]] = {
    "stale": with_a(lambda _: (a_of(FAULT_TICK - 1), GOOD, FAULT_TICK - 1)),
    "frozen": with_a(lambda tick: (a_of(FAULT_TICK - 1), GOOD, tick)),
    "out of range": with_a(lambda tick: (130.0, GOOD, tick)),
    "impossible rate": with_a(lambda tick: (a_of(tick) + 9.0 * (tick % 2), GOOD, tick)),
    "stuck bit": with_a(lambda tick: (float(int(a_of(tick) * 16) ^ 0x80) / 16, GOOD, tick)),
    "swapped channels": swapped,
    "bad": with_a(lambda tick: (a_of(tick), BAD, tick)),
    "nan": with_a(lambda tick: (math.nan, GOOD, tick)),
    "unit x1000": with_a(lambda tick: (a_of(tick) * 1000.0, GOOD, tick)),
    "time reversed": with_a(lambda tick: (a_of(tick), GOOD, 2 * FAULT_TICK - tick - 2)),
    "missing": with_a(lambda _: None),
}
"""Eleven that must not act; `uncertain` is the twelfth, which may, and says so."""


@dataclass
class Book:
    writes: list[plain.Write] = field(default_factory=list)
    qualities: dict[int, int] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)


def plant(path: Path, fault: Callable[[int], Told], book: Book) -> None:
    """The peer: samples of each tick, then its writes."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.connect(str(path))
    peer.settimeout(30.0)
    peer.send(plain.seal(plain.HELLO, 1, count=len(NAMES), body=plain.names(NAMES)))
    welcome = plain.unseal(peer.recv(65536))
    valve, tick, seq = 50.0, welcome.tick, 1
    try:
        while True:
            told = fault(tick) if tick >= FAULT_TICK else sound(tick)
            seq += 1
            entries = [
                plain.SAMPLE.pack(i, 0, of[1], of[0], of[2] * 10**9 // HZ)
                for i, of in enumerate((told.a, told.b))
                if of is not None
            ]
            entries.append(plain.SAMPLE.pack(0, 1, GOOD, valve, tick * 10**9 // HZ))
            peer.send(
                plain.seal(
                    plain.SAMPLES, seq, tick, welcome.session, 0, len(entries), b"".join(entries)
                )
            )
            data = peer.recv(65536)
            if not data:
                break
            heard = plain.unseal(data)
            for write in heard.writes:
                valve = write.value
                book.writes.append(write)
            tick = heard.tick + 1
    except OSError:
        pass
    finally:
        peer.close()


def shift(folder: Path, fault: Callable[[int], Told]) -> Book:
    """Four seconds in lock-step with a fault after three."""
    (folder / "twin_tank.py").write_text(STATION)
    changes = {
        "duration_s = 60.0": f"duration_s = {END_TICK / HZ}",
        'channels = { "tank.level" = "mm" }': IO,
        "tank:Tank": "twin_tank:Tank",
        "lease_s = 1.0": "lease_s = 60.0",
        "= 20.0": "= 1e4",
        "resolution = 0.01": "resolution = 0.0",
    }
    file = folder / "line.toml"
    file.write_text(line_text(changes))
    config = load(file).core_config(folder, LiveCore.KEYS, LiveCore.OPERATOR)
    config["record"] = None
    book = Book()
    core = _core.Core(json.dumps(config))
    peer = threading.Thread(target=plant, args=(folder / "plant.sock", fault, book), daemon=True)
    peer.start()
    core.advance(1)
    stamp = m.Stamp(
        sender=LiveCore.KEYS["tank"], epoch=1, seq=1, based_on_tick=1, not_after_tick=50
    )
    core.submit(m.encode(m.Command(0, m.Acquire("tank.valve")), stamp))
    while core.tick < END_TICK:
        core.advance(min(core.tick + 10, END_TICK))
        for frame in core.drain():
            header, message = m.decode(frame)
            if isinstance(message, m.Sample) and message.topic == "tank.level":
                book.qualities[message.tick] = header.quality
    book.status = core.status()
    core.close()
    del core
    peer.join(10.0)
    return book


def test_a7_a_sound_plant_is_acted_on_all_the_while(tmp_path: Path) -> None:
    book = shift(tmp_path, sound)
    by_loop = [w.tick for w in book.writes if w.reason == LOOP]
    assert by_loop[-1] == END_TICK - 1
    assert len(by_loop) > 300
    assert {q for t, q in book.qualities.items() if t > 5} == {GOOD}


@pytest.mark.parametrize("name", FAULTS)
def test_a7_a_fault_of_an_input_is_not_acted_on(name: str, tmp_path: Path) -> None:
    book = shift(tmp_path, FAULTS[name])
    by_loop = [w for w in book.writes if w.reason == LOOP]
    before = [w for w in by_loop if w.tick < FAULT_TICK]
    assert len(before) > 200, "it acted until then"
    last = max(w.tick for w in by_loop)
    # Two samples, or max_age where the fault is one of age or shows in time alone.
    most = {"stale": MAX_AGE_TICKS, "time reversed": MAX_AGE_TICKS, "missing": MAX_AGE_TICKS}
    limit = FAULT_TICK + most.get(name, MAX_AGE_TICKS if name == "frozen" else 2)
    assert last <= limit, f"acted on until {last - FAULT_TICK} ticks after the fault"
    state = book.status["actuators"]["tank.valve"]
    assert state["state"] == "fallback", state
    assert {book.qualities[tick] for tick in range(limit + 1, END_TICK)} == {BAD}
    print(f"\n  A7 {name}: last act {last - FAULT_TICK} ticks after the fault")


def test_a7_uncertain_acts_and_stays_uncertain(tmp_path: Path) -> None:
    book = shift(tmp_path, with_a(lambda tick: (a_of(tick), UNCERTAIN, tick)))
    assert max(w.tick for w in book.writes if w.reason == LOOP) == END_TICK - 1
    after = {book.qualities[tick] for tick in range(FAULT_TICK + 1, END_TICK)}
    assert after == {UNCERTAIN}, after
