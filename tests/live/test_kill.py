"""Stations and bus killed at the worst of times: the loop goes on, the output goes to its declared
fallback, the process comes back, and nothing is in control again before a person says so."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from live_ledger import Ledger
from live_line import BASE_HZ, LiveLine, actuator, send_signal

KILLS_PER_START = 3
"""The wait before a restart doubles with each failure; the fifth in a minute is quarantine."""
BACK_S = 1.0
STARTS_PER_QUIET = 6
"""Starts with kills to one line left alone."""
QUIET_PART = 3
"""Ticks with kills to one of the line left alone; what it missed is reckoned up to as many."""
IN_FLIGHT_TICKS = 50
AFTER_KILL_TICKS = 50
OUT_TICKS = 2


@dataclass
class Seen:
    """Figures over all kills of one kind."""

    kills_ns: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    write_late: list[int] = field(default_factory=list)
    late_raw: list[int] = field(default_factory=list)
    kill_to_fallback: list[int] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)
    dead_commands: list[int] = field(default_factory=list)
    windows_hit: int = 0
    missed: int = 0
    ticks: int = 0
    quiet_missed: int = 0
    quiet_ticks: int = 0
    lapses: int = 0
    quiet_lapses: int = 0
    quiet_windows: int = 0
    quiet_windows_missed: int = 0
    lateness: list[dict[str, Any]] = field(default_factory=list)
    quiet_lateness: list[dict[str, Any]] = field(default_factory=list)

    @property
    def quiet_windows_hit(self) -> float:
        """What as many kills would have hit by chance."""
        return len(self.kills_ns) * self.quiet_windows_missed / max(1, self.quiet_windows)

    @property
    def quiet_missed_as_long(self) -> float:
        """What the line left alone would have missed in as many ticks."""
        return self.quiet_missed * self.ticks / self.quiet_ticks


def kill_round(line: LiveLine, victim: str, rng: random.Random) -> int:
    """Kill, wait for the way out and back, arm; the time of the kill."""
    time.sleep(rng.uniform(0.0, 0.1))  # the kill may fall anywhere between two renewals
    if actuator(line.status())["state"] != "closed":
        line.arm()  # a short lease lapses on a busy machine without any kill
    pid = line.pid(victim)
    before = line.status()["core"]["stations"]["calender"]["epoch"]
    at_ns = send_signal(pid, signal.SIGKILL)

    def back(status: dict[str, Any]) -> bool:
        on = actuator(status)
        fell = on.get("state") == "fallback" and on.get("holder") == "calender"
        again = status["core"]["stations"]["calender"]["epoch"] > before
        return bool(fell and (again or victim == "bus") and line.pid(victim) != pid)

    status = line.until_status(back, f"way back of {victim}")
    assert "armed" in actuator(status)["missing_permits"], "a lease alone closes nothing"
    line.arm()
    return at_ns


def quiet(ticks: int, **settings: Any) -> tuple[Ledger, dict[str, Any], int]:
    """The same line left alone; its ledger, its status, the tick it was closed in."""
    with LiveLine(**settings) as line:
        line.start().close_loop()
        first = line.status()["core"]["tick"]
        for tick in (*range(first, first + ticks, 5 * BASE_HZ), first + ticks):
            status = line.until_status(lambda s, tick=tick: s["core"]["tick"] >= tick, "time", 0.1)
        code, _ = line.stop()
        assert code == 0
        return Ledger(line.ledger), status, first


def batch(victims: list[str], rng: random.Random, seen: Seen, **settings: Any) -> None:
    """One start of a line with some kills."""
    kills = len(victims)
    with LiveLine(**settings) as line:
        line.start().close_loop(by_hand=True)
        first = line.status()["core"]["tick"]
        times = [kill_round(line, victim, rng) for victim in victims]
        status = line.status()
        last = status["core"]["tick"]
        code, _ = line.stop()
        assert code == 0, line.output
        ledger = Ledger(line.ledger)
        lease_ticks = line.lease_ticks
    assert ledger.check_needs_arm() >= kills
    ledger.check_rates()
    for victim, at_ns in zip(victims, times, strict=True):
        judge(victim, ledger, at_ns, lease_ticks, seen)
    seen.lapses += len(ledger.lapses()) - kills
    seen.missed += ledger.missed_in(first, last)
    seen.ticks += last - first
    seen.lateness.append(status["core"]["loops"][0]["lateness"])


def left_alone(seen: Seen, **settings: Any) -> None:
    """The same line without a kill, until it has run for its part of the ticks with kills."""
    ticks = seen.ticks // QUIET_PART - seen.quiet_ticks
    calm, status, first = quiet(ticks, **settings)
    seen.quiet_lapses += len(calm.lapses())
    seen.quiet_missed += calm.missed_in(first, first + ticks)
    seen.quiet_ticks += ticks
    width = AFTER_KILL_TICKS
    windows = range(first, first + ticks - width, width)
    seen.quiet_windows += len(windows)
    seen.quiet_windows_missed += sum(calm.missed_in(at, at + width - 1) > 0 for at in windows)
    seen.quiet_lateness.append(status["core"]["loops"][0]["lateness"])


def judge(victim: str, ledger: Ledger, at_ns: int, lease_ticks: int, seen: Seen) -> None:
    """One kill by the rows of the ledger."""
    kill_tick = ledger.tick_at(at_ns)
    fallback = ledger.fallback(at_ns)
    ends = fallback.lapse.body["until_tick"]
    assert ends <= kill_tick + lease_ticks + IN_FLIGHT_TICKS, "the lease outlived its holder"
    assert fallback.late <= OUT_TICKS, fallback
    assert fallback.write_late <= OUT_TICKS, fallback
    epoch = ledger.epoch_at(at_ns)
    if victim == "calender":
        assert fallback.back_epoch > epoch, "the station came back as itself"
        dead = [r.tick for r in ledger.applied_of(epoch) if r.mono_ns > at_ns]
        assert all(tick <= kill_tick + IN_FLIGHT_TICKS for tick in dead), dead
        seen.dead_commands.append(len(dead))
    seen.kills_ns.append(at_ns)
    seen.late.append(fallback.late)
    seen.late_raw.append(fallback.late_raw)
    seen.write_late.append(fallback.write_late)
    seen.kill_to_fallback.append(fallback.lapse.tick - kill_tick)
    seen.back_s.append((fallback.back_ns - at_ns) / 1e9)
    seen.windows_hit += ledger.missed_in(kill_tick, kill_tick + AFTER_KILL_TICKS - 1) > 0


def p50(values: list[Any]) -> Any:
    return sorted(values)[len(values) // 2]


def report(victim: str, lease_s: float, seen: Seen) -> None:
    def late(of: list[dict[str, Any]]) -> str:
        keys = ("p50_ns", "p99_ns", "p99_9_ns", "max_ns")
        return ", ".join(f"{k[:-3]} {p50([x[k] for x in of]) / 1000.0:.0f} us" for k in keys)

    print(
        f"\n{victim}: {len(seen.kills_ns)} kills, lease {lease_s:g} s at {BASE_HZ} Hz"
        f"\n  fallback after the lease's end, ticks: state p50 {p50(seen.late)}"
        f" max {max(seen.late)}, write p50 {p50(seen.write_late)} max {max(seen.write_late)}"
        f" (with ticks left out: max {max(seen.late_raw)})"
        f"\n  fallback after the kill, ticks: p50 {p50(seen.kill_to_fallback)}"
        f" max {max(seen.kill_to_fallback)}"
        f"\n  lease held again after the kill: p50 {p50(seen.back_s):.3f} s"
        f" max {max(seen.back_s):.3f} s, within {BACK_S:g} s"
        f" {sum(x <= BACK_S for x in seen.back_s)} of {len(seen.back_s)}"
        f"\n  commands of the dead applied after the kill: {sum(seen.dead_commands)}"
        f"\n  leases lapsed without a kill: {seen.lapses},"
        f" in the line left alone: {seen.quiet_lapses}"
        f"\n  ticks missed: {seen.missed} of {seen.ticks} with kills,"
        f" {seen.quiet_missed} of {seen.quiet_ticks} without"
        f"\n  kills with a missed tick within {AFTER_KILL_TICKS} ticks: {seen.windows_hit},"
        f" expected from the line left alone: {seen.quiet_windows_hit:.1f}"
        f"\n  lateness with kills: {late(seen.lateness)}"
        f"\n  lateness without:    {late(seen.quiet_lateness)}"
    )


def campaign(victims: list[str], per_start: int, lease_s: float, seed: int) -> Seen:
    seen, rng = Seen(), random.Random(seed)
    starts = [victims[at : at + per_start] for at in range(0, len(victims), per_start)]
    for number, some in enumerate(starts, 1):
        batch(some, rng, seen, lease_s=lease_s)
        if number % STARTS_PER_QUIET == 0 or number == len(starts):
            left_alone(seen, lease_s=lease_s)
    report(" and ".join(sorted(set(victims))), lease_s, seen)
    return seen


def check(seen: Seen) -> None:
    """The loop does not notice: no more misses than the same line left alone, but for what a new
    process costs a shared machine."""
    allowance = 20 + seen.ticks // 200
    assert seen.missed <= seen.quiet_missed_as_long + allowance
    assert seen.windows_hit <= 3.0 * seen.quiet_windows_hit + 2.0 + 0.1 * len(seen.kills_ns)
    assert p50(seen.back_s) <= BACK_S


def test_p1_a_kill_costs_no_tick_and_ends_in_the_fallback() -> None:
    check(campaign(["calender", "bus"] * 3, per_start=6, lease_s=0.2, seed=1))


@pytest.mark.parametrize("seed", [2])
def test_p1_fifty_kills_of_the_plugin_in_control(seed: int) -> None:
    check(campaign(["calender"] * 50, KILLS_PER_START, lease_s=0.2, seed=seed))


@pytest.mark.soak
@pytest.mark.parametrize("lease_s", [0.2, 0.05])
def test_p1_fifty_kills_of_the_bus(lease_s: float) -> None:
    check(campaign(["bus"] * 50, KILLS_PER_START, lease_s, seed=2))


@pytest.mark.soak
@pytest.mark.parametrize(("lease_s", "kills"), [(0.2, 1000), (0.05, 50)])
def test_p1_a_thousand_kills_of_the_plugin_in_control(lease_s: float, kills: int) -> None:
    check(campaign(["calender"] * kills, KILLS_PER_START, lease_s, seed=3))
