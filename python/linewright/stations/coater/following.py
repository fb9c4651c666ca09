"""What the coater decides about a change of recipe: pure; no bus, no clock.

An order is checked, laid out over the coating metres from a little ahead of the die, and confirmed
as long as the hard lane follows it. When the hard lane stops (advisory mode, a permit that went, a
station that was dead) the change is held where it stands and nothing goes on by itself: only the
same order with `resume` goes on, from the metre of the plan where it was held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from linewright.recipes import Order, OrderError, RecipeFile, read_order
from linewright.stations.coater.drying import ZONES
from linewright.stations.coater.settings import Settings

ORDERED = "mes.change"
"""Where an order comes from."""
LEAD_M = 30.0
"""From the metre at the die to the first of the plan: the order has to arrive before it."""
AFTER_M = 150.0
"""Behind the last move until it is told what the change cost: its web is then behind the oven."""
STEP_M = 1.0

PROFILES = {
    "change_weight": "weight g/m2",
    "change_speed": "web m/s",
    **{f"change_zone_{k}": f"zone {k} degC" for k in range(1, ZONES + 1)},
    "change_exhaust": "",
}
"""Profile of the hard lane and the plan's set point behind it; the exhaust has none: it is raised
for as long as the change takes."""


@dataclass(frozen=True)
class Seen:
    """What the hard lane told last."""

    at_m: float = math.nan
    """Metre at the die."""
    place_m: float = math.nan
    """Metre at which the plan is read; stands while it is held."""
    moves: bool = False
    ready: bool = False
    """The gate lets the pump through."""
    made: bool = False
    """A change was begun since the core started."""
    number: int = 0
    origin_m: float = 0.0


@dataclass(frozen=True)
class Following:
    """A change that is being made, or stands held."""

    order: Order
    origin_m: float
    """Coating metre of the plan's start, moved on by the web that was made while it was held."""
    begun_m: float
    """Coating metre at which it was begun."""
    laid_m: tuple[float, float]
    """Coating metres of the nip's ramp: those on which the weight went over."""
    done_m: float = 0.0
    """How far the plan has been followed, m."""
    counted_from_m: float = 0.0
    """Metre of the plan from which this station has counted."""
    held: str = ""
    """Why it is held; empty while it is followed."""
    moved: bool = False
    """The hard lane has been seen to follow."""
    told: int = 0
    """Stages told."""
    scrap_m: float = 0.0
    residual_out_m: float = 0.0


@dataclass(frozen=True)
class State:
    """Of the soft side."""

    running: RecipeFile | None = None
    """The recipe a finished change has left; nothing while it is that of the settings."""
    following: Following | None = None
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True)
class Begin:
    """Hand the profiles to the hard lane: plan from `origin_m` on."""

    order: Order
    origin_m: float


@dataclass(frozen=True)
class Confirm:
    """Set or take back the order's confirmation."""

    on: bool


@dataclass(frozen=True)
class Weighed:
    """The weight's ramp as it was laid, coating metres: the calender presses by it."""

    order: str
    from_m: float
    to_m: float


@dataclass(frozen=True)
class Say:
    """A decision for the ledger."""

    decision: str
    detail: Mapping[str, Any]


Decision = Begin | Confirm | Weighed | Say


def ordered(
    state: State, body: object, settings: Settings, *, now_unix_s: int
) -> tuple[State, list[Decision]]:
    """An order came: begin, go on, or say why not.

    >>> _, said = ordered(State(), {"schema": 1}, Settings(), now_unix_s=0)
    >>> said[0].decision
    'change refused'
    """
    try:
        order = read_order(body, now_unix_s=now_unix_s)
    except OrderError as error:
        return state, [Say("change refused", {"because": str(error)})]
    resume = isinstance(body, dict) and body.get("resume") is True
    following, seen = state.following, state.seen
    if following is not None and following.order.hash == order.hash:
        if following.held and resume:
            return _resume(state, following)
        return state, []
    if following is None and seen.made and seen.number == order.number:
        return _found_again(state, order, resume=resume)
    because = _against(state, order, settings)
    if because:
        return state, [Say("change refused", {"because": because, "order": order.hash})]
    origin_m = math.ceil(seen.at_m + LEAD_M)
    begun = _begun(order, float(origin_m))
    detail = {
        "order": order.hash,
        "recipe_hash": order.b.hash,
        "from_m": origin_m,
        "to_m": origin_m + order.last_m,
        "planned_scrap_m": order.scrap_m,
        "by_hand": _by_hand(order),
    }
    said = Say(f"change {order.a.name} to {order.b.name} begun", detail)
    return replace(state, following=begun), [
        Begin(order, origin_m),
        Confirm(True),
        *_weighed(begun),
        said,
    ]


