"""A station with a front end: its plan, a run on pushed blocks, the replay, what is refused."""

# ruff: noqa: N806 - a loop is called L in a graph, as in the manual

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import linewright as lw
import numpy as np
import pytest
from linewright import _core, twin
from linewright.front_ends import BlockStatistics
from linewright.graph import Channel, Graph, GraphError, compile_line
from typer.testing import CliRunner

from .conftest import station_of

PLASMA = lw.Block("welder.plasma", "V")
OUTPUTS = ["mean", "sd", "min", "max", "not_finite"]


def welder(g: Graph) -> None:
    burst = g.front_end("burst", BlockStatistics, x=PLASMA, least_finite=10)
    with g.loop("watch", rate_hz=10) as L:
        spread = L.input(burst.sd, max_age_s=0.05)
        L.event(
            "noisy",
            spread > 0.5,
            rule="burst/1",
            decision="clean the lens",
            evidence={"spread": spread, "bad": L.input(burst.not_finite, max_age_s=0.05)},
        )


def plan_of(build: Any = welder) -> str:
    return compile_line([station_of(build, "welder")])


def config(tmp_path: Path, plan: str, blocks: list[Any]) -> dict[str, Any]:
    return {
        "line": "front",
        "plan": json.loads(plan),
        "permit": "advisory",
        "time": {"mode": "simulated", "base_hz": 10},
        "actuators": {},
        "stations": {"welder": {"key": 1}},
        "driver": {"kind": "manual", "channels": [], "blocks": blocks},
        "ledger": {"path": str(tmp_path / "ledger.db")},
        "record": {"path": str(tmp_path / "record.mcap")},
        "seed": 1,
    }


def test_it_stands_in_the_plan_with_the_units_of_its_block() -> None:
    (front,) = json.loads(plan_of())["front_ends"]
    units = ["V", "V", "V", "V", "1"]
    named = [{"name": f"welder.burst.{o}", "unit": u} for o, u in zip(OUTPUTS, units, strict=True)]
    assert front["channels"] == named
    assert front["blocks"] == [{"name": "welder.plasma", "unit": "V"}]
    assert front["config"] == {"least_finite": 10}
    assert front["at"].startswith("graph/test_front_ends.py:")
    assert _core.check_plan(plan_of()) == []
    summary = _core.plan_summary(plan_of())
    assert [f["name"] for f in summary["front_ends"]] == ["welder.burst"]
    assert "front_ends" not in json.loads(plan_of(lambda g: None))


@pytest.mark.parametrize("seed", [3, 4])
def test_a_run_decides_by_what_the_class_gives_alone_and_replays(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bursts = rng.normal(3.0, 0.1, (60, 200))
    bursts[20:30] = 3.0 + 8.0 * (bursts[20:30] - 3.0)  # noisy
    bursts[45:48] = 3.0 + 9.0 * (bursts[45:48] - 3.0)
    bursts[46, :150] = np.nan
    left_out = {0, 1, 33, 34}
    setup = config(tmp_path, plan_of(), [["welder.plasma", "V", 200]])
    assert _core.check_config(json.dumps(setup)) == []
    with _core.Core(json.dumps(setup)) as core:
        for tick, burst in enumerate(bursts):
            if tick not in left_out:
                core.set_block("welder.plasma", burst)
            core.advance(tick + 1)
        with pytest.raises(ValueError, match=r"holds at most 200 numbers, got 201"):
            core.set_block("welder.plasma", np.zeros(201))
        core.finish()
        core.advance(len(bursts) + 1)
    alone = BlockStatistics(least_finite=10)
    said = [alone.update(burst) for burst in bursts]
    rises = [t for t in range(1, 60) if said[t][1] > 0.5 and said[t - 1][1] <= 0.5]
    assert rises == [20, 45]
    rows = _core.ledger_rows(setup["ledger"]["path"], kinds=["detection"])
    assert [row["tick"] for row in rows] == rises
    for row in rows:
        _, spread, _, _, bad = said[row["tick"]]
        assert row["body"]["evidence"] == {"spread": spread, "bad": bad}
    report = _core.replay_verify(setup["record"]["path"])
    assert report["cycles"] >= len(bursts)
    head = _core.record_head(setup["record"]["path"])
    assert head["provenance"]["not_recorded"].startswith("blocks welder.plasma;")


def test_a_driver_without_the_block_is_told_at_the_line_of_the_wiring(tmp_path: Path) -> None:
    for blocks, parts in [
        ([], ["no such block", "it has: none"]),
        ([["welder.plasma", "A", 10]], ['"A" as the driver gives it', '"V"']),
    ]:
        problems = _core.check_config(json.dumps(config(tmp_path, plan_of(), blocks)))
        text = json.dumps(problems, ensure_ascii=False)
        assert "test_front_ends.py" in text
        for part in parts:
            assert part in text.replace('\\"', '"'), text


def test_what_is_wired_wrongly_is_refused_at_its_line() -> None:
    g = Graph("welder")
    gain = g.param("least", "1", 3.0, lo=2.0, hi=9.0)
    channel = g.front_end("first", BlockStatistics, x=PLASMA).mean
    assert channel == Channel("welder.first.mean", "V")
    for keywords, why in [
        ({}, "no block for x"),
        ({"x": "welder.plasma"}, "x must be a block"),
        ({"x": PLASMA, "least_finite": gain}, "least_finite must be a number"),
        ({"x": PLASMA, "unit": {"q": "V"}}, "no unit to give for q"),
    ]:
        with pytest.raises(GraphError, match=rf"test_front_ends.py:\d+: .*{why}"):
            g.front_end("burst", BlockStatistics, **keywords)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="the name is taken"):
        g.front_end("first", BlockStatistics, x=PLASMA)
    with g.loop("l", rate_hz=1) as L, pytest.raises(GraphError, match="give the unit"):
        L.input("welder.speed")


