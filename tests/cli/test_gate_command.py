"""`linewright gate`: exit codes, JSON, plot, limits of a line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CLI = str(Path(sys.executable).parent / "linewright")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"


def gate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [CLI, "gate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("A", 0, "release"), ("B", 0, "release"), ("B_hot", 3, "block"), ("thick", 4, "refuse")],
)
def test_the_exit_code_is_the_verdict(name: str, code: int, word: str) -> None:
    done = gate(EXAMPLES / f"{name}.toml", "--draws", 2000, "--seed", 1, "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["verdict"]) == (code, word)
    assert facts["ok"] is (code == 0)
    assert bool(facts["reasons"]) is (code == 3)
    assert bool(facts["outside"]) is (code == 4)
    told = gate(EXAMPLES / f"{name}.toml", "--draws", 2000, "--seed", 1)
    assert told.returncode == code
    assert told.stdout.startswith(f"{name}: {word}\n")


def test_a_bad_recipe_file_ends_with_78_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('schema = 1\nname = "x"\n[recipe]\nporosty = 0.3\n')
    done = gate(tmp_path / "x.toml")
    assert done.returncode == 78
    assert "x.toml:4: recipe.porosty: expected 'porosity'" in done.stderr
    assert "fix:" in done.stderr
    facts = json.loads(gate(tmp_path / "x.toml", "--json").stdout)
    assert facts["errors"][0]["line"] == 4


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    done = gate(EXAMPLES / "A.toml", "--draws", 1000, "--plot", tmp_path / "a.svg")
    assert done.returncode == 0, done.stderr
    assert "<svg" in (tmp_path / "a.svg").read_text()[:400]
    assert gate(EXAMPLES / "A.toml", "--plot", tmp_path / "a.nonsense").returncode == 2


def test_a_line_file_limits_what_its_actuators_can_do(tmp_path: Path) -> None:
    import linewright.lines

    text = (Path(linewright.lines.__path__[0]) / "closed.toml").read_text()
    text = text.replace("hi = 8.5", "hi = 5.0").replace("nudge_budget = 2.75", "nudge_budget = 1.0")
    (tmp_path / "line.toml").write_text(text)
    done = gate(EXAMPLES / "A.toml", "--draws", 1000, "--line", tmp_path / "line.toml")
    assert done.returncode == 3
    assert "pump is 5.583 L/min, must be 3 to 5 L/min" in done.stdout


def test_draws_out_of_bounds_are_a_wrong_call() -> None:
    assert gate(EXAMPLES / "A.toml", "--draws", 10).returncode == 2
