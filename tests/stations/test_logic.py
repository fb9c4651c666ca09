"""What the stations decide, as behaviour; the doctests of the modules run here as well."""

from __future__ import annotations

import doctest
import importlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linewright.recipes import Recipe
from linewright.stations.calender import logic as calender
from linewright.stations.calender.settings import Settings as CalenderSettings
from linewright.stations.coater import logic as coater
from linewright.stations.coater.settings import Geometry
from linewright.stations.coater.settings import Settings as CoaterSettings
from linewright.stations.playbook import logic as playbook
from linewright.stations.playbook.settings import Settings as PlaybookSettings

MODULES = [
    f"linewright.{name}"
    for name in (
        "recipes._recipe",
        "stations.scenario",
        "stations.solids",
        "stations.agv.job_shop",
        "stations.agv.logic",
        "stations.agv.lookahead",
        "stations.coater.bolts",
        "stations.coater.drying",
        "stations.coater.logic",
        "stations.coater.settings",
        "stations.calender.logic",
        "stations.formation.logic",
        "stations.playbook.logic",
        "stations.slurry.logic",
        "stations.slurry.settings",
        "stations.welder.logic",
        "value.bounds",
        "value.cost",
        "value.detection",
    )
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_module_hold(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0


@given(
    errors=st.lists(st.floats(-0.05, 0.05), max_size=20),
    drifts=st.lists(st.floats(0.0, 30_000.0), max_size=3),
)
def test_the_offset_stays_bounded_whatever_the_laboratory_says(
    errors: list[float], drifts: list[float]
) -> None:
    settings = CoaterSettings()
    state = coater.State()
    for at_s in drifts:
        state, _ = coater.step(state, coater.GaugesDisagree(at_s), settings)
    for i, error in enumerate(errors):
        state, decisions = coater.step(state, coater.LabResult(3600.0 * i, error), settings)
        assert any(isinstance(d, coater.Note) for d in decisions)
        assert abs(state.dry_offset) <= settings.reconcile_limit


def test_results_average_while_the_gauges_agree() -> None:
    settings = CoaterSettings(lab_weight=0.3)
    state = coater.State()
    for i in range(30):
        state, _ = coater.step(state, coater.LabResult(3600.0 * i, 0.002), settings)
    assert state.dry_offset == pytest.approx(0.002, rel=1e-3)
    assert state.results == 30


@pytest.mark.parametrize(
    ("error", "offset", "word"), [(0.007, 0.007, "dry gauge"), (0.0025, 0.002, "wet gauge")]
)
def test_the_laboratory_says_which_gauge_drifted(error: float, offset: float, word: str) -> None:
    settings = CoaterSettings()
    known = coater.State(dry_offset=0.002, results=4)
    state, decisions = coater.step(known, coater.GaugesDisagree(5000.0), settings)
    assert decisions[0] == coater.HoldDryTrim(True)
    # A second alarm about the same drift changes nothing.
    assert coater.step(state, coater.GaugesDisagree(5300.0), settings) == (state, [])
    # A piece sampled during the drift judges nobody.
    same, decisions = coater.step(state, coater.LabResult(5100.0, error), settings)
    assert same == state
    assert not any(isinstance(d, coater.HoldDryTrim) for d in decisions)
    state, decisions = coater.step(state, coater.LabResult(7200.0, error), settings)
    assert state.disagreed_at_s is None
    assert state.dry_offset == pytest.approx(offset)
    assert coater.HoldDryTrim(False) in decisions
    assert any(isinstance(d, coater.Note) and word in d.decision for d in decisions)


def test_a_wet_piece_judges_no_gauge() -> None:
    """Gauge and laboratory weigh the solvent, too: 20 % more on the piece is no drift."""
    settings = CoaterSettings()
    state, _ = coater.step(coater.State(dry_offset=0.001), coater.GaugesDisagree(5000.0), settings)
    wet = coater.LabResult(7200.0, 0.1993, residual_ppm=60_000.0)
    same, decisions = coater.step(state, wet, settings)
    assert same == state
    assert all(isinstance(d, coater.Note) for d in decisions)
    agreed, decisions = coater.step(coater.State(dry_offset=0.001), wet, settings)
    assert agreed.dry_offset == 0.001
    assert all(isinstance(d, coater.Note) for d in decisions)


@pytest.mark.parametrize("disagreed", [False, True])
def test_a_gauge_out_of_reach_is_held_and_never_corrected_in_part(disagreed: bool) -> None:
    settings = CoaterSettings()
    state = coater.State(dry_offset=0.001, results=4)
    if disagreed:
        state, _ = coater.step(state, coater.GaugesDisagree(5000.0), settings)
    state, decisions = coater.step(state, coater.LabResult(7200.0, 0.1993), settings)
    assert coater.HoldDryTrim(True) in decisions
    assert not any(isinstance(d, coater.SetOffset) for d in decisions)
    # Once the gauge says what the laboratory says, it is followed again.
    state, decisions = coater.step(state, coater.LabResult(10_800.0, 0.002), settings)
    assert coater.HoldDryTrim(False) in decisions
    assert state.disagreed_at_s is None


def test_a_roll_with_too_few_metres_has_no_map() -> None:
    settings = CoaterSettings(map_coverage=0.9, geometry=Geometry(jumbo_m=99.0))
    points = [(float(m), 0.01) for m in range(80)]
    assert isinstance(
        coater.close_map(1, points, registered_at_m=110.0, settings=settings), coater.NoMap
    )
    points += [(float(m), 0.02) for m in range(80, 95)]
    weight_map = coater.close_map(1, points, registered_at_m=110.0, settings=settings)
    assert isinstance(weight_map, coater.WeightMap)
    assert len(weight_map.values) == 100
    assert weight_map.values[-1] == 0.02


def test_points_of_another_roll_and_bad_points_stay_out_of_a_map() -> None:
    settings = CoaterSettings(map_coverage=0.5, geometry=Geometry(jumbo_m=99.0), map_step_m=99.0)
    points = [(5.0, 0.5), (99.0, 0.01), (198.0, math.nan), (297.0, 0.5)]
    weight_map = coater.close_map(2, points, registered_at_m=300.0, settings=settings)
    assert isinstance(weight_map, coater.WeightMap)
    assert weight_map.origin_m == 99.0
    assert weight_map.values == (0.01, 0.01)


def test_metres_before_the_first_good_one_are_not_known() -> None:
    settings = CoaterSettings(map_coverage=0.5, geometry=Geometry(jumbo_m=99.0), map_step_m=33.0)
    points = [(66.0, 0.01), (99.0, 0.02)]
    weight_map = coater.close_map(1, points, registered_at_m=110.0, settings=settings)
    assert isinstance(weight_map, coater.WeightMap)
    assert [math.isnan(v) for v in weight_map.values] == [True, True, False, False]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"roll": 3}, "map is of roll 3, roll 4 is mounted"),
        ({"registered_at_m": 1000.0}, "registration is stale"),
        ({"registered_at_m": 99_999.0}, "not of this web"),
        ({"registered_at_m": math.nan}, "not of this web"),
        ({"values": (0.0, math.nan)}, "map knows 1 of 2 metres"),
        ({"values": ()}, "map knows 0 of 0 metres"),
    ],
)
def test_a_map_that_cannot_be_trusted_is_refused(change: dict[str, object], reason: str) -> None:
    good = {
        "roll": 4,
        "origin_m": 8000.0,
        "step_m": 1.0,
        "values": (0.01, -0.01),
        "registered_at_m": 10_080.0,
        "noise": 0.001,
    }
    settings = CalenderSettings()
    kind = {"mounted_roll": 4, "coated_m": 10_100.0, "settings": settings}
    assert isinstance(calender.judge(calender.Map(**good), **kind), calender.Accepted)
    verdict = calender.judge(calender.Map(**(good | change)), **kind)
    assert isinstance(verdict, calender.Refused)
    assert reason in verdict.because


