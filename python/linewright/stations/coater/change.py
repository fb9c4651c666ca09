"""The change to another recipe in the coater's hard lane: set points over web metres.

The soft side sends each set point as a profile over the coating metre. The loops read it at
`place`, the metre at the die, which goes on only while the order is confirmed (a mailbox that
expires within seconds) and the gate lets the pump through. When either is missing everything
stays where it is: a target never falls back to the other recipe in the middle of a web. Every set
point is bounded and slewed here, the drive is written through the gate like any other actuator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.coater.drying import ZONES

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop
    from linewright.stations.coater.settings import Settings

DRIVE = "coater.web_drive"
PUMP = "coater.pump_flow"
FLOW = "L/min"
SPEED = "m/s"
WEIGHT = "g/m2"
GO_S = 15.0
"""An order that is not confirmed for so long is held."""
HELD_S = 86_400.0


class Change(NamedTuple):
    """Edges of a change; each as of the recipe that the line was started with until one is made."""

    weight: Edge
    """Coat weight over that of the recipe."""
    speed: Edge
    """Web speed over that of the recipe."""
    zone_c: list[Edge]
    """Air of the zones that the plan asks for, degC as bare numbers."""
    exhaust: Edge
    """Least exhaust air, m3/s as a bare number."""
    made: Edge
    """1 from the first metre of a change on: the dryer's feedback, designed for the recipe of the
    start, rests."""


def wire_change(g: Graph, s: Settings) -> Change:
    """The loop that reads the plan; it writes the drive."""
    r, d, limits = s.recipe, s.dryer, s.change
    with g.loop("change", rate_hz=s.flow_rate_hz) as loop:
        at = loop.input("coater.web_position", "m", max_age_s=0.5)
        go = loop.mailbox(
            "change_go", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=GO_S, fallback="default"
        )
        ready = loop.written(PUMP, FLOW).in_control > 0.5
        moving = (go.value > 0.5) & ready & loop.is_good(at)
        place = loop.apply(lw.SampleHold, loop.or_else(at, 0.0), moving)

        def follow(
            name: str, unit: str, start: float, bounds: tuple[float, float], per_s: float
        ) -> Edge:
            planned = loop.profile(f"change_{name}", unit, place)
            known = (planned.valid > 0.5) & moving
            first = loop.const(start, unit)
            value = loop.select(known, loop.or_else(planned.value, first), first)
            held = loop.apply(lw.SampleHold, value, known)
            slewed = loop.apply(lw.Slew, held, up_per_s=per_s, down_per_s=per_s)
            kept: Edge = loop.apply(lw.Clamp, slewed, lo=bounds[0], hi=bounds[1]).y
            return kept

        def within(nominal: float) -> tuple[float, float]:
            return (limits.least * nominal, limits.most * nominal)

        weight = follow(
            "weight",
            WEIGHT,
            r.areal_g_per_m2,
            within(r.areal_g_per_m2),
            limits.weight_per_s * r.areal_g_per_m2,
        )
        speed = follow(
            "speed",
            SPEED,
            r.web_speed_m_per_s,
            within(r.web_speed_m_per_s),
            limits.speed_m_per_s2,
        )
        zones = [
            follow(
                f"zone_{k}",
                "degC",
                d.zone_c[k - 1],
                (d.zone_min_c, d.zone_max_c),
                limits.air_k_per_s,
            )
            / loop.const(1.0, "degC")
            for k in range(1, ZONES + 1)
        ]
        exhaust = follow(
            "exhaust", "m3/s", d.exhaust_m3_per_s, (1.0, d.exhaust_max_m3_per_s), 0.5
        ) / loop.const(1.0, "m3/s")
        made = _remembered(loop, at, place, ready, moving)
        if limits.drive:
            loop.output(DRIVE, speed, unit=SPEED)
        return Change(
            weight=weight / loop.const(r.areal_g_per_m2, WEIGHT),
            speed=speed / loop.const(r.web_speed_m_per_s, SPEED),
            zone_c=zones,
            exhaust=exhaust,
            made=made,
        )


def _remembered(loop: Loop, at: Edge, place: Edge, ready: Edge, moving: Edge) -> Edge:
    """What a restarted soft side must know: which order, from which metre, how far."""
    for name, unit, most in (("change_order", "1", 2.0**48), ("change_origin", "m", 1e9)):
        kept = loop.mailbox(name, unit, default=0.0, lo=0.0, hi=most, ttl_s=HELD_S, fallback="hold")
        loop.tap(f"{name}_kept", kept.value, every_s=1.0)
    made: Edge = loop.apply(lw.SampleHold, moving, moving) > 0.5
    loop.tap("change_at", at, every_s=1.0)
    loop.tap("change_place", place, every_s=1.0)
    loop.tap("change_ready", ready, every_s=1.0)
    loop.tap("change_moves", moving, every_s=1.0)
    loop.tap("change_made", made, every_s=1.0)
    return made
