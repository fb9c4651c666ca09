"""The alarm list by hand: states of ISA-18.2, what a person does, grouping, suppression, floods."""

from __future__ import annotations

import random
from typing import Any

import pytest
from alarm_rows import HZ, Line, described
from linewright.alarms import FLOOD, MOST_SHELVED_S, AlarmBook, Change
from linewright.cause import Cause, Sign

JAM = "mill.jam"


def test_an_alarm_is_told_acknowledged_and_goes_back() -> None:
    line = Line(described(JAM))
    line.detect(10.0, JAM, age_s=4.0)
    (alarm,) = line.book.alarms()
    assert (alarm.state, alarm.raised_s, alarm.onset_s) == ("unacknowledged", 10.0, 6.0)
    assert (alarm.cause, alarm.action) == ("a lump in the feed", "clear the feed")
    line.handle(20.0, alarm.id, "acknowledge")
    (alarm,) = line.book.alarms()
    assert (alarm.state, alarm.acked_by) == ("acknowledged", "meier")
    line.book.advance(10.0 + 1799.0)
    assert line.states() == {JAM: "acknowledged"}
    line.book.advance(10.0 + 1801.0)
    assert line.states() == {}
    assert line.told() == [JAM]


def test_what_went_back_before_anybody_saw_it_waits_for_acknowledgement() -> None:
    line = Line(described(JAM))
    line.detect(10.0, JAM)
    line.book.advance(2000.0)
    assert line.states() == {JAM: "returned_unacknowledged"}
    line.handle(2001.0, JAM, "acknowledge")
    assert line.states() == {}


def test_a_repeat_is_no_new_alarm_until_it_has_gone_back() -> None:
    line = Line(described(JAM))
    for at_s in (10.0, 700.0, 1300.0):
        line.detect(at_s, JAM)
    (alarm,) = line.book.alarms()
    assert (alarm.count, len(line.told())) == (3, 1)
    line.book.advance(1300.0 + 3 * 690.0 + 1.0)
    line.detect(5000.0, JAM)
    assert line.told() == [JAM, JAM]
    assert line.states() == {JAM: "unacknowledged"}


def test_what_comes_every_hour_is_told_once_a_shift() -> None:
    line = Line(described(JAM, returns_after_s=7200.0))
    for hour in range(8):
        line.detect(10.0 + 3600.0 * hour, JAM)
        if hour == 0:
            line.handle(60.0, JAM, "acknowledge")
    assert line.told() == [JAM]


def test_a_latched_alarm_needs_a_reset() -> None:
    line = Line(described(JAM, latched=True))
    line.detect(10.0, JAM)
    line.handle(20.0, JAM, "acknowledge")
    line.book.advance(4000.0)
    assert line.states() == {JAM: "latched"}
    line.handle(4001.0, JAM, "reset")
    assert line.states() == {}


def test_shelved_is_not_told_until_its_time_is_over() -> None:
    line = Line(described(JAM))
    line.detect(10.0, JAM)
    line.handle(20.0, JAM, "shelve", reason="gauge in service", for_s=600.0)
    (alarm,) = line.book.alarms()
    assert (alarm.state, alarm.shelved_by, alarm.shelved_until_s) == ("shelved", "meier", 620.0)
    assert alarm.shelve_reason == "gauge in service"
    line.detect(500.0, JAM)
    assert line.told() == [JAM]
    line.book.advance(621.0)
    assert line.states() == {JAM: "unacknowledged"}
    assert line.told() == [JAM, JAM]


def test_an_alarm_can_be_shelved_before_it_comes() -> None:
    line = Line(described(JAM))
    line.handle(1.0, JAM, "shelve", reason="test", for_s=600.0)
    line.detect(10.0, JAM)
    assert line.told() == []
    assert line.states() == {JAM: "shelved"}
    line.handle(20.0, JAM, "unshelve")
    assert line.states() == {JAM: "unacknowledged"}
    assert line.told() == []  # who put it back knows
    line = Line(described(JAM))
    line.handle(1.0, JAM, "shelve", reason="test", for_s=600.0)
    line.book.advance(700.0)
    assert line.states() == {}


def test_out_of_service_lasts_until_it_is_put_back() -> None:
    line = Line(described(JAM))
    line.handle(1.0, JAM, "out_of_service", reason="mill is taken apart")
    line.detect(10.0, JAM)
    line.book.advance(1000.0)
    assert (line.told(), line.states()) == ([], {JAM: "out_of_service"})
    line.handle(1001.0, JAM, "in_service")
    assert (line.told(), line.states()) == ([], {JAM: "unacknowledged"})


