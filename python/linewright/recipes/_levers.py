"""Which lever mends what blocks a recipe: each is tried on the twin before it is named.

A lever is one change of the recipe, the smallest of its steps with which the reason it is for is
gone. It may bring up another reason: that is told as well. Drying has many levers that pull against
each other; when residual or adhesion blocks, air temperatures and exhaust are also sought together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from linewright import _core, drying
from linewright.recipes._file import RecipeFile
from linewright.recipes._gate import Line, Verdict, judge

DRAWS = 400
"""Draws of a try: a chance of 0.95 within 1.1 pp (one standard deviation)."""
SEARCH = 3000
"""Profiles of air a round of the search tries."""
ROUNDS = 8
DRYING = {"residual", "adhesion", "explosion"}
"""Reasons that the dryer answers for."""
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
SLOWEST = SHARES[-1]
"""Web speeds that the search tries, over the recipe's."""
Change = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One change and what comes of it."""

    about: str
    """The reason it mends."""
    says: str
    """The change in words."""
    change: Change
    """The same for the recipe file: table, key, value."""
    leaves: tuple[str, ...]
    """Reasons that stand with it: what else has to be mended."""


def levers(verdict: Verdict) -> list[Lever]:
    """Levers for every reason of a verdict, those that leave least to be mended first."""
    found: list[Lever] = []
    for about in dict.fromkeys(reason.about for reason in verdict.reasons):
        mends = [
            lever for steps in _STEPS.get(about, ()) if (lever := _first(verdict, about, steps))
        ]
        found += sorted(mends, key=lambda lever: len(lever.leaves))
    if DRYING & {reason.about for reason in verdict.reasons}:
        found += _staged(verdict)
    return found


def needed_sd(verdict: Verdict, about: str) -> tuple[str, float, float] | None:
    """What the line would have to hold for weight, thickness or porosity: name of the scatter, as
    it is, and the largest that would do; nothing when no scatter would."""
    chance = next(c for c in verdict.chances if c.name == about)
    if about not in ("weight", "thickness", "porosity") or chance.lo is None or chance.hi is None:
        return None
    names = ("weight_pct", "wander_pct") if about == "weight" else ("thickness_um",)
    parts = {name: float(verdict.line.scatter.get(name, 0.0)) for name in names}
    now = math.hypot(*parts.values())
    for share in np.linspace(1.0, 0.0, 41):
        held = {name: float(share) * part for name, part in parts.items()}
        if _chance_with(verdict, about, held):
            return (names[0], now, float(share) * now)
    return None


def _chance_with(verdict: Verdict, about: str, scatter: Mapping[str, float]) -> bool:
    line = replace(verdict.line, scatter={**verdict.line.scatter, **scatter})
    again = judge(verdict.recipe, line, draws=DRAWS, seed=verdict.seed)
    return about not in _against(again)


def _against(verdict: Verdict) -> dict[str, None]:
    """Reasons of a try, and the qualities that only the luck of so few draws may have let pass."""
    required = verdict.recipe.tolerance["required"]
    least = required + 2.0 * (required * (1.0 - required) / verdict.draws) ** 0.5
    thin = [c.name for c in verdict.chances if c.probability < min(least, 1.0)]
    return dict.fromkeys([reason.about for reason in verdict.reasons] + thin)


Steps = Callable[[RecipeFile, Line], Iterator[tuple[str, Change]]]


def _first(verdict: Verdict, about: str, steps: Steps) -> Lever | None:
    """The first of the steps with which the reason is gone."""
    for says, change in steps(verdict.recipe, verdict.line):
        left = _left(verdict, change)
        if left is not None and about not in left:
            return Lever(about=about, says=says, change=change, leaves=left)
    return None


def _left(verdict: Verdict, change: Change) -> tuple[str, ...] | None:
    """What stands against the recipe with a change; nothing when the twin cannot judge it."""
    try:
        changed = verdict.recipe.but(**change)
        again = judge(changed, verdict.line, draws=DRAWS, seed=verdict.seed)
    except (ValueError, _core.ConfigError):
        return None
    return None if again.outside else tuple(_against(again))


def _slower(recipe: RecipeFile, _line: Line) -> Iterator[tuple[str, Change]]:
    now = recipe.recipe.web_speed_m_per_s
    for share in (0.97, 0.94, 0.9, 0.86, 0.82, 0.78, 0.74, 0.7, 0.65, 0.6):
        speed = round(share * now, 3)
        says = f"web at {speed:g} m/s instead of {now:g} m/s"
        yield says, {"recipe": {"web_speed_m_per_s": speed}}


def _air(zones: tuple[int, ...], step_k: float) -> Steps:
    def steps(recipe: RecipeFile, line: Line) -> Iterator[tuple[str, Change]]:
        names = " and ".join(str(zone + 1) for zone in zones)
        for k in range(1, 13):
            air = list(recipe.dryer["zone_c"])
            for zone in zones:
                wanted = air[zone] + k * step_k
                lo, hi = line.machine["zone_min_c"], line.machine["zone_max_c"]
                air[zone] = min(max(wanted, lo), hi)
            shown = ", ".join(f"{air[zone]:g}" for zone in zones)
            plural = "zones" if len(zones) > 1 else "zone"
            yield f"{plural} {names} at {shown} degC", {"dryer": {"zone_c": tuple(air)}}

    return steps


def _more_exhaust(recipe: RecipeFile, line: Line) -> Iterator[tuple[str, Change]]:
    now, most = recipe.dryer["exhaust_m3_per_s"], line.machine["exhaust_max_m3_per_s"]
    for exhaust in np.arange(np.ceil(now + 0.5), most + 0.5):
        says = f"exhaust of {exhaust:g} m3/s instead of {now:g} m3/s"
        yield says, {"dryer": {"exhaust_m3_per_s": float(exhaust)}}


def _gap(recipe: RecipeFile, _line: Line) -> Iterator[tuple[str, Change]]:
    film_um = _core.whole_recipe(recipe.twin)["film_um"]
    # from the middle of the window, where both ends are far
    for ratio in (1.5, 1.4, 1.6, 1.3, 1.7):
        gap_um = 5.0 * round(ratio * film_um / 5.0)
        says = f"coating gap of {gap_um:g} um instead of {recipe.recipe.coating_gap_um:g} um"
        yield says, {"recipe": {"coating_gap_um": gap_um}}


def _looser(recipe: RecipeFile, _line: Line) -> Iterator[tuple[str, Change]]:
    now = recipe.recipe.porosity
    for pp in range(1, 11):
        says = f"porosity of {100 * now + pp:.1f} % instead of {100 * now:.1f} %"
        yield says, {"recipe": {"porosity": round(now + 0.01 * pp, 4)}}


_STEPS: dict[str, tuple[Steps, ...]] = {
    "residual": (_slower, _air((4, 5), 5.0)),
    "adhesion": (_air((2,), -10.0), _air((2, 3), -8.0)),
    "explosion": (_more_exhaust, _slower),
    "window": (_gap,),
    "front": (_slower, _air((0, 1, 2, 3), 5.0)),
    "crush": (_looser,),
    "machine": (_slower, _looser),
}


def _staged(verdict: Verdict) -> list[Lever]:
    """Air of all zones and exhaust sought together, the web slower only when it must be."""
    for share in SHARES:
        speed = round(share * verdict.recipe.recipe.web_speed_m_per_s, 3)
        recipe = {} if share == 1.0 else {"web_speed_m_per_s": speed}
        slower = verdict.recipe.but(recipe=recipe)
        air, exhaust = _search(slower, verdict.line, verdict.seed)
        change: Change = {"recipe": recipe, "dryer": {"zone_c": air, "exhaust_m3_per_s": exhaust}}
        left = _left(verdict, change)
        if left is None or DRYING & set(left):
            continue
        says = f"air of {', '.join(f'{x:g}' for x in air)} degC and exhaust of {exhaust:g} m3/s"
        says += f", web at {speed:g} m/s" if recipe else ""
        return [Lever(about="drying", says=says, change=change, leaves=left)]
    return []


def _search(recipe: RecipeFile, line: Line, seed: int) -> tuple[tuple[float, ...], float]:
    """Air and exhaust with most room to the limits of residual (when the dryer gives less than it
    should), adhesion (when it gives more) and explosion: random profiles, each round closer to the
    best so far."""
    rng = np.random.default_rng([seed, 0x5743])
    lo, hi = line.machine["zone_min_c"] + 1.0, line.machine["zone_max_c"]
    best = np.clip(np.array(recipe.dryer["zone_c"], dtype=float), lo, hi)
    best_room = -np.inf
    tolerance = recipe.tolerance
    margin = 0.01 * line.scatter["heat_pct"] * NormalDist().inv_cdf(tolerance["required"])
    for round_ in range(ROUNDS):
        spread = (hi - lo) * 0.6**round_
        air = np.clip(best + spread * rng.uniform(-1.0, 1.0, (SEARCH, drying.ZONES)), lo, hi)
        air = np.round(np.vstack([best, air]))
        wet, harsh = (_outcome(recipe, line, air, heat) for heat in (1.0 - margin, 1.0 + margin))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rooms = [
                np.log(tolerance["residual_ppm"] / wet.residual_ppm) / 3.0,
                np.log(harsh.adhesion / max(tolerance["adhesion"], 1e-3)),
            ]
        room = np.nan_to_num(np.minimum(*rooms), nan=-np.inf)
        at_best = int(np.argmax(room))
        if room[at_best] > best_room:
            best, best_room = air[at_best], float(room[at_best])
    exhaust = recipe.dryer["exhaust_m3_per_s"]
    while exhaust < line.machine["exhaust_max_m3_per_s"]:
        changed = recipe.but(dryer={"zone_c": tuple(best), "exhaust_m3_per_s": exhaust})
        made_of = judge(changed, line, draws=100, seed=seed)
        if made_of.outside or "explosion" not in {r.about for r in made_of.reasons}:
            break
        exhaust = min(np.floor(exhaust) + 1.0, line.machine["exhaust_max_m3_per_s"])
    return tuple(float(x) for x in best), float(exhaust)


def _outcome(recipe: RecipeFile, line: Line, air: Any, heat: float) -> drying.Outcome:
    made, dryer = recipe.recipe, recipe.dryer
    return drying.outcome(
        solvent="nmp" if recipe.electrode == "cathode" else "water",
        dry_g_per_m2=made.areal_g_per_m2,
        solids_fraction=made.solids_fraction,
        critical_fraction=dryer["critical_fraction"],
        web_m_per_s=made.web_speed_m_per_s,
        air_c=air,
        heat_w_per_m2_k=heat * line.heat_ratio * np.array(dryer["heat_w_per_m2_k"]),
        vapour_pa=dryer["vapour_pa"],
        exhaust_m3_per_s=dryer["exhaust_m3_per_s"] / drying.ZONES,
        width_m=made.coated_width_m,
    )
