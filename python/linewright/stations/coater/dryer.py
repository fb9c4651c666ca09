"""The coater's dryer loop: drying front, residual solvent, explosion limit, fans and supply air.

The front is held by the air of the zones up to its own, with what the solvent load, the web speed
and the supply air will do to it fed forward; the residual by the last zones. Every zone's set point
makes up what its air is off, and stays below what heater, drying rate and explosion limit allow.
Temperatures are taken as bare numbers of degC from the inputs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.coater.change import Change
from linewright.stations.coater.dryer_watch import (
    LEVEL_S,
    STEADY_SPEED,
    Moved,
    Seen,
    Told,
    explosion_share,
    over_drying,
    place_m,
    watch_dryer,
    watch_feedback,
)
from linewright.stations.coater.drying import (
    THERMOMETER_AT,
    ZONES,
    Design,
    Dryer,
    Front,
    design,
    inside_way_m,
)
from linewright.stations.coater.gauges import Slurry
from linewright.stations.coater.settings import Settings

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

RATE_HZ = 1.0
ACTUATORS = tuple(f"coater.zone_{k}" for k in range(1, ZONES + 1))
EXHAUST = "coater.exhaust_air"
OFF_LIMIT_K = 60.0
"""Largest error of a zone's air that its set point makes up."""
FRONT_LIMIT_K = 40.0
"""Largest move of the zones that hold the front; likewise of those that hold the residual."""
RESIDUAL_COOLER_K = 10.0
"""Most that the last zones are cooled below their design when the web comes dry: they are slow to
come back."""
DRIER = 0.25
"""Most of a residual below its aim, relative, that the last zones are cooled for: a web that stands
slow for a minute comes nearly dry, and would leave wet with zones cooled for it."""
BORNE = 0.8
"""Share of the way from the residual's aim to its limit that is borne where drying it costs
adhesion."""
SENSOR_S = 5.0
"""Lag of an exhaust solvent sensor with its sampling line."""
FOLLOW_S = 15.0
"""Time in which the front's controller gives way to what the zones' rate limit let through."""
FADE_S = 300.0
"""Time in which the dryer's feedback gives way to the air of a plan."""
MARGIN = 0.98
"""Share of the explosion limit that a set point may lead to: a hundredth for the sensor, one for
the air that follows."""

WET_BELOW = 0.05
"""Dryness `w` below which a thermometer does not tell where the front is."""


def wire_dryer(g: Graph, s: Settings, slurry: Slurry, change: Change | None = None) -> None:
    """Watches the dryer; with `dryer.control` moves its zones and its exhaust."""
    made = design(s.dryer, s.recipe)
    with g.loop("dryer", rate_hz=RATE_HZ) as loop:
        seen = _see(loop, s, made, slurry)
        front = loop.apply(lw.Ewma, _front(loop, s, made, seen), time_constant_s=10.0)
        share = explosion_share(loop, s.dryer, seen)
        planned = None if change is None else _planned(loop, change)
        changed = None if planned is None else planned.made
        watch_dryer(
            loop, s.dryer, made, seen, Told(front, share, over_drying(loop, made, seen), changed)
        )
        loop.tap("drying_front", place_m(loop, made, s.dryer.zone_m, front), every_s=10.0)
        loop.tap("residual_solvent", seen.residual, every_s=10.0)
        if s.dryer.control:
            _zones(loop, s.dryer, made, (seen, front), planned)
            if s.dryer.burns:
                _exhaust(loop, s.dryer, share, planned)


def _planned(loop: Loop, change: Change) -> Change:
    """The change in this loop."""
    return Change(
        weight=loop.latest(change.weight),
        speed=loop.latest(change.speed),
        zone_c=[loop.latest(zone) for zone in change.zone_c],
        exhaust=loop.latest(change.exhaust),
        made=loop.latest(change.made) > 0.5,
    )


