"""The recipe gate: what a verdict costs, and a change in stages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
from linewright import drying, recipes

from bench._machine import ROOT
from bench._measure import Row, Spread, alternate

EXAMPLES = ROOT / "examples" / "recipes"
DRAWS = 10_000


def rows(quick: bool) -> Iterator[Row]:
    """A verdict from 10,000 draws beside what their passages through the dryer alone cost."""
    recipe = recipes.read_recipe(EXAMPLES / "A.toml")
    made = recipe.recipe
    heat = np.array(recipe.dryer["heat_w_per_m2_k"])
    draws = 1.0 + 0.02 * np.random.default_rng(1).standard_normal(DRAWS)

    def verdict() -> float:
        start = time.perf_counter()
        word = recipes.judge(recipe, draws=DRAWS, seed=1).word
        seconds = time.perf_counter() - start
        if word != "release":
            raise RuntimeError(f"recipe A: {word}")
        return seconds

    def passages() -> float:
        start = time.perf_counter()
        drying.outcome(
            solvent="nmp",
            dry_g_per_m2=made.areal_g_per_m2,
            solids_fraction=made.solids_fraction,
            critical_fraction=recipe.dryer["critical_fraction"],
            web_m_per_s=made.web_speed_m_per_s,
            air_c=np.array(recipe.dryer["zone_c"]),
            heat_w_per_m2_k=draws[:, None] * heat,
            vapour_pa=recipe.dryer["vapour_pa"],
            exhaust_m3_per_s=recipe.dryer["exhaust_m3_per_s"] / drying.ZONES,
        )
        return time.perf_counter() - start

    ours, theirs = alternate([verdict, passages], 5 if quick else 51)
    yield Row(
        id="recipe_gate.verdict",
        what=f"recipes.judge, {DRAWS:,} draws",
        against="drying.outcome of as many passages, one thread",
        kind="floor",
        unit="s",
        ours=Spread.of(ours),
        theirs=Spread.of(theirs),
        method="wall time of a call, in turns",
        goal="at most 1 s",
        facts={"draws": DRAWS, "threads": os.cpu_count() or 1},
    )
