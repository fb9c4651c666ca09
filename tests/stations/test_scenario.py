"""Drawn faults: seeded, separate, within their bounds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from linewright.stations.calender import sim as calender
from linewright.stations.coater import sim as coater
from linewright.stations.scenario import draw_faults

DRAWS = coater.FAULTS + calender.FAULTS


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_comes_once_in_its_bounds_and_in_time(seed: int) -> None:
    faults = draw_faults(DRAWS, seed=seed, hours=8.0)
    assert sorted(f["kind"] for f in faults) == sorted(d.kind for d in DRAWS)
    for fault in faults:
        draw = next(d for d in DRAWS if d.kind == fault["kind"])
        sizes = sorted((abs(draw.least), abs(draw.most)))
        assert sizes[0] <= abs(fault["size"]) <= sizes[1]
        assert draw.either_sign or (fault["size"] > 0.0) == (draw.least > 0.0)
        assert 2400.0 <= fault["at_s"] < 8.0 * 3600.0
    starts = [f["at_s"] for f in faults]
    assert all(b - a > 1000.0 for a, b in pairwise(starts))


def test_the_seed_alone_decides() -> None:
    assert draw_faults(DRAWS, seed=3, hours=8.0) == draw_faults(DRAWS, seed=3, hours=8.0)
    assert draw_faults(DRAWS, seed=3, hours=8.0) != draw_faults(DRAWS, seed=4, hours=8.0)


def test_a_shift_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="hours must be positive"):
        draw_faults(DRAWS, seed=1, hours=0.0)
