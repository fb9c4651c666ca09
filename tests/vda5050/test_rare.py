"""What seldom happens: refused updates, cancels that cross other messages, errors of the past."""

from __future__ import annotations

from typing import Any

import pytest
import talk as rig
from linewright.vda5050 import Connection, InstantActions, Order
from linewright.vda5050.events import Cancelled, Event, Failed, Finished, Refused
from linewright.vda5050.messages import Error, ErrorReference, State
from linewright.vda5050.plan import Errand, Job
from linewright.vda5050.reading import refusal
from linewright.vda5050.rules import Rules
from linewright.vda5050.vehicle import Build
from talk import Talk

QUICK = Build(speed_m_per_s=2.0, action_s=2.0, interval_s=5.0)


def talk(*, ahead: int | None = None, **rules: float) -> Talk:
    made = Talk(Rules(ahead=ahead, **rules), QUICK)
    made.run(1.0)
    return made


def give(made: Talk, number: int, source: str = "wetting", target: str = "slot 1") -> None:
    made.do(made.dialogue.give(Job(number, "v", source, target), made.now_s, {}))


def orders(made: Talk) -> list[Order]:
    return [message for message in made.sent if isinstance(message, Order)]


def error(kind: str = "orderError", **references: str) -> Error:
    return Error(
        error_type=kind,
        error_level="WARNING",
        error_description="told",
        error_references=[
            ErrorReference(reference_key=k, reference_value=v) for k, v in references.items()
        ],
    )


def state(*errors: Error) -> State:
    made = Talk(Rules(), QUICK).vehicle
    made.errors = list(errors)
    return made.state


@pytest.mark.parametrize(
    ("told", "known", "ours"),
    [
        (error(orderId="o", orderUpdateId="2"), False, True),
        (error(orderId="o", orderUpdateId="2"), True, True),
        (error(orderId="o", orderUpdateId="1"), False, False),
        (error(orderId="other", orderUpdateId="2"), False, False),
        (error(orderId="other"), False, False),
        (error(orderId="o"), False, True),
        (error(orderId="o"), True, False),
        (error(), False, True),
        (error(), True, False),
        (error(topic="order"), False, True),
        (error(topic="instantActions"), False, False),
        (error("noRouteError", orderId="o"), False, True),
        (error("validationError"), False, True),
        (error("orderUpdateError", orderId="o", orderUpdateId="2"), False, True),
        (error("batteryLowError", orderId="o", orderUpdateId="2"), False, False),
    ],
)
def test_which_error_refuses_an_order(told: Error, known: bool, ours: bool) -> None:
    because = refusal(state(told), "o", 2, [told] if known else [])
    assert because == (f"{told.error_type}: told" if ours else None)


def test_an_update_that_is_refused_once_is_sent_again_from_the_same_node() -> None:
    made = talk(ahead=1, resend_s=2.0)
    give(made, 1)
    made.run(0.5)
    held = made.vehicle._decision
    made.vehicle._decision = ("elsewhere", 0)
    made.run(3.5)
    made.vehicle._decision = held
    refused = orders(made)[1]
    assert made.vehicle.state.order_update_id == 0
    made.run(120.0)
    again = orders(made)[2]
    assert again.order_update_id == refused.order_update_id + 1
    assert again.nodes[0] == refused.nodes[0]
    assert made.told(Finished) == [Finished("v", 1)]


def test_updates_that_are_always_refused_end_the_order() -> None:
    made = talk(ahead=1, resend_s=2.0, tries=3)
    give(made, 1)
    made.run(0.5)
    sent_s = []
    for _ in range(80):
        made.vehicle._decision = ("elsewhere", 0)
        count = len(orders(made))
        made.run(0.5)
        sent_s += [made.now_s] * (len(orders(made)) - count)
    assert len(sent_s) == 3
    assert all(b - a >= 2.0 for a, b in zip(sent_s, sent_s[1:], strict=False))  # noqa: RUF007
    (failed,) = made.told(Failed)
    assert failed.because.startswith("update refused, orderUpdateError")
    assert not made.vehicle._busy()


