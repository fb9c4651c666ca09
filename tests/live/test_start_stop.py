"""Starts and ends: no orphan, no leftover that blocks, no line that closes itself."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from linewright import _core
from linewright import messages as m
from linewright.bus import Operator
from live_ledger import Ledger, body_of
from live_line import COMMAND, LiveLine, actuator, alive, send_signal

GONE_S = 2.0
SLACK_S = 1.0
"""For the machine, not for the line."""


def gone_within(pids: dict[str, int], since_ns: int) -> float:
    """Seconds until none of the processes is left."""
    while left := [name for name, pid in pids.items() if alive(pid)]:
        waited_s = (time.monotonic_ns() - since_ns) / 1e9
        assert waited_s < GONE_S + SLACK_S, f"orphans after {waited_s:.1f} s: {left}"
        time.sleep(0.01)
    return (time.monotonic_ns() - since_ns) / 1e9


@pytest.mark.parametrize("victim", ["supervisor", "core"])
def test_nothing_is_left_of_a_killed_line_and_the_next_one_starts_in_advisory(victim: str) -> None:
    with LiveLine() as line:
        line.start().close_loop()
        pids = line.pids()
        if victim == "supervisor":
            os.kill(pids["calender"], signal.SIGSTOP)  # one that could not obey
        at_ns = send_signal(pids[victim], signal.SIGKILL)
        assert line.process is not None
        line.process.communicate()
        took_s = gone_within(pids, at_ns)
        print(f"\n  {victim} killed: nothing left after {took_s:.3f} s")
        if victim == "core":
            assert line.process.returncode == 69
        with LiveLine(keep=line) as again:
            again.start()
            core = again.status()["core"]
            assert core["mode"] == "advisory"
            assert actuator(again.status())["state"] == "advisory"
            assert not actuator(again.status())["armed"]
            assert again.stop()[0] == 0
            ledger = Ledger(again.ledger)
            assert not [r for r in ledger.rows if r.kind == "intent" and not r.body["advisory"]]
            bodies = [
                body_of(r["body"]) for r in _core.ledger_rows(str(again.ledger), kinds=["lease"])
            ]
            tokens = [body["token"] for body in bodies if "action" in body]
            assert len(tokens) >= 2, "the ledger of the killed run goes on"
            assert tokens == sorted(set(tokens)), "a token of the dead line is never given again"


def test_a_second_start_is_refused_and_harms_nothing() -> None:
    with LiveLine() as line:
        line.start()
        pids = line.pids()
        second = line.run_again()
        assert second.returncode == 69
        assert "already running" in second.stdout
        assert str(pids["supervisor"]) in second.stdout
        other = line.folder / "other"
        shared = line.file.read_text() + f'\n[ledger]\npath = "{line.ledger}"\n'
        line.file.with_name("shared.toml").write_text(shared)
        third = subprocess.run(
            [COMMAND, "run", line.folder / "shared.toml", "--run-dir", other],
            capture_output=True,
            text=True,
            check=False,
        )
        assert third.returncode == 69
        assert "ledger" in third.stderr
        core = subprocess.run(
            [sys.executable, "-m", "linewright.core", line.run_dir / "core.json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert core.returncode == 69
        assert line.pids() == pids, "the first line never noticed"
        tick = line.status()["core"]["tick"]
        line.until_status(lambda s: s["core"]["tick"] > tick + 100, "ticks")
        assert line.stop()[0] == 0


def test_who_speaks_for_the_operator_by_a_clock_that_was_ahead_does_not_shut_out_the_next() -> None:
    with LiveLine() as line:
        line.start()
        assert line.operator is not None
        line.operator.epoch = time.time_ns() + 86_400 * 10**9
        for operator in (line.operator, Operator(line.run_dir), line.operator):
            ack = operator.command(m.Mode("advisory"))
            assert ack is not None
            assert ack.status == "applied", ack
        done = line.cli("mode", "advisory")
        assert done.returncode == 0, done.stderr
        assert line.stop()[0] == 0


def test_a_run_directory_that_is_taken_or_open_to_others_is_refused() -> None:
    with LiveLine() as line:
        line.run_dir.mkdir(mode=0o755)
        line.run_dir.chmod(0o755)
        open_to_all = line.run_again()
        assert open_to_all.returncode == 78
        assert "0755" in open_to_all.stdout
        line.run_dir.chmod(0o700)
        with (line.run_dir / "bus.lock").open("w") as taken:
            fcntl.flock(taken, fcntl.LOCK_EX)
            left_bus = line.run_again()
            assert left_bus.returncode == 69
            assert "bus is already at work" in left_bus.stdout
        long = line.folder / ("d" * 90)
        too_long = subprocess.run(
            [COMMAND, "run", line.file, "--run-dir", long],
            capture_output=True,
            text=True,
            check=False,
        )
        assert too_long.returncode == 78
        assert "--run-dir" in too_long.stderr
        for name in ("core.sock", "commands.sock", "telemetry.sock", "line.lock"):
            (line.run_dir / name).write_text("left by a dead line")
        line.start()  # leftovers of a dead line do not count
        assert line.stop()[0] == 0


def test_sigint_ends_everything_in_order() -> None:
    with LiveLine() as line:
        line.start().close_loop()
        pids = line.pids()
        at_ns = send_signal(pids["supervisor"], signal.SIGINT)
        assert line.process is not None
        line.process.communicate(timeout=10.0)
        took_s = gone_within(pids, at_ns)
        assert line.process.returncode == 0
        print(f"\n  SIGINT: everything ended after {took_s:.3f} s")
        verified = subprocess.run(
            [COMMAND, "ledger", "verify", line.ledger], capture_output=True, text=True, check=False
        )
        assert verified.returncode == 0, verified.stderr
        ledger = Ledger(line.ledger)
        assert ledger.rows[-1].kind == "stop"
        assert ledger.rows[-1].body["reason"] == "signal"
        assert not list(line.run_dir.glob("*.sock"))
        assert os.stat(line.ledger).st_uid == os.getuid()


def test_sigterm_while_a_station_stands_still_ends_everything_too() -> None:
    with LiveLine() as line:
        line.start()
        pids = line.pids()
        os.kill(pids["calender"], signal.SIGSTOP)
        at_ns = send_signal(pids["supervisor"], signal.SIGTERM)
        assert line.process is not None
        line.process.communicate(timeout=10.0)
        took_s = gone_within(pids, at_ns)
        assert line.process.returncode == 0
        Ledger(line.ledger)
        print(f"\n  SIGTERM with a stopped station: everything ended after {took_s:.3f} s")
