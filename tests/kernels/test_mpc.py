"""Predictive control: its solver against recorded optima of two other solvers, and its promises in
closed loop as a Python user meets them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import linewright as lw
import numpy as np
import pytest
from random_programs import COUNT, Program, program

HERE = Path(__file__).parent
OPTIMA = json.loads((HERE / "quadratic_programs.json").read_text())
SHARED = Path(os.environ.get("LINEWRIGHT_DATA", str(HERE.parents[1].parent / "shared" / "data")))


def check(given: Program, best: float) -> None:
    p, q, a, lo, hi = given
    s = lw.solve_qp(p.tolist(), q.tolist(), a.tolist(), lo.tolist(), hi.tolist())
    assert s.solved
    assert not s.infeasible
    assert s.cost == pytest.approx(best, rel=1e-7, abs=1e-7)
    x, z, pull = np.array(s.x), a @ np.array(s.x), np.array(s.multipliers)
    size = 1.0 + np.abs(z)
    assert np.all(z <= hi + 1e-7 * size)
    assert np.all(z >= lo - 1e-7 * size)
    assert np.all(pull[z < hi - 1e-6 * size] <= 0.0)
    assert np.all(pull[z > lo + 1e-6 * size] >= 0.0)
    force = p @ x + q + a.T @ pull
    assert np.abs(force).max() <= 1e-7 * (1.0 + np.abs(q).max() + np.abs(p @ x).max())


@pytest.mark.parametrize("first", range(0, COUNT, 250))
def test_random_programs_reach_the_recorded_optimum(first: int) -> None:
    for seed in range(first, first + 250):
        check(program(seed), OPTIMA["random"][seed])


@pytest.mark.parametrize("name", OPTIMA["robot"])
def test_the_programs_of_a_balancing_robot_reach_the_recorded_optimum(name: str) -> None:
    path = SHARED / "mpc_qp" / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"needs the shared recordings; {path} is not there")
    found = np.load(path)
    none = np.full(len(found["h"]), -np.inf)
    check(Program(found["P"], found["q"], found["G"], none, found["h"]), OPTIMA["robot"][name])


def test_a_program_without_solution_and_one_cut_short_are_told_apart() -> None:
    p, q = [[1.0, 0.0], [0.0, 1.0]], [-5.0, -5.0]
    rows = [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, -2.0]]
    nowhere = lw.solve_qp(p, q, [[1.0, 0.0], [2.0, 0.0]], [1.0, -9.0], [9.0, 1.0])
    assert (nowhere.solved, nowhere.infeasible) == (False, True)
    short = lw.solve_qp(p, q, rows, [-1.0] * 4, [1.0] * 4, max_iterations=0)
    assert (short.solved, short.infeasible) == (False, False)
    assert short.primal_residual > 1.0
    with pytest.raises(lw.DesignError, match="positive definite"):
        lw.solve_qp([[0.0]], [0.0], [[1.0]], [0.0], [1.0])


A = np.array([[1.0, 0.1, 0.0], [-0.1, 0.97, 0.1], [0.0, 0.0, 0.9]])
B = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
C = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def controller(**changes: object) -> Any:
    config: dict[str, Any] = {
        "a": A.tolist(),
        "b": B.tolist(),
        "c": C.tolist(),
        "horizon": 15,
        "output_weight": [4.0, 1.0],
        "move_weight": [0.1, 0.1],
        "input_lo": [-1.0, -0.8],
        "input_hi": [1.2, 0.8],
        "period_s": 0.1,
    }
    return lw.Mpc(**{**config, **changes})


def close(mpc: Any, samples: int, **plant: Any) -> dict[str, np.ndarray]:
    """The loop, with an actuator that may cut (`cut`), an unknown load and a wrong gain."""
    load = np.array(plant.get("load", np.zeros(3)))
    rng = np.random.default_rng(plant.get("seed", 1))
    x, u = np.zeros(3), np.array(plant.get("start", np.zeros(2)))
    log: dict[str, list[Any]] = {"mv": [], "u": [], "y": [], "status": [], "cost": []}
    for t in range(samples):
        reference = plant.get("reference", lambda _: [0.5, 0.2])(t)
        mv, cost, _, status = mpc.update(x, reference, u)
        u = np.clip(mv, *plant.get("cut", (-9.0, 9.0)))
        for key, value in zip(log, (mv, u, C @ x, status, cost), strict=True):
            log[key].append(value)
        noise = plant.get("noise", 0.0) * rng.normal(size=3)
        x = A @ x + plant.get("gain", 1.0) * B @ u + load + noise
    return {key: np.array(value) for key, value in log.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_limits_of_input_and_move_are_never_exceeded(seed: int) -> None:
    steps = np.random.default_rng(seed).uniform(-2.0, 2.0, size=(10, 2))
    limits = [0.3, 0.2]
    mpc = controller(move_limit=limits)
    log = close(mpc, 400, reference=lambda t: steps[t // 40], noise=0.05, seed=seed)
    assert np.all(log["status"] == 1.0)
    assert np.all(log["mv"] >= [-1.0, -0.8])
    assert np.all(log["mv"] <= [1.2, 0.8])
    moves = np.abs(np.diff(log["mv"], axis=0, prepend=np.zeros((1, 2))))
    assert np.all(moves <= np.array(limits) * (1 + 1e-12))
    assert np.mean(np.any(moves > 0.99 * np.array(limits), axis=1)) > 0.1


def test_soft_limits_of_the_output_hold_where_they_can() -> None:
    reach = {"reference": lambda _: [1.5, 0.0]}
    free = close(controller(), 200, **reach)["y"][:, 0]
    held = close(controller(output_lo=[-9.0, -9.0], output_hi=[1.0, 9.0]), 200, **reach)["y"][:, 0]
    assert free.max() > 1.2
    assert held.max() < 1.001


def test_a_load_and_a_wrong_gain_leave_no_offset_when_they_are_estimated() -> None:
    fault = {"load": [0.0, -0.02, 0.01], "gain": 0.8}
    plain = close(controller(), 600, **fault)
    estimated = close(controller(disturbance_gain=0.2), 600, **fault)
    assert np.abs(plain["y"][-1] - [0.5, 0.2]).max() > 0.01
    assert np.abs(estimated["y"][-1] - [0.5, 0.2]).max() < 1e-6


def test_what_a_gate_cuts_off_is_known_and_winds_nothing_up() -> None:
    step = {"reference": lambda t: [0.9, 0.4] if t < 300 else [0.0, 0.0], "cut": (-0.3, 0.3)}
    log = close(controller(disturbance_gain=0.2), 420, **step)
    assert np.all(np.abs(log["u"]) <= 0.3)
    # It lets go at the first sample after the change: nothing has wound up behind the gate.
    assert log["mv"][300, 0] < log["mv"][299, 0]
    assert log["u"][302, 0] < 0.3


def test_the_first_sample_starts_from_what_the_plant_has() -> None:
    mpc = controller(move_weight=[50.0, 50.0])
    mv, *_ = mpc.update([0.0, 0.0, 0.0], [0.0, 0.0], [0.7, -0.5])
    assert np.abs(np.array(mv) - [0.7, -0.5]).max() < 0.2


def test_an_input_outside_its_limits_is_back_at_once() -> None:
    mpc = controller(move_limit=[0.1, 0.1])
    mv, _, _, status = mpc.update([0.0, 0.0, 0.0], [9.0, -9.0], [40.0, -40.0])
    assert status == 1.0
    assert mv[0] == 1.2
    assert -0.8 <= mv[1] <= -0.7 + 1e-12


def test_from_warm_or_cold_it_is_the_same_optimum() -> None:
    warm = controller(move_limit=[0.3, 0.2])
    rng = np.random.default_rng(4)
    x, u = np.zeros(3), np.zeros(2)
    for _ in range(200):
        given = (x, rng.uniform(-1.5, 1.5, size=2), u)
        mv, cost, _, status = warm.update(*given)
        cold_mv, cold_cost, *_ = controller(move_limit=[0.3, 0.2]).update(*given)
        assert status == 1.0
        assert mv == pytest.approx(cold_mv, abs=1e-9)
        assert cost == pytest.approx(cold_cost, rel=1e-9)
        u = np.array(mv)
        x = A @ x + B @ u


def test_stopped_early_claims_nothing_and_stays_within_the_limits() -> None:
    tight = {"move_limit": [0.05, 0.05], "horizon": 40}
    early, whole = controller(max_iterations=1, **tight), controller(**tight)
    rng = np.random.default_rng(6)
    stopped = 0
    for _ in range(100):
        given = (rng.normal(size=3), rng.normal(size=2), rng.uniform(-0.8, 0.8, size=2))
        early.reset()
        mv, cost, _, status = early.update(*given)
        _, best, _, optimal = whole.update(*given)
        assert optimal == 1.0
        assert status == 1.0 or cost <= best * (1 + 1e-9)
        assert np.all(np.abs(np.array(mv) - given[2]) <= 0.05 * (1 + 1e-12))
        stopped += status == 0.0
    assert stopped > 30


def test_preview_acts_before_the_step() -> None:
    horizon = 15

    def ahead(t: int) -> list[float]:
        return [
            v for k in range(1, horizon + 1) for v in ([0.5, 0.0] if t + k >= 60 else [0.0, 0.0])
        ]

    def now(t: int) -> list[float]:
        return [0.5, 0.0] if t >= 60 else [0.0, 0.0]

    wanted = np.array([now(t) for t in range(120)])
    seen = close(controller(preview=True), 120, reference=ahead)
    blind = close(controller(), 120, reference=now)
    error = [np.sum((log["y"] - wanted) ** 2) for log in (seen, blind)]
    assert error[0] < 0.6 * error[1]
    assert np.abs(seen["mv"][:60]).max() > 0.1
    assert np.abs(blind["mv"][:60]).max() == 0.0


def test_the_bolts_take_out_a_tilt_and_leave_noise_alone() -> None:
    die = lw.CdProfile(
        lanes=66,
        bolts=24,
        response_gain=2.5,
        response_width=2.0,
        move_weight=0.5,
        travel_lo=-50.0,
        travel_hi=50.0,
        bend_limit=4.0,
        move_limit=2.0,
        period_s=80.0,
    )
    rng = np.random.default_rng(2)
    lanes = np.linspace(-1.0, 1.0, 66)
    fault = 2.0 * lanes + 1.5 * np.cos(4.0 * lanes)
    profile, target, bolts = 200.0 + fault, np.full(66, 200.0), np.zeros(24)
    for _ in range(25):
        seen = profile + 0.1 * rng.normal(size=66)
        position, forecast, _, status = die.update(seen, target, bolts)
        assert status == 1.0
        moved = np.array(position) - bolts
        assert np.abs(moved).max() <= 2.0 + 1e-9
        assert np.abs(np.diff(position, 2)).max() <= 4.0 + 1e-8
        bolts = np.array(position)
        profile = profile + (np.array(forecast) - seen)
    assert np.std(profile) < 0.2 * np.std(fault)
    # The mean is the pump's.
    assert np.mean(profile) == pytest.approx(np.mean(200.0 + fault), abs=1e-9)
