"""The three ways to run the same shift, as line files, and what is read back from a finished
run."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.line import packaged
from linewright.stations.agv.sim import FAULTS as FLOW_FAULTS
from linewright.stations.calender.sim import FAULTS as CALENDER_FAULTS
from linewright.stations.coater.sim import FAULTS as COATER_FAULTS
from linewright.stations.formation.logic import cell_of
from linewright.stations.formation.settings import TRAY
from linewright.stations.scenario import draw_faults
from linewright.value.detection import Fault
from linewright.value.shift import Entry, Shift, Truth

OPEN, PLAYBOOK, CLOSED = "open", "playbook", "closed"
POLICIES = (OPEN, PLAYBOOK, CLOSED)
FLOW = frozenset(draw.kind for draw in FLOW_FAULTS)
"""Faults of the simulated fleet and rack, where a line has them."""
KINDS = ("detection", "decision", "command", "profile", "params", "alarm")


def shift_faults(*, seed: int, hours: float) -> list[dict[str, Any]]:
    """Faults of one shift of the whole line, as the twin takes them."""
    return draw_faults(COATER_FAULTS + CALENDER_FAULTS, seed=seed, hours=hours)


def write_line(
    policy: str,
    folder: Path,
    *,
    seed: int,
    hours: float,
    faults: Sequence[dict[str, Any]],
    advisory: bool = False,
    record: bool = False,
) -> Path:
    """Write the packaged line of one policy, or any other, into `folder`; truth and ledger are to
    land beside it. Faults go to the plant that the line has: the twin, or the simulated fleet.
    `advisory` lets the line decide and write nothing: its open loop. With `record` it is recorded
    into `record.mcap` beside it, to be replayed.

    Raises `ValueError` for a line that is not packaged.
    """
    known = packaged()
    if policy not in known:
        raise ValueError(f"line must be one of {', '.join(sorted(known))}, was {policy!r}")
    folder.mkdir(parents=True, exist_ok=True)
    text = known[policy].read_text()
    text = re.sub(r"(?m)^seed = .*$", f"seed = {seed}", text)
    text = re.sub(r"(?m)^hours = .*$", f"hours = {hours!r}", text)
    truth = json.dumps(str((folder / "truth.json").absolute()))
    if advisory:
        text = text.replace('permit = "closed"', 'permit = "advisory"')
    driver = 'driver = "twin"\n'
    text = text.replace(driver, f"{driver}truth_file = {truth}\n")
    ledger = json.dumps(str((folder / "ledger.sqlite").absolute()))
    text += f"\n[ledger]\npath = {ledger}\n"
    if record:
        text += f"\n[record]\npath = {json.dumps(str((folder / 'record.mcap').absolute()))}\n"
    fleet = "[stations.fleet]" in text
    for fault in faults:
        plant = "stations.fleet.settings" if fleet and fault["kind"] in FLOW else "io.twin"
        text += f"\n[[{plant}.faults]]\n"
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in fault.items())
    file = folder / f"{policy}.toml"
    file.write_text(text)
    return file


def read_shift(
    policy: str, folder: Path, *, seed: int, hours: float, faults: Sequence[dict[str, Any]] = ()
) -> Shift:
    """What a finished run left: the twin's truth and the ledger.

    `faults` are those that were asked for; of these the simulated fleet keeps no truth.
    """
    raw = json.loads((folder / "truth.json").read_text())
    base_hz = int(raw["base_hz"])
    rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=list(KINDS))
    return Shift(
        policy=policy,
        seed=seed,
        hours=hours,
        truth=read_truth(raw, faults),
        entries=tuple(_entry(row, base_hz) for row in rows),
    )


def read_truth(raw: dict[str, Any], asked: Sequence[dict[str, Any]] = ()) -> Truth:
    """The evaluation's view of a truth document, and of the faults asked for that it leaves out."""
    told = {(fault["name"], fault["at_s"]) for fault in raw["faults"]}
    others = [{"name": f["kind"], **f} for f in asked if (f["kind"], f["at_s"]) not in told]
    hit = cells_hit(raw["cells"])
    welds = raw["weld"]["welds"]
    series = {entry["name"]: entry["values"] for entry in raw["series"]}
    parts = raw["parts"]
    coated, pressed = raw["coated"], raw["calendered"]
    return Truth(
        weight_pct=series["weight_deviation"],
        porosity_pp=series["porosity_deviation"],
        weight_var_pct2=_variance(parts["weight_pct"]),
        weight_mean_pct=_mean(parts["weight_pct"]),
        tones_var_pct2=_variance(parts["roll_pct"]) + _variance(parts["ripple_pct"]),
        coated_m=coated["total_m"],
        coated_bad_m=coated["weight_out_m"],
        pressed_m=pressed["total_m"],
        pressed_bad_m=pressed["porosity_out_m"],
        faults=tuple(
            Fault.of(fault, hit)
            for fault in sorted(raw["faults"] + others, key=lambda fault: float(fault["at_s"]))
        ),
        weld_depth=[weld["depth"] for weld in welds],
        welds_bad=sum(weld["class"] != "good" for weld in welds),
    )


