"""What affected units share, against luck."""

from __future__ import annotations

import numpy as np
import pytest
from linewright.cause import shared_lots
from scipy import stats


def line(cells: int, seed: int) -> dict[int, dict[str, int]]:
    rng = np.random.default_rng(seed)
    fixture = rng.integers(0, 8, cells)
    return {
        cell: {"batch": cell // 300, "roll": cell // 1300, "fixture": int(fixture[cell])}
        for cell in range(cells)
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_lot_at_fault_comes_first(seed: int) -> None:
    made = line(4000, seed)
    rng = np.random.default_rng([seed, 1])
    batch = int(rng.integers(0, 13))
    of_batch = [cell for cell, lots in made.items() if lots["batch"] == batch]
    bad = {int(c) for c in rng.choice(of_batch, 12, replace=False)}
    bad |= {int(c) for c in rng.choice(4000, 6, replace=False)}
    found = shared_lots(bad, made)
    assert (found[0].kind, found[0].lot) == ("batch", batch)


def test_luck_alone_is_rarely_called_a_lot() -> None:
    made = line(2000, 3)
    rng = np.random.default_rng(4)
    called = sum(
        bool(shared_lots([int(c) for c in rng.choice(2000, 20, replace=False)], made))
        for _ in range(300)
    )
    assert called <= 8


def test_the_p_value_is_the_hypergeometric_tail() -> None:
    made = {cell: {"tool": cell % 2} for cell in range(40)}
    bad = [0, 2, 4, 6, 8, 10, 12, 1]
    share = shared_lots(bad, made, most_p=1.0)[0]
    exact = stats.hypergeom(40, 8, 20).sf(6) * 2
    assert (share.lot, share.affected, share.units) == (0, 7, 20)
    assert share.p_value == pytest.approx(exact, rel=1e-9)


def test_a_unit_of_unknown_origin_is_refused() -> None:
    with pytest.raises(KeyError, match="no genealogy of 7"):
        shared_lots([7], {1: {"batch": 0}})
