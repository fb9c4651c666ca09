"""A recording as the plant: rows per second through the gauge chain of six positions, in this
process and over the bus with real processes; recording and replaying that run."""

from __future__ import annotations

import csv
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import linewright as lw
import numpy as np
from linewright import _core
from linewright.line import load

from bench import _line
from bench._measure import Row, Spread, alternate

MIL_UM = 25.4
STEP_TICKS = 1000


def _say(path: Path) -> dict[str, Any]:
    """What a ledger says: rows used of the file, cycles run, shift events."""
    rows = _core.ledger_rows(str(path), kinds=["start", "tally", "detection"])
    bodies = [(row["kind"], row["body"]) for row in rows]
    events = Counter(body["name"] for kind, body in bodies if kind == "detection")
    return {
        "start": next(body for kind, body in bodies if kind == "start"),
        "cycles": [body["cycles"] for _, body in bodies if "cycles" in body][-1],
        "shifts": sum(n for name, n in events.items() if name.endswith("_shift")),
        "spikes": sum(n for name, n in events.items() if name.endswith("_spike")),
    }


class Inline:
    """The core in this process over a raw recording."""

    def __init__(self, where: Path, values_mil: Any) -> None:
        self.where, self.n = where, len(values_mil)
        _line.write_csv(where / "head.csv", values_mil[:1000])
        line = load(_line.boards_line(where, where / "head.csv"))
        (values_mil * MIL_UM).astype("<f8").tofile(where / "all.f64")
        self.config = line.core_config(where, {"boards": 2}, 99) | {"link": None}
        self.config["driver"] |= {
            "path": str(where / "all.f64"),
            "rows": self.n,
            "counts": {"rows_read": self.n, "rows_used": self.n},
        }
        self.runs = 0
        self.cpu_us_per_row: dict[bool, list[float]] = {False: [], True: []}

    def run(self, record: bool) -> float:
        """Rows per second of one run, from opening the files to closing them."""
        self.runs += 1
        ledger = self.where / f"ledger{self.runs}.sqlite"
        config = self.config | {"ledger": {"path": str(ledger)}, "record": None}
        if record:
            config["record"] = {"path": str(self.where / "record.mcap")}
        text = json.dumps(config)
        start, cpu_start = time.perf_counter(), time.process_time()
        with _core.Core(text) as core:
            tick = 0
            while not core.finished:
                tick = core.advance(tick + STEP_TICKS)
                core.drain()
        seconds = time.perf_counter() - start
        self.cpu_us_per_row[record].append((time.process_time() - cpu_start) * 1e6 / self.n)
        said = _say(ledger)
        if (tick, said["cycles"]) != (self.n, self.n):
            raise RuntimeError(f"{self.n} rows, {tick} ticks, {said['cycles']} cycles in the tally")
        self.said = said
        ledger.unlink()
        return self.n / seconds


