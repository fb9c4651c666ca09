"""The formation loop: verdicts become events, finished trays are held against sound ones.

The front end names cells and hands out finished trays; here each verdict is an event of its own,
with its evidence, in the tick in which it is handed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.formation.model import shipped, watch_config

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop
    from linewright.stations.formation.settings import Settings

DAY_S = 86_400.0
UNITS = {"o": "ohm", "m": "mohm", "s": "s", "q": "Ah", "e": "Wh"}
"""Units of the watch's outputs that no block fixes."""
CONTACT, HARD_SHORT, SHORT = 1.0, 2.0, 3.0
"""By the watch's `verdict_class`."""
DONE = (
    "trays_done",
    "done_tray",
    "done_slot",
    "resistance_mohm",
    "efficiency",
    "capacity_ah",
    "charged_wh",
    "discharged_wh",
    "pulse_temperature",
    "done_age_s",
)
"""Taps of a finished tray, in the order they come."""
JUDGED = ("resistance_z", "efficiency_z")
"""Taps of a finished tray against sound ones, behind `DONE`."""
RACK = ("trays_running", "next_free_s")
"""Taps of the rack, in the order they come."""
PROGRESS = ("told_tray", "told_slot", "told_age_s", "told_phase", "told_in_phase_s")
"""Taps of one running tray's progress, in the order they come."""
TELL_S = 1.0
"""The watch hands out one finished tray and the progress of one running tray a second."""


def wire(g: Graph, s: Settings) -> None:
    """Front end and the one loop."""
    front = g.front_end(
        "watch",
        lw.FormationWatch,
        voltage=lw.Block("formation.voltage", "V"),
        current=lw.Block("formation.current", "A"),
        temperature=lw.Block("formation.temperature", "degC"),
        tray=lw.Block("formation.tray", "1"),
        unit=UNITS,
        **watch_config(s.slots, s.limits),
    )
    with g.loop("rack", rate_hz=s.rate_hz) as loop:
        outputs = [name for name, _ in lw.FormationWatch.OUTPUTS]
        said = {name: loop.input(getattr(front, name), max_age_s=DAY_S) for name in outputs}
        _verdicts(loop, said)
        for name in DONE:
            loop.tap(name, said[name], every_s=TELL_S)
        _trays(loop, s, said)
        _programme(loop, said)
        for name in RACK:
            loop.tap(name, said[name], every_s=s.forecast_every_s)
        for name in PROGRESS:
            loop.tap(name, said[name], every_s=TELL_S)


def _fresh(loop: Loop, count: Edge) -> Edge:
    """1 in the tick in which a count went up."""
    now = loop.or_else(count, 0.0)
    before = loop.apply(lw.TimeDelay, now, dead_time_s=loop.period_s)
    fresh: Edge = now - before > 0.5
    return fresh


def _verdicts(loop: Loop, said: dict[str, Edge]) -> None:
    fresh = _fresh(loop, said["verdicts"])
    where = {name: said[name] for name in ("channel", "tray_number", "z", "confidence")}
    shorted = {
        **where,
        "short_ohm": said["short_ohm"],
        "age": said["age_s"] - said["closed_s"],
        "in_programme_s": said["age_s"],
        "waiting": said["waiting"],
    }
    contact = {
        **where,
        "contact_mohm": said["contact_mohm"],
        "age": said["age_s"],
        "waiting": said["waiting"],
    }
    for name, kind, evidence, rule, decision in (
        ("contact", CONTACT, contact, "step of the first current v1", "clean the contact"),
        ("hard_short", HARD_SHORT, shorted, "charge lost against the tray v1", "stop the channel"),
        ("short", SHORT, shorted, "charge lost against the tray v1", "take the cell out"),
    ):
        loop.event(
            name,
            fresh & (abs(said["verdict_class"] - kind) < 0.5),
            evidence=evidence,
            rule=rule,
            decision=decision,
        )


def _trays(loop: Loop, s: Settings, said: dict[str, Edge]) -> None:
    """Whole trays against sound ones: in a tray of one lot no cell stands out."""
    of = shipped()["tray"]
    warmer = said["pulse_temperature"] - loop.const(25.0, "degC")
    usual = loop.const(of["resistance_mohm"], "mohm")
    usual = usual + warmer * loop.const(of["resistance_mohm_per_k"], "mohm/degC")
    resists = (said["resistance_mohm"] - usual) / loop.const(of["resistance_sd_mohm"], "mohm")
    loses = (of["efficiency"] - said["efficiency"]) / of["efficiency_sd"]
    poor = (resists > s.poor_resistance_z) & (loses > s.poor_efficiency_z)
    loop.event(
        "poor_wetting",
        _fresh(loop, said["trays_done"]) & poor,
        evidence={
            "tray": said["done_tray"],
            "slot": said["done_slot"],
            "resistance": said["resistance_mohm"],
            "efficiency": said["efficiency"],
            "resistance_z": resists,
            "efficiency_z": loses,
            "temperature": said["pulse_temperature"],
        },
        rule="resistance at low charge and efficiency of a tray v1",
        decision="hold the wetting lot",
        refractory_s=1800.0,
    )
    for name, edge in zip(JUDGED, (resists, loses), strict=True):
        loop.tap(name, edge, every_s=TELL_S)


def _programme(loop: Loop, said: dict[str, Edge]) -> None:
    off = said["trays_off_programme"]
    loop.event(
        "off_programme",
        off > 0.5,
        evidence={"trays": off, "running": said["trays_running"]},
        rule="mean current of a tray against the programme v1",
        decision="shorts are not looked for in these trays; check recipe and power stage",
        priority="alarm",
        refractory_s=1800.0,
    )
