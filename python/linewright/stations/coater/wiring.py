"""The coater's loops: soft sensor, gauges, flow.

Signs: a deviation is measured over wanted less one; a trim is divided out, so that a positive
deviation asks for less slurry. Lengths are metres of web behind the die.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.coater.settings import Settings
from linewright.stations.gauge import Drift, gauge_chain, walk_for, watch_level

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

ACTUATOR = "coater.pump_flow"
FLOW = "L/min"
MASS_FLOW = "kg/min"
DENSITY = "kg/m3"
WEIGHT = "g/m2"


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


class Weight(NamedTuple):
    """Edges of the gauge loop."""

    forecast: Edge
    """Forecast of the coat-weight disturbance at the die, relative."""
    dry_to_wet: Edge
    """Correction of the wet gauge by the dry gauge, relative; 0 until it is known."""


def wire(g: Graph, s: Settings) -> None:
    """All loops, in the order a tick runs them."""
    slurry = _slurry_loop(g, s)
    weight = _gauge_loop(g, s, slurry)
    _flow_loop(g, s, slurry, weight)


def _slurry_loop(g: Graph, s: Settings) -> Slurry:
    """Solids from density; slip from meter and pump speed."""
    r = s.recipe
    with g.loop("slurry", rate_hz=s.flow_rate_hz) as loop:
        measured = loop.input("coater.slurry_density", DENSITY, max_age_s=0.5)
        drive = loop.input("coater.drive_gain", "1", max_age_s=0.5)
        air = drive > s.drive_gain_limit
        density = loop.or_else(measured, loop.const(r.slurry_kg_per_m3, DENSITY))
        clean = loop.is_good(measured) & ~loop.or_else(air, 0.0)
        held = loop.apply(lw.SampleHold, _solids(loop, s, density), clean)
        noise = s.noise.density_kg_per_m3 / _density_per_solids(s)
        solids = loop.apply(
            lw.Kalman,
            held,
            walk_sd_per_sqrt_s=walk_for(s.solids_filter_s, noise, loop.period_s),
            noise_sd=noise,
        ).estimate
        pump = loop.input("coater.pump_speed_flow", FLOW, max_age_s=0.5)
        mass = loop.input("coater.mass_flow", MASS_FLOW, max_age_s=0.5)
        ratio = mass / (pump * density).to(MASS_FLOW)
        good = loop.is_good(ratio)
        ratio = loop.apply(lw.SampleHold, loop.or_else(ratio, 1.0), good)
        slip = loop.apply(
            lw.Kalman,
            ratio,
            walk_sd_per_sqrt_s=walk_for(s.slip_filter_s, s.noise.slip, loop.period_s),
            noise_sd=s.noise.slip,
        ).estimate
        budget = s.false_alarms_per_shift
        shift = watch_level(
            loop, held, noise_sd=noise, memory_s=120.0, false_alarms_per_shift=budget, z_sd=1.05
        )
        lost = watch_level(
            loop,
            ratio,
            noise_sd=s.noise.slip,
            memory_s=60.0,
            false_alarms_per_shift=budget,
            z_sd=1.2,
        )
        _slurry_events(loop, shift, lost, solids, slip)
        loop.event(
            "air_burst",
            air,
            evidence={"drive_gain": drive, "solids_held": solids},
            rule="drive gain above limit v1",
            decision="density is Bad; solids held",
            priority="log",
            refractory_s=30.0,
        )
        loop.tap("solids", solids, every_s=10.0)
        loop.tap("slip", slip, every_s=10.0)
        return Slurry(solids=solids, density=density, slip=slip, flow=pump * slip)


def _density_per_solids(s: Settings) -> float:
    """Slope of the slurry density over the solids fraction, kg/m3 per unit fraction."""
    r = s.recipe
    return r.slurry_kg_per_m3**2 * (1.0 / r.rho_solvent_kg_per_m3 - 1.0 / r.rho_solid_kg_per_m3)


def _solids(loop: Loop, s: Settings, density: Edge) -> Edge:
    """`x = (1/rho - 1/rho_l)/(1/rho_s - 1/rho_l)`, rho_l at the measured temperature."""
    r = s.recipe
    measured = loop.input("coater.slurry_temperature", "degC", max_age_s=10.0)
    reference = loop.const(r.reference_degc, "degC")
    warmer = loop.or_else(measured, reference) - reference
    slope = loop.const(r.solvent_slope_kg_per_m3_k, "kg/m3/degC")
    solvent = warmer * slope + loop.const(r.rho_solvent_kg_per_m3, DENSITY)
    solid = loop.const(r.rho_solid_kg_per_m3, DENSITY)
    return (1.0 / density - 1.0 / solvent) / (1.0 / solid - 1.0 / solvent)


def _slurry_events(loop: Loop, shift: Drift, lost: Drift, solids: Edge, slip: Edge) -> None:
    loop.event(
        "solids_shift",
        shift.alarm,
        evidence={"solids": solids, "innovation": shift.innovation, "cusum": shift.evidence},
        rule="cusum on density innovation v1",
        decision="ratio control follows the soft sensor",
        refractory_s=600.0,
    )
    loop.event(
        "pump_slip",
        lost.alarm,
        evidence={"slip": slip, "innovation": lost.innovation, "cusum": lost.evidence},
        rule="cusum on meter over pump speed v1",
        decision="flow set-point divided by the slip",
        refractory_s=300.0,
    )


def _gauge_loop(g: Graph, s: Settings, slurry: Slurry) -> Weight:
    """Disturbance at the wet gauge, its forecast at the die, and the dry gauge's verdict."""
    with g.loop("gauge", rate_hz=s.gauge_rate_hz) as loop:
        speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
        at = loop.input("coater.web_position", "m", max_age_s=0.5)
        wet = loop.input("coater.wet_weight", WEIGHT, max_age_s=0.5)
        film, solids = _laid(loop, s, slurry, speed, at)
        # Not before a piece whose laying was seen has come to the gauge.
        path_m = s.geometry.wet_gauge_m
        travelled = at - loop.apply(lw.WebDelay, at, at, length_m=path_m, resolution_m=0.05)
        chain = gauge_chain(
            loop,
            loop.bad_when(wet / film - 1.0, travelled < path_m - 0.1),
            lo=-0.3,
            hi=0.3,
            noise_sd=s.noise.wet_weight,
        )
        good = loop.is_good(chain.value)
        deviation = loop.apply(lw.SampleHold, loop.or_else(chain.value, 0.0), good)
        fast = loop.apply(lw.Ewma, deviation, time_constant_s=s.trim_fast_s)
        slow = loop.apply(lw.Ewma, deviation, time_constant_s=s.trim_slow_s)
        forecast = s.trim_fast_share * fast + (1.0 - s.trim_fast_share) * slow
        forecast = loop.apply(lw.Clamp, forecast, lo=-s.trim_limit, hi=s.trim_limit).y
        # Half a turn of the backing roll back: the mean of both has nothing left of its wave.
        half_turn = loop.apply(
            lw.WebDelay,
            deviation,
            at,
            length_m=s.geometry.backing_roll_m / 2.0,
            resolution_m=0.05,
        )
        watched = watch_level(
            loop,
            0.5 * (deviation + half_turn),
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
                "cusum": watched.evidence,
            },
            rule="cusum on reconstructed disturbance v1",
            decision="trim follows the forecast",
            refractory_s=60.0,
        )
        wet_dry = film * (deviation + 1.0) * solids
        reconciled, known = _reconcile(loop, s, wet_dry, speed, at)
        target = loop.const(s.recipe.areal_g_per_m2, WEIGHT)
        window = loop.const(s.map_window_s, "s")
        smooth = loop.apply(lw.Ewma, wet_dry, time_constant_s=s.map_window_s)
        # Before the dry gauge has spoken the wet gauge's standing error is in the map: no value
        # then (a quotient by zero is none), not a wrong one.
        mapped = smooth * (reconciled + 1.0) / target - 1.0
        loop.web_map(
            "weight_map",
            mapped / known,
            at - s.geometry.wet_gauge_m - speed * window,
            step_m=s.map_step_m,
        )
        loop.tap("forecast", forecast, every_s=10.0)
        loop.tap("position", at, every_s=10.0)
        return Weight(forecast=forecast, dry_to_wet=reconciled)