def _see(loop: Loop, s: Settings, made: Design, slurry: Slurry) -> Seen:
    def bare(name: str, unit: str, fallback: float | None = None) -> Edge:
        read = loop.input(f"coater.{name}", unit, max_age_s=3.0) / loop.const(1.0, unit)
        return read if fallback is None else loop.or_else(read, fallback)

    r, d = s.recipe, s.dryer
    zones = range(1, ZONES + 1)
    wet_nominal = r.areal_g_per_m2 / r.solids_fraction
    solvent = bare("wet_weight", "g/m2", wet_nominal) * (1.0 - loop.latest(slurry.solids))
    load = loop.apply(
        lw.Ewma, solvent / (wet_nominal * (1.0 - r.solids_fraction)), time_constant_s=5.0
    )
    # As late as the solvent sensors, so that their product is what evaporated while the air moves.
    flow = loop.apply(lw.Ewma, bare("exhaust_flow", "m3/s"), time_constant_s=SENSOR_S)
    at = loop.input("coater.web_position", "m", max_age_s=3.0)
    # The oven stands in the middle of the path that it leaves free between die and dry gauge.
    entry_m = 0.75 * (s.geometry.dry_gauge_m - ZONES * d.zone_m)
    way_m = max(1.0, entry_m + made.near.at_m - s.geometry.wet_gauge_m)
    there = loop.apply(lw.WebDelay, load, at, length_m=way_m, resolution_m=1.0)
    exhaust = [bare(f"zone_{k}_exhaust", "g/m3") for k in zones]
    load_there = loop.or_else(there, 1.0)
    speed = bare("web_speed", "m/s") / r.web_speed_m_per_s
    inlet = _inlet(loop, made, exhaust, (load_there * speed, flow))
    return Seen(
        air=[bare(f"zone_{k}_air", "degC") for k in zones],
        web=[bare(f"zone_{k}_web", "degC") for k in zones],
        exhaust=exhaust,
        flow=flow,
        residual=loop.apply(lw.Ewma, bare("residual", "ppm"), time_constant_s=20.0),
        load=load,
        load_there=load_there,
        speed=speed,
        inlet=inlet,
        gone=[(exhaust[k] - inlet) * flow * made.exhaust_shares[k] for k in range(ZONES)],
    )


def _inlet(loop: Loop, made: Design, exhaust: list[Edge], brought_flow: tuple[Edge, Edge]) -> Edge:
    """Solvent in the nozzle air, g/m3: the last zone's exhaust where hardly anything evaporates;
    else what all exhausts carry less what the web brought, which takes a minute to be true."""
    if made.last_tells_inlet:
        told = loop.apply(lw.Ewma, exhaust[-1] - made.last_g_per_m3, time_constant_s=5.0)
        return loop.max(told, 0.0)
    brought, flow = brought_flow
    mean = exhaust[0] * made.exhaust_shares[0]
    for content, share in zip(exhaust[1:], made.exhaust_shares[1:], strict=True):
        mean = mean + content * share
    solvent = loop.apply(lw.Ewma, brought, time_constant_s=30.0) * sum(made.evaporated_g_per_s)
    told = loop.apply(lw.Ewma, mean - solvent / flow, time_constant_s=60.0)
    return loop.max(told, 0.0)


def _front(loop: Loop, s: Settings, made: Design, seen: Seen) -> Edge:
    """The front, m through drying zones, by the nearest thermometer behind it that tells it, where
    the zone's own evaporation tells how hard its nozzles blow; by the next one when the web is wet
    there."""
    near, far = made.near, made.far
    dry, away_m = _way(loop, made, near, seen)
    if near.zone == made.front_zone:
        r, d = s.recipe, s.dryer
        solvent = r.areal_g_per_m2 * (1.0 / r.solids_fraction - 1.0)
        critical = d.critical_fraction * solvent * r.web_speed_m_per_s * r.coated_width_m
        gone = seen.gone[near.zone] / (seen.load_there * seen.speed * critical)
        a, b, c = near.inside
        z = inside_way_m(dry, gone, THERMOMETER_AT * d.zone_m)
        away_m = loop.apply(lw.Clamp, z * ((c * dry + b) * dry + a), lo=0.0, hi=2.0 * d.zone_m).y
    front = near.at_way_m - away_m
    if far.zone == near.zone:
        return front
    _, far_m = _way(loop, made, far, seen)
    chosen: Edge = loop.select(dry > WET_BELOW, front, far.at_way_m - far_m)
    return chosen


