"""The welder's loop: the burst judged, a chart for each fixture, corrections for the next weld.

Within the tick in which the beam goes off the front end says what the weld is. Each fixture has a
CUSUM on the plasma's excess: high is a gap under the stack, low a lost focus. All fixtures together
have one on the thermal level (light lost on the protective glass) and one on blow-outs. What the
soft side corrects is told to the machine for the fixture that comes next.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.welder.charting import age, weld_chart
from linewright.stations.welder.pictures import watch_pictures
from linewright.stations.welder.settings import Limits, Settings

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

OUTPUTS = [name for name, _ in lw.WeldBurst.OUTPUTS]
CLASSES = ("good", "gap", "false_friend", "over_penetration", "blow_out", "shallow")
"""By the front end's `weld_class`."""
TOLD = {
    "weld": ("welder.count", "1"),
    "weld_fixture": ("welder.fixture", "1"),
    "check": ("welder.check_count", "1"),
    "check_weld": ("welder.check_number", "1"),
    "check_fixture": ("welder.check_fixture", "1"),
    "resistance": ("welder.resistance", "uohm"),
    "pull": ("welder.pull", "N"),
}
"""Taps of the driver's channels; those of the burst come beside them."""
CORRECTIONS = {"clamp": "1", "defocus": "mm", "power": "1"}
"""What is corrected for each fixture, and its unit; shares of nominal are dimensionless."""
TRIM = {"trimmed": ("welder.trimmed", "1"), "trim_held": ("welder.trim_held", "1")}
"""Taps of what the laser's own trim did inside the weld."""
TRACE = {
    "cell": ("welder.cell", "1"),
    "cell_roll": ("welder.cell_roll", "1"),
    "cell_web": ("welder.cell_web", "m"),
}
"""Taps of what the last weld's cell is made of."""
DAY_S = 86_400.0
TTL_S = 3600.0
"""A correction that nobody renews so long is none any more."""


def limits_of(reference: dict[str, list[float]], feature: str) -> Limits:
    """Mean and sigma of a feature in a learnt reference.

    >>> limits_of(Settings().reference(), "excess").sigma > 0.0
    True
    """
    at = OUTPUTS.index(feature) - 3
    return Limits(mean=reference["centre"][at], sigma=reference["sigma"][at])


class Welds(NamedTuple):
    """What is known of the last weld."""

    fresh: Edge
    """1 in the tick that judged it."""
    fixture: Edge
    said: dict[str, Edge]
    """What the front end says of it, by output."""
    light: Edge
    """Thermal level less the effect of the power's correction, relative to the reference."""
    excess: Edge
    """Plasma's excess less that of light lost by all fixtures and of the power's correction."""


def wire(g: Graph, s: Settings) -> None:
    """Front end and the one loop."""
    reference = s.reference()
    front = g.front_end(
        "burst",
        lw.WeldBurst,
        plasma=lw.Block("welder.plasma", "V"),
        reflection=lw.Block("welder.reflection", "V"),
        thermal=lw.Block("welder.thermal", "V"),
        **reference,
    )
    with g.loop("fixtures", rate_hz=s.rate_hz) as loop:
        count = loop.or_else(loop.input("welder.count", "1", max_age_s=1.0), 0.0)
        before = loop.apply(lw.TimeDelay, count, dead_time_s=loop.period_s)
        fixture = loop.or_else(loop.input("welder.fixture", "1", max_age_s=1.0), -1.0)
        fresh = count - before > 0.5
        said = {name: loop.input(getattr(front, name), max_age_s=DAY_S) for name in OUTPUTS}
        boxes = _boxes(loop, s)
        power = _of_fixture(loop, s, boxes["power"], fixture, "1")
        usual = limits_of(reference, "thermal_mean")
        light = said["thermal_mean"] / loop.const(usual.mean, "V") - 1.0 - power
        # Light lost on the glass costs the plasma as much more as it costs the thermal level; power
        # brings half as much again. Averaged over some welds, from zero.
        known = fresh | (count < 0.5)
        dimmer = loop.select(fresh, loop.or_else(light, 0.0), 0.0)
        dimmer = loop.apply(lw.Clamp, dimmer, lo=-3.0 * usual.sigma, hi=3.0 * usual.sigma).y
        shared = loop.apply(
            lw.Ewma,
            loop.bad_when(dimmer, ~known),
            time_constant_s=s.charts.shared_welds * loop.period_s,
        )
        welds = Welds(
            fresh=fresh,
            fixture=fixture,
            said=said,
            light=light,
            excess=said["excess"] - shared - 1.5 * power,
        )
        for f in range(s.fixtures):
            excess = limits_of(reference, "excess")
            _watch_fixture(loop, s, excess, welds, clamp=boxes["clamp"][f], f=f)
        if s.camera.on:
            watch_pictures(loop, s, count, boxes["clamp"])
        _watch_light(loop, s, usual.sigma / usual.mean, welds)
        _watch_blow_outs(loop, s, welds)
        _correct(loop, s, boxes)
        _tell(loop, s, welds)


