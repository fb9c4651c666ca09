"""Changeover hours on scripted sequences; each answer is worked out by hand beside its sequence.

All begin alike: rolls 1 and 2 of A are good, finished at 1000 s and 2000 s, and B is set up from
2000 s. Times are in s, parts in min.
"""

from __future__ import annotations

from typing import Any

import pytest
from linewright.value.hours import Changeover, Hours, changeovers
from linewright.value.packml import ACTING, STATES, WAITING, follows

Row = dict[str, Any]


def state(
    at_s: float, state: str, mode: str = "producing", *, told_s: float = -1.0, **more: Any
) -> Row:
    body = {"machine": "coater", "mode": mode, "state": state, "at_s": at_s, **more}
    return {"kind": "state", "tick": int(told_s if told_s >= 0.0 else at_s), "body": body}


def roll(number: int, at_s: float, recipe: str = "B", good: bool = True, rate: float = 1.0) -> Row:
    body = {
        "machine": "coater",
        "unit": f"roll {number}",
        "recipe": recipe,
        "good": good,
        "rate_share": rate,
        "amount": 2000.0,
        "amount_unit": "m",
        "at_s": at_s,
    }
    return {"kind": "production", "tick": int(at_s), "body": body}


BEFORE = [
    state(0, "execute", recipe="A"),
    roll(1, 1000, "A"),
    roll(2, 2000, "A"),
    state(2000, "execute", "setup", recipe="B"),
]
AFTER = [roll(3, 3000, good=False), roll(4, 4000), roll(5, 5000), roll(6, 6000)]


def of(*rows: Row) -> tuple[Changeover, Hours]:
    made = changeovers([*BEFORE, *rows], base_hz=1.0)
    assert len(made.changes) == 1
    change = made.changes[0]
    assert (change.from_recipe, change.to_recipe) == ("A", "B")
    total_min = change.own_min + change.starved_min + change.blocked_min + change.unknown_min
    assert total_min * 60.0 == pytest.approx(change.ended_s - 2000.0), "no minute lost or doubled"
    return change, made


def whats(made: Hours) -> list[str]:
    return [note.what for note in made.notes]


def test_1_all_is_recorded() -> None:
    """Set up to 2600, roll 3 is not good, roll 4 at 4000 is the first of three: 2000 s."""
    change, made = of(state(2600, "execute", recipe="B"), *AFTER)
    assert change.hours == pytest.approx(2000 / 3600)
    assert change.setting_up_min == pytest.approx(10.0)
    assert change.running_in_min == pytest.approx(1400 / 60)
    assert change.own_min == pytest.approx(2000 / 60)
    assert change.units_lost == 1
    assert whats(made) == []


def test_2_starved() -> None:
    """Nothing comes from 2600 to 3200: 600 s are not its own, 1400 s are."""
    change, _ = of(
        state(2600, "suspended", reason="upstream: no slurry"), state(3200, "execute"), *AFTER
    )
    assert change.hours == pytest.approx(2000 / 3600)
    assert (change.starved_min, change.blocked_min) == (10.0, 0.0)
    assert change.own_min == pytest.approx(1400 / 60)


def test_3_blocked_and_held_by_itself() -> None:
    """Blocked 2600 to 2900; held by a fault of its own to 3500, which is its own setting up: 600 s
    of set-up and 600 s held."""
    change, _ = of(
        state(2600, "suspended", reason="downstream"),
        state(2900, "execute"),
        state(2900.5, "held", reason="web break"),
        state(3500, "execute"),
        *AFTER,
    )
    assert change.blocked_min == pytest.approx(5.0)
    assert change.starved_min == 0.0
    assert change.setting_up_min == pytest.approx((600 + 599.5) / 60)
    assert change.running_in_min == pytest.approx(500.5 / 60)


def test_4_a_state_is_missing() -> None:
    """Execute at 2600, idle at 3000: it was completed in between, nobody knows when. 400 s are
    unknown; idle and starting to 3300 are set-up."""
    change, made = of(state(2600, "execute"), state(3000, "idle"), state(3300, "execute"), *AFTER)
    assert change.unknown_min == pytest.approx(400 / 60)
    assert change.setting_up_min == pytest.approx((600 + 300) / 60)
    assert change.running_in_min == pytest.approx(700 / 60)
    assert whats(made) == ["missing"]


def test_5_late_rows_are_put_where_they_belong() -> None:
    """As the second, but that it was starved is told at 3900."""
    change, made = of(
        state(3200, "execute"),
        state(2600, "suspended", reason="upstream", told_s=3900),
        *AFTER,
    )
    assert change.starved_min == pytest.approx(10.0)
    assert whats(made) == ["late"]
    assert "600 s behind" in made.notes[0].says


