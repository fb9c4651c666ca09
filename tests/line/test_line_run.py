"""A line in its processes: ends, repeats, stops, restarts, gives up, leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from line_rig import LIVE
from linewright import _core
from linewright import messages as m
from linewright.bus import Operator
from linewright.line._schedule import FAILURES, Schedule, backoff_s

TROUBLE = "rate_hz = 10.0"


def rows(run_dir: Path, *kinds: str) -> list[dict]:
    return _core.ledger_rows(str(run_dir / "ledger.sqlite"), kinds=list(kinds) or None)


def wait(condition: Callable[[], object], timeout_s: float = 20.0) -> object:
    deadline = time.monotonic() + timeout_s
    while True:
        if found := condition():
            return found
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def processes_of(run_dir: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if entry.name.isdigit() and str(run_dir).encode() in command:
            found.append(int(entry.name))
    return found


class Running:
    """`linewright run` of a live line."""

    def __init__(self, file: Path, run_dir: Path) -> None:
        self.run_dir = run_dir
        command = [str(Path(sys.executable).parent / "linewright"), "run", str(file)]
        self.process = subprocess.Popen(
            [*command, "--run-dir", str(run_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait(self.ready)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        status = self.status()
        return bool(status and status["bus"]["stations"]["probe"]["joined"] and status["core"])

    def status(self) -> dict | None:
        if not (self.run_dir / "commands.sock").exists():
            return None
        with Operator(self.run_dir) as operator:
            return operator.status(1.0)

    def table(self) -> dict:
        return json.loads((self.run_dir / "supervisor.json").read_text())

    def actuator(self) -> dict:
        return self.status()["core"]["actuators"]["coater.pump_flow"]

    def command(self, action: m.AnyAction) -> m.Ack:
        with Operator(self.run_dir) as operator:
            ack = operator.command(action)
        assert ack is not None
        return ack

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.out, self.err = self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def live(folder: Path, write: Callable[..., Path]) -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def start(settings: str = "") -> Running:
        file = write({**LIVE, TROUBLE: f"{TROUBLE}\n{settings}"})
        made.append(Running(file, folder / "r"))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def test_a_simulated_line_ends_by_itself_and_repeats_bit_for_bit(
    folder: Path, write, linewright
) -> None:
    file = write()
    heads = []
    for n in (1, 2):
        done = linewright("run", file, "--run-dir", folder / f"r{n}", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["exit_code"] == 0
        heads.append(_core.ledger_verify(str(folder / f"r{n}" / "ledger.sqlite"))["head"])
    assert heads[0] == heads[1]
    kinds = {row["kind"] for row in rows(folder / "r1")}
    assert {"start", "lease", "detection", "decision", "command", "intent", "stop"} <= kinds
    assert linewright("replay", folder / "r1" / "record.mcap", "--verify").returncode == 0
    assert not processes_of(folder)


def test_a_second_run_into_the_same_ledger_is_taken(folder: Path, write, linewright) -> None:
    file = write()
    for _ in range(2):
        done = linewright("run", file, "--run-dir", folder / "r")
        assert done.returncode == 0, done.stderr
    assert not rows(folder / "r", "refused")
    leases = rows(folder / "r", "lease")
    assert len({row["body"]["token"] for row in leases}) == len(leases) == 2


def test_a_line_is_closed_by_an_operator_and_stops_cleanly(live, linewright) -> None:
    line = live()
    assert line.status()["core"]["mode"] == "advisory"
    shown = linewright("status", "--run-dir", line.run_dir).stdout
    assert "coater.pump_flow: " in shown
    assert "lacks mode, armed" in shown
    wait(lambda: line.actuator()["holder"] == "probe")
    assert line.command(m.Mode("closed")).status == "applied"
    assert line.command(m.Arm("Ada")).status == "applied"
    wait(lambda: line.actuator()["state"] == "closed")
    assert line.stop() == 0
    assert not processes_of(line.run_dir)
    assert rows(line.run_dir, "stop")
    _core.ledger_verify(str(line.run_dir / "ledger.sqlite"))
    assert not list(line.run_dir.glob("*.sock"))


def test_sigint_stops_too(live) -> None:
    line = live()
    assert line.stop(signal.SIGINT) == 0


def test_a_second_start_of_the_same_line_is_refused(live, linewright, folder) -> None:
    line = live()
    second = linewright("run", folder / "line.toml", "--run-dir", line.run_dir)
    assert second.returncode == 69
    assert "already running" in second.stderr
    assert line.status()["core"] is not None


def test_a_killed_station_comes_back_and_works_again(live) -> None:
    line = live()
    first = line.table()["plugins"]["probe"]["pid"]
    os.kill(first, signal.SIGKILL)
    wait(lambda: line.table()["plugins"]["probe"]["pid"] not in (None, first))
    wait(lambda: line.status()["bus"]["stations"]["probe"]["epoch"] == 2)
    wait(lambda: line.actuator()["holder"] == "probe")
    assert line.table()["plugins"]["probe"]["restarts"] == 1


def test_a_killed_bus_comes_back_and_the_station_finds_it(live) -> None:
    line = live()
    os.kill(line.table()["bus"]["pid"], signal.SIGKILL)
    wait(lambda: line.table()["bus"]["restarts"] == 1)
    wait(lambda: line.status() and line.status()["bus"]["stations"]["probe"]["joined"])
    wait(lambda: line.actuator()["holder"] == "probe")
    assert line.command(m.Mode("closed")).status == "applied"


def test_a_hanging_station_is_ended_though_its_sockets_live(live) -> None:
    line = live('trouble = "hang"')
    wait(lambda: any("no progress" in text for text in line.table()["alarms"]), 30)
    wait(lambda: line.table()["plugins"]["probe"]["restarts"] >= 1)


def test_a_killed_core_ends_the_line_with_69(live) -> None:
    line = live()
    os.kill(line.table()["core"]["pid"], signal.SIGKILL)
    line.out, line.err = line.process.communicate(timeout=20)
    assert line.process.returncode == 69
    assert "not restarted" in line.err
    assert not processes_of(line.run_dir)


def test_a_killed_supervisor_leaves_no_orphan_and_no_lock(live, write, linewright) -> None:
    line = live()
    line.process.kill()
    line.process.communicate()
    wait(lambda: not processes_of(line.run_dir))
    again = Running(write(LIVE), line.run_dir)
    assert again.stop() == 0


def test_a_station_that_cannot_start_is_given_up_with_one_alarm(folder, write, linewright) -> None:
    file = write({TROUBLE: f'{TROUBLE}\ntrouble = "start"'})
    done = linewright("run", file, "--run-dir", folder / "r")
    assert done.returncode == 69, "a run without its station has no result"
    assert done.stderr.count("is out") == 1
    assert "trouble at start" in done.stderr
    alarms = [str(row["body"]) for row in rows(folder / "r", "alarm")]
    assert sum("is out" in text for text in alarms) == 1


def test_a_station_that_dies_in_lock_step_is_replaced(folder, write, linewright) -> None:
    file = write({TROUBLE: f'{TROUBLE}\ntrouble = "die"'})
    done = linewright("run", file, "--run-dir", folder / "r")
    assert done.returncode == 69
    hellos = [r for r in rows(folder / "r", "start") if r["station"] == "probe"]
    assert len(hellos) >= 1
    assert _core.ledger_verify(str(folder / "r" / "ledger.sqlite"))["last_tick"] >= 60 * 10 - 1


def test_a_run_directory_too_deep_or_open_is_refused(folder, write, linewright) -> None:
    deep = folder / ("x" * 90)
    done = linewright("run", write(), "--run-dir", deep)
    assert done.returncode == 78
    assert "bytes" in done.stderr
    (folder / "open").mkdir(mode=0o755)
    done = linewright("run", write(), "--run-dir", folder / "open")
    assert done.returncode == 78
    assert "0755" in done.stderr


def test_backoff_doubles_to_half_a_minute_within_a_fifth() -> None:
    plain = [backoff_s(n, 0.0) for n in range(1, 12)]
    assert plain[:4] == [0.1, 0.2, 0.4, 0.8]
    assert plain[-1] == 30.0
    for n in range(1, 9):
        assert 0.8 * plain[n - 1] <= backoff_s(n, -1.0) <= backoff_s(n, 1.0) <= 1.2 * plain[n - 1]


def test_five_failures_in_a_minute_are_enough() -> None:
    schedule = Schedule()
    assert [schedule.failed(float(n), 0.0) for n in range(FAILURES)] == [False] * 4 + [True]
    slow = Schedule()
    assert not any(slow.failed(n * 20.0, 0.0) for n in range(20))
