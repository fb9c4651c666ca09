"""When filling will stand: told early enough, for the right want, and not without need."""

from __future__ import annotations

from typing import Any

import pytest
from linewright.stations.agv import Book, Settings
from linewright.stations.agv.forecast import Starve, forecast
from linewright.stations.agv.plant import Plant
from linewright.stations.agv.sim import TwinPlant, dispatch
from linewright.twin import FlowTwin

ONSET_S = 1800.0


def fault(kind: str, size: float, minutes: float) -> dict[str, Any]:
    return {"kind": kind, "size": size, "at_s": ONSET_S, "duration_s": 60.0 * minutes}


def told(
    plant: TwinPlant, hours: float
) -> tuple[list[tuple[float, Starve | None]], dict[str, Any]]:
    settings, said = Settings(), list[tuple[float, Starve | None]]()
    site = plant.site(speed_m_per_s=settings.drive.speed_m_per_s)

    def watch(seen: Plant, book: Book) -> None:
        if not said or seen.time_s >= said[-1][0] + 60.0:
            said.append((seen.time_s, forecast(seen, book, site, settings)))

    run = dispatch(plant, hours=hours, watch=watch)
    return said, run.plant.flow.truth()


def first_stand_s(truth: dict[str, Any]) -> float:
    firsts = (truth["fill_without_tray"]["first_s"], truth["fill_blocked"]["first_s"])
    return min(at_s for at_s in firsts if at_s is not None)


def test_nothing_is_told_of_a_line_without_faults() -> None:
    said, _ = told(TwinPlant(seed=11), 2.0)
    assert [starve for _, starve in said if starve is not None] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_lost_vehicles_are_told_ten_minutes_before_filling_stands(seed: int) -> None:
    plant = TwinPlant(faults=[fault("vehicle_loss", 13, 120)], seed=seed)
    said, truth = told(plant, 1.6)
    at_s = first_stand_s(truth)
    before = [(t, starve) for t, starve in said if ONSET_S + 60.0 < t < at_s - 600.0]
    assert before
    assert all(starve is not None for _, starve in before)
    starve = before[-1][1]
    assert starve is not None
    assert starve.vehicles_in == 7
    assert abs(starve.at_s - at_s) < 1800.0


@pytest.mark.parametrize("seed", [1, 2])
def test_slots_that_are_out_are_told_as_places_that_will_be_short(seed: int) -> None:
    config = {"store": {"wetting_places": 1140}, "rack": {"slots": 400}}
    plant = TwinPlant(config, faults=[fault("slot_outage", 250, 240)], seed=seed)
    said, truth = told(plant, 2.6)
    at_s = first_stand_s(truth)
    assert at_s > ONSET_S + 1800.0
    warned = [(t, starve) for t, starve in said if starve is not None and t < at_s]
    assert at_s - warned[0][0] > 600.0
    last = [starve for t, starve in warned if t < at_s - 600.0][-1]
    assert last.slots_out == 250
    assert last.short == "places for full trays"
    assert abs(last.at_s - at_s) < 1800.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_catalogue_sizes_starve_nothing_and_stop_nothing(seed: int) -> None:
    """F24 and F25 at the default sizes: the plant has the slots and vehicles to spare."""
    faults = [
        fault("slot_outage", 30, 60),
        fault("vehicle_loss", 2, 60),
        fault("arrival_bunching", 12, 0),
    ]
    said, truth = told(TwinPlant(faults=faults, seed=seed), 1.5)
    ideal = FlowTwin(seed=seed)
    ideal.advance(5400.0)
    assert truth["fill_without_tray"]["total_s"] + truth["fill_blocked"]["total_s"] < 60.0
    assert truth["trays_filled"] >= ideal.truth()["trays_filled"] - 1
    assert [starve for _, starve in said if starve is not None] == []
