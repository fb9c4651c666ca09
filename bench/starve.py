"""What faults of the flow cost filling: the plain rule, the dispatch, and what nobody can avoid.

    python -m bench.starve [--seeds 5] [--json]

Every case is a flow twin run per seed with the rule `oldest`, with the dispatch, and a bound.
The bound counts trays that filling can make at most, and is the least of three:

- *ideal*: the same seed and slot faults with transports that take no time. It holds what the
  machines, the jitter of the supply and the slots take away.
- *places*: what the ideal plant has put into formation, the places that the wetting store and
  the outlet have left, and a tray on every vehicle.
- *vehicles*: while vehicles are out, every tray beyond the buffers needs an empty one brought and
  a full one stored, and from some number on an aged tray tested; those inside do nothing else and
  are never empty but to come back. The head start of loads already under way is granted.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linewright.stations.agv import Book, Settings
from linewright.stations.agv.forecast import Starve, forecast
from linewright.stations.agv.plant import Plant
from linewright.stations.agv.sim import TwinPlant, dispatch
from linewright.twin import FlowTwin

Fault = dict[str, Any]
ONSET_S = 1800.0
STANDS_MIN = 5.0
"""Nine heads together; less is one head's wait for a late tray."""
WARN_S = Settings().forecast.warn_s
INSTANT = {"vehicles": 1000, "speed_m_per_s": 20.0, "handling_s": 0.0, "aisle_m": 10.0}
WETTING_PLACES, OUTLET, EMPTIES_HERE, EMPTIES_THERE, BEFORE_TEST = 1300, 6, 8, 60, 9
AISLE_M, HANDLING_S, BESIDE_S = 225.0, 45.0, 10.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, or several, in a plant of a size."""

    name: str
    faults: tuple[Fault, ...]
    hours: float
    config: dict[str, Any] = field(default_factory=dict)


def out(kind: str, size: float, minutes: float) -> Fault:
    """A fault at the onset."""
    return {"kind": kind, "size": size, "at_s": ONSET_S, "duration_s": 60.0 * minutes}


TIGHT = {"store": {"wetting_places": 1145}, "rack": {"slots": 400}}
CASES = (
    Case(name="no fault", faults=(), hours=8.0),
    Case(
        name="F24: 30 slots, 2 vehicles",
        faults=(out("slot_outage", 30, 120), out("vehicle_loss", 2, 120)),
        hours=3.0,
    ),
    Case(name="F25: 12 trays in 5 min", faults=(out("arrival_bunching", 12, 0),), hours=3.0),
    Case(name="10 of 20 vehicles out", faults=(out("vehicle_loss", 10, 120),), hours=3.0),
    Case(name="13 of 20 vehicles out", faults=(out("vehicle_loss", 13, 120),), hours=3.0),
    Case(
        name="2 of 14 vehicles out",
        faults=(out("vehicle_loss", 2, 120),),
        hours=3.0,
        config={"fleet": {"vehicles": 14}},
    ),
    Case(
        name="220 of 400 slots out, small store",
        faults=(out("slot_outage", 220, 240),),
        hours=4.0,
        config=TIGHT,
    ),
    Case(
        name="220 of 400 slots out, 40 trays in 5 min",
        faults=(out("slot_outage", 220, 240), out("arrival_bunching", 40, 0)),
        hours=4.0,
        config=TIGHT,
    ),
)


def stands_min(truth: dict[str, Any]) -> float:
    """Time that filling heads stood for want of an empty tray or a place, min of all nine."""
    return float(truth["fill_without_tray"]["total_s"] + truth["fill_blocked"]["total_s"]) / 60.0


def first_stand_s(truth: dict[str, Any]) -> float:
    """When filling first stood, s."""
    firsts = (truth["fill_without_tray"]["first_s"], truth["fill_blocked"]["first_s"])
    return min((at_s for at_s in firsts if at_s is not None), default=math.inf)


def vehicle_time_s(trays: float) -> float:
    """Least vehicle time that filling `trays` takes once the buffers are used up, s."""
    per_move_s = 2.0 * HANDLING_S + BESIDE_S
    returns = max(0.0, trays - EMPTIES_HERE)
    stores = max(0.0, trays - OUTLET)
    tests = max(0.0, returns - EMPTIES_THERE - BEFORE_TEST)
    ahead_s = 0.15 * stores + 0.1 * tests
    back_s = max(0.0, returns - ahead_s)
    return (returns + stores + tests) * per_move_s + AISLE_M * (returns + ahead_s + back_s)


def trays_with(vehicles: float, window_s: float) -> int:
    """Most trays that filling can make in a window with so many vehicles."""
    have_s = vehicles * (window_s + AISLE_M + 2.0 * HANDLING_S + BESIDE_S)
    trays = 0
    while vehicle_time_s(trays + 1) <= have_s:
        trays += 1
    return trays


def bound(case: Case, seed: int) -> int:
    """Most trays that filling can make in a run, whoever sends the vehicles."""
    slots_only = [fault for fault in case.faults if fault["kind"] != "vehicle_loss"]
    flow = FlowTwin({**case.config, "fleet": INSTANT}, faults=slots_only, seed=seed)
    filled = []
    wetting = flow.stock()["wetting"] + flow.stock()["wetted"]
    lost = [fault for fault in case.faults if fault["kind"] == "vehicle_loss"]
    ends_s = [f["at_s"] + f["duration_s"] for f in lost]
    for at_s in (ONSET_S, min([*ends_s, 3600.0 * case.hours]), 3600.0 * case.hours):
        flow.advance(at_s)
        filled.append(flow.truth()["trays_filled"])
    most = filled[2]
    places = case.config.get("store", {}).get("wetting_places", WETTING_PLACES)
    fleet = case.config.get("fleet", {}).get("vehicles", 20)
    most = min(most, flow.truth()["trays_started"] + places + OUTLET + fleet - wetting)
    if lost:
        inside = fleet - sum(fault["size"] for fault in lost)
        window_s = min(ends_s) - ONSET_S
        missed = filled[1] - filled[0] - trays_with(inside, window_s)
        most = min(most, filled[2] - max(0, missed))
    return int(most)


class Watch:
    """Forecasts once a minute, and since when the last one has stood without a break."""

    def __init__(self, plant: TwinPlant, settings: Settings) -> None:
        self._site = plant.site(speed_m_per_s=settings.drive.speed_m_per_s)
        self._settings = settings
        self._at_s = 0.0
        self.said: list[tuple[float, Starve | None]] = []

    def __call__(self, plant: Plant, book: Book) -> None:
        if plant.time_s >= self._at_s:
            self._at_s = plant.time_s + 60.0
            self.said.append((plant.time_s, forecast(plant, book, self._site, self._settings)))

    def warned_s(self, until_s: float) -> float | None:
        """Begin of the last run of forecasts of a stand that lasted until then, s; a gap of the
        calm time ends a run."""
        since_s, last_s = None, -math.inf
        for at_s, starve in self.said:
            if at_s > until_s:
                break
            if starve is not None and starve.lead_s <= self._settings.forecast.warn_s:
                if since_s is None or at_s - last_s > self._settings.forecast.calm_s:
                    since_s = at_s
                last_s = at_s
        alive = until_s - last_s <= self._settings.forecast.calm_s
        return since_s if alive else None


def run(case: Case, seed: int) -> dict[str, Any]:
    """One seed of a case."""
    settings = Settings()
    plain = FlowTwin(case.config, faults=list(case.faults), seed=seed)
    plain.advance(3600.0 * case.hours)
    plant = TwinPlant(case.config, faults=case.faults, seed=seed)
    watch = Watch(plant, settings)
    done = dispatch(plant, hours=case.hours, settings=settings, watch=watch)
    ours, theirs, most = done.plant.flow.truth(), plain.truth(), bound(case, seed)
    at_s = first_stand_s(ours)
    warned_s = watch.warned_s(at_s) if math.isfinite(at_s) else None
    early = [a for a, starve in watch.said if starve is not None and a < ONSET_S]
    return {
        "seed": seed,
        "bound": most,
        "ours": ours["trays_filled"],
        "oldest": theirs["trays_filled"],
        "ours_stands_min": stands_min(ours),
        "oldest_stands_min": stands_min(theirs),
        "fault_to_stand_min": (at_s - ONSET_S) / 60.0 if math.isfinite(at_s) else None,
        "lead_min": None if warned_s is None else (at_s - warned_s) / 60.0,
        "warnings_before_the_fault": len(early),
        "warned_in_vain": stands_min(ours) <= STANDS_MIN
        and any(starve is not None and starve.lead_s < WARN_S for _, starve in watch.said),
    }


def summary(case: Case, rows: Sequence[dict[str, Any]]) -> str:
    """One line of the table."""

    def mean(key: str) -> float:
        return statistics.fmean(row[key] for row in rows)

    stood = [row for row in rows if row["ours_stands_min"] > STANDS_MIN]
    leads = [row["lead_min"] for row in stood]
    told = [lead for lead in leads if lead is not None]
    lead = f"{min(told):.0f} to {max(told):.0f}" if told else "-"
    after = [row["fault_to_stand_min"] for row in stood]
    cells = (
        case.name,
        f"{mean('bound'):.1f}",
        f"{mean('ours'):.1f}",
        f"{mean('oldest'):.1f}",
        f"{mean('ours_stands_min'):.0f}",
        f"{mean('oldest_stands_min'):.0f}",
        f"{len(stood)}/{len(rows)}",
        f"{min(after):.0f} to {max(after):.0f}" if after else "-",
        f"{lead} ({len(told)}/{len(stood)})" if stood else "-",
        str(sum(row["warned_in_vain"] for row in rows)),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """All cases, all seeds."""
    parser = argparse.ArgumentParser(prog="python -m bench.starve", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    head = (
        "case",
        "bound",
        "dispatch",
        "oldest",
        "stands, min",
        "oldest stands, min",
        "stood",
        "fault to stand, min",
        "lead, min (told)",
        "warned in vain",
    )
    if not arguments.json:
        print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for case in CASES:
        if arguments.only in case.name:
            rows = [run(case, seed) for seed in range(1, arguments.seeds + 1)]
            text = json.dumps({"case": case.name, "rows": rows})
            print(text if arguments.json else summary(case, rows), flush=True)


if __name__ == "__main__":
    main()
