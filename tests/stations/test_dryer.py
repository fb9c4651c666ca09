"""The coater's dryer on the twin: front, residual and explosion limit held, faults found in time.

Short shifts; each test names its seed. What was measured over more seeds stands in the docs.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright import _core, drying
from linewright.graph import compile_line
from linewright.line import load, run_inline
from linewright.recipes import Recipe, recipe_of
from linewright.stations.coater import Coater
from linewright.stations.coater.drying import Dryer, design
from linewright.stations.coater.settings import Settings
from linewright.value.comparison import Case, write_policy
from linewright.value.policies import read_shift, write_line

ANODE = Recipe(
    areal_g_per_m2=129.0,
    solids_fraction=0.50,
    rho_solid_kg_per_m3=2178.3,
    rho_solvent_kg_per_m3=997.0,
    porosity=0.33,
    rho_0_kg_per_m3=1024.0,
    rho_max_kg_per_m3=1720.0,
    gamma_n_per_mm=210.0,
    foil_um=8.0,
    solvent_slope_kg_per_m3_k=-0.25,
)
WATER = Dryer(
    solvent="water",
    critical_fraction=0.30,
    zone_c=(70.0, 85.0, 95.0, 100.0, 100.0, 80.0),
    heat_w_per_m2_k=(40.0, 50.0, 55.0, 60.0, 55.0, 45.0),
    vapour_pa=1500.0,
)


class Run:
    """Truth by name, one value a second, and the detections of a closed-loop shift."""

    def __init__(self, folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]]):
        file = write_line("closed", folder, seed=seed, hours=hours, faults=faults)
        run_inline(load(file), folder)
        raw = json.loads((folder / "truth.json").read_text())
        self.truth = {entry["name"]: np.array(entry["values"]) for entry in raw["series"]}
        self.shift = read_shift("closed", folder, seed=seed, hours=hours)

    def first(self, name: str, after_s: float) -> float:
        """Delay of the first detection `name` after `after_s`, s."""
        found = [d.at_s - after_s for d in self.shift.detections() if d.name == name]
        return min(delay for delay in found if delay >= 0.0)

    def dryer_events(self) -> list[str]:
        known = ("fan_trip", "inlet", "drying_front", "residual", "over_drying", "explosion")
        names = [d.name.removeprefix("coater.") for d in self.shift.detections()]
        return [name for name in names if name.startswith(known)]


def fault(kind: str, size: float, at_s: float = 1200.0, **more: float) -> dict[str, Any]:
    return {"kind": kind, "size": size, "at_s": at_s, "duration_s": 0.0, **more}


@pytest.mark.parametrize("seed", [21, 22])
def test_a_healthy_dryer_comes_dry_holds_its_front_and_alarms_nobody(
    tmp_path: Path, seed: int
) -> None:
    run = Run(tmp_path, seed=seed, hours=1.0, faults=[])
    settled = slice(900, None)
    assert run.truth["residual_solvent"][0] > 800.0
    assert run.truth["residual_solvent"][settled].max() < 500.0
    assert np.ptp(run.truth["drying_front"][settled]) < 1.0
    assert abs(run.truth["drying_front"][settled].mean() - 29.68) < 1.0
    assert run.truth["explosion_share"].max() < 0.25
    assert run.dryer_events() == []


@pytest.mark.parametrize("zone", [1, 2, 3, 4])
def test_a_tripped_fan_is_found_within_ten_seconds_and_the_front_comes_back(
    tmp_path: Path, zone: int
) -> None:
    run = Run(tmp_path, seed=23, hours=0.6, faults=[fault(f"fan_trip_{zone}", 0.4)])
    assert run.first(f"coater.fan_trip_{zone}", 1200.0) <= 10.0
    trips = [name for name in run.dryer_events() if name.startswith("fan_trip")]
    assert trips == [f"fan_trip_{zone}"]
    front = run.truth["drying_front"]
    before = front[1000:1200].mean()
    assert np.abs(front[1800:] - before).max() < 2.0
    assert run.truth["residual_solvent"][1950:].max() < 500.0
    assert run.truth["explosion_share"].max() < 0.27


def test_the_last_zones_fan_but_one_shows_a_little_later(tmp_path: Path) -> None:
    run = Run(tmp_path, seed=24, hours=0.45, faults=[fault("fan_trip_5", 0.4)])
    assert run.first("coater.fan_trip_5", 1200.0) <= 40.0


def test_solvent_in_the_supply_is_told_and_never_gets_near_the_explosion_limit(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, seed=25, hours=0.7, faults=[fault("inlet_solvent", 5.0)])
    # 600 s of ramp: 1 g/m3, the least that is told, is there after 120 s; the air itself wanders
    # by 0.2 g/m3 (24 s a sigma).
    assert 40.0 < run.first("coater.inlet_solvent", 1200.0) < 220.0
    assert run.truth["explosion_share"].max() < 0.25
    assert np.abs(run.truth["drying_front"][1200:] - 29.68).max() < 2.0
    assert run.truth["residual_solvent"][1200:].max() < 500.0


def test_without_its_dryer_loop_the_same_line_goes_beyond_the_limits(tmp_path: Path) -> None:
    file = write_line("open", tmp_path, seed=25, hours=0.7, faults=[fault("inlet_solvent", 5.0)])
    run_inline(load(file), tmp_path)
    raw = json.loads((tmp_path / "truth.json").read_text())
    truth = {entry["name"]: np.array(entry["values"]) for entry in raw["series"]}
    assert truth["explosion_share"].max() > 0.25
    assert truth["residual_solvent"][-60:].min() > 900.0


def test_overheated_middle_zones_are_told_and_cooled(tmp_path: Path) -> None:
    run = Run(tmp_path, seed=26, hours=0.8, faults=[fault("zone_overheat", 25.0)])
    assert run.first("coater.over_drying", 1200.0) < 60.0
    middle = run.truth["middle_drying_rate"]
    assert middle[1200:].max() > 1.3 * middle[1100]
    assert middle[-120:].max() < 1.1 * middle[1100]
    assert run.truth["explosion_share"].max() < 0.25


@pytest.mark.soak
@pytest.mark.parametrize("seed", [3, 12])
def test_a_web_that_leaves_wet_misleads_no_weight_gauge(tmp_path: Path, seed: int) -> None:
    """The laboratory's piece of 3600 s is wet, its result comes at 4800 s, when the web is dry."""
    flood = fault("inlet_solvent", 9.0, at_s=757.0) | {"duration_s": 2887.5}
    run = Run(tmp_path, seed=seed, hours=1.6, faults=[flood])
    assert run.truth["residual_solvent"][3600] > 20_000.0
    weight = run.truth["weight_deviation"]
    assert abs(weight[4900:].mean()) < 0.5
    assert np.abs(weight[1000:]).max() < 1.5