@pytest.mark.parametrize(
    "body",
    [
        {"do": "shelve", "reason": "", "for_s": 60.0},
        {"do": "shelve", "reason": "service", "for_s": MOST_SHELVED_S + 1.0},
        {"do": "shelve", "reason": "service", "for_s": 0.0},
        {"do": "shelve", "reason": "service", "for_s": "an hour"},
        {"do": "out_of_service", "reason": " "},
        {"do": "acknowledge", "operator": ""},
        {"do": "silence"},
        {"do": "acknowledge", "alarm": "a99"},
    ],
)
def test_a_row_that_says_too_little_changes_nothing(body: dict[str, Any]) -> None:
    line = Line(described(JAM))
    line.detect(10.0, JAM)
    before = line.book.alarms()
    line.row(20.0, "handling", "", {"alarm": JAM, "operator": "meier", **body})
    assert line.book.alarms() == before


def test_an_alarm_nobody_describes_is_told_as_such() -> None:
    line = Line()
    line.detect(10.0, "press.stuck", "alarm")
    line.detect(11.0, "press.warm", "advice")
    line.detect(12.0, "press.cycle", "log")
    (alarm,) = line.book.alarms()
    assert (alarm.name, alarm.priority) == ("press.stuck", "low")
    assert alarm.cause == alarm.action == "not described by station press"


FAN = Cause(
    name="fan",
    says="a fan gives less",
    action="check the fan",
    per_shift=0.01,
    signs=(
        Sign("dryer.fan", 0.97, lag_s=(0.0, 30.0)),
        Sign("dryer.front", 0.5, lag_s=(0.0, 90.0)),
        Sign("dryer.wet", 0.7, lag_s=(10.0, 120.0)),
    ),
)
WANDER = Cause(
    name="wander",
    says="the front moved",
    action="look at the nozzles",
    per_shift=0.1,
    signs=(
        Sign("dryer.front", 0.9, lag_s=(0.0, 10.0)),
        Sign("dryer.wet", 0.4, lag_s=(0.0, 120.0)),
    ),
)


def dryer() -> Line:
    wet = described("dryer.wet", priority="medium", cause="less heat")
    return Line(described("dryer.fan"), wet, causes=(FAN, WANDER))


def test_what_one_cause_makes_is_one_alarm() -> None:
    line = dryer()
    line.detect(100.0, "dryer.fan")
    line.detect(120.0, "dryer.front", "advice")
    line.detect(150.0, "dryer.wet")
    (alarm,) = line.book.alarms()
    assert line.told() == ["dryer.fan"]
    assert (alarm.cause_name, alarm.cause) == ("fan", "a fan gives less")
    assert [m.name for m in alarm.members] == ["dryer.fan", "dryer.front", "dryer.wet"]
    assert alarm.priority == "medium"


def test_a_better_root_takes_over_without_being_told_anew() -> None:
    line = dryer()
    line.detect(100.0, "dryer.front", "advice")
    line.detect(118.0, "dryer.wet")
    (alarm,) = line.book.alarms()
    assert (alarm.name, alarm.cause_name) == ("dryer.wet", "wander")
    line.detect(119.0, "dryer.fan", age_s=24.0)
    (after,) = line.book.alarms()
    assert (after.id, after.name, after.cause_name) == (alarm.id, "dryer.fan", "fan")
    assert line.told() == ["dryer.wet"]


def test_nothing_hides_behind_a_shelved_alarm() -> None:
    line = dryer()
    line.detect(100.0, "dryer.fan")
    line.handle(110.0, "dryer.fan", "shelve", reason="known", for_s=3600.0)
    line.detect(150.0, "dryer.wet")
    assert line.states() == {"dryer.fan": "shelved", "dryer.wet": "unacknowledged"}
    assert line.told() == ["dryer.fan", "dryer.wet"]


def test_two_causes_are_two_alarms() -> None:
    line = dryer()
    line.detect(100.0, "dryer.fan")
    line.detect(9000.0, "dryer.front", "advice")
    line.detect(9030.0, "dryer.wet")
    assert [(a.name, a.cause_name) for a in line.book.alarms()] == [
        ("dryer.fan", "fan"),
        ("dryer.wet", "wander"),
    ]


def test_more_urgent_after_acknowledgement_is_told_again() -> None:
    line = dryer()
    line.detect(100.0, "dryer.fan")
    line.handle(110.0, "dryer.fan", "acknowledge")
    line.detect(150.0, "dryer.wet")
    assert line.states() == {"dryer.fan": "unacknowledged"}
    assert len(line.told()) == 2


def test_nothing_is_told_of_a_machine_that_stands() -> None:
    line = Line(described(JAM, needs_running=("feeder",)))
    line.row(5.0, "state", "feeder", {"machine": "feeder", "state": "held"})
    line.detect(10.0, JAM)
    assert (line.told(), line.states()) == ([], {JAM: "suppressed_by_design"})
    assert line.book.alarms()[0].suppressed_by == "feeder"
    line.row(60.0, "state", "feeder", {"machine": "feeder", "state": "execute"})
    assert line.states() == {}
    line.detect(70.0, JAM)
    assert line.told() == [JAM]


def test_what_still_holds_is_told_when_the_machine_runs_again() -> None:
    line = Line(described(JAM, needs_running=("feeder",), latched=True))
    line.row(5.0, "state", "feeder", {"machine": "feeder", "state": "held"})
    line.detect(10.0, JAM)
    line.row(60.0, "state", "feeder", {"machine": "feeder", "state": "execute"})
    assert line.told() == [JAM]


