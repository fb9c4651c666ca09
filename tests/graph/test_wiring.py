"""What the wiring becomes in the plan, and that the core agrees."""

# ruff: noqa: N806 - a loop is called L in a graph, as in the manual

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.graph import Graph, GraphError, Loop, Param, Station, compile_line

from .conftest import station_of

PlanOf = Callable[..., dict[str, Any]]


def coater_like(g: Graph) -> None:
    gain = g.param("gain", "L*m2/min/g", 0.02, lo=0.0, hi=0.1)
    h = g.param("h", "1", 5.0, lo=2.0, hi=12.0)
    with g.loop("gauge", rate_hz=30) as gauge:
        raw = gauge.input("demo.wet_weight", "g/m2", max_age_s=0.5)
        clean = gauge.bad_when(raw, (raw < 10.0) | (raw > 400.0))
        weight = gauge.apply(_core.Ewma, clean, time_constant_s=0.5)
        shift = gauge.apply(
            _core.Cusum, weight - 200.0, mean=0.0, sigma=0.8, k=0.5, h=h, restart=True
        )
        gauge.event(
            "shift",
            shift.alarm,
            rule="cusum/1",
            decision="trim the pump",
            evidence={"high": shift.high, "low": shift.low, "weight": weight},
            refractory_s=10.0,
        )
        position = gauge.input("demo.web_position", "m")
        gauge.web_map("weight_map", weight, position, step_m=0.5)
    with g.loop("flow", rate_hz=10) as flow:
        error = 200.0 - flow.latest(weight)
        sp = flow.mailbox("feed", "L/min", default=10.0, lo=5.0, hi=15.0, ttl_s=5.0)
        pump = flow.written("demo.pump_flow", "L/min")
        metre = flow.input("demo.web_position", "m")
        ahead = flow.profile("ahead", "L/min", metre, lookup="nearest")
        base = flow.select(pump.in_control & sp.fresh, sp.value, pump.value)
        wanted = flow.or_else(base, 10.0) + error * gain + flow.or_else(ahead.value, 0.0)
        slow = flow.apply(_core.Slew, wanted, up_per_s=0.5, down_per_s=0.5)
        flow.output("demo.pump_flow", flow.min(flow.max(slow, 5.0), 15.0))
        flow.tap("flow_wanted", wanted.to("mL/min"), every_s=0.5)
        flow.tap("good", flow.is_good(slow) & ~(abs(-error) >= 3.0))


def test_the_core_accepts_it(plan_of: PlanOf) -> None:
    plan = plan_of(coater_like)
    assert _core.check_plan(json.dumps(plan)) == []
    assert plan["base_hz"] == 30
    assert [of["name"] for of in plan["loops"]] == ["demo.gauge", "demo.flow"]
    assert [p["name"] for p in plan["params"]] == ["demo.gain", "demo.h"]


def test_names_get_the_station_in_front_unless_they_have_one(plan_of: PlanOf) -> None:
    ops = [op for of in plan_of(coater_like)["loops"] for op in of["ops"]]
    named = {op["op"]: op.get("name", op.get("topic")) for op in ops}
    assert named["event"] == "demo.shift"
    assert named["web_map"] == "demo.weight_map"
    assert named["mailbox"] == "demo.feed"
    assert named["profile"] == "demo.ahead"
    assert named["tap"] == "demo.good"


def test_every_op_names_its_line(plan_of: PlanOf) -> None:
    first = coater_like.__code__.co_firstlineno
    source = Path(__file__).read_text().splitlines()
    last = next(i for i, text in enumerate(source, 1) if text.startswith("def test_the_core"))
    for of in plan_of(coater_like)["loops"]:
        for op in of["ops"]:
            file, line = op["at"].split(":")
            assert file == "graph/test_wiring.py"
            assert first < int(line) < last


def test_the_same_wiring_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from tests.graph.test_wiring import coater_like, station_of, compile_line;"
        "sys.stdout.write(compile_line([station_of(coater_like)]))"
    )
    root = str(Path(__file__).parents[2])
    here = compile_line([station_of(coater_like)])
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", code, root]
        there = subprocess.run(run, env=env, capture_output=True, text=True, check=True)
        assert there.stdout == here


def test_a_parameter_is_read_once_per_loop(plan_of: PlanOf) -> None:
    def build(g: Graph) -> None:
        gain = g.param("gain", "1", 1.0, lo=0.0, hi=2.0)
        with g.loop("a", rate_hz=1) as L:
            x = L.input("demo.x", "m")
            L.tap("y", x * gain + x * gain + x * L.param(gain))

    ops = plan_of(build)["loops"][0]["ops"]
    assert [op["op"] for op in ops].count("param") == 1


def test_a_parameter_edge_serves_as_config(plan_of: PlanOf) -> None:
    def build(g: Graph) -> None:
        with g.loop("a", rate_hz=10) as L:
            tau = L.param("tau", "s", 1.0, lo=0.1, hi=9.0)
            L.apply(_core.Ewma, L.input("demo.x", "m"), time_constant_s=tau)

    plan = plan_of(build)
    assert plan["loops"][0]["ops"][-1]["config"] == {"time_constant_s": {"param": "demo.tau"}}
    assert _core.check_plan(json.dumps(plan)) == []


