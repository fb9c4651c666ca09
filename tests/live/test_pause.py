"""Processes that stand still and wake up: what they wanted before no longer counts."""

from __future__ import annotations

import math
import os
import random
import signal
import time
from itertools import pairwise

import pytest
from live_ledger import Ledger
from live_line import BASE_HZ, LiveLine, actuator, send_signal
from live_stations import TICKS

PUSHING = "live_stations:Pushing"


def elapsed_s(since_ns: int, wanted_s: float) -> bool:
    return time.monotonic_ns() - since_ns >= wanted_s * 1e9


def set_points(ledger: Ledger, kind: str) -> list[tuple[int, int]]:
    """Tick in which each set-point was judged, and the tick it was made in (`Pushing` only)."""
    return [
        (row.tick, round(row.asked["value"] * TICKS))
        for row in ledger.rows
        if row.kind == kind and row.action == "set" and row.asked["value"] > 0.0
    ]


def check_woken(ledger: Ledger, line: LiveLine, stopped_ns: int, window_ticks: int) -> None:
    """Fallback in time, no set-point acts after it expired, a new lease, no way back by itself."""
    fallback = ledger.fallback(stopped_ns)
    assert fallback.late <= 2
    assert fallback.write_late <= 2
    stopped_tick = ledger.tick_at(stopped_ns)
    assert fallback.lapse.body["until_tick"] <= stopped_tick + line.lease_ticks + 50
    acted = set_points(ledger, "command")
    assert acted
    assert all(made <= tick <= made + window_ticks for tick, made in acted)
    tokens = [r.body["token"] for r in ledger.rows if r.action == "acquire" and r.applied]
    assert tokens == sorted(set(tokens))
    assert len(tokens) >= 2
    assert ledger.check_needs_arm() >= 1
    print(
        f"\n  fallback {fallback.late} ticks after the lease's end,"
        f" {fallback.lapse.tick - stopped_tick} after the stop; lease again"
        f" {(fallback.back_ns - stopped_ns) / 1e9:.3f} s after the stop; set-points taken"
        f" {len(acted)}, oldest {max(t - made for t, made in acted)} ticks,"
        f" expired {len(set_points(ledger, 'refused'))}"
    )


def pauses(rounds: int, longest_s: float, seed: int) -> None:
    """Stop and wake the station in control while it pushes set-points; the supervisor stands still,
    so that it is the same process that wakes."""
    rng = random.Random(seed)
    stopped: list[tuple[int, float]] = []
    with LiveLine(plugin=PUSHING) as line:
        line.start().close_loop()
        window_ticks = line.facts()["window_ticks"]
        pids = line.pids()
        os.kill(pids["supervisor"], signal.SIGSTOP)
        for _ in range(rounds):
            pause_s = math.exp(rng.uniform(math.log(0.05), math.log(longest_s)))
            stopped.append((send_signal(pids["calender"], signal.SIGSTOP), pause_s))
            time.sleep(pause_s)
            os.kill(pids["calender"], signal.SIGCONT)
            line.until_status(lambda s: actuator(s).get("holder") == "calender", "a lease")
            if actuator(line.status())["state"] != "closed":
                line.arm()
        os.kill(pids["supervisor"], signal.SIGCONT)
        assert line.stop()[0] == 0
        judge(Ledger(line.ledger), stopped, window_ticks, line.lease_ticks)


def judge(
    ledger: Ledger, stopped: list[tuple[int, float]], window_ticks: int, lease_ticks: int
) -> None:
    """No set-point acts after its window, fallbacks in time, nothing closes without an arm."""
    acted = set_points(ledger, "command")
    assert acted
    too_old = [(made, tick) for tick, made in acted if not made <= tick <= made + window_ticks]
    assert too_old == []
    lapses = ledger.lapses()
    must = [ns for ns, pause_s in stopped if pause_s * BASE_HZ > 2 * lease_ticks]
    late = [ledger.fallback(ns) for ns in must]
    assert must, "no pause was longer than the lease: nothing was tested"
    assert all(of.late <= 2 and of.write_late <= 2 for of in late), late
    assert ledger.check_needs_arm() == len(lapses) >= len(must)
    tokens = [r.body["token"] for r in ledger.rows if r.action == "acquire" and r.applied]
    assert tokens == sorted(set(tokens))
    print(
        f"\n  P2: {len(stopped)} pauses, {len(must)} beyond two leases, {len(lapses)} lapses;"
        f" fallback at most {max(of.late for of in late)} ticks after the lease's end;"
        f" set-points taken {len(acted)}, oldest {max(t - made for t, made in acted)} of"
        f" {window_ticks} ticks, refused {len(set_points(ledger, 'refused'))}"
    )


