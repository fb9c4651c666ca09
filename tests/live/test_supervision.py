"""P3, P4, P5 and what else a station may do: it alone suffers, and the line says so once."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
from typing import Any

import pytest
from linewright.line._children import LOG_BYTES
from linewright.line._schedule import FAILURES, backoff_s
from live_line import COMMAND, LiveLine, actuator, alive
from troubles import TroubledLine, name_of, sleepers

STRANGER = 61234
"""A user nobody is, so that the kernel's count of his processes is the line's."""


def others_unharmed(line: LiveLine, before: dict, after: dict) -> None:
    """The calender has held its lease and no loop has lost more than a busy machine costs."""
    ticks = after["core"]["tick"] - before["core"]["tick"]
    missed = after["core"]["missed_ticks"] - before["core"]["missed_ticks"]
    print(f"\n  {missed} of {ticks} ticks missed")
    assert missed <= 20 + ticks // 50
    if line.operator is not None:  # a lease may lapse on a busy machine, and is taken again
        line.until_status(lambda s: actuator(s)["holder"] == "calender", "the calender's lease")
    assert line.table()["plugins"]["calender"]["restarts"] == 0
    assert line.table()["bus"]["restarts"] == 0


@pytest.mark.parametrize("trouble", ["busy", "hang"])
def test_p3_a_station_that_makes_no_progress_is_found_ended_and_restarted(trouble: str) -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        before = line.status()
        line.make(trouble)
        seen = line.watch_states("waiting")
        began_ns = line.began_ns()
        assert began_ns is not None
        states = [state for _, state in seen]
        assert states[-2:] == ["silent", "waiting"], seen
        noticed_s, ended_s = ((at - began_ns) / 1e9 for at, _ in seen[-2:])
        print(f"\n  {trouble}: silent after {noticed_s:.3f} s, ended after {ended_s:.3f} s")
        line.until_running(1)
        assert len(line.alarms()) == 1
        others_unharmed(line, before, line.status())
        assert line.stop()[0] == 0


def test_p4_a_crash_loop_ends_in_quarantine_with_one_alarm_until_it_is_released() -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        before, size = line.status(), line.ledger.stat().st_size
        line.make("always die")
        seen = line.watch_states("quarantined")
        waits_s = [
            (then - at) / 1e9
            for (at, state), (then, _) in itertools.pairwise(seen)
            if state == "waiting"
        ]
        assert len(waits_s) == FAILURES - 1
        plain_s = [backoff_s(n, 0.0) for n in range(1, FAILURES)]
        listed = ", ".join(f"{w:.2f} ({p:.1f})" for w, p in zip(waits_s, plain_s, strict=True))
        print(f"\n  waited, s (planned): {listed}")
        assert all(w >= 0.75 * p for w, p in zip(waits_s, plain_s, strict=True))
        line.until(lambda: len(line.alarms()) == 1, "the alarm")
        grown = line.ledger.stat().st_size - size
        assert grown < 1 << 20
        others_unharmed(line, before, line.status())
        line.end_trouble()
        done = line.cli("restart", "troubled", "--operator", "Ada")
        assert done.returncode == 0, done.stderr
        assert "was quarantined" in done.stdout
        line.until_running(FAILURES)
        line.until(lambda: line.rows("decision", "Ada"), "who released it, in the ledger")
        line.make("always die")
        line.watch_states("quarantined")
        line.until(lambda: len(line.alarms()) == 2, "an alarm of the next episode")
        assert line.stop()[0] == 0


def test_a_restart_by_hand_is_no_failure_and_unknown_stations_are_named() -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        pid = line.pid("troubled")
        done = line.cli("restart", "troubled", "--operator", "Ada", "--json")
        assert done.returncode == 0, done.stderr
        line.until_running(1)
        assert line.pid("troubled") != pid
        assert not line.alarms()
        wrong = line.cli("restart", "trobled", "--operator", "Ada")
        assert wrong.returncode == 2
        assert "troubled" in wrong.stderr
        os.kill(line.pid("troubled"), signal.SIGSTOP)  # one that does not obey is ended
        assert line.cli("restart", "troubled", "--operator", "Ada").returncode == 0
        assert line.stop()[0] == 0


def test_a_station_that_is_not_ready_in_time_is_ended_and_told_of_once() -> None:
    with TroubledLine("ready_s = 1.5") as line:
        line.make("start")
        line.start()
        line.until(lambda: line.entry()["restarts"] >= 2, "a second restart")
        alarms = line.alarms()
        assert len(alarms) == 1
        assert "not ready" in str(alarms)
        line.end_trouble()
        line.until(lambda: line.entry()["state"] == "running", "a station that is ready")
        assert line.stop()[0] == 0


def test_a_station_that_is_out_is_tried_again_when_the_line_file_says_so() -> None:
    with TroubledLine("release_after_s = 1.0") as line:
        line.start()
        line.until_running(0)
        line.make("always die")
        line.watch_states("quarantined")
        line.end_trouble()
        line.until_running(FAILURES)
        assert len(line.alarms()) == 1
        assert line.stop()[0] == 0


@pytest.mark.parametrize("trouble", ["memory", "descriptors", "segfault"])
def test_p5_a_station_that_takes_too_much_dies_alone(trouble: str) -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        before, core = line.status(), line.pid("core")
        rss = _rss_mib(core)
        line.make(trouble)
        line.until_running(1)
        after = line.status()
        others_unharmed(line, before, after)
        print(f"  core resident {rss:.1f} MiB before, {_rss_mib(core):.1f} MiB after")
        assert line.pid("core") == core
        expected = {"memory": 1, "descriptors": 1, "segfault": -signal.SIGSEGV}
        assert line.entry()["last_exit"] == expected[trouble]
        assert not list(line.folder.rglob("core.[0-9]*"))
        assert line.stop()[0] == 0


def test_p5_a_station_that_writes_without_end_neither_waits_nor_fills_the_disk() -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        before = line.status()
        line.make("stdout")
        line.until(lambda: line.began_ns() is not None, "the trouble")
        logs = [line.run_dir / "troubled.log", line.run_dir / "troubled.log.1"]
        line.until(lambda: logs[1].exists() and logs[0].stat().st_size <= LOG_BYTES, "a turned log")
        assert logs[1].stat().st_size <= LOG_BYTES
        tick = line.status()["core"]["tick"]
        line.until_status(lambda s: s["core"]["tick"] > tick + 1000, "a second")
        line.until_running(0)
        others_unharmed(line, before, line.status())
        assert line.stop()[0] == 0


@pytest.mark.soak  # wants the machine for itself: neighbours and a bomb cost the loop its ticks
@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="needs root and setpriv to run the line as a user of its own",
)
def test_p5_a_fork_bomb_is_held_by_the_limit_and_ended_with_all_its_children() -> None:
    who = (f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
    # An interpreter may stand in a folder of root's: the stranger may read everything. And the
    # core has its real time.
    rights = "+dac_read_search,+sys_nice"
    rights_kept = (f"--inh-caps={rights}", f"--ambient-caps={rights}")
    bounded = ("prlimit", "--nproc=400", "setpriv", *who, *rights_kept)  # whatever else fails
    with TroubledLine("limits = { processes = 24 }", before=bounded) as line:
        os.chown(line.folder, STRANGER, STRANGER)
        line.process = subprocess.Popen(
            [*bounded, COMMAND, "run", line.file, "--run-dir", line.run_dir],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line.until((line.run_dir / "supervisor.json").exists, "a supervisor")
        line.until_running(0)
        before = _status_as(bounded, line)
        count = _processes_of(STRANGER)
        line.make("forks")
        most = count

        def look() -> bool:
            nonlocal most
            most = max(most, _processes_of(STRANGER))
            return bool(line.entry()["restarts"] == 1)

        line.until(look, "its end", 0.01)
        line.until_running(1)
        print(f"\n  {count} processes before, {most} at most")
        assert most > count + 24, "there was a bomb"
        line.until(lambda: _processes_of(STRANGER) <= count, "the end of its children", 0.01)
        others_unharmed(line, before, _status_as(bounded, line))
        assert line.stop()[0] == 0
        assert _processes_of(STRANGER) == 0


def _status_as(user: tuple[str, ...], line: TroubledLine) -> dict[str, Any]:
    """The status as the user of the line asks for it; the bus hears no other."""
    done = subprocess.run(
        [*user, COMMAND, "status", "--run-dir", line.run_dir, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status: dict[str, Any] = json.loads(done.stdout)
    return status


def test_what_a_station_leaves_behind_goes_with_it() -> None:
    with TroubledLine() as line:
        line.start()
        line.until_running(0)
        line.make("leave_and_die")
        line.until_running(1)
        assert line.entry()["left_behind"] == 1
        assert "sleep" not in {name_of(pid) for pid in sleepers(line)}
        line.make("leave")
        line.until(lambda: "sleep" in {name_of(pid) for pid in sleepers(line)}, "a sleeper")
        pids = sleepers(line)
        assert line.stop()[0] == 0
        assert not [pid for pid in pids if alive(pid)]


def test_a_station_has_little_around_it() -> None:
    secret = {"LINEWRIGHT_TEST_SECRET": "s", "LINEWRIGHT_TEST_NAMED": "n"}
    table = 'environment = ["LINEWRIGHT_TEST_NAMED"]\nlimits = { descriptors = 100, nice = 7 }'
    with TroubledLine(table, environment=secret) as line:
        line.start()
        pid = line.pid("troubled")
        variables = _environment(pid)
        assert "LINEWRIGHT_TEST_SECRET" not in variables
        assert variables["LINEWRIGHT_TEST_NAMED"] == "n"
        assert variables["TMPDIR"] == str(line.run_dir / "troubled.tmp")
        assert (line.run_dir / "troubled.tmp").stat().st_mode & 0o777 == 0o700
        assert "LINEWRIGHT_TEST_NAMED" not in _environment(line.pid("calender"))
        line.until_running(0)
        with open(f"/proc/{pid}/status") as file:
            assert "NoNewPrivs:\t1\n" in file.read()
        limits = _limits(pid)
        assert limits["Max open files"] == ("100", "100")
        assert limits["Max core file size"] == ("0", "0")
        assert limits["Max address space"] == (str(4096 << 20), str(4096 << 20))
        assert limits["Max processes"][0] != "unlimited"
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 7
        targets = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)}
        assert targets == {"/dev/null", str(line.run_dir / "troubled.log")}
        assert line.stop()[0] == 0


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_stations_and_bus_keep_off_the_cpu_of_the_core() -> None:
    cpu = min(os.sched_getaffinity(0))
    with TroubledLine() as line:
        text = line.file.read_text()
        line.file.write_text(text.replace("[live]", f"[live]\ncpu = {cpu}"))
        line.start()
        for name in ("bus", "calender", "troubled"):
            assert cpu not in os.sched_getaffinity(line.pid(name)), name
        assert line.stop()[0] == 0


def _rss_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _processes_of(uid: int) -> int:
    found = 0
    for name in os.listdir("/proc"):
        try:
            found += name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid
        except OSError:
            continue
    return found


def _environment(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/environ") as file:
        return dict(v.split("=", 1) for v in file.read().split("\0") if "=" in v)


def _limits(pid: int) -> dict[str, tuple[str, str]]:
    with open(f"/proc/{pid}/limits") as file:
        lines = file.read().splitlines()[1:]
    return {line[:25].strip(): (line[26:46].strip(), line[47:67].strip()) for line in lines}
