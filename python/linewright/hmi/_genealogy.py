"""From a cell to the batch of slurry, as far as the line itself has said.

What is known: welds by the welder's count and fixture, trays by the rack's, rolls by the map that
the calender was handed (coating metres, by row of the ledger), metres and batches by the samples
that were heard. Between weld and roll no station of a line tells a link: rolls that were pressed
before are named as those it can be from, and nothing is made up.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from linewright.hmi._corrections import open_ledger, rows_of
from linewright.hmi._digest import in_words

if TYPE_CHECKING:
    from linewright.hmi._follow import Follower

ASKED = re.compile(r"\s*(?:(cell|weld|roll|tray|batch)\s*)?(\d{1,9})\s*", re.IGNORECASE)
ROWS_MOST = 12
SPOKEN = {
    "weld": ("$.detail.weld", "$.evidence.weld", "$.evidence.check_weld"),
    "tray": ("$.detail.tray", "$.evidence.tray"),
    "roll": ("$.detail.roll", "$.action.roll", "$.evidence.roll"),
    "batch": ("$.detail.batch", "$.evidence.batch"),
}
"""Where in a row's body a lot is named."""

Step = dict[str, Any]


def genealogy(line: Follower, asked: str | None) -> dict[str, Any]:
    """Steps back from a cell, weld, tray, roll or batch; without one, examples of what can be asked
    for."""
    with line.lock:
        hz = line.digest.base_hz
        heard = {
            topic: ring.between(0.0, float("inf"))
            for topic, ring in line.rings.items()
            if topic in TOPICS
        }
    if not asked:
        return {"steps": [], "examples": _examples(heard), "says": ""}
    found = ASKED.fullmatch(asked)
    if found is None:
        return {
            "steps": [],
            "examples": [],
            "says": "Ask for a number, or cell, weld, tray, roll or batch and a number.",
        }
    kind, number = (found[1] or "cell").lower(), int(found[2])
    steps, says = _Search(line, hz, heard).back(kind, number)
    return {"of": f"{kind} {number}", "steps": steps, "examples": [], "says": says}


TOPICS = (
    "welder.weld",
    "welder.weld_fixture",
    "calender.roll",
    "coater.position",
    "slurry.batch",
    "slurry.solids",
    "coater.dry_weight",
    "formation.done_tray",
)


def _examples(heard: dict[str, Any]) -> list[str]:
    found = []
    for topic, kind in (
        ("welder.weld", "weld"),
        ("calender.roll", "roll"),
        ("slurry.batch", "batch"),
    ):
        values = heard.get(topic, (None, np.empty(0)))[1]
        if len(values):
            found.append(f"{kind} {int(values[-1])}")
    return found


