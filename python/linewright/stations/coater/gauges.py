"""The coater's gauge loop: disturbance at the wet gauge, the dry gauge's verdict, the weight map.

Signs: a deviation is measured over wanted less one. Lengths are metres of web behind the die.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.coater.change import Change
from linewright.stations.coater.cross import Map, Scan, just_moved, wire_scan
from linewright.stations.coater.settings import GAUGE_REACH, Settings
from linewright.stations.gauge import SHIFT_S, gauge_chain, walk_for, watch_level

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

WEIGHT = "g/m2"
LEARN_S = 7.0
"""The dry scanner needs so long, three traverses, to know the profile across."""
PULSATION_S = 20.0
CARRIED = 2.0 / 3.0
"""Share of its bound at which the base of the trim is told: a day's walk is half of it."""
WET_PASSES_S = 10.0
"""Web that was wet at the residual meter has passed the dry gauge by then."""
HOLD_S = 60.0
"""A disagreement of the gauges holds the dry trim for so long by itself."""


class Slurry(NamedTuple):
    """Edges of the soft-sensor loop."""

    solids: Edge
    """Estimated solids fraction, held through air."""
    density: Edge
    """Density as it is pumped, air included."""
    slip: Edge
    """Mass flow by the meter over mass flow by pump speed, dimensionless."""
    flow: Edge
    """Volume flow by pump speed and slip, L/min: quieter than the meter itself."""
    pumped: Edge
    """Volume flow by pump speed alone, L/min."""


class Weight(NamedTuple):
    """Edges of the gauge loop."""

    forecast: Edge
    """Forecast of the coat-weight disturbance at the die, relative."""
    dry_to_wet: Edge
    """Correction of the wet gauge by the dry gauge, relative; 0 until it is known."""
    cross: Map
    """The profile across the web."""


class Web(NamedTuple):
    """How the web moves."""

    speed: Edge
    at: Edge
    """Web made, m: the coating metre at the die."""


class Wanted(NamedTuple):
    """What is asked for."""

    speed: Edge
    """Web speed, m/s."""
    weight: Edge
    """Dry weight of the piece under the wet gauge, g/m2."""


class Dry(NamedTuple):
    """What the dry scanner says beside the wet gauge, of the same web."""

    ratio: Edge
    """One box over the wet gauge less one; Bad when the two cannot be compared."""
    along: Edge
    """The same, the profile across taken out."""
    across: Edge
    reading: Edge
    """Dry weight of the piece under the dry gauge, g/m2."""
    watched: Edge
    """The ratio, profile taken out; Bad at the edges and before the profile was learnt."""
    scan: Scan


def wire_gauges(g: Graph, s: Settings, slurry: Slurry, change: Change | None = None) -> Weight:
    """Disturbance at the wet gauge, its forecast at the die, and the dry gauge's verdict."""
    with g.loop("gauge", rate_hz=s.gauge_rate_hz) as loop:
        speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
        web = Web(speed, loop.input("coater.web_position", "m", max_age_s=0.5))
        wanted = _wanted(loop, s, web, change)
        wet = loop.input("coater.wet_weight", WEIGHT, max_age_s=0.5)
        film, solids = _laid(loop, s, slurry, web)
        # Not before a piece whose laying was seen has come to the gauge.
        path_m = s.geometry.wet_gauge_m
        settled_m = path_m + s.geometry.backing_roll_m / 2.0
        made = _travelled(loop, web, settled_m + 0.2, 0.05)
        early = made < path_m - 0.1
        deviation = _deviation(loop, s, loop.bad_when(wet / film - 1.0, early))
        quiet = _without_roll(loop, s, deviation, web)
        fast = loop.apply(lw.Ewma, quiet, time_constant_s=s.trim_fast_s)
        slow = loop.apply(lw.Ewma, deviation, time_constant_s=s.trim_slow_s)
        seen = s.trim_fast_share * fast + (1.0 - s.trim_fast_share) * slow
        _watch_pulsation(loop, s, deviation)
        wet_dry = film * (deviation + 1.0) * solids
        dry = _compare(loop, s, wet_dry, web, wanted.speed)
        cross = wire_scan(loop, s, dry.scan)
        moved = just_moved(loop, s, cross, web.at)
        dry = dry._replace(watched=loop.bad_when(dry.watched, moved))
        reconciled, known, disagreed = _reconcile(loop, s, dry)
        forecast = _carried(loop, s, seen, disagreed)
        _watch_weight(loop, s, loop.bad_when(quiet, made < settled_m), forecast)
        _map(loop, s, wet_dry * (reconciled + 1.0), (known, wanted.weight), web)
        loop.tap("forecast", forecast, every_s=10.0)
        loop.tap("position", web.at, every_s=10.0)
        return Weight(forecast=forecast, dry_to_wet=reconciled, cross=cross)


