"""AGV dispatch: how near to the proven optimum it plans, and what a decision costs.

LINEWRIGHT_DATA names the folder that holds `job_shop_agv/bilge_ulusoy.json` (Bilge and Ulusoy
1995); what needs no data is measured without it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from linewright.stations.agv import Book, Settings, decide
from linewright.stations.agv.job_shop import SEARCH, start
from linewright.stations.agv.lookahead import Search
from linewright.stations.agv.sim import TwinPlant

from bench._machine import ROOT
from bench._measure import Row, Spread

DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))
INSTANCES = DATA / "job_shop_agv" / "bilge_ulusoy.json"
BARE = Search(window=8, breadth=1, depth=1, urgencies=(0.2,))
"""No look-ahead: the most urgent transport to the vehicle that can load it first."""


def solve(problem: Any, key: str, search: Search) -> tuple[float, list[float]]:
    """Makespan of job set s in layout l (key "sl"), and processor time of each decision, ms."""
    jobs, way_s = problem["jobsets"][key[0]], problem["layouts"][key[1]]
    plan, end_s, took_ms = start(jobs, way_s, vehicles=2), 0.0, []
    while True:
        before = time.thread_time_ns()
        step = plan.extend(search)
        after = time.thread_time_ns()
        if step is None:
            return end_s, took_ms
        took_ms.append((after - before) * 1e-6)
        end_s = max(end_s, step.end_s)


def job_shop(quick: bool) -> Iterator[Row]:
    """All instances with a proven optimum."""
    problem = json.loads(INSTANCES.read_text())
    best = problem["optimum_two_vehicles"]
    ratios: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    for name, search in (("ours", SEARCH), ("bare", BARE)):
        ratios[name] = [solve(problem, key, search)[0] / best[key] for key in best]
        rounds = 1 if quick else 20
        times[name] = [
            ms for _ in range(rounds) for key in best for ms in solve(problem, key, search)[1]
        ]
    gaps = [100.0 * (ratio - 1.0) for ratio in ratios["ours"]]
    bare = [100.0 * (ratio - 1.0) for ratio in ratios["bare"]]
    facts = {
        "instances": len(best),
        "mean_gap_pct": sum(gaps) / len(gaps),
        "worst_gap_pct": max(gaps),
        "gaps_pct": dict(zip(best, gaps, strict=True)),
        "bare_mean_gap_pct": sum(bare) / len(bare),
        "bare_worst_gap_pct": max(bare),
    }
    yield Row(
        id="dispatch.job_shop.makespan",
        what="makespan of a job shop with two vehicles",
        against="the proven optimum",
        kind="floor",
        unit="optima",
        ours=Spread.of(ratios["ours"]),
        theirs=Spread.of([1.0] * len(best)),
        method="Bilge and Ulusoy 1995, every instance with a proven optimum; makespan over optimum",
        goal="mean at most 1.10",
        facts=facts,
    )
    yield Row(
        id="dispatch.job_shop.decision",
        what="one decision in it",
        against="the base rule without look-ahead",
        kind="floor",
        unit="ms",
        ours=Spread.of(times["ours"]),
        theirs=Spread.of(times["bare"]),
        method="processor time of one thread; a decision sends one vehicle",
        goal="at most 5 ms",
    )


def decisions(search: Search | None, hours: float) -> list[float]:
    """Processor time of each decision in the line of 20 vehicles and 469 slots, ms."""
    settings = Settings() if search is None else replace(Settings(), search=search)
    plant, book, took_ms = TwinPlant(seed=3), Book(), []
    site = plant.site(speed_m_per_s=settings.drive.speed_m_per_s)
    while plant.now_s < 3600.0 * hours:
        plant.advance(plant.now_s + 10.0)
        seen = plant.look()
        before = time.thread_time_ns()
        book, decided = decide(book, seen, site, settings)
        took_ms.append((time.thread_time_ns() - before) * 1e-6)
        plant.obey(decided.commands)
    return took_ms


def rows(quick: bool) -> Iterator[Row]:
    """The job shop where its data is, and the line."""
    if INSTANCES.is_file():
        yield from job_shop(quick)
    hours = 0.1 if quick else 2.0
    yield Row(
        id="dispatch.line.decision",
        what="one decision in the line: 20 vehicles, 469 slots",
        against="the base rule without look-ahead",
        kind="floor",
        unit="ms",
        ours=Spread.of(decisions(None, hours)),
        theirs=Spread.of(decisions(BARE, hours)),
        method="processor time of one thread; every happening and every 10 s, sent or not",
        goal="at most 5 ms",
        facts={"simulated_h": hours},
    )
