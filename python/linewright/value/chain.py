"""From the physical event to the write that was read back, step by step, from ledger rows by id.

    onset -> sample -> detection -> decision -> command -> write -> read-back

Onset: the twin's truth where it stands beside the ledger; elsewhere the change point that the
detector tells with its detection (`age`), which is an estimate and is marked so. Sample: what the
detecting cycle read. Decision: the first whose `because` names the detection. Command: the next of
that station on the same step. Write: the first intent of the station's actuators that can know of
it; where the hard lane answers by itself that is the detection's own cycle, and decision and
command are not on the way. Read-back: the result of that intent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from linewright import _core
from linewright.value.detection import Detection, Fault, quantile, score
from linewright.value.evaluation import FALSE_ALARMS_PER_SHIFT
from linewright.value.policies import cells_hit, cells_named
from linewright.value.signatures import SIGNATURES

STEPS = ("onset", "sample", "detection", "decision", "command", "write", "read_back")
NS = 1e-9
READ_BACKS = 200
"""Results looked through for the one of an intent."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One event. Times are line times, s; None where a step was not on the way, or never came."""

    fault: str
    """Kind of fault of the twin; the detection's name where no truth is known."""
    detector: str
    """Name of the detection; empty when the fault was missed."""
    station: str
    estimated: bool
    """The onset is the detector's own estimate."""
    at_s: Mapping[str, float | None]
    """By `STEPS`."""
    rows: Mapping[str, int]
    """Ledger rows of detection, decision, command, write and read-back."""
    bound_s: float | None
    """Least mean time from onset to detection; None where there is no bound."""
    web_m: Callable[[float], float] | None = None
    """Metre of web at a line time."""

    @property
    def legs_s(self) -> dict[str, float]:
        """Time of each step since the one before that was on the way, s."""
        known = [(name, at) for name in STEPS if (at := self.at_s.get(name)) is not None]
        return {name: at - before for (_, before), (name, at) in pairwise(known)}

    def until(self, step: str) -> tuple[float, float | None] | None:
        """From onset to `step` in s and in m of web; None when it did not come."""
        onset_s, at_s = self.at_s["onset"], self.at_s.get(step)
        if onset_s is None or at_s is None:
            return None
        metres = None if self.web_m is None else self.web_m(at_s) - self.web_m(onset_s)
        return at_s - onset_s, metres

    @property
    def acted(self) -> str:
        """The last step that came."""
        return [name for name in STEPS if self.at_s.get(name) is not None][-1]

    def as_json(self) -> dict[str, Any]:
        """All of it, units in the names."""
        totals = {step: self.until(step) for step in STEPS[1:]}
        return {
            "fault": self.fault,
            "detector": self.detector,
            "station": self.station,
            "onset_estimated": self.estimated,
            "onset_s": self.at_s["onset"],
            "since_onset_s": {step: None if t is None else t[0] for step, t in totals.items()},
            "since_onset_m": {step: None if t is None else t[1] for step, t in totals.items()},
            "legs_s": self.legs_s,
            "rows": dict(self.rows),
            "bound_s": self.bound_s,
        }


@dataclass(frozen=True, kw_only=True)
class Class:
    """All events of one kind that one detector told."""

    fault: str
    detector: str
    chains: tuple[Chain, ...]

    def median(self, step: str) -> tuple[float, float | None] | None:
        """Median from onset to `step`, s and m; None when it never came."""
        known = [t for chain in self.chains if (t := chain.until(step)) is not None]
        if not known:
            return None
        metres = sorted(m for _, m in known if m is not None)
        return quantile(sorted(s for s, _ in known), 0.5), quantile(metres, 0.5) if metres else None

    @property
    def bound_s(self) -> float | None:
        """Median of the bounds."""
        known = sorted(c.bound_s for c in self.chains if c.bound_s is not None)
        return quantile(known, 0.5) if known else None


def classes(chains: Sequence[Chain]) -> list[Class]:
    """Events by fault and detector, in order of the names."""
    keys = sorted({(c.fault, c.detector) for c in chains})
    return [
        Class(
            fault=fault,
            detector=detector,
            chains=tuple(c for c in chains if (c.fault, c.detector) == (fault, detector)),
        )
        for fault, detector in keys
    ]


