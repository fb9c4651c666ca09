"""The trim inside a weld on its line: the same welds at constant power, and trimmed.

`python -m bench.weld_trim [--seeds N] [--hours H] [--first S]` prints the second table of "Power
inside the burst" in `docs/welding.md`: the usual station, and one whose stacks bulge and are dirty
more often.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.line import load, run_inline
from linewright.value.policies import write_line

ON = "trim_band = 0.05\n"
STATIONS = {
    "as usual": "",
    "dirt and bulges in 5 % each": "contamination_share = 0.05\nbulge_share = 0.05\n",
    "gaps in 5 %": "gap_share = 0.05\n",
}


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One run: its welds by the truth, and which were refused."""

    welds: list[dict[str, Any]]
    refused: frozenset[int]


def with_station(text: str, table: str) -> str:
    """The line file with these shares of defects."""
    head = "[io.twin.weld]\n"
    if head not in text:
        raise ValueError("welder.toml has no [io.twin.weld]")
    return text.replace(head, head + table)


def constant(text: str) -> str:
    """The line file without the trim and without the actuator that is its band."""
    begin = text.index('[actuators."welder.trim_band"]')
    text = text[:begin] + text[text.index("\n[", begin) + 1 :]
    if ON not in text:
        raise ValueError(f"welder.toml has no {ON!r}")
    return text.replace(ON, "")


def shift(job: tuple[int, float, str, bool]) -> Shift:
    """One shift in this process, in a folder that is gone afterwards."""
    seed, hours, station, trimmed = job
    with tempfile.TemporaryDirectory(prefix="linewright-") as name:
        folder = Path(name)
        file = write_line("welder", folder, seed=seed, hours=hours, faults=[])
        text = with_station(file.read_text(), STATIONS[station])
        text = text if trimmed else constant(text)
        file.write_text(text)
        run_inline(load(file), folder)
        rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["decision"])
        truth = json.loads((folder / "truth.json").read_text())["weld"]
    decided = [row["body"]["decision"] for row in rows]
    start = "reject weld "
    refused = frozenset(int(t.removeprefix(start)) for t in decided if t.startswith(start))
    return Shift(welds=truth["welds"], refused=refused)


def row(name: str, runs: Sequence[Shift]) -> str:
    """Sums over the shifts."""
    welds = [weld for run in runs for weld in run.welds]
    kinds = ("shallow", "gap", "false_friend", "over_penetration", "blow_out")
    counts = " | ".join(str(sum(w["class"] == kind for w in welds)) for kind in kinds)
    bad = passed = wrongly = good = 0
    for run in runs:
        for weld in run.welds:
            no, is_good = weld["number"] in run.refused, weld["class"] == "good"
            bad += not is_good
            passed += not is_good and not no
            good += is_good and weld["looks_good"]
            wrongly += is_good and weld["looks_good"] and no
    return (
        f"| {name} | {len(welds)} | {counts} | {1e3 * bad / len(welds):.2f} | {passed} | "
        f"{1e2 * wrongly / good:.2f} % |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.weld_trim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=601, help="first seed")
    parser.add_argument("--hours", type=float, default=4.0)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    print(f"seeds {seeds[0]} to {seeds[-1]}, {given.hours:g} h each\n")
    print(
        "| station | welds | shallow | gap | false friend | over-penetration | blow-out |", end=""
    )
    print(" bad in 1000 | bad, passed | good, refused |\n|---|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as executor:
        for station in STATIONS:
            for trimmed in (False, True):
                jobs = [(seed, given.hours, station, trimmed) for seed in seeds]
                runs = list(executor.map(shift, jobs))
                print(row(f"{station}, {'trimmed' if trimmed else 'constant'}", runs), flush=True)


if __name__ == "__main__":
    main()