@pytest.mark.parametrize("seed", [1])
def test_p2_what_a_paused_station_wanted_no_longer_counts(seed: int) -> None:
    pauses(30, 1.0, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [2])
def test_p2_three_hundred_pauses(seed: int) -> None:
    pauses(300, 10.0, seed)


def test_a_station_that_stands_still_is_replaced_and_its_set_points_die_with_it() -> None:
    with LiveLine(plugin=PUSHING) as line:
        line.start().close_loop()
        window_ticks = line.facts()["window_ticks"]
        old = line.pid("calender")
        stopped_ns = send_signal(old, signal.SIGSTOP)
        line.until_status(
            lambda s: actuator(s).get("holder") == "calender" and line.pid("calender") != old,
            "another process with the lease",
        )
        assert any("no progress" in text for text in line.table()["alarms"])
        assert actuator(line.status())["state"] == "fallback"
        line.arm()
        assert line.stop()[0] == 0
        check_woken(Ledger(line.ledger), line, stopped_ns, window_ticks)


def test_a_station_that_wakes_after_4_s_moves_nothing_with_what_it_sent_before() -> None:
    """The supervisor stands still as well, so that nobody replaces the station, and the bus for a
    while before it, so that set-points are under way."""
    with LiveLine(plugin=PUSHING) as line:
        line.start().close_loop()
        window_ticks = line.facts()["window_ticks"]
        pids = line.pids()
        os.kill(pids["supervisor"], signal.SIGSTOP)
        bus_ns = send_signal(pids["bus"], signal.SIGSTOP)
        line.until(lambda: elapsed_s(bus_ns, 0.1), "set-points on their way", 0.005)
        stopped_ns = send_signal(pids["calender"], signal.SIGSTOP)
        line.until(lambda: elapsed_s(stopped_ns, 2.0), "the window's end")
        os.kill(pids["bus"], signal.SIGCONT)
        line.until_status(lambda s: actuator(s).get("state") == "fallback", "fallback")
        assert actuator(line.status())["holder"] is None
        line.until(lambda: elapsed_s(stopped_ns, 4.0), "4 s")
        os.kill(pids["calender"], signal.SIGCONT)
        line.until_status(lambda s: actuator(s).get("holder") == "calender", "a new lease")
        assert actuator(line.status())["state"] == "fallback"
        os.kill(pids["supervisor"], signal.SIGCONT)
        line.until_status(lambda s: s["core"]["refusals"].get("too_late", 0) > 0, "expired ones")
        assert line.pid("calender") == pids["calender"], "it is the same process that woke"
        line.arm()
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        check_woken(ledger, line, bus_ns, window_ticks)
        late = set_points(ledger, "refused")
        assert late
        assert all(tick > made + window_ticks for tick, made in late)


def test_a_core_that_stands_still_makes_one_tick_on_waking() -> None:
    with LiveLine() as line:
        line.start().close_loop()
        pid = line.pid("core")
        before = line.status()["core"]
        stopped_ns = send_signal(pid, signal.SIGSTOP)
        line.until(lambda: elapsed_s(stopped_ns, 1.0), "1 s", 0.005)
        woken_ns = send_signal(pid, signal.SIGCONT)
        after = line.until_status(lambda s: s["core"]["tick"] > before["tick"] + 1000, "ticks")
        line.until_status(lambda s: actuator(s).get("holder") == "calender", "a lease")
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        first, count = max(ledger.missed, key=lambda gap: gap[1])
        pause_ticks = (woken_ns - stopped_ns) * BASE_HZ // 1_000_000_000
        assert pause_ticks - 5 <= count
        core = after["core"]
        assert core["missed_ticks"] >= count
        loop = core["loops"][0]
        assert abs(loop["cycles"] + loop["missed"] - core["tick"]) <= 2, "a tick is made or missed"
        assert loop["missed_in_a_row"] >= count
        wake = first + count
        assert ledger.tick_at(woken_ns) - 5 <= wake
        rows = [r for r in ledger.rows if r.kind == "intent" and not r.body["advisory"]]
        assert not [r for r in rows if first <= r.tick < wake], "nothing acts in a missed tick"
        assert len([r for r in rows if r.tick == wake]) <= 1, "one write in the tick of waking"
        stamps = sorted({(r.tick, r.mono_ns) for r in ledger.rows if r.tick >= wake and r.mono_ns})
        for (tick, ns), (later, later_ns) in pairwise(stamps):
            assert later_ns - ns >= (later - tick - 2) * 1_000_000, "ticks are not made up"
        ledger.check_rates()
        fallback = ledger.fallback(stopped_ns)
        assert fallback.lapse.tick == wake, "the lease had run out: fallback in the tick of waking"
        print(f"\n  pause {pause_ticks} ticks, missed {count}, woke in tick {wake}")
