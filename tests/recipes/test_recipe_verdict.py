"""The verdict: release, block with reasons and levers, refuse outside the twin's range."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest
from linewright import recipes
from linewright.plots import recipe_histograms
from linewright.stations.coater.drying import Dryer, design

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
DRAWS = 4000


def example(name: str) -> recipes.RecipeFile:
    return recipes.read_recipe(EXAMPLES / f"{name}.toml")


@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_recipes_of_the_planned_change_are_released(name: str, seed: int) -> None:
    verdict = recipes.judge(example(name), draws=DRAWS, seed=seed)
    assert verdict.word == "release", recipes.sentences(verdict)
    assert all(chance.probability >= 0.95 for chance in verdict.chances)


def test_the_hot_one_is_blocked_with_window_and_adhesion() -> None:
    verdict = recipes.judge(example("B_hot"), draws=DRAWS)
    assert verdict.word == "block"
    assert {reason.about for reason in verdict.reasons} == {"window", "adhesion"}
    told = "\n".join(recipes.sentences(verdict))
    assert "adhesion index: 0.0 % chance of at least 0.600, 95.0 % required" in told
    assert "coating gap of 185 um instead of 250 um" in told


def test_the_same_seed_gives_the_same_verdict_on_any_number_of_threads() -> None:
    one, two = (recipes.judge(example("A"), draws=1000, seed=3, threads=n) for n in (1, 3))
    assert one == two
    assert one != recipes.judge(example("A"), draws=1000, seed=4)


def test_the_draws_are_those_the_chances_were_counted_from() -> None:
    verdict = recipes.judge(example("A"), draws=2000, seed=5)
    draws = recipes.draws_of(verdict)
    assert draws.shape == (2000, 5)
    for i, chance in enumerate(verdict.chances):
        lo = -np.inf if chance.lo is None else chance.lo
        hi = np.inf if chance.hi is None else chance.hi
        share = np.mean((draws[:, i] >= lo) & (draws[:, i] <= hi))
        assert share == pytest.approx(chance.probability, abs=1e-12)
    figure = recipe_histograms(verdict, draws)
    assert len(figure.axes) == 5


@pytest.mark.parametrize("name", ["B_hot", "hot"])
def test_a_lever_mends_what_it_is_named_for(name: str) -> None:
    recipe = recipes.RecipeFile.of("hot") if name == "hot" else example(name)
    verdict = recipes.judge(recipe, draws=DRAWS)
    found = recipes.levers(verdict)
    abouts = {lever.about for lever in found}
    assert "drying" in abouts
    assert len(abouts) > 1
    for lever in found:
        again = recipes.judge(recipe.but(**lever.change), draws=DRAWS, seed=9)
        left = {reason.about for reason in again.reasons}
        mended = {"residual", "adhesion", "explosion"} if lever.about == "drying" else {lever.about}
        assert not mended & left, lever


def test_all_levers_of_the_hot_one_together_release_it() -> None:
    recipe = example("B_hot")
    found = recipes.levers(recipes.judge(recipe, draws=DRAWS))
    for lever in found:
        if lever.about in ("window", "drying"):
            recipe = recipe.but(**lever.change)
    assert recipes.judge(recipe, draws=DRAWS).word == "release"


def test_an_unsteady_line_is_told_how_steady_it_must_be() -> None:
    line = recipes.Line(
        scatter={"weight_pct": 0.5, "thickness_um": 0.8, "resistance_pct": 0.0, "heat_pct": 1.0}
    )
    verdict = recipes.judge(example("A"), line, draws=20_000)
    assert [reason.about for reason in verdict.reasons] == ["porosity"]
    assert verdict.chances[0].probability == pytest.approx(0.871, abs=0.01)
    told = next(s for s in recipes.sentences(verdict) if "holds thickness" in s)
    assert 0.4 < float(told.split("SD of ")[1].split()[0]) < 0.62, told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"web_speed_m_per_s": 1.45}, "coater.web_m_per_s"),
        ({"areal_g_per_m2": 330.0}, "recipe.dry_weight_g_per_m2"),
        ({"gamma_n_per_mm": 800.0}, "recipe.resistance_n_per_mm"),
        ({"rho_0_kg_per_m3": 2050.0}, "recipe.start_kg_per_m3"),
        ({"calender_degc": 140.0}, "calender.roll_c"),
        ({"consistency_pa_sn": 300.0}, "viscosity"),
        ({"consistency_pa_sn": 0.2}, "capillary"),
        ({"solids_fraction": 0.55}, "recipe.solids_fraction"),
    ],
)
def test_outside_its_range_the_twin_refuses_to_judge(change: dict[str, float], field: str) -> None:
    verdict = recipes.judge(recipes.RecipeFile.of("x", recipe=change), draws=100)
    assert verdict.word == "refuse"
    assert not verdict.chances
    assert verdict.joint is None
    found = {outside.field: outside for outside in verdict.outside}
    assert field in found
    assert not found[field].lo <= found[field].value <= found[field].hi
    assert any(field in line for line in recipes.sentences(verdict))


@pytest.mark.parametrize(
    ("limit", "value", "told"),
    [
        ("pump_max_l_per_min", 5.0, "pump is 5.583 L/min"),
        ("line_load_max_n_per_mm", 800.0, "line load is 895"),
        ("web_max_m_per_s", 0.9, "coater.web_m_per_s is 1 m/s"),
        ("zone_max_c", 125.0, "recipe.zone_1_c is 130 degC"),
        ("exhaust_max_m3_per_s", 10.0, "recipe.exhaust_m3_per_s is 14"),
    ],
)
def test_what_the_machine_cannot_give_blocks(limit: str, value: float, told: str) -> None:
    line = recipes.Line()
    line = dataclasses.replace(line, machine={**line.machine, limit: value})
    verdict = recipes.judge(example("A"), line, draws=DRAWS)
    assert verdict.word == "block"
    machine = [reason.words for reason in verdict.reasons if reason.about == "machine"]
    assert any(words.startswith(told) for words in machine), machine


def test_a_dryer_weaker_than_the_recipe_says_is_judged_as_it_is() -> None:
    line = dataclasses.replace(recipes.Line(), heat_ratio=0.9)
    verdict = recipes.judge(example("A"), line, draws=DRAWS)
    residual = {chance.name: chance for chance in verdict.chances}["residual"]
    assert residual.probability < 0.5
    assert verdict.word == "block"


@pytest.mark.parametrize("name", ["recipes", "recipes._file", "recipes._gate", "recipes._twin"])
def test_the_examples_of_the_documentation_run(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"linewright.{name}"))
    assert tried > 0
    assert failed == 0


@pytest.mark.parametrize(
    ("weight", "speed"), [(140.0, 0.6), (160.0, 0.85), (180.0, 0.7), (190.0, 0.8333), (220.0, 1.0)]
)
def test_the_coater_can_be_made_for_what_the_gate_judges(weight: float, speed: float) -> None:
    """Also where only one thermometer sees the drying front, and for a cold zone."""
    for air in ({}, {"zone_c": example("A").dryer["zone_c"]}):
        recipe = recipes.RecipeFile.of(
            "x",
            recipe={
                "areal_g_per_m2": weight,
                "web_speed_m_per_s": speed,
                "gamma_n_per_mm": 2.5 * weight,
            },
            dryer=air,
        )
        assert not recipes.judge(recipe, draws=100).outside
        made = design(Dryer(**recipe.dryer), recipe.recipe)
        assert 0.0 < made.front_m < 72.0
        assert made.near.zone != made.front_zone or made.near.sd_m[1] < 1.0
