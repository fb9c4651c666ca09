"""The commands around changeovers and orders, on a scripted ledger and without a line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from linewright.cli import app
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))
from scripted_ledger import write_ledger

ROOT = Path(__file__).resolve().parents[2]
ROLLS = [(1, "A"), (2, "B"), (3, "B"), (4, "B")]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        (
            10.0 * n,
            "production",
            {
                "machine": "coater",
                "unit": f"roll {n}",
                "recipe": recipe,
                "good": True,
                "rate_share": 1.0,
                "at_s": 10.0 * n,
            },
        )
        for n, recipe in ROLLS
    ]
    return write_ledger(tmp_path_factory.mktemp("commands"), rows)


def test_changeover_reads_a_ledger_or_its_folder(ledger: Path) -> None:
    for place in (ledger, ledger.parent):
        done = CliRunner().invoke(app, ["changeover", str(place), "--json"])
        assert done.exit_code == 0, done.output
        (made,) = json.loads(done.output)["changeovers"]
        assert made["changeover_h"] == pytest.approx(10.0 / 3600.0)
        assert made["unknown_min"] == pytest.approx(10.0 / 60.0)
    told = CliRunner().invoke(app, ["changeover", str(ledger)]).output
    assert "coater: A to B" in told
    assert "unknown 0.2" in told


def test_ttd_of_a_ledger_without_detections_says_so(ledger: Path) -> None:
    done = CliRunner().invoke(app, ["ttd", str(ledger)])
    assert (done.exit_code, done.output.strip()) == (0, "nothing was detected")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["changeover", "no such place"], 2),
        (["ttd", "no such place"], 2),
        (["compare", "line.toml"], 2),
        (["compare", "line.toml", "--from", "a.toml", "--to", "b.toml"], 2),
        (["order", "no.toml", "--order", "1", "--operator", "ada", "--run-dir", "."], 2),
        (["mes", "--listen", "here"], 2),
        (["mes", "--listen", "0.0.0.0:0"], 2),
    ],
)
def test_what_is_wrong_with_a_call_ends_with_its_code(arguments: list[str], code: int) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == code


def test_an_order_without_a_line_ends_with_69(tmp_path: Path) -> None:
    recipe = ROOT / "examples" / "recipes" / "B.toml"
    call = ["order", str(recipe), "--order", "1", "--operator", "ada", "--run-dir", str(tmp_path)]
    assert CliRunner().invoke(app, call).exit_code == 69
