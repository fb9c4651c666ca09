"""The die across the web: bolts flatten what the scanner shows; what the profile tells of faults.

Short shifts of the whole line in this process; each test names its seed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright.line import load, run_inline
from linewright.stations.coater import bolts
from linewright.stations.coater.settings import Cross, Settings
from linewright.value.policies import read_shift, write_line
from linewright.value.shift import Shift

SETTINGS = Settings(cross=Cross(bolts=24))


def run(
    folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]], twin: str = ""
) -> tuple[Shift, np.ndarray]:
    """A closed shift and the true spread across the web, % by second."""
    full = [{"duration_s": 0.0, **fault} for fault in faults]
    file = write_line("closed", folder, seed=seed, hours=hours, faults=full)
    file.write_text(file.read_text() + twin)
    run_inline(load(file), folder)
    truth = json.loads((folder / "truth.json").read_text())
    series = {entry["name"]: entry["values"] for entry in truth["series"]}
    shift = read_shift("closed", folder, seed=seed, hours=hours)
    return shift, np.array(series["cross_sigma"])


def at(shift: Shift, name: str) -> list[float]:
    return [d.at_s for d in shift.detections() if d.name == name]


@pytest.mark.parametrize("seed", [1, 2])
def test_bolts_flatten_the_profile_and_hold_it(tmp_path: Path, seed: int) -> None:
    shift, sigma = run(tmp_path, seed=seed, hours=1.0, faults=[])
    assert sigma[:100].mean() > 0.3
    assert sigma[900:].mean() < 0.15
    assert sigma[900:].max() < 0.2
    assert shift.bad_m == 0.0


def test_a_tilt_is_taken_out_within_a_few_scans(tmp_path: Path) -> None:
    tilt = {"kind": "cross_tilt", "size": 1.0, "at_s": 1200.0}
    _, sigma = run(tmp_path, seed=5, hours=0.6, faults=[tilt])
    assert sigma[1201] > 0.28
    assert sigma[1700:].mean() < 0.15


def test_a_wave_in_step_with_the_traverse_moves_no_profile_into_the_web(tmp_path: Path) -> None:
    """C56: a backing roll of the traverse's period, 1 % high, looks like a standing profile."""
    wave = f"\n[io.twin.disturbance]\nroll_hz = {1.0 / 2.2!r}\nroll_sd_pct = 0.7071\n"
    shift, sigma = run(tmp_path, seed=1, hours=0.6, faults=[], twin=wave)
    # What the scanner alone would have the bolts do: 1 % of amplitude, 0.7 % of spread.
    assert sigma[900:].max() < 0.3
    assert shift.truth.weight_var_pct2 > 0.3


def test_a_streak_is_told_by_its_box_four_metres_behind_the_gauge(tmp_path: Path) -> None:
    streak = {"kind": "streak", "size": -10.0, "at_s": 1200.0}
    shift, _ = run(tmp_path, seed=4, hours=0.4, faults=[streak])
    found = at(shift, "coater.streak")
    assert len(found) == 1
    assert 1280.0 <= found[0] <= 1290.0
    (entry,) = [e for e in shift.entries if e.name == "coater.streak" and e.kind == "detection"]
    assert "box 21" in entry.text
    assert any("clear the lip" in e.name for e in shift.entries if e.kind == "decision")


def test_growing_edge_beads_are_told_and_a_steady_edge_is_not(tmp_path: Path) -> None:
    bead = {"kind": "edge_bead", "size": 7.0, "at_s": 1200.0}
    shift, _ = run(tmp_path / "bead", seed=4, hours=0.75, faults=[bead])
    for side in ("left", "right"):
        found = at(shift, f"coater.edge_bead_{side}")
        assert found
        assert 1280.0 < found[0] < 1200.0 + 1000.0
    steady, _ = run(tmp_path / "steady", seed=4, hours=0.75, faults=[])
    assert not [d.name for d in steady.detections() if "edge_bead" in d.name]


def test_a_stuck_bolt_is_named_and_the_die_held(tmp_path: Path) -> None:
    stuck = {"kind": "bolt_stuck", "size": 19.0, "at_s": 60.0}
    shift, _ = run(tmp_path, seed=4, hours=0.3, faults=[stuck])
    decisions = [e.name for e in shift.entries if e.kind == "decision"]
    (named,) = [d for d in decisions if "does not follow" in d]
    assert int(named.split()[1]) in (18, 19, 20)
    assert [e for e in shift.entries if e.kind == "action" and "bolt_stuck_found" in e.name]