def test_check_lists_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linewright.cli import app

    source = tmp_path / "burst_station.py"
    source.write_text(
        "import linewright as lw\n\n\n"
        "class Welder(lw.Station):\n"
        '    name = "welder"\n\n'
        "    def build(self, g):\n"
        '        block = lw.Block("welder.plasma", "V")\n'
        '        burst = g.front_end("burst", lw.BlockStatistics, x=block)\n'
        '        with g.loop("watch", rate_hz=10) as L:\n'
        '            L.tap("spread", L.input(burst.sd))\n'
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["check", "burst_station:Welder"])
    assert done.exit_code == 0, done.output
    line = "welder.burst BlockStatistics (welder.plasma V -> mean sd min max not_finite)"
    assert line in done.output


def test_alone_it_agrees_with_numpy_and_holds_without_a_block() -> None:
    of = BlockStatistics()
    assert (of.NAME, [o for o, _ in of.OUTPUTS]) == ("BlockStatistics", OUTPUTS)
    assert np.isnan(of.last).all()
    rng = np.random.default_rng(8)
    for n in (2, 3, 17, 10_000):
        x = rng.normal(1e6, 2.0, n)
        mean, sd, lo, hi, bad = of.update(x)
        assert (lo, hi, bad) == (x.min(), x.max(), 0.0)
        assert mean == pytest.approx(x.mean(), rel=1e-14)
        assert sd == pytest.approx(x.std(ddof=1), rel=1e-9)
        assert of.update(x[::-1].copy()[::-1]) == of.last  # a view that does not lie in one piece
    assert of.update(None) == of.last
    of.reset()
    assert np.isnan(of.last).all()
    assert repr(BlockStatistics(least_finite=4)) == "BlockStatistics(least_finite=4)"
    for wrong in [(), (x, x)]:
        with pytest.raises(TypeError, match="takes 1 blocks"):
            of.update(*wrong)
    with pytest.raises(ValueError, match="numbers in a row"):
        of.update(np.zeros((3, 3)))
    with pytest.raises(_core.DesignError, match="least_finite must be 2 to 1e9, was 1"):
        BlockStatistics(least_finite=1)
    with pytest.raises(TypeError, match="no period_s"):
        BlockStatistics(period_s=1.0)  # type: ignore[call-arg]


def test_an_electrode_line_offers_no_blocks() -> None:
    line = twin.Twin(seed=1)
    assert line.blocks == ()
    with pytest.raises(ValueError, match=r'no block "welder\.plasma"; the line has: none'):
        line.block("welder.plasma")
