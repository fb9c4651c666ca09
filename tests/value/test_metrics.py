"""Three metrics side by side: intervals, differences seed by seed, and web of two recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright.line import load
from linewright.recipes import recipe_of
from linewright.value.comparison import (
    ALL_POLICIES,
    Case,
    Outcome,
    Seen,
    read_case,
    run_policy,
    write_policy,
)
from linewright.value.metrics import Comparison
from linewright.value.webquality import WebQuality, web_quality


def outcome(policy: str, seed: int, cost_eur: float, **more: Any) -> Outcome:
    web = WebQuality(coated_m=100.0, coat_bad_m=1.0, pressed_m=90.0, press_bad_m=0.0, by={})
    seen = (
        Seen(kind="pump_slip", at_s=100.0, ends_s=1100.0, known_s=more.pop("known_s", None)),
        Seen(kind="air_burst", at_s=200.0, ends_s=230.0, known_s=None),
    )
    made = {"last_good_s": 3600.0, "first_good_s": None, "ended_s": 10_800.0, "finished": False}
    return Outcome(
        policy=policy,
        seed=seed,
        hours=8.0,
        web=web,
        cost_eur=cost_eur,
        scrap_eur=cost_eur - 27.0,
        seen=seen,
        changeovers={"coater": made | more},
    )


def test_what_was_never_known_counts_until_it_ended() -> None:
    """1000 s to the end of the one and 30 s of the other; known after 100 s: 100 s and 30 s."""
    assert outcome("open", 1, 30.0).exposed_s == pytest.approx((1000.0 + 30.0) / 2)
    assert outcome("closed", 1, 28.0, known_s=200.0).exposed_s == pytest.approx((100.0 + 30.0) / 2)


def test_an_unfinished_changeover_counts_as_long_as_it_lasted() -> None:
    assert outcome("open", 1, 30.0).changeover_h == pytest.approx(2.0)
    done = outcome("closed", 1, 28.0, first_good_s=5400.0, finished=True)
    assert done.changeover_h == pytest.approx(0.5)
    assert done.changed


def test_differences_are_taken_on_seeds_that_all_have() -> None:
    """Costs differ by 2 on each seed though they scatter by 10: the paired interval is narrow."""
    costs = {1: 30.0, 2: 40.0, 3: 50.0}
    runs = [outcome("playbook", seed, cost) for seed, cost in costs.items()]
    runs += [outcome("closed", seed, cost - 2.0) for seed, cost in costs.items()]
    runs += [outcome("playbook", 4, 99.0)]
    made = Comparison.of(runs, faults=True)
    assert made.seeds == (1, 2, 3)
    less = made.less_closed("playbook", "cost_per_good_cell_eur")
    assert less is not None
    assert less.mean == pytest.approx(2.0)
    assert less.half_width == pytest.approx(0.0, abs=1e-9)
    alone = made.figure("playbook", "cost_per_good_cell_eur")
    assert alone is not None
    assert alone.half_width > 20.0
    assert made.scrap_ratio("playbook") == pytest.approx((3 + 13 + 23) / (1 + 11 + 21))
    assert made.closed_dearer("playbook") == 0
    assert "3 seeds of 8 h" in made.markdown()
    with pytest.raises(ValueError, match="no seed"):
        Comparison.of([outcome("open", 1, 30.0), outcome("closed", 2, 28.0)], faults=True)


def truth(weight: Any, porosity_pp: Any) -> dict[str, Any]:
    """1000 m at 1 m/s; the calender presses 0 to 600 m of it backwards, at the end."""
    a = recipe_of(Case.packaged().running, Path("A.toml")).recipe
    second = np.arange(2000.0)
    metre = np.minimum(second, 999.0)
    at = np.where(second < 1300.0, np.nan, np.maximum(1899.0 - second, 0.0))
    laid = np.interp(metre, np.arange(1000.0), weight)
    sheet = a.foil_um + 2.0 * np.interp(at, np.arange(1000.0), weight) / a.density_kg_per_m3 * 1e3
    values = {
        "coater_position": metre,
        "weight_deviation": 100.0 * (laid / a.areal_g_per_m2 - 1.0),
        "residual_solvent": np.full(2000, 100.0),
        "adhesion": np.full(2000, 0.9),
        "calender_coating_position": at,
        "porosity_deviation": np.interp(at, np.arange(1000.0), porosity_pp),
        "thickness": sheet,
    }
    return {"series": [{"name": n, "values": list(v)} for n, v in values.items()]}


def test_web_is_good_when_it_is_good_for_either_recipe() -> None:
    """A to 500 m, 50 m between, B from 550 m; the porosity is off on 100 m, of which 30 m had been
    scrap before; only what was pressed is charged to the calender."""
    case = Case.packaged()
    a, b = (recipe_of(text, Path("r.toml")) for text in (case.running, case.wanted))
    weight = np.full(1000, 220.0)
    weight[500:550], weight[550:] = 205.0, 190.0
    porosity = np.zeros(1000)
    porosity[480:580] = 3.0
    web = web_quality(truth(weight, porosity), a, b)
    assert web.coat_bad_m == pytest.approx(50.0, abs=3.0)
    assert web.pressed_m == pytest.approx(550.0, abs=10.0)
    assert web.press_bad_m == pytest.approx(50.0, abs=4.0)
    assert web.by["porosity"] == pytest.approx(100.0, abs=4.0)


def test_the_playbook_carries_out_a_change_by_its_card() -> None:
    """Without faults: pieces are asked for, one verifies the change, B's rolls are judged."""
    made = run_policy("playbook", 1, 3.0, Case.packaged(faults=False))
    coater = made.changeovers["coater"]
    assert (coater["from"], coater["to"]) == ("A", "B")
    assert coater["unknown_min"] == 0.0
    assert coater["setting_up_min"] + coater["external_min"] >= 20.0
    assert made.seen == ()
    assert made.web.by["adhesion"] < 50.0


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 4])
def test_closed_loop_wastes_metres_on_a_change_and_no_roll(seed: int) -> None:
    """The weight goes over at the end of a roll: the first roll of B is good, 2000 m at 50 m/min
    later."""
    case = Case.packaged(faults=False, order_at_s=6300.0)
    made = run_policy("closed", seed, 4.35, case)
    assert made.changed
    assert made.changeover_h == pytest.approx(2000.0 / 0.8333 / 3600.0, abs=0.01)
    assert made.web.bad_m < 200.0


def test_every_policy_of_a_file_is_a_line_that_loads(tmp_path: Path) -> None:
    recipes = Path(__file__).resolve().parents[2] / "examples" / "recipes"
    case = read_case(recipes / "change.toml", recipes / "A.toml", recipes / "C.toml", faults=True)
    fault = {"kind": "pump_slip", "at_s": 100.0, "size": 0.01, "duration_s": 0.0}
    stated = {}
    for policy in ALL_POLICIES:
        file = write_policy(policy, tmp_path / policy, case, seed=2, hours=3.0, faults=[fault])
        line = load(file)
        assert line.until_tick == 3 * 3600 * line.base_hz
        stated[policy] = line.tables.stations
    assert set(stated["closed"]) >= {"coater", "calender", "recipe_gate", "mes"}
    playbooks = [stated[p]["playbook"].settings for p in ("open", "playbook", "playbook 2x")]
    assert [s.get("correct", True) for s in playbooks] == [False, True, True]
    assert [s["laboratory"].get("every_s") for s in playbooks] == [None, None, 1800.0]
    assert all(s["change"]["at_s"] == 4050.0 for s in playbooks)
