"""Promises of the act path, seen from the sink: A2, A3, A5, A6."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import plain_peer as plain
import pytest
from bench_core import LIVE, VALVE, LiveCore, write_line
from linewright import messages as m
from linewright.line import load
from linewright.mistakes import Mistakes
from plain_peer import BAD, GOOD, SAFE, Peer
from sink import Sink

COMMAND = Path(sys.executable).parent / "linewright"
LEASE = {"lease_s = 1.0": "lease_s = 500.0"}
DIRECT = {**LEASE, "resolution = 0.01": "resolution = 0.0", "= 20.0": "= 1e6"}
"""What is commanded is what is written."""
HZ = 100
CAP_TICKS = 10 * HZ

# -- A2 --------------------------------------------------------------------------------------------

WRONG = {
    "lo above hi": ({"lo = 0.0": "lo = 200.0"}, "hi"),
    "lo missing": ({"lo = 0.0\n": ""}, "lo"),
    "hi not a number": ({"hi = 100.0": "hi = nan"}, "hi"),
    "hi infinite": ({"hi = 100.0": "hi = inf"}, "hi"),
    "rate missing": ({"max_rate_per_s = 20.0\n": ""}, "max_rate_per_s"),
    "rate zero": ({"max_rate_per_s = 20.0": "max_rate_per_s = 0.0"}, "max_rate_per_s"),
    "rate negative": ({"max_rate_per_s = 20.0": "max_rate_per_s = -1.0"}, "max_rate_per_s"),
    "wrong unit": ({'unit = "%"': 'unit = "mm"'}, "unit"),
    "fallback outside": ({"ramp_to = 0.0": "ramp_to = 101.0"}, "fallback"),
    "fallback not a number": ({"ramp_to = 0.0": "ramp_to = nan"}, "fallback"),
    "fallback unknown": ({"{ ramp_to = 0.0 }": '"float"'}, "fallback"),
    "fallback missing": ({"fallback = { ramp_to = 0.0 }\n": ""}, "fallback"),
    "lease zero": ({"lease_s = 1.0": "lease_s = -1.0"}, "lease"),
    "resolution coarse": ({"resolution = 0.01": "resolution = 500.0"}, "resolution"),
    "tolerance negative": (
        {"read_back_tolerance = 0.1": "read_back_tolerance = -0.1"},
        "read_back_tolerance",
    ),
    "hi absurd": ({"hi = 100.0": "hi = 1e300"}, "hi"),
}


STARTED = ("lo above hi", "rate missing", "fallback not a number", "lease zero")
"""Those that a whole line is started with; the others are read by the same reader."""


@pytest.mark.parametrize("name", WRONG)
def test_a2_bad_limits_are_told_with_key_and_line(name: str, tmp_path: Path) -> None:
    changes, key = WRONG[name]
    file = write_line(tmp_path, {**LIVE, **changes})
    with pytest.raises(Mistakes) as caught:
        load(file)
    (mistake, *_) = caught.value.errors
    assert f"actuators.{key}" in mistake.key.replace(f'"{VALVE}".', "")
    table = file.read_text().splitlines().index(f'[actuators."{VALVE}"]') + 1
    assert table <= mistake.line <= table + 10


@pytest.mark.parametrize(
    "name", [*STARTED, *(pytest.param(n, marks=pytest.mark.soak) for n in WRONG)]
)
def test_a2_bad_limits_refuse_the_start_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    changes, key = WRONG[name]
    file = write_line(tmp_path, {**LIVE, **changes})
    run_dir = tmp_path / "run"
    sink = Sink(run_dir / "plant.sock")
    sink.start()
    done = subprocess.run(
        [COMMAND, "run", file, "--run-dir", run_dir],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    sink.end()
    said = done.stdout + done.stderr
    assert done.returncode == 78, said
    assert f"{file}:" in said
    assert key in said
    assert (sink.lines, sink.heartbeats) == ([], 0)


# -- A3 --------------------------------------------------------------------------------------------


def expiries(folder: Path, commands: int, seed: int) -> Counter[str]:
    """Commands of every age and window, late by queues; who acted is seen at the sink."""
    draw = random.Random(seed)
    counts: Counter[str] = Counter()
    with LiveCore(folder, DIRECT) as line, line.joined() as peer:
        line.close_loop(peer)
        line.core.drain()
        peer.waiting()
        epoch, waiting, seq = 1, [], line.seq
        accepted: set[float] = set()
        expected: dict[int, str] = {}
        while seq < commands + line.seq:
            now = line.core.tick
            for _ in range(40):
                seq += 1
                window = draw.choice((draw.randint(2, 50), draw.randint(2, 50), CAP_TICKS + 1))
                based_on = now - draw.randint(-10 * HZ, 10 * HZ) // draw.choice((1, 1, 50))
                value = round(100.0 * seq / (commands + 100), 9)
                stamp = m.Stamp(
                    sender=line.KEYS["tank"],
                    epoch=epoch,
                    seq=seq,
                    based_on_tick=based_on,
                    not_after_tick=based_on + window,
                )
                action = m.Set("tank.wanted", value, "mm")
                frame = m.encode(m.Command(line.token, action), stamp)
                due = now + draw.choice((0, 0, 0, 1, 7, 30)) if not waiting else now
                waiting.append(
                    (max(due, waiting[-1][0] if waiting else due), seq, value, stamp, frame)
                )
            while waiting:  # in the order of their numbers, each in its time
                due = waiting[0][0]
                if line.core.tick < due:
                    peer.tank(50.0, line.valve()["value"])
                    line.tick(due - line.core.tick)
                now = line.core.tick
                while waiting and waiting[0][0] <= now:
                    _, number, value, stamp, frame = waiting.pop(0)
                    line.core.submit(frame)
                    long = stamp.not_after_tick - stamp.based_on_tick > CAP_TICKS
                    early, late = stamp.based_on_tick > now, stamp.not_after_tick < now
                    expected[number] = (
                        "window_too_long"
                        if long
                        else "from_the_future"
                        if early
                        else "too_late"
                        if late
                        else "applied"
                    )
                    if expected[number] == "applied":
                        accepted.add(value)
                peer.tank(50.0, line.valve()["value"])
                line.tick()
            for frame in line.core.drain():
                message = m.decode(frame)[1]
                if isinstance(message, m.Ack) and message.seq in expected:
                    found = message.status if message.status == "applied" else message.reason
                    assert found == expected[message.seq], message
                    counts[found] += 1
            writes = [w for t in peer.waiting() for w in t.writes]
            for write in writes:
                wanted = 100.0 - write.value
                close = any(abs(wanted - value) < 1e-9 for value in accepted)
                assert close or abs(wanted - 50.0) < 1e-9, (write, "was never accepted")
            counts["lines"] += len(writes)
            if accepted:
                accepted = set(sorted(accepted)[-200:])  # values rise: the newest is the largest
    return counts


def test_a3_only_commands_in_their_window_reach_the_sink(tmp_path: Path) -> None:
    counts = expiries(tmp_path, 4000, seed=3)
    print(f"\n  A3: {dict(counts)}")
    assert min(counts[k] for k in ("applied", "too_late", "from_the_future")) > 200, counts
    assert counts["window_too_long"] > 200
    assert counts["lines"] > 50


@pytest.mark.soak
def test_a3_a_hundred_thousand_commands(tmp_path: Path) -> None:
    counts = expiries(tmp_path, 100_000, seed=4)
    print(f"\n  A3: {dict(counts)}")


# -- A5 --------------------------------------------------------------------------------------------

PERMITS = ("config", "mode", "armed", "lease", "quality", "no_trip", "no_manual")


def combination(folder: Path, held: set[str]) -> tuple[str, list[plain.Write]]:
    """State and writes of a line that holds these permits."""
    changes = {} if "config" in held else {'permit = "closed"': 'permit = "advisory"'}
    with LiveCore(folder, {**DIRECT, **changes}) as line, line.joined() as peer:

        def say(flags: int = 0) -> None:
            quality = GOOD if "quality" in held else BAD
            peer.tank(48.0, 50.0, flags=flags, quality=quality)

        say()
        if "lease" in held:
            ack = line.command(m.Acquire(VALVE), station=True)
            line.token = ack.token or 0
        if "mode" in held:
            line.command(m.Mode("closed"))
        if "armed" in held:
            line.command(m.Arm("test"))
        if "no_manual" not in held:
            line.command(m.Manual(VALVE, 50.0, "test"))
        peer.waiting()
        for _ in range(6):
            say(0 if "no_trip" in held else SAFE)
            line.tick()
        writes = [w for t in peer.waiting() for w in t.writes if w.reason == plain.LOOP]
        return line.valve()["state"], writes


@pytest.mark.parametrize("first", [False, True])
def test_a5_a_loop_writes_with_every_permit_and_with_none_missing(
    tmp_path: Path, first: bool
) -> None:
    """All 128 combinations of what can be taken away from outside; the ledger has its own test."""
    for bits in range(64):
        held = {name for i, name in enumerate(PERMITS[1:]) if bits & 1 << i}
        held |= {"config"} if first else set()
        folder = tmp_path / str(bits)
        folder.mkdir()
        state, writes = combination(folder, held)
        complete = len(held) == len(PERMITS)
        # A plant that says it is safe is no combination with writes before it: they are looked for
        # from its word on.
        assert (state == "closed") == complete, (held, state)
        assert bool(writes) == complete, (held, writes)


def test_a5_a_full_ledger_is_the_fallback(tmp_path: Path) -> None:
    with LiveCore(tmp_path, DIRECT, ledger_bytes=200_000) as line, line.joined() as peer:
        line.close_loop(peer)
        for n in range(20_000):
            peer.tank(50.0 + n % 7, 50.0)
            line.tick()
            line.core.drain()
            peer.waiting()
            if n % 50 == 0 and line.valve()["state"] != "closed":
                break
        assert line.core.status()["ledger"]["state"] == "full"
        assert line.valve()["state"] == "fallback"
        for n in range(20):
            peer.tank(50.0 + n % 7, 50.0)
            line.tick()
        assert all(w.reason == plain.FALLBACK for t in peer.waiting() for w in t.writes)


def advisory(folder: Path, commands: int) -> int:
    with LiveCore(folder, DIRECT) as line, line.joined() as peer:
        peer.tank(50.0, 50.0)
        ack = line.command(m.Acquire(VALVE), station=True)
        line.token = ack.token or 0
        done, writes = 0, 0
        while done < commands:
            now = line.core.tick
            for _ in range(200):
                line.seq += 1
                done += 1
                stamp = m.Stamp(
                    sender=line.KEYS["tank"],
                    epoch=1,
                    seq=line.seq,
                    based_on_tick=now,
                    not_after_tick=now + 50,
                )
                action = m.Set("tank.wanted", done % 100, "mm")
                line.core.submit(m.encode(m.Command(line.token, action), stamp))
            peer.tank(50.0, 50.0)
            line.tick()
            statuses = {
                a.status
                for frame in line.core.drain()
                if isinstance(a := m.decode(frame)[1], m.Ack) and a.seq > line.seq - 200
            }
            assert statuses == {"advisory"}, statuses
            writes += sum(len(t.writes) for t in peer.waiting())
        assert line.valve()["counters"]["writes"] == 0
        return writes


def test_a5_advisory_writes_nothing_whatever_it_is_told(tmp_path: Path) -> None:
    assert advisory(tmp_path, 4000) == 0


@pytest.mark.soak
def test_a5_a_million_commands_in_advisory(tmp_path: Path) -> None:
    assert advisory(tmp_path, 1_000_000) == 0


def restarts(folder: Path, count: int) -> None:
    """A core that starts is advisory, whatever the last one was; nothing is written unarmed."""
    for n in range(count):
        with LiveCore(folder, DIRECT, ticks=200, epoch=n + 1) as line, line.joined() as peer:
            peer.tank(40.0, 50.0)
            ack = line.command(m.Acquire(VALVE), station=True)
            assert (ack.token or 0) == n + 1, "a token is never used again"
            assert line.core.status()["mode"] == "advisory"
            for _ in range(3):
                peer.tank(40.0, 50.0)
                line.tick()
            assert not [w for t in peer.waiting() for w in t.writes]
            line.token = ack.token or 0
            line.command(m.Mode("closed"))
            line.command(m.Arm("test"))
            peer.tank(40.0, 50.0)
            line.tick()
            assert [w for t in peer.waiting() for w in t.writes]


def test_a5_every_start_is_advisory(tmp_path: Path) -> None:
    restarts(tmp_path, 20)


@pytest.mark.soak
def test_a5_a_thousand_starts_are_advisory(tmp_path: Path) -> None:
    restarts(tmp_path, 1000)


# -- A6 --------------------------------------------------------------------------------------------

RATE_PER_TICK = 20.0 / HZ


def follow(peer: Peer, at: float) -> tuple[float, list[plain.Write]]:
    """Where the valve stands after what has come, and what came."""
    writes = [w for t in peer.waiting() for w in t.writes]
    for write in writes:
        # Two ticks of rate at most, whatever happened in between.
        assert abs(write.value - at) <= 2 * RATE_PER_TICK + 1e-9, (at, write)
        at = write.value
    return at, writes


def test_a6_manual_wins_in_one_tick_and_nobody_takes_it_back_without_an_arm(
    tmp_path: Path,
) -> None:
    with LiveCore(tmp_path, LEASE) as line, line.joined() as peer:
        line.close_loop(peer)
        at, _ = follow(peer, 50.0)
        peer.tank(90.0, at)
        line.tick()
        at, writes = follow(peer, at)
        assert [w.reason for w in writes] == [plain.LOOP]
        before = line.core.tick
        line.command(m.Manual(VALVE, 20.0, "test"))
        at, writes = follow(peer, at)
        assert [(w.reason, w.tick) for w in writes] == [(plain.MANUAL, before)], "in its own tick"
        for _ in range(20):
            peer.tank(90.0, at)
            line.renew()
            line.tick()
            at, writes = follow(peer, at)
            assert {w.reason for w in writes} <= {plain.MANUAL}
        assert line.command(m.Set("tank.wanted", 10.0, "mm"), station=True).status == "advisory"
        at, _ = follow(peer, at)
        peer.tank(90.0, at)
        assert line.command(m.Arm("test")).status == "applied"
        at_arm = at
        _, writes = follow(peer, at)
        assert writes[0].reason == plain.LOOP
        assert abs(writes[0].value - at_arm) <= RATE_PER_TICK + 1e-9


def test_a6_set_points_versions_and_modes_change_without_a_bump(tmp_path: Path) -> None:
    draw = random.Random(6)
    with LiveCore(tmp_path, LEASE) as line, line.joined() as peer:
        line.close_loop(peer)
        at, seen = follow(peer, 50.0)[0], Counter[int]()
        for _ in range(400):
            level = draw.uniform(20.0, 80.0)
            peer.tank(level, at)
            match draw.randrange(6):
                case 0:
                    line.command(m.Manual(VALVE, draw.uniform(0.0, 100.0), "test"))
                case 1:
                    line.command(m.Set("tank.wanted", draw.uniform(0.0, 100.0), "mm"), station=True)
                case 2:  # another version of the plugin takes the lease
                    ack = line.command(m.Acquire(VALVE), station=True)
                    line.token = ack.token or line.token
                case 3:
                    line.command(m.Mode(draw.choice(("advisory", "closed"))))
                case _:
                    line.command(m.Mode("closed"))
                    peer.tank(level, at)
                    line.command(m.Arm("test"))
            for _ in range(4):
                at, writes = follow(peer, at)
                seen.update(w.reason for w in writes)
                peer.tank(level, at)
                line.tick()
            at, writes = follow(peer, at)
            seen.update(w.reason for w in writes)
        assert all(seen[reason] > 20 for reason in (plain.LOOP, plain.MANUAL, plain.FALLBACK)), seen