def test_6_a_duplicate_counts_once() -> None:
    """As the first, with a state and a roll told twice."""
    ran = state(2600, "execute")
    change, made = of(ran, ran, AFTER[0], *AFTER)
    assert change.hours == pytest.approx(2000 / 3600)
    assert change.setting_up_min == pytest.approx(10.0)
    assert change.units_lost == 1
    assert whats(made) == ["duplicate", "duplicate"]


def test_7_states_contradict_each_other() -> None:
    """At 2600 it is in Execute and held at once: unknown to the next state at 3100."""
    change, made = of(state(2600, "execute"), state(2600, "held"), state(3100, "execute"), *AFTER)
    assert change.unknown_min == pytest.approx(500 / 60)
    assert change.running_in_min == pytest.approx(900 / 60)
    assert whats(made) == ["contradiction"]


def test_8_units_contradict_each_other() -> None:
    """Roll 4 is told good and not good: it counts for neither, the three begin at 5000."""
    change, made = of(state(2600, "execute"), *AFTER, roll(4, 4000, good=False), roll(7, 7000))
    assert change.hours == pytest.approx(3000 / 3600)
    assert "contradiction" in whats(made)


def test_9_a_unit_is_missing() -> None:
    """Roll 5 was not recorded: 4 and 6 do not follow each other, the three begin with 6."""
    change, made = of(
        state(2600, "execute"), roll(4, 4000), roll(6, 6000), roll(7, 7000), roll(8, 8000)
    )
    assert change.hours == pytest.approx(4000 / 3600)
    says = [note.says for note in made.notes if note.what == "missing"]
    assert says == [
        "unit 3 not recorded; taken for not good",
        "unit 5 not recorded; taken for not good",
    ]


def test_10_the_record_was_interrupted() -> None:
    """The core stops at 2900 and says nothing until 3400: 500 s are unknown and not filled."""
    gap = {"kind": "gap", "tick": 2900, "body": {}}
    change, made = of(state(2600, "execute"), gap, state(3400, "execute"), *AFTER)
    assert change.hours == pytest.approx(2000 / 3600)
    assert change.unknown_min == pytest.approx(500 / 60)
    assert change.running_in_min == pytest.approx((300 + 600) / 60)
    assert "missing" in whats(made)


def test_11_slow_rolls_are_not_three_good_ones() -> None:
    """Roll 4 runs at 94 %: the three begin with 5."""
    change, _ = of(
        state(2600, "execute"),
        roll(4, 4000, rate=0.94),
        roll(5, 5000),
        roll(6, 6000),
        roll(7, 7000),
    )
    assert change.hours == pytest.approx(3000 / 3600)


def test_12_not_finished_says_so() -> None:
    """Two good ones are not three; the count stands at the end of the record."""
    change, made = of(state(2600, "execute"), roll(4, 4000), roll(5, 5000))
    assert change.hours is None
    assert not change.finished
    assert change.ended_s == 5000.0
    assert made.per_recipe() == {}


def test_work_beside_good_product_is_external() -> None:
    """Set-up for B from 1500 to 2000, while A was good: 500 s external, and not in the hours."""
    rows = [
        state(0, "execute", recipe="A"),
        state(1500, "execute", "setup", recipe="B"),
        roll(1, 2000, "A"),
        state(2300, "execute", recipe="B"),
        *AFTER,
    ]
    change = changeovers(rows, base_hz=1.0).changes[0]
    assert change.external_min == pytest.approx(500 / 60)
    assert change.setting_up_min == pytest.approx(5.0)


def test_two_changes_are_two_changeovers() -> None:
    rows = [*BEFORE, state(2600, "execute"), *AFTER]
    rows += [roll(n, 1000.0 * n, "A") for n in (8, 9, 10)]
    made = changeovers(rows, base_hz=1.0)
    assert [(c.from_recipe, c.to_recipe) for c in made.changes] == [("A", "B"), ("B", "A")]
    assert made.per_recipe()["A"] == [pytest.approx(2000 / 3600)]


def test_what_cannot_be_read_is_told_and_left_out() -> None:
    change, made = of(
        state(2300, "executing"),
        state(2400, "execute", "party"),
        {"kind": "production", "tick": 2500, "body": {"machine": "coater", "unit": "roll 3"}},
        state(2600, "execute"),
        *AFTER,
    )
    assert whats(made).count("unreadable") == 3
    assert change.setting_up_min == pytest.approx(10.0)


def test_the_state_model_lets_every_state_be_stopped_and_aborted() -> None:
    assert len(STATES) == 17
    for one in STATES:
        assert follows(one, "aborting")
        assert follows(one, "stopping") is (one != "aborted")
        assert (ACTING.get(one) or WAITING[one]) <= STATES
    assert follows("complete", "idle")
    assert not follows("suspended", "complete")
