"""The formation plugin translates taps and events; dispatch is told which slot becomes free."""

from __future__ import annotations

import math
from typing import Any

import pytest
from linewright.messages import Sample
from linewright.stations.formation import Formation
from linewright.stations.formation.model import watch
from linewright.stations.formation.wiring import DONE, JUDGED, PROGRESS, RACK
from linewright.twin import FormationTwin


class Desk:
    """Takes down what the station says."""

    time_s = 100.0

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.decisions: list[tuple[str, dict[str, Any]]] = []

    def publish(self, name: str, body: dict[str, Any]) -> None:
        self.published.append((name, body))

    def decide(self, decision: str, *, because: Any, detail: dict[str, Any]) -> int:
        del because
        self.decisions.append((decision, detail))
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