def test_a_trip_lasts_until_control_is_back_and_a_person_reset_it() -> None:
    line = Line()
    body = {"actuator": "coater.pump_flow", "cause": "limit_storm", "value": 9.0}
    line.row(10.0, "alarm", "coater", body)
    line.book.advance(20_000.0)
    assert line.states() == {"gate.limit_storm": "unacknowledged"}
    line.row(20_001.0, "mode", "", {"do": "reset", "operator": "meier"})
    back = {"actuator": "coater.pump_flow", "from": "fallback", "to": "closed"}
    line.row(20_002.0, "mode", "coater", back | {"cause": "permitted"})
    line.book.advance(20_100.0)
    assert line.states() == {}


def test_actuators_of_one_station_are_one_alarm_and_other_stations_their_own() -> None:
    line = Line()
    for at_s, station, name in ((1, "coater", "bolt_1"), (2, "coater", "bolt_2"), (3, "mill", "x")):
        body = {"actuator": f"{station}.{name}", "cause": "limited_in_a_row", "value": 1.0}
        line.row(at_s, "alarm", station, body)
    assert [(a.station, len(a.members)) for a in line.book.alarms()] == [("coater", 2), ("mill", 1)]


def test_a_deadline_that_comes_and_goes_does_not_chatter() -> None:
    line = Line()
    for k in range(40):
        body = {"loop": "a.b", "rung": "warn", "from": "in_time"}
        line.row(10.0 + 2 * k, "alarm", "a", body)
        line.row(11.0 + 2 * k, "mode", "a", {"loop": "a.b", "rung": "in_time", "from": "warn"})
    assert line.told() == ["core.late"]
    line.book.advance(200.0)
    assert line.states() == {"core.late": "returned_unacknowledged"}


def flood(seed: int, names: int, rows: int) -> Line:
    rng = random.Random(seed)
    found = [f"mill.f{k}" for k in range(names)]
    of = {name: rng.choices(("low", "medium", "high"), (80, 15, 5))[0] for name in found}
    line = Line(*(described(name, priority=of[name]) for name in found))
    order = found + rng.choices(found, k=rows - names)
    for k, name in enumerate(order):
        line.detect(100.0 + k / rows, name)
    return line


@pytest.mark.parametrize(
    ("seed", "names", "rows"), [(1, 200, 2000), (2, 200, 2000), (4, 5000, 5000)]
)
def test_a_flood_is_told_in_ten(seed: int, names: int, rows: int) -> None:
    line = flood(seed, names, rows)
    told = line.told()
    assert len(told) <= 10
    assert told.count(FLOOD) == 1
    assert len(line.book.alarms()) == names + 1  # none is lost: what is not told is in the list
    gathered = next(a for a in line.book.alarms() if a.name == FLOOD)
    assert len(gathered.members) == names + 1 - len(told)
    first = next(c for c in line.book.events if c.annunciated)
    assert first.at_s - 100.0 <= 1.0


def test_after_a_flood_new_alarms_are_told_again() -> None:
    line = flood(3, 50, 200)
    line.book.advance(2400.0)
    assert [a.name for a in line.book.alarms() if a.state == "suppressed_by_design"] == []
    line.detect(2500.0, JAM)
    assert line.told()[-1] == JAM


def replayed(rows: list[dict[str, Any]], every_s: float) -> list[Change]:
    book = AlarmBook(
        [described(JAM), described("dryer.fan"), described("dryer.wet")], (FAN, WANDER)
    )
    now_s = 0.0
    for row in rows:
        while every_s and now_s + every_s < row["tick"] / HZ:
            now_s += every_s
            book.advance(now_s)
        book.take(row)
    return book.events


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_rows_give_the_same_book_however_often_it_is_asked(seed: int) -> None:
    rng = random.Random(seed)
    line = Line()
    at_s = 0.0
    for _ in range(200):
        at_s += rng.expovariate(1 / 200.0)
        if rng.random() < 0.2:
            do = rng.choice(("acknowledge", "shelve", "unshelve", "reset"))
            line.handle(at_s, JAM, do, reason="why", for_s=rng.uniform(1.0, 3000.0))
        else:
            name = rng.choice((JAM, "dryer.fan", "dryer.wet", "dryer.front"))
            line.detect(at_s, name, "advice" if name == "dryer.front" else "alarm")
    once = replayed(line.rows, 0.0)
    assert once == replayed(line.rows, 7.0)
    assert any(c.annunciated for c in once)


def test_a_second_start_goes_on_from_the_first() -> None:
    line = Line(described(JAM))
    line.detect(100.0, JAM)
    line.row(0.0, "start", "", {"base_hz": HZ})
    line.row(1.0, "start", "mill", {"api": 1, "epoch": 1, "hello": "mill"})
    line.detect(50.0, "mill.other")
    assert line.book.start_s == 100.0
    assert [a.raised_s for a in line.book.alarms()] == [100.0, 150.0]
