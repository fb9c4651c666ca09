"""Verdicts get their consequence: pure logic of the formation station."""

from __future__ import annotations

import pytest
from linewright.stations.formation import logic
from linewright.stations.formation.settings import TRAY, Genealogy, Settings

SETTINGS = Settings()


def short(cell: int, *, hard: bool = False) -> logic.Shorted:
    return logic.Shorted(
        channel=cell % TRAY,
        tray=cell // TRAY,
        ohm=1.5 if hard else 20.0,
        hard=hard,
        z=7.0,
        confidence=0.8,
    )


def finished(tray: int, *, poor: bool) -> logic.Finished:
    return logic.Finished(
        tray=tray,
        slot=tray % 7,
        resistance_mohm=1.36 if poor else 1.26,
        efficiency=0.866 if poor else 0.876,
        capacity_ah=77.5,
        charged_wh=333.0,
        discharged_wh=282.9,
        resistance_z=12.0 if poor else 0.3,
        efficiency_z=6.0 if poor else -0.2,
    )


def run(
    events: list[logic.Event], settings: Settings = SETTINGS
) -> tuple[logic.State, list[logic.Decision]]:
    state, decisions = logic.State(), []
    for event in events:
        state, made = logic.step(state, event, settings)
        decisions += made
    return state, decisions


def test_a_hard_short_stops_its_cell_and_a_soft_one_is_taken_out() -> None:
    _, (hard, soft) = run([short(70, hard=True), short(71)])
    assert hard.text == "stop cell 70: hard short"
    assert soft.text == "take out cell 71: short"
    assert hard.detail["tray"] == 2
    assert soft.detail["welder_fixture"] == 3


def test_shorts_of_one_welder_fixture_name_it() -> None:
    state, decisions = run([short(4 * i * 37 + 2) for i in range(1, 9)])
    assert len(state.shorted) == 8
    named = decisions[-1].detail["shared_lots"]
    assert isinstance(named, list)
    assert named[0].startswith("welder_fixture 2: 8 of 8")
    assert decisions[0].detail["shared_lots"] == []


def test_scattered_shorts_name_nothing() -> None:
    _, decisions = run([short(cell) for cell in (40, 401, 822, 1503, 2310, 3015)])
    assert all(decision.detail["shared_lots"] == [] for decision in decisions)


def test_a_contact_is_the_channels_and_never_takes_out_a_cell() -> None:
    state, decisions = run([logic.Contact(channel=45, tray=tray, mohm=2.0) for tray in (3, 9)])
    assert [d.text for d in decisions] == [
        "clean the contact of channel 45",
        "service the contact of channel 45",
    ]
    assert all(d.detail["cell_is"] == "sound" for d in decisions)
    assert state.shorted == ()


def test_poor_trays_hold_the_wetting_lot_they_share_once() -> None:
    # lot 2 is cells 600 to 899: trays 19 to 27 by their middle
    events: list[logic.Event] = [finished(tray, poor=19 <= tray <= 27) for tray in range(60)]
    state, decisions = run(events)
    held = [d.text for d in decisions if d.text.startswith("hold wetting")]
    assert held == ["hold wetting lot 2"]
    assert state.poor == tuple(range(19, 28))
    trays = [d for d in decisions if "wetted poorly" in d.text]
    assert len(trays) == 9
    assert str(trays[-1].detail["lot"]).startswith("wetting lot 2: 9 of 9 trays poor")


def test_a_tray_that_is_through_tells_its_energy() -> None:
    _, (through,) = run([finished(5, poor=False)])
    assert through.text == "tray 5 is through"
    # C44: what a cell takes from the grid at 80 % recovery
    assert through.detail["net_wh_per_cell"] == pytest.approx(106.7, rel=0.005)


def test_only_the_newest_trays_are_remembered() -> None:
    settings = Settings(trays_kept=10)
    state, _ = run([short(TRAY * tray) for tray in range(30)], settings)
    assert state.trays == tuple(range(20, 30))
    assert state.shorted == tuple(TRAY * tray for tray in range(20, 30))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slots", 0),
        ("recovered", 1.5),
        ("trays_kept", 1),
        ("rate_hz", float("nan")),
        ("poor_resistance_z", -1.0),
    ],
)
def test_settings_refuse_nonsense(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_a_lot_has_at_least_one_cell() -> None:
    with pytest.raises(ValueError, match="cells_per_wetting_lot"):
        Genealogy(cells_per_wetting_lot=0)
