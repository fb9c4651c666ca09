"""The calender's loop: registration, map feed-forward, thickness feedback, detectors.

Signs: a positive weight deviation or a thick sheet asks for more line load. Thickness is that of
the sheet, two sides and the foil.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.calender.checks import watch_map, watch_rolls
from linewright.stations.calender.logic import feed_forward_n_per_mm
from linewright.stations.calender.rolls import EVERY_S
from linewright.stations.calender.settings import Settings
from linewright.stations.gauge import watch_level

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

ACTUATOR = "calender.line_load"
LOAD = "N/mm"
NEVER_M = 1e9
KEPT_S = 86_400.0
MOST = {"load": 5000.0, "sheet": 1000.0}
"""Bounds of an ordered load, N/mm, and sheet, um; the load is clamped by the settings as well."""


class Web(NamedTuple):
    """Where the nip is, and what the map says of that place."""

    encoder: Edge
    weight: Edge
    """Relative weight deviation to act on, map times gain; 0 without a usable map."""
    mapped: Edge
    """1 while a map may be used."""
    share: Edge | None
    """How far the web at the nip is from the recipe of the start to the next one, 0 to 1; nothing
    where no change is made."""
    fresh_roll: Edge
    """1 for a while after a roll was mounted: another map, another standing error."""


def wire(g: Graph, s: Settings) -> None:
    """The one loop."""
    with g.loop("nip", rate_hz=s.rate_hz) as loop:
        web = _web(loop, s)
        planned = _planned_load(loop, s, web)
        used = loop.apply(
            lw.WebDelay, web.weight, web.encoder, length_m=s.gauge_m, resolution_m=0.05
        )
        error = _thickness_error(loop, s, used, web)
        trim = _feedback(loop, s, error, planned, web)
        moved = planned + trim if s.corrections.feedback else planned
        command = loop.apply(
            lw.Clamp, moved, lo=s.line_load_lo_n_per_mm, hi=s.line_load_hi_n_per_mm
        )
        _watch(loop, s, web, error, planned)
        watch_rolls(loop, s, error, web.encoder)
        watch_map(loop, s, error, used, web.mapped)
        loop.tap("trim", trim, every_s=10.0)
        loop.tap("sheet_off", error, every_s=EVERY_S)
        loop.tap("mapped", web.mapped, every_s=10.0)
        loop.output(ACTUATOR, command.y, unit=LOAD)


def _web(loop: Loop, s: Settings) -> Web:
    """Coating metre at the nip from marks and encoder; the jumbo runs backwards."""
    encoder = loop.input("calender.encoder", "m", max_age_s=0.5)
    mark = loop.input("calender.mark_m", "m", max_age_s=600.0)
    count = loop.input("calender.mark_count", "1", max_age_s=600.0)
    place = loop.apply(
        lw.Registration,
        encoder,
        mark,
        count,
        -1.0,
        mark_pitch_m=s.mark_spacing_m,
        max_coast_m=s.stale_after_m,
    )
    profile = loop.profile("weight_map", "1", place.position_m)
    gain = loop.mailbox(
        "ff_gain", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=7200.0, fallback="default"
    )
    mapped = (
        (loop.or_else(place.valid, 0.0) > 0.5)
        & (profile.valid > 0.5)
        & (gain.value > 0.0)
        & loop.is_good(place.position_m)
    )
    if not s.corrections.weight_map:
        mapped = mapped & loop.const(0.0, "1")
    weight = loop.select(mapped, gain.value * loop.or_else(profile.value, 0.0), 0.0)
    roll = loop.input("calender.jumbo", "1", max_age_s=600.0)
    before = loop.apply(lw.TimeDelay, roll, dead_time_s=s.fresh_roll_s)
    loop.tap("roll", roll)
    loop.tap("position", place.position_m, every_s=EVERY_S)
    lost = (loop.or_else(place.valid, 0.0) < 0.5) & (loop.or_else(count, 0.0) > 1.5)
    loop.event(
        "registration_lost",
        lost,
        evidence={"coast": place.coast_m, "marks": count},
        rule="no mark within its distance v1",
        decision="map feed-forward off; feedback alone",
        refractory_s=60.0,
    )
    return Web(
        encoder=encoder,
        weight=weight,
        mapped=mapped,
        share=_changed(loop, place.position_m) if s.changes else None,
        fresh_roll=abs(roll - before) > 0.5,
    )


def _changed(loop: Loop, position: Edge) -> Edge:
    """Share of the next recipe at the nip, from the metres on which the coater changed the weight.

    The set points stay when their sender falls silent: the web that was coated does not change.
    """
    ends = [
        loop.mailbox(
            f"change_{name}_m", "m", default=NEVER_M, lo=0.0, hi=NEVER_M, ttl_s=KEPT_S
        ).value
        for name in ("from", "to")
    ]
    length = loop.max(ends[1] - ends[0], loop.const(1e-3, "m"))
    known = loop.is_good(position)
    share = loop.or_else((position - ends[0]) / length, 0.0)
    held: Edge = loop.apply(lw.SampleHold, loop.apply(lw.Clamp, share, lo=0.0, hi=1.0).y, known)
    loop.tap("changed", held, every_s=10.0)
    return held


def _toward(loop: Loop, share: Edge, start: Edge, name: str, unit: str) -> Edge:
    """A set point between that of the recipe of the start and the ordered one."""
    first = loop.const(0.0, unit)
    there = loop.mailbox(
        f"change_{name}", unit, default=0.0, lo=0.0, hi=MOST[name], ttl_s=KEPT_S
    ).value
    step = loop.select(there > first, there - start, first)
    moved: Edge = start + share * step
    return moved


def _planned_load(loop: Loop, s: Settings, web: Web) -> Edge:
    """Load by the compaction law: softer when the rolls are warm, more for heavier web.

    `q = q_0*(1 - k_T*(T - T_ref))` holds the density, for `q` goes with gamma; the wedges beside
    the nip press harder by `wedge` per K when the rolls grow. Weight: see `logic`.
    """
    r = s.recipe
    temperature = loop.input("calender.roll_temperature", "degC", max_age_s=10.0)
    reference = loop.const(r.calender_degc, "degC")
    warmer = loop.or_else(temperature, reference) - reference
    warmer = loop.apply(lw.Ewma, warmer, time_constant_s=s.temperature_filter_s)
    base = loop.const(r.line_load_n_per_mm, LOAD)
    if web.share is not None:
        base = _toward(loop, web.share, base, "load", LOAD)
    per_k = r.line_load_n_per_mm * r.gamma_slope_per_k + s.heat_n_per_mm_k
    thermal = warmer * loop.const(-per_k, "N/mm/degC")
    slope = loop.const(feed_forward_n_per_mm(r, s.protect), LOAD)
    _watch_heat(loop, s, warmer, temperature)
    heated = base + thermal if s.corrections.temperature else base
    planned: Edge = heated + web.weight * slope
    return planned


def _watch_heat(loop: Loop, s: Settings, warmer: Edge, temperature: Edge) -> None:
    limit = loop.const(s.roll_heat_limit_k, "degC")
    loop.event(
        "roll_heat",
        abs(warmer) > limit,
        evidence={"temperature": temperature, "warmer": warmer},
        rule="filtered roll temperature beyond its wander v1",
        decision="line load follows the roll temperature",
        refractory_s=3600.0,
    )


def _thickness_error(loop: Loop, s: Settings, used: Edge, web: Web) -> Edge:
    """Sheet at the gauge less the sheet wanted there, um; Bad while the gauge is silent. `used` is
    the weight deviation that was acted on at the piece under the gauge."""
    r = s.recipe
    thickness = loop.input("calender.thickness", "um", max_age_s=0.5)
    wanted = loop.const(r.sheet_um, "um")
    if web.share is not None:
        there = loop.apply(
            lw.WebDelay, web.share, web.encoder, length_m=s.gauge_m, resolution_m=0.05
        )
        wanted = _toward(loop, there, wanted, "sheet", "um")
    if s.protect == "porosity":
        # A heavier piece at the wanted density is thicker by its weight.
        wanted = wanted + used * loop.const(2.0 * r.side_um, "um")
    error = thickness - wanted
    return loop.bad_when(error, abs(error) > loop.const(s.error_limit_um, "um"))


def _feedback(loop: Loop, s: Settings, error: Edge, planned: Edge, web: Web) -> Edge:
    """Slow integral of the thickness error, N/mm: `u = -slope/T * integral(error)`.

    Without a map the sheet may be thick because it is heavy; protecting porosity, only
    `unmapped_share` of the error is believed then.
    """
    slope = -s.recipe.load_slope_n_per_mm_per_um
    share = s.unmapped_share if s.protect == "porosity" else 1.0
    good = loop.is_good(error)
    believed = loop.select(web.mapped, 1.0, share) * loop.or_else(error, 0.0)
    believed = loop.select(good, believed, 0.0)
    filtered = loop.apply(lw.Ewma, believed, time_constant_s=s.feedback_filter_s)
    written = loop.written(ACTUATOR, LOAD)
    limit = s.trim_limit_n_per_mm
    # PI with ti = filter: together one integrator of time constant `feedback_s`.
    trim = loop.apply(
        lw.Pid,
        sp=loop.const(0.0, "um"),
        pv=filtered,
        feedforward=loop.const(0.0, LOAD),
        track=written.value - planned,
        automatic=written.in_control,
        kp=-slope * s.feedback_filter_s / s.feedback_s,
        ti_s=s.feedback_filter_s,
        td_s=0.0,
        derivative_filter=10.0,
        setpoint_weight=1.0,
        integral=True,
        lo=-limit,
        hi=limit,
        tracking_time_s=s.feedback_s,
    )
    edge: Edge = trim
    return edge


def _watch(loop: Loop, s: Settings, web: Web, error: Edge, planned: Edge) -> None:
    """Detector on the reconstructed disturbance: thickness less the effect of the own moves."""
    r = s.recipe
    measured = loop.input("calender.line_load", LOAD, max_age_s=0.5)
    per_um = loop.const(1.0 / r.load_slope_n_per_mm_per_um, "um.mm/N")
    moved = loop.apply(
        lw.WebDelay, (measured - planned), web.encoder, length_m=s.gauge_m, resolution_m=0.05
    )
    # Where no map tells weight from compaction, weight is most of what is seen: no evidence.
    disturbance = loop.bad_when(error - moved * per_um, ~web.mapped)
    # Half a turn of the calender roll back: the mean of both has nothing left of its runout.
    half_m = math.pi * s.roll_diameter_m / 2.0
    half_turn = loop.apply(
        lw.WebDelay, disturbance, web.encoder, length_m=half_m, resolution_m=0.02
    )
    watched = watch_level(
        loop,
        0.5 * (disturbance + half_turn),
        noise_sd=s.gauge_sd_um,
        memory_s=s.thickness_memory_s,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=s.thickness_z_sd,
        shift_sigma=s.thickness_shift_sigma,
    )
    loop.event(
        "thickness_shift",
        watched.alarm & loop.is_good(disturbance) & ~web.fresh_roll,
        evidence={
            "disturbance": disturbance,
            "level": watched.level,
            **watched.said(),
            "line_load": measured,
        },
        rule="cusum on reconstructed thickness v1",
        decision="feedback follows; check coating lot and load cell",
        refractory_s=600.0,
    )
    loop.tap("disturbance", watched.level, every_s=10.0)
