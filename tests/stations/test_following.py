"""What the coater's soft side decides about a change: metres, holds, resumes, refusals."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from linewright.recipes import certify, judge, order_of, plan_change, read_recipe
from linewright.stations.coater import Settings, following
from linewright.stations.coater.drying import Dryer
from linewright.stations.coater.settings import ChangeLimits

RECIPES = Path(__file__).resolve().parents[2] / "examples" / "recipes"


@cache
def body(names: str = "AC") -> dict[str, Any]:
    a, b = (read_recipe(RECIPES / f"{name}.toml") for name in names)
    certificate = certify(judge(b, draws=1000, seed=1), now_unix_s=0, valid_s=86_400)
    texts = [(RECIPES / f"{name}.toml").read_text() for name in names]
    return order_of(texts[0], texts[1], plan_change(a, b), certificate)


def settings(**limits: Any) -> Settings:
    a = read_recipe(RECIPES / "A.toml")
    return Settings(
        recipe=a.recipe,
        dryer=Dryer(zone_c=a.dryer["zone_c"]),
        change=ChangeLimits(on=True, **limits),
    )


READY = following.Seen(at_m=500.0, place_m=500.0, ready=True)


def order(state: following.State, *, resume: bool = False, of: str = "AC", **limits: Any) -> Any:
    return following.ordered(
        state, {**body(of), "resume": resume}, settings(**limits), now_unix_s=1
    )


def begun() -> following.State:
    state, _ = order(following.State(seen=READY))
    return state


def at(state: following.State, plan_m: float, **seen: Any) -> following.State:
    assert state.following is not None
    place_m = state.following.origin_m + plan_m
    there = replace(state.seen, at_m=place_m, place_m=place_m, moves=True, made=True)
    return replace(state, seen=replace(there, **seen))


def words(decisions: list[Any]) -> list[str]:
    return [d.decision for d in decisions if isinstance(d, following.Say)]


def test_an_order_begins_ahead_of_the_die_and_is_confirmed() -> None:
    state, decisions = order(following.State(seen=READY))
    assert state.following is not None
    assert state.following.origin_m >= READY.at_m + following.LEAD_M
    kinds = [type(d).__name__ for d in decisions]
    assert kinds == ["Begin", "Confirm", "Weighed", "Say"]
    assert words(decisions) == ["change A to C begun"]


@pytest.mark.parametrize(
    ("state", "limits", "because"),
    [
        (following.State(), {}, "not in closed mode"),
        (following.State(seen=replace(READY, ready=False)), {}, "not in closed mode"),
        (following.State(seen=replace(READY, made=True)), {}, "not the recipe that runs"),
        (following.State(seen=READY), {"least": 0.95}, "bounds of this coater"),
    ],
)
def test_an_order_that_cannot_begin_is_refused(
    state: following.State, limits: dict[str, Any], because: str
) -> None:
    after, decisions = order(state, **limits)
    assert after.following is None
    assert words(decisions) == ["change refused"]
    assert because in decisions[0].detail["because"]


def test_a_second_change_waits_for_the_first_and_must_start_where_it_ended() -> None:
    state, decisions = order(begun(), of="CA")
    assert "not finished" in decisions[0].detail["because"]
    plan = state.following
    assert plan is not None
    state, decisions = following.stepped(at(state, plan.order.last_m + following.AFTER_M))
    assert words(decisions)[-1] == "change A to C made"
    assert state.following is None
    _, decisions = order(state)
    assert "not the recipe that runs" in decisions[0].detail["because"]
    _, decisions = order(state, of="CA")
    assert words(decisions) == ["change C to A begun"]


def test_the_speed_is_left_alone_without_a_drive() -> None:
    _, decisions = order(following.State(seen=READY), of="AB", drive=False)
    assert "drive" in decisions[0].detail["because"]
    _, decisions = order(following.State(seen=READY), of="AB")
    assert words(decisions) == ["change A to B begun"]


@pytest.mark.parametrize("lost", [{"ready": False}, {"moves": False}])
def test_a_hard_lane_that_stands_holds_the_change_until_it_is_ordered_again(
    lost: dict[str, Any],
) -> None:
    state, _ = following.stepped(at(begun(), 200.0))
    state, decisions = following.stepped(at(state, 200.0, **lost))
    assert words(decisions) == ["change held"]
    assert following.Confirm(False) in decisions
    held_at_m = state.seen.at_m
    state = replace(state, seen=replace(state.seen, at_m=held_at_m + 300.0, ready=True))
    assert following.stepped(state)[1] == []
    assert order(state)[1] == []
    state, decisions = order(state, resume=True)
    assert words(decisions) == ["change resumed"]
    assert state.following is not None
    assert state.seen.at_m - state.following.origin_m == pytest.approx(200.0)
    assert not [d for d in decisions if isinstance(d, following.Weighed)], "it was laid before"


@pytest.mark.parametrize(("held_m", "from_moves"), [(-10.0, True), (10.0, False)])
def test_the_nip_is_told_where_the_weight_really_went_over(held_m: float, from_moves: bool) -> None:
    first = begun()
    assert first.following is not None
    laid = first.following.laid_m
    state, _ = following.stepped(at(first, held_m))
    state, _ = following.stepped(at(state, held_m, moves=False))
    state = replace(state, seen=replace(state.seen, at_m=state.seen.at_m + 100.0))
    state, decisions = order(state, resume=True)
    told = next(d for d in decisions if isinstance(d, following.Weighed))
    assert (told.from_m > laid[0] + 1.0) is from_moves
    assert told.to_m > laid[1] + 80.0


def test_a_station_started_anew_finds_its_change_and_holds_it() -> None:
    number = begun().following.order.number  # type: ignore[union-attr]
    seen = replace(
        READY, at_m=900.0, place_m=730.0, origin_m=530.0, number=number, made=True, moves=False
    )
    state, decisions = order(following.State(seen=seen))
    assert words(decisions) == ["change held"]
    state, decisions = order(state, resume=True)
    assert state.following is not None
    assert state.following.origin_m == pytest.approx(700.0)
    finished = replace(seen, place_m=530.0 + 400.0)
    state, decisions = order(following.State(seen=finished))
    assert decisions == []
    assert state.running is not None
    assert state.running.name == "C"


def test_metres_of_neither_recipe_are_counted() -> None:
    state = begun()
    assert state.following is not None
    origin_m = state.following.origin_m
    for metre in range(0, 20):
        state = following.weighed_metre(state, origin_m + metre, 0.0)
    scrap_m = state.following.scrap_m  # type: ignore[union-attr]
    assert 10.0 <= scrap_m <= 16.0
    state = following.weighed_metre(state, origin_m + 100.0, 0.001)
    state = following.weighed_metre(state, origin_m + 101.0, 0.05)
    assert state.following.scrap_m == scrap_m + 1.0  # type: ignore[union-attr]
