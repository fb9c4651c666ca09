"""A live line at 1 kHz, bus and station alive: how late it is released beside `cyclictest` in
alternating slices, what a record costs its loop, what a small plan costs in it, and what an idle
line takes of the machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from linewright.line import packaged

from bench._line import LINEWRIGHT, folder
from bench._measure import Row, Spread

PRIORITY = 50
PERIOD_US = 1000
AWAKE_US, ASLEEP_US = 0, 1_000_000
"""Of `/dev/cpu_dma_latency`: cores that do not sleep, which is the default of a live line and of
`cyclictest`, and cores that sleep as they like."""
TWELVE = '''
import linewright as lw
from linewright.graph import Station

class Twelve(Station):
    """Twelve operations: read, smooth, compare, detect, decide, act."""

    name = "calender"

    def build(self, g):
        with g.loop("nip", rate_hz=1000) as L:
            at = L.input("calender.encoder", "m", max_age_s=0.5)
            smooth = L.apply(lw.Ewma, at, time_constant_s=0.5)
            off = at - smooth
            shift = L.apply(lw.Cusum, off, mean=0.0, sigma=1.0, k=0.5, h=8.0, restart=True)
            L.event("shift", shift.alarm, rule="cusum", decision="look", refractory_s=10.0)
            share = L.apply(lw.Clamp, off, lo=-1.0, hi=1.0)
            trim = L.const(890.0, "N/mm") + share.y * L.const(0.1, "N/mm/m")
            L.output("calender.line_load", trim)
'''


GOAL = "p50 at most 1.05, p99 1.1"


class Slices:
    """Quantiles of several slices, us: the median of each quantile, the largest of all."""

    def __init__(self) -> None:
        self.n = 0
        self.overruns = 0
        """Periods that a wake-up of `cyclictest` was late by."""
        self.p50: list[float] = []
        self.p99: list[float] = []
        self.p99_9: list[float] = []
        self.most: list[float] = []

    def add(self, n: int, p50: float, p99: float, p99_9: float, most: float) -> None:
        """One slice."""
        self.n += n
        for list_, x in zip(
            (self.p50, self.p99, self.p99_9, self.most), (p50, p99, p99_9, most), strict=True
        ):
            list_.append(x)

    def spread(self) -> Spread:
        """All of them together."""
        return Spread(self.n, median(self.p50), median(self.p99), max(self.most))

    def facts(self) -> dict[str, Any]:
        """For the row."""
        return {"p99_9_us": median(self.p99_9), "slices": len(self.p50)}


def cyclictest(seconds: float, into: Slices, latency_us: int = AWAKE_US) -> None:
    """A slice of it: FIFO, memory locked, every millisecond, `/dev/cpu_dma_latency` held at
    `latency_us` (it always holds it). Its times are cut to whole microseconds: upper ends are
    told, as the core's histograms tell theirs."""
    asked = f"-m -p{PRIORITY} -t1 -i{PERIOD_US} -l{int(seconds * 1000)} -q -h20000"
    asked += f" --latency={latency_us}"
    done = subprocess.run(
        ["cyclictest", *asked.split()], capture_output=True, text=True, check=True
    )
    counts = [
        (int(us), int(count))
        for us, count in re.findall(r"^(\d{6})\s+(\d+)", done.stdout, re.MULTILINE)
    ]
    largest = int(re.findall(r"Max Latencies:\s*(\d+)", done.stdout)[0])
    total = sum(count for _, count in counts)
    into.overruns += sum(count * (us // PERIOD_US) for us, count in counts)

    def at(share: float) -> float:
        seen = 0
        for us, count in counts:
            seen += count
            if seen >= share * total:
                return float(us + 1)
        return float(largest)

    into.add(total, at(0.5), at(0.99), at(0.999), float(largest))


def line_text(live: str = "", record: bool = True, twelve: bool = False) -> str:
    """The packaged bench line, its `[live]` and its record as asked for."""
    text = packaged()["bench"].read_text() + f"\n[live]\n{live}\n"
    if not record:
        text = text.replace("[record]\n", "")
    if twelve:
        text = text.replace("settings = { rate_hz = 1000 }", 'plugin = "twelve:Twelve"')
    return text


def slice_of(where: Path, text: str, seconds: float) -> dict[str, Any]:
    """The one loop after a slice of a line."""
    (where / "twelve.py").write_text(TWELVE)
    (where / "line.toml").write_text(text)
    asked = ("--json", "--slices", "1", "--seconds", str(seconds))
    done = subprocess.run(
        [str(LINEWRIGHT), "bench", str(where / "line.toml"), *asked],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"linewright bench: {done.stdout}{done.stderr}")
    document: dict[str, Any] = json.loads(done.stdout)
    loop = {key: x[0] for key, x in document["loops"][0].items() if isinstance(x, list)}
    real_time = document["machine"]["real_time"]
    told = f"{real_time['rt']}, cpu_dma_latency {real_time['items'].get('dma_latency_us')}"
    return loop | {"real_time": told}


def take(loop: dict[str, Any], stage: str, into: Slices) -> None:
    """A stage of a slice."""
    h = loop[stage]
    into.add(h["count"], *(h[q] / 1e3 for q in ("p50_ns", "p99_ns", "p99_9_ns", "max_ns")))


def rows(quick: bool) -> Iterator[Row]:
    """All of them."""
    seconds, slices = (4.0, 1) if quick else (10.0, 5)
    with folder() as where:
        if shutil.which("cyclictest"):
            yield from lateness_rows(where, seconds, slices)
        yield from stage_rows(where, seconds, slices)
        yield from weight_rows(where, seconds)


def lateness_rows(where: Path, seconds: float, slices: int) -> Iterator[Row]:
    """Release lateness: sleeping, sleep then spin, and with cores that fall asleep."""
    slept, spun, floor = Slices(), Slices(), Slices()
    dozed, dozing_floor = Slices(), Slices()
    turns = (
        ("", slept, floor, AWAKE_US),
        ('pacing = "spin"\nspin_us = 300', spun, floor, AWAKE_US),
        (f"dma_latency_us = {ASLEEP_US}", dozed, dozing_floor, ASLEEP_US),
    )
    real_time = set()
    for _ in range(slices):
        for live, ours, theirs, latency_us in turns:
            cyclictest(seconds, theirs, latency_us)
            loop = slice_of(where, line_text(live), seconds)
            take(loop, "lateness", ours)
            real_time.add(loop["real_time"])
    method = (
        "alternating slices at 1 kHz, both SCHED_FIFO 50 with memory locked, 1 ns of slack and "
        "/dev/cpu_dma_latency alike; median of the slices' quantiles, largest of all; ours with "
        "record, bus and station"
    )
    named = (
        ("lateness", "release lateness of a live line at 1 kHz, sleeping", slept, floor, GOAL),
        ("lateness_spin", "the same, sleep then spin", spun, floor, "p50 0.1 us, p99 1 us"),
        ("lateness_dozing", "sleeping, cores fall asleep", dozed, dozing_floor, GOAL),
    )
    for id_, what, ours, theirs, goal in named:
        yield Row(
            id=f"live.{id_}",
            what=what,
            against="cyclictest",
            kind="floor",
            unit="us",
            ours=ours.spread(),
            theirs=theirs.spread(),
            method=method,
            goal=goal,
            facts={"real_time": sorted(real_time), "floor_p99_9_us": theirs.facts()["p99_9_us"]}
            | ours.facts(),
        )


def stage_rows(where: Path, seconds: float, slices: int) -> Iterator[Row]:
    """What a record costs the loop, and what twelve operations take in it."""
    with_record, without, twelve = Slices(), Slices(), Slices()
    for _ in range(slices):
        take(slice_of(where, line_text(), seconds), "execute", with_record)
        take(slice_of(where, line_text(record=False), seconds), "execute", without)
        take(slice_of(where, line_text(twelve=True), seconds), "execute", twelve)
    yield Row(
        id="live.record",
        what="all loops of a tick in a live line, recorded",
        against="the same without record",
        kind="floor",
        unit="us",
        ours=with_record.spread(),
        theirs=without.spread(),
        method="alternating slices; stage `execute` of the press's loop",
        goal="p99 at most 1.05",
        facts=with_record.facts() | {"without_p99_9_us": without.facts()["p99_9_us"]},
    )
    yield Row(
        id="live.twelve",
        what="a plan of 12 operations in a live loop at 1 kHz, recorded",
        against="the press's loop",
        kind="floor",
        unit="us",
        ours=twelve.spread(),
        theirs=with_record.spread(),
        method="alternating slices; stage `execute`",
        goal="p99.9 at most 2 us",
        facts=twelve.facts(),
    )


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024.0


def weight_rows(where: Path, seconds: float) -> Iterator[Row]:
    """Processor time and memory of a live line that only watches, at 30 Hz."""
    text = line_text().replace("rate_hz = 1000", "rate_hz = 30")
    text = text.replace("startup_cycles = 500", "startup_cycles = 10")
    text = re.sub(r"\[budgets.*?(?=\[record\])", "", text, flags=re.DOTALL)
    text = text.replace("lockstep_s = 0.02\n", "")
    (where / "idle.toml").write_text(text)
    run_dir = where / "idle"
    with subprocess.Popen(
        [str(LINEWRIGHT), "run", str(where / "idle.toml"), "--run-dir", str(run_dir)],
        stdout=subprocess.DEVNULL,
    ) as line:
        time.sleep(4.0)
        table = json.loads((run_dir / "supervisor.json").read_text())
        pids = [table["core"]["pid"], table["bus"]["pid"], line.pid]
        pids += [plugin["pid"] for plugin in table["plugins"].values()]
        ticker = subprocess.Popen([sys.executable, "-c", TICKER])
        before = [cpu_s(pid) for pid in (*pids, ticker.pid)]
        threading.Event().wait(seconds)
        spent = [cpu_s(pid) - b for pid, b in zip((*pids, ticker.pid), before, strict=True)]
        core_mb, bare_mb = rss_mb(pids[0]), rss_mb(ticker.pid)
        ticker.terminate()
        ticker.wait()
        line.terminate()
    each = {"core": spent[0], "bus": spent[1], "supervisor": spent[2], "stations": sum(spent[3:-1])}
    ours, theirs = (100.0 * x / seconds for x in (sum(spent[:-1]), spent[-1]))
    yield Row(
        id="live.idle_cpu",
        what="a live line at 30 Hz that only watches: all its processes",
        against="a Python process that wakes 30 times a second",
        kind="floor",
        unit="% of a core",
        ours=Spread(1, ours, ours, ours),
        theirs=Spread(1, theirs, theirs, theirs),
        method=f"processor time over {seconds:g} s",
        goal="under 5 %",
        facts={name: 100.0 * x / seconds for name, x in each.items()},
    )
    yield Row(
        id="live.core_rss",
        what="memory of the core process, all of it locked",
        against="a Python process that imported nothing",
        kind="floor",
        unit="MB",
        ours=Spread(1, core_mb, core_mb, core_mb),
        theirs=Spread(1, bare_mb, bare_mb, bare_mb),
        method="VmRSS",
        goal="under 60 MB",
    )


TICKER = "import time\nwhile True: time.sleep(1 / 30)"
