"""The dispatch on the flow twin: fewer vehicles, lost messages, lost vehicles."""

from __future__ import annotations

from typing import Any

import pytest
from linewright.stations.agv.sim import Loss, TwinPlant, dispatch
from linewright.twin import FlowTwin

Truth = dict[str, Any]


def upstream_stands_s(truth: Truth) -> float:
    """Time that filling heads stood for want of an empty tray or of a place for a full one."""
    return float(truth["fill_without_tray"]["total_s"] + truth["fill_blocked"]["total_s"])


def oldest(config: dict[str, Any], seed: int, hours: float, faults: Any = ()) -> Truth:
    flow = FlowTwin(config, faults=list(faults), seed=seed, rule="oldest")
    flow.advance(3600.0 * hours)
    return flow.truth()


@pytest.mark.parametrize("seed", [1, 2])
def test_fourteen_vehicles_feed_filling_where_the_plain_rule_starves_it(seed: int) -> None:
    config = {"fleet": {"vehicles": 14}}
    run = dispatch(TwinPlant(config, seed=seed), hours=2.5)
    ours, plain = run.plant.flow.truth(), oldest(config, seed, 2.5)
    assert run.refused == 0
    assert upstream_stands_s(plain) > 3600.0
    assert upstream_stands_s(ours) < 60.0
    assert ours["trays_filled"] > plain["trays_filled"] + 10
    assert ours["trays_tested"] >= plain["trays_tested"]


def test_slots_that_are_short_stand_empty_for_less_time() -> None:
    config = {"rack": {"slots": 360}}
    ours = dispatch(TwinPlant(config, seed=3), hours=2.5).plant.flow.truth()
    plain = oldest(config, 3, 2.5)
    assert ours["trays_started"] > plain["trays_started"]
    assert ours["slots_not_cleared"]["total_s"] < 0.5 * plain["slots_not_cleared"]["total_s"]


@pytest.mark.parametrize("seed", [4, 5])
def test_lost_messages_cost_time_and_no_tray(seed: int) -> None:
    loss = Loss(orders=0.2, reports=0.2)
    run = dispatch(TwinPlant(seed=seed, loss=loss), hours=2.0)
    ours, plain = run.plant.flow.truth(), oldest({}, seed, 2.0)
    assert upstream_stands_s(ours) < 60.0
    assert ours["trays_started"] >= plain["trays_started"] - 2
    assert ours["trays_tested"] >= plain["trays_tested"] - 2
    stuck = [entry for entry in run.book.orders.values() if 7200.0 - entry.sent_s > 1800.0]
    assert not stuck


@pytest.mark.parametrize("seed", [6, 7])
def test_lost_vehicles_leave_nothing_behind(seed: int) -> None:
    fault = {"kind": "vehicle_loss", "size": 6.0, "at_s": 1800.0, "duration_s": 1800.0}
    run = dispatch(TwinPlant(faults=[fault], seed=seed), hours=2.0)
    truth = run.plant.flow.truth()
    assert truth["vehicles_lost"]["longest_s"] > 1700.0
    assert upstream_stands_s(truth) < 60.0
    assert all(entry.lost_s is None for entry in run.book.orders.values())
    working = {row[1] for row in run.plant.flow.vehicles() if row is not None}
    assert {entry.order.id for entry in run.book.orders.values()} >= working - {None}


def test_the_same_seed_decides_the_same() -> None:
    def run() -> Any:
        loss = Loss(orders=0.1, reports=0.1)
        done = dispatch(TwinPlant(seed=9, loss=loss), hours=0.5)
        return done.decisions, done.book, done.plant.flow.truth()

    assert run() == run()
