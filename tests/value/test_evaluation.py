"""Seeds times policies: short here, in full in the soak run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from linewright.value import evaluate
from linewright.value.detection import Fault, quantile
from linewright.value.evaluation import Evaluation, hand_delays_s, run_one
from linewright.value.policies import shift_faults, write_line
from linewright.value.shift import Entry, Shift, Truth


@pytest.fixture(scope="module")
def short() -> Evaluation:
    return evaluate([21, 22], hours=0.3, workers=2)


def test_every_policy_has_its_row_and_its_seeds(short: Evaluation) -> None:
    assert [row.policy for row in short.rows] == ["open", "playbook", "closed"]
    assert len(short.shifts) == 6
    assert short.row("closed").weight_sd_pct.mean < short.row("open").weight_sd_pct.mean


def test_faults_are_the_same_for_all_policies(short: Evaluation) -> None:
    for seed in short.seeds:
        faults = {s.truth.faults for s in short.shifts if s.seed == seed}
        assert len(faults) == 1
        assert len(faults.pop()) == len(shift_faults(seed=seed, hours=0.3))


def test_the_table_carries_every_unit(short: Evaluation) -> None:
    text = short.table()
    for word in ("open", "playbook", "closed", "EUR per good cell", " m, ", " pp", " %", " s "):
        assert word in text


def test_hands_know_a_fault_only_from_a_piece_made_after_it() -> None:
    truth = Truth(
        weight_pct=[0.0],
        porosity_pp=[0.0],
        weight_var_pct2=0.0,
        weight_mean_pct=0.0,
        tones_var_pct2=0.0,
        coated_m=1.0,
        coated_bad_m=0.0,
        pressed_m=1.0,
        pressed_bad_m=0.0,
        faults=(
            Fault(kind="solids_switch", at_s=3700.0, size=0.5),
            Fault(kind="air_burst", at_s=3700.0, size=0.5),
            Fault(kind="pump_slip", at_s=9000.0, size=0.01),
        ),
    )
    entries = tuple(
        Entry(at_s=at, kind="decision", name="pump set") for at in (4800.0, 8400.0, 12_000.0)
    )
    shift = Shift(policy="playbook", seed=1, hours=3.5, truth=truth, entries=entries)
    # 4800 s rests on a piece of 3600 s, before the onset; after 9000 s there is 12,000 - 1200.
    assert hand_delays_s(shift) == [3000.0, 4700.0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evaluation, Path]:
    keep = tmp_path_factory.mktemp("days")
    policies = ("open", "closed")
    return (
        evaluate([5], hours=0.2, policies=policies, faults="none", plant="whole", keep=keep),
        keep,
    )


def test_open_the_whole_line_decides_and_writes_nothing(whole: tuple[Evaluation, Path]) -> None:
    by = {shift.policy: shift for shift in whole[0].shifts}
    assert {e.text.split()[0] for e in by["open"].entries if e.kind == "action"}
    assert by["open"].truth.weight_var_pct2 != by["closed"].truth.weight_var_pct2
    # 18 welds a minute with the gate shut and open
    welds = [len(shift.truth.weld_depth) for shift in by.values()]
    assert welds == [pytest.approx(216, abs=2)] * 2


def test_each_loop_has_its_variance_beside_the_least(whole: tuple[Evaluation, Path]) -> None:
    for row in whole[0].rows:
        assert row.weld_eta is not None
        for eta in (row.weight_eta, row.porosity_eta, row.weld_eta):
            assert 0.0 < eta.mean <= 1.0
    assert whole[0].weld_harm() is not None
    assert whole[0].as_json()["plant"] == "whole"


def test_finished_shifts_are_taken_from_the_folder(whole: tuple[Evaluation, Path]) -> None:
    result, keep = whole
    files = sorted(keep.iterdir())
    assert [f.name for f in files] == [
        "whole-none-0.2h-closed-5.msgpack",
        "whole-none-0.2h-open-5.msgpack",
    ]
    before = [f.stat().st_mtime_ns for f in files]
    again = evaluate(
        [5], hours=0.2, policies=("open", "closed"), faults="none", plant="whole", keep=keep
    )
    assert [f.stat().st_mtime_ns for f in files] == before
    assert again.rows == result.rows
    assert again.detection == result.detection


def test_the_whole_line_has_no_playbook() -> None:
    with pytest.raises(ValueError, match="runs open or closed"):
        run_one("playbook", 1, 0.1, "none", "whole")


def test_a_policy_that_does_not_exist_is_refused(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="line must be one of"):
        write_line("hope", tmp_path, seed=1, hours=1.0, faults=[])


@pytest.mark.soak
def test_targets_with_faults_over_twenty_seeds() -> None:
    result = evaluate(range(1, 21), hours=8.0)
    print(result.table())
    assert result.bad_ratio("playbook") >= 5.0
    assert result.saved_eur("playbook").mean > 0.0
    ratios = sorted(f.ratio for f in result.detection.found if f.ratio is not None)
    assert quantile(ratios, 0.5) <= 2.0
    assert result.detection.missed() <= 0.05 * len(result.detection.found)


@pytest.mark.soak
def test_targets_without_faults_over_twenty_seeds() -> None:
    result = evaluate(range(1, 21), hours=8.0, faults="none")
    print(result.table())
    closed = result.row("closed")
    assert closed.weight_ratio.mean <= 1.5
    harm = result.harm()
    assert harm.mean + harm.half_width <= 0.02
    assert max(result.detection.false_per_shift().values(), default=0.0) <= 1.0
    assert math.isclose(closed.bad_m.mean, 0.0, abs_tol=30.0)