def test_the_base_rate_is_the_least_common_multiple(plan_of: PlanOf) -> None:
    def build(g: Graph) -> None:
        for rate_hz in (4, 6, 10):
            g.loop(f"l{rate_hz}", rate_hz=rate_hz)

    assert plan_of(build)["base_hz"] == 60
    assert plan_of(build, base_hz=120)["base_hz"] == 120


def test_rates_without_a_small_common_multiple_are_refused() -> None:
    def build(g: Graph) -> None:
        for rate_hz in (997, 991):
            g.loop(f"l{rate_hz}", rate_hz=rate_hz)

    with pytest.raises(GraphError, match=r"988027 Hz.*demo\.l997 997 Hz"):
        compile_line([station_of(build)])
    with pytest.raises(GraphError, match="whole number"):
        Graph("demo").loop("x", rate_hz=2.5)


def test_the_core_names_edge_unit_line_and_fix_of_a_mismatch() -> None:
    def build(g: Graph) -> None:
        with g.loop("a", rate_hz=10) as L:
            x = L.input("demo.x", "m")
            y = L.input("demo.y", "um")
            L.tap("z", x + y)

    line = build.__code__.co_firstlineno + 4
    (problem,) = _core.check_plan(compile_line([station_of(build)]))
    told = {key: str(getattr(problem, key, None) or problem[key]) for key in ("edge", "at")}
    assert told == {"edge": "demo.a.1", "at": f"graph/test_wiring.py:{line}"}


def loop() -> Loop:
    return Graph("demo").loop("a", rate_hz=10)


def test_an_edge_of_another_loop_asks_for_latest() -> None:
    g = Graph("demo")
    with g.loop("a", rate_hz=10) as a:
        x = a.input("demo.x", "m")
    with g.loop("b", rate_hz=10) as b:
        y = b.input("demo.y", "m")
        with pytest.raises(GraphError, match=r"demo\.a\.0.*L\.latest"):
            y + x
        with pytest.raises(GraphError, match="is of this loop"):
            b.latest(y)
        assert (y + b.latest(x)).slot == "demo.b.2"


def test_a_loop_is_closed_after_its_block() -> None:
    with loop() as L:
        x = L.input("demo.x", "m")
    with pytest.raises(GraphError, match="inside its `with` block"):
        x + 1.0


def test_a_kernel_checks_its_inputs() -> None:
    L = loop()
    x = L.input("demo.x", "m")
    with pytest.raises(GraphError, match="no edge for input reset"):
        L.apply(_core.Latch, x)
    with pytest.raises(GraphError, match="has inputs x"):
        L.apply(_core.Ewma, x, x, time_constant_s=1.0)
    with pytest.raises(GraphError, match="given twice"):
        L.apply(_core.Ewma, x, x=x, time_constant_s=1.0)
    with pytest.raises(GraphError, match="time_constant_s must be a number or a parameter"):
        L.apply(_core.Ewma, x, time_constant_s=x)
    with pytest.raises(GraphError, match="finite"):
        L.apply(_core.Ewma, x, time_constant_s=float("nan"))
    by_name = L.apply(_core.Latch, reset=x, trip=x)
    assert by_name.slot == "demo.a.1"


def test_parameters_have_bounds_and_an_owner() -> None:
    g = Graph("demo")
    with pytest.raises(GraphError, match="value must be 0"):
        g.param("p", "m", 2.0, lo=0, hi=1)
    g.param("q", "m", 0.5, lo=0, hi=1)
    with pytest.raises(GraphError, match="declared before"):
        g.param("q", "m", 0.5, lo=0, hi=1)
    foreign: Param = Graph("other").param("demo.r", "m", 0.5, lo=0, hi=1)
    with g.loop("a", rate_hz=1) as L, pytest.raises(GraphError, match="not made by this graph"):
        L.input("demo.x", "m") * foreign


def test_two_stations_of_one_name_are_refused() -> None:
    def nothing(g: Graph) -> None:
        pass

    with pytest.raises(GraphError, match="two stations"):
        compile_line([station_of(nothing), station_of(nothing)])


@dataclass(frozen=True, kw_only=True)
class OvenSettings:
    """Settings of the test station."""

    limit_degc: float = 80.0


class Oven(Station):
    """A station with settings."""

    name = "oven"
    Settings = OvenSettings

    def build(self, g: Graph) -> None:
        with g.loop("watch", rate_hz=1) as L:
            hot = L.input("oven.temperature", "degC") > self.settings.limit_degc
            L.event("hot", hot, rule="limit/1", decision="open the flap", priority="alarm")


def test_settings_come_from_a_table_and_unknown_keys_are_refused() -> None:
    oven = Oven.from_table({"limit_degc": 90.0})
    assert '"value":90.0' in compile_line([oven])
    assert _core.check_plan(compile_line([Oven()])) == []
    with pytest.raises(GraphError, match=r"oven: no setting limit_c; known are limit_degc"):
        Oven.from_table({"limit_c": 90.0})


def test_a_station_without_wiring_is_told_so() -> None:
    class Empty(Station):
        name = "empty"

    with pytest.raises(GraphError, match="Empty wires nothing"):
        compile_line([Empty(None)])
