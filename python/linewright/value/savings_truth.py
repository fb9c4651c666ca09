"""The estimated savings held against the twin: the same seed once more without the correction.

    python -m linewright.value.savings_truth --seeds 100 --hours 2 --resume DIR

Plant, noise and faults of a seed are the same in every run (common random numbers), so that the
metres out of tolerance without a correction less those with it are what it truly saved. The
estimate sees the record of the first run alone.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from linewright.line import load, run_inline
from linewright.stations.scenario import FaultDraw, draw_faults
from linewright.value.policies import CLOSED, shift_faults, write_line
from linewright.value.recorded import read_recorded, record_of
from linewright.value.savings import Estimate, estimate_savings
from linewright.value.savings import corrections as known_corrections
from linewright.value.scratch import scratch


@dataclass(frozen=True, kw_only=True)
class Held:
    """One correction on one seed: estimated from the record, and true."""

    seed: int
    correction: str
    estimated_m: Estimate
    true_m: float
    made_m: float

    @property
    def inside(self) -> bool:
        """Is the truth within the interval? Metres are counted whole: half a metre on either side
        is the same number."""
        return self.estimated_m.lo - 0.5 <= self.true_m <= self.estimated_m.hi + 0.5


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """One correction over all seeds."""

    correction: str
    seeds: int
    inside: int
    """Seeds whose interval holds the truth."""
    nothing: int
    """Of these, seeds where the correction truly saved less than 1 m and the estimate says so."""
    true_m: float
    """Mean of what it truly saved."""
    bias_m: float
    """Mean of estimate less truth."""
    bias_half_width_m: float
    """Half of the 95 % interval of that mean."""
    half_width_m: float
    """Mean half width of the intervals."""


def without(text: str, correction: str) -> str:
    """The text of a line file with one correction switched off.

    Raises `ValueError` when the line has no table for its station.

    >>> print(without("[stations.calender]\\n", "calender.feedback"))
    [stations.calender]
    settings = {corrections = {feedback = false}}
    <BLANKLINE>
    """
    station, _, key = correction.partition(".")
    switch = f"corrections = {{{key} = false}}"
    head = f"[stations.{station}]\n"
    if f"{head}settings = {{" in text:
        return text.replace(f"{head}settings = {{", f"{head}settings = {{{switch}, ")
    if head in text:
        return text.replace(head, f"{head}settings = {{{switch}}}\n")
    raise ValueError(f"no table [stations.{station}] in the line file")


NIP = (
    FaultDraw(kind="load_cell_drift", least=100.0, most=250.0, either_sign=True, ramp_s=30.0),
    FaultDraw(kind="compaction_step", least=0.05, most=0.15, either_sign=True),
)
"""Faults for the calender's corrections, N/mm and share of the resistance: those of a usual shift
are too small for a metre out of tolerance in a few hours."""
COUNTED = {"coater": ("coated", "weight_out_m"), "calender": ("calendered", "porosity_out_m")}
"""Metres that a station's corrections are held against, in the twin's truth."""


def faults_for(station: str, seed: int, hours: float) -> list[dict[str, Any]]:
    """Faults of the seed: those of a usual shift for the coater, `NIP` for the calender."""
    if station == "calender":
        return draw_faults(NIP, seed=seed, hours=hours)
    return shift_faults(seed=seed, hours=hours)


def hold(seed: int, hours: float, corrections: Sequence[str]) -> list[Held]:
    """Run one seed with every correction and without each, inline, in folders that are gone
    afterwards."""
    held = []
    for station in dict.fromkeys(name.partition(".")[0] for name in corrections):
        with scratch() as at:
            folder = at / "usual"
            usual_m, made_m = _run(folder, seed, hours, station, None)
            found = estimate_savings(read_recorded(record_of(folder)))
        by_name = {saving.correction: saving.saved_m for saving in found.savings}
        for correction in corrections:
            if not correction.startswith(f"{station}."):
                continue
            with scratch() as folder:
                other_m, _ = _run(folder, seed, hours, station, correction)
            held.append(
                Held(
                    seed=seed,
                    correction=correction,
                    estimated_m=by_name[correction],
                    true_m=other_m - usual_m,
                    made_m=made_m,
                )
            )
    return held


def hold_kept(keep: Path | None, seed: int, hours: float, corrections: Sequence[str]) -> list[Held]:
    """`hold`, or what an earlier call left of the same seed in the folder `keep`."""
    if keep is None:
        return hold(seed, hours, corrections)
    held: list[Held] = []
    for correction in corrections:
        file = keep / f"{correction}-{hours:g}h-{seed}.json"
        if file.exists():
            held.append(msgspec.json.decode(file.read_bytes(), type=Held))
    known = {one.correction for one in held}
    keep.mkdir(parents=True, exist_ok=True)
    for one in hold(seed, hours, [name for name in corrections if name not in known]):
        file = keep / f"{one.correction}-{hours:g}h-{seed}.json"
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(one))
        part.replace(file)
        held.append(one)
    return held


def _run(
    folder: Path, seed: int, hours: float, station: str, off: str | None
) -> tuple[float, float]:
    """Metres out of tolerance at a station and metres it made, by the twin's truth."""
    faults = faults_for(station, seed, hours)
    file = write_line(CLOSED, folder, seed=seed, hours=hours, faults=faults)
    text = file.read_text()
    file.write_text(f"{text}\n[record]\n" if off is None else without(text, off))
    run_inline(load(file), folder)
    machine, out = COUNTED[station]
    metres = json.loads((folder / "truth.json").read_text())[machine]
    return float(metres[out]), float(metres["total_m"])


