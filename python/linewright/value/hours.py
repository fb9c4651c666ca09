"""Changeover hours per recipe, from machine states and finished units only.

    hours = t(first of 3 consecutive good units of B at >= 95 % rate) - t(last good unit of A)

with t the moment a unit was finished. What a neighbour makes the machine wait (held or suspended
with reason `upstream` or `downstream`) is reported and is not its own time; what the record does
not tell is `unknown` and is neither. Of its own time, *setting up* is what is not producing in
Execute, *running in* what produces without being good yet; both are internal (Shingo 1985: they
cost production). External is work for B in another mode than producing while A or B was good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.value.packml import RUNNING, Note, Record, Span, Unit, read

CONSECUTIVE = 3
LEAST_RATE = 0.95
MIN = 60.0


@dataclass(frozen=True, kw_only=True)
class Changeover:
    """One change of recipe on one machine."""

    machine: str
    from_recipe: str
    to_recipe: str
    last_good_s: float | None
    """When the last good unit of A was finished; None when A made none in this record."""
    first_good_s: float | None
    """When the first of three good units of B was finished; None while that did not happen."""
    ended_s: float
    """Where the count ends: the first good unit, else the end of B's units or of the record."""
    starved_min: float
    blocked_min: float
    unknown_min: float
    setting_up_min: float
    running_in_min: float
    external_min: float
    """Work for B beside good product: in no other figure."""
    units_lost: int
    """Units of A and B finished between the two that were not counted as good."""

    @property
    def finished(self) -> bool:
        """Was the change verified by three good units?"""
        return self.last_good_s is not None and self.first_good_s is not None

    @property
    def hours(self) -> float | None:
        """The metric; None when it is not finished or has no beginning."""
        if self.last_good_s is None or self.first_good_s is None:
            return None
        return (self.first_good_s - self.last_good_s) / 3600.0

    @property
    def own_min(self) -> float:
        """The machine's own part, min: setting up and running in, both internal; what is unknown is
        not in it."""
        return self.setting_up_min + self.running_in_min

    def as_json(self) -> dict[str, Any]:
        """All of it, units in the names."""
        return {
            "machine": self.machine,
            "from": self.from_recipe,
            "to": self.to_recipe,
            "finished": self.finished,
            "changeover_h": self.hours,
            "own_h": self.own_min / MIN,
            "last_good_s": self.last_good_s,
            "first_good_s": self.first_good_s,
            "ended_s": self.ended_s,
            "own_min": self.own_min,
            "starved_min": self.starved_min,
            "blocked_min": self.blocked_min,
            "unknown_min": self.unknown_min,
            "setting_up_min": self.setting_up_min,
            "running_in_min": self.running_in_min,
            "internal_min": self.own_min,
            "external_min": self.external_min,
            "units_lost": self.units_lost,
        }


@dataclass(frozen=True, kw_only=True)
class Hours:
    """All changes of a record."""

    changes: tuple[Changeover, ...]
    notes: tuple[Note, ...]
    """What is wrong with the record."""

    def as_json(self) -> dict[str, Any]:
        """Changes, and per recipe the mean of those that were finished."""
        return {
            "changeovers": [change.as_json() for change in self.changes],
            "changeover_h_per_recipe": {
                recipe: sum(hours) / len(hours) for recipe, hours in self.per_recipe().items()
            },
            "notes": [
                {"what": n.what, "machine": n.machine, "at_s": n.at_s, "says": n.says}
                for n in self.notes
            ],
        }

    def per_recipe(self) -> dict[str, list[float]]:
        """Hours of the finished changes by the recipe changed to."""
        hours: dict[str, list[float]] = {}
        for change in self.changes:
            if change.hours is not None:
                hours.setdefault(change.to_recipe, []).append(change.hours)
        return hours


def changeovers(
    rows: Iterable[Mapping[str, Any]], *, base_hz: float, until_s: float | None = None
) -> Hours:
    """Every change of recipe in `state` and `production` rows, machine by machine, in time order.

    >>> def roll(n, recipe, at_s):
    ...     return {"kind": "production", "tick": at_s, "body": {"machine": "coater",
    ...             "unit": f"roll {n}", "recipe": recipe, "good": True, "rate_share": 1.0,
    ...             "at_s": at_s}}
    >>> rows = [roll(1, "A", 1000), roll(2, "B", 2000), roll(3, "B", 3000), roll(4, "B", 4000)]
    >>> made = changeovers(rows, base_hz=1.0)
    >>> [round(c.hours * 3600) for c in made.changes], made.changes[0].own_min
    ([1000], 0.0)
    """
    record = read(rows, base_hz=base_hz, until_s=until_s)
    changes = [
        change
        for machine, units in record.units.items()
        for change in _of_machine(machine, units, record)
    ]
    changes.sort(key=lambda one: (one.ended_s, one.machine))
    notes = sorted(record.notes, key=lambda note: (note.at_s, note.machine, note.says))
    return Hours(changes=tuple(changes), notes=tuple(notes))


def read_ledger(file: Path) -> Hours:
    """The changes that a ledger tells, over all its runs.

    Runs that state the wall time of their start are one record, with a gap between them; others
    stand each for itself, for nothing tells how long the line stood between.

    Raises `linewright.LedgerError` for a file that is no ledger.
    """
    known = _core.ledger_rows(str(file), kinds=["start", "stop", "state", "production"])
    runs: list[list[dict[str, Any]]] = []
    for row in known:
        if row["kind"] == "start" and "base_hz" in row["body"]:
            runs.append([row])
        elif runs and row["kind"] != "start":  # else a station said hello
            runs[-1].append(row)
    joined = bool(runs) and all(run[0]["body"].get("wall_s") is not None for run in runs)
    records = (
        [[row for run in _placed(runs) for row in run]] if joined else [_alone(r) for r in runs]
    )
    made = [changeovers(record, base_hz=1.0) for record in records]
    return Hours(
        changes=tuple(change for one in made for change in one.changes),
        notes=tuple(note for one in made for note in one.notes),
    )


