"""Dispatch: who is sent where, what happens to orders that nobody takes and to lost vehicles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from linewright.stations.agv import Book, Settings, decide
from linewright.stations.agv.book import Open
from linewright.stations.agv.demand import wanted, wip_trays
from linewright.stations.agv.plant import (
    Cancel,
    Charge,
    Move,
    Order,
    Plant,
    Redirect,
    Send,
    Site,
    Slot,
    Stock,
    Vehicle,
)
from linewright.stations.agv.settings import Battery, Contact

PLACES_M = {
    "filling": (0.0, 5.0),
    "wetting": (30.0, 5.0),
    "ageing": (200.0, 5.0),
    "testing": (225.0, 5.0),
    "chargers": (110.0, -15.0),
}
SLOTS_M = tuple((80.0 + 10.0 * tower, 5.0) for tower in range(4) for _ in range(3))
SITE = Site(PLACES_M, SLOTS_M, speed_m_per_s=1.0)
SETTINGS = Settings()
QUIET = Stock(
    filled=0,
    filled_places=6,
    filling_empties=8,
    filling_empty_places=8,
    wetting=100,
    wetted=0,
    wetting_places=200,
    aged=0,
    infeed=6,
    infeed_places=6,
    empties=0,
    empty_places=120,
)


def idle(at_m: tuple[float, float] = (110.0, 5.0), **more: Any) -> Vehicle:
    return replace(Vehicle(0.0, "idle", at_m, 0.9), **more)


def plant(time_s: float = 0.0, *vehicles: Vehicle | None, **more: Any) -> Plant:
    known = {
        "vehicles": vehicles or (idle(heard_s=time_s),),
        "slots": (Slot("forming", expected_s=1e6),) * len(SLOTS_M),
        "stock": QUIET,
    }
    return Plant(time_s=time_s, **(known | more))


def with_slot(number: int, slot: Slot) -> tuple[Slot, ...]:
    slots = [Slot("forming", expected_s=1e6)] * len(SLOTS_M)
    slots[number] = slot
    return tuple(slots)


def sent(commands: Any) -> list[Order]:
    return [c.order for c in commands if isinstance(c, Send)]


def test_a_vehicle_is_sent_to_a_slot_before_its_tray_is_formed_and_not_too_early() -> None:
    far = plant(slots=with_slot(0, Slot("forming", expected_s=300.0)))
    book, decided = decide(Book(), far, SITE, SETTINGS)
    assert not sent(decided.commands)
    way_s = 110.0 - 80.0 + 10.0
    assert decided.again_s == pytest.approx(300.0 - way_s - SETTINGS.early_s)
    near = plant(decided.again_s + 1e-6, slots=far.slots)
    book, decided = decide(book, near, SITE, SETTINGS)
    (order,) = sent(decided.commands)
    assert (order.move, order.slot, order.source, order.target) == (
        Move.CLEAR,
        0,
        "slot 0",
        "ageing",
    )


def test_a_tray_is_sent_for_a_slot_that_is_still_full_and_the_slot_is_reserved() -> None:
    stock = replace(QUIET, wetted=2)
    full = plant(
        0.0,
        idle((100.0, 5.0)),
        idle((30.0, 5.0)),
        idle((40.0, 5.0)),
        stock=stock,
        slots=with_slot(5, Slot("formed", expected_s=0.0)),
    )
    book, decided = decide(Book(), full, SITE, SETTINGS)
    orders = {order.move: order for order in sent(decided.commands)}
    assert orders.keys() == {Move.CLEAR, Move.FEED}
    assert orders[Move.FEED].slot == 5
    assert orders[Move.CLEAR].slot == 5
    # nobody else gets that slot, and no other slot is near: the second tray stays
    again, decided = decide(book, full, SITE, SETTINGS)
    assert not sent(decided.commands)
    assert set(again.slots(Move.FEED)) == {5}


def test_empties_that_filling_waits_for_come_before_a_longer_wait_elsewhere() -> None:
    stock = replace(QUIET, filling_empties=0, empties=60, wetted=1)
    starving = plant(stock=stock, slots=with_slot(2, Slot("free")), vehicles=(idle((200.0, 5.0)),))
    _, decided = decide(Book(), starving, SITE, SETTINGS)
    (order,) = sent(decided.commands)
    assert order.move is Move.RETURN
    assert order.priority < 1.0


def test_trays_between_filling_and_formation_are_capped() -> None:
    stock = replace(QUIET, filling_empties=2, empties=60)
    now = plant(stock=stock)
    cap = wip_trays(now, Book()) + 3
    settings = Settings(wip_trays=cap)
    moves = [item.move for item in wanted(now, Book(), SITE, settings)]
    assert moves.count(Move.RETURN) == 3
    at_cap = Settings(wip_trays=cap - 3)
    assert not wanted(now, Book(), SITE, at_cap)
    assert len(wanted(now, Book(), SITE, SETTINGS)) > 3


@pytest.mark.parametrize(("waiting_most", "fetched"), [(0, 1), (2, 3), (9, 4)])
def test_full_trays_are_fetched_for_places_and_for_vehicles_that_may_wait(
    waiting_most: int, fetched: int
) -> None:
    fleet = (idle(),) * 6
    now = plant(0.0, *fleet, stock=replace(QUIET, filled=4, wetting=199, wetted=0))
    settings = Settings(waiting_most=waiting_most)
    moves = [item.move for item in wanted(now, Book(), SITE, settings)]
    assert moves.count(Move.STORE) == fetched


def first_order() -> tuple[Book, Order]:
    now = plant(stock=replace(QUIET, filled=1))
    book, decided = decide(Book(), now, SITE, SETTINGS)
    (order,) = sent(decided.commands)
    return book, order


def test_an_order_that_is_not_shown_is_sent_again_under_its_number() -> None:
    book, order = first_order()
    stock = replace(QUIET, filled=1)
    early = plant(5.0, idle(heard_s=5.0), stock=stock)
    book, decided = decide(book, early, SITE, SETTINGS)
    assert not sent(decided.commands)
    late = plant(15.0, idle(heard_s=15.0), stock=stock)
    book, decided = decide(book, late, SITE, SETTINGS)
    assert decided.commands == (Send(order, again=True),)


def test_an_order_is_not_repeated_once_its_vehicle_shows_it() -> None:
    book, order = first_order()
    for time_s in (3.0, 30.0, 70.0):
        shown = idle(heard_s=time_s, task="to_load", order=order.id)
        now = plant(time_s, shown, stock=replace(QUIET, filled=1))
        book, decided = decide(book, now, SITE, SETTINGS)
        assert decided.commands == ()


def test_a_vehicle_that_never_takes_its_order_loses_it_to_another() -> None:
    book, order = first_order()
    stock = replace(QUIET, filled=1)
    time_s, orders = 0.0, []
    while not orders:
        time_s += SETTINGS.contact.resend_s
        assert time_s < 100.0
        deaf, other = idle(heard_s=time_s), idle((200.0, 5.0), heard_s=time_s)
        now = plant(time_s, deaf, other, stock=stock)
        book, decided = decide(book, now, SITE, SETTINGS)
        orders = [new for new in sent(decided.commands) if new.id != order.id]
    assert time_s == SETTINGS.contact.tries * SETTINGS.contact.resend_s
    assert any(isinstance(c, Cancel) and c.order == order for c in decided.commands)
    assert [(new.vehicle, new.move) for new in orders] == [(1, Move.STORE)]


def test_an_order_is_done_when_its_vehicle_says_so_even_if_nothing_else_was_heard() -> None:
    book, order = first_order()
    now = plant(200.0, idle(heard_s=200.0, done=order.id))
    book, decided = decide(book, now, SITE, SETTINGS)
    assert not book.orders
    assert decided.commands == ()


def test_the_transport_of_a_lost_vehicle_goes_to_another() -> None:
    book, order = first_order()
    stock = replace(QUIET, filled=1)
    shown = idle(heard_s=5.0, task="to_load", order=order.id)
    other = idle((200.0, 5.0), heard_s=5.0)
    book, _ = decide(book, plant(5.0, shown, other, stock=stock), SITE, SETTINGS)
    gone = plant(9.0, None, replace(other, heard_s=9.0), stock=stock)
    book, decided = decide(book, gone, SITE, SETTINGS)
    assert Cancel(order, "vehicle is lost") in decided.commands
    assert [(o.vehicle, o.move) for o in sent(decided.commands)] == [(1, Move.STORE)]
    # it comes back with the old order: it is told to drop it
    back = idle(heard_s=60.0, task="to_load", order=order.id)
    taken = idle(heard_s=60.0, task="to_load", order=sent(decided.commands)[0].id)
    _, decided = decide(book, plant(60.0, back, taken, stock=stock), SITE, SETTINGS)
    assert [c.order for c in decided.commands if isinstance(c, Cancel)] == [order]


def test_silence_is_a_loss_after_its_time() -> None:
    book, order = first_order()
    shown = idle(heard_s=5.0, task="to_load", order=order.id)
    stock = replace(QUIET, filled=1)
    book, _ = decide(book, plant(5.0, shown, stock=stock), SITE, SETTINGS)
    for time_s, lost in ((79.0, False), (81.0, True)):
        book, decided = decide(book, plant(time_s, shown, stock=stock), SITE, SETTINGS)
        assert any(isinstance(c, Cancel) for c in decided.commands) is lost


def fed(slot: int, **more: Any) -> tuple[Book, Order]:
    order = Order(7, 0, Move.FEED, "wetting", f"slot {slot}", slot, 1.0, 0.0)
    entry = replace(Open(order, 0.0, shown=True, loaded=True), **more)
    return Book({0: entry}, next_id=8), order


def test_the_slot_of_a_lost_load_goes_to_a_tray_that_can_use_it_now() -> None:
    """People need 15 min for the load: it gets the slot that is free then, and keeps its order."""
    book, order = fed(4)
    slots = list(with_slot(4, Slot("free")))
    slots[9] = Slot("forming", expected_s=800.0)
    stock = replace(QUIET, wetted=1)
    now = plant(0.0, None, idle((30.0, 5.0)), stock=stock, slots=tuple(slots))
    book, decided = decide(book, now, SITE, SETTINGS)
    moved = replace(order, slot=9, target="slot 9")
    redirected = [c for c in decided.commands if isinstance(c, Redirect)]
    assert [c.order for c in redirected] == [moved]
    new = [o for o in sent(decided.commands) if o.move is Move.FEED]
    assert [(o.vehicle, o.slot) for o in new] == [(1, 4)]
    assert book.slots(Move.FEED).keys() == {4, 9}


def test_a_load_whose_slot_goes_out_gets_another_and_a_clear_order_ends() -> None:
    book, _ = fed(4)
    slots = list(with_slot(4, Slot("free", out=True)))
    slots[1] = Slot("free")
    shown = idle(task="to_unload", order=7, loaded=True, slot=4)
    book, decided = decide(book, plant(0.0, shown, slots=tuple(slots)), SITE, SETTINGS)
    assert [c.order.slot for c in decided.commands if isinstance(c, Redirect)] == [1]
    # the message is lost: it is said again until the vehicle shows the new slot
    time_s = SETTINGS.contact.resend_s
    late = plant(time_s, replace(shown, heard_s=time_s), slots=tuple(slots))
    book, decided = decide(book, late, SITE, SETTINGS)
    assert [c.order.slot for c in decided.commands if isinstance(c, Redirect)] == [1]
    clear = Order(3, 0, Move.CLEAR, "slot 4", "ageing", 4, 1.0, 0.0)
    going = Book({0: Open(clear, 0.0, shown=True)}, next_id=8)
    shown = idle(task="to_load", order=3, slot=4)
    out = plant(0.0, shown, slots=with_slot(4, Slot("formed", out=True, expected_s=0.0)))
    going, decided = decide(going, out, SITE, SETTINGS)
    assert decided.commands == (Cancel(clear, "slot 4 is out"),)
    assert not going.orders


def test_recharge_policy() -> None:
    stock = replace(QUIET, filled=3)
    low = idle(charge=0.1)
    _, decided = decide(Book(), plant(0.0, low, stock=stock), SITE, SETTINGS)
    assert decided.commands == (Charge(0),)
    charging = idle(charge=0.3, task="charge")
    _, decided = decide(Book(), plant(0.0, charging, stock=stock), SITE, SETTINGS)
    assert decided.commands == ()
    enough = idle(charge=0.45, task="charge")
    _, decided = decide(Book(), plant(0.0, enough, stock=stock), SITE, SETTINGS)
    assert len(sent(decided.commands)) == 1
    _, decided = decide(Book(), plant(0.0, idle(charge=0.6)), SITE, SETTINGS)
    assert decided.commands == (Charge(0),)
    _, decided = decide(Book(), plant(0.0, idle(charge=0.8)), SITE, SETTINGS)
    assert decided.commands == ()


def test_deciding_twice_on_the_same_reports_changes_nothing() -> None:
    now = plant(0.0, idle(), idle((10.0, 5.0)), stock=replace(QUIET, filled=1))
    book, first = decide(Book(), now, SITE, SETTINGS)
    again, second = decide(book, now, SITE, SETTINGS)
    assert sent(first.commands)
    assert second.commands == ()
    assert again == book


def test_settings_that_cannot_be_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="early_s must be positive"):
        Settings(early_s=0.0)
    with pytest.raises(ValueError, match="tries must be at least 1"):
        Contact(tries=0)
    with pytest.raises(ValueError, match="must rise"):
        Battery(refuse_below=0.5, release_at=0.4)
    with pytest.raises(ValueError, match="wip_trays"):
        Settings(wip_trays=0)
