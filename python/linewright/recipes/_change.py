"""A change from one recipe to another in stages, tried on the twin before it is made.

What changes is split into moves: air (as fast as the zones go, a part of it before the weight and
the rest after), web speed with the pump in ratio, coat weight with the gap. Their order decides
what becomes scrap: every order is run on the twin's coater and dryer, and the one that leaves least
is taken, of those the quickest. The exhaust is raised for as long as it takes, as far as the
explosion limit asks; the dampers are set for the new recipe at the end.

The web is followed by the metre: a metre is A's or B's when weight, residual, adhesion, porosity
and thickness are in that recipe's tolerance, and scrap when it is neither's. A roll runs backwards
through the calender: the nip's ramp is planned on the metres of the weight's, and pressed from its
end.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from linewright import _core
from linewright.recipes._file import RecipeFile
from linewright.recipes._gate import Line, config_of
from linewright.recipes._moves import (
    MOVES,
    START_S,
    Array,
    Order,
    Schedule,
    Stage,
    moved,
    nip_ramp,
    orders_of,
    schedule_of,
    stages_of,
)

ROOM = 0.96
"""Share of the explosion limit that the exhaust is raised for."""
HZ = 5
PUMP_LAG_S = 4.0
EXIT_M = 78.0
"""End of the oven, metres of web behind the die."""
SAME = (
    "solids_fraction",
    "rho_solid_kg_per_m3",
    "rho_solvent_kg_per_m3",
    "solvent_slope_kg_per_m3_k",
    "coated_width_m",
    "foil_um",
    "rho_0_kg_per_m3",
    "rho_max_kg_per_m3",
    "yield_pa",
    "consistency_pa_sn",
    "flow_exponent",
    "tension_n_per_m",
    "calender_degc",
)
"""What a running line cannot change: another slurry, width, foil or roll temperature."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stages, and what came of them on the twin."""

    name: str
    order: tuple[str, ...]
    stages: tuple[Stage, ...]
    scrap_m: float
    """Web that is neither recipe's."""
    changeover_s: float
    """From the last metre of A to the first of B that only B follows."""
    longest_s: float
    """From the first move to the end of the last."""
    explosion_share: float
    """Highest share of the lower explosion limit on the way."""
    exhaust_m3_per_s: float
    """Exhaust of one side while it lasts."""
    tried: Mapping[str, float | None] = field(default_factory=dict)
    """Scrap of every order tried, m; nothing where it passes a limit or does not come to B."""


def plan_change(a: RecipeFile, b: RecipeFile, line: Line | None = None) -> Plan:
    """The stages from `a` to `b` that leave least scrap on the twin.

    Raises
    ------
    ValueError
        When it is no change of a running line (another slurry, width, foil, electrode), when
        nothing changes, or when every order passes the explosion limit or the pump's.
    """
    line = line or Line()
    other = [name for name in SAME if getattr(a.recipe, name) != getattr(b.recipe, name)]
    if a.electrode != b.electrode or other:
        what = ", ".join(other) or "electrode"
        raise ValueError(f"{what} cannot change on a running line: clean, then start {b.name}")
    moves = [move for move in MOVES if moved(a, b, move)]
    if not moves:
        raise ValueError(f"{a.name} and {b.name} are the same to the line")
    orders = orders_of(moves)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tries = list(pool.map(lambda order: _try(a, b, line, order), orders))
    possible = [plan for plan in tries if math.isfinite(plan.scrap_m)]
    tried = {
        ", ".join(plan.order): plan.scrap_m if math.isfinite(plan.scrap_m) else None
        for plan in tries
    }
    if not possible:
        raise ValueError(f"every order passes a limit on the way: {'; '.join(tried)}")
    best = min(possible, key=lambda plan: (round(plan.scrap_m), plan.longest_s))
    return replace(best, tried=tried)


def _between(low: float, high: float, share: Array) -> Array:
    return low + (high - low) * share