@given(spread=st.floats(0.0, 10.0), noise=st.floats(0.0, 10.0))
def test_the_optimal_gain_never_adds_variance(spread: float, noise: float) -> None:
    k = calender.optimal_gain(spread, noise)
    left = math.hypot((1.0 - k) * spread, k * noise)
    assert 0.0 <= k <= 1.0
    assert left <= spread * (1.0 + 1e-12)
    assert left == pytest.approx(calender.residual(spread, noise), abs=1e-9)


def test_feed_forward_holds_what_it_protects() -> None:
    recipe = Recipe()
    m = 0.002
    span = recipe.rho_max_kg_per_m3 - recipe.rho_0_kg_per_m3
    gamma = recipe.gamma_n_per_mm * (1.0 + m) ** recipe.loading_exponent
    for protect in ("porosity", "thickness"):
        load = recipe.line_load_n_per_mm + m * calender.feed_forward_n_per_mm(recipe, protect)
        rho = recipe.rho_max_kg_per_m3 - span * math.exp(-load / gamma)
        porosity = 1.0 - rho / recipe.rho_solid_kg_per_m3
        sheet_um = 2.0 * recipe.areal_g_per_m2 * (1.0 + m) / rho * 1e3 + recipe.foil_um
        if protect == "porosity":
            assert porosity == pytest.approx(recipe.porosity, abs=1e-6)
        else:
            assert sheet_um == pytest.approx(recipe.sheet_um, abs=0.01)


def test_playbook_moves_against_the_deviation_and_not_inside_its_band() -> None:
    s = PlaybookSettings()
    target = s.recipe.areal_g_per_m2
    assert playbook.correct_flow(5.6, target * 1.02, s) < 5.6
    assert playbook.correct_flow(5.6, target * 0.98, s) > 5.6
    assert playbook.correct_flow(5.6, target * 1.004, s) == 5.6
    assert playbook.correct_flow(5.6, target * 2.0, s) == pytest.approx(5.6 * 0.95)
    assert playbook.correct_load(900.0, s.recipe.sheet_um + 2.0, s) > 900.0
    assert playbook.correct_load(900.0, s.recipe.sheet_um - 2.0, s) < 900.0


def test_settings_refuse_nonsense_by_name() -> None:
    with pytest.raises(ValueError, match="trim_fast_share"):
        CoaterSettings(trim_fast_share=1.5)
    with pytest.raises(ValueError, match="reconcile_s must be positive, was 0"):
        CoaterSettings(reconcile_s=0.0)
    with pytest.raises(ValueError, match="dry_gauge_m"):
        Geometry(wet_gauge_m=90.0)
    with pytest.raises(ValueError, match="protect"):
        CalenderSettings(protect="both")
    with pytest.raises(ValueError, match="move_limit"):
        PlaybookSettings(move_limit=-1.0)
