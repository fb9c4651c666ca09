"""The stations on the twin, whole line in this process: what holds, what is found, what is refused.

Short shifts; each test names its seed. Figures over twenty seeds stand in the soak test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from linewright.line import load, run_inline
from linewright.stations.coater import Settings
from linewright.value.evaluation import DELAY_S, MIX
from linewright.value.policies import read_shift, write_line
from linewright.value.shift import Shift


def run(
    policy: str, folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]]
) -> Shift:
    place = folder / f"{policy}-{seed}"
    file = write_line(policy, place, seed=seed, hours=hours, faults=faults)
    run_inline(load(file), place)
    return read_shift(policy, place, seed=seed, hours=hours)


def fault(kind: str, size: float, at_s: float = 900.0, **more: float) -> dict[str, Any]:
    return {"kind": kind, "size": size, "at_s": at_s, "duration_s": 0.0, **more}


def first(shift: Shift, name: str, after_s: float) -> float:
    """Delay of the first detection `name` after `after_s`, s."""
    return min(d.at_s - after_s for d in shift.detections() if d.name == name and d.at_s >= after_s)


@pytest.mark.parametrize("seed", [11, 12])
def test_closed_loop_comes_near_the_bound_and_open_loop_does_not(tmp_path: Path, seed: int) -> None:
    closed = run("closed", tmp_path, seed=seed, hours=0.5, faults=[])
    opened = run("open", tmp_path, seed=seed, hours=0.5, faults=[])
    assert closed.truth.faults == ()
    assert closed.weight_ratio(DELAY_S, MIX, with_tones=True) < 1.5
    assert closed.truth.weight_var_pct2 < 1.02 * opened.truth.weight_var_pct2
    assert closed.bad_m == 0.0


@pytest.mark.parametrize(
    ("kind", "size", "event", "within_s"),
    [
        ("solids_switch", 0.5, "coater.solids_shift", 0.5),
        ("solids_switch", -0.5, "coater.solids_shift", 0.5),
        ("pump_slip", 0.015, "coater.pump_slip", 0.5),
        ("speed_upset", -0.15, "coater.speed_upset", 1.0),
    ],
)
def test_a_fault_is_found_at_once_and_the_weight_holds(
    tmp_path: Path, kind: str, size: float, event: str, within_s: float
) -> None:
    faults = [fault(kind, size)]
    closed = run("closed", tmp_path, seed=5, hours=0.4, faults=faults)
    assert first(closed, event, 900.0) <= within_s
    assert closed.bad_m <= 10.0
    after = closed.truth.weight_pct[960:]
    assert abs(sum(after) / len(after)) < 0.5


def test_a_solids_switch_left_alone_scraps_what_closed_loop_saves(tmp_path: Path) -> None:
    faults = [fault("solids_switch", 0.8)]
    closed = run("closed", tmp_path, seed=6, hours=0.4, faults=faults)
    playbook = run("playbook", tmp_path, seed=6, hours=0.4, faults=faults)
    assert playbook.bad_m > 100.0
    assert closed.bad_m < playbook.bad_m / 5.0


def test_a_drifting_tank_is_told_once_and_hides_no_switch(tmp_path: Path) -> None:
    faults = [fault("solids_batch", 0.5), fault("solids_switch", -0.4, 1900.0)]
    closed = run("closed", tmp_path, seed=13, hours=0.7, faults=faults)
    names = [d.name for d in closed.detections()]
    assert names.count("coater.solids_shift") == 1
    assert names.count("coater.solids_step") == 1
    assert first(closed, "coater.solids_step", 1900.0) <= 0.5


def test_air_is_told_from_solids(tmp_path: Path) -> None:
    burst = {**fault("air_burst", 1.5), "duration_s": 40.0}
    closed = run("closed", tmp_path, seed=7, hours=0.35, faults=[burst])
    assert first(closed, "coater.air_burst", 900.0) <= 0.5
    # Held solids: had they followed the density, the weight would have risen by several percent.
    assert max(abs(w) for w in closed.truth.weight_pct[900:950]) < 1.5


def test_gauges_that_drift_apart_are_held_and_named(tmp_path: Path) -> None:
    closed = run("closed", tmp_path, seed=8, hours=0.5, faults=[fault("gauge_bias", 0.6)])
    assert first(closed, "coater.gauge_disagreement", 900.0) < 300.0
    decisions = [e.name for e in closed.entries if e.kind == "decision"]
    assert any(d.startswith("hold the dry trim") for d in decisions)
    moved = [e for e in closed.entries if e.kind == "action" and "hold_reconcile" in e.name]
    assert moved


def test_the_map_of_a_roll_comes_to_the_nip_and_the_porosity_follows(tmp_path: Path) -> None:
    closed = run("closed", tmp_path, seed=9, hours=0.9, faults=[])
    decisions = [e.name for e in closed.entries if e.kind == "decision"]
    assert "map feed-forward off" in decisions
    assert "map of roll 1 published" in decisions
    assert any(d.startswith("use map of roll 1 at gain 0.9") for d in decisions)
    porosity = closed.truth.porosity_pp

    def sd(values: Any) -> float:
        mean = sum(values) / len(values)
        return (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5

    assert sd(porosity[2200:]) < 0.5 * sd(porosity[:2000])


def test_a_compaction_step_is_found_by_thickness_and_pressed_away(tmp_path: Path) -> None:
    closed = run(
        "closed", tmp_path, seed=10, hours=0.85, faults=[fault("compaction_step", 0.06, 2500.0)]
    )
    assert first(closed, "calender.thickness_shift", 2500.0) < 10.0
    before = sum(closed.truth.porosity_pp[2300:2500]) / 200.0
    after = sum(closed.truth.porosity_pp[2700:2900]) / 200.0
    assert abs(after - before) < 0.1


def test_the_same_seed_gives_the_same_shift(tmp_path: Path) -> None:
    one = run("closed", tmp_path / "a", seed=3, hours=0.1, faults=[])
    two = run("closed", tmp_path / "b", seed=3, hours=0.1, faults=[])
    assert one == two
    other = run("closed", tmp_path / "c", seed=4, hours=0.1, faults=[])
    assert other.truth.weight_pct != one.truth.weight_pct


def test_all_policies_meet_the_same_plant(tmp_path: Path) -> None:
    closed = run("closed", tmp_path, seed=3, hours=0.1, faults=[])
    opened = run("open", tmp_path, seed=3, hours=0.1, faults=[])
    assert closed.truth.tones_var_pct2 == opened.truth.tones_var_pct2
    assert closed.truth.coated_m == opened.truth.coated_m


def test_the_playbook_corrects_after_its_sample_and_not_before(tmp_path: Path) -> None:
    shift = run(
        "playbook", tmp_path, seed=2, hours=1.5, faults=[fault("solids_switch", 1.0, 1000.0)]
    )
    corrections = [e for e in shift.entries if e.kind == "decision" and e.name.startswith("pump")]
    assert corrections
    assert corrections[0].at_s >= 4800.0
    before = sum(shift.truth.weight_pct[4000:4700]) / 700.0
    after = sum(shift.truth.weight_pct[4900:5400]) / 500.0
    assert abs(after) < abs(before)


def test_the_open_loop_decides_nothing(tmp_path: Path) -> None:
    shift = run("open", tmp_path, seed=2, hours=1.4, faults=[])
    assert not [e for e in shift.entries if e.kind in ("decision", "action")]


def with_settings(folder: Path, *, seed: int, hours: float, trims: str, walk: str = "") -> Shift:
    """A closed line with other settings of the trim, and the weight's walk as given."""
    file = write_line("closed", folder, seed=seed, hours=hours, faults=[])
    text = file.read_text()
    assert "settings = {cross" in text
    text = text.replace("settings = {cross", f"settings = {{{trims}, cross")
    file.write_text(text + walk)
    run_inline(load(file), folder)
    return read_shift("closed", folder, seed=seed, hours=hours)


