"""The staged change: least scrap of all orders, within every limit; what is none is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from linewright import recipes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
CLI = str(Path(sys.executable).parent / "linewright")
A, B = (recipes.read_recipe(EXAMPLES / f"{name}.toml") for name in "AB")


@pytest.fixture(scope="module")
def plan() -> recipes.Plan:
    return recipes.plan_change(A, B)


def test_the_order_taken_leaves_least_scrap(plan: recipes.Plan) -> None:
    tried = [scrap for scrap in plan.tried.values() if scrap is not None]
    assert len(plan.tried) == 18
    assert plan.scrap_m <= min(tried) + 0.5
    assert max(tried) > 10.0 * plan.scrap_m, "the order matters"
    assert plan.tried[", ".join(plan.order)] == plan.scrap_m


def test_the_stages_join_recipe_to_recipe(plan: recipes.Plan) -> None:
    told: dict[str, float] = {}
    for stage in plan.stages:
        for name, before in stage.before.items():
            assert told.get(name, before) == pytest.approx(before), name
            told[name] = stage.after[name]
        assert stage.to_m >= stage.from_m >= -1.0
    assert told["web m/s"] == B.recipe.web_speed_m_per_s
    assert told["weight g/m2"] == B.recipe.areal_g_per_m2
    assert told["gap um"] == B.recipe.coating_gap_um
    assert told["pump L/min"] == pytest.approx(B.recipe.pump_flow_l_per_min, rel=1e-6)
    assert told["nip N/mm"] == pytest.approx(B.recipe.line_load_n_per_mm)
    assert told["zone 2 degC"] == B.dryer["zone_c"][1]


def test_the_nip_moves_on_the_metres_of_the_weight(plan: recipes.Plan) -> None:
    by_move = {stage.move: stage for stage in plan.stages}
    nip, weight = by_move["nip"], by_move["weight"]
    assert nip.from_m == pytest.approx(weight.from_m, abs=1.0)
    assert nip.to_m == pytest.approx(weight.to_m, abs=1.0)


def test_there_and_back_stay_below_the_explosion_limit(plan: recipes.Plan) -> None:
    back = recipes.plan_change(B, A)
    assert back.order != plan.order
    for one in (plan, back):
        assert one.explosion_share <= 0.25
        assert one.scrap_m < 40.0
    assert back.exhaust_m3_per_s > 14.0, "on B's dampers it takes more air to dry A"


def test_only_what_differs_moves() -> None:
    slower = A.but(recipe={"web_speed_m_per_s": 0.95})
    plan = recipes.plan_change(A, slower)
    assert plan.order == ("speed",)
    assert [stage.move for stage in plan.stages] == ["speed"]
    assert plan.scrap_m == 0.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"solids_fraction": 0.68}, "solids_fraction cannot change on a running line"),
        ({"coated_width_m": 0.6}, "coated_width_m cannot change on a running line"),
        ({}, "are the same to the line"),
    ],
)
def test_what_is_no_change_of_a_running_line_is_refused(
    change: dict[str, float], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        recipes.plan_change(A, A.but(recipe=change))


def test_another_electrode_is_refused() -> None:
    anode = recipes.RecipeFile.of("x", electrode="anode")
    with pytest.raises(ValueError, match="cannot change on a running line"):
        recipes.plan_change(A, anode)


def test_a_change_that_never_comes_to_the_new_recipe_is_refused() -> None:
    never = recipes.RecipeFile.of(
        "never", recipe={"areal_g_per_m2": 210.0}, tolerance={"residual_ppm": 20.0}
    )
    with pytest.raises(ValueError, match="every order passes a limit"):
        recipes.plan_change(A, never)


def test_the_command_prints_the_stages() -> None:
    def gate(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [CLI, "gate", "--draws", "1000", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = gate("--from", EXAMPLES / "A.toml", EXAMPLES / "B.toml")
    assert done.returncode == 0, done.stderr
    assert "A to B: " in done.stdout
    assert "scrap 1" in done.stdout
    facts = json.loads(gate("--from", EXAMPLES / "A.toml", EXAMPLES / "B.toml", "--json").stdout)
    assert facts["change"]["scrap_m"] < 40.0
    blocked = gate("--from", EXAMPLES / "A.toml", EXAMPLES / "B_hot.toml")
    assert blocked.returncode == 3
    assert "tried on the twin" not in blocked.stdout, "a blocked recipe is not changed to"
    same = gate("--from", EXAMPLES / "A.toml", EXAMPLES / "A.toml")
    assert same.returncode == 3
    assert "are the same to the line" in same.stderr
