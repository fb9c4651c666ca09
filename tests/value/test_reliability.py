"""The reliability of the gate: a small run of the command, and its arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from linewright import recipes
from linewright.value import reliability as r


def test_perfect_predictions_are_off_by_nothing_and_biased_ones_by_their_bias() -> None:
    rng = np.random.default_rng(5)
    chance = rng.uniform(0.0, 1.0, 20_000)
    came = (rng.uniform(0.0, 1.0, len(chance)) < chance).astype(float)
    fair = r.bins(np.stack([chance, came], axis=1))
    assert sum(one.n for one in fair) == len(chance)
    assert all(abs(one.seen - one.predicted) < 4.0 * one.error for one in fair)
    boasting = r.bins(np.stack([np.minimum(chance + 0.1, 1.0), came], axis=1))
    middle = next(one for one in boasting if one.lo == 0.6)
    assert middle.seen - middle.predicted == pytest.approx(-0.1, abs=0.03)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_change_is_a_recipe_the_gate_judges(seed: int) -> None:
    made = r.random_change(seed)
    assert made == r.random_change(seed)
    assert made != r.random_change(seed + 10)
    verdict = recipes.judge(made, draws=200)
    assert not verdict.outside
    assert "window" not in {reason.about for reason in verdict.reasons}


@pytest.mark.parametrize("seed", [6])
def test_the_command_runs_changes_and_says_how_far_it_is_off(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    arguments = ["--changes", "12", "--learn", "10", "--seed", str(seed), "--workers", "2"]
    code = r.main([*arguments, "--within", "100", "--out", str(out)])
    made = json.loads(out.read_text())
    assert code == 0
    assert 6 <= made["judged"] <= 12
    assert sum(one["n"] for one in made["all"]) <= 5 * made["judged"]
    assert 0.05 < made["scatter"]["weight_pct"] < 0.6
    assert 0.03 < made["scatter"]["wander_pct"] < 0.4
    assert 0.03 < made["scatter"]["thickness_um"] < 0.6
    # so few changes show gross mistakes only
    for of in made["by_quality"].values():
        assert abs(of["seen"] - of["predicted"]) < 0.45
    assert "mean off over all predictions" in capsys.readouterr().out


def test_a_wrong_call_ends_with_2() -> None:
    with pytest.raises(SystemExit) as ended:
        r.main(["--changes", "1"])
    assert ended.value.code == 2


@pytest.mark.parametrize("seed", [3])
def test_what_moves_is_told_from_what_stands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    recipe = r.random_change(seed)
    moving = 0.2 * np.sin(np.arange(600) / 20.0)
    off = {
        "pressed": 0.3 + moving,
        "thickness": 0.01 * moving * recipe.recipe.side_um + 0.1 * rng.normal(size=600),
    }
    rest = r._not_followed(off, recipe)
    assert np.std(rest) == pytest.approx(0.1, rel=0.1)
    assert abs(np.corrcoef(rest, moving)[0, 1]) < 0.1