def _laid(loop: Loop, s: Settings, slurry: Slurry, speed: Edge, at: Edge) -> tuple[Edge, Edge]:
    """Wet film laid on the piece now under the wet gauge, and its solids.

    The slurry reaches the die `meter_to_die_l` after the meter; at nominal speed that is
    `meter_to_die_l/Q*U` of web.
    """
    r, geometry = s.recipe, s.geometry
    pipe_m = geometry.meter_to_die_l / r.pump_flow_l_per_min * 60.0 * r.web_speed_m_per_s
    gauge_m = geometry.wet_gauge_m
    width = loop.const(r.coated_width_m, "m")
    height = (loop.latest(slurry.flow) / (speed * width)).to("um")
    height_then = loop.apply(lw.WebDelay, height, at, length_m=gauge_m, resolution_m=0.05)
    density_then = loop.apply(
        lw.WebDelay,
        loop.latest(slurry.density),
        at,
        length_m=gauge_m + pipe_m,
        resolution_m=0.05,
    )
    solids_then = loop.apply(
        lw.WebDelay,
        loop.latest(slurry.solids),
        at,
        length_m=gauge_m + pipe_m,
        resolution_m=0.05,
    )
    return (height_then * density_then).to(WEIGHT), solids_then


def _reconcile(loop: Loop, s: Settings, wet_dry: Edge, speed: Edge, at: Edge) -> tuple[Edge, Edge]:
    """Correction of the wet gauge by the dry gauge, by web metres, and whether it is known; held
    while they disagree.

    The scanner's separation of along and across runs on dry/wet of the same web, so that what
    both gauges see cancels and only their disagreement is left.
    """
    path_m = s.geometry.dry_gauge_m - s.geometry.wet_gauge_m
    dry = loop.input("coater.dry_weight", WEIGHT, max_age_s=0.5)
    box = loop.input("coater.dry_box", "1", max_age_s=0.5)
    wet_then = loop.apply(lw.WebDelay, wet_dry, at, length_m=path_m, resolution_m=0.1)
    # Not before a piece whose laying was seen has come to the dry gauge.
    seen_m = s.geometry.dry_gauge_m + 1.0
    travelled = at - loop.apply(lw.WebDelay, at, at, length_m=seen_m, resolution_m=0.1)
    ratio = dry / (wet_then * (1.0 + s.residual_solvent)) - 1.0
    # Off its speed the oven leaves another rest of solvent, and the gauges differ by that.
    hurried = abs(speed / loop.const(s.recipe.web_speed_m_per_s, "m/s") - 1.0) > 0.02
    ratio = loop.bad_when(ratio, (abs(ratio) > 0.2) | (travelled < seen_m - 0.5) | hurried)
    scan = loop.apply(
        lw.ScanningGauge,
        ratio,
        box,
        boxes=s.geometry.boxes,
        cd_weight=0.1,
        md_walk_sd_per_sqrt_s=walk_for(20.0, s.noise.dry_box, loop.period_s),
        box_noise_sd=s.noise.dry_box,
    )
    watched = watch_level(
        loop,
        ratio - scan.cd,
        noise_sd=s.noise.dry_box,
        memory_s=300.0,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.3,
        shift_sigma=0.25,
    )
    hold = loop.mailbox(
        "hold_reconcile", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=300.0, fallback="default"
    )
    offset = loop.mailbox(
        "dry_offset", "1", default=0.0, lo=-s.reconcile_limit, hi=s.reconcile_limit, ttl_s=7200.0
    )
    # A detection holds for 60 s on its own: one sample moves this lag by period/60 s.
    recent = loop.apply(lw.Ewma, loop.or_else(watched.alarm, 0.0), time_constant_s=60.0)
    held = (recent > loop.period_s / 60.0 / 2.718) | (hold.value > 0.5)
    difference = loop.apply(lw.SampleHold, scan.md, ~held) - offset.value
    reconciled = loop.apply(
        lw.Kalman,
        difference,
        walk_sd_per_sqrt_s=walk_for(s.reconcile_s, s.noise.dry_box, loop.period_s),
        noise_sd=s.noise.dry_box,
    ).estimate
    # A scanner that is silent leaves the correction where it was.
    spoken = loop.is_good(reconciled)
    reconciled = loop.apply(lw.SampleHold, loop.or_else(reconciled, 0.0), spoken)
    known = loop.apply(lw.SampleHold, spoken, spoken)
    # The first seconds of the correction are one box of the scanner, not a mean.
    known = loop.apply(lw.TimeDelay, known, dead_time_s=s.settle_s) > 0.5
    limit = s.reconcile_limit
    reconciled = loop.apply(lw.Clamp, reconciled, lo=-limit, hi=limit).y
    loop.event(
        "gauge_disagreement",
        watched.alarm,
        evidence={
            "dry_to_wet": scan.md,
            "level": watched.level,
            "cusum": watched.evidence,
            "applied": reconciled,
        },
        rule="cusum on dry over wet v1",
        decision="hold the dry trim; standardise the gauges",
        refractory_s=600.0,
    )
    loop.tap("dry_to_wet", scan.md, every_s=10.0)
    loop.tap("reconciled", reconciled, every_s=10.0)
    lab = loop.input("lab.dry_weight", WEIGHT, max_age_s=7200.0)
    loop.tap("lab_weight", lab, every_s=10.0)
    loop.tap("lab_count", loop.input("lab.count", "1", max_age_s=7200.0), every_s=10.0)
    dry_now = wet_then * (scan.md + 1.0) * (1.0 + s.residual_solvent)
    loop.tap("dry_weight", dry_now, every_s=10.0)
    return reconciled, known