def _watch_fixture(
    loop: Loop, s: Settings, usual: Limits, welds: Welds, *, clamp: Edge, f: int
) -> None:
    """One fixture's chart on the excess; its limits are parameters, learnt from tested welds."""
    shift, widen = s.learn_shift_most * usual.sigma, s.learn_widen_most * usual.sigma
    mean = loop.param(
        f"excess_mean_{f}", "1", usual.mean, lo=usual.mean - shift, hi=usual.mean + shift
    )
    sigma = loop.param(f"excess_sigma_{f}", "1", usual.sigma, lo=usual.sigma, hi=widen)
    here = welds.fresh & (abs(welds.fixture - float(f)) < 0.5)
    z = (welds.excess - mean) / sigma
    # Gaps are half-normal: worn clamps make them wider, not shifted, and the likelihood of a spread
    # goes with the square (score test). Only what is too bright is a gap.
    wide = loop.apply(lw.Clamp, z, lo=0.0, hi=s.charts.z_most).y
    # The own clamp correction closes gaps: what is usual is less then.
    relief = s.charts.gap_usual * s.charts.gap_relief / s.clamp_most
    usual_square = s.charts.gap_usual - relief * clamp
    gap = weld_chart(loop, wide * wide - usual_square, here, k=s.charts.gap_k, h=s.charts.gap_h)
    focus = weld_chart(loop, _clipped(loop, s, z), here, k=s.charts.focus_k, h=s.charts.focus_h)
    evidence = {
        "excess": welds.excess,
        "step_up": welds.said["step_up"],
        "ratio": welds.said["ratio"],
        "fixture": loop.const(float(f), "1"),
    }
    loop.event(
        f"gap_{f}",
        gap.alarm > 0.5,
        evidence={**evidence, "cusum": gap.high, "age": gap.age_up},
        rule="cusum on square of plasma excess of a fixture v1",
        decision="more clamp force; hold the fixture when that is used up",
        refractory_s=s.charts.refractory_s,
    )
    loop.event(
        f"focus_{f}",
        focus.alarm < -0.5,
        evidence={**evidence, "cusum": focus.low, "age": focus.age_down},
        rule="cusum on plasma excess of a fixture v1",
        decision="move the focus; hold the fixture when that is used up",
        refractory_s=s.charts.refractory_s,
    )


def _clipped(loop: Loop, s: Settings, z: Edge) -> Edge:
    """A single bad weld is a reject and no shift."""
    clipped: Edge = loop.apply(lw.Clamp, z, lo=-s.charts.z_most, hi=s.charts.z_most).y
    return clipped


def _watch_light(loop: Loop, s: Settings, sigma: float, welds: Welds) -> None:
    """The thermal level over all fixtures: light lost on the way in and on the way out."""
    light = _clipped(loop, s, welds.light / sigma)
    chart = weld_chart(loop, light, welds.fresh, k=s.charts.light_k, h=s.charts.light_h)
    thermal, plasma = welds.said["thermal_mean"], welds.said["plasma_mean"]
    loop.event(
        "light_lost",
        chart.alarm < -0.5,
        evidence={
            "thermal": thermal,
            "plasma": plasma,
            "cusum": chart.low,
            "age": chart.age_down,
        },
        rule="cusum on thermal level of all fixtures v1",
        decision="more power within its envelope; clean the protective glass",
        refractory_s=s.charts.shared_refractory_s,
    )
    loop.event(
        "light_gained",
        chart.alarm > 0.5,
        evidence={
            "thermal": thermal,
            "plasma": plasma,
            "cusum": chart.high,
            "age": chart.age_up,
        },
        rule="cusum on thermal level of all fixtures v1",
        decision="check the laser's power and the foil's surface",
        refractory_s=s.charts.shared_refractory_s,
    )


