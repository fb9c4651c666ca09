"""`linewright calibrate`: from the record of a run to a verdict on the line as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from linewright import recipes

CLI = str(Path(sys.executable).parent / "linewright")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
RECIPE = EXAMPLES / "A.toml"


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [CLI, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the record of a run in `r` and the calibration made of it."""
    folder = tmp_path_factory.mktemp("shift")
    done = run(folder, "run", EXAMPLES / "line.toml", "--run-dir", "r")
    assert done.returncode == 0, done.stderr
    done = run(folder, "calibrate", "r/record.mcap", "--recipe", RECIPE, "--out", "c.json")
    assert done.returncode == 0, done.stderr
    return folder


def test_it_tells_each_parameter_with_its_uncertainty(shift: Path) -> None:
    arguments = ("calibrate", "r/record.mcap", "--recipe", RECIPE, "--out", "again.json", "--json")
    facts = json.loads(run(shift, *arguments).stdout)
    made = recipes.read_calibration(shift / "c.json")
    assert facts["hash"] == made.hash, "the same record gives the same calibration"
    assert set(made.parameters) == {"resistance", "heat", "pump"}
    assert all(of.calibrated for of in made.parameters.values())
    assert made.source == "record.mcap"
    assert len(made.source_sha256) == 64


def test_the_gate_judges_and_certifies_with_it(shift: Path) -> None:
    certificate = ("--certificate", "A.json")
    done = run(shift, "gate", RECIPE, "--calibration", "c.json", "--json", *certificate)
    facts = json.loads(done.stdout)
    made = recipes.read_calibration(shift / "c.json")
    assert facts["calibration_hash"] == made.hash
    assert facts["resistance_ratio"] == made.parameters["resistance"].ratio
    assert facts["scatter"]["heat_pct"] == made.parameters["heat"].sd_pct
    assert recipes.read_certificate(shift / "A.json")["calibration_hash"] == made.hash


def test_a_changed_calibration_ends_with_78(shift: Path) -> None:
    raw = json.loads((shift / "c.json").read_text())
    raw["scatter"]["weight_pct"] = 0.01
    (shift / "changed.json").write_text(json.dumps(raw))
    done = run(shift, "gate", RECIPE, "--calibration", "changed.json")
    assert done.returncode == 78
    assert "hash: expected the hash of the content" in done.stderr


def test_a_damaged_or_empty_record_ends_with_65_and_no_file_with_2(shift: Path) -> None:
    rest = ("--recipe", RECIPE, "--out", "no.json")
    (shift / "bad.mcap").write_bytes(b"nonsense" * 100)
    assert run(shift, "calibrate", "bad.mcap", *rest).returncode == 65
    assert run(shift, "calibrate", "none.mcap", *rest).returncode == 2
    assert not (shift / "no.json").exists()
