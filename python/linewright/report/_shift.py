"""What a shift was, read from what its line left: ledger and record, no twin's truth needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.alarms import PRIORITIES, SOUNDING, Alarm
from linewright.bus._peers import FACTS, read_facts
from linewright.graph import Station
from linewright.line import alarm_kpi, stated
from linewright.plugin import PluginError, SettingError, find, make_settings
from linewright.report._made import Made, NotGood, made_by, not_good
from linewright.stations.calender import Calender
from linewright.stations.coater import Coater
from linewright.value.chain import Chain
from linewright.value.chain import read as read_chains
from linewright.value.cost import cost_per_good_cell, with_scrap
from linewright.value.hours import Hours
from linewright.value.hours import read_ledger as read_hours
from linewright.value.plant import Plant
from linewright.value.recorded import read_recorded, record_of
from linewright.value.savings import MOST_SCRAP, Savings, estimate_savings

LOOPS = ("coater.gauge", "coater.flow", "coater.slurry", "calender.nip")
STEP_OF = {"coater": "coat", "calender": "calender"}
"""Step of the cost model by machine whose losses come on top of its usual yield; what welder and
formation take out is in theirs."""
KINDS = ("detection", "decision", "alarm", "note", "production", "mode", "refused", "readback")

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One detection or decision, however often it came."""

    name: str
    station: str
    says: str
    """What was decided on it, or because of what."""
    count: int
    first_s: float
    last_s: float