def test_more_solvent_on_the_web_is_fed_forward(tmp_path: Path) -> None:
    run = Run(tmp_path, seed=27, hours=0.6, faults=[fault("solids_switch", -1.0)])
    front = run.truth["drying_front"]
    # 1 pp less solids on the same dry weight is 4.8 % more solvent: 0.8 m of front left alone.
    left_alone = 0.048 * design(Dryer(), Recipe()).front_per_load
    assert np.abs(front[1700:] - front[1000:1200].mean()).max() < 0.5 * left_alone
    assert run.truth["residual_solvent"][1200:].max() < 500.0


def test_a_line_without_dryer_control_runs_on_and_holds_its_recipe(tmp_path: Path) -> None:
    file = write_line("closed", tmp_path, seed=28, hours=0.1, faults=[])
    text = file.read_text().replace("dryer = {control = true}", "dryer = {control = false}")
    start, end = text.index('[actuators."coater.zone_*"]'), text.index('[actuators."calender.')
    file.write_text(text[:start] + text[end:])
    run_inline(load(file), tmp_path)
    raw = json.loads((tmp_path / "truth.json").read_text())
    truth = {entry["name"]: np.array(entry["values"]) for entry in raw["series"]}
    assert abs(truth["residual_solvent"][-60:].mean() - 948.0) < 60.0