def _alone(
    run: Sequence[Mapping[str, Any]], from_s: float = 0.0, nth: int = 0
) -> list[dict[str, Any]]:
    """Rows of one run with times in s from `from_s` on, and a gap where it ends."""
    base_hz = run[0]["body"]["base_hz"]
    rows = []
    for row in run[1:]:
        told_s = from_s + row["tick"] / base_hz
        body = dict(row["body"]) if isinstance(row["body"], Mapping) else row["body"]
        if isinstance(body, dict) and isinstance(body.get("at_s"), int | float):
            body["at_s"] = from_s + body["at_s"]
        if nth and isinstance(body, dict) and "unit" in body:
            body["unit"] = f"run {nth} {body['unit']}"  # a later run counts its rolls anew
        kind = "gap" if row["kind"] == "stop" else row["kind"]
        rows.append({"kind": kind, "tick": told_s, "body": body})
    return rows


def _placed(runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[dict[str, Any]]]:
    """All runs on one clock: that of the first one's start."""
    first_s = runs[0][0]["body"]["wall_s"]
    placed = []
    for nth, run in enumerate(runs):
        rows = _alone(run, run[0]["body"]["wall_s"] - first_s, nth)
        if nth + 1 < len(runs) and (not rows or rows[-1]["kind"] != "gap"):
            # It ended without a word: nothing is known from its last row on.
            last_s = rows[-1]["tick"] if rows else run[0]["body"]["wall_s"] - first_s
            rows.append({"kind": "gap", "tick": last_s, "body": {}})
        placed.append(rows)
    return placed


def _of_machine(machine: str, units: Sequence[Unit], record: Record) -> list[Changeover]:
    runs = _campaigns(units)
    changes: list[Changeover] = []
    for before, after in pairwise(runs):
        good_a = [u for u in before if _good(u, record)]
        first = _first_of_three(after, record)
        last_good_s = good_a[-1].at_s if good_a else None
        # A campaign ends where the next begins: what comes after is another changeover's.
        told_s = record.until_s if after is runs[-1] else after[-1].at_s
        ended_s = first.at_s if first else told_s
        from_s = before[-1].at_s if last_good_s is None else last_good_s
        inside = [u for u in (*before, *after) if from_s < u.at_s < ended_s]
        spans = record.spans.get(machine, [])
        parts = _parts(spans, from_s, ended_s)
        earlier_s = changes[-1].ended_s if changes else 0.0
        to_recipe = after[0].recipe
        outside = _external(spans, to_recipe, earlier_s, from_s)
        outside += _external(spans, to_recipe, ended_s, after[-1].at_s)
        changes.append(
            Changeover(
                machine=machine,
                from_recipe=before[0].recipe,
                to_recipe=to_recipe,
                last_good_s=last_good_s,
                first_good_s=first.at_s if first else None,
                ended_s=ended_s,
                starved_min=parts["upstream"] / MIN,
                blocked_min=parts["downstream"] / MIN,
                unknown_min=parts["unknown"] / MIN,
                setting_up_min=parts["setup"] / MIN,
                running_in_min=parts["run"] / MIN,
                external_min=outside / MIN,
                units_lost=len(inside),
            )
        )
    return changes


def _campaigns(units: Sequence[Unit]) -> list[list[Unit]]:
    runs: list[list[Unit]] = []
    for unit in units:
        if runs and runs[-1][0].recipe == unit.recipe:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return runs


def _good(unit: Unit, record: Record) -> bool:
    return unit.good and (unit.machine, unit.unit) not in record.doubted


def _first_of_three(units: Sequence[Unit], record: Record) -> Unit | None:
    """The first of three good ones that follow each other, by their numbers where they have any."""
    run: list[Unit] = []
    for unit in units:
        ok = _good(unit, record) and unit.rate_share >= LEAST_RATE
        if run and run[-1].number is not None and unit.number != run[-1].number + 1:
            run = []
        run = [*run, unit] if ok else []
        if len(run) == CONSECUTIVE:
            return run[0]
    return None


def _parts(spans: Sequence[Span], from_s: float, to_s: float) -> dict[str, float]:
    """Seconds of a window by what they were; what no span covers is unknown."""
    parts = dict.fromkeys(("setup", "run", "upstream", "downstream", "unknown"), 0.0)
    parts["unknown"] = to_s - from_s
    for span in spans:
        length_s = min(to_s, span.to_s) - max(from_s, span.from_s)
        if not span.known or length_s <= 0.0:
            continue
        producing = span.mode == "producing" and span.state in RUNNING
        parts[span.outside or ("run" if producing else "setup")] += length_s
        parts["unknown"] -= length_s
    return parts


def _external(spans: Sequence[Span], recipe: str, from_s: float, to_s: float) -> float:
    """Seconds of work for `recipe` in another mode than producing, s."""
    return sum(
        max(0.0, min(to_s, span.to_s) - max(from_s, span.from_s))
        for span in spans
        if span.known and span.mode != "producing" and span.recipe == recipe
    )
