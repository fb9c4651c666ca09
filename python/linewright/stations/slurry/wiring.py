"""The slurry station's loop: solids by density, thickness by die pressure, batches by their number.

Thickness is the die pressure over what the recipe gives at this flow and temperature, less one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.gauge import Drift, watch_level
from linewright.stations.solids import DENSITY, density_per_solids, solids_of

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop
    from linewright.stations.slurry.settings import Settings

ACTUATOR = "slurry.solids_offset"
TELL_S = 10.0
"""How often the soft side is told solids, thickness and batch."""


def wire(g: Graph, s: Settings) -> None:
    """The one loop."""
    with g.loop("feed", rate_hz=s.rate_hz) as loop:
        batch = loop.or_else(loop.input("slurry.batch", "1", max_age_s=60.0), 0.0)
        left = loop.or_else(loop.input("slurry.batch_left", "L", max_age_s=60.0), 0.0)
        flow = loop.input("coater.pump_speed_flow", "L/min", max_age_s=0.5)
        clean = _clean(loop, s)
        solids, drift = _watch_solids(loop, s, clean)
        thickness, thicker = _watch_thickness(loop, s, flow, clean)
        _events(loop, drift, thicker, batch)
        _watch_temperature(loop, s, batch)
        before = loop.apply(lw.TimeDelay, batch, dead_time_s=loop.period_s)
        loop.event(
            "batch_opened",
            (batch - before > 0.5) & (before > 0.5),
            evidence={"batch": batch, "solids": solids, "thickness": thickness},
            rule="batch number v1",
            decision="judge the batch used up; tell the mixer",
            priority="log",
        )
        offset = loop.mailbox(
            "recipe_offset",
            "%",
            default=0.0,
            lo=-s.run_to_run.limit_pp,
            hi=s.run_to_run.limit_pp,
            ttl_s=86_400.0,
        )
        loop.output(ACTUATOR, offset.value, unit="%")
        for name, edge in (
            ("solids", solids),
            ("thickness", thickness),
            ("drawn", flow * s.sides),
            ("left", left),
            ("batch", batch),
        ):
            loop.tap(name, edge, every_s=TELL_S)


def _clean(loop: Loop, s: Settings) -> Edge:
    """1 while no air is in the slurry, nor was a moment ago: then density is solids."""
    drive = loop.input("coater.drive_gain", "1", max_age_s=0.5)
    air = loop.or_else(drive > s.drive_gain_limit, 1.0)
    lately = loop.apply(lw.Ewma, air, time_constant_s=s.air_clears_s)
    # One reading of air moves this lag by period/T, which is 1/e of it T later.
    clean: Edge = ~((lately > loop.period_s / s.air_clears_s / 2.718) | (air > 0.5))
    return clean


def _watch_solids(loop: Loop, s: Settings, clean: Edge) -> tuple[Edge, Drift]:
    """Solids held through air, and their slow drift."""
    r = s.recipe
    measured = loop.input("coater.slurry_density", DENSITY, max_age_s=0.5)
    density = loop.or_else(measured, loop.const(r.slurry_kg_per_m3, DENSITY))
    good = loop.is_good(measured) & clean
    held = loop.apply(lw.SampleHold, solids_of(loop, r, density), good)
    noise = s.noise.density_kg_per_m3 / density_per_solids(r)
    drift = watch_level(
        loop,
        loop.bad_when(held, ~good),
        noise_sd=noise,
        memory_s=s.memory_s,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.05,
        shift_sigma=0.5,
    )
    mean: Edge = loop.apply(lw.Ewma, held, time_constant_s=10.0)
    return mean, drift


def _watch_thickness(loop: Loop, s: Settings, flow: Edge, clean: Edge) -> tuple[Edge, Drift]:
    """Viscosity by die pressure: flow and temperature taken out, by the first orders."""
    r, rheology = s.recipe, s.rheology
    pressure = loop.input("coater.die_pressure", "kPa", max_age_s=0.5)
    warm = loop.input("coater.slurry_temperature", "degC", max_age_s=10.0)
    quicker = flow / loop.const(r.pump_flow_l_per_min, "L/min") - 1.0
    warmer = (warm - loop.const(r.reference_degc, "degC")) / loop.const(1.0, "degC")
    loss = warmer * rheology.loss_per_k
    usual = (quicker * rheology.flow_exponent + 1.0) * (1.0 - loss + 0.5 * (loss * loss))
    thicker = pressure / loop.const(rheology.die_kpa, "kPa") / usual - 1.0
    thicker = loop.bad_when(thicker, ~clean)
    good = loop.is_good(thicker)
    held = loop.apply(lw.SampleHold, loop.or_else(thicker, 0.0), good)
    drift = watch_level(
        loop,
        thicker,
        noise_sd=s.noise.thickness,
        memory_s=s.memory_s,
        false_alarms_per_shift=s.false_alarms_per_shift,
        z_sd=1.1,
        shift_sigma=0.5,
    )
    mean: Edge = loop.apply(lw.Ewma, held, time_constant_s=10.0)
    return mean, drift


def _events(loop: Loop, solids: Drift, thicker: Drift, batch: Edge) -> None:
    loop.event(
        "solids_drift",
        solids.alarm,
        evidence={
            "solids": solids.level,
            "innovation": solids.innovation,
            **solids.said(),
            "batch": batch,
        },
        rule="cusum on density against its slow level v1",
        decision="the coater's ratio control follows; correct the recipe after this batch",
        refractory_s=1800.0,
    )
    loop.event(
        "thickness_drift",
        thicker.alarm,
        evidence={
            "thickness": thicker.level,
            "innovation": thicker.innovation,
            **thicker.said(),
            "batch": batch,
        },
        rule="cusum on compensated die pressure v1",
        decision="expect the profile across the web to bow; check binder and carbon lot",
        refractory_s=1800.0,
    )


def _watch_temperature(loop: Loop, s: Settings, batch: Edge) -> None:
    """Slurry far from the recipe's temperature: it flows otherwise, whatever is in it."""
    warm = loop.input("coater.slurry_temperature", "degC", max_age_s=10.0)
    mean = loop.apply(lw.Ewma, warm, time_constant_s=60.0)
    off = mean - loop.const(s.recipe.reference_degc, "degC")
    loop.event(
        "temperature_drift",
        abs(off) > loop.const(s.warm_k, "degC"),
        evidence={"temperature": mean, "batch": batch},
        rule="mean slurry temperature off the recipe v1",
        decision="check the jacket of the day tank; density is compensated, viscosity is not",
        refractory_s=1800.0,
    )