def _way(loop: Loop, made: Design, front: Front, seen: Seen) -> tuple[Edge, Edge]:
    """Dryness at a thermometer and the way to it from the front, as `drying.Front` says."""
    air, web = seen.air[front.zone], seen.web[front.zone]
    away = web - front.web_c
    wet_k = loop.const(front.wet_k[-1], "1")
    for coefficient in reversed(front.wet_k[:-1]):
        wet_k = wet_k * away + coefficient
    wet_k = wet_k - (seen.inlet - made.inlet_g_per_m3) * front.wet_k_per_g_per_m3
    dry = loop.apply(lw.Clamp, 1.0 - (air - web) / wet_k, lo=0.0, hi=0.98).y
    above = air - front.air_c
    a, b, c, d, e = front.way_m
    way_m = dry * (((c * dry + b) * dry + a) + (e * dry + d) * above)
    return dry, seen.load_there * seen.speed * way_m


def _zones(
    loop: Loop, d: Dryer, made: Design, seen_front: tuple[Seen, Edge], planned: Change | None
) -> None:
    """Set points: the design's air, moved for front and residual, bounded, less its error.

    From a change on it is the plan's air: front, residual and the bound of the middle stage belong
    to the recipe of the start, and what their controllers moved fades out, since the plan was tried
    without. The explosion limit bounds both.
    """
    seen, front = seen_front
    written = [loop.written(name, "degC") for name in ACTUATORS]
    off = [
        _off(loop, d, seen.air[k], written[k].value, written[k].in_control) for k in range(ZONES)
    ]
    lead = written[made.front_zone].in_control
    told_c = made.zone_c[made.lead]
    moved = loop.or_else(written[made.lead].value / loop.const(1.0, "degC"), told_c)
    moved = moved + off[made.lead] - told_c
    front_k = residual_k = loop.const(0.0, "1")
    if d.feedback:
        off_m = _sure_off_m(loop, made, front)
        asked_k = _front_k(loop, d, made, (seen, off_m), (moved, lead))
        front_k = loop.max(asked_k, _coolest_k(loop, d, seen.residual))
        changed = None if planned is None else planned.made
        watch_feedback(loop, d, made, seen, Moved(front, asked_k, front_k, changed))
        residual_k = _residual_k(loop, d, made, (seen.residual, off_m), lead)
        level = loop.apply(lw.Ewma, seen.speed, time_constant_s=LEVEL_S)
        steady = abs(seen.speed / level - 1.0) < STEADY_SPEED
        front_k, residual_k = (_no_cooler(loop, k, steady) for k in (front_k, residual_k))
    if planned is not None:
        kept = loop.apply(
            lw.Slew, 1.0 - planned.made, up_per_s=1.0 / FADE_S, down_per_s=1.0 / FADE_S
        )
        front_k, residual_k = (
            kept * loop.apply(lw.SampleHold, k, ~planned.made) for k in (front_k, residual_k)
        )
    for zone, name in enumerate(ACTUATORS):
        aim = loop.const(made.zone_c[zone], "1")
        hottest: Edge | float = made.hottest_c[zone]
        if planned is not None:
            # The design asks for a little more than the recipe where the residual needs it.
            more = kept * (made.zone_c[zone] - d.zone_c[zone])
            aim = loop.select(planned.made, planned.zone_c[zone] + more, aim)
            hottest = loop.select(planned.made, d.zone_max_c, made.hottest_c[zone])
        if zone <= made.front_zone:
            aim = aim + front_k
        elif zone > made.front_zone + 1:
            aim = aim + residual_k
        aim = _within(loop, d, aim, hottest)
        if d.burns:
            aim = loop.min(aim, _allowed(loop, d, made, seen, zone))
        told = _within(loop, d, aim - off[zone], hottest)
        loop.output(name, told * loop.const(1.0, "degC"), unit="degC")


