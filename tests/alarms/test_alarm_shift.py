"""Whole shifts with three faults at different stations: each is told once, with its cause."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from linewright.alarms import AlarmBook, Kpi
from linewright.line import Stated, alarm_kpi, load, run_inline
from linewright.testing import CATALOGUE
from linewright.value.policies import write_line

MOST_PER_HOUR = 6.0
BY_STATION = (("F07", "F12", "F14"), ("F16", "F17"), ("F20", "F18"), ("F22",), ("F24",))
"""Faults that ask for an operator; what its loop mends by itself is no alarm."""
SEEDS = range(1, 11)


def three(seed: int) -> tuple[str, ...]:
    """One fault each of three stations."""
    groups = [BY_STATION[(seed + k) % len(BY_STATION)] for k in (0, 1, 3)]
    return tuple(group[seed // len(BY_STATION) % len(group)] for group in groups)


def drawn(faults: tuple[str, ...], seed: int, within_h: float) -> list[dict[str, Any]]:
    """Each at its own moment."""
    return [
        fault
        for k, name in enumerate(faults)
        for fault in CATALOGUE[name].faults(1000 * k + seed, hours=within_h)
    ]


def shift(
    folder: Path, line: str, *, seed: int, hours: float, faults: list[dict[str, Any]]
) -> tuple[AlarmBook, Kpi]:
    """One shift, inline, and what its alarms were worth."""
    loaded = load(write_line(line, folder, seed=seed, hours=hours, faults=faults))
    run_inline(loaded, folder)
    return alarm_kpi(
        folder / "ledger.sqlite", Stated(definitions=loaded.alarms, causes=loaded.causes)
    )


def judge(book: AlarmBook, kpi: Kpi, faults: tuple[str, ...]) -> None:
    told = [change for change in book.events if change.annunciated]
    causes = {change.id: change for change in told}
    named = Counter(alarm.cause_name for alarm in book.alarms() if alarm.id in causes)
    assert set(named.values()) <= {1}, named
    assert len(told) == sum(named.values()), told
    for fault in faults:
        assert set(named) & set(CATALOGUE[fault].causes), (fault, named)
    known = {cause for fault in faults for cause in CATALOGUE[fault].causes}
    assert set(named) <= known, "nothing else was told"
    assert kpi.ok, kpi.checks
    assert kpi.per_hour <= MOST_PER_HOUR


def test_three_faults_are_three_alarms_each_with_its_cause(tmp_path: Path) -> None:
    faults = ("F12", "F22", "F20")
    found = drawn(faults, 3, within_h=1.0)
    judge(*shift(tmp_path, "whole", seed=3, hours=1.25, faults=found), faults)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_so_are_they_in_any_shift_of_eight_hours(tmp_path: Path, seed: int) -> None:
    faults = three(seed)
    found = drawn(faults, seed, within_h=8.0)
    judge(*shift(tmp_path, "whole", seed=seed, hours=8.0, faults=found), faults)


@pytest.mark.soak
@pytest.mark.parametrize("line", ["whole", "closed", "playbook"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_quiet_shift_is_quiet(tmp_path: Path, line: str, seed: int) -> None:
    book, kpi = shift(tmp_path, line, seed=seed, hours=8.0, faults=[])
    assert [change.name for change in book.events if change.annunciated] == []
    assert kpi.ok