def cells_hit(cells: Sequence[dict[str, Any]]) -> dict[str, frozenset[int]]:
    """Cells by the kind of fault that hit them.

    >>> sound = {"short_ohm": None, "contact_mohm": 0.0, "wetting_pct": 0.0}
    >>> hit = cells_hit([{"cell": {"number": 40, "defect": sound | {"short_ohm": 3.0}}}])
    >>> hit["soft_short"], hit["poor_wetting"]
    (frozenset({40}), frozenset())
    """
    known = [one["cell"] for one in cells]
    return {
        "soft_short": frozenset(c["number"] for c in known if c["defect"]["short_ohm"] is not None),
        "contact_resistance": frozenset(c["number"] for c in known if c["defect"]["contact_mohm"]),
        "poor_wetting": frozenset(c["number"] for c in known if c["defect"]["wetting_pct"]),
    }


def cells_named(evidence: Mapping[str, float]) -> frozenset[int] | None:
    """Cells that a detection of formation names: that of a channel, or all of a tray.

    >>> cells_named({"tray_number": 2.0, "channel": 33.0})
    frozenset({65})
    >>> cells_named({"z": 4.0}) is None
    True
    """
    if {"tray_number", "channel"} <= evidence.keys():
        return frozenset({cell_of(int(evidence["tray_number"]), int(evidence["channel"]))})
    if "tray" in evidence:
        return frozenset(cell_of(int(evidence["tray"]), channel) for channel in range(TRAY))
    return None


def _mean(moments: dict[str, float]) -> float:
    return moments["sum"] / moments["n"] if moments["n"] else math.nan


def _variance(moments: dict[str, float]) -> float:
    if not moments["n"]:
        return math.nan
    return max(0.0, moments["sum_sq"] / moments["n"] - _mean(moments) ** 2)


def _entry(row: dict[str, Any], base_hz: int) -> Entry:
    body = row["body"]
    at_s = row["tick"] / base_hz
    station = row["station"]
    match row["kind"]:
        case "detection":
            evidence = ", ".join(f"{k} {v:.4g}" for k, v in body["evidence"].items())
            text = f"{body['decision']} ({body['rule']}; {evidence})"
            cells = cells_named(body["evidence"]) if station == "formation" else None
            log = body.get("priority") == "log"
            return Entry(
                at_s=at_s, kind="detection", name=body["name"], text=text, cells=cells, log=log
            )
        case "decision":
            detail = body.get("detail") or {}
            text = "; ".join(f"{key}: {value}" for key, value in detail.items())
            return Entry(at_s=at_s, kind="decision", name=body["decision"], text=text)
        case "alarm":
            name = str(body.get("name") or body.get("cause") or "alarm")
            return Entry(at_s=at_s, kind="alarm", name=name, text=f"{station}: {body}")
        case _:
            action = body.get("action") or {}
            target = action.get("mailbox") or action.get("profile") or action.get("do") or "?"
            value = body.get("value")
            text = f"{body.get('status', '')} {value if value is not None else ''}".strip()
            return Entry(at_s=at_s, kind="action", name=str(target), text=text)