def _wanted(loop: Loop, s: Settings, web: Web, change: Change | None) -> Wanted:
    """What the recipe, or the change that is being made, asks for."""
    speed = loop.const(s.recipe.web_speed_m_per_s, "m/s")
    weight = loop.const(s.recipe.areal_g_per_m2, WEIGHT)
    if change is None:
        return Wanted(speed, weight)
    laid = weight * loop.latest(change.weight)
    there = loop.apply(
        lw.WebDelay, laid, web.at, length_m=s.geometry.wet_gauge_m, resolution_m=0.05
    )
    return Wanted(speed * loop.latest(change.speed), there)


def _travelled(loop: Loop, web: Web, length_m: float, resolution_m: float) -> Edge:
    """Web made since the start, up to `length_m`."""
    before = loop.apply(lw.WebDelay, web.at, web.at, length_m=length_m, resolution_m=resolution_m)
    travelled: Edge = web.at - before
    return travelled


def _laid(loop: Loop, s: Settings, slurry: Slurry, web: Web) -> tuple[Edge, Edge]:
    """Wet film laid on the piece now under the wet gauge, and its solids.

    The slurry reaches the die `meter_to_die_l` after the meter; at nominal speed that is
    `meter_to_die_l/Q*U` of web.
    """
    r, geometry = s.recipe, s.geometry
    pipe_m = geometry.meter_to_die_l / r.pump_flow_l_per_min * 60.0 * r.web_speed_m_per_s
    gauge_m = geometry.wet_gauge_m
    width = loop.const(r.coated_width_m, "m")
    height = (loop.latest(slurry.flow) / (web.speed * width)).to("um")

    def then(x: Edge, length_m: float) -> Edge:
        delayed: Edge = loop.apply(lw.WebDelay, x, web.at, length_m=length_m, resolution_m=0.05)
        return delayed

    height_then = then(height, gauge_m)
    density_then = then(loop.latest(slurry.density), gauge_m + pipe_m)
    solids_then = then(loop.latest(slurry.solids), gauge_m + pipe_m)
    return (height_then * density_then).to(WEIGHT), solids_then


def _deviation(loop: Loop, s: Settings, raw: Edge) -> Edge:
    """Wet gauge over the film that was laid, less one: own moves are not in it. Never Bad: a
    gauge that is silent keeps its last word."""
    chain = gauge_chain(loop, raw, lo=-GAUGE_REACH, hi=GAUGE_REACH, noise_sd=s.noise.wet_weight)
    good = loop.is_good(chain.value)
    held: Edge = loop.apply(lw.SampleHold, loop.or_else(chain.value, 0.0), good)
    return held


def _without_roll(loop: Loop, s: Settings, deviation: Edge, web: Web) -> Edge:
    """Mean of now and half a turn of the backing roll ago: nothing of its wave is left."""
    half_m = s.geometry.backing_roll_m / 2.0
    half_turn = loop.apply(lw.WebDelay, deviation, web.at, length_m=half_m, resolution_m=0.05)
    quiet: Edge = 0.5 * (deviation + half_turn)
    return quiet


def _carried(loop: Loop, s: Settings, seen: Edge, disagreed: Edge) -> Edge:
    """Forecast that the flow is divided by: a slow base that carries the long walk, and a fast
    trim about it that stays centred (mid-ranging).

    `base = within(rate_limited(lag(seen, trim_base_s)), trim_base_limit)`,
    `forecast = base + within(seen - base, trim_limit)`; away from the limits it is `seen` itself,
    so that the base changes nothing that the trim can do. The base rests while the two gauges
    disagree: what only one of them believes is not carried. It winds up nowhere, since `seen` does
    not know what the pump does about it.
    """
    mean = loop.apply(lw.Ewma, seen, time_constant_s=s.trim_base_s)
    trusted = loop.apply(lw.SampleHold, mean, ~disagreed)
    rate = s.trim_base_per_s
    followed = loop.apply(lw.Slew, trusted, up_per_s=rate, down_per_s=rate)
    base = loop.apply(lw.Clamp, followed, lo=-s.trim_base_limit, hi=s.trim_base_limit).y
    trim = loop.apply(lw.Clamp, seen - base, lo=-s.trim_limit, hi=s.trim_limit).y
    forecast: Edge = base + trim
    loop.event(
        "trim_carried",
        abs(base) > CARRIED * s.trim_base_limit,
        evidence={"base": base, "forecast": forecast},
        rule="base of the trim beyond two thirds of its bound v1",
        decision="the weight is held; find what drifts at the next stop",
        priority="advice",
        refractory_s=SHIFT_S,
    )
    loop.event(
        "trim_exhausted",
        abs(trim) > 0.999 * s.trim_limit,
        evidence={"forecast": forecast, "base": base, "seen": seen},
        rule="forecast trim at its limit v2",
        decision="the weight is held no longer: find what drifts, or widen the trim",
        priority="alarm",
        refractory_s=1800.0,
    )
    loop.tap("trim_base", base, every_s=60.0)
    return forecast