def _try(a: RecipeFile, b: RecipeFile, line: Line, order: Order) -> Plan:
    """One order on the twin, with as much exhaust as the explosion limit asks for."""
    allowed = min(a.tolerance["explosion_share"], b.tolerance["explosion_share"])
    least = max(a.dryer["exhaust_m3_per_s"], b.dryer["exhaust_m3_per_s"])
    plan = _run(a, b, line, order, least)
    if plan.explosion_share > ROOM * allowed:
        wanted = least * plan.explosion_share / (ROOM * ROOM * allowed)
        most = max(line.machine["exhaust_max_m3_per_s"], least)
        plan = _run(a, b, line, order, min(math.ceil(wanted), most))
    return plan if plan.explosion_share <= allowed else replace(plan, scrap_m=math.nan)


def _run(a: RecipeFile, b: RecipeFile, line: Line, order: Order, exhaust: float) -> Plan:
    """Run one order on the twin and follow the web by the metre."""
    schedule = schedule_of(a, b, order)
    time_s = np.arange(int(schedule.end_s * HZ)) / HZ
    share = {move: schedule.share(move, time_s) for move in MOVES}
    r, to = a.recipe, b.recipe
    speed = _between(r.web_speed_m_per_s, to.web_speed_m_per_s, share["speed"])
    weight = _between(r.areal_g_per_m2, to.areal_g_per_m2, share["weight"])
    flow = r.pump_flow_l_per_min * weight / r.areal_g_per_m2 * speed / r.web_speed_m_per_s
    names = [name for name, _ in _core.Twin.ACTUATORS]
    told = np.full((len(time_s), len(names)), np.nan)
    # the pump lags: it is told what it must give one lag later
    lead = PUMP_LAG_S * np.gradient(flow, 1.0 / HZ)
    told[:, names.index("coater.pump_flow")] = flow + lead
    for k in range(6):
        air = _between(a.dryer["zone_c"][k], b.dryer["zone_c"][k], share["air"])
        told[:, names.index(f"coater.zone_{k + 1}")] = air
    told[:, names.index("coater.exhaust_air")] = exhaust
    config = {**config_of(a, line), "noise_on": False, "disturbances_on": False}
    if span := schedule.span_s("speed"):
        size = to.web_speed_m_per_s / r.web_speed_m_per_s - 1.0
        drive = {"kind": "speed_upset", "at_s": span[0], "size": size, "ramp_s": span[1] - span[0]}
        config["faults"] = [drive]
    plant = _core.Twin(config, seed=0, base_hz=HZ)
    plant.run(told)
    series = {name: np.asarray(v) for name, v in plant.truth()["series"].items()}
    plan = _followed(a, b, schedule, series, exhaust)
    machine = line.machine
    reached = (
        machine["pump_min_l_per_min"] <= flow.min() <= flow.max() <= machine["pump_max_l_per_min"]
    )
    return plan if reached else replace(plan, scrap_m=math.nan)


def _followed(
    a: RecipeFile, b: RecipeFile, schedule: Schedule, series: Mapping[str, Array], exhaust: float
) -> Plan:
    """Which metre is whose."""
    position: Array = series["coater_position"]
    second_s: Array = np.arange(len(position), dtype=np.float64) + 1.0
    start_m = float(np.interp(START_S, second_s, position))
    metre = np.arange(math.ceil(start_m - EXIT_M), math.floor(position[-1] - EXIT_M))
    laid = a.recipe.areal_g_per_m2 * (1.0 + 0.01 * series["weight_deviation"])
    web = {
        "weight": np.interp(metre, position, laid),
        "residual": np.interp(metre + EXIT_M, position, series["residual_solvent"]),
        "adhesion": np.interp(metre + EXIT_M, position, series["adhesion"]),
    }
    web |= _pressed(a, b, metre, web["weight"], nip_ramp(a, b, schedule, second_s, position))
    good_a, good_b = (_good(recipe, web) for recipe in (a, b))
    bad_a, bad_b = np.flatnonzero(~good_a), np.flatnonzero(~good_b)
    last_a = int(bad_a[0]) if len(bad_a) else len(metre) - 1
    first_b = int(bad_b[-1]) + 1 if len(bad_b) else 0
    between = slice(min(last_a, first_b), max(last_a, first_b))
    ended = first_b < len(metre) - 1
    clock = np.interp(metre[[last_a, min(first_b, len(metre) - 1)]], position, second_s)
    return Plan(
        name=f"{a.name} to {b.name}",
        order=schedule.order,
        stages=stages_of(a, b, schedule, second_s, position - start_m),
        scrap_m=float(np.sum(~good_a[between] & ~good_b[between])) if ended else math.nan,
        changeover_s=max(0.0, float(clock[1] - clock[0])),
        longest_s=schedule.parts[-1].at_s[1] - START_S,
        explosion_share=float(np.max(series["explosion_share"][int(START_S) + 60 :])),
        exhaust_m3_per_s=exhaust,
    )