@dataclass(frozen=True, kw_only=True)
class _Event:
    """What is known of an event beside its detection: nothing, without the twin's truth."""

    fault: str = ""
    onset_s: float | None = None
    bound_s: float | None = None
    web_m: Callable[[float], float] | None = None


@dataclass(frozen=True)
class _Ledger:
    """The newest run of a ledger."""

    file: str
    start: Row
    rows: Sequence[Row]
    """Detections, decisions, commands and profiles, in order."""

    @property
    def base_hz(self) -> float:
        return float(self.start["body"]["base_hz"])

    def seconds(self, mono_ns: float) -> float:
        """Line time of a stamp of the core's clock."""
        return float((mono_ns - self.start["mono_ns"]) * NS + self.start["tick"] / self.base_hz)

    def of(self, row: Row) -> float:
        """Line time of a row."""
        return self.seconds(row["mono_ns"])

    def kind(self, *kinds: str) -> list[Row]:
        return [row for row in self.rows if row["kind"] in kinds]


def read(file: Path, truth_file: Path | None = None) -> list[Chain]:
    """The chains of the newest run of a ledger, faults of the truth first, in time order.

    `truth_file`: the twin's truth; `truth.json` beside the ledger when left out and there.

    Raises `linewright.LedgerError` for a file that is no ledger, `ValueError` for one without a
    start.
    """
    ledger = _open(file)
    beside = file.parent / "truth.json" if truth_file is None else truth_file
    if not beside.is_file():
        told = [row for row in ledger.kind("detection") if row["body"].get("priority") != "log"]
        return [_follow(ledger, row, _Event()) for row in told]
    truth = json.loads(beside.read_text())
    return _with_truth(ledger, truth)


def _open(file: Path) -> _Ledger:
    rows = _core.ledger_rows(str(file), kinds=["start"])
    starts = [row for row in rows if "base_hz" in row["body"]]  # the others are stations' hellos
    if not starts:
        raise ValueError("no start row, so ticks have no length")
    kinds = ["detection", "decision", "command", "profile"]
    rows = _core.ledger_rows(str(file), kinds=kinds, since=starts[-1]["seq"])
    return _Ledger(str(file), starts[-1], rows)


def _with_truth(ledger: _Ledger, truth: Mapping[str, Any]) -> list[Chain]:
    hit = cells_hit(truth["cells"])
    faults = [Fault.of(fault, hit) for fault in truth["faults"]]
    told = ledger.kind("detection")
    detections = [_detection(ledger, row) for row in told]
    hours = truth["ticks"] / truth["base_hz"] / 3600.0
    scored = score(
        faults,
        detections,
        SIGNATURES,
        hours=hours,
        false_alarms_per_shift=FALSE_ALARMS_PER_SHIFT,
    )
    web_m = _web(truth)
    chains = []
    for found in scored.found:
        event = _Event(
            fault=found.fault.kind,
            onset_s=found.fault.at_s,
            bound_s=found.bound_s if math.isfinite(found.bound_s) else None,
            web_m=web_m,
        )
        if found.delay_s is None:
            chains.append(_missed(event))
            continue
        at_s, names = found.fault.at_s + found.delay_s, SIGNATURES[found.fault.kind].witnesses
        first = [
            _follow(ledger, told[i], event)
            for i, d in enumerate(detections)
            if d.name in names and abs(d.at_s - at_s) < 1e-6 and d.meets(found.fault)
        ]
        # Two detectors of one cycle: the one whose station answered.
        chains.append(max(first, key=lambda c: STEPS.index(c.acted)))
    return sorted(chains, key=lambda c: c.at_s["onset"] or 0.0)


def _detection(ledger: _Ledger, row: Row) -> Detection:
    body = row["body"]
    cells = cells_named(body["evidence"]) if row["station"] == "formation" else None
    return Detection(
        name=body["name"],
        at_s=row["tick"] / ledger.base_hz,
        cells=cells,
        log=body.get("priority") == "log",
    )


