"""Commands: exit codes, JSON, what they say when there is nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from linewright.cli import _COMMANDS

COMMANDS = [name for name in _COMMANDS if name not in ("demo", "report")]
CLI = str(Path(sys.executable).parent / "linewright")

STATION = """
from linewright.graph import Station

class Watch(Station):
    name = "watch"

    def build(self, g):
        with g.loop("speed", rate_hz=10) as L:
            L.event("moved", L.input("coater.web_speed", "UNIT") > 0.1, rule="r", decision="d")
"""
LINE = """\
schema = 1
[line]
name = "watched"
[time]
mode = "simulated"
duration_s = 20.0
[io]
driver = "twin"
[stations.watch]
plugin = "watch:Watch"
[record]
"""


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CLI, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of 20 s in `linewright/watched`."""
    folder = Path(os.path.realpath(tmp_path_factory.mktemp("c")))
    (folder / "watch.py").write_text(STATION.replace("UNIT", "m/s"))
    (folder / "line.toml").write_text(LINE)
    done = run(folder, "run", "line.toml", "--json")
    assert done.returncode == 0, done.stderr
    return folder / "linewright" / "watched"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(name: str, tmp_path: Path) -> None:
    done = run(tmp_path, name, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    shown = done.stdout
    first = {"alarms": "list", "ledger": "dump", "keys": "new"}.get(name)
    if first is not None:
        shown = run(tmp_path, name, first, "--help").stdout
    assert "--json" in shown


def test_the_overview_lists_what_works(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_help_imports_no_numbers_and_no_sockets() -> None:
    code = (
        "import sys\nsys.argv = ['linewright', '--help']\n"
        "from linewright.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([n for n in ('numpy', 'zmq', 'rich', 'linewright.line') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["nonsense", "mode", "check", "arm"])
def test_a_wrong_call_ends_with_2(name: str, tmp_path: Path) -> None:
    assert run(tmp_path, name).returncode == 2


@pytest.mark.parametrize("arguments", [["status"], ["mode", "closed"], ["arm", "--operator", "A"]])
def test_without_a_running_line_the_code_is_69(arguments: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *arguments, "--json")
    assert done.returncode == 69
    assert json.loads(done.stdout)["ok"] is False


def test_check_says_what_a_line_has(finished: Path) -> None:
    done = run(finished.parents[1], "check", "line.toml", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert facts["loops"] == ["watch.speed 10 Hz"]
    assert facts["channels"] == ["coater.web_speed m/s"]
    assert len(facts["plan"]) == 64


def test_check_takes_a_station_alone(finished: Path) -> None:
    done = run(finished.parents[1], "check", "watch:Watch", "--json")
    assert (done.returncode, json.loads(done.stdout)["station"]) == (0, "watch")


def test_check_names_the_line_of_a_wrong_unit(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(STATION.replace("UNIT", "m/min"))
    (tmp_path / "line.toml").write_text(LINE)
    done = run(tmp_path, "check", "line.toml", "--json")
    assert done.returncode == 78
    assert "watch.py:9" in done.stdout


def test_a_bad_line_file_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "line.toml").write_text("schema = 3")
    done = run(tmp_path, "run", "line.toml")
    assert done.returncode == 78
    assert "line.toml:1: schema" in done.stderr


def test_the_ledger_is_verified_dumped_and_followed(finished: Path) -> None:
    ledger = finished / "ledger.sqlite"
    verified = json.loads(run(finished, "ledger", "verify", ledger, "--json").stdout)
    dumped = run(finished, "ledger", "dump", ledger, "--json").stdout.splitlines()
    assert len(dumped) == verified["rows"]
    assert [json.loads(row)["seq"] for row in dumped] == list(range(1, len(dumped) + 1))
    found = run(finished, "ledger", "dump", ledger, "--kind", "detection", "--json").stdout
    assert json.loads(found.splitlines()[0])["station"] == "watch"
    tail = run(finished, "ledger", "tail", ledger, "-n", "2", "--json").stdout.splitlines()
    assert tail == dumped[-2:]


def test_why_names_causes_and_admits_when_nobody_states_one(finished: Path) -> None:
    ledger = finished / "ledger.sqlite"
    done = run(finished, "why", ledger, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["detections"]
    assert found["event"] == "watch.moved"
    assert found["causes"] == []
    assert "no station states a cause" in run(finished, "why", ledger).stdout
    none = run(finished, "why", ledger, "--event", "watch.stood")
    assert none.returncode == 2
    assert "there are: watch.moved" in none.stderr


def test_a_fault_that_is_not_in_the_catalogue_ends_with_2(tmp_path: Path) -> None:
    for command in (["demo", "--fault", "F99"], ["evaluate", "--fault", "F99"]):
        done = run(tmp_path, *command)
        assert done.returncode == 2, done
        assert "there are F01" in done.stderr


def test_a_changed_ledger_ends_with_65_and_names_the_row(finished: Path, tmp_path: Path) -> None:
    import sqlite3

    copy = tmp_path / "ledger.sqlite"
    with sqlite3.connect(finished / "ledger.sqlite") as ledger, sqlite3.connect(copy) as other:
        ledger.backup(other)
        other.execute("UPDATE ledger SET body = '{}' WHERE seq = 2")
    other.close()
    done = run(tmp_path, "ledger", "verify", copy, "--json")
    assert done.returncode == 65
    assert json.loads(done.stdout)["seq"] == 2


def test_a_record_replays_and_a_damaged_one_ends_with_65(finished: Path, tmp_path: Path) -> None:
    done = run(finished, "replay", "record.mcap", "--verify", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["cycles"] == 200
    data = bytearray((finished / "record.mcap").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "record.mcap").write_bytes(data)
    assert run(tmp_path, "replay", "record.mcap", "--verify").returncode == 65


def test_a_record_cut_short_says_where_and_what_still_holds(finished: Path, tmp_path: Path) -> None:
    data = (finished / "record.mcap").read_bytes()
    (tmp_path / "record.mcap").write_bytes(data[: len(data) * 3 // 4])
    done = run(tmp_path, "replay", "record.mcap", "--verify")
    assert done.returncode == 65
    assert "truncated at byte" in done.stderr
    assert "cycles before it give the same bits" in done.stderr


@pytest.mark.parametrize("command", [["ledger", "verify"], ["ledger", "dump"], ["replay"]])
def test_a_file_that_is_not_there_ends_with_2(command: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *command, "missing")
    assert done.returncode == 2
    assert "no such file" in done.stderr


def test_the_doctor_names_a_mend_for_every_lack(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json")
    assert done.returncode == 0
    findings = json.loads(done.stdout)["findings"]
    names = [f["name"] for f in findings]
    assert {"python", "core", "rt_priority", "cpu_governor", "cpu_dma_latency"} <= set(names)
    assert "ms" in next(f for f in findings if f["name"] == "disk_sync")["value"]
    assert all(f["fix"] for f in findings if f["state"] == "degraded")
    lacking = any(f["real_time"] and f["state"] != "good" for f in findings)
    assert run(tmp_path, "doctor", "--require-rt").returncode == (77 if lacking else 0)


def test_a_packaged_line_runs_by_name_for_as_long_as_told(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "closed", "--hours", 0.01, "--run-dir", "shift", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["line"] == "closed"
    rows = json.loads(run(tmp_path, "ledger", "verify", facts["ledger"], "--json").stdout)["rows"]
    assert rows > 10


def test_a_live_line_is_not_shortened(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(STATION.replace("UNIT", "m/s"))
    live = LINE.replace('mode = "simulated"\nduration_s = 20.0', 'mode = "live"')
    (tmp_path / "line.toml").write_text(live)
    done = run(tmp_path, "run", "line.toml", "--hours", 0.01)
    assert done.returncode == 2, done.stderr
    assert "runs until it is stopped" in done.stderr