def _against(state: State, order: Order, settings: Settings) -> str:
    """Why an order for another change cannot begin now; empty when it can."""
    other, seen = state.following, state.seen
    if other is not None:
        return f"{other.order.a.name} to {other.order.b.name} is not finished"
    if not _runs(state, order.a, settings):
        return f"{order.a.name} is not the recipe that runs"
    if not (seen.ready and math.isfinite(seen.at_m)):
        return "the line is not in closed mode, or the pump's permit is missing"
    return _beyond(order, settings)


def _runs(state: State, recipe: RecipeFile, settings: Settings) -> bool:
    """Is it the recipe of the last change, or without one that of the settings?"""
    if state.running is not None:
        return state.running.hash == recipe.hash
    if state.seen.made:  # by a station before this one, and nobody knows which
        return False
    zones = zip(recipe.dryer["zone_c"], settings.dryer.zone_c, strict=True)
    return recipe.recipe == settings.recipe and all(math.isclose(x, y) for x, y in zones)


def _beyond(order: Order, settings: Settings) -> str:
    """What would leave the bounds of this coater; empty when nothing would."""
    limits, r = settings.change, settings.recipe
    if not limits.drive and any("web m/s" in stage.before for stage in order.coated):
        return "this coater does not move the web's drive"
    for name, of in (("weight g/m2", r.areal_g_per_m2), ("web m/s", r.web_speed_m_per_s)):
        for metre in (0.0, *(stage.to_m for stage in order.coated)):
            if not limits.least * of <= order.at(name, metre) <= limits.most * of:
                return f"{name} would leave the bounds of this coater"
    return ""


def _by_hand(order: Order) -> str:
    """What no actuator moves and a person has to."""
    gaps = [s.after["gap um"] for s in order.coated if "gap um" in s.after]
    return f"coating gap to {gaps[-1]:g} um on the weight's metres" if gaps else ""


def _resume(state: State, following: Following) -> tuple[State, list[Decision]]:
    """On from the metre of the plan where it was held; the web made meanwhile moves the rest of the
    plan on. What was laid before stays where it is."""
    seen = state.seen
    if not (seen.ready and math.isfinite(seen.at_m)):
        because = "the line is not in closed mode, or the pump's permit is missing"
        return state, [Say("change not resumed", {"because": because})]
    origin_m, nip, laid_m = seen.at_m - following.done_m, following.order.nip, following.laid_m
    if nip is not None and following.done_m < nip.to_m:
        from_m = origin_m + nip.from_m if following.done_m <= nip.from_m else laid_m[0]
        laid_m = (from_m, origin_m + nip.to_m)
    on = replace(following, origin_m=origin_m, laid_m=laid_m, held="", moved=False)
    said = Say("change resumed", {"order": on.order.hash, "plan_m": on.done_m})
    return replace(state, following=on), [
        Begin(on.order, origin_m),
        Confirm(True),
        *([] if laid_m == following.laid_m else _weighed(on)),
        said,
    ]


def _found_again(state: State, order: Order, *, resume: bool) -> tuple[State, list[Decision]]:
    """The order of before this station was started anew: the hard lane knows how far it is."""
    origin_m, done_m = state.seen.origin_m, state.seen.place_m - state.seen.origin_m
    if done_m >= order.last_m:
        return replace(state, running=order.b), []
    because = "the station was started anew"
    done_m = max(0.0, done_m)
    held = replace(
        _begun(order, origin_m),
        held=because,
        done_m=done_m,
        counted_from_m=done_m,
        told=sum(stage.to_m <= done_m for stage in order.coated),
    )
    if resume:
        return _resume(replace(state, following=held), held)
    said = Say("change held", {"because": because, "order": order.hash, "plan_m": held.done_m})
    return replace(state, following=held), [said]


