"""A cell of the whole line is traced back to its batch by rows alone, and the twin agrees.

Short rolls and small lots, so that twenty minutes hold the whole way; each run names its seed.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.cli import app
from linewright.hmi._follow import Follower
from linewright.hmi._genealogy import genealogy
from linewright.hmi._views import Views
from linewright.hmi._where import find
from linewright.line import load, run_inline
from linewright.report import read_facts_of, shift_page
from linewright.stations.machine import Part
from linewright.stations.welder.lots import Lot, Made
from linewright.value.made_of import KINDS, Link, Units, read_units
from linewright.value.packml import read as read_record
from linewright.value.policies import write_line
from typer.testing import CliRunner

JUMBO_M = 300.0
M_PER_CELL = 1.56
SHORT = (
    ("[io.twin.stack]\n", "[io.twin.stack]\nrolls_ahead = 1.0\n"),
    ('driver = "twin"\n', f'driver = "twin"\ntwin.jumbo_m = {JUMBO_M}\n'),
    ("cross = {bolts = 24}", f"cross = {{bolts = 24}}, geometry = {{jumbo_m = {JUMBO_M}}}"),
    ("[io.twin.batch]\n", "[io.twin.batch]\nvolume_share = 0.05\n"),
    (
        "{traced = true}\n\n[stations.formation]",
        "{traced = true, lot_welds = 40}\n\n[stations.formation]",
    ),
)


@pytest.fixture(scope="module", params=[1, 2])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    file = write_line("whole", folder, seed=request.param, hours=0.35, faults=[])
    text = file.read_text()
    for before, after in SHORT:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file.write_text(text)
    run_inline(load(file), folder)
    return folder


@pytest.fixture(scope="module")
def truth(ran: Path) -> dict[str, Any]:
    return json.loads((ran / "truth.json").read_text())


@pytest.fixture(scope="module")
def units(ran: Path) -> Units:
    return read_units(ran / "ledger.sqlite")


def the(links: list[Link], machine: str) -> Link:
    (link,) = [one for one in links if one.machine == machine]
    return link


def used(truth: dict[str, Any], cell: int) -> tuple[int | None, float]:
    """Roll and metre of a cell, by the twin; no roll while none was pressed."""
    uses = truth["stack"]
    one = uses[bisect_right(uses, cell, key=lambda use: use["first_cell"]) - 1]
    if one["roll"] is None:
        return None, 0.0
    return one["roll"], one["from_m"] + (cell - one["first_cell"]) * M_PER_CELL


def batch_at(truth: dict[str, Any]) -> Callable[[float], float]:
    series = {one["name"]: one["values"] for one in truth["series"]}
    return lambda metre: series["batch"][bisect_right(series["coater_position"], metre)]


def test_cells_are_traced_to_the_web_that_the_twin_made_them_of(
    units: Units, truth: dict[str, Any]
) -> None:
    batches, traced, nowhere = batch_at(truth), 0, 0
    for cell in range(0, 720, 2):
        roll, from_m = used(truth, cell)
        chain = units.back("cell", cell)
        if roll is None:
            assert "which roll its web is from the machine did not tell" in chain.unknown
            nowhere += 1
            continue
        if roll < 1:
            assert any(f"roll {roll}, web from" in text for text in chain.unknown), chain
            continue
        weld, press = the(chain.links, "welder"), the(chain.links, "calender")
        made = truth["weld"]["welds"][weld.number - 1]
        assert (weld.what, weld.number) == ("weld", cell // 2 + 1)
        assert {name: value for name, value, _ in weld.values} == {"fixture": made["fixture"]}
        assert (press.number, the(chain.links, "coater").number) == (roll, roll)
        assert (press.from_m, press.to_m) == pytest.approx((from_m, from_m + M_PER_CELL), abs=0.02)
        told = {one.number for one in chain.links if one.machine == "slurry"}
        told |= {int(text.split()[1][:-1]) for text in chain.unknown if text.startswith("batch")}
        # the coater is told of web and batch every ten seconds, 10 m of web
        near = {batches(from_m - 12.0), batches(from_m + M_PER_CELL + 12.0)}
        assert told <= near | {batches(from_m)}
        traced += 1
    assert traced > 80
    assert nowhere > 5  # the first roll was not pressed yet when its turn came


def test_what_lies_before_the_record_or_elsewhere_is_said_to_be_unknown(units: Units) -> None:
    other = units.back("cell", 601)
    assert any("another station" in text for text in other.unknown)
    assert (
        the(other.links, "calender").number == the(units.back("cell", 602).links, "coater").number
    )
    assert units.back("cell", 10**8).links == []
    assert any("was pressed before this record" in t for t in units.back("cell", 0).unknown)
    assert units.back("tray", 10**6).unknown == ["tray 1000000 is not through formation"]


def test_every_machine_of_the_line_tells_states_and_units_and_few_rows(ran: Path) -> None:
    rows = list(_core.ledger_rows(str(ran / "ledger.sqlite"), kinds=["state", "production"]))
    (start,) = [
        row
        for row in _core.ledger_rows(str(ran / "ledger.sqlite"), kinds=["start"])
        if not row["station"]
    ]
    record = read_record(rows, base_hz=start["body"]["base_hz"])
    assert record.notes == []
    assert set(record.spans) == {"slurry", "coater", "calender", "welder", "formation"}
    assert set(record.units) == {"slurry", "coater", "calender", "welder"}  # no tray is through yet
    assert len([row for row in rows if row["kind"] == "state"]) < 15
    for machine in ("slurry", "welder"):
        shares = [unit.rate_share for unit in record.units[machine]]
        assert all(0.95 < share < 1.05 for share in shares), (machine, shares)
    numbers = [unit.number for unit in record.units["welder"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_rejected_welds_are_what_a_lot_lost(ran: Path) -> None:
    rows = list(_core.ledger_rows(str(ran / "ledger.sqlite"), kinds=["decision", "production"]))
    said = {
        row["body"]["detail"]["weld"]
        for row in rows
        if row["kind"] == "decision" and row["body"]["decision"].startswith("reject weld")
    }
    lots = [r["body"] for r in rows if r["kind"] == "production" and r["station"] == "welder"]
    last = lots[-1]["welds"][1]
    assert {weld for lot in lots for weld in lot.get("rejected", ())} == {
        w for w in said if w <= last
    }
    assert all(lot["scrap"] == len(lot.get("rejected", ())) for lot in lots)


def test_page_command_and_shift_report_tell_the_same_way_back(ran: Path, units: Units) -> None:
    line = Follower(find(ran / "ledger.sqlite"))
    line.read_rows()
    shown = genealogy(line, "cell 600")
    links = units.back("cell", 600).links
    rows = {link.seq for link in links}
    chain = [step for step in shown["steps"] if step.get("seq") in rows]
    assert [(s["station"], s["what"], s["id"], s["from_m"]) for s in chain] == [
        (link.machine, link.what, link.number, link.from_m) for link in links
    ]
    assert shown["says"] == "Not known: no tray with cell 600 is through formation."
    assert genealogy(line, None)["examples"] == units.examples
    assert genealogy(line, "weld 301")["steps"] == shown["steps"]
    states = {s["name"]: s["machine_state"] for s in Views(line).overview()["stations"]}
    machines = ("slurry", "coater", "calender", "welder")
    assert [states[name] for name in machines] == ["execute"] * 4
    told = CliRunner().invoke(app, ["genealogy", "cell 600", str(ran)])
    assert told.exit_code == 0, told.output
    assert told.output.count("\n") == len(links) + 1
    assert CliRunner().invoke(app, ["genealogy", "pallet 3", str(ran)]).exit_code == 2
    facts = read_facts_of(ran / "ledger.sqlite", ran)
    made_by = {one.machine: one for one in facts.made}
    assert (made_by["welder"].units, made_by["welder"].amount) == (9, 360.0)
    bad = [one for one in facts.not_good if (one.machine, one.unit) == ("coater", "roll 1")]
    assert bad[0].made_of.startswith("slurry batch 1")
    assert "What was made" in shift_page(facts)


EVIL: tuple[Any, ...] = (
    *({}, [], None, 3, {"machine": "welder"}, {"machine": "welder", "unit": "lot", "at_s": 1.0}),
    {"machine": "welder", "unit": "lot 1", "at_s": 1.0, "cells": [0], "welds": [1, 2]},
    {"machine": "welder", "unit": "lot 1", "at_s": "now"},
    {"machine": "welder", "unit": "lot 1", "at_s": 1.0, "from": [{"machine": "x", "unit": "none"}]},
    {"machine": "welder", "unit": "lot 1", "at_s": 1.0, "from": 3},
)


def test_rows_that_are_no_unit_are_counted_and_nothing_is_taken_of_them() -> None:
    units = Units({"seq": i, "body": body} for i, body in enumerate(EVIL))
    assert units.unreadable == len(EVIL)
    for kind in KINDS:
        assert units.back(kind, 1).links == []


def made(weld: int, at_s: float, **more: Any) -> Made:
    usual: dict[str, Any] = {"fixture": weld % 4, "passed": True, "rejected": False}
    return Made(weld=weld, at_s=at_s, **(usual | more))


def test_a_weld_that_was_never_told_is_counted_and_keeps_its_place() -> None:
    lot = Lot(number=1, size=6)
    for weld, at_s in ((1, 10.0), (2, 20.0), (4, 40.0), (6, 200.0)):
        lot = lot.put(made(weld, at_s, cell=2 * weld), idle_s=30.0)
    assert (lot.full, lot.passed, lot.fixtures) == (True, 4, "12-0-2")
    # 160 s without a cell are no time of its own; in 30 s two welds were told and one was not
    assert lot.rate_per_min == pytest.approx(60.0 * 3 / 30.0)
    assert lot.parts(1.56) == []
    assert lot.more() == {"welds": [1, 6], "fixtures": "12-0-2", "cells": [2, 12]}


def test_a_lot_across_two_rolls_has_a_stretch_of_each() -> None:
    lot = Lot(number=1, size=4)
    for weld, roll, web_m in ((1, 3, 996.88), (2, 3, 998.44), (3, 4, 1000.0), (4, 4, 1001.56)):
        lot = lot.put(made(weld, 3.0 * weld, cell=weld - 1, roll=roll, web_m=web_m), idle_s=30.0)
    row = {"machine": "welder", "unit": "lot 1", "at_s": 12.0, "good": True, **lot.more()}
    parts = [part.as_json() for part in lot.parts(1.56)]
    units = Units([{"seq": 1, "body": row | {"from": parts}}])
    assert [(part["unit"], part["from_m"], part["to_m"]) for part in parts] == [
        ("roll 3", 996.88, 1000.0),
        ("roll 4", 1000.0, 1003.12),
    ]
    (weld,) = units.back("cell", 2).links
    assert weld.number == 3
    assert units.back("cell", 2).unknown[1].startswith("roll 4, web from 1000.0 to 1001.6 m")
    assert units.back("weld", 3).links == units.back("cell", 2).links
    assert len([text for text in units.back("lot", 1).unknown if "web from" in text]) == 2


def unit(
    seq: int, machine: str, name: str, parts: Sequence[Part] = (), **more: Any
) -> dict[str, Any]:
    body = {"machine": machine, "unit": name, "recipe": "A", "good": True, "at_s": 60.0 * seq}
    return {"seq": seq, "body": body | more | {"from": [part.as_json() for part in parts]}}


def test_a_tray_goes_back_to_both_of_its_lots_their_rolls_and_the_batches_of_those_metres() -> None:
    batches = [Part("slurry", "batch 1", 0.0, 900.0), Part("slurry", "batch 2", 900.0, 2000.0)]
    units = Units(
        [
            unit(1, "slurry", "batch 1"),
            unit(2, "coater", "roll 1", batches, metres=[0.0, 2000.0]),
            unit(3, "calender", "roll 1", [Part("coater", "roll 1")]),
            unit(
                4,
                "welder",
                "lot 1",
                [Part("calender", "roll 1", 600.0, 930.0, (0, 32))],
                **{"welds": [1, 33], "cells": [0, 32], "fixtures": "0" * 33},
            ),
            unit(
                5,
                "welder",
                "lot 2",
                [Part("calender", "roll 1", 930.0, 1030.0, (33, 42))],
                **{"welds": [34, 43], "cells": [33, 42], "fixtures": "0" * 10},
            ),
            unit(
                6,
                "formation",
                "tray 1",
                [Part("welder", "lot 1", cells=(32, 32)), Part("welder", "lot 2", cells=(33, 42))],
                cells=[32, 63],
            ),
        ]
    )
    chain = units.back("tray", 1)
    assert [(one.machine, one.what, one.number, one.from_m, one.to_m) for one in chain.links] == [
        ("formation", "tray", 1, None, None),
        ("welder", "lot", 1, None, None),
        ("calender", "roll", 1, 920.0, 930.0),
        ("coater", "roll", 1, 920.0, 930.0),
        ("welder", "lot", 2, None, None),
        ("calender", "roll", 1, 930.0, 1030.0),
        ("coater", "roll", 1, 930.0, 1030.0),
    ]
    used_up = "it is not used up, or not of this record"
    assert chain.unknown == [
        f"batch 2, on the web from 920.0 to 930.0 m: {used_up}",
        f"batch 2, on the web from 930.0 to 1030.0 m: {used_up}",
    ]
    cell = units.back("cell", 32)
    assert [one.what for one in cell.links] == ["tray", "weld", "roll", "roll"]
    assert units.back("cell", 10).links[-1].what == "batch"