def _pressed(
    a: RecipeFile, b: RecipeFile, metre: Array, weight: Array, ramp: tuple[Array, Array]
) -> dict[str, Array]:
    """Porosity and thickness of each metre under the planned nip, by the compaction law."""
    share = np.interp(metre, *ramp)
    load = _between(a.recipe.line_load_n_per_mm, b.recipe.line_load_n_per_mm, share)
    span = b.recipe.areal_g_per_m2 - a.recipe.areal_g_per_m2
    heavier = (weight - a.recipe.areal_g_per_m2) / span if abs(span) > 1e-9 else share
    gamma = _between(a.recipe.gamma_n_per_mm, b.recipe.gamma_n_per_mm, heavier)
    r = a.recipe
    left = (r.rho_max_kg_per_m3 - r.rho_0_kg_per_m3) * np.exp(-load / gamma)
    density = r.rho_max_kg_per_m3 - left
    return {
        "porosity": 1.0 - density / r.rho_solid_kg_per_m3,
        "thickness": 1000.0 * weight / density,
    }


def good_metres(recipe: RecipeFile, web: Mapping[str, Array]) -> dict[str, npt.NDArray[np.bool_]]:
    """Which metres of `web` are in the recipe's tolerance, by quality: weight (g/m2), residual
    (ppm), adhesion, porosity (share) and thickness of a side (um)."""
    r, tolerance = recipe.recipe, recipe.tolerance
    return {
        "weight": 100.0 * np.abs(web["weight"] / r.areal_g_per_m2 - 1.0) <= tolerance["weight_pct"],
        "residual": web["residual"] <= tolerance["residual_ppm"],
        "adhesion": web["adhesion"] >= tolerance["adhesion"],
        "porosity": 100.0 * np.abs(web["porosity"] - r.porosity) <= tolerance["porosity_pp"],
        "thickness": np.abs(web["thickness"] - r.side_um) <= tolerance["thickness_um"],
    }


def _good(recipe: RecipeFile, web: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
    good: npt.NDArray[np.bool_] = np.logical_and.reduce(list(good_metres(recipe, web).values()))
    return good


def stage_sentences(plan: Plan) -> list[str]:
    """The plan for a person, stage by stage, in web metres."""
    lines = [
        f"{plan.name}: {', then '.join(plan.order)}; tried on the twin",
        f"  before  exhaust to {plan.exhaust_m3_per_s:g} m3/s",
    ]
    for stage in plan.stages:
        moves = ", ".join(
            f"{name.rsplit(' ', 1)[0]} {stage.before[name]:.4g} to {stage.after[name]:.4g} "
            f"{name.rsplit(' ', 1)[1]}"
            for name in stage.before
        )
        where = f"{stage.from_m:6.0f} to {stage.to_m:5.0f} m"
        lines.append(f"  {stage.move:<12} {where}, {stage.from_s / 60.0:5.1f} min: {moves}")
    if any(stage.move == "nip" for stage in plan.stages):
        lines.append("  the roll with the change runs backwards through the nip: last metre first")
    lines.append("  after   dampers set for the new recipe, exhaust to its own")
    lines.append(
        f"scrap {plan.scrap_m:.0f} m, changeover {plan.changeover_s / 60.0:.1f} min, all moves "
        f"{plan.longest_s / 60.0:.1f} min, explosion share at most {plan.explosion_share:.3f}"
    )
    others = [scrap for scrap in plan.tried.values() if scrap is not None]
    if len(plan.tried) > 1:
        worst = f"{max(others):.0f} m" if others else "none"
        lines.append(
            f"{len(plan.tried)} orders tried, {len(others)} within the limits, the worst: {worst}"
        )
    return lines
