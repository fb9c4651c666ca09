"""The welding station in closed loop on its twin: what it does to quiet shifts and to F18 to F20.

`python -m bench.weld_station [--seeds N] [--hours H] [--first S] [--line NAME] [--quiet]` prints
the tables of `docs/welding.md`. Open and closed run on the same seeds: the same welds, uncorrected
and corrected. `welder_camera` is the station with a camera; `--quiet` leaves the faults out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.cli._evaluate import table
from linewright.line import load, run_inline
from linewright.testing import CATALOGUE
from linewright.value.catalogue import evaluate_catalogue
from linewright.value.policies import write_line

CLOSED = 'permit = "closed"\narm_at_start = "shift lead"\n'
FAULTS = ("F18", "F19", "F20")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One shift."""

    welds: int
    bad: int
    """Welds whose joint is no good, by the twin's truth."""
    unsightly: int
    """Welds whose joint is good and whose seam looks wrong."""
    refused: int
    bad_passed: int
    """Welds whose joint is no good that nobody refused."""
    unsightly_passed: int
    good_refused: int
    """Welds that are good in both ways and were refused."""
    moves: int
    held: int
    rerouted: int
    """Slots that passed empty because their fixture was on hold."""
    detections: tuple[str, ...]


def shift(*, line: str, seed: int, hours: float, fault: str | None, closed: bool) -> Outcome:
    """One run in this process, in a folder that is gone afterwards."""
    drawn = [] if fault is None else CATALOGUE[fault].faults(seed, hours=hours)
    with tempfile.TemporaryDirectory(prefix="linewright-") as name:
        folder = Path(name)
        file = write_line(line, folder, seed=seed, hours=hours, faults=drawn)
        if not closed:
            text = file.read_text()
            if CLOSED not in text:
                raise ValueError(f"{line}.toml has no gate to open")
            file.write_text(text.replace(CLOSED, 'permit = "advisory"\n'))
        run_inline(load(file), folder)
        ledger = str(folder / "ledger.sqlite")
        rows = _core.ledger_rows(ledger, kinds=["detection", "decision"])
        truth = json.loads((folder / "truth.json").read_text())["weld"]
    decided = [row["body"]["decision"] for row in rows if row["kind"] == "decision"]
    start = "reject weld "
    refused = {int(text.removeprefix(start)) for text in decided if text.startswith(start)}

    def count(start: str) -> int:
        return sum(text.startswith(start) for text in decided)

    welds: list[dict[str, Any]] = truth["welds"]
    return Outcome(
        welds=len(welds),
        bad=sum(weld["class"] != "good" for weld in welds),
        unsightly=sum(weld["class"] == "good" and not weld["looks_good"] for weld in welds),
        refused=len(refused),
        bad_passed=sum(w["class"] != "good" and w["number"] not in refused for w in welds),
        unsightly_passed=sum(
            w["class"] == "good" and not w["looks_good"] and w["number"] not in refused
            for w in welds
        ),
        good_refused=sum(
            w["class"] == "good" and w["looks_good"] and w["number"] in refused for w in welds
        ),
        moves=count("correct fixture"),
        held=count("hold fixture"),
        rerouted=truth["rerouted"],
        detections=tuple(r["body"]["name"] for r in rows if r["kind"] == "detection"),
    )


def both(job: tuple[str, int, float, str | None]) -> tuple[Outcome, Outcome]:
    """The same shift open and closed."""
    line, seed, hours, fault = job
    opened = shift(line=line, seed=seed, hours=hours, fault=fault, closed=False)
    return opened, shift(line=line, seed=seed, hours=hours, fault=fault, closed=True)


def row(name: str, runs: Sequence[tuple[Outcome, Outcome]]) -> str:
    """A row of the table: sums over the runs."""
    opened, closed = [o for o, _ in runs], [c for _, c in runs]

    def share(of: Sequence[Outcome]) -> str:
        bad, welds = sum(o.bad for o in of), sum(o.welds for o in of)
        return f"{bad} ({1e3 * bad / welds:.2f} in 1000)"

    told = Counter(name for o in closed for name in o.detections)
    said = ", ".join(f"{n} {name.partition('.')[2]}" for name, n in sorted(told.items())) or "none"
    return (
        f"| {name} | {len(runs)} | {share(opened)} | {share(closed)} | "
        f"{sum(o.refused for o in closed)} | {sum(o.moves for o in closed)} | "
        f"{sum(o.held for o in closed)} | {sum(o.rerouted for o in closed)} | {said} |"
    )


def judged(name: str, of: Sequence[Outcome]) -> str:
    """A row of the second table: what was passed and refused, by the truth."""
    welds, bad, unsightly = (sum(getattr(o, n) for o in of) for n in ("welds", "bad", "unsightly"))
    good = welds - bad - unsightly
    wrongly = sum(o.good_refused for o in of)
    return (
        f"| {name} | {welds} | {sum(o.bad_passed for o in of)} of {bad} | "
        f"{sum(o.unsightly_passed for o in of)} of {unsightly} | "
        f"{wrongly} of {good} ({1e2 * wrongly / good:.2f} %) |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=301, help="first seed")
    parser.add_argument("--hours", type=float, default=8.0, help="of a quiet shift")
    parser.add_argument("--line", default="welder", choices=("welder", "welder_camera"))
    parser.add_argument("--quiet", action="store_true", help="quiet shifts alone")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    print(f"seeds {seeds[0]} to {seeds[-1]}; quiet shifts of {given.hours:g} h\n")
    print("| shift | runs | bad welds open | closed | refused | moves | held | rerouted | told |")
    print("|---|---|---|---|---|---|---|---|---|")
    told: list[tuple[str, list[Outcome]]] = []
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as executor:
        for fault in (None,) if given.quiet else (None, *FAULTS):
            hours = given.hours if fault is None else CATALOGUE[fault].hours
            runs = list(executor.map(both, [(given.line, seed, hours, fault) for seed in seeds]))
            print(row("quiet" if fault is None else fault, runs), flush=True)
            told += [(fault or "quiet", [closed for _, closed in runs])]
    print("\n| closed | welds | bad, passed | unsightly, passed | good, refused |")
    print("|---|---|---|---|---|")
    for name, closed in told:
        print(judged(name, closed))
    if not given.quiet:
        print()
        print("\n".join(table(evaluate_catalogue(seeds, faults=FAULTS, line=given.line))))


if __name__ == "__main__":
    main()
