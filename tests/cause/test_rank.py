"""Which cause made these detections: by what shows, what does not, and when."""

from __future__ import annotations

import math

import pytest
from linewright.cause import Cause, Finding, Sign, findings, rank


def cause(name: str, *signs: Sign, per_shift: float = 0.1) -> Cause:
    return Cause(name=name, says=name, action="look", signs=signs, per_shift=per_shift)


def seen(event: str, onset_s: float, *, after_s: float = 1.0, direction: int = 0) -> Finding:
    return Finding(event=event, at_s=onset_s + after_s, onset_s=onset_s, direction=direction)


BATCH = cause(
    "batch",
    Sign("slurry.solids", 0.95, lag_s=(0.0, 5.0)),
    Sign("coater.weight", 0.8, lag_s=(3.0, 20.0)),
    Sign("calender.thickness", 0.6, lag_s=(1500.0, 2500.0)),
)
GAUGE = cause("gauge", Sign("coater.weight", 0.9, lag_s=(0.0, 60.0)))
COMPACTION = cause("compaction", Sign("calender.thickness", 0.9, lag_s=(0.0, 20.0)), per_shift=0.3)
CAUSES = (BATCH, GAUGE, COMPACTION)


def test_what_else_showed_decides() -> None:
    weight = seen("coater.weight", 110.0)
    alone = rank(weight, [weight], CAUSES, now_s=200.0)
    assert alone[0].cause.name == "gauge"
    with_solids = rank(weight, [weight, seen("slurry.solids", 101.0)], CAUSES, now_s=200.0)
    assert with_solids[0].cause.name == "batch"
    assert with_solids[0].probability > 0.95
    assert [f.event for f in with_solids[0].shown] == ["slurry.solids", "coater.weight"]


def test_a_cause_reaches_across_stations_with_the_web() -> None:
    thick = seen("calender.thickness", 2100.0)
    history = [seen("slurry.solids", 100.0), seen("coater.weight", 106.0), thick]
    best = rank(thick, history, CAUSES)[0]
    assert best.cause.name == "batch"
    assert 95.0 <= best.onset_s <= 101.0
    without = rank(thick, [thick], CAUSES, now_s=2200.0)
    assert without[0].cause.name == "compaction"
    assert without[1].missing == ("slurry.solids", "coater.weight")


def test_a_sign_at_the_wrong_time_does_not_count() -> None:
    weight = seen("coater.weight", 110.0)
    late = rank(weight, [weight, seen("slurry.solids", 140.0)], CAUSES, now_s=300.0)
    assert late[0].cause.name == "gauge"


def test_silence_counts_only_when_its_time_has_passed() -> None:
    solids = seen("slurry.solids", 100.0)
    early = rank(solids, [solids], CAUSES, now_s=101.0)[0]
    assert early.missing == ()
    late = rank(solids, [solids], CAUSES, now_s=5000.0)[0]
    assert late.missing == ("coater.weight", "calender.thickness")


def test_a_direction_rules_a_cause_out() -> None:
    up = cause("up", Sign("a.b", 0.9, direction=1))
    down = cause("down", Sign("a.b", 0.9, direction=-1))
    fell = seen("a.b", 10.0, direction=-1)
    assert [r.cause.name for r in rank(fell, [fell], (up, down))] == ["down"]
    unknown = seen("a.b", 10.0)
    assert len(rank(unknown, [unknown], (up, down))) == 2


def test_probabilities_of_all_candidates_add_up() -> None:
    weight = seen("coater.weight", 110.0)
    ranked = rank(weight, [weight], CAUSES, top=10)
    assert math.isclose(sum(r.probability for r in ranked), 1.0)
    assert len(ranked) == 2


def test_at_most_three_are_named() -> None:
    many = [cause(f"c{i}", Sign("a.b", 0.5)) for i in range(7)]
    found = seen("a.b", 1.0)
    assert len(rank(found, [found], many)) == 3


def test_a_detection_that_nobody_claims_has_no_cause() -> None:
    found = seen("x.y", 1.0)
    assert rank(found, [found], CAUSES) == []


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sign("a.b", 1.0), "chance"),
        (lambda: Sign("a.b", 0.5, lag_s=(3.0, 1.0)), "lag_s"),
        (lambda: Sign("a.b", 0.5, direction=2), "direction"),
        (lambda: cause("empty"), "without a sign"),
        (lambda: cause("never", Sign("a.b", 0.5), per_shift=0.0), "per_shift"),
    ],
)
def test_nonsense_is_refused(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()  # type: ignore[operator]


def test_a_ledger_row_without_age_starts_when_it_was_published() -> None:
    row = {"kind": "detection", "tick": 90, "body": {"name": "a.b", "evidence": {}}}
    other = {"kind": "decision", "tick": 91, "body": {}}
    assert findings([row, other], 30.0) == [Finding(event="a.b", at_s=3.0, onset_s=3.0)]
