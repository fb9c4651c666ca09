"""Real time: what is obtained and said, pauses, jumps of the wall clock, system calls of a tick.
Counts alone; what it takes in time is measured in `bench/`."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from live_ledger import Ledger
from live_line import BASE_HZ, COMMAND, LiveLine, actuator, send_signal

NOBODY = 65534


def loop_thread(pid: int) -> int:
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "linewright-loop":
            return int(task.name)
    raise AssertionError("no loop thread")


def waited_s(since_ns: int) -> float:
    return (time.monotonic_ns() - since_ns) / 1e9


# -- what was obtained -----------------------------------------------------------------------------


def test_status_ledger_and_record_say_which_real_time_was_obtained() -> None:
    extra = "cpu = 0\ndma_latency_us = 50\n[record]\n"
    with LiveLine(fifo_priority=50, lock_memory=True, extra=extra) as line:
        line.start()
        real_time = json.loads(line.cli("status", "--json").stdout)["core"]["host"]["real_time"]
        items = real_time["items"]
        thread = loop_thread(line.pid("core"))
        policy = os.sched_getscheduler(thread)
        got = items["fifo_priority"] == "obtained: 50"
        assert got == (policy & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO)
        if got:
            assert os.sched_getparam(thread).sched_priority == 50
            assert policy & os.SCHED_RESET_ON_FORK, "nothing it starts is given it"
        assert (items["cpu"] == "obtained: 0") == (os.sched_getaffinity(thread) == {0})
        others = [int(t.name) for t in Path(f"/proc/{line.pid('core')}/task").iterdir()]
        classes = {os.sched_getscheduler(t) for t in others if t != thread}
        assert classes == {os.SCHED_OTHER}, "the loop thread alone has it"
        locked = Path(f"/proc/{line.pid('core')}/status").read_text()
        locked_kb = int(locked.partition("VmLck:")[2].split()[0])
        assert (items["lock_memory"] == "obtained") == (locked_kb > 0)
        held = "/dev/cpu_dma_latency" in descriptors(line.pid("core"))
        assert (items["dma_latency_us"] == "obtained: 50") == held
        refused = [name for name, text in items.items() if text.startswith("refused")]
        assert real_time["missing"] == refused
        assert real_time["rt"] == ("degraded" if refused else "obtained")
        assert "PREEMPT_RT" in items["kernel"]
        assert "real time  " in line.cli("status").stdout
        assert line.stop()[0] == 0
        start = Ledger(line.ledger).rows[0]
        assert start.body["real_time"] == real_time
        record = line.run_dir / "record.mcap"
        text = record.read_bytes()
        assert b"float_mode" in text
        assert b"subnormals_are_zero" in text
        assert b"real_time" in text
        assert line_replays(record)
        print(f"\n  {real_time}")


def descriptors(pid: int) -> list[str]:
    return [os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir()]


@pytest.mark.parametrize("rt", ["wanted", "off"])
def test_a_live_line_keeps_the_cores_awake_where_it_can_and_misses_nothing_where_not(
    rt: str,
) -> None:
    may = os.access("/dev/cpu_dma_latency", os.W_OK)
    with LiveLine(fifo_priority=0, extra=f'rt = "{rt}"') as line:
        line.start()
        real_time = line.status()["core"]["host"]["real_time"]
        told = real_time["items"].get("dma_latency_us", "")
        held = "/dev/cpu_dma_latency" in descriptors(line.pid("core"))
        if rt == "off":
            assert not told
            assert not held
        else:
            assert held == may
            assert told.startswith("held at 0" if may else "not held: ")
        assert real_time["missing"] == []


def line_replays(record: Path) -> bool:
    done = subprocess.run([COMMAND, "replay", record, "--verify"], capture_output=True, check=False)
    return done.returncode == 0


def test_what_is_not_to_be_had_is_named_and_ends_the_start_when_required() -> None:
    with LiveLine(fifo_priority=0, extra="cpu = 1000", accept=False) as line:
        line.start()
        core = line.status()["core"]
        real_time = core["host"]["real_time"]
        assert real_time["rt"] == "degraded"
        assert real_time["missing"] == ["cpu"]
        assert "fifo_priority" not in real_time["items"], "it was not asked for"
        assert core["permit"] == "advisory"
        assert "cpu" in core["permit_withheld"]
        refused = line.cli("mode", "closed")
        assert refused.returncode == 69
        assert "not_permitted" in refused.stderr
    with LiveLine(extra='cpu = 1000\nrt = "required"') as line:
        with pytest.raises(AssertionError, match="real time is required and lacks cpu"):
            line.start()
        assert line.process is not None
        assert line.process.returncode == 77
        assert not line.ledger.exists(), "it ended before it touched anything"


@pytest.mark.skipif(os.getuid() != 0, reason="gives up rights that only root has")
def test_r3_without_rights_it_runs_degraded_and_lists_each_missing_item() -> None:
    limits = ("prlimit", "--rtprio=0:0", "--memlock=65536:65536", "setpriv", "--no-new-privs")
    no_rights = ("--inh-caps=-all", "--bounding-set=-all")
    nobody = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    without = [*limits, *nobody, *no_rights]
    missing = {"fifo_priority", "lock_memory", "dma_latency_us"}
    spawn = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    tried = subprocess.run(
        [*without, COMMAND.with_name("python"), "-c", spawn], capture_output=True, check=False
    )
    if tried.returncode != 0:  # an interpreter below /root: root's files, but none of its rights
        without = [*limits, *no_rights]
        missing -= {"dma_latency_us"}
    made = {"before": without, "lock_memory": True, "extra": "dma_latency_us = 0\n"}
    with LiveLine(**made) as line:
        give(line.folder, tried.returncode == 0)
        line.start()
        real_time = line.status()["core"]["host"]["real_time"]
        assert real_time["rt"] == "degraded"
        assert set(real_time["missing"]) == missing
        for name in missing:
            assert re.match(r"refused: .+", real_time["items"][name]), real_time
        line.close_loop()  # it was accepted
        tick = line.status()["core"]["tick"]
        line.until_status(lambda s: s["core"]["tick"] > tick + 500, "ticks")
        assert actuator(line.status())["state"] == "closed"
        assert line.stop()[0] == 0
        assert Ledger(line.ledger).check_rates() > 0
        print(f"\n  {'nobody' if tried.returncode == 0 else 'root without rights'}: {real_time}")
    with LiveLine(**made) as line:
        give(line.folder, tried.returncode == 0)
        done = subprocess.run(
            [*without, COMMAND, "run", line.file, "--run-dir", line.run_dir, "--require-rt"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 77, done.stderr


def give(folder: Path, to_nobody: bool) -> None:
    """A folder and what is in it."""
    for path in (folder, *folder.rglob("*")) if to_nobody else ():
        os.chown(path, NOBODY, NOBODY)


# -- pauses ----------------------------------------------------------------------------------------


def pause(line: LiveLine, pause_s: float) -> tuple[int, int]:
    """Stop the core for a while; monotonic ns of stop and waking."""
    pid = line.pid("core")
    stopped_ns = send_signal(pid, signal.SIGSTOP)
    line.until(lambda: waited_s(stopped_ns) >= pause_s, "the pause", 0.005)
    woken_ns = send_signal(pid, signal.SIGCONT)
    tick = (woken_ns - stopped_ns) * BASE_HZ // 1_000_000_000
    before = line.status().get("core") or {"tick": 0}
    line.until_status(lambda s: s["core"]["tick"] > before["tick"] + 50, f"ticks after {tick}")
    return stopped_ns, woken_ns


def check_pauses(line: LiveLine, pauses: list[tuple[int, int]], core: dict[str, Any]) -> None:
    """One tick on waking, what was missed exact, nothing written of it, no jump after it."""
    ledger = Ledger(line.ledger)
    loop = core["loops"][0]
    assert abs(loop["cycles"] + loop["missed"] - core["tick"]) <= 2, "a tick is made or missed"
    writes = [r for r in ledger.rows if r.kind == "intent" and not r.body["advisory"]]
    for stopped_ns, woken_ns in pauses:
        asleep = (woken_ns - stopped_ns) * BASE_HZ // 1_000_000_000
        gaps = [gap for gap in ledger.missed if abs(gap[1] - asleep) <= 0.2 * asleep + 50]
        assert gaps, f"no gap of {asleep} ticks among {sorted(n for _, n in ledger.missed)[-9:]}"
        first, count = min(gaps, key=lambda gap: abs(gap[0] - ledger.tick_at(stopped_ns)))
        assert count >= asleep - 5, "every tick that went by is counted"
        wake = first + count
        assert not [r for r in writes if first <= r.tick < wake], "nothing acts in a missed tick"
        assert len([r for r in writes if r.tick == wake]) <= 1
    stamps = sorted({(r.tick, r.mono_ns) for r in ledger.rows if r.mono_ns})
    for (tick, ns), (later, later_ns) in pairwise(stamps):
        assert later_ns - ns >= (later - tick - 2) * 1_000_000, "ticks are not made up"
    ledger.check_rates()


def some_pauses(count: int, longest_s: float, seed: int) -> None:
    drawn = random.Random(seed)
    with LiveLine(lease_s=8.0) as line:
        line.start().close_loop()
        done = [pause(line, drawn.uniform(0.1, longest_s)) for _ in range(count)]
        core = line.status()["core"]
        assert actuator(line.status())["state"] == "closed", "no rung was declared that ends it"
        assert line.stop()[0] == 0
        check_pauses(line, done, core)
        print(f"\n  {count} pauses, {core['missed_ticks']} ticks missed")


def test_t2_a_core_that_stands_still_makes_one_tick_on_waking_and_counts_the_rest() -> None:
    some_pauses(4, 1.0, seed=2)


@pytest.mark.soak
def test_t2_five_hundred_pauses_of_a_core() -> None:
    some_pauses(500, 5.0, seed=3)


def test_t2_a_loop_with_a_declared_hold_comes_back_by_itself() -> None:
    rungs = "hold = { consecutive = 50, windowed = 900 }\nrecover_cycles = 200\n"
    table = f'[loops."calender.nip"]\nstartup_cycles = 500\n{rungs}'
    with LiveLine(lease_s=8.0, extra=table) as line:
        line.start()
        line.until_status(lambda s: s["core"]["tick"] > 1000, "the start")
        line.close_loop()
        pause(line, 0.5)
        line.until_status(lambda s: s["core"]["loops"][0]["rung"] == "in_time", "the way down")
        assert actuator(line.status())["state"] == "closed"
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        ledger.check_rates()
        moves = [(r.kind, r.body["rung"]) for r in ledger.rows if "rung" in r.body]
        assert ("alarm", "hold") in moves
        assert moves[-1] == ("mode", "in_time")


# -- jumps of the wall clock -----------------------------------------------------------------------

HOUR_S = 3600
YEAR_S = 365 * 24 * HOUR_S
JUMPS_S = (HOUR_S, -HOUR_S, 10 * YEAR_S, -10 * YEAR_S, -1)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler for the preloaded clock")
def test_t1_a_jump_of_the_wall_clock_is_told_and_decides_nothing(tmp_path: Path) -> None:
    clock, offset = tmp_path / "wall_clock.so", tmp_path / "offset"
    source = Path(__file__).with_name("wall_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", clock, source, "-ldl"], check=True)
    offset.write_text("0\n")
    off = {"LD_PRELOAD": str(clock), "WALL_CLOCK_OFFSET": str(offset)}
    with LiveLine(lease_s=2.0, environment=off) as line:
        line.start().close_loop()
        offset_s = 0
        for jump_s in JUMPS_S:
            offset_s += jump_s
            jumped_ns = time.monotonic_ns()
            (tmp_path / "new").write_text(f"{offset_s}\n")
            (tmp_path / "new").replace(offset)
            line.until(lambda at=jumped_ns: waited_s(at) >= 1.0, "a second")
        core = line.status()["core"]
        assert actuator(line.status())["state"] == "closed", "no lease or command expired by it"
        assert not core["refusals"], core["refusals"]
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
        assert not ledger.lapses()
        steps = [r.body["step_s"] for r in ledger.rows if r.kind == "clock_step"]
        assert [round(s) for s in steps] == list(JUMPS_S)
        seqs = [r.seq for r in ledger.rows]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        print(f"\n  steps of {steps} s told, {core['missed_ticks']} of {core['tick']} missed")


# -- a clean tick ----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_r1_a_tick_makes_at_most_two_system_calls() -> None:
    with LiveLine(extra="[record]\n") as line:
        line.start().close_loop()
        thread = loop_thread(line.pid("core"))
        trace = subprocess.Popen(
            ["strace", "-qq", "-o", line.folder / "calls", "-p", str(thread)],
            stderr=subprocess.PIPE,
            text=True,
        )
        line.until(lambda: trace.poll() is not None or traced(line) > 1500, "calls", 0.1)
        trace.send_signal(signal.SIGINT)
        _, error = trace.communicate()
        if "Operation not permitted" in error:
            pytest.skip("tracing is not permitted here")
        calls = (line.folder / "calls").read_text().splitlines()[50:-50]
        names = [call.partition("(")[0] for call in calls]
        sleeps = names.count("clock_nanosleep")
        assert sleeps > 500
        assert len(names) <= 2 * sleeps, {name: names.count(name) for name in set(names)}
        print(f"\n  {len(names) / sleeps:.3f} system calls a tick: {set(names)}")


def traced(line: LiveLine) -> int:
    path = line.folder / "calls"
    return path.read_text().count("\n") if path.exists() else 0


def test_r1_a_running_loop_faults_no_page_once_it_is_warm() -> None:
    with LiveLine(extra="[record]\n", lock_memory=True) as line:
        line.start().close_loop()
        if "lock_memory" in line.status()["core"]["host"]["real_time"]["missing"]:
            pytest.skip("memory cannot be locked here")
        tick = line.status()["core"]["tick"]
        warm = line.until_status(lambda s: s["core"]["tick"] > tick + 3000, "a warm loop")
        later = line.until_status(
            lambda s: s["core"]["tick"] > warm["core"]["tick"] + 3000, "3000 ticks more"
        )
        before, after = (s["core"]["host"]["loop_thread"] for s in (warm, later))
        assert after["id"] == loop_thread(line.pid("core"))
        for kind in ("minor_faults", "major_faults"):
            assert after[kind] == before[kind], (before, after)
        assert line.stop()[0] == 0


# -- looking at it ---------------------------------------------------------------------------------


def test_top_and_the_worst_cycle_of_a_running_line() -> None:
    budgets = """