def anode_line(folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]]) -> Path:
    """The closed line file for the anode: recipe, oven and actuators of its own."""
    file = write_line("closed", folder, seed=seed, hours=hours, faults=faults)
    recipe = ", ".join(f"{k} = {v}" for k, v in asdict(ANODE).items())
    own = {k: v for k, v in asdict(WATER).items() if v != getattr(Dryer(), k)}
    oven = ", ".join(f"{k} = {json.dumps(v)}" for k, v in {**own, "control": True}.items())
    text = file.read_text()
    text = text.replace("dryer = {control = true}", f"recipe = {{{recipe}}}, dryer = {{{oven}}}")
    text = text.replace(
        "[stations.calender]", f"[stations.calender]\nsettings = {{recipe = {{{recipe}}}}}"
    )
    text = text.replace("hi = 8.5", "hi = 11.0").replace("lo = 400.0", "lo = 100.0")
    text = re.sub(r'(?s)\[actuators."coater.exhaust_air"\].*?\n\n', "", text)
    twin = '[io.twin]\nelectrode = "anode"\n\n[stations.coater]'
    file.write_text(text.replace("[stations.coater]", twin, 1))
    return file


def test_the_anode_holds_its_front_against_humid_air(tmp_path: Path) -> None:
    faults = [fault("inlet_solvent", 5.0, ramp_s=300.0)]
    run_inline(load(anode_line(tmp_path, seed=29, hours=0.7, faults=faults)), tmp_path)
    raw = json.loads((tmp_path / "truth.json").read_text())
    truth = {entry["name"]: np.array(entry["values"]) for entry in raw["series"]}
    front_m = design(WATER, ANODE).front_m
    assert np.abs(truth["drying_front"][900:] - front_m).max() < 2.0
    assert truth["residual_solvent"][900:].max() < 1000.0
    shift = read_shift("closed", tmp_path, seed=29, hours=0.7)
    found = [d.at_s for d in shift.detections() if d.name == "coater.inlet_solvent"]
    assert 1200.0 < min(found) < 1600.0


@pytest.mark.parametrize(
    ("dryer", "recipe"), [(Dryer(), Recipe()), (WATER, ANODE)], ids=["cathode", "anode"]
)
def test_the_design_knows_its_plant(dryer: Dryer, recipe: Recipe) -> None:
    made = design(dryer, recipe)
    assert made.front_per_k < 0.0 < made.front_per_load
    assert made.residual_per_k < 0.0
    assert made.near.zone in (made.front_zone, made.front_zone + 1)
    assert max(made.near.sd_m) < 0.5
    assert max(made.far.sd_m) < 0.5
    assert all(made.zone_c[k] >= dryer.zone_c[k] for k in range(6))
    assert all(made.hottest_c[k] <= dryer.zone_max_c for k in range(6))
    left = drying.outcome(
        solvent=dryer.solvent,
        dry_g_per_m2=recipe.areal_g_per_m2,
        solids_fraction=recipe.solids_fraction,
        critical_fraction=dryer.critical_fraction,
        web_m_per_s=1.0,
        air_c=made.zone_c,
        heat_w_per_m2_k=dryer.heat_w_per_m2_k,
        vapour_pa=dryer.vapour_pa,
        exhaust_m3_per_s=2.0,
    )
    assert float(left.residual_ppm) <= dryer.residual_aim_ppm


