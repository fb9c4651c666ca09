"""The playbook's one loop: what was set by hand, times speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linewright.graph import Graph, Loop
    from linewright.stations.playbook.settings import Settings

FLOW, LOAD = "L/min", "N/mm"
SHIFT_S = 86_400.0
EVERY_S = 10.0


def wire(g: Graph, s: Settings) -> None:
    """Pump and nip, and with a change of recipe the web's drive and the oven's air."""
    r = s.recipe
    with g.loop("hand", rate_hz=s.rate_hz) as loop:
        nominal = r.pump_flow_l_per_min
        flow = loop.mailbox(
            "flow", FLOW, default=nominal, lo=0.5 * nominal, hi=1.5 * nominal, ttl_s=SHIFT_S
        )
        load = loop.mailbox(
            "load", LOAD, default=r.line_load_n_per_mm, lo=200.0, hi=1500.0, ttl_s=SHIFT_S
        )
        speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
        ratio = speed / loop.const(r.web_speed_m_per_s, "m/s")
        loop.output("coater.pump_flow", flow.value * ratio, unit=FLOW)
        loop.output("calender.line_load", load.value, unit=LOAD)
        if s.change.on:
            _wire_card(loop, s)
        for name, unit in (("dry_weight", "g/m2"), ("thickness", "um"), ("count", "1")):
            lab = loop.input(f"lab.{name}", unit, max_age_s=7200.0)
            loop.tap(f"lab_{name}", lab, every_s=EVERY_S)
        if s.laboratory.on_request:
            _wire_web(loop)


def _wire_card(loop: Loop, s: Settings) -> None:
    """What else is on a recipe's card."""
    nominal = s.recipe.web_speed_m_per_s
    by_hand = [
        ("web", "coater.web_drive", "m/s", nominal, 0.5 * nominal, 1.5 * nominal),
        ("exhaust", "coater.exhaust_air", "m3/s", s.dryer.exhaust_m3_per_s, 1.0, 100.0),
    ]
    by_hand += [
        (f"zone_{k}", f"coater.zone_{k}", "degC", zone_c, 20.0, 150.0)
        for k, zone_c in enumerate(s.dryer.zone_c, start=1)
    ]
    for name, actuator, unit, default, lo, hi in by_hand:
        box = loop.mailbox(name, unit, default=default, lo=lo, hi=hi, ttl_s=SHIFT_S)
        loop.output(actuator, box.value, unit=unit)


def _wire_web(loop: Loop) -> None:
    """Web made, web pressed, roll under the nip."""
    for name, channel, unit in (
        ("web_m", "coater.web_position", "m"),
        ("press_m", "calender.encoder", "m"),
        ("roll", "calender.jumbo", "1"),
    ):
        loop.tap(name, loop.input(channel, unit, max_age_s=600.0), every_s=EVERY_S)
