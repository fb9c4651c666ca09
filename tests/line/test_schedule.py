"""P4 without waiting: half an hour of failures of one process, by a clock of the test's own."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from linewright.line._schedule import FAILURES, WINDOW_S, Schedule, backoff_s

LOOK_S = 0.02
HALF_HOUR_S = 1800.0


@dataclass
class Played:
    """What a supervisor would have done."""

    starts_s: list[float] = field(default_factory=list)
    deaths_s: list[float] = field(default_factory=list)
    alarms_s: list[float] = field(default_factory=list)
    in_a_row: list[int] = field(default_factory=list)


def play(schedule: Schedule, lives_s: float, seed: int, release_at_s: tuple[float, ...] = ()):
    """A process that dies `lives_s` after each start, looked at every 20 ms."""
    rng, played, releases = random.Random(seed), Played(), list(release_at_s)
    schedule.started(0.0)
    played.starts_s.append(0.0)
    running = True
    for look in range(1, round(HALF_HOUR_S / LOOK_S)):
        now_s = look * LOOK_S
        if releases and now_s >= releases[0]:
            releases.pop(0)
            assert schedule.out
            schedule.forget()
            schedule.start_at_s = now_s
        if running and now_s - schedule.started_s >= lives_s:
            running = False
            played.deaths_s.append(now_s)
            if schedule.failed(now_s, rng.uniform(-1.0, 1.0)):
                played.alarms_s.append(now_s)
            played.in_a_row.append(schedule.in_a_row)
        elif not running and schedule.due(now_s):
            running = True
            schedule.started(now_s)
            played.starts_s.append(now_s)
    return played


def waits_keep_to_the_plan(played: Played) -> None:
    """Each wait is within a fifth of the back-off, and a look."""
    between = zip(played.deaths_s, played.starts_s[1:], played.in_a_row, strict=False)
    for death_s, start_s, in_a_row in between:
        plain_s = backoff_s(in_a_row, 0.0)
        assert 0.8 * plain_s - 1e-6 <= start_s - death_s <= 1.2 * plain_s + 2 * LOOK_S


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lives_s", [0.0, 0.05, 0.3])
def test_p4_a_crash_loop_is_out_after_five_failures_and_stays_out(
    lives_s: float, seed: int
) -> None:
    played = play(Schedule(), lives_s, seed)
    assert len(played.starts_s) == len(played.deaths_s) == FAILURES
    assert len(played.alarms_s) == 1
    assert played.alarms_s[0] <= WINDOW_S
    waits_keep_to_the_plan(played)


@pytest.mark.parametrize("seed", range(5))
def test_p4_each_release_is_an_episode_with_one_alarm(seed: int) -> None:
    played = play(Schedule(), 0.05, seed, release_at_s=(300.0, 900.0, 1500.0))
    assert len(played.alarms_s) == 4
    assert len(played.starts_s) == 4 * FAILURES
    assert played.in_a_row == [1, 2, 3, 4, 5] * 4


@pytest.mark.parametrize("seed", range(5))
def test_p4_one_that_dies_slowly_is_never_out_and_waits_ever_longer(seed: int) -> None:
    played = play(Schedule(), 16.0, seed)
    assert not played.alarms_s
    assert max(played.in_a_row) > 10
    waits_keep_to_the_plan(played)


def test_a_minute_of_running_ends_the_episode() -> None:
    schedule = Schedule()
    schedule.started(0.0)
    assert schedule.to_tell("stall", 1.0)
    schedule.failed(1.0, 0.0)
    schedule.started(1.1)
    assert not schedule.to_tell("stall", 50.0)
    assert schedule.to_tell("stall", 1.1 + WINDOW_S + 1.0)
    schedule.failed(1.1 + WINDOW_S + 1.0, 0.0)
    assert schedule.in_a_row == 1


def test_one_that_is_out_is_due_again_when_its_table_says_so() -> None:
    schedule = Schedule(release_after_s=300.0)
    for n in range(FAILURES):
        schedule.failed(float(n), 0.0)
    assert schedule.out
    assert not schedule.due(303.9)
    assert schedule.due(304.0)
    schedule.started(304.0)
    assert not schedule.out
    assert not schedule.failed(304.1, 0.0)