def test_the_anode_plan_is_taken_and_moves_no_exhaust() -> None:
    plan = compile_line([Coater(Settings(recipe=ANODE, dryer=replace(WATER, control=True)))])
    assert _core.check_plan(plan) == []
    loops = {loop["name"]: loop for loop in json.loads(plan)["loops"]}
    told = [op["actuator"] for op in loops["coater.dryer"]["ops"] if op["op"] == "output"]
    assert told == [f"coater.zone_{k}" for k in range(1, 7)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solvent": "acetone"}, "solvent must be nmp or water"),
        ({"zone_c": (90.0, 100.0)}, "zone_c must have 6 numbers"),
        ({"zone_m": 0.0}, "zone_m must be positive"),
        ({"explosion_aim": 0.3}, "explosion_aim < explosion_limit"),
        (
            {"zone_c": (90.0, 110.0, 140.0, 125.0, 120.0, 100.0)},
            "between zone_min_c and zone_max_c",
        ),
        ({"residual_aim_ppm": 600.0}, "below residual_limit_ppm"),
    ],
)
def test_settings_that_are_no_dryer_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dryer(**change)


def test_a_recipe_that_never_dries_is_refused_at_build() -> None:
    cold = Dryer(zone_c=(45.0,) * 6)
    with pytest.raises(ValueError, match="does not dry"):
        design(cold, Recipe())


def recipe_a(name: str) -> tuple[Dryer, Recipe]:
    """A recipe of the packaged line `change`: hot, cool in the middle stage, hot."""
    case = Case.packaged()
    made = recipe_of({"A": case.running, "B": case.wanted}[name], Path(f"{name}.toml"))
    return Dryer(**made.dryer), made.recipe


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_zone_too_cold_to_dry_tells_no_front(name: str) -> None:
    """Its wet film is 0.3 K colder than its air: less than a thermometer's lasting error."""
    dryer, recipe = recipe_a(name)
    made = design(dryer, recipe)
    assert made.dries == (True, True, False, True, True, True)
    assert made.near.zone > 2
    assert made.near.told_within_m < 1.0
    assert made.steers
    assert made.lead != 2
    # The front crosses the cold zone at a breath; its way through drying zones does not.
    assert -1.0 < made.front_per_k < -0.3


def test_a_front_that_no_thermometer_tells_is_not_steered_by() -> None:
    dryer, recipe = recipe_a("A")
    assert not design(replace(dryer, web_sd_k=3.0), recipe).steers
    assert design(dryer, recipe).steers


def change_truth(
    folder: Path, *, seed: int, hours: float, feedback: bool = True, faults: Any = ()
) -> dict[str, Any]:
    """Truth of recipe A on the packaged line `change` before any order comes."""
    case = Case.packaged(faults=False, order_at_s=100_000.0)
    file = write_policy("closed", folder, case, seed=seed, hours=hours, faults=list(faults))
    on, off = "dryer = {control = true}", "dryer = {control = true, feedback = false}"
    text = file.read_text().replace(off, on)
    file.write_text(text if feedback else text.replace(on, off))
    run_inline(load(file), folder)
    series = json.loads((folder / "truth.json").read_text())["series"]
    return {entry["name"]: np.array(entry["values"]) for entry in series}


@pytest.mark.parametrize("feedback", [False, True])
def test_recipe_a_is_held_with_and_without_feedback(tmp_path: Path, feedback: bool) -> None:
    """Seed 4: with the cold zone's thermometer the feedback went 20 m off within 20 min."""
    truth = change_truth(tmp_path, seed=4, hours=0.5, feedback=feedback)
    assert truth["residual_solvent"][120:].max() < 500.0
    assert truth["adhesion"][120:].min() > 0.6
    assert np.ptp(truth["drying_front"][120:]) < 3.0


def test_recipe_a_comes_back_dry_after_a_fan_trip_with_feedback_only(tmp_path: Path) -> None:
    trip = [fault("fan_trip_1", 0.4)]
    left, held = (
        change_truth(tmp_path / name, seed=4, hours=0.6, feedback=name == "on", faults=trip)
        for name in ("off", "on")
    )
    assert (left["residual_solvent"][1200:] > 500.0).sum() > 600
    assert (held["residual_solvent"][1200:] > 500.0).sum() < 300
    assert held["residual_solvent"][-60:].max() < 500.0
