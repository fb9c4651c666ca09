"""The watch on the twin: shorts, contacts and sound cells; the model it ships with."""

from __future__ import annotations

import json

import linewright as lw
import numpy as np
import pytest
from linewright.stations.formation import learning
from linewright.stations.formation.model import shipped, watch, watch_config
from linewright.twin import FormationTwin

CONTACT, HARD, SOFT = 1, 2, 3


def told(rack: FormationTwin, front: lw.FormationWatch, seconds: int) -> list[dict[str, float]]:
    """Verdicts of so many seconds, as dicts by output."""
    names = [name for name, _ in lw.FormationWatch.OUTPUTS]
    found: list[dict[str, float]] = []
    for _ in range(seconds):
        volt, amp, degc = rack.run(1)
        for tick in range(10):
            blocks = (None,) * 4 if tick else (volt[0], amp[0], degc[0], rack.trays)
            said = dict(zip(names, front.update(*blocks), strict=True))
            if said["verdicts"] > len(found):
                found.append(said)
    return found


def rack_of(trays: int, seed: int) -> FormationTwin:
    rack = FormationTwin({"slots": trays, "short_ppm": 0.0, "contact_pct": 0.0}, seed=seed)
    for slot in range(trays):
        rack.load(slot, 50 + slot)
    return rack


@pytest.mark.parametrize("seed", [21, 22])
def test_the_ladder_of_the_first_ten_minutes(seed: int) -> None:
    rack = rack_of(6, seed)
    rack.put_defect(5, short_ohm=1.0)
    rack.put_defect(40, contact_mohm=2.0)
    rack.put_defect(70, short_ohm=10.0)
    rack.put_defect(110, short_ohm=5.0, closes_s=400.0)
    found = told(rack, watch(6), 600)
    by_channel = {int(said["channel"]): said for said in found}
    assert len(by_channel) == len(found)
    assert set(by_channel) == {5, 40, 70, 110}
    kinds = {channel: said["verdict_class"] for channel, said in by_channel.items()}
    assert kinds == {5: HARD, 40: CONTACT, 70: SOFT, 110: SOFT}
    ages = {channel: said["age_s"] for channel, said in by_channel.items()}
    assert ages[5] <= 30.0
    assert ages[40] <= 30.0
    assert 400.0 < ages[110] <= 520.0
    assert by_channel[40]["contact_mohm"] == pytest.approx(2.0, abs=0.5)
    assert np.isnan(by_channel[40]["short_ohm"])
    # Within two minutes of the start neither size nor time of closing is known well.
    assert 3.0 < by_channel[70]["short_ohm"] < 50.0
    assert by_channel[70]["tray_number"] == 52.0


@pytest.mark.parametrize("seed", [31])
def test_a_hundred_ohm_show_in_the_rest_within_two_hours(seed: int) -> None:
    rack = rack_of(20, seed)
    shorted = {32 * slot + 9 for slot in range(0, 20, 2)}
    for channel in shorted:
        rack.put_defect(channel, short_ohm=100.0)
    found = {int(said["channel"]): said["age_s"] for said in told(rack, watch(20), 7200)}
    # one sound cell in a thousand is allowed, one short in ten may hide
    assert len(set(found) & shorted) >= 9
    assert len(set(found) - shorted) <= 2
    assert all(2880.0 < found[channel] <= 7200.0 for channel in set(found) & shorted)


def test_the_shipped_model_is_what_the_script_makes() -> None:
    made = learning.model()
    assert json.loads(json.dumps(made["made_of"])) == shipped()["made_of"]
    assert {*made, "tray"} == set(shipped())
    tray = learning.tray_reference(made)
    assert tray == pytest.approx(shipped()["tray"], rel=0.01)
    # The sign and the turn of factors may differ by the machine; what they say together may not.
    windows = len(made["ends_s"])
    of = [np.reshape(m["factors_mv"], (windows, -1)) for m in (made, shipped())]
    together = [factors @ factors.T for factors in of]
    made_mv2, shipped_mv2 = together
    assert np.allclose(made_mv2, shipped_mv2, rtol=1e-2, atol=0.02 * np.abs(made_mv2).max())
    assert (made["part_from_s"], made["held_ends_s"]) == (
        shipped()["part_from_s"],
        shipped()["held_ends_s"],
    )
    for name in ("ends_s", "noise_mv", "median_v", "slope_mv_per_ah", "current_a"):
        assert np.allclose(made[name], shipped()[name], rtol=0.02, atol=1e-3), name


