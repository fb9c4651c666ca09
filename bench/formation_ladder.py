"""How soon the formation watch finds what: `python -m bench.formation_ladder [--late] [--seed N]`.

Cells and seeds are others than those the shipped model was learnt from. One cell of each tray has
the defect; time counts from when it closed. Prints the tables of docs/formation.md: the first three
hours of the programme, and with `--late` what closes behind them, all of it to its end.
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

LATE_S = (10_700.0, 12_600.0, 14_400.0, 15_300.0, 15_900.0, 16_500.0, 18_000.0, 23_400.0, 26_000.0)
"""Further charge (four), held at the highest voltage, rest, discharge (three)."""

NOT_FOUND_S = float("inf")
SECONDS = 10_830
"""The first part of the shipped model, and the last verdicts of it."""


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


def late(seed: int, trays: int) -> None:
    """Prints what is found of shorts that close late, as many trays for each time of closing."""
    print("| defect | found | within 10 min | within 30 min | p50 s | p90 s | ohm told | others |")
    print("|---|---|---|---|---|---|---|---|")
    slots = trays * len(LATE_S)
    closes_s = {slot * TRAY + (7 * slot + 3) % TRAY: LATE_S[slot // trays] for slot in range(slots)}
    for ohm in (1.0, 10.0, 30.0, 100.0):
        rack = rack_of(slots, seed)
        for channel, at_s in closes_s.items():
            rack.put_defect(channel, short_ohm=ohm, closes_s=at_s)
        found = verdicts(rack, slots, int(rack.programme_s))
        first: dict[int, Verdict] = {}
        for verdict in found:
            if verdict.second > closes_s.get(verdict.channel, 0.0):
                first.setdefault(verdict.channel, verdict)
        others = len(first.keys() - closes_s.keys())
        for at_s in LATE_S:
            of = [first.get(channel) for channel, closes in closes_s.items() if closes == at_s]
            times = np.array([v.second - at_s if v else NOT_FOUND_S for v in of])
            ranked = [float(np.sort(times)[int(p * (len(times) - 1))]) for p in (0.5, 0.9)]
            p50, p90 = (f"{p:.0f}" if np.isfinite(p) else "-" for p in ranked)
            sizes = [v.size for v in of if v and v.kind != 1]
            told = f"{np.median(sizes):.2g}" if sizes else "-"
            print(
                f"| {ohm:g} ohm, closes at {at_s / 3600:.1f} h | {share(times, 1e6)}"
                f" | {share(times, 600)} | {share(times, 1800)} | {p50} | {p90} | {told} |"
                f" {others} of {(TRAY - 1) * slots} |",
                flush=True,
            )


def sound_over_all(seed: int, sound: int, trays: int) -> None:
    """Prints verdicts on cells without a short, from the first second to the last."""
    found = verdicts(rack_of(sound, seed), sound, 28_700)
    cells = TRAY * sound
    ages = [verdict.second for verdict in found]
    print(f"sound, seed {seed}: {len(found)} of {cells}: {100 * len(found) / cells:.3f} %, {ages}")
    rack = rack_of(3 * trays, seed)
    for slot in range(2 * trays):
        for lane in range(TRAY if slot < trays else 3 + slot % 26):
            rack.put_defect(slot * TRAY + lane, wetting_pct=8.0)
    mohm = {
        slot * TRAY + 5: 0.3 + 4.7 * (slot % trays) / trays for slot in range(2 * trays, 3 * trays)
    }
    for channel, resists in mohm.items():
        rack.put_defect(channel, contact_mohm=resists)
    found = verdicts(rack, 3 * trays, 28_700)
    shorts = [verdict for verdict in found if verdict.kind != 1]
    for name, first, last in (("wetted by 8 %", 0, trays), ("with the border", trays, 2 * trays)):
        count = sum(first <= verdict.channel // TRAY < last for verdict in shorts)
        print(f"{trays} trays {name}: {count} called shorted of {TRAY * trays} cells")
    called = sum(verdict.channel in mohm for verdict in shorts)
    named = len({verdict.channel for verdict in found if verdict.kind == 1} & mohm.keys())
    print(f"{trays} contacts of 0.3 to 5 mohm: {named} named, {called} called shorted")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--trays", type=int, default=100)
    parser.add_argument("--sound", type=int, default=469, help="sound trays for false verdicts")
    parser.add_argument("--late", action="store_true", help="what closes after the first part")
    given = parser.parse_args()
    if given.late:
        late(given.seed, given.trays)
        sound_over_all(given.seed, given.sound, given.trays)
        return
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
