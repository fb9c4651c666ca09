"""The calender judges a map before it may steer anything; refusals go into the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from linewright.messages import Ack, Sample
from linewright.stations.calender import Calender


class Desk:
    """Takes down what the station asks for."""

    base_hz = 30
    time_s = 0.0

    def __init__(self) -> None:
        self.set_points: list[tuple[str, float]] = []
        self.profiles: list[int] = []
        self.decisions: list[tuple[str, dict[str, Any]]] = []
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.published: list[tuple[str, dict[str, Any]]] = []

    def set(self, mailbox: str, value: float) -> int:
        self.set_points.append((mailbox, value))
        return len(self.set_points)

    def send_profile(self, profile: str, values: Any, *, roll: int, **_: Any) -> int:
        assert profile == "weight_map"
        self.profiles.append(roll)
        return 0

    def decide(self, decision: str, *, because: Any, detail: dict[str, Any]) -> int:
        self.decisions.append((decision, detail))
        return 0

    def publish(self, name: str, body: dict[str, Any]) -> None:
        self.published.append((name, body))

    def record(self, kind: str, body: dict[str, Any]) -> int:
        self.rows.append((kind, body))
        return 0


def a_map(roll: int, **changes: Any) -> dict[str, Any]:
    body = {
        "roll": roll,
        "origin_m": (roll - 1) * 2000.0,
        "step_m": 1.0,
        "values": [0.01, -0.01] * 1000,
        "registered_at_m": roll * 2000.0 + 3.0,
        "noise": 0.001,
        "coverage": 1.0,
    }
    return body | changes


def sample(topic: str, value: float) -> Sample:
    return Sample(topic, 0, value, "1")


@pytest.fixture
def seat() -> tuple[Calender, Desk]:
    station, desk = Calender(), Desk()
    station.start(desk)
    return station, desk


def test_a_map_is_used_when_its_roll_is_mounted_and_not_before(seat: Any) -> None:
    station, desk = seat
    station.on_sample(sample("coater.position", 4010.0))
    station.on_sample(sample("calender.roll", 1.0))
    station.on_message("coater.roll_map", a_map(2))
    assert desk.profiles == []
    station.on_sample(sample("coater.position", 4090.0))
    station.on_sample(sample("calender.roll", 2.0))
    assert desk.profiles == [2]
    name, gain = desk.set_points[-1]
    assert name == "ff_gain"
    assert gain == pytest.approx(0.966, abs=0.001)


@pytest.mark.parametrize(
    ("body", "coated_m", "reason"),
    [
        (a_map(2), 60_000.0, "registration is stale"),
        (a_map(2, registered_at_m=9_999.0), 4090.0, "not of this web"),
        (a_map(2, values=[float("nan")] * 10), 4090.0, "map knows 0 of 10 metres"),
    ],
)
def test_a_stale_or_broken_map_is_refused_with_its_reason(
    seat: Any, body: dict[str, Any], coated_m: float, reason: str
) -> None:
    station, desk = seat
    station.on_message("coater.roll_map", body)
    station.on_sample(sample("coater.position", coated_m))
    station.on_sample(sample("calender.roll", 2.0))
    assert desk.profiles == []
    assert desk.set_points[-1] == ("ff_gain", 0.0)
    decision, detail = desk.decisions[-1]
    assert decision == "map feed-forward off"
    assert reason in detail["because"]


def test_a_map_of_another_roll_never_steers(seat: Any) -> None:
    station, desk = seat
    station.on_sample(sample("coater.position", 4090.0))
    station.on_message("coater.roll_map", a_map(1))
    station.on_sample(sample("calender.roll", 2.0))
    assert desk.profiles == []
    assert "no map of roll 2" in desk.decisions[-1][1]["because"]


def test_without_knowing_the_age_of_a_map_it_is_refused(seat: Any) -> None:
    station, desk = seat
    station.on_message("coater.roll_map", a_map(2))
    station.on_sample(sample("calender.roll", 2.0))
    assert desk.profiles == []
    assert desk.set_points[-1] == ("ff_gain", 0.0)


def test_a_message_that_is_no_map_is_refused(seat: Any) -> None:
    station, desk = seat
    for body in ({"roll": 2}, None, [1, 2], {"roll": "x"}):
        station.on_message("coater.roll_map", body)
        assert "no weight map" in desk.decisions[-1][1]["because"]
    assert desk.profiles == []


def test_a_map_the_core_does_not_take_is_noted(seat: Any) -> None:
    station, desk = seat
    station.on_sample(sample("coater.position", 4090.0))
    station.on_message("coater.roll_map", a_map(2))
    station.on_sample(sample("calender.roll", 2.0))
    station.on_ack(Ack(7, 1, 3, "refused", "no such profile", 10))
    assert desk.decisions[-1] == ("map not taken", {"reason": "no such profile"})


def test_old_maps_are_forgotten(seat: Any) -> None:
    station, desk = seat
    station.on_sample(sample("coater.position", 20_000.0))
    for roll in range(1, 10):
        station.on_message("coater.roll_map", a_map(roll))
    station.on_sample(sample("calender.roll", 1.0))
    assert desk.profiles == []


def test_rolls_and_waits_are_told(seat: Any) -> None:
    """Roll 1 is pressed at 1 m/s for 200 s, one sheet in fifty is off; then no roll comes."""
    station, desk = seat
    station.on_sample(Sample("calender.roll", 0, 1.0, "1"))
    for i in range(50):
        tick = 300 * i
        station.on_sample(Sample("calender.position", tick, 2000.0 - 10.0 * i, "m"))
        station.on_sample(Sample("calender.sheet_off", tick, 5.0 if i == 7 else 0.5, "um"))
        station.on_step(tick)
    for tick in (15_000, 15_300):
        station.on_sample(Sample("calender.position", tick, 1510.0, "m"))
        station.on_sample(Sample("calender.sheet_off", tick, float("nan"), "um"))
        station.on_step(tick)
    station.on_sample(Sample("calender.roll", 15_600, 2.0, "1"))
    states = [body["state"] for kind, body in desk.rows if kind == "state"]
    assert states == ["execute", "suspended"]
    (roll,) = [body for kind, body in desk.rows if kind == "production"]
    assert (roll["unit"], roll["good"], roll["at_s"]) == ("roll 1", True, 520.0)
    assert roll["from"] == [{"machine": "coater", "unit": "roll 1"}]
    assert desk.published == [("pressed", {"roll": 1, "recipe": "standard"})]
    assert roll["rate_share"] == pytest.approx(490.0 / 500.0, abs=1e-3)
