"""Figures of alarm hygiene by hand, and from a ledger."""

from __future__ import annotations

import random

import pytest
from alarm_rows import Line, described
from linewright.alarms import Change, Kpi, State, measure


def told(at_s: float, name: str = "mill.jam", priority: str = "low") -> Change:
    return Change(
        seq=1,
        at_s=at_s,
        id=name,
        name=name,
        station="mill",
        priority=priority,  # type: ignore[arg-type]
        before=State.NORMAL,
        after=State.UNACKNOWLEDGED,
        annunciated=True,
        why="raised",
    )


def broken(kpi: Kpi) -> set[str]:
    return {check.name for check in kpi.checks if not check.ok}


def test_an_hour_by_hand() -> None:
    times = [10.0, 20.0, 700.0, 1200.0]
    kpi = measure([told(t, f"mill.f{t:g}") for t in times], [], until_s=3600.0)
    assert (kpi.alarms, kpi.per_hour, kpi.worst_10_min) == (4, 4.0, 2)
    assert kpi.per_10_min == pytest.approx(2 / 3)
    assert kpi.ok
    late = measure([told(t) for t in times], [], from_s=600.0, until_s=4200.0)
    assert (late.alarms, late.hours) == (2, 1.0)


def test_a_flood_lasts_until_fewer_than_five_are_within_ten_minutes() -> None:
    kpi = measure([told(float(k), f"mill.f{k}") for k in range(12)], [], until_s=36_000.0)
    assert kpi.worst_10_min == 12
    assert kpi.flood_share == pytest.approx(597.0 / 36_000.0)
    assert broken(kpi) == {"worst 10 min", "time in flood"}


@pytest.mark.parametrize(("last_s", "chatters"), [(60.0, True), (61.0, False)])
def test_three_times_in_a_minute_chatters(last_s: float, chatters: bool) -> None:
    kpi = measure([told(0.0), told(30.0), told(last_s)], [], until_s=36_000.0)
    assert ("chattering" in broken(kpi)) is chatters
    assert kpi.chattering == (("mill.jam",) if chatters else ())
    assert kpi.top == (("mill.jam", 3),)


@pytest.mark.parametrize(("high", "low", "breaks"), [(1, 2, False), (3, 0, True), (10, 90, True)])
def test_priorities_are_judged_when_there_are_enough(high: int, low: int, breaks: bool) -> None:
    events = [told(700.0 * k, f"mill.h{k}", "high") for k in range(high)]
    events += [told(700.0 * k, f"mill.l{k}") for k in range(low)]
    kpi = measure(events, [], until_s=720_000.0)
    assert ("high priority" in broken(kpi)) is breaks


def test_stale_is_what_stands_for_a_day() -> None:
    line = Line(*(described(f"mill.f{k}", returns_after_s=None) for k in range(6)))
    for k in range(6):
        line.detect(700.0 * k, f"mill.f{k}")
    line.handle(5000.0, "mill.f5", "out_of_service", reason="away")
    line.book.advance(100_000.0)
    kpi = measure(line.book.events, line.book.alarms(), until_s=100_000.0)
    assert len(kpi.stale) == 5
    assert broken(kpi) == {"stale"}


def test_late_is_what_nobody_took_up_in_time() -> None:
    line = Line(*(described(f"mill.f{k}", returns_after_s=None) for k in range(3)))
    for k in range(3):
        line.detect(10.0, f"mill.f{k}")
    line.handle(100.0, "mill.f0", "acknowledge")
    line.handle(400.0, "mill.f1", "acknowledge")
    line.book.advance(1000.0)
    respond_s = {name: d.respond_within_s for name, d in line.book.definitions.items()}
    kpi = measure(line.book.events, line.book.alarms(), until_s=1000.0, respond_s=respond_s)
    assert kpi.late == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_book_never_breaks_what_it_keeps(seed: int) -> None:
    """Whatever comes: at most ten in ten minutes, no flood, nothing chatters."""
    rng = random.Random(seed)
    names = [f"mill.f{k}" for k in range(60)]
    line = Line(*(described(n, priority=rng.choice(("low", "medium", "high"))) for n in names))
    at_s = 0.0
    for _ in range(3000):
        at_s += rng.expovariate(rng.choice((1 / 300.0, 1.0, 10.0)))
        line.detect(at_s, rng.choice(names))
        if rng.random() < 0.05:
            line.handle(at_s, rng.choice(names), rng.choice(("acknowledge", "reset")))
    kpi = measure(line.book.events, line.book.alarms(), until_s=at_s)
    assert kpi.worst_10_min <= 10
    assert (kpi.flood_share, kpi.chattering) == (0.0, ())
    assert kpi.alarms > 10


def test_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="until_s must be after from_s"):
        measure([], [], until_s=0.0)