def _chains(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Settings of the kernels of each position, out of the plan itself."""
    chains: list[dict[str, Any]] = []
    for op in plan["loops"][0]["ops"]:
        if op["op"] == "input":
            chains.append({})
        elif op["op"] == "kernel":
            chains[-1][op["kernel"]] = op["config"]
    return chains


def _by_hand(values_um: Any, chains: list[dict[str, Any]]) -> tuple[float, int]:
    """The same kernels called one by one from Python; rows per second and shifts found."""
    kernels = [
        (
            lw.Hampel(**chain["Hampel"], period_s=1.0).update,
            lw.GuardedCusum(**chain["GuardedCusum"], period_s=1.0).update,
        )
        for chain in chains
    ]
    was_on, shifts = [False] * _line.POSITIONS, 0
    start = time.perf_counter()
    for row in values_um.tolist():
        for i, (x, (hampel, chart)) in enumerate(zip(row, kernels, strict=True)):
            if x < 25_000.0 or x > 60_000.0:
                continue
            if hampel(x)[1] > 0.5:
                continue
            alarm = chart(x, 0.0)[3]
            is_on = abs(alarm) > 0.5
            shifts += is_on and not was_on[i]
            was_on[i] = is_on
    return len(values_um) / (time.perf_counter() - start), shifts


def rows(quick: bool) -> Iterator[Row]:
    with _line.folder() as where:
        yield from _inline_rows(where, 20_000 if quick else 1_000_000, 1 if quick else 3)
    with _line.folder() as where:
        yield _bus_row(where, 2_000 if quick else 200_000, 1 if quick else 3)


def _inline_rows(where: Path, n: int, rounds: int) -> Iterator[Row]:
    values = _line.recording_mil(n, seed=1)
    inline = Inline(where, values)
    plan = inline.config["plan"]
    chains = _chains(plan)
    values_um = values * MIL_UM
    hand_shifts = 0

    def by_hand() -> float:
        nonlocal hand_shifts
        rate, hand_shifts = _by_hand(values_um, chains)
        return rate

    def replay() -> float:
        start = time.perf_counter()
        cycles = _core.replay_verify(str(where / "record.mcap"))["cycles"]
        if cycles != n:
            raise RuntimeError(f"{n} cycles recorded, {cycles} replayed")
        return n / (time.perf_counter() - start)

    sides = [by_hand, lambda: inline.run(False), lambda: inline.run(True), replay]
    hand, plain, _, replayed = map(Spread.of, alternate(sides, rounds, warm_up=0))
    cpu = {record: Spread.of(list_) for record, list_ in inline.cpu_us_per_row.items()}
    if inline.said["shifts"] != hand_shifts:
        raise RuntimeError(f"{inline.said['shifts']} shifts in the ledger, {hand_shifts} by hand")
    facts = {
        "rows": n,
        "channels": _line.POSITIONS,
        "operations": len(plan["loops"][0]["ops"]),
        "shifts": hand_shifts,
        "spikes": inline.said["spikes"],
        "cpu_us_per_row": cpu[False].p50,
    }
    turns = "whole runs alternate: by hand, without record, with record, replay"
    yield Row(
        id="recording.inline",
        what="a recording through six gauge chains, in this process, with ledger",
        against="the same kernels called one by one from Python, nothing written",
        kind="peer",
        ours=plain,
        theirs=hand,
        method=turns + "; the ledger's tally agrees with the rows, its shifts with those by hand",
        goal="200,000 rows/s",
        unit="rows/s",
        facts=facts,
    )
    yield Row(
        id="record.cost",
        what="the same with every cycle recorded",
        against="without record",
        kind="floor",
        unit="us per row",
        ours=cpu[True],
        theirs=cpu[False],
        method=turns + "; processor time",
        facts=facts,
    )
    yield Row(
        id="replay",
        what="replay of that record, each cycle compared bit for bit",
        against="the run without record",
        kind="floor",
        ours=replayed,
        theirs=plain,
        method=turns,
        unit="rows/s",
        facts=facts,
    )


def _children_cpu_s() -> float:
    """Processor time of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bus_row(where: Path, n: int, rounds: int) -> Row:
    values = _line.recording_mil(n, seed=2)
    path = where / "recording.csv"
    _line.write_csv(path, values)
    line = _line.boards_line(where, path)
    said: dict[str, Any] = {}
    cpu_us_per_row: list[float] = []

    def over_bus() -> float:
        start, cpu_start = time.perf_counter(), _children_cpu_s()
        done = _line.run_line(line, where / f"run{len(cpu_us_per_row)}")
        seconds = time.perf_counter() - start
        cpu_us_per_row.append((_children_cpu_s() - cpu_start) * 1e6 / n)
        said.update(_say(Path(done["ledger"])))
        return n / seconds

    def read_only() -> float:
        start = time.perf_counter()
        with path.open(newline="") as file:
            reader = csv.reader(file)
            next(reader)
            sum_ = np.sum([[float(cell) for cell in row] for row in reader])
        if not np.isfinite(sum_):
            raise RuntimeError("the recording is not finite")
        return n / (time.perf_counter() - start)

    ours, theirs = alternate([over_bus, read_only], rounds, warm_up=0)
    counts = said["start"]["driver"]["counts"]
    used = counts["rows_used"] + counts["duplicates_dropped"]
    if (counts["rows_read"], used, said["cycles"]) != (n, n, n):
        raise RuntimeError(f"{n} rows in the file, the ledger says {counts}, {said['cycles']}")
    return Row(
        id="recording.bus",
        what="`linewright run` on a CSV: core, bus and station as processes, ledger and record",
        against="reading the CSV with the csv module",
        kind="floor",
        unit="rows/s",
        ours=Spread.of(ours),
        theirs=Spread.of(theirs),
        method="whole runs alternate, start and end of all processes included; rows in the file "
        "agree with the ledger's start row and its tally",
        goal="20,000 rows/s",
        facts={
            "rows": n,
            "channels": _line.POSITIONS,
            "shifts": said["shifts"],
            "cpu_us_per_row": Spread.of(cpu_us_per_row).p50,
        },
    )