def _begun(order: Order, origin_m: float) -> Following:
    nip = order.nip
    laid_m = (0.0, 0.0) if nip is None else (origin_m + nip.from_m, origin_m + nip.to_m)
    return Following(order=order, origin_m=origin_m, begun_m=origin_m, laid_m=laid_m)


def _weighed(following: Following) -> list[Decision]:
    """The nip's ramp on coating metres."""
    if following.order.nip is None:
        return []
    return [Weighed(following.order.hash, *following.laid_m)]


def stepped(state: State) -> tuple[State, list[Decision]]:
    """A barrier: confirm, tell stages, notice that the hard lane stands, finish."""
    following, seen = state.following, state.seen
    if following is None or following.held:
        return state, []
    moved = following.moved or seen.moves
    done_m = max(following.done_m, seen.place_m - following.origin_m) if moved else following.done_m
    following = replace(following, moved=moved, done_m=done_m)
    if not seen.ready or (moved and not seen.moves):
        held = replace(following, held="the hard lane does not follow: advisory, or a permit went")
        detail = {"because": held.held, "order": held.order.hash, "plan_m": done_m}
        return replace(state, following=held), [Confirm(False), Say("change held", detail)]
    decisions: list[Decision] = [Confirm(True)]
    for stage in following.order.coated[following.told :]:
        if done_m < stage.to_m:
            break
        where = {"from_m": stage.from_m, "to_m": stage.to_m, **dict(stage.after)}
        decisions.append(Say(f"change stage {stage.move} made", where))
        following = replace(following, told=following.told + 1)
    if done_m < following.order.last_m + AFTER_M:
        return replace(state, following=following), decisions
    order = following.order
    detail = {
        "order": order.hash,
        "weight_out_m": following.scrap_m,
        "residual_out_m": following.residual_out_m,
        "counted_from_m": following.counted_from_m,
        "planned_scrap_m": order.scrap_m,
        "length_m": following.origin_m + order.last_m - following.begun_m,
    }
    said = Say(f"change {order.a.name} to {order.b.name} made", detail)
    done = replace(state, running=order.b, following=None)
    return done, [*decisions[1:], Confirm(False), said]


def weighed_metre(state: State, metre: float, deviation: float) -> State:
    """One metre of the weight map, `deviation` from the set point of that metre: scrap when its
    weight is neither recipe's."""
    following = state.following
    if following is None or not math.isfinite(deviation):
        return state
    plan_m = metre - following.origin_m
    if not 0.0 <= plan_m <= following.order.last_m + AFTER_M:
        return state
    if following.held:
        plan_m = min(plan_m, following.done_m)
    laid = following.order.at("weight g/m2", plan_m) * (1.0 + deviation)
    if any(_weight_good(recipe, laid) for recipe in (following.order.a, following.order.b)):
        return state
    return replace(state, following=replace(following, scrap_m=following.scrap_m + STEP_M))


def _weight_good(recipe: RecipeFile, laid: float) -> bool:
    off_pct = 100.0 * abs(laid / recipe.recipe.areal_g_per_m2 - 1.0)
    return bool(off_pct <= recipe.tolerance["weight_pct"])


def dried(state: State, residual_ppm: float, length_m: float) -> State:
    """`length_m` of web left the oven with `residual_ppm`."""
    following = state.following
    if following is None or not length_m > 0.0:
        return state
    order = following.order
    limit = max(recipe.tolerance["residual_ppm"] for recipe in (order.a, order.b))
    if residual_ppm <= limit:
        return state
    out_m = following.residual_out_m + length_m
    return replace(state, following=replace(following, residual_out_m=out_m))


def profile(order: Order, name: str) -> list[float]:
    """Set point of a profile, metre by metre from the plan's start."""
    metres = [STEP_M * i for i in range(math.ceil(order.last_m / STEP_M) + 2)]
    if not PROFILES[name]:
        after = float(order.b.dryer["exhaust_m3_per_s"])
        return [*[order.exhaust_m3_per_s] * (len(metres) - 1), after]
    return [order.at(PROFILES[name], metre) for metre in metres]
