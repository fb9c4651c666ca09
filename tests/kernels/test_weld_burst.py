"""Limits of weld bursts learnt from Python, on welds of the twin."""

from __future__ import annotations

import linewright as lw
import numpy as np
import pytest
from linewright.front_ends import learn_welds
from linewright.twin import Weld, WeldTwin

OUTPUTS = [name for name, _ in lw.WeldBurst.OUTPUTS]


def said(front: lw.WeldBurst, weld: Weld) -> dict[str, float]:
    values = front.update(weld.plasma, weld.reflection, weld.thermal)
    return dict(zip(OUTPUTS, values, strict=True))


def good_welds(seed: int, n: int) -> np.ndarray:
    front, twin = lw.WeldBurst(), WeldTwin(seed=seed)
    rows = []
    for slot in range(n):
        weld = twin.weld(slot)
        if weld.truth["class"] == "good":
            rows.append(list(said(front, weld).values())[3:])
    return np.array(rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_limits_learnt_of_good_welds_refuse_a_false_friend_and_few_good_ones(seed: int) -> None:
    learnt = learn_welds(good_welds(seed, 600), false_rejects=0.02)
    assert set(learnt) == {name for name, _ in lw.WeldBurst.FIELDS}
    front = lw.WeldBurst(**learnt)
    fresh = WeldTwin(seed=seed + 100)
    usual = [fresh.weld(slot) for slot in range(300)]
    good = [weld for weld in usual if weld.truth["class"] == "good"]
    refused = sum(said(front, weld)["weld_class"] > 0.0 for weld in good)
    assert refused <= 0.05 * len(good)
    found = 0
    for slot in range(40):
        change = {"happening": {"kind": "false_friend", "gap_um": 90.0}}
        found += said(front, fresh.weld(slot, fresh.conditions(slot) | change))["weld_class"] > 0.0
    assert found >= 36


def test_a_front_end_as_it_comes_judges_nothing_and_an_unlit_burst_is_no_weld() -> None:
    front = lw.WeldBurst()
    weld = WeldTwin(seed=3).weld(1, {"happening": {"kind": "excess", "share": 0.5}})
    assert said(front, weld)["weld_class"] == 0.0
    dark = front.update(0.0 * weld.plasma, weld.reflection, weld.thermal)
    assert np.isnan(dark).all()


def test_what_cannot_be_learnt_from_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rows of 24 features, was an array of shape \[200, 3\]"):
        learn_welds(np.ones((200, 3)))
    with pytest.raises(lw.DesignError, match="at least 100 welds"):
        learn_welds(np.ones((50, 24)))
    with pytest.raises(lw.DesignError, match="false_rejects"):
        learn_welds(np.ones((200, 24)), false_rejects=0.5)