def _flow_loop(g: Graph, s: Settings, slurry: Slurry, weight: Weight) -> None:
    """Ratio control: slurry for the wanted dry weight at this speed, pump lag led away."""
    r = s.recipe
    nominal = r.pump_flow_l_per_min
    with g.loop("flow", rate_hz=s.flow_rate_hz) as loop:
        speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
        target = loop.param(
            "areal", WEIGHT, r.areal_g_per_m2, lo=0.9 * r.areal_g_per_m2, hi=1.1 * r.areal_g_per_m2
        )
        dry_per_litre = loop.latest(slurry.solids) * loop.latest(slurry.density)
        laid = target * speed * loop.const(r.coated_width_m, "m")
        trims = (loop.latest(weight.forecast) + 1.0) * (loop.latest(weight.dry_to_wet) + 1.0)
        wanted = (laid / dry_per_litre).to(FLOW) / trims
        slip = loop.latest(slurry.slip)
        led = loop.apply(
            lw.FeedForward,
            wanted / slip,
            gain=1.0,
            lead_s=s.pump_lag_s,
            lag_s=s.pump_lead_to_s,
            unit=FLOW,
        )
        expected = loop.apply(lw.Ewma, wanted, time_constant_s=s.pump_lead_to_s)
        written = loop.written(ACTUATOR, FLOW)
        # The unit of kp is that of mv over pv, both L/min.
        command = loop.apply(
            lw.Pid,
            sp=expected,
            pv=loop.latest(slurry.flow),
            feedforward=led,
            track=written.value,
            automatic=written.in_control,
            kp=s.flow_gain,
            ti_s=s.flow_integral_s,
            td_s=0.0,
            derivative_filter=10.0,
            setpoint_weight=1.0,
            integral=True,
            lo=0.5 * nominal,
            hi=1.5 * nominal,
            tracking_time_s=s.flow_integral_s,
        )
        watched = watch_level(
            loop,
            speed / loop.const(r.web_speed_m_per_s, "m/s"),
            noise_sd=s.noise.speed,
            memory_s=60.0,
            false_alarms_per_shift=s.false_alarms_per_shift,
            z_sd=1.05,
        )
        loop.event(
            "speed_upset",
            watched.alarm,
            evidence={"speed": speed, "flow": wanted, "cusum": watched.evidence},
            rule="cusum on web speed v1",
            decision="flow follows the speed, pump lag led away",
            priority="log",
            refractory_s=600.0,
        )
        loop.tap("flow_wanted", wanted, every_s=10.0)
        loop.output(ACTUATOR, command, unit=FLOW)
