"""The fault catalogue: each entry is a fault the twin takes, found and named in closed loop."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from linewright.line import load
from linewright.testing import CATALOGUE, day_faults, scenario
from linewright.value.catalogue import evaluate_catalogue
from linewright.value.evaluation import evaluate
from linewright.value.policies import write_line
from linewright.value.signatures import SIGNATURES


@pytest.mark.parametrize("fault", list(CATALOGUE))
def test_each_fault_is_one_the_line_takes_and_a_station_of_it_names(
    tmp_path: Path, fault: str
) -> None:
    entry = scenario(fault)
    faults = entry.faults(seed=3)
    assert len({one["at_s"] for one in faults}) == 1
    line = load(write_line(entry.line, tmp_path, seed=3, hours=entry.hours, faults=faults))
    assert set(entry.causes) <= {cause.name for cause in line.causes}


def test_the_same_seed_draws_the_same_fault() -> None:
    assert scenario("f10").faults(seed=5) == scenario("F10").faults(seed=5)
    assert scenario("F10").faults(seed=5) != scenario("F10").faults(seed=6)


def test_an_unknown_number_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="there are F01, F02"):
        scenario("F99")


@pytest.mark.parametrize(
    ("fault", "within_s"),
    [
        ("F01", 120.0),
        ("F02", 1.0),
        ("F04", 1.0),
        ("F10", 2.0),
        ("F16", 240.0),
        ("F22", 110.0),
        ("F24", 15.0),
        ("F25", 15.0),
    ],
)
def test_a_fault_is_found_in_time_and_its_cause_named_first(fault: str, within_s: float) -> None:
    (row,) = evaluate_catalogue([1, 2], faults=[fault])
    assert row.missed == 0
    assert row.delays_s()[-1] <= within_s
    assert row.first_share == row.station_share == 1.0


LINES = sorted({entry.line for entry in CATALOGUE.values()})


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_faults_of_a_day_do_not_meet_but_for_the_one_that_creeps(seed: int, line: str) -> None:
    faults = day_faults(seed=seed, line=line)
    assert {f["kind"] for f in faults} == {
        draw.kind for entry in CATALOGUE.values() if entry.line == line for draw in entry.draws
    }
    at_a_time = [f for f in faults if f["kind"] != "stator_wear"]
    for one, other in pairwise(at_a_time):
        assert other["at_s"] == one["at_s"] or other["at_s"] >= one["at_s"] + one["duration_s"]
    assert faults != day_faults(seed=seed + 1, line=line)
    assert faults == day_faults(seed=seed, line=line)


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_day_of_the_whole_line_has_every_fault_in_time_to_show(seed: int) -> None:
    faults = day_faults(seed=seed, line="whole")
    assert {f["kind"] for f in faults} == {
        draw.kind for entry in CATALOGUE.values() for draw in entry.draws
    }
    of_parts = [f for line in LINES for f in day_faults(seed=seed, line=line)]
    assert sorted(map(repr, faults)) == sorted(map(repr, of_parts))
    begins_s = {f["kind"]: f["at_s"] for f in faults}
    for entry in CATALOGUE.values():
        assert all(begins_s[draw.kind] + entry.shows_s <= 86_400.0 for draw in entry.draws)
    assert begins_s["clamp_wear"] != begins_s["soft_short"]


def test_a_day_is_judged_by_one_command() -> None:
    result = evaluate([1], hours=6.0, policies=("closed",), faults="day", plant="whole").as_json()
    assert set(result["faults"]) <= set(SIGNATURES)
    quick = (
        *("solids_switch", "air_burst", "speed_upset", "fan_trip_3", "streak"),
        *("blow_out", "contact_resistance", "slot_outage", "vehicle_loss", "arrival_bunching"),
    )
    assert sum(result["faults"][kind]["missed"] for kind in quick) == 0
    assert all(result["faults"][kind]["median_s"] < 300.0 for kind in quick)