@pytest.mark.parametrize(("limit", "told"), [(0.005, True), (0.1, False)])
def test_a_trim_at_its_limit_is_an_alarm(tmp_path: Path, limit: float, told: bool) -> None:
    trims = f"trim_limit = {limit}, trim_base_limit = 0.0005"
    shift = with_settings(tmp_path, seed=14, hours=0.5, trims=trims)
    assert ("coater.trim_exhausted" in {d.name for d in shift.detections()}) is told


LONG_WALK = "\n[io.twin.disturbance]\nwalk_pct_per_sqrt_s = 0.08\n"
"""Four times the usual: 4.8 % in an hour, one standard deviation."""


@pytest.mark.parametrize("seed", [21, 24, 28])
def test_a_long_walk_is_carried_by_the_base_and_the_trim_stays_free(
    tmp_path: Path, seed: int
) -> None:
    def walked(name: str, base_limit: float) -> Shift:
        trims = "trim_limit = 0.02, trim_base_s = 120.0, trim_base_per_s = 2e-4, "
        trims += f"trim_base_limit = {base_limit}"
        return with_settings(tmp_path / name, seed=seed, hours=1.0, trims=trims, walk=LONG_WALK)

    alone, carried = walked("alone", 0.0005), walked("carried", 0.15)
    assert alone.truth.coated_bad_m > 100.0
    assert "coater.trim_exhausted" in {d.name for d in alone.detections()}
    assert carried.truth.coated_bad_m == 0.0
    assert "coater.trim_exhausted" not in {d.name for d in carried.detections()}
    assert abs(carried.truth.weight_mean_pct) < 0.3


def test_where_the_trim_reaches_the_base_changes_nothing(tmp_path: Path) -> None:
    alone, carried = (
        with_settings(
            tmp_path / str(limit), seed=15, hours=0.5, trims=f"trim_base_limit = {limit}"
        ).truth.weight_pct
        for limit in (1e-4, 0.15)
    )
    assert carried == pytest.approx(alone, abs=1e-3)


def test_a_base_that_is_far_off_is_told(tmp_path: Path) -> None:
    trims = "trim_base_limit = 0.002, trim_base_s = 60.0"
    shift = with_settings(tmp_path, seed=15, hours=0.5, trims=trims)
    assert "coater.trim_carried" in {d.name for d in shift.detections()}


def test_base_and_trim_together_must_stay_within_the_gauge() -> None:
    assert Settings(trim_base_limit=0.19, trim_limit=0.1).trim_base_limit == 0.19
    with pytest.raises(ValueError, match="trim_base_limit and trim_limit"):
        Settings(trim_base_limit=0.2, trim_limit=0.1)