def _within(loop: Loop, d: Dryer, air: Edge, hottest: Edge | float) -> Edge:
    if isinstance(hottest, float):
        clamped: Edge = loop.apply(lw.Clamp, air, lo=d.zone_min_c, hi=hottest).y
        return clamped
    return loop.max(d.zone_min_c, loop.min(air, hottest))


def _coolest_k(loop: Loop, d: Dryer, residual: Edge) -> Edge:
    """Most that the zones of the front are cooled, K: all of it at the residual's aim, nothing at
    its limit. The residual is measured by itself: web that comes wet needs no cooler air, whatever
    the front seems to be. Nor is anything cooled while the residual meter is silent."""
    known = loop.or_else(residual, d.residual_limit_ppm)
    left = (d.residual_limit_ppm - known) / (d.residual_limit_ppm - d.residual_aim_ppm)
    share = loop.apply(lw.Clamp, left, lo=0.0, hi=1.0).y
    coolest: Edge = share * -FRONT_LIMIT_K
    return coolest


def _no_cooler(loop: Loop, move_k: Edge, steady: Edge) -> Edge:
    """The move, no cooler than before the web changed its speed until that is steady again: a web
    that is slow for a minute comes dry, and what cooled zones did to it would come after it."""
    before = loop.apply(lw.SampleHold, move_k, steady)
    moved: Edge = loop.select(steady, move_k, loop.max(move_k, before))
    return moved


def _sure_off_m(loop: Loop, made: Design, front: Edge) -> Edge:
    """How far the front is off that of the recipe beyond what its thermometer can tell, m: 0 within
    one standard deviation of it, where the recipe's air is the better guess."""
    if not made.steers:
        return loop.const(0.0, "1")
    off_m, unsure_m = front - made.front_way_m, made.near.told_within_m
    beyond: Edge = off_m - loop.apply(lw.Clamp, off_m, lo=-unsure_m, hi=unsure_m).y
    return beyond


def _front_k(
    loop: Loop, d: Dryer, made: Design, seen_off: tuple[Seen, Edge], moved: tuple[Edge, Edge]
) -> Edge:
    """Move of the zones that hold the front, K: fed forward and by SIMC, with the air's lag as the
    plant's and the web between zones and thermometer. A front that no thermometer tells well enough
    is fed forward only."""
    seen, off_m = seen_off
    track, automatic = moved
    per_k = abs(made.front_per_k)
    coming_m = (
        made.front_per_load * (seen.load - 1.0)
        + made.front_per_speed * (seen.speed - 1.0)
        + made.front_per_inlet * (seen.inlet - made.inlet_g_per_m3)
    )
    fed = loop.apply(lw.Clamp, coming_m / per_k, lo=-FRONT_LIMIT_K, hi=FRONT_LIMIT_K).y
    fed_k: Edge = loop.apply(lw.Ewma, fed, time_constant_s=10.0)
    if not made.steers:
        return fed_k
    move: Edge = loop.apply(
        lw.Pid,
        sp=loop.const(0.0, "1"),
        pv=-off_m,
        feedforward=fed_k,
        track=track,
        automatic=automatic,
        kp=d.air_tau_s / (2.0 * made.late_s * per_k),
        ti_s=d.air_tau_s,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        lo=-FRONT_LIMIT_K,
        hi=FRONT_LIMIT_K,
        tracking_time_s=FOLLOW_S,
        anti_windup="external",
    )
    return move


