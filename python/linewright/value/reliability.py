"""Does the recipe gate keep what it says?

Random recipe changes, each predicted by the gate and then run on the whole line's twin in closed
loop, with a press and a dryer of its own.

    python -m linewright.value.reliability --changes 500 --seed 1 --workers 2

A change's line differs from its recipe in compaction resistance, heat transfer and the solids of
its batch, by a spread that the gate is told and by draws that it is not; gauges are off, web and
supply air wander by the twin's own doing. How the closed loop scatters weight and thickness is
learned from other runs beforehand. What is compared: the chance the gate gave each quality, and the
share of the time that it was in tolerance.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright import recipes
from linewright.line import LineErrors, load, run_inline
from linewright.recipes import Line, RecipeFile, config_of
from linewright.value.scratch import scratch

Array = npt.NDArray[np.float64]
QUALITIES = ("porosity", "thickness", "weight", "residual", "adhesion")
RUN_S = 1500.0
MEASURE_S = 600.0
"""Last part of a run that is measured."""
JUMBO_M = 300.0
"""Short rolls: the press works on web coated in the same run."""
RESISTANCE_PCT, HEAT_PCT = 4.0, 2.0
"""Spread of the lines around the recipe's figures, standard deviation."""
WANDER_PCT = 0.5
"""Wander of the nozzles, the twin's own."""
INLET_G_PER_M3, SOLIDS_PP = 0.2, 0.15
"""Wander of the supply air and spread of the batches, the twin's own."""
BINS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
STAGED_C = (130.0, 107.0, 41.0, 118.0, 130.0, 130.0)
DRAWS = 4000

LINE = """\
schema = 1
[line]
name = "change"
seed = SEED
[time]
mode = "simulated"
duration_s = RUN_S
lockstep_s = 5.0
[io]
driver = "twin"
truth_file = "TRUTH"
twin = TWIN
[stations.coater]
settings = COATER
[stations.calender]
settings = CALENDER
[actuators."coater.pump_flow"]
unit = "L/min"
lo = 2.0
hi = 8.5
max_rate_per_s = 2.0
nudge_budget = 6.5
nudge_window_s = 3600.0
fallback = "hold"
resolution = 0.003
read_back_tolerance = 0.01
lease_s = 5.0
[actuators."calender.line_load"]
unit = "N/mm"
lo = 200.0
hi = 1500.0
max_rate_per_s = 300.0
nudge_budget = 1300.0
nudge_window_s = 3600.0
fallback = "hold"
resolution = 1.0
read_back_tolerance = 1.0
lease_s = 5.0
[gate]
permit = "closed"
arm_at_start = "reliability"
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One change on one line: what was predicted, what came."""

    seed: int
    recipe: str
    predicted: dict[str, float]
    """Chance by quality; empty when only the scatter was wanted."""
    seen: dict[str, float]
    """Share of the measured time in tolerance."""
    standing_pct: float
    """Weight beside its target, mean of the measured time."""
    wander_pct: float
    """Weight about that mean, standard deviation."""
    thickness_um: float
    """Side of the sheet beside target and moving weight, root mean square."""


def random_change(seed: int) -> RecipeFile:
    """A recipe around A, with tolerances wide and narrow, so that chances are small and large."""
    rng = np.random.default_rng([seed, 0x7265])
    weight, speed = rng.uniform(190.0, 230.0), rng.uniform(0.85, 1.05)
    air = np.clip(np.array(STAGED_C) + rng.normal(0.0, 5.0, 6), 45.0, 130.0)
    recipe = {
        "areal_g_per_m2": round(weight, 1),
        "web_speed_m_per_s": round(speed, 3),
        "porosity": round(rng.uniform(0.24, 0.285), 3),
        "coating_gap_um": 5.0 * round(1.6 * weight * 0.641 / 5.0),
        "gamma_n_per_mm": round(550.0 * weight / 220.0, 1),
    }
    dryer = {"zone_c": [round(x, 1) for x in air], "exhaust_m3_per_s": 14.0}
    meant = recipes.judge(RecipeFile.of(f"R{seed}", recipe=recipe, dryer=dryer), draws=100, seed=0)
    mean = {chance.name: chance.mean for chance in meant.chances}
    tolerance = {
        "porosity_pp": round(rng.uniform(0.12, 0.9), 3),
        "thickness_um": round(rng.uniform(0.08, 0.7), 3),
        "weight_pct": round(rng.uniform(0.12, 0.9), 3),
        "residual_ppm": round(mean["residual"] * math.exp(rng.normal(0.15, 0.25)), 1),
        "adhesion": round(mean["adhesion"] * (1.0 + rng.normal(-0.001, 0.003)), 4),
    }
    return RecipeFile.of(f"R{seed}", recipe=recipe, dryer=dryer, tolerance=tolerance)