def covered(held: Sequence[Held]) -> list[Coverage]:
    """How often the interval holds the truth, by correction."""
    out = []
    for correction in dict.fromkeys(one.correction for one in held):
        of = [one for one in held if one.correction == correction]
        n = len(of)
        wrong = [one.estimated_m.mean - one.true_m for one in of]
        bias = math.fsum(wrong) / n
        scatter = math.fsum((w - bias) ** 2 for w in wrong) / max(1, n - 1)
        out.append(
            Coverage(
                correction=correction,
                seeds=n,
                inside=sum(one.inside for one in of),
                nothing=sum(abs(one.true_m) < 1.0 and one.inside for one in of),
                true_m=math.fsum(one.true_m for one in of) / n,
                bias_m=bias,
                bias_half_width_m=1.96 * math.sqrt(scatter / n),
                half_width_m=math.fsum(
                    0.5 * (one.estimated_m.hi - one.estimated_m.lo) for one in of
                )
                / n,
            )
        )
    return out


def measure(
    seeds: Sequence[int],
    *,
    hours: float = 2.0,
    corrections: Sequence[str] | None = None,
    workers: int = 2,
    keep: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Held]:
    """Every seed with and without each correction; `progress` is called with each finished seed.
    `keep` is a folder that keeps finished ones for another call."""
    names = tuple(corrections or known_corrections())
    found: list[Held] = []
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as executor:
        running = [executor.submit(hold_kept, keep, seed, hours, names) for seed in seeds]
        for seed, future in zip(seeds, running, strict=True):
            found += future.result()
            if progress is not None:
                progress(seed)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The figure on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m linewright.value.savings_truth", description=__doc__
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many, from 1")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--correction", action="append", choices=known_corrections())
    parser.add_argument("--resume", type=Path, help="folder that keeps finished seeds")
    parser.add_argument("--json", action="store_true", help="every seed as JSON")
    asked = parser.parse_args(arguments)
    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("seeds", total=asked.seeds)
        held = measure(
            range(1, asked.seeds + 1),
            hours=asked.hours,
            corrections=asked.correction,
            workers=asked.workers,
            keep=asked.resume,
            progress=lambda _: shown.advance(task),
        )
    print(json.dumps(_told(held), indent=1) if asked.json else _table(held, asked.hours))
    return 0


def _told(held: Sequence[Held]) -> dict[str, Any]:
    return {
        "coverage": [asdict(row) for row in covered(held)],
        "seeds": [{**asdict(one), "inside": one.inside} for one in held],
    }


def _table(held: Sequence[Held], hours: float) -> str:
    head = f"  {'correction':<18}{'inside':>12}{'nothing to save':>17}{'truly saved m':>15}"
    lines = [f"{hours:g} h a seed, metres out of tolerance"]
    lines.append(f"{head}{'estimate less truth m':>24}{'half width m':>14}")
    for row in covered(held):
        bias = f"{row.bias_m:+.0f} ± {row.bias_half_width_m:.0f}"
        lines.append(
            f"  {row.correction:<18}{row.inside:>5} of {row.seeds:<4}{row.nothing:>17}"
            f"{row.true_m:>15.0f}{bias:>24}{row.half_width_m:>14.0f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