def _residual_k(loop: Loop, d: Dryer, made: Design, seen: tuple[Edge, Edge], lead: Edge) -> Edge:
    """Move of the last zones, K, by the relative excess of the residual over its aim; a front that
    is off is fed forward, half a minute before its web is at the exit.

    Where a zone of the middle stage is among them (behind a cold zone), more heat there costs
    adhesion: nothing is done until the residual is most of the way from its aim to its limit."""
    residual, off_m = seen
    coming = off_m * (made.residual_per_m / abs(made.residual_per_k))
    over = (residual - d.residual_aim_ppm) / d.residual_aim_ppm
    if made.after > made.front_zone + 1:
        borne = BORNE * (d.residual_limit_ppm - d.residual_aim_ppm) / d.residual_aim_ppm
        over = over - loop.apply(lw.Clamp, over, lo=0.0, hi=borne).y
    hold = loop.const(0.0, "1")
    move: Edge = loop.apply(
        lw.Pid,
        sp=loop.apply(lw.Clamp, over, lo=-DRIER, hi=3.0).y,
        pv=hold,
        feedforward=loop.apply(lw.Clamp, coming, lo=-FRONT_LIMIT_K, hi=FRONT_LIMIT_K).y,
        track=hold,
        automatic=lead,
        kp=d.air_tau_s / (4.0 * 40.0 * abs(made.residual_per_k)),
        ti_s=2.0 * d.air_tau_s,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        lo=-RESIDUAL_COOLER_K,
        hi=FRONT_LIMIT_K,
        tracking_time_s=d.air_tau_s,
    )
    return move


def _off(loop: Loop, d: Dryer, air: Edge, written: Edge, in_control: Edge) -> Edge:
    """How much warmer a zone's air is than its set point makes it: 0 while others move it."""
    told = loop.select(in_control, loop.or_else(written / loop.const(1.0, "degC"), air), air)
    expected = loop.apply(lw.Ewma, told, time_constant_s=d.air_tau_s)
    off = loop.apply(lw.Ewma, air - expected, time_constant_s=20.0)
    limited: Edge = loop.apply(lw.Clamp, off, lo=-OFF_LIMIT_K, hi=OFF_LIMIT_K).y
    return limited


def _allowed(loop: Loop, d: Dryer, made: Design, seen: Seen, zone: int) -> Edge:
    """Air at which the zone's exhaust would be at the explosion limit: the excess over the inlet
    grows by `evaporation_per_k` for each kelvin."""
    inlet = seen.inlet / d.explosion_g_per_m3
    share = loop.apply(lw.Ewma, seen.exhaust[zone] / d.explosion_g_per_m3, time_constant_s=5.0)
    excess = loop.max(share - inlet, 0.02)
    room = (MARGIN * d.explosion_limit - inlet) / excess - 1.0
    return seen.air[zone] + room / max(0.01, made.evaporation_per_k[zone])


def _exhaust(loop: Loop, d: Dryer, share: Edge, planned: Change | None) -> None:
    """More air when an exhaust gets rich, back to the recipe's when it does not."""
    written = loop.written(EXHAUST, "m3/s")
    # Per m3/s the share falls by about a tenth of its excess; sensor and fan take 15 s.
    gain = 0.5 * d.exhaust_m3_per_s / (d.explosion_aim - 0.5 * d.explosion_aim)
    flow = loop.apply(
        lw.Pid,
        sp=share,
        pv=loop.const(d.explosion_aim, "1"),
        feedforward=loop.const(0.0, "1"),
        track=loop.or_else(written.value / loop.const(1.0, "m3/s"), d.exhaust_m3_per_s),
        automatic=written.in_control,
        kp=gain,
        ti_s=15.0,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        lo=d.exhaust_m3_per_s,
        hi=d.exhaust_max_m3_per_s,
        tracking_time_s=15.0,
    )
    if planned is not None:
        flow = loop.max(flow, planned.exhaust)
    loop.output(EXHAUST, flow * loop.const(1.0, "m3/s"), unit="m3/s")