class _Search:
    def __init__(self, line: Follower, hz: float, heard: dict[str, Any]) -> None:
        self._line, self._hz, self._heard = line, hz, heard

    def back(self, kind: str, number: int) -> tuple[list[Step], str]:
        """Steps from a lot back, and what is not known."""
        match kind:
            case "cell" | "weld":
                weld = self._weld(number)
                if not weld:
                    return [], "No weld of this number was heard or recorded."
                rolls = self._rolls(weld[0]["time_s"])
                says = "Which roll a cell is from, no station tells: these were pressed before it."
                return weld + rolls, says if rolls else "No roll was pressed under a map before it."
            case "roll":
                found = [s for s in self._rolls(None) if s["id"] == number]
                return found, "" if found else "No map of this roll was handed over."
            case "batch":
                found = self._batch_between(None, None, number)
                return found, "" if found else "This batch was not heard of."
            case _:
                found = self._spoken("tray", number, "formation")
                return found, "" if found else "No row names this tray."

    def _weld(self, number: int) -> list[Step]:
        steps = self._spoken("weld", number, "welder")
        t, count = self._heard.get("welder.weld", (np.empty(0), np.empty(0)))
        at = np.flatnonzero(count >= number)
        if len(at) and count[0] <= number:
            time_s = float(t[at[0]])
            values = []
            fixture = self._at("welder.weld_fixture", time_s)
            if fixture is not None and count[at[0]] == number:
                values.append(_value("fixture", fixture, "1"))
            steps.insert(0, _step("welder", "weld", number, time_s, values=values))
        return steps

    def _rolls(self, before_s: float | None) -> list[Step]:
        """Rolls by the maps that the calender was handed, each with its batches; newest first."""
        rows = self._rows(
            "kind = 'profile' AND json_extract(body, '$.action.roll') IS NOT NULL "
            "ORDER BY seq DESC LIMIT 50",
            (),
        )
        steps: list[Step] = []
        for row in rows:
            action = row["body"]["action"]
            time_s = row["tick"] / self._hz
            if before_s is not None and time_s > before_s:
                continue
            from_m, step_m = action["origin_m"], action["step_m"]
            to_m = from_m + step_m * max(0, action["values"]["count"] - 1)
            steps.append(
                _step(
                    "calender",
                    "roll",
                    action["roll"],
                    time_s,
                    from_m=from_m,
                    to_m=to_m,
                    says="by the map it is pressed with",
                )
            )
            steps += self._coated(from_m, to_m)
        return steps

    def _coated(self, from_m: float, to_m: float) -> list[Step]:
        t, at_m = self._heard.get("coater.position", (np.empty(0), np.empty(0)))
        inside = np.flatnonzero((at_m >= from_m) & (at_m <= to_m))
        if not len(inside):
            return []
        begin_s, end_s = float(t[inside[0]]), float(t[inside[-1]])
        values = []
        weight_t, weight = self._heard.get("coater.dry_weight", (np.empty(0), np.empty(0)))
        weights = weight[(weight_t >= begin_s) & (weight_t <= end_s)]
        if len(weights):
            values.append(_value("dry weight, mean", float(np.mean(weights)), "g/m2"))
        coated = _step("coater", "metres", "", begin_s, from_m=from_m, to_m=to_m, values=values)
        return [coated, *self._batch_between(begin_s, end_s, None)]

    def _batch_between(
        self, begin_s: float | None, end_s: float | None, number: int | None
    ) -> list[Step]:
        t, batch = self._heard.get("slurry.batch", (np.empty(0), np.empty(0)))
        keep = np.ones(len(t), dtype=bool)
        if begin_s is not None and end_s is not None:
            keep = (t >= begin_s) & (t <= end_s)
        steps = []
        for one in np.unique(batch[keep]):
            if number is not None and int(one) != number:
                continue
            first_s = float(t[keep & (batch == one)][0])
            solids = self._at("slurry.solids", first_s)
            values = [] if solids is None else [_value("solids", solids, "1")]
            steps.append(_step("slurry", "batch", int(one), first_s, values=values))
            steps += self._spoken("batch", int(one), "slurry")
        if number is not None and not steps:
            steps = self._spoken("batch", number, "slurry")
        return steps

    def _at(self, topic: str, time_s: float) -> float | None:
        t, values = self._heard.get(topic, (np.empty(0), np.empty(0)))
        i = int(np.searchsorted(t, time_s, side="right")) - 1
        return float(values[i]) if i >= 0 else None

    def _spoken(self, kind: str, number: int, station: str) -> list[Step]:
        """Rows of a station that name the lot."""
        named = " OR ".join(f"json_extract(body, '{path}') = ?" for path in SPOKEN[kind])
        rows = self._rows(
            f"kind IN ('detection', 'decision', 'production') AND station = ? AND ({named}) "
            "ORDER BY seq LIMIT ?",
            (station, *[number] * len(SPOKEN[kind]), ROWS_MOST),
        )
        return [
            _step(
                row["station"],
                kind,
                number,
                row["tick"] / self._hz,
                says=in_words(
                    str(row["body"].get("decision") or row["body"].get("name") or row["kind"]),
                    row["body"].get("detail") or {},
                ),
                seq=row["seq"],
            )
            for row in rows
        ]

    def _rows(self, where: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        if not self._line.where.ledger.exists():
            return []
        with closing(open_ledger(self._line.where.ledger)) as ledger:
            return rows_of(ledger, where, values)


def _step(station: str, what: str, number: int | str, time_s: float, **more: Any) -> Step:
    return {
        "station": station,
        "what": what,
        "id": number,
        "time_s": time_s,
        "says": "",
        "from_m": None,
        "to_m": None,
        "values": [],
        **more,
    }


def _value(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "lo": None, "hi": None}
