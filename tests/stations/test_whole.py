"""All six stations on one bus: each finds what is its own, and the causes of all rank together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.cause import findings, rank
from linewright.line import load, run_inline
from linewright.testing import scenario
from linewright.value.policies import write_line

WRONG = ("F02", "F10", "F20", "F22", "F24")


def faults(seed: int) -> list[dict[str, Any]]:
    """One fault after the other, from ten minutes on."""
    drawn = [scenario(number).faults(seed) for number in WRONG]
    return [fault | {"at_s": 600.0 + 120.0 * i} for i, these in enumerate(drawn) for fault in these]


@pytest.mark.parametrize("seed", [1, 2])
def test_each_station_finds_its_own_and_causes_rank_across(tmp_path: Path, seed: int) -> None:
    file = write_line("whole", tmp_path, seed=seed, hours=0.75, faults=faults(seed))
    line = load(file)
    run_inline(line, tmp_path)
    rows = _core.ledger_rows(str(tmp_path / "ledger.sqlite"), kinds=["detection", "decision"])
    spoke = {row["station"] for row in rows}
    assert spoke >= {"slurry", "coater", "calender", "welder", "formation", "agv"}
    seen = findings(rows, line.base_hz)
    for number in WRONG:
        wanted = scenario(number).causes
        shows = {s.event for c in line.causes if c.name in wanted for s in c.signs}
        found = [f for f in seen if f.event in shows]
        assert found, number
        assert rank(found[0], seen, line.causes)[0].cause.name in wanted