def _watch_blow_outs(loop: Loop, s: Settings, welds: Welds) -> None:
    """Share of blow-outs: sum of `x - gamma`, with `gamma` half way between the usual share and
    the one sought by the likelihood ratio of a coin (Reynolds and Stoumbos 1999)."""
    p, q = s.charts.blow_outs_usual, s.charts.blow_outs_many
    gamma = math.log((1.0 - p) / (1.0 - q)) / math.log(q * (1.0 - p) / (p * (1.0 - q)))
    said = welds.said
    out = abs(said["weld_class"] - float(CLASSES.index("blow_out"))) < 0.5
    x = loop.bad_when(loop.select(out, 1.0, 0.0), ~welds.fresh)
    chart = loop.apply(
        lw.Cusum, x, mean=0.0, sigma=1.0, k=gamma, h=s.charts.blow_outs_h, restart=True
    )
    loop.event(
        "blow_outs",
        chart.alarm > 0.5,
        evidence={
            "cusum": chart.high,
            "drop_out_ms": said["drop_out_ms"],
            "flash": said["flash"],
            "age": age(loop, chart.high),
        },
        rule="bernoulli cusum on blow-outs v1",
        decision="reject the welds; check foil and tab for dirt and moisture",
        refractory_s=s.charts.shared_refractory_s,
    )


def _boxes(loop: Loop, s: Settings) -> dict[str, list[Edge]]:
    """The soft side's corrections, by fixture; without it they go back to nothing."""
    most = {"clamp": s.clamp_most, "defocus": s.defocus_most_mm, "power": s.power_most}

    def box(name: str, f: int) -> Edge:
        value: Edge = loop.mailbox(
            f"{name}_{f}",
            CORRECTIONS[name],
            default=0.0,
            lo=-most[name],
            hi=most[name],
            ttl_s=TTL_S,
            fallback="default",
        ).value
        return value

    return {name: [box(name, f) for f in range(s.fixtures)] for name in CORRECTIONS}


def _of_fixture(loop: Loop, s: Settings, values: list[Edge], fixture: Edge, unit: str) -> Edge:
    """That of the values which belongs to `fixture`; nothing for a fixture that is not known."""
    chosen: Edge = loop.const(0.0, unit)
    for f in range(s.fixtures):
        chosen = loop.select(abs(fixture - float(f)) < 0.5, values[f], chosen)
    return chosen


def _correct(loop: Loop, s: Settings, boxes: dict[str, list[Edge]]) -> None:
    """Power, clamp force and focus for the fixture that comes next, and which are on hold."""
    following = loop.or_else(loop.input("welder.next_fixture", "1", max_age_s=1.0), -1.0)
    chosen = {
        name: _of_fixture(loop, s, boxes[name], following, unit)
        for name, unit in CORRECTIONS.items()
    }
    nominal = s.nominal
    power = (1.0 + chosen["power"]) * loop.const(nominal.power_w, "W")
    clamp = (1.0 + chosen["clamp"]) * loop.const(nominal.clamp_n, "N")
    loop.output("welder.power", power, unit="W")
    loop.output("welder.clamp", clamp, unit="N")
    loop.output("welder.defocus", loop.const(nominal.defocus_mm, "mm") + chosen["defocus"])
    if s.trim_band > 0.0:
        # The laser moves its power by itself within a weld, ten thousand times a second: the gate
        # admits by how much, for the next weld.
        loop.output("welder.trim_band", loop.const(s.trim_band, "1"), unit="1")
    _hold(loop, s)


def _hold(loop: Loop, s: Settings) -> None:
    """Which fixtures are on hold: they stay so whatever becomes of the soft side. That one is held
    is a detection as well: what the rule had to do shows what a correction hides."""
    mask: Edge = loop.const(0.0, "1")
    for f in range(s.fixtures):
        held = loop.mailbox(
            f"held_{f}", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=DAY_S, fallback="hold"
        ).value
        mask = mask + 2.0**f * held
        loop.event(
            f"held_{f}",
            held > 0.5,
            evidence={"fixture": loop.const(float(f), "1")},
            rule="fixture that its corrections did not bring back v1",
            decision="cells go to another station; service the fixture",
            priority="alarm",
        )
    loop.output("welder.fixture_hold", mask, unit="1")


def _tell(loop: Loop, s: Settings, welds: Welds) -> None:
    for tap, (channel, unit) in TOLD.items():
        loop.tap(tap, loop.input(channel, unit, max_age_s=DAY_S), every_s=s.tell_s)
    if s.trim_band > 0.0:
        for tap, (channel, unit) in TRIM.items():
            loop.tap(tap, loop.input(channel, unit, max_age_s=DAY_S), every_s=s.tell_s)
    if s.traced:
        for tap, (channel, unit) in TRACE.items():
            loop.tap(tap, loop.input(channel, unit, max_age_s=DAY_S), every_s=s.tell_s)
    for tap in ("weld_class", "confidence", "score"):
        loop.tap(tap, welds.said[tap], every_s=s.tell_s)
    loop.tap("excess", welds.excess, every_s=s.tell_s)
    loop.tap("light", welds.light, every_s=s.tell_s)