def test_a_cancel_that_may_be_underway_does_not_meet_the_next_order() -> None:
    made = talk(resend_s=4.0)
    give(made, 1)
    give(made, 2)
    made.run(1.0)
    made.up.loss = 1.0
    made.run(60.0 - 30.0)
    assert ("s-1", "drop") in made.vehicle.done
    made.down.loss = 1.0
    made.do(made.dialogue.cancel(1, made.now_s))
    made.calm()
    made.vehicle._ask = True
    made.run(1.0)
    assert made.told(Finished) == [Finished("v", 1)]
    made.run(2.0)
    assert {order.order_id for order in orders(made)} == {"s-1"}
    made.run(120.0)
    assert made.told(Finished)[1:] == [Finished("v", 2)]


def test_an_update_that_comes_after_the_cancel_does_not_bring_the_order_back() -> None:
    """The vehicle waits at the decision point, gives the order up, and takes the late update as the
    continuation of what it has ended (figure 8, question 8)."""
    made = talk(ahead=1)
    give(made, 1)
    made.run(0.5)
    made.up.loss = 1.0
    made.run(4.0)
    assert made.vehicle.state.last_node_id == "B"
    work = made.dialogue._work
    assert work is not None
    late = work.plan.message(rig.LAYOUT, 1, 1, 2)
    made.do(made.dialogue.cancel(1, made.now_s))
    made.run(1.0)
    assert not made.vehicle._busy()
    made._post(made.down, late)
    made.run(0.5)
    assert made.vehicle._busy()
    made.calm()
    made.run(20.0)
    assert made.told(Cancelled) == [Cancelled("v", 1, loaded=False)]
    assert not made.vehicle._busy()
    cancels = [
        m.actions[0].action_id
        for m in made.sent
        if isinstance(m, InstantActions) and m.actions[0].action_type == "cancelOrder"
    ]
    assert len(set(cancels)) == 2


def test_a_way_without_an_action_that_ends_early_is_not_finished() -> None:
    made = talk()
    made.do(made.dialogue.give(Errand("park", "v", "wetting"), made.now_s, {}))
    made.run(3.0)
    made.vehicle._cancelled()
    made.run(5.0)
    endings = [event for event in made.events if isinstance(event, Finished | Failed)]
    assert endings == [Failed("v", "park", "it ended at node 'B'", loaded=False)]


def test_nothing_is_sent_again_into_a_broken_connection() -> None:
    made = talk()
    made.down.loss = made.up.loss = 1.0
    give(made, 1)
    broken: Any = Connection(connection_state="CONNECTIONBROKEN")
    made.do(made.dialogue.hear_connection(broken))
    made.run(15.0)
    assert len(orders(made)) == 1
    made.calm()
    made.do(made.dialogue.hear_connection(Connection(connection_state="ONLINE")))
    made.run(120.0)
    assert made.told(Finished) == [Finished("v", 1)]


def test_a_new_order_does_not_suffer_from_the_refusal_of_the_last() -> None:
    """The vehicle shows a refusal until it takes an order."""
    made = talk()
    made.vehicle.mode = "SERVICE"
    made.vehicle._sent = made.vehicle.state
    give(made, 1)
    made.run(1.0)
    assert len(made.told(Refused)) == 1
    made.vehicle.mode = "AUTOMATIC"
    made.run(1.0)
    give(made, 2)
    made.run(120.0)
    ended: list[type[Event]] = [Refused, Finished]
    assert [type(e) for e in made.events if type(e) in ended] == ended


def test_an_order_taken_from_the_vehicle_by_hand_is_not_done_again() -> None:
    made = talk()
    give(made, 1, "filling", "slot 1")
    made.run(5.0)
    made.vehicle._cancelled()
    made.run(60.0)
    (failed,) = made.told(Failed)
    assert failed.loaded
    assert len(orders(made)) == 1
