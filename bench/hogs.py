"""Does what the stations' processes do reach the loop? Slices of one live line at 1 kHz, whose
stations are quiet, quiet again, or all of them hogs: of the interpreter's lock, of memory, of the
processor.

    python -m bench.hogs [--rounds 5] [--seconds 5] [--free] [--json]     about four minutes

Every slice is a line of its own, started and stopped by the supervisor, with as many stations as
the packaged line of the whole plant (7). The loop has the last processor to itself (`cpu` in
`[live]`: the supervisor keeps the stations off it); with `--free` all may run on it. The core's own
histograms count after its start. A ratio is that of a quantile to the one of the first quiet slice
of the same round; the second quiet slice gives the band in which slices of the same thing differ.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

from linewright.bus import Operator
from linewright.line import packaged

from bench._line import LINEWRIGHT, folder
from bench._machine import machine
from bench._measure import Row, Spread

HOGS = ("gil", "storm", "cpu")
QUIET, AGAIN = "none", "again"
WHAT = {
    AGAIN: "a second quiet slice",
    "gil": "a thread in every station that spins and holds the interpreter's lock",
    "storm": "objects in rings, collections and 32 MiB arrays, made and dropped in every station",
    "cpu": "hashing in C without the interpreter's lock in every station",
}
STATIONS = 7
STARTUP_S = 3.0
"""Ticks of the first seconds are not counted: interpreters start."""
STAGES = {"lateness": "release", "execution": "work", "response": "response"}
QUANTILES = {"p50": "p50_ns", "p99": "p99_ns", "p99.9": "p99_9_ns"}
HANG_S = 60.0


@dataclass(frozen=True)
class Slice:
    """One run of the line."""

    kind: str
    stages_us: dict[str, dict[str, float]]
    """By stage its quantiles, and `max`."""
    ticks: int
    """Base ticks of the run."""
    cycles: int
    missed: int
    counted: int
    """Cycles in the histograms."""
    restarts: int
    up: int
    """Stations that were running when the histograms began to count."""
    cores: dict[str, float]
    """By station the processors that it had meanwhile."""
    real_time: dict[str, Any]


def line_text(kind: str, stations: int = STATIONS, cpu: int | None = None) -> str:
    """The packaged bench line with more stations; what they do is told in its name alone. `cpu`:
    the loop's own."""
    text = packaged()["bench"].read_text()
    text = text.replace('name = "bench"', f'name = "hogs-{"-".join(kind.split())}"')
    text = text.replace(
        "settings = { rate_hz = 1000 }",
        'plugin = "hog_stations:HogCalender"\nsettings = { rate_hz = 1000 }\nstall_s = 60.0',
    )
    text = text.replace("startup_cycles = 500", f"startup_cycles = {int(1000 * STARTUP_S)}")
    for n in range(1, stations):
        text += f'\n[stations.hog_{n}]\nplugin = "hog_stations:Hog"\nstall_s = 60.0\n'
    return text if cpu is None else f"{text}\n[live]\ncpu = {cpu}\n"


class HogLine:
    """A line with hogs under its supervisor, for as long as the block lasts. `kind`: names of hogs
    that the stations take in turns, or `none`."""

    def __init__(
        self, where: Path, kind: str, stations: int = STATIONS, cpu: int | None = None
    ) -> None:
        (where / "hog").write_text(kind)
        shutil.copy(Path(__file__).with_name("_hog_stations.py"), where / "hog_stations.py")
        (where / "line.toml").write_text(line_text(kind, stations, cpu))
        self.run_dir = where / f"run-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [str(LINEWRIGHT), "run", str(where / "line.toml"), "--run-dir", str(self.run_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *more: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            told, _ = self.process.communicate(timeout=HANG_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            told, _ = self.process.communicate()
        if kind is None and self.process.returncode:
            raise RuntimeError(f"the line ended with {self.process.returncode}: {told}")
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Look until something holds."""
        deadline_s = time.monotonic() + HANG_S
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"no {what}; exit code {self.process.poll()}")
            time.sleep(0.05)

    def core(self, tick: int) -> dict[str, Any]:
        """What the core says of itself once it has come to a tick."""
        found: dict[str, Any] = {}

        def look() -> bool:
            found.update((self.operator.status(1.0) or {}).get("core") or {})
            return bool(found) and found["tick"] >= tick

        for name in ("commands.sock", "supervisor.json"):
            self.until((self.run_dir / name).exists, name)
        with Operator(self.run_dir) as self.operator:
            self.until(look, f"tick {tick}")
        return found

    def stations(self) -> dict[str, dict[str, Any]]:
        """What the supervisor says of them."""
        document = json.loads((self.run_dir / "supervisor.json").read_text())
        found: dict[str, dict[str, Any]] = document["plugins"]
        return found

    def up(self) -> int:
        """Stations that have come up; a hog is silent at times."""
        return sum(of["state"] in ("running", "silent") for of in self.stations().values())

    def ran_ns(self) -> dict[str, int]:
        """Processor time of each station's process, all threads."""
        found = {}
        for name, of in self.stations().items():
            tasks = Path(f"/proc/{of['pid']}/task").iterdir()
            found[name] = sum(int((t / "schedstat").read_text().split()[0]) for t in tasks)
        return found


