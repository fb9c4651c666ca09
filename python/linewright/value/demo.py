"""One shift, three ways, each over real processes and the real bus, at the same time."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from linewright.line import LineErrors, RunError, load, run_line
from linewright.line import exit as codes
from linewright.testing import scenario
from linewright.value.comparison import Case, Outcome, run_policy
from linewright.value.detection import DetectionScore, quantile
from linewright.value.evaluation import DELAY_S, MIX, detect, hand_delays_s
from linewright.value.policies import (
    CLOSED,
    PLAYBOOK,
    POLICIES,
    read_shift,
    shift_faults,
    write_line,
)
from linewright.value.shift import Shift

Report = Callable[[str, float], None]
"""Called with policy and line time in s."""


ORDER_AT_S = 6300.0
"""Hour of the order in the demo's changes of recipe: A has had two pieces by then."""
CHANGE_H = {PLAYBOOK: 5.75, CLOSED: 4.35}
"""Length of their runs, h: five rolls of B by hand, three in closed loop, which needs no more.
Where nobody corrects nothing is ever released: no run."""


LEAST_H = 4.0
"""A demo that is shorter shows no change of recipe."""


class _Changing:
    """A change of recipe by hand and in closed loop, in a process of its own beside the lines."""

    def __init__(self, seed: int) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        case = Case.packaged(faults=False, order_at_s=ORDER_AT_S)
        self._running = {
            policy: self._pool.submit(run_policy, policy, seed, hours, case)
            for policy, hours in CHANGE_H.items()
        }

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def done(self) -> dict[str, Outcome]:
        """What came of it, by policy."""
        with self._pool:
            return {policy: future.result() for policy, future in self._running.items()}


class DemoError(Exception):
    """A line of the demo did not end well; `code` is its exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What the demo found."""

    seed: int
    hours: float
    shifts: tuple[Shift, ...]
    detection: DetectionScore
    changes: Mapping[str, Outcome]
    """By policy a change of recipe on the same seed, in a run of its own without faults; empty for
    a demo that is shorter than such a run."""

    def shift(self, policy: str) -> Shift:
        """The shift of one policy."""
        return next(s for s in self.shifts if s.policy == policy)

    def as_json(self) -> dict[str, Any]:
        """Everything the table shows, with units in the names; a missing figure is null."""
        found = self.detection
        delays = found.delays_s()
        ratios = sorted(f.ratio for f in found.found if f.ratio is not None)
        return {
            "seed": self.seed,
            "hours": self.hours,
            "policies": {s.policy: _figures(s) for s in self.shifts},
            "changeover": {
                policy: {
                    "changeover_h": one.changeover_h,
                    "finished": one.changed,
                }
                for policy, one in self.changes.items()
            },
            "time_to_detect": {
                "faults": len(found.found),
                "missed": found.missed(),
                "median_s": _known(quantile(delays, 0.5)),
                "p95_s": _known(quantile(delays, 0.95)),
                "median_ratio_to_bound": _known(quantile(ratios, 0.5)),
                "false_alarms_per_8h": found.false_per_shift(),
                "playbook_median_s": _known(quantile(hand_delays_s(self.shift(PLAYBOOK)), 0.5)),
            },
        }


def _figures(shift: Shift) -> dict[str, float | None]:
    return {
        "weight_sd_pct": _known(shift.weight_sd_pct()),
        "weight_mean_pct": _known(shift.truth.weight_mean_pct),
        "weight_sd_to_bound": _known(shift.weight_ratio(DELAY_S, MIX, with_tones=True)),
        "porosity_sd_pp": _known(shift.porosity_sd_pp()),
        "out_of_tolerance_m": _known(shift.bad_m),
        "coated_m": _known(shift.truth.coated_m),
        "cost_per_good_cell_eur": _known(shift.cost().net_eur),
    }


def _known(x: float) -> float | None:
    return x if math.isfinite(x) else None


def run_demo(
    folder: Path,
    *,
    seed: int,
    hours: float,
    fault: str | None = None,
    report: Report | None = None,
    page: bool = False,
    record: bool = False,
) -> Demo:
    """Run all policies at once below `folder` and read what they left; with `page` the closed loop
    is served as an operator page meanwhile, with `record` each leaves a `record.mcap`.

    With `fault` the shift has that fault of the catalogue and no other; else all that are drawn.

    Raises `DemoError` when a line does not end well.
    """
    changing = _Changing(seed) if hours >= LEAST_H else None
    # Sockets live in a short place: the system takes no path of more than about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="lw-") as sockets:
        faults = (
            shift_faults(seed=seed, hours=hours)
            if fault is None
            else scenario(fault).faults(seed, hours=hours)
        )
        try:
            _run_all(
                folder,
                Path(sockets),
                seed=seed,
                hours=hours,
                faults=faults,
                report=report,
                page=page,
                record=record,
            )
        except BaseException:
            if changing is not None:
                changing.cancel()
            raise
    changes = changing.done() if changing is not None else {}
    shifts = tuple(read_shift(p, folder / p, seed=seed, hours=hours) for p in POLICIES)
    detection = detect(next(s for s in shifts if s.policy == CLOSED))
    return Demo(seed=seed, hours=hours, shifts=shifts, detection=detection, changes=changes)


def _run_all(
    folder: Path,
    sockets: Path,
    *,
    seed: int,
    hours: float,
    faults: Sequence[dict[str, Any]],
    report: Report | None,
    page: bool,
    record: bool,
) -> None:
    context = get_context("spawn")
    children = {}
    for policy in POLICIES:
        place = folder / policy
        file = write_line(policy, place, seed=seed, hours=hours, faults=faults, record=record)
        for kind in ("ledger.sqlite*", "record*.mcap", "*.log"):
            for old in place.glob(kind):
                old.unlink()
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(
            target=_run,
            args=(file, sockets / policy, theirs, page and policy == CLOSED),
            name=policy,
        )
        child.start()
        theirs.close()
        children[policy] = (child, ours)
    try:
        _follow({ours: policy for policy, (_, ours) in children.items()}, report)
        for policy, (child, _) in children.items():
            child.join()
            if child.exitcode:
                raise DemoError(
                    f"line {policy!r} ended with code {child.exitcode}; see {folder / policy}",
                    child.exitcode if child.exitcode > 0 else codes.UNAVAILABLE,
                )
    finally:
        for child, _ in children.values():
            if child.is_alive():
                child.terminate()
        for policy, (child, _) in children.items():
            child.join()
            for log in (sockets / policy).glob("*.log"):
                shutil.copy(log, folder / policy / log.name)


def _follow(pipes: dict[Connection, str], report: Report | None) -> None:
    while pipes:
        for ready in wait(list(pipes)):
            assert isinstance(ready, Connection)
            try:
                time_s = ready.recv()
            except EOFError:
                del pipes[ready]
                continue
            if report is not None:
                report(pipes[ready], float(time_s))


def _run(file: Path, run_dir: Path, pipe: Connection, page: bool) -> None:
    """One line in a process of its own: the supervisor wants the main thread for its signals."""

    def tell(status: dict[str, Any]) -> None:
        core = status.get("core")
        if core:
            pipe.send(core["tick"] / core["base_hz"])

    try:
        code = run_line(load(file), run_dir, tell, page=page)
    except RunError as error:
        print(f"linewright: {file.stem}: {error}", flush=True)
        code = error.code
    except LineErrors as error:
        print(f"linewright: {file.stem}: {error}", flush=True)
        code = codes.BAD_CONFIG
    raise SystemExit(code)
