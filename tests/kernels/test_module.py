"""The compiled module beside its kernels: import, threads, plant, inline core, files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import linewright as lw
import numpy as np
import pytest
from linewright import _core, twin
from linewright.graph import Graph, compile_line

ROOT = Path(__file__).parents[2]
NOMINAL = [5.583, 895.7]


class Follow(lw.Station):
    """Writes the filtered input, scaled, to the one actuator."""

    name = "follow"

    def build(self, g: Graph) -> None:
        with g.loop("only", rate_hz=10) as L:  # noqa: N806
            x = L.input("follow.pv", "L/min")
            L.output("follow.mv", L.apply(lw.Ewma, x, time_constant_s=1.0))


def config(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    plan = json.loads(compile_line([Follow()]))
    actuator = {
        "unit": "L/min",
        "lo": 0.0,
        "hi": 10.0,
        "max_rate_per_s": 100.0,
        "fallback": {"kind": "hold"},
        "nudge_budget": 10.0,
        "nudge_window_ticks": 36000,
        "lease_ticks": 20,
        "resolution": 0.0,
        "read_back_tolerance": 0.01,
        "owner": "follow",
    }
    return {
        "line": "test",
        "plan": plan,
        "time": {"mode": "simulated", "base_hz": 10},
        "actuators": {"follow.mv": actuator},
        "stations": {"follow": {"key": 11, "actuators": ["follow.mv"]}},
        "driver": {
            "kind": "manual",
            "channels": [["follow.pv", "L/min"]],
            "actuators": [["follow.mv", "L/min", 2.0]],
        },
        "ledger": {"path": str(tmp_path / "ledger.db")},
        "record": {"path": str(tmp_path / "record.mcap")},
        "seed": 3,
    } | changes


def test_import_loads_neither_numpy_nor_zmq() -> None:
    code = (
        "import sys, linewright as lw; lw.Ewma(time_constant_s=1.0, period_s=0.1).update(1.0);"
        "print(sorted({'numpy', 'zmq', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stubs_are_what_the_module_gives() -> None:
    command = [sys.executable, str(ROOT / "rust/linewright-py/stubs.py"), "--check"]
    subprocess.run(command, check=True)


def test_block_releases_the_gil_and_keeps_others_out() -> None:
    kernel = lw.Median(window=255, period_s=0.1)
    x = np.random.default_rng(1).normal(size=300_000)
    started, refused = threading.Event(), []

    def work() -> None:
        started.set()
        kernel.process(x)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    beats = 0
    while thread.is_alive():
        beats += 1
        try:
            kernel.update(0.0)
        except RuntimeError as error:
            refused.append(str(error))
    thread.join()
    assert beats > 0
    assert refused
    assert set(refused) == {"another thread is at work on this kernel"}
    kernel.update(0.0)


def test_twin_steps_equal_runs_and_seeds_repeat() -> None:
    line, again = twin.Twin(seed=5, base_hz=10), twin.Twin(seed=5, base_hz=10)
    moves = np.tile(NOMINAL, (200, 1))
    together = line.run(moves)
    singly = np.array([again.step(list(row)) for row in moves])
    assert together.tobytes() == singly.tobytes()
    assert line.ticks == again.ticks == 200
    assert twin.Twin(seed=6, base_hz=10).run(moves).tobytes() != together.tobytes()
    truth = line.truth()
    assert len(truth["series"]["weight_deviation"]) == 20
    assert truth["seed"] == 5


def test_twin_refuses_what_is_no_line() -> None:
    with pytest.raises(lw.ConfigError, match="colour"):
        twin.Twin({"colour": 1})
    with pytest.raises(lw.ConfigError, match=r"coater\.web_m_per_s must be .*, was -1"):
        twin.Twin({"coater": {"web_m_per_s": -1.0}})
    with pytest.raises(lw.ConfigError, match="base_hz"):
        twin.Twin(base_hz=0)
    known = len(twin.Twin.ACTUATORS)
    with pytest.raises(ValueError, match=f"{known} actuators, got {known + 1}"):
        twin.Twin().step([math.nan] * (known + 1))


def test_inline_core_acts_records_and_replays(tmp_path: Path) -> None:
    settings = config(tmp_path, permit="closed", gate={"arm_at_start": "tester"})
    assert _core.check_config(json.dumps(settings)) == []
    with _core.Core(json.dumps(settings)) as core:
        core.set_input("follow.pv", 6.0)
        assert core.advance(50) == 50 == core.tick
        assert core.written("follow.mv") == 2.0, "no lease is held, so nothing is written"
        assert core.drain()
        assert core.status()["tick"] == 50
        with pytest.raises(ValueError, match=r"did you mean 'follow\.pv'"):
            core.set_input("follow.px", 1.0)
        core.finish()
        assert core.advance(100) < 100
        assert core.finished
    path = settings["ledger"]["path"]
    kinds = [row["kind"] for row in _core.ledger_rows(path)]
    assert kinds[0] == "start"
    assert kinds[-1] == "stop"
    assert _core.ledger_verify(path)["rows"] == len(kinds)
    assert [r["kind"] for r in _core.ledger_rows(path, kinds=["stop"])] == ["stop"]
    told: list[tuple[int, int, int]] = []
    record = settings["record"]["path"]
    report = _core.replay_verify(record, lambda *at: told.append(at))
    assert report["cycles"] >= 50
    assert told[-1][0] == report["cycles"]
    assert all(0 < read <= total for _, read, total in told)
    assert report["plan_hash"] == _core.record_head(record)["plan_hash"]
    assert report["plan_hash"] == _core.plan_hash(json.dumps(settings["plan"])).hex()


def test_an_error_of_the_progress_callback_comes_through(tmp_path: Path) -> None:
    settings = config(tmp_path)
    with _core.Core(json.dumps(settings)) as core:
        core.advance(10)
    with pytest.raises(ZeroDivisionError):
        _core.replay_verify(settings["record"]["path"], lambda *_: 1 // 0)


def test_a_core_with_wrong_settings_does_not_start(tmp_path: Path) -> None:
    wrong = config(tmp_path, time={"mode": "live", "base_hz": 7})
    wrong["actuators"]["follow.mv"]["hi"] = -1.0
    with pytest.raises(lw.ConfigError) as refused:
        _core.Core(json.dumps(wrong))
    fields = {problem["field"] for problem in refused.value.problems}
    assert {"base_hz", "hi"} <= fields
    assert refused.value.exit_code == 78
    assert _core.check_config(json.dumps(wrong)) == refused.value.problems
    assert not (tmp_path / "ledger.db").exists()
    path = tmp_path / "core.json"
    path.write_text(json.dumps(wrong))
    code = f"import sys; from linewright import _core; sys.exit(_core.run_core({str(path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert json.loads(done.stderr)["config"] == refused.value.problems


def test_a_plan_that_cannot_run_is_refused_with_its_problems() -> None:
    plan = json.loads(compile_line([Follow()]))
    kernel = next(op for op in plan["loops"][0]["ops"] if op["op"] == "kernel")
    kernel["config"] = {"time_constant_s": -1.0}
    problems = _core.check_plan(json.dumps(plan))
    assert problems
    assert set(problems[0]) == {"loop", "op", "edge", "expected", "got", "at", "message"}
    with pytest.raises(lw.PlanError) as refused:
        _core.plan_hash(json.dumps(plan))
    assert refused.value.problems == problems
    assert _core.check_plan("{")


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    missing, wrong = tmp_path / "none", tmp_path / "wrong"
    wrong.write_text("this is neither a ledger nor a record " * 10)
    for path, code in ((missing, 69), (wrong, 65)):
        for call in (_core.ledger_verify, _core.ledger_rows):
            with pytest.raises(lw.LedgerError, match=path.name) as ledger:
                call(path)
            assert ledger.value.exit_code == code
        for call in (_core.replay_verify, _core.record_head):
            with pytest.raises(lw.RecordError, match=path.name) as record:
                call(path)
            assert record.value.exit_code == code
    with pytest.raises(ValueError, match="no ledger kind"):
        _core.ledger_rows(wrong, kinds=["nonsense"])


def test_units_are_compared_by_meaning() -> None:
    assert _core.same_unit("kg/m3", "kg/m^3")
    assert not _core.same_unit("mm", "m")
    with pytest.raises(ValueError, match="parsec"):
        _core.same_unit("parsec", "m")