def _watch_weight(loop: Loop, s: Settings, deviation: Edge, forecast: Edge) -> None:
    """Sudden shifts of the disturbance that no upstream sensor saw."""
    watched = watch_level(
        loop,
        deviation,
        noise_sd=s.noise.wet_weight,
        memory_s=2.0,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.7,
        shift_sigma=3.0,
    )
    loop.event(
        "weight_shift",
        watched.alarm,
        evidence={
            "deviation": deviation,
            "forecast": forecast,
            "innovation": watched.innovation,
            **watched.said(),
        },
        rule="cusum on reconstructed disturbance v1",
        decision="trim follows the forecast",
        refractory_s=60.0,
    )


def _watch_pulsation(loop: Loop, s: Settings, deviation: Edge) -> None:
    """Amplitude of the pump's ripple: the wet gauge through a narrow band, squared and averaged."""
    band = loop.apply(
        lw.Peak, deviation, frequency_hz=s.pulsation_hz, bandwidth_hz=0.1 * s.pulsation_hz
    )
    # The mean square of a sine is half the square of its amplitude.
    square = 2.0 * loop.apply(lw.Ewma, band * band, time_constant_s=PULSATION_S)
    loop.event(
        "pulsation",
        square > s.pulsation_limit**2,
        evidence={"amplitude_squared": square, "limit_squared": s.pulsation_limit**2},
        rule="mean square of the wet gauge in the ripple's band above limit v1",
        decision="check valve, stator and damper of the pump at the next stop",
        refractory_s=3600.0,
    )
    loop.tap("pulsation_squared", square, every_s=60.0)


def _compare(loop: Loop, s: Settings, wet_dry: Edge, web: Web, nominal: Edge) -> Dry:
    """Dry over wet of the same web, by web metres.

    The scanner's separation of along and across runs on the ratio, so that what both gauges see
    cancels and only their disagreement is left.
    """
    path_m = s.geometry.dry_gauge_m - s.geometry.wet_gauge_m
    dry = loop.input("coater.dry_weight", WEIGHT, max_age_s=0.5)
    box = loop.input("coater.dry_box", "1", max_age_s=0.5)
    wet_then = loop.apply(lw.WebDelay, wet_dry, web.at, length_m=path_m, resolution_m=0.1)
    wet_then = wet_then * (1.0 + s.residual_solvent)
    # Not before a piece whose laying was seen has come to the dry gauge.
    seen_m = s.geometry.dry_gauge_m + 1.0
    early = _travelled(loop, web, seen_m, 0.1) < seen_m - 0.5
    # Off its speed the oven leaves another rest of solvent, and the gauges differ by that.
    hurried = abs(web.speed / nominal - 1.0) > 0.02
    ratio = dry / wet_then - 1.0
    wet = _wet(loop, s)
    ratio = loop.bad_when(ratio, (abs(ratio) > 0.2) | early | hurried | wet)
    scan = loop.apply(
        lw.ScanningGauge,
        ratio,
        box,
        boxes=s.geometry.boxes,
        cd_weight=0.1,
        md_walk_sd_per_sqrt_s=walk_for(20.0, s.noise.dry_box, loop.period_s),
        box_noise_sd=s.noise.dry_box,
    )
    reading = wet_then * (scan.md + 1.0)
    # A first pass over an uneven profile is no disagreement; edge beads wander for themselves.
    learnt = loop.apply(lw.TimeDelay, loop.is_good(scan.md), dead_time_s=LEARN_S) > 0.5
    outer = (box < s.cross.edge_boxes - 0.5) | (box > s.geometry.boxes - s.cross.edge_boxes - 0.5)
    # The whole profile, also what of it may be a wave of the web.
    watched = loop.bad_when(scan.innovation + scan.md, outer | ~learnt)
    return Dry(
        ratio=ratio,
        along=loop.bad_when(scan.md, ~learnt),
        across=scan.cd,
        reading=reading,
        watched=watched,
        scan=Scan(ratio - scan.md, scan.innovation, scan.observable, box, web.at),
    )


