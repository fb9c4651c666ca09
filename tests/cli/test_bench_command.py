"""`linewright bench`: what it calls broken, and that it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from linewright.cli._bench import Budget, Count, judged
from linewright.line import load, packaged

COMMAND = Path(sys.executable).parent / "linewright"


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "bench", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def core(tick: int, p99_9_us: float, faults: int = 7, sleeps: int | None = None) -> dict[str, Any]:
    """A status of the core in which every time is the same."""
    times = dict.fromkeys(("p50_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"), p99_9_us * 1e3)
    stages = ("lateness", "read", "execute", "write", "response")
    loop = {"name": "calender.nip", "cycles": tick, "missed": 0, "late": 0, "margin": 0.5}
    return {
        "tick": tick,
        "loops": [loop | dict.fromkeys(stages, times)],
        "chains": [{"name": "encoder to press", "budget_ns": 1e6, "age": times}],
        "host": {
            "real_time": {"rt": "obtained"},
            "loop_thread": {
                "minor_faults": faults,
                "major_faults": 0,
                "voluntary_switches": tick if sleeps is None else sleeps,
            },
        },
        "lost_records": 0,
        "dropped_cycles": 0,
        "stale_outputs": 0,
    }


def broken(*slices: list[dict[str, Any]]) -> list[str]:
    found: list[str] = judged(load(packaged()["bench"]), list(slices))["broken"]
    return found


def test_a_budget_is_broken_when_every_slice_is_over_it() -> None:
    assert Budget("a", 10.0, [9.0, 9.5, 9.9]).state == "kept"
    assert Budget("a", 10.0, [9.0, 40.0, 9.9]).state == "noise"
    assert Budget("a", 10.0, [10.1, 40.0, 11.0]).state == "broken"
    assert Budget("a", 10.0, [8.0, 12.0, 10.0]).floor == pytest.approx(0.4)


def test_a_count_is_broken_by_one_slice() -> None:
    assert not Count("faults", 0.0, [0.0, 0.0]).broken
    assert Count("faults", 0.0, [0.0, 1.0]).broken


def test_budgets_and_counts_are_held_against_the_line_file() -> None:
    good = [core(1000, 40.0), core(9000, 40.0)]
    assert broken(good, good) == []
    slow = [core(1000, 60.0), core(9000, 60.0)]
    assert broken(slow, slow) == ["calender.nip write"], "50 us is its budget"
    assert broken(good, slow) == []
    faulted = [core(1000, 40.0, faults=7), core(9000, 40.0, faults=8)]
    assert broken(good, faulted) == ["minor_faults of a warm loop"]
    restless = [core(1000, 40.0), core(9000, 40.0, sleeps=1000 + 3 * 8000)]
    assert broken(good, restless) == ["sleeps a tick"]


def test_it_runs_and_gates(tmp_path: Path) -> None:
    done = bench("--seconds", 3, "--slices", 2, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [len(loop["response"]) for loop in document["loops"]] == [2]
    assert {c["name"] for c in document["counts"]} >= {"sleeps a tick", "lost_records"}
    text = packaged()["bench"].read_text()
    (tmp_path / "line.toml").write_text(text.replace("release_us = 500.0", "release_us = 0.001"))
    done = bench(tmp_path / "line.toml", "--seconds", 3, "--slices", 1, "--against", "budgets")
    assert done.returncode == 1, done.stdout
    assert "calender.nip release" in done.stderr


def test_a_line_that_keeps_no_time_or_states_no_budget_is_a_mistake(tmp_path: Path) -> None:
    assert bench(packaged()["closed"]).returncode == 2
    assert bench("--against", "time").returncode == 2
    text = packaged()["bench"].read_text()
    head, _, rest = text.partition("[budgets.loops")
    (tmp_path / "line.toml").write_text(head + rest[rest.index("[record]") :])
    done = bench(tmp_path / "line.toml", "--against", "budgets")
    assert done.returncode == 2
    assert "states no [budgets]" in done.stderr