def test_learning_refuses_what_makes_no_model() -> None:
    volts = np.full((4, 64), 3.0)
    with pytest.raises(ValueError, match="32 columns for each tray"):
        lw.learn_formation(volts[:, :40], volts, ends_s=[1, 2, 3, 4])
    with pytest.raises(ValueError, match="too few"):
        lw.learn_formation(np.full((9, 32), 3.0), volts, ends_s=range(1, 10), factors=1)
    with pytest.raises(ValueError, match="part_from_s must be among ends_s"):
        lw.learn_formation(np.full((4, 64), 3.0), volts, ends_s=[1, 2, 3, 4], part_from_s=[2.5])
    volts[2, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        lw.learn_formation(volts, volts, ends_s=[1, 2, 3, 4])


def test_the_watch_refuses_a_config_with_its_field() -> None:
    config = watch_config(1) | {"limit_z": -1.0}
    with pytest.raises(lw.DesignError, match="limit_z must be positive"):
        lw.FormationWatch(**config)


@pytest.mark.parametrize("seed", [24, 25])
@pytest.mark.parametrize(("closes_s", "within_s"), [(820.0, 600.0), (5000.0, 600.0)])
def test_ten_ohm_is_found_within_ten_minutes_where_little_but_its_own_current_shows_it(
    seed: int, closes_s: float, within_s: float
) -> None:
    rack = rack_of(8, seed)
    shorted = {slot * FormationTwin.TRAY + 9 for slot in range(8)}
    for channel in shorted:
        rack.put_defect(channel, short_ohm=10.0, closes_s=closes_s)
    found = told(rack, watch(8), int(closes_s + within_s))
    named = {int(said["channel"]) for said in found if said["verdict_class"] != CONTACT}
    assert len(named & shorted) >= 7
    assert named <= shorted


@pytest.mark.parametrize("seed", [28])
def test_shorts_are_found_to_the_end_of_the_comparison_and_contacts_left_alone(seed: int) -> None:
    rack = rack_of(8, seed)
    # charge, held at the highest voltage, rest, two in the discharge
    closes_s = {5: 12_600.0, 40: 15_900.0, 70: 16_500.0, 110: 18_000.0, 140: 23_400.0}
    for channel, at_s in closes_s.items():
        rack.put_defect(channel, short_ohm=10.0, closes_s=at_s)
    contacts = {170: 0.4, 200: 1.5, 230: 5.0}
    for channel, mohm in contacts.items():
        rack.put_defect(channel, contact_mohm=mohm)
    found = told(rack, watch(8), 27_010)
    shorted = {int(v["channel"]): v for v in found if v["verdict_class"] != CONTACT}
    assert set(shorted) == set(closes_s)
    for channel, at_s in closes_s.items():
        assert 0.0 < shorted[channel]["age_s"] - at_s <= 1500.0, channel
        assert 3.0 < shorted[channel]["short_ohm"] < 30.0
    assert {int(v["channel"]) for v in found if v["verdict_class"] == CONTACT} == {200, 230}


@pytest.mark.parametrize("seed", [26])
def test_a_poorly_wetted_lot_is_not_taken_for_shorted_cells(seed: int) -> None:
    rack = rack_of(30, seed)
    for channel in range(30 * FormationTwin.TRAY):
        rack.put_defect(channel, wetting_pct=8.0)
    # 1 in 1,000 of 960 cells, and what chance adds
    assert len(told(rack, watch(30), 7200)) <= 3


def test_progress_is_told_tray_by_tray_and_is_the_programmes() -> None:
    rack, front = rack_of(3, 27), watch(3)
    names = [name for name, _ in lw.FormationWatch.OUTPUTS]
    for second in range(1, 3000):
        volt, amp, degc = rack.run(1)
        said = dict(zip(names, front.update(volt[0], amp[0], degc[0], rack.trays), strict=True))
        assert said["told_slot"] == (second - 1) % 3
        assert said["told_tray"] == 50.0 + said["told_slot"]
        assert said["told_age_s"] == second
    # contact, first charge, and 109 s of the rest behind it
    assert (said["told_phase"], said["told_in_phase_s"]) == (2.0, 2999.0 - 2890.0)
