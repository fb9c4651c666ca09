"""The alarms of core, gate and supervisor: what a row of the ledger tells, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linewright.alarms._definition import Definition, Priority

FLOOD = "line.alarm_flood"
IN_CONTROL = ("advisory", "closed", "manual")
"""States of an actuator in which nothing of the gate stands against it."""
TRIPPED = "look at the actuator, mend what tripped it, then `linewright reset` and `linewright arm`"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an alarm row, or the row that ends one, says."""

    name: str
    of: str
    station: str
    ended: bool = False
    says: str = ""


def told(row: Mapping[str, Any]) -> Told | None:
    """The alarm that a row of kind `alarm` raises or one of kind `mode` ends; None for others.

    >>> told({"kind": "alarm", "station": "coater",
    ...       "body": {"actuator": "coater.pump_flow", "cause": "limit_storm", "value": 9.0}})
    Told(name='gate.limit_storm', of='coater.pump_flow', station='coater', ended=False, says='')
    """
    body, station = row["body"], row["station"]
    raised = row["kind"] == "alarm"
    if "rung" in body:
        late = {"warn": "late", "shed": "late", "hold": "loop_held", "safe": "loop_safe"}
        name = late.get(body["rung"] if raised else body["from"], "late")
        return Told(name=f"core.{name}", of=body["loop"], station=station, ended=not raised)
    if "budget" in body:
        return Told(name="core.budget", of=body["budget"], station=station, ended=not raised)
    if "disk" in body:
        return Told(name="core.disk_full", of="", station=station or "core", ended=not raised)
    return _raised(body, station) if raised else None


def _raised(body: Mapping[str, Any], station: str) -> Told | None:
    """What ends by itself, or with a reset."""
    if "actuator" in body:
        return Told(name=f"gate.{body['cause']}", of=body["actuator"], station=station)
    if "cause" in body:
        return Told(name=f"core.{body['cause']}", of="", station=station or "core")
    return _in_words(body) if "text" in body else None


def _in_words(body: Mapping[str, Any]) -> Told:
    """What the supervisor, or another operator's program, says: `name`, `of` and `text`."""
    name, of = str(body.get("name") or "supervisor"), str(body.get("of") or "")
    source, _, what = name.partition(".")
    says = str(body["text"]).partition("\n")[0]
    return Told(name=f"{source}.{what or 'told'}", of=of, station=of or source, says=says)


def freed(row: Mapping[str, Any]) -> str | None:
    """The actuator that a `mode` row gives back to control; None for any other row.

    >>> freed({"kind": "mode", "body": {"actuator": "coater.pump_flow", "from": "fallback",
    ...                                 "to": "closed", "cause": "permitted"}})
    'coater.pump_flow'
    """
    body = row["body"]
    return body["actuator"] if body.get("to") in IN_CONTROL else None


_TRIPS: tuple[tuple[str, str, str, Priority], ...] = (
    (
        "limit_storm",
        "an output was limited for too long",
        "a controller winds against a limit of its actuator",
        "medium",
    ),
    (
        "quality_trip",
        "an output had no good value for too long",
        "gauges of its loop are bad or silent",
        "medium",
    ),
    (
        "read_back_mismatch",
        "an actuator does not follow",
        "drive, valve or its measurement is stuck, or somebody else writes to it",
        "medium",
    ),
    (
        "overrun_burst",
        "a loop did not keep its deadline and was taken out",
        "this computer is too slow or too busy",
        "low",
    ),
    (
        "plant_lost",
        "the plant does not answer",
        "field bus, PLC or driver is down",
        "medium",
    ),
)

GATE = (
    Definition(
        name="gate.limited_in_a_row",
        says="an output stays at its limit",
        cause="a controller asks for more than the actuator's limits allow",
        consequence="the loop no longer corrects; after a while the actuator trips",
        action="look at the station page for what the loop corrects against, and mend that",
        respond_within_s=600.0,
        priority="low",
    ),
    Definition(
        name="gate.nudge_budget_spent",
        says="a loop has moved its actuator as far as it may",
        cause="a drift in the plant, or a gauge that lies plausibly",
        consequence="the output is held where it is; the loop no longer corrects",
        action="compare the gauge with the laboratory, then `linewright arm`",
        respond_within_s=900.0,
        priority="low",
    ),
    *(
        Definition(
            name=f"gate.{what}",
            says=says,
            cause=cause,
            consequence="the actuator is at its fallback and stays there: the loop is open",
            action=TRIPPED,
            respond_within_s=300.0,
            priority=priority,
            returns_after_s=None,
            latched=True,
        )
        for what, says, cause, priority in _TRIPS
    ),
)