def _web(truth: Mapping[str, Any]) -> Callable[[float], float] | None:
    series = {entry["name"]: entry["values"] for entry in truth["series"]}
    metres = series.get("coater_position")
    if not metres:
        return None
    seconds = np.arange(len(metres), dtype=float) + 0.5  # means of each second

    def web_m(at_s: float) -> float:
        return float(np.interp(at_s, seconds, metres))

    return web_m


def _missed(event: _Event) -> Chain:
    at_s: dict[str, float | None] = dict.fromkeys(STEPS)
    at_s["onset"] = event.onset_s
    return Chain(
        fault=event.fault,
        detector="",
        station="",
        estimated=False,
        at_s=at_s,
        rows={},
        bound_s=event.bound_s,
        web_m=event.web_m,
    )


def _follow(ledger: _Ledger, row: Row, event: _Event) -> Chain:
    """The chain of a detection."""
    body, station = row["body"], row["station"]
    detected_s = ledger.of(row)
    stages = body.get("stages_ns") or {}
    sample_s = ledger.seconds(stages["read"]) if "read" in stages else detected_s
    told_s = detected_s - float((body.get("evidence") or {}).get("age") or 0.0)
    decision = _first(
        ledger.kind("decision"),
        row["seq"],
        lambda r: row["seq"] in (r["body"].get("because") or []),
    )
    command = None if decision is None else _command(ledger, decision)
    acting = command or row
    intent, result = _written(ledger, acting)
    on_the_way = command is not None
    at_s = {
        "onset": told_s if event.onset_s is None else event.onset_s,
        "sample": sample_s,
        "detection": detected_s,
        "decision": ledger.of(decision) if decision is not None and on_the_way else None,
        "command": ledger.of(command) if command is not None else None,
        "write": ledger.of(intent) if intent is not None else None,
        "read_back": ledger.of(result) if result is not None else None,
    }
    if decision is not None and intent is None:
        at_s["decision"] = ledger.of(decision)  # a person is told; nothing is written
    named = {
        "detection": row,
        "decision": decision,
        "command": command,
        "write": intent,
        "read_back": result,
    }
    return Chain(
        fault=event.fault or body["name"],
        detector=body["name"],
        station=station,
        estimated=event.onset_s is None,
        at_s=at_s,
        rows={name: found["seq"] for name, found in named.items() if found is not None},
        bound_s=event.bound_s,
        web_m=event.web_m,
    )


def _first(rows: Sequence[Row], after: int, fits: Callable[[Row], bool]) -> Row | None:
    return next((row for row in rows if row["seq"] > after and fits(row)), None)


def _command(ledger: _Ledger, decision: Row) -> Row | None:
    """The command that a station sent on the step of its decision: same sender, next numbers."""
    mine = decision["body"]["id"]

    def fits(row: Row) -> bool:
        told = row["body"].get("id") or {}
        near = told.get("epoch") == mine["epoch"] and abs(told.get("seq", 0) - mine["seq"]) <= NEAR
        return bool(
            row["station"] == decision["station"] and near and row["tick"] == decision["tick"]
        )

    return next((row for row in ledger.kind("command", "profile") if fits(row)), None)


NEAR = 32
"""Commands of one step are numbered one after the other."""


def _written(ledger: _Ledger, acting: Row) -> tuple[Row | None, Row | None]:
    """The first write of the station that can know of `acting`, and its read-back."""
    station = acting["station"]
    intents = _core.ledger_rows(
        ledger.file, kinds=["intent"], station=station, since=acting["seq"], limit=1
    )
    # The cycle that detects writes as well; its intent stands before the detection's row.
    own = _core.ledger_rows(
        ledger.file,
        kinds=["intent"],
        station=station,
        since=max(0, acting["seq"] - OWN_CYCLE),
        until=acting["seq"],
    )
    same = [row for row in own if row["tick"] == acting["tick"] and not row["body"]["advisory"]]
    found = next(iter(intents), None)
    if same and acting["kind"] == "detection":
        found = same[0]
    if found is None or found["body"]["advisory"]:
        return None, None
    results = _core.ledger_rows(
        ledger.file, kinds=["result"], station=station, since=found["seq"], limit=READ_BACKS
    )
    wanted = found["body"]["id"]
    return found, next((row for row in results if row["body"]["id"] == wanted), None)


OWN_CYCLE = 256
"""Rows before a detection among which its cycle's own writes are."""
