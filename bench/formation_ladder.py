"""How soon the formation watch finds what: `python -m bench.formation_ladder [--seed N]`.

Cells and seeds are others than those the shipped model was learnt from. One cell of each tray has
the defect; time counts from when it closed. Prints the table of docs/formation.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from linewright.stations.formation.model import watch
from linewright.twin import FormationTwin

TRAY = FormationTwin.TRAY
CLOSES_S = (-1.0, 450.0, 820.0, 2000.0, 2500.0, 3600.0, 5000.0)
"""Start, first film, its end, first charge, rest, further charge."""

NOT_FOUND_S = float("inf")
SECONDS = 10_830
"""The whole of what the shipped model covers, and the last verdicts of it."""


@dataclass
class Verdict:
    """One verdict as it was handed out."""

    channel: int
    kind: int
    size: float
    second: int


def verdicts(rack: FormationTwin, slots: int, seconds: int) -> list[Verdict]:
    """Runs rack and watch side by side; one verdict a tick, 30 ticks a second."""
    front = watch(slots)
    found, told = [], 0.0
    for second in range(1, seconds + 1):
        volt, amp, degc = rack.run(1)
        for tick in range(30):
            blocks = (None,) * 4 if tick else (volt[0], amp[0], degc[0], rack.trays)
            said = front.update(*blocks)
            if said[0] > told:
                told = said[0]
                size = said[6] if said[3] == 1 else said[5]
                found.append(Verdict(int(said[1]), int(said[3]), size, second))
    return found


def rack_of(trays: int, seed: int) -> FormationTwin:
    """A rack without defects of its own, all trays plugged in."""
    rack = FormationTwin({"slots": trays, "short_ppm": 0.0, "contact_pct": 0.0}, seed=seed)
    for slot in range(trays):
        rack.load(slot, 1000 + slot)
    return rack


def share(times: np.ndarray, within_s: float) -> str:
    return f"{100.0 * (times <= within_s).mean():.0f} %"


def row(name: str, trays: int, seed: int, seconds: int, **defect: float) -> None:
    """One line of the table."""
    rack = rack_of(trays, seed)
    lanes = {slot * TRAY + (7 * slot + 3) % TRAY for slot in range(trays)}
    for channel in lanes:
        rack.put_defect(channel, **defect)
    kinds = (1,) if "contact_mohm" in defect else (2, 3)
    closed_s = max(0.0, defect.get("closes_s", 0.0))
    first: dict[int, float] = {}
    wrong = misread = 0
    for verdict in verdicts(rack, trays, seconds):
        if verdict.channel not in lanes:
            wrong += 1
        elif verdict.kind not in kinds:
            misread += 1
        else:
            first.setdefault(verdict.channel, verdict.second - closed_s)
    times = np.array([first.get(channel, NOT_FOUND_S) for channel in lanes])
    # half and nine tenths of all cells, found or not
    ranked = [float(np.sort(times)[int(p * (len(times) - 1))]) for p in (0.5, 0.9)]
    p50, p90 = (f"{p:.0f}" if np.isfinite(p) else "-" for p in ranked)
    print(
        f"| {name} | {share(times, 120)} | {share(times, 600)} | {share(times, 7200 - closed_s)}"
        f" | {p50} | {p90} | {misread} | {wrong} |",
        flush=True,
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--trays", type=int, default=100)
    parser.add_argument("--sound", type=int, default=469, help="sound trays for false verdicts")
    given = parser.parse_args()
    print("| defect | within 2 min | within 10 min | by 2 h | p50 s | p90 s | misread | others |")
    print("|---|---|---|---|---|---|---|---|")
    for mohm in (1.0, 2.0, 5.0):
        row(f"contact {mohm:g} mohm", given.trays, given.seed, SECONDS, contact_mohm=mohm)
    for ohm in (1.0, 10.0, 30.0, 100.0, 300.0, 1000.0):
        for closes_s in CLOSES_S:
            when = "from the start" if closes_s < 0 else f"closes at {closes_s / 60:.0f} min"
            name = f"{ohm:g} ohm, {when}"
            row(name, given.trays, given.seed, SECONDS, short_ohm=ohm, closes_s=closes_s)
    for seed in (given.seed, given.seed + 1, given.seed + 2):
        found = verdicts(rack_of(given.sound, seed), given.sound, SECONDS)
        cells = TRAY * given.sound
        print(
            f"sound, seed {seed}: {len(found)} of {cells} cells: {100 * len(found) / cells:.3f} %"
        )

    for name, least in (("wetted by 8 %", TRAY), ("with 3 to 28 cells wetted by 8 %", 3)):
        rack = rack_of(given.trays, given.seed + 3)
        for slot in range(given.trays):
            for lane in range(max(least, 3 + slot % 26)):
                rack.put_defect(slot * TRAY + lane, wetting_pct=8.0)
        found = verdicts(rack, given.trays, SECONDS)
        cells = TRAY * given.trays
        print(f"{given.trays} trays {name}: {len(found)} verdicts on {cells} cells")


if __name__ == "__main__":
    main()
