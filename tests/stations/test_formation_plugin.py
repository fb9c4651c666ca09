"""The formation plugin translates taps and events; dispatch is told which slot becomes free."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from linewright.messages import Sample
from linewright.stations.formation import Formation, logic
from linewright.stations.formation.lots import Known
from linewright.stations.formation.model import watch
from linewright.stations.formation.settings import Genealogy, Settings
from linewright.stations.formation.wiring import DONE, JUDGED, PROGRESS, RACK
from linewright.twin import FormationTwin


class Desk:
    """Takes down what the station says."""

    time_s = 100.0

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.decisions: list[tuple[str, dict[str, Any]]] = []
        self.rows: list[tuple[str, dict[str, Any]]] = []

    def publish(self, name: str, body: dict[str, Any]) -> None:
        self.published.append((name, body))

    def decide(self, decision: str, *, because: Any, detail: dict[str, Any]) -> int:
        del because
        self.decisions.append((decision, detail))
        return 0

    def record(self, kind: str, body: dict[str, Any]) -> int:
        self.rows.append((kind, body))
        return 0


@pytest.fixture
def seat() -> tuple[Formation, Desk]:
    station, desk = Formation(), Desk()
    station.start(desk)
    return station, desk


def tell(station: Formation, tick: int, values: dict[str, float]) -> None:
    for name, value in values.items():
        station.on_sample(Sample(f"formation.{name}", tick, value, "1"))


TRAY = dict.fromkeys((*DONE, *JUDGED), 1.0) | {
    "trays_done": 1.0,
    "done_tray": 17.0,
    "resistance_z": 0.2,
    "efficiency_z": -0.1,
}


def test_dispatch_is_told_when_the_next_slot_is_free(seat: tuple[Formation, Desk]) -> None:
    station, desk = seat
    tell(station, 10, dict(zip(RACK, (4.0, 60.0), strict=True)))
    tell(station, 20, dict(zip(RACK, (0.0, math.nan), strict=True)))
    tell(station, 30, dict(zip(RACK, (math.nan, math.nan), strict=True)))
    assert [one for one in desk.published if one[0] == "rack"] == [
        ("rack", {"trays_running": 4, "next_free_at_s": 160.0}),
        ("rack", {"trays_running": 0, "next_free_at_s": None}),
    ]


def test_each_running_tray_is_told_with_its_end_and_one_that_is_through_no_more(
    seat: tuple[Formation, Desk],
) -> None:
    station, desk = seat
    # told at 100 s: tray 17 at 25,000 s of its programme, tray 18 just plugged in
    tell(station, 10, dict(zip(PROGRESS, (17.0, 1.0, 25_000.0, 4.0, 6_000.0), strict=True)))
    tell(station, 20, dict(zip(PROGRESS, (18.0, 2.0, 5.0, 0.0, 5.0), strict=True)))
    tell(station, 30, dict(zip(PROGRESS, (math.nan,) * 5, strict=True)))
    tell(station, 40, dict(zip(RACK, (2.0, 60.0), strict=True)))
    told = desk.published[-1][1]
    programme_s = FormationTwin({"slots": 1}).programme_s
    assert desk.published[-1][0] == "progress"
    assert (told["tray"], told["slot"]) == ([17, 18], [1, 2])
    assert told["end_at_s"] == [100.0 + programme_s - 25_000.0, 100.0 + programme_s - 5.0]
    assert all(sd_s > 0.0 for sd_s in told["end_sd_s"])
    tell(station, 50, TRAY | {"done_tray": 17.0, "done_slot": 1.0, "done_age_s": 28_000.0})
    tell(station, 60, dict(zip(RACK, (2.0, 60.0), strict=True)))
    assert desk.published[-1][1]["tray"] == [18]


def test_a_tray_is_told_once_however_often_it_is_tapped(seat: tuple[Formation, Desk]) -> None:
    station, desk = seat
    for tick in (10, 20, 30):
        tell(station, tick, TRAY)
    assert [text for text, _ in desk.decisions] == ["tray 17 is through"]
    tell(station, 40, TRAY | {"trays_done": 2.0, "done_tray": 18.0, "efficiency": math.nan})
    assert desk.decisions[-1][0] == "look at the tray just finished"


LOT = {
    "lot": 3,
    "recipe": "B",
    "welds": [251, 300],
    "fixtures": "0123" * 12 + "01",
    "cells": [500, 598],
    "webs": [[4, 500, 560], [5, 562, 598]],
}


def test_a_tray_is_a_unit_made_of_the_lots_that_the_welder_told(
    seat: tuple[Formation, Desk],
) -> None:
    station, desk = seat
    station.on_message("welder.lot", LOT)
    tell(station, 10, dict(zip(RACK, (1.0, 60.0), strict=True)))
    tell(station, 20, TRAY)
    tell(station, 30, TRAY | {"trays_done": 2.0, "done_tray": 18.0, "efficiency": math.nan})
    tell(
        station,
        40,
        TRAY | {"trays_done": 3.0, "done_tray": 40.0, "resistance_z": 9.0, "efficiency_z": 9.0},
    )
    tell(station, 50, dict(zip(RACK, (0.0, math.nan), strict=True)))
    states = [(b["state"], b["reason"]) for kind, b in desk.rows if kind == "state"]
    assert states == [("execute", ""), ("suspended", "upstream: no tray")]
    good, unmeasured, poor = [b for kind, b in desk.rows if kind == "production"]
    assert (good["unit"], good["recipe"], good["good"], good["scrap"]) == (
        "tray 17",
        "B",
        True,
        0.0,
    )
    assert good["from"] == [{"machine": "welder", "unit": "lot 3", "cells": [544, 575]}]
    assert (unmeasured["good"], unmeasured["scrap"]) == (False, 32.0)
    assert (poor["good"], poor["why"], poor["recipe"]) == (False, "held: wetted poorly", "standard")
    assert "from" not in poor


def test_lots_that_were_told_take_the_place_of_those_counted_by_number() -> None:
    counted, told = logic.State(), logic.State(known=Known().with_lot(LOT))
    told = replace(
        told, known=told.known.with_roll({"roll": 5, "batches": [[2, 500.0], [3, 1500.0]]})
    )
    traced = Settings(genealogy=Genealogy(traced=True))
    short = logic.Shorted(channel=20, tray=18, ohm=3.0, hard=False, z=9.0, confidence=0.99)
    (by_number,) = logic.step(counted, short, Settings())[1]
    (by_lot,) = logic.step(told, short, traced)[1]
    kinds = ("coater_roll", "slurry_batch", "welder_fixture")
    assert [by_number.detail[kind] for kind in kinds] == [0, 0, 0]
    assert [by_lot.detail[kind] for kind in kinds] == [5, 3, 0]
    (unknown,) = logic.step(told, replace(short, tray=90), traced)[1]
    assert not {*kinds} & unknown.detail.keys()


@pytest.mark.parametrize("age_s", [900, 3600, 14_400])
def test_the_forecast_holds_where_steps_end_by_time(age_s: int) -> None:
    rack = FormationTwin({"slots": 1, "short_ppm": 0.0}, seed=3)
    rack.load(0, 0)
    front = watch(1)
    at = [name for name, _ in front.OUTPUTS].index("next_free_s")
    volt, amp, degc = rack.run(age_s)
    for second in range(age_s):
        said = front.update(volt[second], amp[second], degc[second], rack.trays)
    left_s = round(said[at])
    # the last second of the programme is the last of the pulse
    _, amp, _ = rack.run(left_s + 5)
    assert abs(amp[left_s - 1, 0]) > 20.0
    assert abs(amp[left_s, 0]) < 0.1
