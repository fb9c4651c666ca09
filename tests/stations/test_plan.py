"""The wired stations as a plan: accepted by the core's own check, the same every time."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import linewright as lw
import pytest
from linewright import _core
from linewright.graph import Graph, Station, compile_line
from linewright.line import load
from linewright.stations.calender import Calender
from linewright.stations.calender.settings import Settings as CalenderSettings
from linewright.stations.coater import Coater, gauge_chain
from linewright.stations.coater.settings import Settings as CoaterSettings
from linewright.stations.playbook import Playbook

LINES = [[Coater(), Calender()], [Playbook()]]


@pytest.mark.parametrize("stations", LINES, ids=["closed", "playbook"])
def test_the_core_takes_the_plan(stations: list[Station]) -> None:
    assert _core.check_plan(compile_line(stations)) == []


def test_the_same_settings_give_the_same_plan() -> None:
    first = compile_line([Coater(), Calender()])
    assert first == compile_line([Coater(), Calender()])
    changed = compile_line([Coater(CoaterSettings(trim_fast_s=2.0)), Calender()])
    assert _core.plan_hash(first) != _core.plan_hash(changed)


def test_rates_are_settings() -> None:
    plan = json.loads(compile_line([Calender(CalenderSettings(rate_hz=1000.0))]))
    assert plan["base_hz"] == 1000
    assert _core.check_plan(json.dumps(plan)) == []


def test_every_event_names_rule_version_and_decision() -> None:
    plan = json.loads(compile_line([Coater(), Calender()]))
    events = [op for loop in plan["loops"] for op in loop["ops"] if op["op"] == "event"]
    assert len(events) >= 8
    for event in events:
        assert event["rule"].rpartition(" v")[2].isdigit(), event["rule"]
        assert event["decision"]
        assert event["evidence"]
        assert event["refractory_s"] > 0.0


def test_thickness_can_be_protected_instead_of_porosity() -> None:
    kinds = {}
    for protect in ("porosity", "thickness"):
        plan = compile_line([Calender(CalenderSettings(protect=protect))])
        assert _core.check_plan(plan) == []
        kinds[protect] = _core.plan_hash(plan)
    assert kinds["porosity"] != kinds["thickness"]


class Boards(Station):
    """A station of somebody else that watches one gauge with the coater's chain."""

    name = "boards"

    def build(self, g: Graph) -> None:
        with g.loop("watch", rate_hz=1) as loop:
            raw = loop.input("boards.thickness", "mm", max_age_s=2.0)
            gauge = gauge_chain(
                loop,
                raw,
                lo=1.0,
                hi=4.0,
                noise_sd=0.02,
                memory_s=100.0,
                false_alarms_per_shift=0.5,
            )
            assert gauge.drift is not None
            loop.event(
                "shift",
                gauge.drift.alarm,
                evidence={"level": gauge.drift.level},
                rule="cusum v1",
                decision="look",
                refractory_s=60.0,
            )


def test_the_gauge_chain_serves_any_unit() -> None:
    assert _core.check_plan(compile_line([Boards()])) == []


def test_a_chain_without_a_budget_only_cleans() -> None:
    g = Graph("x")
    with g.loop("one", rate_hz=1) as loop:
        raw = loop.input("x.y", "mm")
        assert gauge_chain(loop, raw, lo=0.0, hi=1.0, noise_sd=0.1).drift is None


def test_a_tighter_budget_asks_for_more_evidence() -> None:
    h = [lw.cusum_h_for_arl0(0.5, 28_800.0 / budget) for budget in (1.0, 0.1)]
    assert h[1] > h[0]


@pytest.mark.parametrize("name", ["closed", "playbook", "open"])
def test_packaged_line_files_are_good(name: str) -> None:
    with resources.as_file(resources.files("linewright").joinpath(f"lines/{name}.toml")) as file:
        line = load(Path(file))
    assert line.simulated
    assert line.base_hz == 30