def _wet(loop: Loop, s: Settings) -> Edge:
    """The web at the dry gauge is so wet that the gauge weighs solvent: by the residual meter,
    which is independent of both gauges. A meter that is silent says nothing."""
    residual = loop.input("coater.residual", "ppm", max_age_s=3.0) / loop.const(1.0, "ppm")
    now = loop.or_else(residual, 0.0) > s.compare_ppm
    # The meter reads once a second, half a sample's noise is a fortieth of the limit.
    wet: Edge = now | (loop.apply(lw.TimeDelay, now, dead_time_s=WET_PASSES_S) > 0.5)
    return wet


def _reconcile(loop: Loop, s: Settings, dry: Dry) -> tuple[Edge, Edge, Edge]:
    """Correction of the wet gauge by the dry one, whether it is known and whether it is held; held
    while the two disagree, by itself for `HOLD_S`, then as long as the soft side says."""
    compared = loop.is_good(dry.ratio)
    begun = loop.apply(lw.SampleHold, compared, compared)
    learnt = loop.apply(lw.TimeDelay, begun, dead_time_s=s.profile_learns_s) > 0.5
    watched = watch_level(
        loop,
        # Before the profile across is learnt it would pass for a disagreement.
        loop.bad_when(dry.watched, ~learnt),
        noise_sd=s.noise.dry_box,
        memory_s=300.0,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.3,
        shift_sigma=0.25,
    )
    limit = s.reconcile_limit
    hold = loop.mailbox(
        "hold_reconcile", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=300.0, fallback="default"
    )
    offset = loop.mailbox("dry_offset", "1", default=0.0, lo=-limit, hi=limit, ttl_s=7200.0)
    # One sample of an alarm moves this lag by period/HOLD_S, which is 1/e of it HOLD_S later.
    recent = loop.apply(lw.Ewma, loop.or_else(watched.alarm, 0.0), time_constant_s=HOLD_S)
    held = (recent > loop.period_s / HOLD_S / 2.718) | (hold.value > 0.5)
    correction = loop.apply(
        lw.Kalman,
        loop.apply(lw.SampleHold, dry.along, ~held) - offset.value,
        walk_sd_per_sqrt_s=walk_for(s.reconcile_s, s.noise.dry_box, loop.period_s),
        noise_sd=s.noise.dry_box,
    ).estimate
    # A scanner that is silent leaves the correction where it was.
    spoken = loop.is_good(correction)
    kept = loop.apply(lw.SampleHold, loop.or_else(correction, 0.0), spoken)
    reconciled = loop.apply(lw.Clamp, kept, lo=-limit, hi=limit).y
    # The first seconds of the correction are one box of the scanner, not a mean.
    known = loop.apply(lw.SampleHold, spoken, spoken)
    known = loop.apply(lw.TimeDelay, known, dead_time_s=s.settle_s) > 0.5
    loop.event(
        "gauge_disagreement",
        watched.alarm,
        evidence={
            "dry_to_wet": dry.along,
            "level": watched.level,
            **watched.said(),
            "applied": reconciled,
        },
        rule="cusum on dry over wet v1",
        decision="hold the dry trim; standardise the gauges",
        refractory_s=600.0,
    )
    loop.tap("dry_to_wet", dry.along, every_s=10.0)
    loop.tap("reconciled", reconciled, every_s=10.0)
    loop.tap("dry_weight", dry.reading, every_s=10.0)
    for name, channel, unit in (
        ("lab_weight", "lab.dry_weight", WEIGHT),
        ("lab_count", "lab.count", "1"),
    ):
        loop.tap(name, loop.input(channel, unit, max_age_s=7200.0), every_s=10.0)
    return reconciled, known, held


def _map(
    loop: Loop, s: Settings, dry_weight: Edge, known_target: tuple[Edge, Edge], web: Web
) -> None:
    """One point a metre: dry weight deviation against the coating metre."""
    known, target = known_target
    window = loop.const(s.map_window_s, "s")
    smooth = loop.apply(lw.Ewma, dry_weight, time_constant_s=s.map_window_s)
    # Before the dry gauge has spoken the wet gauge's standing error is in it: no value then (a
    # quotient by zero is none), not a wrong one.
    loop.web_map(
        "weight_map",
        (smooth / target - 1.0) / known,
        web.at - s.geometry.wet_gauge_m - web.speed * window,
        step_m=s.map_step_m,
    )
