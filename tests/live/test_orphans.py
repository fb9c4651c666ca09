"""P7: whoever is killed, nothing of the line is left, and the next start finds no obstacle."""

from __future__ import annotations

import os
import random
import signal

import pytest
from live_line import LiveLine, alive, send_signal
from test_start_stop import gone_within
from troubles import TroubledLine, name_of, sleepers


def kill(line: TroubledLine, victim: str, rng: random.Random) -> float:
    """Start, make it hard, kill, see everything go; seconds until nothing was left."""
    line.start()
    line.until(lambda: line.entry()["state"] == "running", "a station that works")
    line.make("leave")
    line.until(lambda: "sleep" in {name_of(pid) for pid in sleepers(line)}, "a sleeper")
    pids = line.pids() | {f"left {pid}": pid for pid in sleepers(line)}
    stopped = rng.choice(["calender", "bus", "troubled", "core", ""])
    if stopped and stopped != victim:
        os.kill(pids[stopped], signal.SIGSTOP)  # one that could not obey
    at_ns = send_signal(pids[victim], signal.SIGKILL)
    assert line.process is not None
    line.process.communicate()
    took_s = gone_within(pids, at_ns)
    assert line.process.returncode == (69 if victim == "core" else -signal.SIGKILL)
    assert not sleepers(line)
    return took_s


def campaign(victim: str, rounds: int, seed: int) -> None:
    rng, took_s = random.Random(seed), []
    with TroubledLine() as first:
        for _ in range(rounds):
            with TroubledLine(keep=first) as line:
                took_s.append(kill(line, victim, rng))
                line.folder = line.folder / "kept"  # the directory is the first one's to remove
        with LiveLine(keep=first) as last:
            last.start()
            assert last.stop()[0] == 0
    took_s.sort()
    print(
        f"\n  {victim} killed {rounds} times: all gone after {took_s[-1]:.3f} s at most, "
        f"{took_s[len(took_s) // 2]:.3f} s in the middle"
    )


@pytest.mark.parametrize("victim", ["core", "supervisor"])
def test_p7_nothing_is_left_of_a_killed_line(victim: str) -> None:
    campaign(victim, rounds=2, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("victim", ["core", "supervisor"])
def test_p7_nothing_is_left_two_hundred_times(victim: str) -> None:
    campaign(victim, rounds=200, seed=2)


def test_a_killed_warden_is_replaced() -> None:
    with TroubledLine() as line:
        line.start()
        supervisor = line.pids()["supervisor"]
        warden = wardens(supervisor)
        assert len(warden) == 1
        os.kill(warden[0], signal.SIGKILL)
        line.until(lambda: wardens(supervisor) not in ([], warden), "another warden")
        assert line.stop()[0] == 0
        assert not wardens(supervisor)


def wardens(supervisor: int) -> list[int]:
    """Processes that wait for the end of a supervisor."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        named = any(word.endswith(b"_warden.py") for word in words)
        if name.isdigit() and named and str(supervisor).encode() in words and alive(int(name)):
            found.append(int(name))
    return found
