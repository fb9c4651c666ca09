"""The slurry station: batches told apart, announced, judged and corrected; air is no solids.

Short shifts of the whole line in this process; each test names its seed.
"""

from __future__ import annotations

import json
import math
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from linewright import twin
from linewright.line import load, run_inline
from linewright.stations.coater import logic as coater
from linewright.stations.coater.settings import Settings as CoaterSettings
from linewright.stations.slurry import logic
from linewright.stations.slurry.settings import Rheology, RunToRun, Settings
from linewright.value.policies import read_shift
from linewright.value.shift import Shift

S = Settings()


def run(
    folder: Path,
    *,
    seed: int,
    hours: float,
    faults: list[dict[str, Any]] | None = None,
    batch: dict[str, Any] | None = None,
) -> Shift:
    """A shift of `lines/batches.toml`; without `batch` one slurry flows for ever."""
    folder.mkdir(parents=True, exist_ok=True)
    text = resources.files("linewright").joinpath("lines/batches.toml").read_text()
    text = re.sub(r"(?m)^seed = .*$", f"seed = {seed}", text)
    text = re.sub(r"(?m)^hours = .*$", f"hours = {hours!r}", text)
    truth = json.dumps(str(folder / "truth.json"))
    text = text.replace('driver = "twin"\n', f'driver = "twin"\ntruth_file = {truth}\n')
    given = "" if batch is None else "on = true\n"
    for key, value in (batch or {}).items():
        given += f"{key} = {value!r}\n"
    text = text.replace("on = true\n", given)
    text += f"\n[ledger]\npath = {json.dumps(str(folder / 'ledger.sqlite'))}\n"
    for fault in faults or []:
        text += "\n[[io.twin.faults]]\n"
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in fault.items())
    file = folder / "batches.toml"
    file.write_text(text)
    run_inline(load(file), folder)
    return read_shift("closed", folder, seed=seed, hours=hours)


def found(shift: Shift, name: str) -> list[float]:
    return [d.at_s for d in shift.detections() if d.name == f"slurry.{name}"]


def decided(shift: Shift, text: str) -> list[str]:
    return [e.text for e in shift.entries if e.kind == "decision" and text in e.name]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_quiet_slurry_is_told_nothing_of(tmp_path: Path, seed: int) -> None:
    shift = run(tmp_path, seed=seed, hours=2.0)
    assert [d.name for d in shift.detections() if d.name.startswith("slurry.")] == []


def test_f01_a_mixed_batch_is_told_in_minutes(tmp_path: Path) -> None:
    fault = {"kind": "solids_batch", "size": 0.5, "at_s": 1800.0}
    shift = run(tmp_path, seed=3, hours=0.8, faults=[fault])
    (at_s,) = found(shift, "solids_drift")
    assert 1800.0 < at_s < 1800.0 + 420.0


def test_f02_a_hard_switch_is_told_at_once(tmp_path: Path) -> None:
    fault = {"kind": "solids_switch", "size": -0.5, "at_s": 1800.0}
    shift = run(tmp_path, seed=3, hours=0.6, faults=[fault])
    assert 1800.0 <= found(shift, "solids_drift")[0] < 1802.0


def test_f03_thickness_is_told_from_solids_and_temperature(tmp_path: Path) -> None:
    thick = {"kind": "viscosity_drift", "size": 8.0, "at_s": 1800.0}
    shift = run(tmp_path / "thick", seed=3, hours=1.0, faults=[thick])
    assert 1800.0 < found(shift, "thickness_drift")[0] < 1800.0 + 900.0
    assert found(shift, "solids_drift") == []
    warm = {"kind": "slurry_heat", "size": 3.0, "at_s": 1800.0}
    shift = run(tmp_path / "warm", seed=3, hours=1.2, faults=[warm])
    assert 1800.0 < found(shift, "temperature_drift")[0] < 1800.0 + 2000.0
    assert found(shift, "solids_drift") == []
    assert found(shift, "thickness_drift") == []


@pytest.mark.parametrize(("seed", "size"), [(3, 0.5), (4, 1.0), (5, 2.0)])
def test_f04_air_is_not_taken_for_solids(tmp_path: Path, seed: int, size: float) -> None:
    air = {"kind": "air_burst", "size": size, "at_s": 1800.0, "duration_s": 40.0}
    shift = run(tmp_path, seed=seed, hours=0.7, faults=[air])
    assert found(shift, "solids_drift") == []
    assert found(shift, "thickness_drift") == []
    assert [d.at_s for d in shift.detections() if d.name == "coater.air_burst"]