def slice_of(where: Path, kind: str, seconds: float, cpu: int | None = None) -> Slice:
    """Start the line, wait until it has counted `seconds`, look, and stop it."""
    with HogLine(where, QUIET if kind == AGAIN else kind, cpu=cpu) as line:
        first = line.core(int(1000 * STARTUP_S))
        up = line.up()
        began_ns, before = time.monotonic_ns(), line.ran_ns()
        last = line.core(first["tick"] + int(1000 * seconds))
        took_ns, after = time.monotonic_ns() - began_ns, line.ran_ns()
        restarts = sum(of["restarts"] for of in line.stations().values())
    loop = next(of for of in last["loops"] if of["name"] == "calender.nip")
    stages = {
        stage: {name: loop[stage][key] / 1e3 for name, key in QUANTILES.items()}
        | {"max": loop[stage]["max_ns"] / 1e3}
        for stage in STAGES
    }
    return Slice(
        kind=kind,
        stages_us=stages,
        ticks=last["tick"],
        cycles=loop["cycles"],
        missed=loop["missed"],
        counted=loop["response"]["count"],
        restarts=restarts,
        up=up,
        cores={name: (after[name] - before[name]) / took_ns for name in after},
        real_time=last["host"]["real_time"],
    )


def slices(rounds: int, seconds: float, free: bool = False) -> list[list[Slice]]:
    """Rounds of a slice of each kind, quiet and quiet again among them; each round begins with
    another one, so that none is always the first."""
    order = (QUIET, *HOGS[:1], AGAIN, *HOGS[1:])
    cpu = None if free else max(os.sched_getaffinity(0))
    found = []
    with folder() as where:
        for turn in range(rounds):
            at = turn % len(order)
            each = [slice_of(where, kind, seconds, cpu) for kind in (*order[at:], *order[:at])]
            found.append(each)
    return found


def ratios(rounds: list[list[Slice]], kind: str, stage: str, quantile: str) -> list[float]:
    """By round the quantile of a kind over that of the first quiet slice."""
    out = []
    for each in rounds:
        by_kind = {of.kind: of.stages_us[stage][quantile] for of in each}
        out.append(by_kind[kind] / max(by_kind[QUIET], 1e-3))
    return out


def judged(rounds: list[list[Slice]]) -> dict[str, Any]:
    """By stage and quantile the band of quiet over quiet, and each hog in it or not: the median of
    its ratios against the smallest and largest of the band, taken both ways round."""
    document: dict[str, Any] = {}
    hogs = sorted({of.kind for each in rounds for of in each} - {QUIET, AGAIN})
    for stage in STAGES:
        for quantile in QUANTILES:
            again = ratios(rounds, AGAIN, stage, quantile)
            both = [*again, *(1.0 / x for x in again)]
            one: dict[str, Any] = {"band": [min(both), max(both)], "again": again}
            for hog in hogs:
                found = ratios(rounds, hog, stage, quantile)
                middle = median(found)
                one[hog] = {
                    "ratio": middle,
                    "of": found,
                    "within": min(both) <= middle <= max(both),
                }
            document.setdefault(stage, {})[quantile] = one
    return document


def real_time(rounds: list[list[Slice]]) -> str:
    """Under which scheduling class the loop ran, as the core says it."""
    told = set()
    for of in (of for each in rounds for of in each):
        items = of.real_time["items"]
        asked = ("fifo_priority", "cpu", "dma_latency_us")
        each_told = (f"{what} {items.get(what, 'not asked for')}" for what in asked)
        told.add(f"{of.real_time['rt']}: {', '.join(each_told)}")
    return "; ".join(sorted(told))