CORE = (
    Definition(
        name="core.late",
        says="a loop misses deadlines",
        cause="this computer is busy with something else",
        consequence="telemetry and slower loops are shed; later outputs are held",
        action="end what else runs on this computer; see `linewright doctor`",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=None,
    ),
    Definition(
        name="core.loop_held",
        says="a loop misses deadlines and its outputs are held",
        cause="this computer is too slow or too busy",
        consequence="nothing is corrected meanwhile; next the outputs go to their fallback",
        action="end what else runs on this computer; see `linewright doctor`",
        respond_within_s=300.0,
        priority="medium",
        returns_after_s=None,
    ),
    Definition(
        name="core.loop_safe",
        says="a loop misses deadlines and its outputs went to their fallback",
        cause="this computer is too slow or too busy",
        consequence="the loop is open until a person resets it",
        action="end what else runs on this computer, then `linewright reset` and `linewright arm`",
        respond_within_s=300.0,
        priority="medium",
        returns_after_s=None,
        latched=True,
    ),
    Definition(
        name="core.budget",
        says="a stage takes longer than its budget",
        cause="this computer is busy, or a station grew",
        consequence="none yet: the deadline is still kept; the reserve is not",
        action="look at `linewright top` when there is time; tell who maintains the computer",
        respond_within_s=28_800.0,
        priority="low",
        returns_after_s=None,
    ),
    Definition(
        name="core.record_incomplete",
        says="the record has a gap",
        cause="the disk is slow or full",
        consequence="this stretch cannot be replayed; a required record takes the permit to act",
        action="make room on the disk; look at its speed",
        respond_within_s=1800.0,
        priority="low",
    ),
    Definition(
        name="core.disk_full",
        says="the disk of the ledger is full",
        cause="something fills the disk on which the ledger stands",
        consequence="control is given up; soon nothing that happens is recorded",
        action="make room on the disk; then `linewright arm`",
        respond_within_s=300.0,
        priority="high",
        returns_after_s=None,
    ),
    Definition(
        name="core.ledger_recovered",
        says="the ledger was lost for a while and is back",
        cause="the disk was full, or a write or sync failed",
        consequence="rows of that time are missing, and control was given up meanwhile",
        action="check the disk and its log; then `linewright arm`",
        respond_within_s=900.0,
        priority="low",
    ),
)

SUPERVISOR = (
    Definition(
        name="supervisor.core_ended",
        says="the core ended",
        cause="it was killed, or failed",
        consequence="every output is at its fallback; the line is not controlled",
        action="read core.log in the run directory, then start the line again",
        respond_within_s=300.0,
        priority="high",
        latched=True,
    ),
    Definition(
        name="supervisor.loop_stands",
        says="the core's loop stands still",
        cause="the computer hangs, or a driver does not come back",
        consequence="no output is renewed; watchdogs of the plant act",
        action="stop the line at the machine; then restart it",
        respond_within_s=60.0,
        priority="high",
        latched=True,
    ),
    Definition(
        name="supervisor.bus_ended",
        says="the bus ended and is started again",
        cause="it was killed, or failed",
        consequence="stations are not heard meanwhile; set-points expire to their fallback",
        action="nothing when it is back within seconds; else read bus.log and restart the line",
        respond_within_s=600.0,
        priority="low",
    ),
    Definition(
        name="supervisor.plant_ended",
        says="the process of the plant's driver ended",
        cause="field bus or driver failed",
        consequence="outputs are at their fallback until it answers again",
        action="check the field bus, then `linewright reset` and `linewright arm`",
        respond_within_s=300.0,
        priority="medium",
    ),
    Definition(
        name="supervisor.station_ended",
        says="a station's process ended or hung",
        cause="an error in the station",
        consequence="its set-points expire; its loops go on by themselves with what they have",
        action="read the station's log; `linewright restart` it when it does not come back",
        respond_within_s=900.0,
        priority="low",
    ),
    Definition(
        name="supervisor.station_out",
        says="a station failed again and again and is out",
        cause="an error in the station or its settings",
        consequence="the line goes on without it: its set-points are at their fallback",
        action="read the station's log, mend it, then `linewright restart` it",
        respond_within_s=900.0,
        priority="low",
        latched=True,
    ),
    Definition(
        name="supervisor.told",
        says="the supervisor has something to tell",
        cause="see the text",
        consequence="see the text",
        action="read the text; the logs are in the run directory",
        respond_within_s=1800.0,
        priority="low",
    ),
)

LINE = (
    Definition(
        name=FLOOD,
        says="more alarms at once than a person can take in",
        cause="a loss that many stations see: power, air, network, or a gauge cabinet",
        consequence="single alarms are gathered here and are not told one by one",
        action="stabilise the line first; then open this alarm and go through it by priority",
        respond_within_s=300.0,
        priority="high",
        returns_after_s=600.0,
    ),
)

CORE_DEFINITIONS = (*GATE, *CORE, *SUPERVISOR, *LINE)
"""Every alarm that does not come from a station."""
