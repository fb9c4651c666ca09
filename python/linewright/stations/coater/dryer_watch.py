"""What the dryer loop watches: fans, supply air, front, residual, middle stage, explosion limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.coater.drying import ZONES, Design, Dryer

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop

LEVEL_S = 120.0
STEADY_SPEED = 0.01
STARTS_S = 300.0
"""From the start of the loop until a front out of its band is told: the zones get as long to make
up the lasting error of the thermometer."""
AWAY_S = 900.0
"""A front out of its band for so long is one that the feedback cannot bring back."""
DOUBTED_S = 120.0
"""A front that the residual speaks against for so long is doubted."""


class Seen(NamedTuple):
    """What the dryer's instruments say, bare numbers."""

    air: list[Edge]
    web: list[Edge]
    exhaust: list[Edge]
    flow: Edge
    residual: Edge
    load: Edge
    """Solvent laid over that of the recipe."""
    load_there: Edge
    """The same of the web at the front's thermometer."""
    speed: Edge
    """Web speed over that of the recipe."""
    inlet: Edge
    """Solvent in the nozzle air, g/m3."""
    gone: list[Edge]
    """Evaporation of each zone by its exhaust, one side, g/s."""


class Told(NamedTuple):
    """What was made of it."""

    front: Edge
    """Drying front, m through zones that dry."""
    share: Edge
    """Highest share of the explosion limit in any exhaust."""
    over: Edge
    """How far the air of the middle stage is above what the drying rate allows, K."""
    changed: Edge | None = None
    """1 from a change of recipe on; nothing where none can be made."""


class Moved(NamedTuple):
    """What the front's feedback asked for and what it was given, K."""

    front: Edge
    asked_k: Edge
    given_k: Edge
    changed: Edge | None


def watch_dryer(loop: Loop, d: Dryer, made: Design, seen: Seen, told: Told) -> None:
    """All detectors, each with its evidence and what is done about it. Those that compare with the
    recipe of the start say nothing once a change was made."""
    if told.changed is not None:
        told = told._replace(
            front=loop.select(told.changed, made.front_way_m, told.front),
            over=loop.select(told.changed, 1.0, told.over),
        )
    _fans(loop, d, made, seen, told.over)
    _limits(loop, d, made, seen, told)
    _middle_stage(loop, d, made, seen, told)


def explosion_share(loop: Loop, d: Dryer, seen: Seen) -> Edge:
    """Highest share of the explosion limit in any exhaust; 0 for water."""
    if not d.burns:
        return loop.const(0.0, "1")
    highest = seen.exhaust[0]
    for other in seen.exhaust[1:]:
        highest = loop.max(highest, other)
    share: Edge = loop.apply(lw.Ewma, highest / d.explosion_g_per_m3, time_constant_s=2.0)
    return share


def _fans(loop: Loop, d: Dryer, made: Design, seen: Seen, over: Edge) -> None:
    """A fan that gives less shows in its zone's evaporation within the sensor's lag.

    It is a fan when the zone before it, the speed, the supply air and the air of the middle zones
    stayed as they were, and, from the front on, when the zone also takes a smaller part of what is
    left: a thinner film has less to give in all of them. A zone that has hardly any solvent left
    cannot tell, so the last one never does.
    """
    behind = [seen.gone[-1]]
    for k in reversed(range(ZONES - 1)):
        behind.insert(0, behind[0] + seen.gone[k])
    speed_level = loop.apply(lw.Ewma, seen.speed, time_constant_s=LEVEL_S)
    inlet_level = loop.apply(lw.Ewma, seen.inlet, time_constant_s=LEVEL_S)
    steady = (abs(seen.speed / speed_level - 1.0) < STEADY_SPEED) & (
        abs(seen.inlet - inlet_level) < 0.5 * d.inlet_g_per_m3
    )
    steady = steady & (over < 0.0)
    before: Edge | None = None
    for k in (k for k in range(ZONES - 1) if made.dries[k]):
        warmer = (seen.air[k] - made.zone_c[k]) * made.evaporation_per_k[k] + 1.0
        drop = _drop(loop, seen.gone[k] / warmer)
        enough = loop.apply(lw.Ewma, seen.gone[k], time_constant_s=LEVEL_S)
        least = d.trip_drop if k <= made.front_zone + 1 else 1.5 * d.trip_drop
        trip = (drop > least) & steady & (enough > 0.5 * made.evaporated_g_per_s[k])
        if before is not None:
            trip = trip & (abs(before) < 0.5 * d.trip_drop)
        if k >= made.front_zone:
            trip = trip & (_drop(loop, seen.gone[k] / behind[k]) > 0.2 * d.trip_drop)
        before = drop
        loop.event(
            f"fan_trip_{k + 1}",
            trip,
            evidence={
                "drop": drop,
                "evaporated_g_per_s": seen.gone[k],
                "air": seen.air[k],
                "web": seen.web[k],
                "exhaust": seen.exhaust[k],
            },
            rule="evaporation of a zone below its level v1",
            decision="the other zones hold front and residual",
            priority="alarm",
            refractory_s=600.0,
        )


