"""The planner: its schedules are possible ones, and near to the proven optimum."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright.stations.agv.job_shop import SEARCH, legs, schedule, start
from linewright.stations.agv.lookahead import Leg, Objective, Plan, Ride, Search

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))
INSTANCES = DATA / "job_shop_agv" / "bilge_ulusoy.json"
BARE = Search(window=8, breadth=1, depth=1, urgencies=(0.2,))


def random_shop(seed: int) -> tuple[list[list[tuple[int, float]]], list[list[float]]]:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0.0, 10.0, (5, 2))
    way_s = [[float(np.abs(a - b).sum()) for b in at] for a in at]
    jobs = []
    for _ in range(int(rng.integers(4, 8))):
        machines = rng.permutation(4)[: int(rng.integers(2, 5))] + 1
        jobs.append([(int(m), float(rng.uniform(6.0, 20.0))) for m in machines])
    return jobs, way_s


def check_possible(jobs: Any, way_s: Any, steps: list[Any], *, vehicles: int) -> None:
    """No vehicle, machine or job is in two places: written from the problem, not the planner."""
    done = {step.leg: step for step in steps}
    wanted = legs(jobs, way_s)
    assert sorted(done) == list(range(len(wanted)))
    number = 0
    machines: dict[int, list[tuple[float, float]]] = {}
    for job in jobs:
        ready_s, place = 0.0, 0
        for machine, work_s in job:
            step = done[number]
            assert step.picked_s >= ready_s - 1e-9
            assert step.delivered_s >= step.picked_s + way_s[place][machine] - 1e-9
            assert step.end_s >= step.delivered_s + work_s - 1e-9
            machines.setdefault(machine, []).append((step.end_s - work_s, step.end_s))
            ready_s, place, number = step.end_s, machine, number + 1
    for busy in machines.values():
        busy.sort()
        assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(busy))
    for vehicle in range(vehicles):
        free_s, place = 0.0, 0
        for step in (s for s in steps if s.ride == vehicle):
            leg = wanted[step.leg]
            assert step.picked_s >= free_s + way_s[place][leg.source] - 1e-9
            free_s, place = step.delivered_s, leg.target


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("vehicles", [1, 2, 3])
def test_a_schedule_is_possible(seed: int, vehicles: int) -> None:
    jobs, way_s = random_shop(seed)
    check_possible(jobs, way_s, schedule(jobs, way_s, vehicles=vehicles), vehicles=vehicles)


@pytest.mark.parametrize("seed", range(20, 32))
def test_looking_ahead_never_ends_later_than_its_own_base_rule(seed: int) -> None:
    jobs, way_s = random_shop(seed)
    one = Search(window=8, breadth=8, depth=40, urgencies=(0.2,))

    def makespan(search: Search) -> float:
        return max(step.end_s for step in schedule(jobs, way_s, search=search))

    assert makespan(one) <= makespan(BARE) + 1e-9


def test_looking_ahead_pays_on_random_shops() -> None:
    gains = []
    for seed in range(40, 60):
        jobs, way_s = random_shop(seed)
        ends = [max(s.end_s for s in schedule(jobs, way_s, search=x)) for x in (SEARCH, BARE)]
        gains.append(ends[0] / ends[1])
    assert np.mean(gains) < 0.95


def test_the_proven_optima_are_near() -> None:
    if not INSTANCES.is_file():
        pytest.skip(f"no {INSTANCES}")
    problem = json.loads(INSTANCES.read_text())
    gaps = []
    for key, optimum in problem["optimum_two_vehicles"].items():
        jobs, way_s = problem["jobsets"][key[0]], problem["layouts"][key[1]]
        steps = schedule(jobs, way_s)
        check_possible(jobs, way_s, steps, vehicles=2)
        makespan = max(step.end_s for step in steps)
        assert makespan >= optimum, f"{key} beats what was proven"
        gaps.append(makespan / optimum - 1.0)
    assert len(gaps) == 10
    assert np.mean(gaps) <= 0.10


def test_a_vehicle_leaves_before_its_load_is_ready() -> None:
    way_s = [[0.0, 60.0], [60.0, 0.0]]
    leg = Leg(source=1, target=0, due_s=100.0, ready_s=50.0)
    ride = Ride(free_s=0.0, way_s=way_s[0])
    plan = Plan([leg], [ride], way_s, handling_s=10.0, objective=Objective.TOTAL)
    step = plan.extend(Search())
    assert step is not None
    assert (step.picked_s, step.delivered_s) == (70.0, 140.0)


def test_a_place_that_another_leg_clears_is_taken_once_it_is_clear() -> None:
    way_s = [[0.0, 60.0, 30.0], [60.0, 0.0, 30.0], [30.0, 30.0, 0.0]]
    clear = Leg(source=2, target=1, due_s=0.0, ready_s=300.0, clears=1)
    feed = Leg(source=0, target=2, due_s=0.0, ready_s=0.0, place_s=float("inf"))
    rides = [Ride(free_s=0.0, way_s=way_s[0])] * 2
    plan = Plan([clear, feed], rides, way_s, handling_s=10.0, objective=Objective.TOTAL)
    steps = [plan.extend(Search()) for _ in range(2)]
    assert [step and step.leg for step in steps] == [0, 1]
    assert steps[0] is not None
    assert steps[1] is not None
    assert steps[0].picked_s == 310.0
    assert steps[1].delivered_s == 320.0
    assert steps[1].ride != steps[0].ride


def test_a_search_that_looks_at_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="depth must be at least 1, was 0"):
        Search(depth=0)
    with pytest.raises(ValueError, match="urgencies"):
        Search(urgencies=())


def test_a_plan_without_open_legs_ends() -> None:
    jobs, way_s = random_shop(1)
    plan = start(jobs, way_s, vehicles=1)
    while plan.extend(BARE) is not None:
        pass
    assert plan.extend(BARE) is None
    assert plan.follow() is None
