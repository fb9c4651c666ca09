"""The moves of a change between two recipes: their order, their times, their set points."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linewright.recipes._file import RecipeFile

Array = npt.NDArray[np.float64]
MOVES = ("air", "speed", "weight")
PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Share of the air's move that is made before the weight's."""
START_S = 300.0
"""Production of A before the first move: the oven is full of it."""
SETTLE_S = 420.0
"""After a move of the air: three lags of a zone and the web's passage."""
PAUSE_S = 120.0
"""After a move of speed or weight, so that the next one does not meet it in the oven."""
TAIL_S = 900.0
AIR_K_PER_MIN = 2.5
"""How fast the zones are told to move; they can do 3."""
SPEED_M = 60.0
"""Web over which the speed changes."""
WEIGHT_M = 20.0
"""Web over which the weight changes: the pump follows within it."""
PRESS_N_PER_MM_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One move, in metres of web laid since the first."""

    move: str
    """`air`, `speed`, `weight` or `nip`."""
    from_m: float
    to_m: float
    from_s: float
    to_s: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    """Set points by name with unit, before and after."""


@dataclass(frozen=True)
class Part:
    """A move, or a part of one: from and to which share of it, and when."""

    move: str
    share: tuple[float, float]
    at_s: tuple[float, float] = (0.0, 0.0)

    @property
    def word(self) -> str:
        """What it is called."""
        whole = self.share == (0.0, 1.0)
        return self.move if whole else f"{self.move} to {100.0 * self.share[1]:.0f} %"


Order = tuple[Part, ...]


@dataclass(frozen=True)
class Schedule:
    """One order of moves with its times."""

    parts: Order
    end_s: float

    @property
    def order(self) -> tuple[str, ...]:
        """The moves by their words."""
        return tuple(part.word for part in self.parts)

    def share(self, move: str, time_s: Array) -> Array:
        """How far a move is, 0 to 1."""
        knots = [
            (t, s)
            for p in self.parts
            if p.move == move
            for t, s in zip(p.at_s, p.share, strict=True)
        ]
        if not knots:
            return np.zeros(len(time_s))
        at, share = zip(*knots, strict=True)
        made: Array = np.interp(time_s, at, share)
        return made

    def span_s(self, move: str) -> tuple[float, float] | None:
        """When a move starts and ends; nothing when it is not made."""
        found = [part.at_s for part in self.parts if part.move == move]
        return (found[0][0], found[-1][1]) if found else None


def orders_of(moves: list[str]) -> list[Order]:
    """Every order of the moves, the air's in parts around the weight's."""
    if "air" not in moves or "weight" not in moves:
        every = itertools.permutations(moves)
        return [tuple(Part(move, (0.0, 1.0)) for move in order) for order in every]
    made = []
    for part in PARTS:
        air = [Part("air", (0.0, part))] if part > 0.0 else []
        rest = [Part("air", (part, 1.0))] if part < 1.0 else []
        base = [*air, Part("weight", (0.0, 1.0)), *rest]
        places = range(len(base) + 1) if "speed" in moves else [0]
        for at in places:
            speed = [Part("speed", (0.0, 1.0))] if "speed" in moves else []
            made.append((*base[:at], *speed, *base[at:]))
    return made


def moved(a: RecipeFile, b: RecipeFile, move: str) -> bool:
    """Does this move change anything?"""
    return set_points(a, move) != set_points(b, move)


def set_points(recipe: RecipeFile, move: str) -> dict[str, float]:
    r, dryer = recipe.recipe, recipe.dryer
    match move:
        case "air":
            return {f"zone {k} degC": float(c) for k, c in enumerate(dryer["zone_c"], start=1)}
        case "speed":
            return {"web m/s": r.web_speed_m_per_s}
        case _:
            return {"weight g/m2": r.areal_g_per_m2, "gap um": r.coating_gap_um}


def schedule_of(a: RecipeFile, b: RecipeFile, order: Order) -> Schedule:
    """One move after the other, each with the time it needs."""
    speed = a.recipe.web_speed_m_per_s
    steps_k = np.abs(np.subtract(b.dryer["zone_c"], a.dryer["zone_c"]))
    made, now_s = [], START_S
    for part in order:
        match part.move:
            case "air":
                by = part.share[1] - part.share[0]
                lasts_s, rest_s = 60.0 * by * float(steps_k.max()) / AIR_K_PER_MIN, SETTLE_S
            case "speed":
                mean = 0.5 * (speed + b.recipe.web_speed_m_per_s)
                lasts_s, rest_s = SPEED_M / mean, PAUSE_S
                speed = b.recipe.web_speed_m_per_s
            case _:
                lasts_s, rest_s = WEIGHT_M / speed, PAUSE_S
        made.append(replace(part, at_s=(now_s, now_s + lasts_s)))
        now_s += lasts_s + rest_s
    return Schedule(tuple(made), made[-1].at_s[1] + TAIL_S)


def nip_ramp(
    a: RecipeFile, b: RecipeFile, schedule: Schedule, second_s: Array, position: Array
) -> tuple[Array, Array]:
    """Metres and shares of the nip's ramp: those of the weight, and no steeper than the press."""
    last_s = schedule.parts[-1].at_s[1]
    from_m, to_m = np.interp(schedule.span_s("weight") or (last_s, last_s), second_s, position)
    step = abs(b.recipe.line_load_n_per_mm - a.recipe.line_load_n_per_mm)
    least_m = step / PRESS_N_PER_MM_S * a.recipe.calender_speed_m_per_s
    return np.array([from_m, max(to_m, from_m + least_m) + 1e-6]), np.array([0.0, 1.0])


