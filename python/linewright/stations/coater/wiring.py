"""The coater's loops: soft sensor and flow; the gauges stand in their own module.

Signs: a deviation is measured over wanted less one; a trim is divided out, so that a positive
deviation asks for less slurry. Lengths are metres of web behind the die.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.coater.change import Change, wire_change
from linewright.stations.coater.cross import wire_bolts
from linewright.stations.coater.dryer import wire_dryer
from linewright.stations.coater.gauges import Slurry, Weight, wire_gauges
from linewright.stations.coater.settings import Settings
from linewright.stations.finding import soft_finding
from linewright.stations.gauge import Drift, walk_for, watch_level
from linewright.stations.solids import DENSITY, density_per_solids, solids_of

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

ACTUATOR = "coater.pump_flow"
FLOW = "L/min"
MASS_FLOW = "kg/min"
WEIGHT = "g/m2"
STEP_SIGMA = 10.0
"""A hard switch of the batch stands out of the density's noise by more than this; a mixed tank's
slow change never does (3 sigma at 0.5 pp), so a switch is told even while a tank drifts."""


WEAR_LASTS_S = 86_400.0
"""The wear of the pump is judged by the hour and told by the shift."""


def wire(g: Graph, s: Settings) -> None:
    """All loops, in the order a tick runs them."""
    slurry = _slurry_loop(g, s)
    change = wire_change(g, s) if s.change.on else None
    weight = wire_gauges(g, s, slurry, change)
    _flow_loop(g, s, slurry, weight, change)
    if s.cross.bolts:
        wire_bolts(g, s, weight.cross)
    wire_dryer(g, s, slurry, change)


def _slurry_loop(g: Graph, s: Settings) -> Slurry:
    """Solids from density; slip from meter and pump speed."""
    r = s.recipe
    with g.loop("slurry", rate_hz=s.flow_rate_hz) as loop:
        measured = loop.input("coater.slurry_density", DENSITY, max_age_s=0.5)
        drive = loop.input("coater.drive_gain", "1", max_age_s=0.5)
        air = drive > s.drive_gain_limit
        density = loop.or_else(measured, loop.const(r.slurry_kg_per_m3, DENSITY))
        clean = loop.is_good(measured) & ~loop.or_else(air, 0.0)
        held = loop.apply(lw.SampleHold, solids_of(loop, s.recipe, density), clean)
        noise = s.noise.density_kg_per_m3 / density_per_solids(s.recipe)
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
        _slurry_events(loop, shift, lost, solids, slip, noise=noise)
        loop.event(
            "air_burst",
            air,
            evidence={"drive_gain": drive, "solids_held": solids},
            rule="drive gain above limit v1",
            decision="density is Bad; solids held",
            priority="log",
            refractory_s=30.0,
        )
        soft_finding(
            loop,
            "pump_wear",
            "%",
            least=100.0 * s.wear_limit,
            most=20.0,
            lasts_s=WEAR_LASTS_S,
            rule="trend of meter over pump speed by hour v1",
            decision="order a stator; the flow is divided by the slip meanwhile",
            evidence={"slip": slip},
        )
        loop.tap("solids", solids, every_s=10.0)
        loop.tap("slip", slip, every_s=10.0)
        return Slurry(solids=solids, density=density, slip=slip, flow=pump * slip, pumped=pump)


def _slurry_events(
    loop: Loop, shift: Drift, lost: Drift, solids: Edge, slip: Edge, *, noise: float
) -> None:
    loop.event(
        "solids_shift",
        shift.alarm,
        evidence={"solids": solids, "innovation": shift.innovation, **shift.said()},
        rule="cusum on density innovation v1",
        decision="ratio control follows the soft sensor",
        refractory_s=1800.0,
    )
    loop.event(
        "solids_step",
        abs(shift.innovation) > STEP_SIGMA * noise,
        evidence={"solids": solids, "innovation": shift.innovation},
        rule="density innovation beyond 10 sigma v1",
        decision="ratio control follows the soft sensor",
        refractory_s=600.0,
    )
    loop.event(
        "pump_slip",
        lost.alarm,
        evidence={"slip": slip, "innovation": lost.innovation, **lost.said()},
        rule="cusum on meter over pump speed v1",
        decision="flow set-point divided by the slip",
        refractory_s=300.0,
    )


def _flow_loop(
    g: Graph, s: Settings, slurry: Slurry, weight: Weight, change: Change | None
) -> None:
    """Ratio control: slurry for the wanted dry weight at this speed, pump lag led away."""
    r = s.recipe
    nominal = r.pump_flow_l_per_min
    with g.loop("flow", rate_hz=s.flow_rate_hz) as loop:
        speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
        target = loop.param(
            "areal", WEIGHT, r.areal_g_per_m2, lo=0.9 * r.areal_g_per_m2, hi=1.1 * r.areal_g_per_m2
        )
        nominal_speed = loop.const(r.web_speed_m_per_s, "m/s")
        if change is not None:
            target = target * loop.latest(change.weight)
            nominal_speed = nominal_speed * loop.latest(change.speed)
        if s.corrections.solids:
            dry_per_litre = loop.latest(slurry.solids) * loop.latest(slurry.density)
        else:
            dry_per_litre = loop.const(r.solids_fraction * r.slurry_kg_per_m3, DENSITY)
        laid = target * speed * loop.const(r.coated_width_m, "m")
        if s.corrections.trim:
            trims = (loop.latest(weight.forecast) + 1.0) * (loop.latest(weight.dry_to_wet) + 1.0)
        else:
            trims = loop.const(1.0, "1")
        wanted = (laid / dry_per_litre).to(FLOW) / trims
        slip = loop.latest(slurry.slip) if s.corrections.slip else loop.const(1.0, "1")
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
            pv=loop.latest(slurry.flow if s.corrections.slip else slurry.pumped),
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
        _watch_speed(loop, s, speed / nominal_speed, (speed, wanted))
        loop.tap("flow_wanted", wanted, every_s=10.0)
        loop.output(ACTUATOR, command, unit=FLOW)


def _watch_speed(loop: Loop, s: Settings, ratio: Edge, seen: tuple[Edge, Edge]) -> None:
    """A speed that is not what it was."""
    watched = watch_level(
        loop,
        ratio,
        noise_sd=s.noise.speed,
        memory_s=60.0,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.05,
    )
    loop.event(
        "speed_upset",
        watched.alarm,
        evidence={"speed": seen[0], "flow": seen[1], **watched.said()},
        rule="cusum on web speed v1",
        decision="flow follows the speed, pump lag led away",
        priority="log",
        refractory_s=600.0,
    )