REFUSED, UNBUILT = "refused", "unbuilt"


def run_change(seed: int, scatter: dict[str, float] | None) -> Run | str:
    """Predict a change and run it.

    `REFUSED` when the gate does not judge it, or blocks it because no coater can be made for it;
    `UNBUILT` when it did not say so and none can.
    """
    recipe = random_change(seed)
    rng = np.random.default_rng([seed, 0x6C6E])
    spread = np.exp(0.01 * rng.normal(0.0, [RESISTANCE_PCT, HEAT_PCT]))
    line = Line() if scatter is None else Line(scatter=scatter)
    verdict = recipes.judge(recipe, line, draws=DRAWS, seed=seed)
    if verdict.outside or "front" in {reason.about for reason in verdict.reasons}:
        return REFUSED
    try:
        truth = _truth(seed, recipe, float(spread[0]), float(spread[1]))
    except LineErrors:
        return UNBUILT
    off = _deviations(truth, recipe)
    tolerance = recipe.tolerance
    good = {
        "porosity": np.abs(off["porosity"]) <= tolerance["porosity_pp"],
        "thickness": np.abs(off["thickness"]) <= tolerance["thickness_um"],
        "weight": np.abs(off["weight"]) <= tolerance["weight_pct"],
        "residual": off["residual"] <= tolerance["residual_ppm"],
        "adhesion": off["adhesion"] >= tolerance["adhesion"],
    }
    return Run(
        seed=seed,
        recipe=recipe.name,
        predicted={} if scatter is None else {c.name: c.probability for c in verdict.chances},
        seen={name: float(np.mean(good[name])) for name in QUALITIES},
        standing_pct=float(np.mean(off["weight"])),
        wander_pct=float(np.std(off["weight"])),
        thickness_um=float(np.sqrt(np.mean(_not_followed(off, recipe) ** 2))),
    )


def _truth(seed: int, recipe: RecipeFile, resistance: float, heat: float) -> dict[str, Any]:
    """What the line's twin truly did with the recipe, released or not: that is what is tested."""
    own = config_of(recipe, Line(resistance_ratio=resistance, heat_ratio=heat))
    made = asdict(recipe.recipe)
    coater = {"recipe": made, "dryer": dict(recipe.dryer), "geometry": {"jumbo_m": JUMBO_M}}
    with scratch() as folder:
        text = LINE
        for word, value in (
            ("SEED", seed),
            ("RUN_S", RUN_S),
            ("TRUTH", str(folder / "truth.json")),
            ("TWIN", _toml({**own, "jumbo_m": JUMBO_M, "batch": {"on": True}})),
            ("COATER", _toml(coater)),
            ("CALENDER", _toml({"recipe": made})),
        ):
            text = text.replace(word, str(value), 1)
        (folder / "line.toml").write_text(text)
        run_inline(load(folder / "line.toml"), folder / "run")
        truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return truth


def _toml(value: Any) -> str:
    """A value as it stands in a TOML file, tables inline."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case bool():
            return str(value).lower()
        case float() | int():
            return repr(value)
    return json.dumps(value)


def _deviations(truth: dict[str, Any], recipe: RecipeFile) -> dict[str, Array]:
    """Each quality over the measured time: off its target, or itself where only a limit counts."""
    series = {
        one["name"]: np.array([math.nan if x is None else x for x in one["values"]])[
            -int(MEASURE_S) :
        ]
        for one in truth["series"]
    }
    side_um = 0.5 * (series["thickness"] - recipe.recipe.foil_um)
    return {
        "porosity": series["porosity_deviation"],
        "thickness": side_um - recipe.recipe.side_um,
        "weight": series["weight_deviation"],
        "pressed": series["calendered_weight_deviation"],
        "residual": series["residual_solvent"],
        "adhesion": series["adhesion"],
    }


def _not_followed(off: dict[str, Array], recipe: RecipeFile) -> Array:
    """Thickness beside what the moving weight makes of it."""
    moving = off["pressed"] - np.mean(off["pressed"])
    rest: Array = off["thickness"] - 0.01 * moving * recipe.recipe.side_um
    return rest


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Predictions of like size beside what came."""

    lo: float
    hi: float
    n: int
    predicted: float
    seen: float
    error: float
    """Standard error of `seen - predicted`."""


def bins(pairs: Array) -> list[Bin]:
    """Predicted chance and seen share (columns) by size of the prediction."""
    made = []
    edges = np.array(BINS)
    where = np.clip(np.searchsorted(edges, pairs[:, 0], side="right") - 1, 0, len(edges) - 2)
    for k in range(len(edges) - 1):
        here = pairs[where == k]
        if len(here) >= 2:
            off = here[:, 1] - here[:, 0]
            made.append(
                Bin(
                    lo=float(edges[k]),
                    hi=float(edges[k + 1]),
                    n=len(here),
                    predicted=float(here[:, 0].mean()),
                    seen=float(here[:, 1].mean()),
                    error=float(off.std(ddof=1) / math.sqrt(len(off))),
                )
            )
    return made