[loops."calender.nip"]
deadline_us = 900.0
startup_cycles = 100
[budgets]
window_s = 1.0
[budgets.loops."calender.nip"]
release_us = 0.001
read_us = 300.0
execute_us = 200.0
write_us = 100.0
[budgets.chains."gauge to press"]
channel = "calender.encoder"
actuator = "calender.line_load"
budget_us = 5000.0
"""
    with LiveLine(extra=budgets) as line:
        line.start()
        line.until_status(lambda s: s["core"]["tick"] > 2500, "a window of the budgets")
        top = line.cli("top", "--once")
        assert top.returncode == 0, top.stderr
        for text in ("calender.nip", "release", "response", "p99.99", "gauge to press", "closed"):
            assert text in top.stdout, top.stdout
        assert "over its budget" in top.stdout, "nothing is released within a nanosecond"
        seen = json.loads(line.cli("top", "--json").stdout)
        assert seen["loops"][0]["name"] == "calender.nip"
        assert any("over its budget" in text for text in seen["alarms"])
        worst = json.loads(line.cli("status", "--worst", "--json").stdout)["worst"]["calender.nip"]
        assert worst["write_ns"] >= worst["execute_ns"] >= worst["read_ns"] >= worst["wake_ns"] >= 0
        names = [slot["name"] for slot in worst["slots"]]
        assert any(name.startswith("input calender.") for name in names), names
        shown = line.cli("status", "--worst").stdout
        assert f"tick {worst['tick']}" in shown
        assert "us after its release" in shown
        assert line.stop()[0] == 0
        alarms = [r.body for r in Ledger(line.ledger).rows if "budget" in r.body]
        assert alarms[0]["budget"] == "calender.nip release"
        assert alarms[0]["p99_9_ns"] > alarms[0]["budget_ns"]