def seen(count: int, profile: np.ndarray, um: np.ndarray) -> bolts.Seen:
    return bolts.Seen(count, tuple(profile.tolist()), tuple(um.tolist()))


def follow(
    *, seed: int, moves: int, stuck: int | None = None, streak_at: int | None = None
) -> list[bolts.Stuck | bolts.Jump]:
    """Random moves of 3 um on a die that obeys the model; what the record says of them."""
    rng = np.random.default_rng(seed)
    r = bolts.response(SETTINGS)
    sd = SETTINGS.noise.dry_box / (2.0 * SETTINGS.cross.visits) ** 0.5
    told, true = np.zeros(24), np.zeros(24)
    extra = np.zeros(66)
    record, found = bolts.Record(), []
    for count in range(1, moves + 1):
        profile = r @ true + extra + sd * rng.standard_normal(66)
        record, stuck_bolt = bolts.learn(record, seen(count, profile, told), SETTINGS)
        if stuck_bolt is not None:
            found.append(stuck_bolt)
        told = told + 3.0 * rng.standard_normal(24)
        true = told.copy()
        if stuck is not None:
            true[stuck - 1] = 0.0
        if count == streak_at:
            extra[40] = -0.04
        record, _ = bolts.learn(record, seen(count, profile, told), SETTINGS)
    return found


@pytest.mark.parametrize("stuck", [1, 7, 24])
def test_the_record_names_the_bolt_that_stays(stuck: int) -> None:
    found = follow(seed=3, moves=8, stuck=stuck)
    assert found
    assert found[0].bolt == stuck
    assert 0.5 <= found[0].share <= 1.5


def test_the_record_blames_no_bolt_for_noise_and_calls_a_streak_a_jump() -> None:
    assert not [f for seed in range(20) for f in follow(seed=seed, moves=10)]
    (jump,) = follow(seed=3, moves=10, streak_at=5)
    assert isinstance(jump, bolts.Jump)


def test_a_profile_that_was_skipped_is_no_evidence() -> None:
    rng = np.random.default_rng(1)
    record = bolts.Record()
    for count in (1, 3, 5, 7):
        um = 10.0 * rng.standard_normal(24)
        record, stuck = bolts.learn(record, seen(count, np.zeros(66), um), SETTINGS)
        assert stuck is None
    assert record.power == ()


@pytest.mark.parametrize(
    ("field", "value"), [("bolts", 1), ("visits", 0), ("edge_boxes", 0), ("travel_um", -1.0)]
)
def test_a_die_that_cannot_be_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        replace(Cross(), **{field: value})


def test_a_pump_that_pulsates_is_told_and_a_usual_ripple_is_not(tmp_path: Path) -> None:
    growth = {"kind": "pulsation", "size": 0.3, "at_s": 1200.0, "ramp_s": 1200.0}
    shift, _ = run(tmp_path / "grown", seed=4, hours=0.7, faults=[growth])
    found = at(shift, "coater.pulsation")
    # 0.1 % of amplitude at the start, 0.2 % after a third of the ramp.
    assert found
    assert 1300.0 < found[0] < 2100.0
    steady, _ = run(tmp_path / "steady", seed=4, hours=0.7, faults=[])
    assert at(steady, "coater.pulsation") == []


def test_a_worn_stator_is_told_by_its_trend_and_a_good_pump_is_not(tmp_path: Path) -> None:
    worn = {"kind": "stator_wear", "size": 0.3, "at_s": 0.0}
    shift, _ = run(tmp_path / "worn", seed=4, hours=6.5, faults=[worn])
    told = [e.name for e in shift.entries if "order a stator" in e.name and e.kind == "decision"]
    assert len(told) == 1
    loss = float(told[0].split()[2].rstrip("%"))
    assert loss == pytest.approx(0.3, abs=0.1)
    good, _ = run(tmp_path / "good", seed=4, hours=6.5, faults=[])
    assert not [e for e in good.entries if "order a stator" in e.name]
