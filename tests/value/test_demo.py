"""The demo over real processes and the real bus: short, but whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from linewright import _core
from linewright.line import run_inline
from linewright.value.chain import read as read_chains
from linewright.value.hours import read_ledger
from linewright.value.policies import read_shift, shift_faults, write_line


def linewright(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from linewright.cli import main; main()", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=os.environ.copy()
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    cwd = tmp_path_factory.mktemp("d")
    asked = ("--seed", "3", "--hours", "0.1", "--record", "--out", "out", "--json")
    done = linewright("demo", *asked, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return cwd / "out", json.loads(done.stdout)


def test_the_demo_ends_with_its_metrics_and_a_report(demo: tuple[Path, dict]) -> None:
    folder, facts = demo
    assert facts["ok"] is True
    assert set(facts["policies"]) == {"open", "playbook", "closed"}
    for figures in facts["policies"].values():
        assert figures["cost_per_good_cell_eur"] > 20.0
        assert figures["coated_m"] > 100.0
    assert facts["time_to_detect"]["faults"] == len(shift_faults(seed=3, hours=0.1))
    assert Path(facts["report"]).read_text().startswith("<!doctype html>")
    for policy in facts["policies"]:
        assert _core.ledger_verify(str(folder / policy / "ledger.sqlite"))["rows"] > 0


def test_the_bus_and_the_inline_line_tell_the_same_story(
    demo: tuple[Path, dict], tmp_path: Path
) -> None:
    from linewright.line import load

    folder, _ = demo
    file = write_line("closed", tmp_path, seed=3, hours=0.1, faults=shift_faults(seed=3, hours=0.1))
    run_inline(load(file), tmp_path)
    inline = read_shift("closed", tmp_path, seed=3, hours=0.1)
    bus = read_shift("closed", folder / "closed", seed=3, hours=0.1)
    assert bus.truth.weight_pct == inline.truth.weight_pct
    assert bus.detections() == inline.detections()


def test_each_way_can_be_replayed_and_its_own_line_file_changes_nothing(
    demo: tuple[Path, dict],
) -> None:
    folder, facts = demo
    for policy in facts["policies"]:
        way = folder / policy
        asked = ("replay", "record.mcap", "--with", f"{policy}.toml", "--json")
        done = linewright(*asked, cwd=way)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["certain_to_tick"] == told["ticks"][1] > 0.09 * 3600 * told["base_hz"]
        assert (told["gate"], told["acted_from"]) == ([], None)


def test_states_and_chains_are_read_from_a_ledger_of_the_bus(demo: tuple[Path, dict]) -> None:
    ledger = demo[0] / "closed" / "ledger.sqlite"
    assert read_ledger(ledger).notes == ()
    record = [row["body"] for row in _core.ledger_rows(str(ledger), kinds=["state"])]
    assert {body["machine"] for body in record} == {"slurry", "coater", "calender"}
    for chain in read_chains(ledger):
        if chain.detector:
            assert chain.rows["detection"] > 0


def test_the_report_can_be_made_again(demo: tuple[Path, dict], tmp_path: Path) -> None:
    folder, _ = demo
    first = (folder / "report.html").read_text()
    done = linewright("report", str(folder), "--out", "again.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.html").read_text() == first


def test_a_folder_without_a_shift_is_refused(tmp_path: Path) -> None:
    done = linewright("report", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 69
    assert "no ledger.sqlite" in done.stderr


@pytest.mark.parametrize("wrong", [("--hours", "0"), ("--hours", "nan"), ("--seed", "-1")])
def test_nonsense_is_a_usage_error(tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert linewright("demo", *wrong, cwd=tmp_path).returncode == 2


def test_a_demo_of_one_fault_has_that_fault_and_no_other(tmp_path: Path) -> None:
    arguments = ("--seed", "3", "--hours", "0.2", "--fault", "f10", "--out", "out", "--json")
    done = linewright("demo", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["time_to_detect"]
    assert found["faults"] == 1
    assert found["missed"] == 0
    rows = json.loads((tmp_path / "out/closed/truth.json").read_text())["faults"]
    assert [row["name"] for row in rows] == ["speed_upset"]
