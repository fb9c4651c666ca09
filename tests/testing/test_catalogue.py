"""The fault catalogue: each entry is a fault the twin takes, found and named in closed loop."""

from __future__ import annotations

import pytest
from linewright import twin
from linewright.testing import CATALOGUE, scenario
from linewright.value.catalogue import evaluate_catalogue, stated


@pytest.mark.parametrize("fault", list(CATALOGUE))
def test_each_fault_is_one_the_twin_takes_and_a_station_names(fault: str) -> None:
    entry = scenario(fault)
    twin.Twin({"faults": entry.faults(seed=3)}, seed=3, base_hz=30)
    names = {cause.name for cause in stated()}
    assert set(entry.causes) <= names


def test_the_same_seed_draws_the_same_fault() -> None:
    assert scenario("f10").faults(seed=5) == scenario("F10").faults(seed=5)
    assert scenario("F10").faults(seed=5) != scenario("F10").faults(seed=6)


def test_an_unknown_number_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="there are F01, F02"):
        scenario("F99")


@pytest.mark.parametrize(
    ("fault", "within_s"),
    [("F01", 120.0), ("F02", 1.0), ("F04", 1.0), ("F10", 2.0), ("F16", 240.0)],
)
def test_a_fault_is_found_in_time_and_its_cause_named_first(fault: str, within_s: float) -> None:
    (row,) = evaluate_catalogue([1, 2], faults=[fault])
    assert row.missed == 0
    assert row.delays_s()[-1] <= within_s
    assert row.first_share == row.station_share == 1.0
