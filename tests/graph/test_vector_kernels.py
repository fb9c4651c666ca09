"""Kernels with ports of many numbers in a plan."""

from __future__ import annotations

import json
from pathlib import Path

import linewright as lw
import numpy as np
import pytest
from linewright import _core
from linewright.graph import Graph, GraphError, compile_line

from .conftest import station_of

COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, 0.3], [0.0, 0.3, 0.5]])
CHART = {"mean": [0.5, 0.0, -1.0], "covariance": COVARIANCE, "weight": 0.1, "limit": 10.0}
CHANNELS = [["demo.a", "um"], ["demo.b", "um"], ["demo.u", "um"]]


def watch(g: Graph) -> None:
    with g.loop("watch", rate_hz=10) as L:  # noqa: N806
        edges = [L.input(channel, unit) for channel, unit in CHANNELS]
        chart = L.apply(lw.Mewma, edges, **CHART)
        L.event("joint", chart.alarm, rule="MEWMA", decision="tell", evidence={"t2": chart.t2})


def test_it_alarms_where_the_class_alarms_and_replays(tmp_path: Path) -> None:
    config = {
        "line": "test",
        "plan": json.loads(compile_line([station_of(watch)])),
        "time": {"mode": "simulated", "base_hz": 10},
        "actuators": {},
        "stations": {"demo": {"key": 1}},
        "driver": {"kind": "manual", "channels": CHANNELS, "actuators": []},
        "ledger": {"path": str(tmp_path / "ledger.db")},
        "record": {"path": str(tmp_path / "record.mcap")},
        "seed": 1,
    }
    assert _core.check_config(json.dumps(config)) == []
    rng = np.random.default_rng(4)
    x = rng.multivariate_normal(CHART["mean"], COVARIANCE, size=400)
    x[200:] += [0.0, 1.5, 0.5]
    with _core.Core(json.dumps(config)) as core:
        for tick, row in enumerate(x):
            for (channel, _), value in zip(CHANNELS, row, strict=True):
                core.set_input(channel, float(value))
            core.advance(tick + 1)
        core.finish()
        core.advance(len(x) + 1)
    alone = lw.Mewma(**CHART, period_s=0.1)
    names = [port for port, _ in alone.OUTPUTS]
    out = dict(zip(names, alone.process(x), strict=True))
    on = out["alarm"] >= 0.5
    rises = np.flatnonzero(on & ~np.concatenate([[False], on[:-1]]))
    rows = _core.ledger_rows(config["ledger"]["path"], kinds=["detection"])
    assert [row["tick"] for row in rows] == rises.tolist()
    assert len(rises) > 0
    assert _core.replay_verify(config["record"]["path"])["cycles"] >= 400


def test_the_number_of_edges_is_checked() -> None:
    def build(g: Graph) -> None:
        with g.loop("watch", rate_hz=10) as L:  # noqa: N806
            edge = L.input("demo.a", "um")
            L.apply(lw.Mewma, [edge, edge], **CHART)

    (problem,) = _core.check_plan(compile_line([station_of(build)]))
    assert problem["expected"].startswith("3 inputs")
    assert problem["got"] == "2"


def test_a_config_it_refuses_is_refused_at_its_line() -> None:
    def build(g: Graph) -> None:
        with g.loop("watch", rate_hz=10) as L:  # noqa: N806
            edge = L.input("demo.a", "um")
            L.apply(lw.Mewma, [edge] * 3, **{**CHART, "weight": 2.0})

    with pytest.raises(GraphError, match=r"test_vector_kernels.py:\d+: Mewma: weight must be"):
        compile_line([station_of(build)])


def test_a_parameter_in_its_config_is_refused() -> None:
    def build(g: Graph) -> None:
        weight = g.param("weight", "1", 0.1, lo=0.05, hi=0.2)
        with g.loop("watch", rate_hz=10) as L:  # noqa: N806
            edge = L.input("demo.a", "um")
            L.apply(lw.Mewma, [edge] * 3, **{**CHART, "weight": weight})

    with pytest.raises(GraphError, match="Mewma: weight"):
        compile_line([station_of(build)])