@dataclass(frozen=True, kw_only=True)
class ShiftFacts:
    """Everything the page of a shift says. Times in s of the line."""

    line: str
    from_s: float
    to_s: float
    wall_s: float | None
    """Unix time of line time 0; None for a line that did not state it."""
    simulated: bool
    events: tuple[Told, ...]
    decisions: tuple[Told, ...]
    refused: Mapping[str, int]
    """Commands that the gate did not let through, by reason."""
    misread: int
    """Writes whose read-back did not agree."""
    alarms: tuple[Alarm, ...]
    """Open at the end, most urgent first."""
    alarms_told: int
    notes: tuple[Mapping[str, Any], ...]
    modes: tuple[str, ...]
    chains: tuple[Chain, ...]
    hours: Hours
    savings: Savings | None
    no_savings: str
    """Why there are none."""
    scrap: Mapping[str, float]
    """Share of what each machine finished that is lost."""
    cost_eur: float | None
    """Net cost per good cell by those shares; None when nothing was finished."""
    plant: str
    made: tuple[Made, ...] = ()
    not_good: tuple[NotGood, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    """What could not be read, and why."""

    @property
    def hours_long(self) -> float:
        """Length of the shift, h."""
        return (self.to_s - self.from_s) / 3600.0


def read_facts_of(
    ledger: Path, run_dir: Path, *, plant: Plant | None = None, last_h: float | None = None
) -> ShiftFacts:
    """The newest run of a ledger, or its last `last_h` hours.

    Raises `linewright.LedgerError` for a file that is no ledger and `ValueError` for one without a
    start.
    """
    starts = _core.ledger_rows(str(ledger), kinds=["start"])
    starts = [row for row in starts if not row["station"]]
    if not starts:
        raise ValueError("no start row, so ticks have no length")
    start = starts[-1]
    hz = float(start["body"]["base_hz"])
    newest = _core.ledger_newest(str(ledger))
    last = _core.ledger_rows(str(ledger), since=newest - 1, limit=1)[0]
    to_s = last["tick"] / hz
    from_s = start["tick"] / hz if last_h is None else max(start["tick"] / hz, to_s - 3600 * last_h)
    rows = _core.ledger_rows(str(ledger), kinds=list(KINDS), since=start["seq"])
    finished = [row for row in rows if row["kind"] == "production"]
    rows = [row for row in rows if row["tick"] / hz >= from_s]
    of = stated(run_dir)
    remarks = [f"alarms are not described: {text}" for text in of.left_out]
    book, kpi = alarm_kpi(ledger, of)
    data = plant or Plant()
    savings, why = _savings(run_dir, data, from_s, remarks)
    units = [row for row in rows if row["kind"] == "production"]
    made = made_by(units)
    scrap = _scrap(made)
    wall_s = start["body"].get("wall_s")
    return ShiftFacts(
        line=str(start["body"]["line"]),
        from_s=from_s,
        to_s=to_s,
        wall_s=None if wall_s is None else float(wall_s) - start["tick"] / hz,
        simulated=start["body"].get("time") == "simulated",
        events=_events(rows, hz),
        decisions=_decisions(rows, hz),
        refused=Counter(
            str(row["body"].get("reason") or "unknown") for row in rows if row["kind"] == "refused"
        ),
        misread=sum(row["kind"] == "readback" for row in rows),
        alarms=_urgent(book.alarms()),
        alarms_told=kpi.alarms,
        notes=tuple(
            {"at_s": row["tick"] / hz, **row["body"]} for row in rows if row["kind"] == "note"
        ),
        modes=_modes(rows, hz),
        chains=tuple(c for c in read_chains(ledger) if _time(c) >= from_s),
        hours=read_hours(ledger),
        savings=savings,
        no_savings=why,
        scrap=scrap,
        made=made,
        not_good=not_good(units, finished),
        cost_eur=_cost(data, scrap),
        plant=data.name,
        remarks=tuple(remarks),
    )


def _time(chain: Chain) -> float:
    at_s = chain.at_s.get("detection") or chain.at_s.get("onset")
    return float(at_s or 0.0)


def _events(rows: Sequence[Row], hz: float) -> tuple[Told, ...]:
    """Detections that ask for more than the log, by name, in order of their first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] == "detection" and row["body"].get("priority") != "log":
            found.setdefault(row["body"]["name"], []).append(row)
    return tuple(
        _told(name, of, str(of[0]["body"].get("decision", "")), hz) for name, of in found.items()
    )


def _decisions(rows: Sequence[Row], hz: float) -> tuple[Told, ...]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] == "decision":
            found.setdefault(row["body"]["decision"], []).append(row)
    return tuple(
        _told(name, of, str((of[0]["body"].get("detail") or {}).get("because", "")), hz)
        for name, of in found.items()
    )


def _told(name: str, of: Sequence[Row], says: str, hz: float) -> Told:
    return Told(
        name=name,
        station=of[0]["station"],
        says=says,
        count=len(of),
        first_s=of[0]["tick"] / hz,
        last_s=of[-1]["tick"] / hz,
    )


def _modes(rows: Sequence[Row], hz: float) -> tuple[str, ...]:
    """Changes that a person or an interlock made: arming, modes, trips."""
    told = []
    for row in rows:
        action = row["body"].get("action") or row["body"]
        if row["kind"] != "mode" or not isinstance(action, Mapping):
            continue
        at_s = row["tick"] / hz
        if action.get("do") in ("arm", "reset"):
            told.append(f"{at_s:.0f} s: {action['do']} by {action.get('operator', '?')}")
        elif isinstance(action.get("mode"), str):
            told.append(f"{at_s:.0f} s: mode {action['mode']}")
        elif action.get("to") == "tripped":
            told.append(f"{at_s:.0f} s: {action.get('actuator')} tripped: {action.get('cause')}")
    return tuple(told)


def _urgent(alarms: Sequence[Alarm]) -> tuple[Alarm, ...]:
    return tuple(
        sorted(
            alarms,
            key=lambda a: (a.state not in SOUNDING, -PRIORITIES.index(a.priority), a.raised_s),
        )
    )


def _scrap(made: Sequence[Made]) -> dict[str, float]:
    """Share of what each machine finished that is lost, by amount."""
    return {one.machine: one.lost / one.amount for one in made if one.amount > 0.0}


def _cost(plant: Plant, scrap: Mapping[str, float]) -> float | None:
    names = {step.name for step in plant.chain}
    known = {
        STEP_OF[m]: min(s, MOST_SCRAP)
        for m, s in scrap.items()
        if m in STEP_OF and STEP_OF[m] in names
    }
    if not known:
        return None
    return cost_per_good_cell(with_scrap(plant.chain, known), plant.overheads).net_eur


def _savings(
    run_dir: Path, plant: Plant, from_s: float, remarks: list[str]
) -> tuple[Savings | None, str]:
    record = record_of(run_dir)
    if not record.is_file():
        return None, f"no {record.name} beside the ledger: [record] in the line file keeps one"
    if not (run_dir / FACTS).is_file():
        remarks.append("no line.json tells the stations' settings; those of the package are used")
    try:
        recorded = read_recorded(record, LOOPS).since(from_s)
        coater, calender = _settings(run_dir, Coater), _settings(run_dir, Calender)
        found = estimate_savings(recorded, coater=coater, calender=calender, plant=plant)
        return found, ""
    except (_core.RecordError, OSError, KeyError, ValueError, IndexError) as error:
        return None, f"{record.name}: {error}"


def _settings(run_dir: Path, station: type[Station]) -> Any:
    """Settings of the run's station of that kind; None when its folder does not tell them."""
    if not (run_dir / FACTS).is_file():
        return None
    facts = read_facts(run_dir)
    folder = Path(facts.folder) if facts.folder else None
    for of in facts.stations.values():
        try:
            kind = find(of.plugin, folder)
            if issubclass(kind, station):
                return make_settings(kind.Settings, of.settings)
        except (PluginError, SettingError, TypeError, ValueError):
            continue
    return None
