"""A line that keeps a quota, and the commands that pin rows and verify what is left."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from linewright.cli import main; main()"
STATION = """
from linewright.graph import Station

class Watch(Station):
    name = "watch"

    def build(self, g):
        with g.loop("speed", rate_hz=10) as L:
            L.event("moved", L.input("coater.web_speed", "m/s") > 0.1, rule="r", decision="d")
"""
LINE = """\
schema = 1
[line]
name = "watched"
[time]
mode = "simulated"
duration_s = 600.0
[io]
driver = "twin"
[stations.watch]
plugin = "watch:Watch"
[gate]
tally_s = 0.5
[ledger]
keep_days = 0.0003
"""


def run(*args: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == code, (args, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of a line that keeps its rows for half a minute of simulated time."""
    from linewright.line import load, run_inline

    folder = tmp_path_factory.mktemp("kept")
    (folder / "watch.py").write_text(STATION)
    (folder / "line.toml").write_text(LINE)
    run_inline(load(folder / "line.toml"), folder)
    return folder / "ledger.sqlite"


def test_verify_says_where_the_chain_starts_and_export_goes_on_from_there(
    ledger: Path, tmp_path: Path
) -> None:
    found = json.loads(run("ledger", "verify", ledger, "--json").stdout)
    (gone,) = found["removed"]
    assert gone["first"] == 1
    assert gone["why"] == "age"
    assert found["rows"] == found["last_seq"] - gone["last"]
    said = run("ledger", "verify", ledger).stdout
    assert f"rows 1 to {gone['last']} were removed (by age" in said
    run("ledger", "export", ledger, "--csv", tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        seqs = [int(row["seq"]) for row in csv.DictReader(file)]
    assert seqs == list(range(gone["last"] + 1, found["last_seq"] + 1))


def test_a_pin_is_made_listed_and_taken_back(ledger: Path) -> None:
    last = json.loads(run("ledger", "verify", ledger, "--json").stdout)["last_seq"]
    span = ["--from", last - 10, "--to", last]
    made = run("ledger", "pin", ledger, *span, "--reason", "complaint", "--operator", "meier")
    assert "complaint" in made.stdout
    (pin,) = json.loads(run("ledger", "pins", ledger, "--json").stdout)["pins"]
    assert (pin["first"], pin["last"], pin["by"]) == (last - 10, last, "meier")
    assert "meier" in run("ledger", "pins", ledger).stdout
    run("ledger", "unpin", ledger, *span)
    assert run("ledger", "pins", ledger).stdout == ""
    assert "not pinned" in run("ledger", "unpin", ledger, *span, code=2).stderr
    gone = run("ledger", "pin", ledger, "--from", 1, "--to", 2, "--reason", "late", code=2)
    assert "removed already" in gone.stderr
