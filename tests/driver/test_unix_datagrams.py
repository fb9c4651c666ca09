"""The core's end of a plant's socket, datagram by datagram."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import plain_peer as plain
import pytest
from bench_core import LiveCore
from linewright import messages as m
from plain_peer import BAD, GOOD, SAFE, Peer

LONG_LEASE = {"lease_s = 1.0": "lease_s = 60.0"}


@pytest.fixture
def line(tmp_path: Path) -> Iterator[LiveCore]:
    """Nothing gets old while a test thinks."""
    with LiveCore(tmp_path, LONG_LEASE) as core:
        yield core


def seen(line: LiveCore) -> tuple[float, bool]:
    """Value of the valve the loop asks for in the last intent; whether it was rejected."""
    rejected = line.valve()["counters"]["rejected"]
    line.tick()
    return line.valve()["value"], line.valve()["counters"]["rejected"] > rejected


def test_a_hello_that_fits_is_welcomed(line: LiveCore) -> None:
    with line.joined() as peer:
        assert peer.welcome is not None
        hz, lockstep, dead_man_ns, silent_ns = plain.struct.unpack("<IIQQ", peer.welcome.body)
        assert (hz, lockstep, dead_man_ns, silent_ns) == (100, 0, 80_000_000, 30_000_000_000)
        assert peer.session == 1
        assert line.plant()["connected"]
        ticks = peer.waiting()
        assert [t.kind for t in ticks] == [plain.TICK]
        line.tick(3)
        later = peer.waiting()
        assert [t.tick for t in later] == [ticks[0].tick + n for n in (1, 2, 3)]
        assert [t.seq for t in later] == [3, 4, 5]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (((0, "tank.level", "m"), plain.TANK[1]), ["tank.level", "in m in", "mm in the line"]),
        (((0, "tank.levl", "mm"), plain.TANK[1]), ["tank.levl", "not in the line file"]),
        ((plain.TANK[0],), ["tank.valve", "in %", "not in the hello"]),
        ((plain.TANK[1],), ["tank.level", "not in the hello"]),
        ((*plain.TANK, plain.TANK[0]), ["tank.level", "twice"]),
    ],
)
def test_a_hello_that_differs_is_refused_with_both_sides(
    line: LiveCore, entries: tuple[tuple[int, str, str], ...], reason: list[str]
) -> None:
    with Peer(line.socket) as peer:
        peer.hello(entries)
        line.tick()
        answer = peer.receive()
        assert answer is not None
        assert answer.kind == plain.REFUSED
        for part in reason:
            assert part in answer.body.decode()
        assert peer.receive() is None, "the connection ends"
    plant = line.plant()
    assert (plant["refused"], plant["connected"]) == (1, False)
    assert plant["refusal"] == answer.body.decode()
    line.joined().close()


def test_bad_datagrams_are_counted_and_never_act(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        before = line.valve()["counters"]["writes"]
        good = plain.seal(
            plain.SAMPLES,
            peer.seq + 100,
            session=1,
            count=1,
            body=plain.SAMPLE.pack(0, 0, GOOD, 90.0, time.monotonic_ns()),
        )
        body = good[plain.HEAD.size :]
        sent = [
            good[:-1],
            good + b"\0",
            good[:20],
            good[: plain.HEAD.size],
            b"x",
            bytes(len(good)),
            plain.seal(plain.SAMPLES, 99, session=1, count=1, body=body, version=2),
            plain.seal(plain.SAMPLES, 99, session=7, count=1, body=body),
            plain.seal(plain.SAMPLES, 99, session=1, count=2, body=body),
            plain.seal(
                plain.SAMPLES, 99, session=1, count=1, body=plain.SAMPLE.pack(1, 0, 0, 9, 9)
            ),
            plain.seal(
                plain.SAMPLES, 99, session=1, count=1, body=plain.SAMPLE.pack(0, 7, 0, 9, 9)
            ),
            plain.seal(55, 99, session=1),
            plain.seal(plain.TICK, 99, session=1),
            plain.seal(plain.HELLO, 99, count=2, body=plain.names(plain.TANK)),
            bytes(70_000),
        ]
        flip = random.Random(5)
        for _ in range(40):
            changed = bytearray(good)
            changed[flip.randrange(len(good))] ^= 1 << flip.randrange(8)
            sent.append(bytes(changed))
        for datagram in sent:
            peer.socket.send(datagram)
            line.tick()
            peer.waiting()
        assert line.plant()["bad"] == len(sent)
        assert line.valve()["counters"]["writes"] == before
        assert line.plant()["connected"]


def test_duplicates_and_old_measurements_do_not_act(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        now = time.monotonic_ns()
        peer.samples((0, 0, GOOD, 50.0, now))
        line.tick()
        writes = line.valve()["counters"]["writes"]
        peer.samples((0, 0, GOOD, 90.0, now + 1), seq=peer.seq)  # number used already
        peer.samples((0, 0, GOOD, 90.0, now - 1_000_000))  # measured before the one held
        peer.samples((0, 0, GOOD, 90.0, now))  # the same measurement, another value
        peer.samples((0, 0, GOOD, 90.0, now + 3_600_000_000_000))  # an hour ahead
        line.tick()
        plant = line.plant()
        assert (plant["duplicate"], plant["late"], plant["future"]) == (1, 1, 1)
        assert line.valve()["counters"]["writes"] == writes
        peer.samples((0, 0, GOOD, 90.0, time.monotonic_ns()), seq=peer.seq + 5)
        line.tick()
        assert line.plant()["gaps"] == 4
        assert line.valve()["counters"]["writes"] == writes + 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_bad(line: LiveCore, value: float) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        now = time.monotonic_ns()
        peer.samples((0, 0, GOOD, value, now))
        assert seen(line)[1]
        assert line.plant()["not_finite"] == 1


def test_a_value_older_than_its_max_age_is_none(tmp_path: Path) -> None:
    with LiveCore(tmp_path, LONG_LEASE, max_age_s=0.5) as line, line.joined() as peer:
        line.close_loop(peer)
        peer.samples((0, 0, GOOD, 51.0, time.monotonic_ns()))
        assert not seen(line)[1]
        time.sleep(0.51)
        assert seen(line)[1], "held too long"
        peer.samples((0, 0, GOOD, 51.0, time.monotonic_ns() - 510_000_000))
        assert seen(line)[1], "measured too long ago"
        peer.samples((0, 0, GOOD, 51.0, time.monotonic_ns()))
        assert not seen(line)[1]


def test_bad_quality_is_never_written(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        for n in range(3):
            peer.tank(90.0, 50.0, quality=BAD)
            line.tick()
            state = line.valve()["state"]
            assert state == ("closed" if n < 2 else "fallback")
        writes = [w for t in peer.waiting() for w in t.writes]
        assert all(w.reason == plain.FALLBACK for w in writes[1:])


def test_writes_bring_their_reason_and_the_number_the_ledger_has(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        peer.waiting()
        peer.tank(90.0, 50.0)
        line.tick()
        line.command(m.Manual("tank.valve", 30.0, "test"))
        peer.tank(50.0, 50.2)
        line.tick()
        writes = [w for t in peer.waiting() for w in t.writes]
        assert [w.reason for w in writes] == [plain.LOOP, plain.MANUAL, plain.MANUAL]
        assert writes[0].flags == 2, "held back by the rate"
        assert len({w.id for w in writes}) == len(writes)
        line.core.close()
    from linewright import _core

    rows = _core.ledger_rows(str(line.ledger), kinds=["intent"])
    import json

    bodies = [json.loads(r["body"]) if isinstance(r["body"], str) else r["body"] for r in rows]
    known = {b["id"]: (r["tick"], b["value"]) for r, b in zip(rows, bodies, strict=True)}
    for write in writes:
        assert known[write.id] == (write.tick, write.value)


def test_a_peer_that_goes_is_a_lost_plant_until_reset_and_arm(line: LiveCore) -> None:
    peer = line.joined()
    line.close_loop(peer)
    peer.close()
    line.tick(2)
    assert line.valve()["tripped"] == "plant_lost"
    assert line.valve()["state"] == "fallback"
    assert line.command(m.Manual("tank.valve", 30.0, "test")).reason == "tripped"
    assert line.command(m.Arm("test")).reason == "tripped"
    with line.joined() as again:
        for _ in range(5):
            again.tank(50.0, 12.0)  # where its own dead-man has put the valve
            line.tick()
        assert line.valve()["tripped"] == "plant_lost", "a plant that is back stays tripped"
        assert not [w for t in again.waiting() for w in t.writes]
        assert line.command(m.Reset("test")).status == "applied"
        told = again.waiting()
        assert any(t.flags & plain.RESET for t in told)
        again.tank(50.0, 12.0)
        line.tick()
        assert line.command(m.Arm("test")).status == "applied"
        again.tank(50.0, 12.0)
        line.tick()
        (first, *_) = [w for t in [*told, *again.waiting()] for w in t.writes]
        assert abs(first.value - 12.0) <= 20.0 * 2 / 100 + 1e-9, "starts from the read-back"


def test_a_peer_that_says_safe_trips_the_gate(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        peer.tank(50.0, 0.0, flags=SAFE)
        line.tick()
        assert line.valve()["tripped"] == "plant_lost"
        assert line.plant()["safe"]
        line.command(m.Reset("test"))
        peer.tank(50.0, 0.0)
        line.tick()
        assert line.valve()["tripped"] is None
        assert not any(t.flags for t in peer.waiting()[-1:]), "RESET ends when the latch is left"


def test_a_silent_peer_is_let_go(tmp_path: Path) -> None:
    with LiveCore(tmp_path, LONG_LEASE, silent_s=1.0) as line, line.joined() as peer:
        line.close_loop(peer)
        time.sleep(0.6)
        peer.samples()  # a sign of life
        line.tick()
        time.sleep(0.6)
        line.tick()
        assert line.plant()["connected"]
        assert line.valve()["tripped"] is None
        time.sleep(1.01)
        line.tick(2)
        assert (line.plant()["connected"], line.plant()["lost_peers"]) == (False, 1)
        assert line.valve()["tripped"] == "plant_lost"


def test_a_second_peer_waits_until_the_first_has_gone(line: LiveCore) -> None:
    first = line.joined()
    with Peer(line.socket) as second:
        second.hello()
        line.tick(5)
        assert not second.waiting()
        first.close()
        line.tick(3)
        second.join()
        assert line.plant()["connections"] == 2


def test_a_peer_that_does_not_read_costs_no_write_it_has_room_for(line: LiveCore) -> None:
    with line.joined() as peer:
        line.close_loop(peer)
        level = 50.0
        while line.plant()["unsent_ticks"] < 20:
            level = 80.0 if level < 60.0 else 50.0
            peer.tank(level, line.valve()["value"])
            line.tick()
        last = line.valve()["value"]
        told = [w for t in peer.waiting() for w in t.writes]
        peer.tank(level, last)
        line.tick()
        told += [w for t in peer.waiting() for w in t.writes]
        assert told[-1].value == line.valve()["value"], "the newest gets through"
        plant = line.plant()
        assert plant["writes"] + plant["unsent_writes"] == line.valve()["counters"]["writes"]
