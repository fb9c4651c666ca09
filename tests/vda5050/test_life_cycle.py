"""The life of an order: given, accepted, extended, redirected, cancelled, refused, lost, found."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linewright.vda5050 import InstantActions, Order
from linewright.vda5050.events import (
    Accepted,
    Cancelled,
    Failed,
    Finished,
    Found,
    LinkChanged,
    Loaded,
    Lost,
    NotRedirected,
    Redirected,
    Refused,
    Stray,
)
from linewright.vda5050.messages import Connection
from linewright.vda5050.plan import Errand, Job
from linewright.vda5050.rules import Rules
from linewright.vda5050.vehicle import Build
from talk import STATIONS, Network, Talk

ENDINGS = (Finished, Cancelled, Failed, Refused)
QUICK = Build(speed_m_per_s=2.0, action_s=2.0, interval_s=5.0)


def talk(*, ahead: int | None = None, build: Build = QUICK, **rules: float) -> Talk:
    made = Talk(Rules(ahead=ahead, **rules), build)
    made.run(1.0)
    return made


def job(number: int, source: str = "wetting", target: str = "slot 1", priority: float = 0.0) -> Job:
    return Job(number, "v", source, target, priority)


def give(made: Talk, *jobs: Job) -> None:
    for one in jobs:
        made.do(made.dialogue.give(one, made.now_s, {}))


def orders(made: Talk) -> list[Order]:
    return [message for message in made.sent if isinstance(message, Order)]


def released(order: Order) -> list[bool]:
    return [node.released for node in order.nodes]


@pytest.mark.parametrize("ahead", [None, 1, 2, 5])
def test_an_order_is_driven_to_its_end(ahead: int | None) -> None:
    made = talk(ahead=ahead)
    give(made, job(1))
    made.run(120.0)
    assert [type(event) for event in made.events if not hasattr(event, "mode")] == [
        Found,
        Accepted,
        Loaded,
        Finished,
    ]
    assert made.vehicle.done == [("s-1", "pick"), ("s-1", "drop")]
    assert made.vehicle.state.last_node_id == "E"
    assert not made.vehicle.errors


def test_the_base_grows_by_updates_that_begin_at_the_decision_point() -> None:
    made = talk(ahead=1)
    give(made, job(1))
    made.run(120.0)
    first, *updates = orders(made)
    assert released(first) == [True, True] + [False] * 5
    assert [order.order_update_id for order in orders(made)] == list(range(len(updates) + 1))
    held = [node for node in first.nodes if node.released]
    for update in updates:
        begin = update.nodes[0]
        assert (begin.node_id, begin.sequence_id) == (held[-1].node_id, held[-1].sequence_id)
        assert not begin.actions
        held += [node for node in update.nodes[1:] if node.released]
    assert [node.node_id for node in held] == ["A", "B", "C", "D", "C", "B", "E"]
    assert [node.sequence_id for node in held] == [0, 2, 4, 6, 8, 10, 12]
    assert [len(node.actions) for node in held] == [0, 0, 0, 1, 0, 0, 1]


def test_what_waits_goes_by_priority() -> None:
    made = talk()
    give(made, job(1), job(2, priority=5.0), job(3, priority=1.0), job(4, priority=1.0))
    made.run(400.0)
    assert [event.job for event in made.told(Finished)] == [1, 3, 4, 2]


def test_more_than_may_wait_is_refused() -> None:
    made = talk(waiting=1)
    give(made, job(1), job(2), job(3))
    assert made.told(Refused) == [Refused("v", 3, "1 transports wait for it already")]


def test_given_twice_it_is_done_once() -> None:
    made = talk()
    give(made, job(1), job(1))
    made.run(120.0)
    give(made, job(1))
    made.run(120.0)
    assert len(made.told(Finished)) == 1
    assert len(made.vehicle.done) == 2


@pytest.mark.parametrize(
    ("source", "target", "because"),
    [
        ("nowhere", "slot 1", "no station 'nowhere' in the layout"),
        ("slot 1", "nowhere", "no station 'nowhere' in the layout"),
    ],
)
def test_an_unknown_station_is_refused(source: str, target: str, because: str) -> None:
    made = talk()
    give(made, job(1, source, target))
    assert made.told(Refused) == [Refused("v", 1, because)]
    assert not made.sent


def test_nothing_is_given_to_a_vehicle_that_was_never_heard() -> None:
    made = Talk(Rules(), QUICK)
    give(made, job(1))
    assert made.told(Refused)[0].because == "nothing was heard of the vehicle yet"


def test_nothing_is_given_to_a_vehicle_in_manual() -> None:
    made = talk()
    made.vehicle.mode = "MANUAL"
    made.run(1.0)
    give(made, job(1))
    assert made.told(Refused)[0].because == "vehicle is in mode MANUAL"


def test_a_refused_order_says_why_and_may_be_given_again() -> None:
    made = talk(build=Build(actions=("pick",), speed_m_per_s=2.0, action_s=2.0))
    give(made, job(1))
    made.run(5.0)
    assert made.told(Refused) == [Refused("v", 1, "orderError: unknown action 'drop'")]
    assert made.dialogue.job is None
    give(made, job(1))
    made.run(5.0)
    assert len(made.told(Refused)) == 2


def test_an_order_that_is_lost_is_sent_again_under_its_numbers() -> None:
    made = talk(resend_s=3.0)
    made.down.loss = 1.0
    give(made, job(1))
    made.run(7.0)
    assert [(o.order_id, o.order_update_id) for o in orders(made)] == [("s-1", 0)] * 3
    made.calm()
    made.run(120.0)
    assert len(orders(made)) == 4
    assert len(made.told(Finished)) == 1


def test_an_order_that_never_arrives_is_refused_after_its_tries() -> None:
    made = talk(resend_s=2.0, tries=3)
    made.down.loss = 1.0
    give(made, job(1))
    made.run(30.0)
    assert len(orders(made)) == 3
    assert made.told(Refused)[0].because == (
        "not acknowledged, sent 3 times; cancelOrder not acknowledged either"
    )


@pytest.mark.parametrize("after_s", [2.0, 6.0, 11.0, 16.0])
@pytest.mark.parametrize("ahead", [None, 1])
def test_a_cancelled_order_ends_and_the_next_begins_where_the_vehicle_stands(
    ahead: int | None, after_s: float
) -> None:
    made = talk(ahead=ahead)
    give(made, job(1))
    made.run(after_s)
    made.do(made.dialogue.cancel(1, made.now_s))
    made.run(10.0)
    loaded = ("s-1", "pick") in made.vehicle.done
    assert made.told(Cancelled) == [Cancelled("v", 1, loaded=loaded)]
    assert made.dialogue.job is None
    give(made, job(2, "slot 2", "filling"))
    made.run(120.0)
    assert [event.job for event in made.told(Finished)] == [2]
    assert made.vehicle.state.last_node_id == "A"
    assert not made.told(Refused)


def test_a_vehicle_between_nodes_drives_its_edge_to_the_end() -> None:
    made = talk()
    give(made, job(1))
    made.run(4.0)
    made.do(made.dialogue.cancel(1, made.now_s))
    made.run(5.0)
    at = made.vehicle.state.agv_position
    assert at is not None
    assert 5.5 < at.x_m < 9.5
    give(made, job(2, "slot 1", "filling"))
    order = orders(made)[-1]
    assert [node.node_id for node in order.nodes] == ["B", "C", "B", "E", "B", "A"]
    position = order.nodes[0].node_position
    assert position is not None
    assert position.allowed_deviation_m is not None
    assert position.allowed_deviation_m > at.x_m - 5.0


def test_a_waiting_transport_is_cancelled_at_once() -> None:
    made = talk()
    give(made, job(1), job(2))
    made.do(made.dialogue.cancel(2, made.now_s))
    assert made.told(Cancelled) == [Cancelled("v", 2, loaded=False)]
    made.run(120.0)
    assert [event.job for event in made.told(Finished)] == [1]


def test_cancelling_what_is_done_does_nothing() -> None:
    made = talk()
    give(made, job(1))
    made.run(120.0)
    assert made.dialogue.cancel(1, made.now_s) == []


def test_a_new_target_is_driven_to_as_long_as_the_old_one_is_not_released() -> None:
    made = talk(ahead=1)
    give(made, job(1, "filling", "slot 1"))
    made.run(3.0)
    made.do(made.dialogue.redirect(1, "wetting", made.now_s))
    made.run(120.0)
    assert made.told(Redirected) == [Redirected("v", 1, "wetting")]
    assert made.told(Finished) == [Finished("v", 1)]
    assert made.vehicle.state.last_node_id == "D"
    assert [kind for _, kind in made.vehicle.done] == ["pick", "drop"]


@pytest.mark.parametrize(
    ("ahead", "target", "because"),
    [
        (None, "wetting", "its way is released to the end"),
        (1, "nowhere", "no station 'nowhere' in the layout"),
    ],
)
def test_a_target_that_cannot_be_is_told_and_the_old_one_stays(
    ahead: int | None, target: str, because: str
) -> None:
    made = talk(ahead=ahead)
    give(made, job(1, "filling", "slot 1"))
    made.run(2.0)
    made.do(made.dialogue.redirect(1, target, made.now_s))
    made.run(120.0)
    assert made.told(NotRedirected) == [NotRedirected("v", 1, target, because)]
    assert made.vehicle.state.last_node_id == "E"
    assert made.told(Finished) == [Finished("v", 1)]


def test_a_new_target_that_the_vehicle_refuses_leaves_the_old_one() -> None:
    """One whose drop it does not know."""
    made = talk(ahead=1)
    give(made, job(1, "filling", "slot 1"))
    made.run(2.0)
    stop = made.dialogue.layout.stations["wetting"]
    made.dialogue.layout.stations["odd"] = type(stop)(node="D", drop="tip")
    try:
        made.do(made.dialogue.redirect(1, "odd", made.now_s))
        made.run(120.0)
    finally:
        del made.dialogue.layout.stations["odd"]
    assert [event.because for event in made.told(NotRedirected)] == [
        "orderError: unknown action 'tip'"
    ]
    assert made.vehicle.state.last_node_id == "E"
    assert made.told(Finished) == [Finished("v", 1)]


def test_a_pick_that_fails_ends_the_order_and_says_so() -> None:
    made = talk(build=Build(speed_m_per_s=2.0, action_s=2.0, failing=("pick",)))
    give(made, job(1))
    made.run(120.0)
    (failed,) = made.told(Failed)
    assert failed.because.startswith("pick failed")
    assert not failed.loaded
    assert made.vehicle.done == []


def test_an_order_that_ends_at_the_vehicle_is_told() -> None:
    made = talk()
    give(made, job(1))
    made.run(4.0)
    made.vehicle._cancelled()
    made.run(2.0)
    (failed,) = made.told(Failed)
    assert failed.because.startswith("it ended at node 'B'")


def test_a_vehicle_that_holds_another_order_has_ours_no_more() -> None:
    made = talk()
    give(made, job(1))
    made.run(4.0)
    made.vehicle._cancelled()
    made.vehicle._order_id = "other"
    made.run(2.0)
    assert made.told(Failed)[0].because == "vehicle holds order 'other' instead"


@pytest.mark.parametrize("ahead", [None, 1])
def test_it_is_sent_to_charge_and_ends_the_charge_for_the_next_transport(ahead: int | None) -> None:
    made = talk(ahead=ahead)
    made.do(made.dialogue.give(Errand("charge", "v", "slot 1", "startCharging"), made.now_s, {}))
    made.run(60.0)
    assert made.told(Finished) == [Finished("v", "charge")]
    assert made.vehicle.state.battery_state.charging
    assert made.vehicle.state.last_node_id == "E"
    made.down.loss = 1.0
    give(made, job(1))
    made.run(5.0)
    made.calm()
    made.run(120.0)
    assert made.told(Finished)[1:] == [Finished("v", 1)]
    stops = [m.actions[0] for m in made.sent if isinstance(m, InstantActions)]
    assert {a.action_type for a in stops} == {"stopCharging"}
    assert len(stops) > 1
    assert len({a.action_id for a in stops}) == 1
    assert not made.told(Refused)


def test_one_that_cannot_end_its_charge_is_given_the_order_all_the_same() -> None:
    made = talk()
    made.vehicle._charging = True
    made.run(5.0)
    made.down.loss = 1.0
    give(made, job(1))
    made.run(30.0)
    assert orders(made)


def test_it_is_sent_to_park() -> None:
    made = talk(ahead=2)
    made.do(made.dialogue.give(Errand("park", "v", "slot 2"), made.now_s, {}))
    made.run(1.0)
    made.do(made.dialogue.redirect("park", "wetting", made.now_s))
    made.run(60.0)
    assert made.told(Finished) == [Finished("v", "park")]
    assert made.vehicle.state.last_node_id == "D"
    assert made.vehicle.done == []


def test_a_silent_vehicle_is_asked_then_lost_then_found() -> None:
    made = talk(build=Build(interval_s=1000.0), ask_s=30.0, lost_s=40.0)
    made.up.loss = 1.0
    give(made, job(1), job(2))
    made.run(29.0)
    asked = [m for m in made.sent if isinstance(m, InstantActions)]
    assert not [m for m in asked if m.actions[0].action_type == "stateRequest"]
    made.run(7.0)
    asked = [m for m in made.sent if isinstance(m, InstantActions)]
    assert {m.actions[0].action_type for m in asked} == {"stateRequest"}
    made.run(10.0)
    (lost,) = made.told(Lost)
    assert (lost.job, lost.because) == (1, "silent for 40 s")
    assert made.told(Refused) == [Refused("v", 2, "vehicle is lost: silent for 40 s")]
    count = len(made.sent)
    made.run(60.0)
    assert len(made.sent) == count
    made.calm()
    made.vehicle._ask = True
    made.run(400.0)
    assert len(made.told(Found)) == 2
    assert {type(e) for e in made.events if getattr(e, "job", None) == 1} & set(ENDINGS)


def test_one_that_reports_every_thirty_seconds_is_not_lost() -> None:
    made = talk(build=Build(interval_s=30.0))
    made.run(600.0)
    assert not made.told(Lost)


def connection(state: str) -> Connection:
    return Connection(connection_state=state)  # type: ignore[arg-type]


def test_offline_is_lost_at_once_and_a_broken_connection_is_not() -> None:
    made = talk()
    made.do(made.dialogue.hear_connection(connection("CONNECTIONBROKEN")))
    assert not made.told(Lost)
    made.do(made.dialogue.hear_connection(connection("OFFLINE")))
    assert made.told(Lost) == [Lost("v", "it went offline", None)]
    made.do(made.dialogue.hear_connection(connection("ONLINE")))
    assert made.sent[-1].actions[0].action_type == "stateRequest"


def test_nothing_is_sent_into_a_broken_connection() -> None:
    made = talk()
    made.do(made.dialogue.hear_connection(connection("CONNECTIONBROKEN")))
    made.up.loss = 1.0
    give(made, job(1))
    made.run(10.0)
    assert not made.sent
    made.calm()
    made.do(made.dialogue.hear_connection(connection("ONLINE")))
    made.run(120.0)
    assert len(made.told(Finished)) == 1


def test_a_state_shows_that_a_broken_connection_is_back() -> None:
    """The will of an old session came after the new one had begun."""
    made = talk()
    made.do(made.dialogue.hear_connection(connection("ONLINE")))
    made.do(made.dialogue.hear_connection(connection("CONNECTIONBROKEN")))
    made.run(10.0)
    assert [event.state for event in made.told(LinkChanged)][-1] == "ONLINE"
    give(made, job(1))
    made.run(120.0)
    assert len(made.told(Finished)) == 1


@pytest.mark.parametrize("after_s", [0.0, 3.0, 34.0, 45.0])
@pytest.mark.parametrize("ahead", [None, 1])
def test_every_new_target_is_answered(ahead: int | None, after_s: float) -> None:
    made = talk(ahead=ahead)
    give(made, job(1))
    made.run(after_s)
    made.do(made.dialogue.redirect(1, "slot 2", made.now_s))
    made.run(120.0)
    assert len(made.told(Redirected)) + len(made.told(NotRedirected)) == 1
    node = "F" if made.told(Redirected) else "E"
    assert made.vehicle.state.last_node_id == node
    assert made.told(Finished) == [Finished("v", 1)]


def test_the_target_it_has_is_no_new_one() -> None:
    made = talk()
    give(made, job(1))
    made.run(2.0)
    made.do(made.dialogue.redirect(1, "slot 1", made.now_s))
    assert made.told(Redirected) == [Redirected("v", 1, "slot 1")]
    assert len(orders(made)) == 1


def test_an_order_that_was_given_up_is_cancelled_when_it_turns_up() -> None:
    made = talk(resend_s=1.0, tries=2)
    made.down.delay_s = 0.0
    made.down.loss = 1.0
    give(made, job(1))
    made.run(10.0)
    assert made.told(Refused)
    made.calm()
    made._post(made.down, orders(made)[0])
    made.run(20.0)
    assert made.told(Stray) == [Stray("v", "s-1")]
    assert not made.vehicle._busy()
    assert made.vehicle.done == []
    give(made, job(2))
    made.run(150.0)
    assert [event.job for event in made.told(Finished)] == [2]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0.0, 0.7),
    double=st.floats(0.0, 0.5),
    delay_s=st.floats(0.0, 6.0),
    ordered=st.booleans(),
    ahead=st.sampled_from([None, 1, 2, 3]),
    count=st.integers(1, 4),
)
def test_over_any_network_every_transport_is_done_exactly_once(
    *,
    seed: int,
    loss: float,
    double: float,
    delay_s: float,
    ordered: bool,
    ahead: int | None,
    count: int,
) -> None:
    """Loss, doubling and delay both ways; out of order only towards a vehicle that is wary."""
    rng = Random(seed)
    made = Talk(
        Rules(ahead=ahead, tries=1000, lost_s=1e6),
        Build(speed_m_per_s=2.0, action_s=2.0, interval_s=4.0, wary=not ordered),
        down=Network(rng, loss, double, delay_s, ordered),
        up=Network(rng, loss, double, delay_s, ordered),
    )
    made.run(60.0)
    if made.dialogue.lost:
        made.calm()
        made.run(10.0)
    jobs = [job(n, *rng.sample(STATIONS, 2)) for n in range(count)]
    give(made, *jobs)
    made.run(300.0 * count)
    made.calm()
    made.run(100.0 * count)
    endings = [(type(e), e.job) for e in made.events if isinstance(e, ENDINGS)]
    assert endings == [(Finished, n) for n in range(count)]
    assert [kind for _, kind in made.vehicle.done] == ["pick", "drop"] * count
    assert len({order for order, _ in made.vehicle.done}) == count


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0.0, 0.9),
    double=st.floats(0.0, 0.5),
    delay_s=st.floats(0.0, 6.0),
    ahead=st.sampled_from([None, 1, 2]),
    tries=st.integers(1, 4),
)
def test_what_is_told_is_what_the_vehicle_did(
    *, seed: int, loss: float, double: float, delay_s: float, ahead: int | None, tries: int
) -> None:
    """With few tries, cancels and new targets at any moment: one ending for each, a true one."""
    rng = Random(seed)
    made = Talk(
        Rules(ahead=ahead, tries=tries, resend_s=1.0),
        Build(speed_m_per_s=2.0, action_s=2.0, interval_s=4.0, wary=True),
        down=Network(rng, loss, double, delay_s, ordered=False),
        up=Network(rng, loss, double, delay_s, ordered=False),
    )
    made.run(20.0)
    for number in range(6):
        give(made, job(number, *rng.sample(STATIONS, 2)))
        made.run(rng.uniform(0.0, 30.0))
        if rng.random() < 0.5:
            made.do(made.dialogue.redirect(number, rng.choice(STATIONS), made.now_s))
            made.run(rng.uniform(0.0, 10.0))
        if rng.random() < 0.5:
            made.do(made.dialogue.cancel(number, made.now_s))
    made.calm()
    made.run(800.0)
    assert not made.dialogue.busy
    assert not made.vehicle._busy()
    endings = [e for e in made.events if isinstance(e, ENDINGS)]
    assert sorted(e.job for e in endings) == list(range(6))
    dropped = [order for order, kind in made.vehicle.done if kind == "drop"]
    assert len(dropped) == len(set(dropped))
    assert len(made.told(Finished)) <= len(dropped)