def stages_of(
    a: RecipeFile, b: RecipeFile, schedule: Schedule, second_s: Array, laid_m: Array
) -> tuple[Stage, ...]:
    """The moves with their metres; the pump goes with speed and weight."""
    weight, speed = a.recipe.areal_g_per_m2, a.recipe.web_speed_m_per_s
    made = []
    for part in schedule.parts:
        whole = (set_points(a, part.move), set_points(b, part.move))
        before, after = (
            {name: x + share * (whole[1][name] - x) for name, x in whole[0].items()}
            for share in part.share
        )
        if part.move != "air":
            before["pump L/min"] = _pump(a, weight, speed)
            weight = b.recipe.areal_g_per_m2 if part.move == "weight" else weight
            speed = b.recipe.web_speed_m_per_s if part.move == "speed" else speed
            after["pump L/min"] = _pump(a, weight, speed)
        from_m, to_m = (float(x) for x in np.interp(part.at_s, second_s, laid_m))
        changed = [name for name in before if abs(before[name] - after[name]) > 1e-9]
        made.append(
            Stage(
                move=part.word,
                from_m=from_m,
                to_m=to_m,
                from_s=part.at_s[0] - START_S,
                to_s=part.at_s[1] - START_S,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )
        )
    loads = (a.recipe.line_load_n_per_mm, b.recipe.line_load_n_per_mm)
    if abs(loads[0] - loads[1]) > 0.05:
        (from_m, to_m), _ = nip_ramp(a, b, schedule, second_s, laid_m)
        times = np.interp([from_m, to_m], laid_m, second_s) - START_S
        made.append(
            Stage(
                move="nip",
                from_m=float(from_m),
                to_m=float(to_m),
                from_s=float(times[0]),
                to_s=float(times[1]),
                before={"nip N/mm": loads[0]},
                after={"nip N/mm": loads[1]},
            )
        )
    return tuple(made)


def _pump(recipe: RecipeFile, weight: float, speed: float) -> float:
    r = recipe.recipe
    return r.pump_flow_l_per_min * weight / r.areal_g_per_m2 * speed / r.web_speed_m_per_s