def test_a_batch_is_announced_expected_and_judged(tmp_path: Path) -> None:
    batch = {"used_at_start": 0.86, "solids_share": 4.0, "hard_share": 1.0, "walk_pp": 0.0}
    shift = run(tmp_path, seed=7, hours=0.75, batch=batch)
    assert "batch: 1" in decided(shift, "batch 2 announced")[0]
    opened = found(shift, "batch_opened")
    assert len(opened) == 1
    assert "coating_m" in decided(shift, "batch opened")[0]
    assert decided(shift, "batch 2 came by a hard switch")
    assert decided(shift, "expected: batch 2 was announced")
    assert "batch 1 had" in decided(shift, "recipe of the next batch")[0]
    assert shift.bad_m <= 10.0


def test_the_recipe_is_corrected_from_batch_to_batch(tmp_path: Path) -> None:
    """The mixer weighs 0.4 pp too much; small batches, all alike."""
    plant = {"used_at_start": 0.9, "volume_share": 0.3, "walk_pp": 0.0, "drift_pp_per_h": 0.0}
    batch = {**plant, "solids_share": 0.0, "viscosity_sd": 0.0}
    faults = [{"kind": "solids_batch", "size": 0.4, "at_s": 0.0}]
    shift = run(tmp_path, seed=7, hours=8.0, faults=faults, batch=batch)
    truth = json.loads((tmp_path / "truth.json").read_text())
    series = {entry["name"]: entry["values"] for entry in truth["series"]}
    solids_pp = [100.0 * (x / 100.0 - 0.70) for x in series["solids"]]
    before, after = max(solids_pp[3600:9000]), solids_pp[-1]
    assert before > 0.3
    assert abs(after) < 0.5 * before
    assert len(decided(shift, "recipe of the next batch")) >= 4


@pytest.mark.parametrize("drawn_l", [100.0, 500.0, 1890.0])
def test_a_batch_is_judged_by_what_it_made_of_the_tank(drawn_l: float) -> None:
    end = 0.705 + (0.700 - 0.705) * math.exp(-drawn_l / 500.0)
    assert logic.batch_solids(0.700, end, drawn_l, tank_l=500.0) == pytest.approx(0.705)
    assert logic.batch_solids(0.700, end, drawn_l, tank_l=500.0, hard=True) == end
    assert math.isnan(logic.batch_solids(0.700, 0.7001, 20.0, tank_l=500.0))


def readings(*, hard: bool, batch_l: float = 600.0) -> list[logic.Reading]:
    """Two batches of 0.70 and 0.705, 11 L/min, a reading every 10 s."""
    made, tank = [], 0.70
    for i in range(1200):
        drawn = 11.0 / 6.0 * i
        number = 1 + int(drawn // batch_l)
        solids = 0.70 if number == 1 else 0.705
        tank = solids if hard else tank + (solids - tank) * -math.expm1(-11.0 / 6.0 / 500.0)
        made.append(logic.Reading(tank, 0.01, 11.0, batch_l - drawn % batch_l, number))
    return made


@pytest.mark.parametrize("hard", [True, False])
def test_each_batch_is_announced_once_and_judged_once(hard: bool) -> None:
    state, decisions = logic.State(), []
    for reading in readings(hard=hard):
        state, made = logic.read(state, reading, S)
        decisions += made
    announced = [d.batch for d in decisions if isinstance(d, logic.Announce)]
    judged = [d for d in decisions if isinstance(d, logic.Judge)]
    assert announced == [2, 3, 4]
    assert [d.batch for d in judged] == [1, 2, 3]
    assert [d.hard for d in judged] == [False, hard, False]
    assert [round(d.solids_pp, 2) for d in judged] == [0.0, 0.5, 0.5]


def test_without_batches_nothing_is_announced() -> None:
    reading = logic.Reading(0.70, 0.0, 11.0, 0.0, 0)
    state, decisions = logic.read(logic.State(), reading, S)
    assert decisions == []
    assert state.opened is None


def test_the_coater_expects_what_was_announced_and_nothing_else() -> None:
    settings = CoaterSettings()
    state, _ = coater.step(coater.State(), coater.BatchAnnounced(5, 1000.0), settings)
    _, (note,) = coater.step(state, coater.Found("coater.solids_step", 1001.0), settings)
    assert note == coater.Note("expected: batch 5 was announced", "coater.solids_step")
    _, (note,) = coater.step(state, coater.Found("coater.solids_step", 20_000.0), settings)
    assert "check which batch" in note.decision
    _, (note,) = coater.step(state, coater.Found("coater.pump_slip", 1001.0), settings)
    assert "stator" in note.decision


def test_the_usual_die_pressure_is_the_twins() -> None:
    quiet = {"disturbances_on": False, "noise_on": False}
    line = twin.Twin(quiet, seed=1, base_hz=10)
    names = [name for name, _ in line.SENSORS]
    pressure = line.step([])[names.index("coater.die_pressure")]
    assert pressure == pytest.approx(Rheology().die_kpa, rel=2e-3)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        RunToRun(weight=1.5)
    with pytest.raises(ValueError, match="memory_s must be positive"):
        Settings(memory_s=-1.0)
