"""From the physical event to the write that was read back, on one short shift with two faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.line import load, run_inline
from linewright.value.chain import STEPS, Chain, classes, read
from linewright.value.policies import write_line

FAULTS: list[dict[str, Any]] = [
    {"kind": "pump_slip", "at_s": 100.3, "size": 0.02, "duration_s": 0.0},
    {"kind": "wet_gauge_bias", "at_s": 150.0, "size": 1.5, "duration_s": 0.0},
    {"kind": "roll_heat", "at_s": 290.0, "size": 1.5, "duration_s": 0.0},
]


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    run_inline(load(write_line("closed", folder, seed=3, hours=0.14, faults=FAULTS)), folder)
    return folder


def of(chains: list[Chain], fault: str) -> Chain:
    return next(c for c in chains if c.fault == fault)


def test_every_step_is_a_row_of_the_ledger_and_none_is_before_the_last(shift: Path) -> None:
    chains = read(shift / "ledger.sqlite")
    for chain in chains:
        times = [at for step in STEPS if (at := chain.at_s[step]) is not None]
        assert times == sorted(times), chain.fault
        for step, seq in chain.rows.items():
            (row,) = _core.ledger_rows(str(shift / "ledger.sqlite"), since=seq - 1, limit=1)
            kinds = {"write": "intent", "read_back": "result"}
            assert row["kind"] in {kinds.get(step, step), "profile"}


def test_the_hard_lane_answers_in_the_cycle_that_detects(shift: Path) -> None:
    """The slip is divided out of the flow: written by the next cycle of the flow loop at the
    latest, 0.1 s, and read back 0.1 s later; no command was on the way."""
    chain = of(read(shift / "ledger.sqlite"), "pump_slip")
    assert not chain.estimated
    assert chain.detector == "coater.pump_slip"
    assert chain.at_s["command"] is None
    told, done = chain.at_s["detection"], chain.at_s["read_back"]
    assert told is not None
    assert done is not None
    assert done - told <= 0.2 + 1e-6
    since = chain.until("read_back")
    assert since is not None
    assert since[1] == pytest.approx(since[0], rel=0.05), "1 m/s"
    assert chain.bound_s is not None


def test_a_command_is_on_the_way_of_a_decision_of_the_soft_lane(shift: Path) -> None:
    chain = of(read(shift / "ledger.sqlite"), "wet_gauge_bias")
    (command,) = _core.ledger_rows(
        str(shift / "ledger.sqlite"), since=chain.rows["command"] - 1, limit=1
    )
    assert command["body"]["action"]["mailbox"] == "coater.hold_reconcile"
    (decision,) = _core.ledger_rows(
        str(shift / "ledger.sqlite"), since=chain.rows["decision"] - 1, limit=1
    )
    assert chain.rows["detection"] in decision["body"]["because"]


def test_a_missed_fault_is_told_as_missed(shift: Path) -> None:
    chain = of(read(shift / "ledger.sqlite"), "roll_heat")
    assert (chain.detector, chain.acted) == ("", "onset")
    assert classes([chain])[0].median("detection") is None


def test_without_truth_the_onset_is_the_detectors_and_says_so(shift: Path, tmp_path: Path) -> None:
    chains = read(shift / "ledger.sqlite", tmp_path / "no truth")
    assert chains
    assert all(chain.estimated and chain.bound_s is None for chain in chains)
    slip = of(chains, "coater.pump_slip")
    true = of(read(shift / "ledger.sqlite"), "pump_slip")
    assert slip.rows == true.rows
    assert slip.at_s["onset"] == pytest.approx(100.3, abs=0.5)
    assert json.loads(json.dumps(slip.as_json()))["onset_estimated"] is True
