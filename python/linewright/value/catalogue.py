"""The catalogue's faults one by one in the closed loop: when found, and by what cause named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from linewright import _core
from linewright.cause import Cause, Finding, findings, rank
from linewright.line import load, run_inline
from linewright.testing import CATALOGUE, Scenario
from linewright.value.detection import quantile
from linewright.value.policies import write_line
from linewright.value.scratch import scratch


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fault on one seed."""

    fault: str
    seed: int
    at_s: float
    """True onset."""
    hours: float
    found_s: float | None
    """Published first detection that shows the fault less the onset, s; None when there is none."""
    station: str | None
    """Who published it."""
    named: tuple[str, ...]
    """Causes by rank, of that detection, with all that was known at the end of the run."""
    onset_error_s: float | None
    """Onset told by that detection less the true one, s."""
    before: int
    """Detections before the onset: false alarms."""


@dataclass(frozen=True, kw_only=True)
class FaultRow:
    """One fault over all seeds."""

    scenario: Scenario
    runs: tuple[Run, ...]

    def delays_s(self) -> list[float]:
        """Times to detect, ascending."""
        return sorted(r.found_s for r in self.runs if r.found_s is not None)

    @property
    def missed(self) -> int:
        """Runs without a detection."""
        return sum(r.found_s is None for r in self.runs)

    @property
    def first_share(self) -> float:
        """Share of the detected runs whose first-ranked cause is right."""
        found = [r for r in self.runs if r.found_s is not None]
        right = sum(bool(r.named) and r.named[0] in self.scenario.causes for r in found)
        return right / len(found) if found else 0.0

    @property
    def station_share(self) -> float:
        """Share of the detected runs in which the expected station spoke first."""
        found = [r for r in self.runs if r.found_s is not None]
        return sum(r.station == self.scenario.first for r in found) / len(found) if found else 0.0

    def onset_errors_s(self) -> list[float]:
        """Absolute errors of the onset, ascending."""
        return sorted(abs(r.onset_error_s) for r in self.runs if r.onset_error_s is not None)

    @property
    def false_per_shift(self) -> float:
        """Detections before the onset per 8 h."""
        hours = sum(r.at_s for r in self.runs) / 3600.0
        return sum(r.before for r in self.runs) * 8.0 / hours if hours > 0.0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """Every figure of the table, with units in the names."""
        delays, errors = self.delays_s(), self.onset_errors_s()
        return {
            "fault": self.scenario.id,
            "says": self.scenario.says,
            "runs": len(self.runs),
            "missed": self.missed,
            "median_s": quantile(delays, 0.5) if delays else None,
            "p95_s": quantile(delays, 0.95) if delays else None,
            "cause_first": self.first_share,
            "expected_station_first": self.station_share,
            "onset_error_median_s": quantile(errors, 0.5) if errors else None,
            "false_alarms_per_8h": self.false_per_shift,
        }


def run_one(fault: str, seed: int, line: str | None = None) -> Run:
    """One fault of the catalogue on one seed, inline, in a folder that is gone afterwards."""
    scenario = CATALOGUE[fault]
    drawn = scenario.faults(seed)
    with scratch() as folder:
        file = write_line(
            line or scenario.line, folder, seed=seed, hours=scenario.hours, faults=drawn
        )
        loaded = load(file)
        run_inline(loaded, folder)
        rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["detection"])
    seen = findings(rows, loaded.base_hz)
    at_s = float(drawn[0]["at_s"])
    return judge(scenario, seed, at_s=at_s, seen=seen, causes=loaded.causes)


def judge(
    scenario: Scenario,
    seed: int,
    *,
    at_s: float,
    seen: Sequence[Finding],
    causes: Sequence[Cause],
) -> Run:
    """What the detections of a run are worth, knowing what was wrong."""
    shows = {s.event for c in causes if c.name in scenario.causes for s in c.signs}
    first = next((f for f in seen if f.at_s >= at_s and f.event in shows), None)
    named = rank(first, seen, causes, now_s=scenario.hours * 3600.0) if first is not None else []
    return Run(
        fault=scenario.id,
        seed=seed,
        at_s=at_s,
        hours=scenario.hours,
        found_s=None if first is None else first.at_s - at_s,
        station=None if first is None else first.event.partition(".")[0],
        named=tuple(r.cause.name for r in named),
        onset_error_s=None if first is None else first.onset_s - at_s,
        before=sum(f.at_s < at_s for f in seen),
    )


def evaluate_catalogue(
    seeds: Sequence[int],
    *,
    faults: Sequence[str] = tuple(CATALOGUE),
    line: str | None = None,
    workers: int = 2,
    progress: Callable[[str, int], None] | None = None,
) -> list[FaultRow]:
    """Run every fault on every seed, on the packaged `line` when one is named, else on each fault's
    own. `progress` is called with fault and seed after each run.

    Raises `KeyError` for a fault that is not in the catalogue.
    """
    scenarios = [CATALOGUE[fault] for fault in faults]
    done: dict[tuple[str, int], Run] = {}
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as executor:
        running = {
            executor.submit(run_one, fault, seed, line): (fault, seed)
            for fault in faults
            for seed in seeds
        }
        for future in as_completed(running):
            done[running[future]] = future.result()
            if progress is not None:
                progress(*running[future])
    return [FaultRow(scenario=s, runs=tuple(done[s.id, seed] for seed in seeds)) for s in scenarios]