def learn_scatter(runs: list[Run]) -> dict[str, float]:
    """Scatter of the closed loop: weight that stands off between lines, weight that moves along the
    web, thickness beside it. The rest is what the lines are drawn with."""

    def rms(values: list[float]) -> float:
        return math.sqrt(float(np.mean(np.square(values))))

    return {
        "weight_pct": rms([run.standing_pct for run in runs]),
        "wander_pct": rms([run.wander_pct for run in runs]),
        "thickness_um": rms([run.thickness_um for run in runs]),
        "resistance_pct": RESISTANCE_PCT,
        "heat_pct": math.hypot(HEAT_PCT, WANDER_PCT),
        "inlet_g_per_m3": INLET_G_PER_M3,
        "solids_pp": SOLIDS_PP,
    }


def reliability(*, changes: int, learn: int, seed: int, workers: int) -> dict[str, Any]:
    """Learn the scatter from `learn` runs, then predict and run `changes` others."""
    first = 100_000 * seed
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        taught = pool.map(run_change, range(first, first + learn), [None] * learn)
        scatter = learn_scatter([run for run in taught if isinstance(run, Run)])
        seeds = range(first + learn, first + learn + changes)
        made = []
        for run in pool.map(run_change, seeds, [scatter] * changes, chunksize=4):
            made.append(run)
            if sys.stderr.isatty():
                print(f"\r{len(made)} of {changes}", end="", file=sys.stderr)
    runs = [run for run in made if isinstance(run, Run)]
    pairs = {
        name: np.array([(run.predicted[name], run.seen[name]) for run in runs])
        for name in QUALITIES
    }
    every = np.concatenate(list(pairs.values()))
    pooled = bins(every)
    return {
        "seed": seed,
        "changes": changes,
        "judged": len(runs),
        "refused": made.count(REFUSED),
        "unbuilt": made.count(UNBUILT),
        "learned_from": learn,
        "scatter": scatter,
        "all": [asdict(one) for one in pooled],
        "mean_off": float(
            np.average([abs(b.seen - b.predicted) for b in pooled], weights=[b.n for b in pooled])
        ),
        "by_quality": {
            name: {
                "predicted": float(pair[:, 0].mean()),
                "seen": float(pair[:, 1].mean()),
                "error": float((pair[:, 1] - pair[:, 0]).std(ddof=1) / math.sqrt(len(pair))),
                "bins": [asdict(one) for one in bins(pair)],
            }
            for name, pair in pairs.items()
        },
    }


def told(result: dict[str, Any]) -> list[str]:
    """The result as a table for people."""
    lines = [
        f"{result['judged']} of {result['changes']} changes judged and run, {result['refused']} "
        f"refused, {result['unbuilt']} that no coater could be made for; scatter learned:"
    ]
    lines += [f"  {name} {value:.3f}" for name, value in result["scatter"].items()]
    lines.append("  predicted       n   mean predicted   seen    off, points (SE)")
    for one in result["all"]:
        off, error = 100 * (one["seen"] - one["predicted"]), 100 * one["error"]
        lines.append(
            f"  {one['lo']:.2f} to {one['hi']:.2f} {one['n']:5d}   {one['predicted']:.3f}"
            f"            {one['seen']:.3f}   {off:+.1f} ({error:.1f})"
        )
    lines.append(f"mean off over all predictions: {100 * result['mean_off']:.1f} points")
    for name, of in result["by_quality"].items():
        off = 100 * (of["seen"] - of["predicted"])
        lines.append(
            f"  {name:<10} predicted {of['predicted']:.3f}, seen {of['seen']:.3f}: {off:+.1f} "
            f"({100 * of['error']:.1f})"
        )
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0, and 1 when the mean is off by more than `--within` points."""
    parser = argparse.ArgumentParser(prog="python -m linewright.value.reliability")
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--learn", type=int, default=100, help="runs the scatter is learned from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--within", type=float, default=3.0, help="points")
    parser.add_argument("--out", type=Path, help="result as JSON")
    given = parser.parse_args(arguments)
    if given.changes < 10 or given.learn < 10 or given.workers < 1 or given.seed < 0:
        parser.error("needs at least 10 changes, 10 runs to learn from, 1 worker and a seed >= 0")
    result = reliability(
        changes=given.changes, learn=given.learn, seed=given.seed, workers=given.workers
    )
    if given.out is not None:
        given.out.write_text(json.dumps(result, indent=1) + "\n")
    print("\n".join(told(result)))
    return 0 if 100.0 * result["mean_off"] <= given.within else 1


if __name__ == "__main__":
    sys.exit(main())