def _drop(loop: Loop, x: Edge) -> Edge:
    """How far `x` is below its level of the last minutes, relative."""
    level = loop.apply(lw.Ewma, x, time_constant_s=LEVEL_S)
    drop: Edge = 1.0 - loop.apply(lw.Ewma, x, time_constant_s=1.5) / level
    return drop


def _limits(loop: Loop, d: Dryer, made: Design, seen: Seen, told: Told) -> None:
    front, share = told.front, told.share
    off_m = front - made.front_way_m if made.steers else loop.const(0.0, "1")
    running = loop.apply(lw.OnDuration, loop.const(1.0, "1"))
    front_m = place_m(loop, made, d.zone_m, front)
    loop.event(
        "drying_front",
        (abs(off_m) > d.front_within_m) & (running > STARTS_S),
        evidence={
            "front_m": front_m,
            "off_m": off_m,
            "load": seen.load,
            "speed": seen.speed,
        },
        rule="front by web temperature out of its band v1",
        decision="zones up to the front's follow it",
        refractory_s=600.0,
    )
    inlet = loop.apply(lw.Ewma, seen.inlet, time_constant_s=10.0)
    loop.event(
        "inlet_solvent",
        abs(inlet - made.inlet_g_per_m3) > d.inlet_g_per_m3,
        evidence={"inlet": inlet, "share": share, "exhaust_flow": seen.flow},
        rule="last zone's exhaust off the recipe's inlet v1",
        decision="front fed forward; exhaust air raised when rich",
        refractory_s=1800.0,
    )
    # A line that starts wet is not told so: only one that was dry for a while.
    good = loop.apply(lw.Ewma, seen.residual < d.residual_limit_ppm, time_constant_s=300.0)
    loop.event(
        "residual_high",
        (seen.residual > d.residual_limit_ppm) & (good > 0.3),
        evidence={"residual_ppm": seen.residual, "front_m": front_m, "speed": seen.speed},
        rule="residual above its limit v1",
        decision="last zones raised; mark the web",
        priority="alarm",
        refractory_s=600.0,
    )
    if d.burns:
        loop.event(
            "explosion_share",
            share > d.explosion_limit,
            evidence={"share": share, "exhaust_flow": seen.flow, "inlet": inlet},
            rule="exhaust above the explosion limit's share v1",
            decision="exhaust air raised, zones bounded",
            priority="alarm",
            refractory_s=300.0,
        )


def over_drying(loop: Loop, made: Design, seen: Seen) -> Edge:
    """How far the air of the middle stage is above what the drying rate allows, K."""
    near, after = (seen.air[k] - made.hottest_c[k] for k in _middle(made))
    over: Edge = loop.apply(lw.Ewma, loop.max(near, after), time_constant_s=5.0)
    return over


def _middle(made: Design) -> tuple[int, int]:
    return made.front_zone, made.after


def place_m(loop: Loop, made: Design, zone_m: float, front: Edge) -> Edge:
    """Where a front that is told through drying zones stands, m from the entry."""
    for zone, dries in enumerate(made.dries):
        if not dries:
            front = loop.select(front > zone * zone_m, front + zone_m, front)
    return front


def watch_feedback(loop: Loop, d: Dryer, made: Design, seen: Seen, moved: Moved) -> None:
    """A front that the feedback cannot bring back, and one that the residual speaks against."""
    own = loop.const(1.0, "1") > 0.0 if moved.changed is None else ~moved.changed
    off_m = moved.front - made.front_way_m
    evidence = {"off_m": off_m, "asked_k": moved.asked_k, "given_k": moved.given_k}
    if made.steers:
        away_s = loop.apply(lw.OnDuration, (abs(off_m) > d.front_within_m) & own)
        loop.event(
            "front_away",
            away_s > AWAY_S,
            evidence=evidence,
            rule="front out of its band for a quarter of an hour v1",
            decision="zones stay at what their bounds allow",
            priority="alarm",
            refractory_s=3600.0,
        )
    wet = seen.residual > d.residual_limit_ppm
    good = loop.apply(lw.Ewma, ~wet, time_constant_s=600.0)
    against = (moved.asked_k < moved.given_k - 1.0) & wet & own
    against_s = loop.apply(lw.OnDuration, against)
    loop.event(
        "front_doubted",
        (against_s > DOUBTED_S) & (good > 0.3),
        evidence={**evidence, "residual_ppm": seen.residual},
        rule="front early while the residual is above its limit v1",
        decision="zones of the front not cooled below the recipe",
        priority="alarm",
        refractory_s=3600.0,
    )


def _middle_stage(loop: Loop, d: Dryer, made: Design, seen: Seen, told: Told) -> None:
    front, over = told.front, told.over
    near, after = _middle(made)
    loop.event(
        "over_drying",
        over > 1.0,
        evidence={
            "over_k": over,
            "air": seen.air[near],
            "air_next": seen.air[after],
            "front_m": place_m(loop, made, d.zone_m, front),
        },
        rule="air of the middle stage above what adhesion allows v1",
        decision="set point lowered by what the air is too hot; mark the web",
        priority="alarm",
        refractory_s=1800.0,
    )
