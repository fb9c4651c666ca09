"""The welder's decisions: act within the envelope, verify, hold; learn from tested welds alone."""

from __future__ import annotations

import math
import random

import pytest
from linewright.stations.welder.logic import (
    Decision,
    Hold,
    LabResult,
    Looked,
    Move,
    Reject,
    Relearn,
    Released,
    State,
    Welded,
    start,
    step,
)
from linewright.stations.welder.settings import Limits, Settings

LIMITS = {
    "step_up": Limits(mean=0.02, sigma=0.01),
    "plasma_mean": Limits(mean=2.0, sigma=0.1),
}
SETTINGS = Settings()


def weld(
    state: State, numbers: range, fixture: int, *, step_up: float = 0.0, plasma: float = 0.0
) -> tuple[State, list[Decision]]:
    """Welds whose features stand so many sigmas off."""
    told: list[Decision] = []
    for number in numbers:
        features = {"step_up": 0.02 + 0.01 * step_up, "plasma_mean": 2.0 + 0.1 * plasma}
        event = Welded(number=number, fixture=fixture, features=features)
        state, decisions = step(state, event, SETTINGS)
        told += decisions
    return state, told


def test_a_shift_of_one_fixture_moves_its_clamp_and_no_other() -> None:
    state, told = weld(start(LIMITS, SETTINGS), range(4), 1, step_up=2.5)
    assert [type(d) for d in told] == [Move]
    assert (state[1].clamp, state[1].power, state[1].defocus_mm) == (0.05, 0.0, 0.0)
    assert all(state[i].clamp == 0.0 for i in (0, 2, 3))


def test_five_good_welds_verify_and_five_bad_ones_hold() -> None:
    state, _ = weld(start(LIMITS, SETTINGS), range(3), 0, step_up=3.0)
    healed, told = weld(state, range(3, 8), 0)
    assert told == []
    assert healed[0].verifying is None
    assert not healed[0].held
    still, told = weld(state, range(3, 8), 0, step_up=3.0)
    assert [type(d) for d in told] == [Hold]
    assert still[0].held
    _, told = weld(still, range(8, 30), 0, step_up=9.0)
    assert told == []
    released, _ = step(still, Released(fixture=0), SETTINGS)
    assert not released[0].held
    assert released[0].clamp == 0.0


@pytest.mark.parametrize("seed", range(10))
def test_no_correction_ever_leaves_its_envelope(seed: int) -> None:
    draw = random.Random(seed)
    state = start(LIMITS, SETTINGS)
    for number in range(400):
        one = range(number, number + 1)
        shift = {"step_up": draw.gauss(0.0, 3.0), "plasma": draw.gauss(0.0, 3.0)}
        state, _ = weld(state, one, number % 4, **shift)
        for fixture in state:
            assert abs(fixture.clamp) <= SETTINGS.clamp_most
            assert abs(fixture.power) <= SETTINGS.power_most
            assert abs(fixture.defocus_mm) <= SETTINGS.defocus_most_mm


def test_welds_nobody_tested_never_move_the_limits() -> None:
    state, _ = weld(start(LIMITS, SETTINGS), range(500), 0, step_up=0.4, plasma=0.4)
    assert state[0].limits == LIMITS


def test_limits_are_learnt_from_thirty_tested_good_welds_and_not_from_bad_ones() -> None:
    draw = random.Random(3)
    state = start(LIMITS, SETTINGS)
    told: list[Decision] = []
    for number in range(40):
        one = range(number, number + 1)
        state, _ = weld(state, one, 0, step_up=draw.gauss(0.3, 0.5), plasma=0.1)
        bad = number % 4 == 3
        resistance = 90.0 if bad else 50.0
        test = LabResult(number=number, fixture=0, resistance_uohm=resistance, pull_n=400.0)
        state, decisions = step(state, test, SETTINGS)
        told += decisions
    assert sum(isinstance(d, Reject) for d in told) == 10
    assert [d.feature for d in told if isinstance(d, Relearn)] == ["step_up"]
    assert math.isclose(state[0].limits["step_up"].mean, 0.023, abs_tol=0.003)
    assert state[0].limits["plasma_mean"] == LIMITS["plasma_mean"]


def test_the_camera_rejects_and_a_bad_feature_is_no_evidence() -> None:
    state = start(LIMITS, SETTINGS)
    look = Looked(number=7, fixture=2, good=False, because="hole")
    assert step(state, look, SETTINGS)[1] == [Reject(number=7, because="hole")]
    nothing = Welded(number=8, fixture=2, features={"step_up": math.nan})
    after, told = step(state, nothing, SETTINGS)
    assert told == []
    assert after[2].high == {}


def test_nonsense_settings_are_refused_with_their_name() -> None:
    with pytest.raises(ValueError, match="h must be positive, was -1"):
        Settings(h=-1.0)
    with pytest.raises(ValueError, match="sigma must be positive, was 0"):
        Limits(mean=1.0, sigma=0.0)