def facts(rounds: list[list[Slice]], kind: str) -> dict[str, Any]:
    """Counts of all slices of a kind."""
    of_kind = [of for each in rounds for of in each if of.kind == kind]
    return {
        "slices": len(of_kind),
        "ticks": sum(of.ticks for of in of_kind),
        "missed": sum(of.missed for of in of_kind),
        "restarts": sum(of.restarts for of in of_kind),
        "processors": median(sum(of.cores.values()) for of in of_kind),
        "least_of_a_station": min(min(of.cores.values()) for of in of_kind),
        "stations": STATIONS,
        "stations_up_at_the_start": min(of.up for of in of_kind),
    }


def spread(rounds: list[list[Slice]], kind: str, stage: str) -> Spread:
    """Medians of the slices' quantiles, largest of all."""
    of_kind = [of for each in rounds for of in each if of.kind == kind]
    stages = [of.stages_us[stage] for of in of_kind]
    middle = {q: median(of[q] for of in stages) for q in ("p50", "p99")}
    n = sum(of.counted for of in of_kind)
    return Spread(n, middle["p50"], middle["p99"], max(of["max"] for of in stages))


def rows(quick: bool) -> Iterator[Row]:
    """A row per hog and stage, and of the second quiet slice."""
    found = slices(1, 1.0) if quick else slices(5, 5.0)
    document = judged(found)
    for kind in (AGAIN, *HOGS):
        for stage, named in STAGES.items():
            of = document[stage]
            yield Row(
                id=f"hogs.{kind}.{stage}",
                what=f"{named} of a live loop at 1 kHz, {STATIONS} stations: {WHAT[kind]}",
                against="the same line with quiet stations",
                kind="floor",
                unit="us",
                ours=spread(found, kind, stage),
                theirs=spread(found, QUIET, stage),
                method="alternating slices, a line each, the loop on a processor without stations; "
                "medians of the slices' quantiles",
                goal="within the band of quiet slices; at most 1.2" if kind in HOGS else "",
                facts=facts(found, kind)
                | {"real_time": real_time(found)}
                | {"quantiles": {q: one.get(kind, one["again"]) for q, one in of.items()}}
                | {"band": {q: one["band"] for q, one in of.items()}},
            )


def lines(rounds: list[list[Slice]]) -> list[str]:
    """The table for a person."""
    document = judged(rounds)
    out = [
        "| stage | quantile | quiet, us | quiet over quiet | "
        + " | ".join(f"{hog} over quiet" for hog in HOGS)
        + " |",
        "|---|---|---|---|" + "---|" * len(HOGS),
    ]
    for stage, named in STAGES.items():
        for quantile in QUANTILES:
            one = document[stage][quantile]
            quiet = median(
                of.stages_us[stage][quantile] for each in rounds for of in each if of.kind == QUIET
            )
            low, high = one["band"]
            cells = [named, quantile, f"{quiet:.1f}", f"{low:.2f} to {high:.2f}"]
            for hog in HOGS:
                of = one[hog]
                where = "" if of["within"] else ", outside"
                cells.append(
                    f"{of['ratio']:.2f} ({min(of['of']):.2f} to {max(of['of']):.2f}){where}"
                )
            out.append(f"| {' | '.join(cells)} |")
    out += ["", f"real time: {real_time(rounds)}"]
    for kind in (QUIET, AGAIN, *HOGS):
        of = facts(rounds, kind)
        out.append(
            f"{kind}: {of['slices']} slices, {of['ticks']} ticks, {of['missed']} missed, "
            f"{of['restarts']} restarts; {of['stations']} stations, at least "
            f"{of['stations_up_at_the_start']} up at the start, took {of['processors']:.2f} "
            f"processors, each {of['least_of_a_station']:.2f} or more"
        )
    return out


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.hogs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="ticks counted in a slice, s")
    parser.add_argument("--free", action="store_true", help="stations on the loop's processor too")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    about = machine()
    found = slices(arguments.rounds, arguments.seconds, arguments.free)
    if arguments.json:
        told = {kind: facts(found, kind) for kind in (QUIET, AGAIN, *HOGS)}
        document = {"machine": about, "real_time": real_time(found), "counts": told}
        print(json.dumps(document | {"stages": judged(found)}, indent=1))
        return 0
    print("\n".join(lines(found)))
    for key in ("cpu", "cores", "kernel", "sched_fifo", "cpu_dma_latency", "load_average", "git"):
        print(f"{key}: {about[key]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
