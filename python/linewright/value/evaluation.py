"""Seeds times policies: what detection and control are worth, with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from linewright.estimators import harris_index
from linewright.line import load, run_inline
from linewright.testing import day_faults
from linewright.value.bounds import DisturbanceMix
from linewright.value.detection import DetectionScore, Found, pool, quantile, score
from linewright.value.policies import CLOSED, OPEN, POLICIES, read_shift, shift_faults, write_line
from linewright.value.scratch import scratch
from linewright.value.shift import Interval, Shift, interval
from linewright.value.signatures import SIGNATURES

WHOLE: Final = "whole"
"""Packaged line with every station."""
FALSE_ALARMS_PER_SHIFT = 1.0
"""Budget the bound of detection is computed for: one false alarm per 8 h and loop."""
DELAY_S = 3.0 + 1.0 / 30.0
"""Die to wet gauge at 1 m/s and one sample: the least delay of any controller on that gauge."""
MIX = DisturbanceMix()

GAUGE_SECONDS = {"weight": 4, "porosity": 3}
"""Dead time of a loop and the second of the move: die to wet gauge, nip to thickness gauge."""

Faults = Literal["none", "shift", "day"]
"""None, those of `shift_faults`, or all of the catalogue one after the other."""
Plant = Literal["coating", "whole"]
"""Slurry to calender, a line file for each policy; or all stations, closed or advisory."""
Job = tuple[str, int, float, Faults, Plant]
"""Policy, seed, hours, faults, plant."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One policy over all seeds, means with 95 % confidence intervals."""

    policy: str
    weight_sd_pct: Interval
    weight_ratio: Interval
    """Weight spread over the minimum-variance bound, ripple and roll on both sides."""
    weight_ratio_acted: Interval
    """The same without ripple and roll, on which nothing can act."""
    weight_mean_pct: Interval
    """Mean absolute offset of the weight over the shift."""
    porosity_sd_pp: Interval
    bad_m: Interval
    cost_eur: Interval
    """Net cost per good cell."""
    weight_eta: Interval
    """Least variance over the variance, read off the record itself (Harris 1989)."""
    porosity_eta: Interval
    """The same of the porosity behind the nip."""
    weld_eta: Interval | None = None
    """The same of the weld depth from weld to weld; None without a welding station."""
    bad_welds_per_1000: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Result of `evaluate`."""

    seeds: tuple[int, ...]
    hours: float
    faults: Faults
    rows: tuple[Row, ...]
    detection: DetectionScore
    """Of the closed loop."""
    shifts: tuple[Shift, ...]
    plant: Plant = "coating"

    def row(self, policy: str) -> Row:
        """The row of one policy."""
        return next(row for row in self.rows if row.policy == policy)

    def harm(self) -> Interval:
        """Variance of the weight, closed loop over open loop less one, per seed (do no harm)."""
        return self._against_open(lambda shift: shift.truth.weight_var_pct2)

    def porosity_harm(self) -> Interval:
        """The same of the porosity."""
        return self._against_open(lambda shift: shift.porosity_sd_pp() ** 2)

    def weld_harm(self) -> Interval | None:
        """Bad welds, closed loop over open loop less one; None without a welding station."""
        if any(not s.truth.weld_depth for s in self.shifts):
            return None
        return self._against_open(Shift.bad_welds_per_1000)

    def _against_open(self, of: Callable[[Shift], float]) -> Interval:
        by = {(s.policy, s.seed): of(s) for s in self.shifts}
        return interval([by[CLOSED, seed] / by[OPEN, seed] - 1.0 for seed in self.seeds])

    def saved_eur(self, policy: str) -> Interval:
        """Cost per good cell of `policy` less that of the closed loop, seed by seed."""
        by = {(s.policy, s.seed): s.cost().net_eur for s in self.shifts}
        return interval([by[policy, seed] - by[CLOSED, seed] for seed in self.seeds])

    def bad_ratio(self, policy: str) -> float:
        """Metres out of tolerance of `policy` over those of the closed loop, all seeds together."""
        closed = math.fsum(s.bad_m for s in self.shifts if s.policy == CLOSED)
        other = math.fsum(s.bad_m for s in self.shifts if s.policy == policy)
        return other / closed if closed > 0.0 else math.inf

    def as_json(self) -> dict[str, Any]:
        """Detection by kind of fault, and every policy's figures, units in the names."""
        return {
            "seeds": len(self.seeds),
            "hours": self.hours,
            "plant": self.plant,
            "faults": {kind: _of_kind(rows) for kind, rows in self._by_kind().items()},
            "false_alarms_per_8h": self.detection.false_per_shift(),
            "policies": {
                row.policy: {
                    "weight_sd_pct": row.weight_sd_pct.mean,
                    "weight_sd_to_bound": row.weight_ratio.mean,
                    "weight_eta": row.weight_eta.mean,
                    "porosity_eta": row.porosity_eta.mean,
                    "weld_eta": None if row.weld_eta is None else row.weld_eta.mean,
                    "bad_welds_per_1000": (
                        None if row.bad_welds_per_1000 is None else row.bad_welds_per_1000.mean
                    ),
                    "porosity_sd_pp": row.porosity_sd_pp.mean,
                    "out_of_tolerance_m": row.bad_m.mean,
                    "cost_per_good_cell_eur": row.cost_eur.mean,
                }
                for row in self.rows
            },
        }

    def _by_kind(self) -> dict[str, list[Found]]:
        kinds: dict[str, list[Found]] = {}
        for one in self.detection.found:
            kinds.setdefault(one.fault.kind, []).append(one)
        return dict(sorted(kinds.items()))

    def table(self) -> str:
        """Everything as text."""
        lines = [f"{len(self.seeds)} seeds x {self.hours:g} h, faults: {self.faults}"]
        for row in self.rows:
            lines.append(
                f"{row.policy:9s} weight SD {row.weight_sd_pct} % "
                f"(x{row.weight_ratio.mean:.2f} of the bound, x{row.weight_ratio_acted.mean:.2f} "
                f"without ripple and roll), |mean| {row.weight_mean_pct} %, porosity SD "
                f"{row.porosity_sd_pp} pp, out of tolerance {row.bad_m} m, "
                f"{row.cost_eur} EUR per good cell"
            )
        lines += detection_lines(self.detection)
        if {CLOSED, OPEN} <= {row.policy for row in self.rows}:
            lines.append(f"weight variance closed over open loop less one: {self.harm()}")
        return "\n".join(lines)


def _of_kind(found: Sequence[Found]) -> dict[str, float | None]:
    delays = sorted(f.delay_s for f in found if f.delay_s is not None)
    ratios = sorted(f.ratio for f in found if f.ratio is not None)
    bounds = sorted(f.bound_s for f in found)

    def known(x: float) -> float | None:
        return x if math.isfinite(x) else None

    return {
        "runs": len(found),
        "missed": len(found) - len(delays),
        "median_s": known(quantile(delays, 0.5)),
        "p95_s": known(quantile(delays, 0.95)),
        "bound_median_s": known(bounds[len(bounds) // 2]),
        "ratio_median": known(quantile(ratios, 0.5)),
    }


def detection_lines(found: DetectionScore) -> list[str]:
    """Time to detect as text, by kind of fault and together."""
    lines = []
    for kind in sorted({f.fault.kind for f in found.found}):
        of_kind = [f for f in found.found if f.fault.kind == kind]
        delays = sorted(f.delay_s for f in of_kind if f.delay_s is not None)
        ratios = sorted(f.ratio for f in of_kind if f.ratio is not None)
        lines.append(
            f"  {kind:16s} n {len(of_kind):3d} missed {len(of_kind) - len(delays):2d} "
            f"median {quantile(delays, 0.5):8.2f} s p95 {quantile(delays, 0.95):8.2f} s "
            f"ratio {quantile(ratios, 0.5):5.2f}"
        )
    ratios = sorted(f.ratio for f in found.found if f.ratio is not None)
    delays = found.delays_s()
    lines.append(
        f"  all: median {quantile(delays, 0.5):.2f} s, p95 {quantile(delays, 0.95):.1f} s, median "
        f"ratio to bound {quantile(ratios, 0.5):.2f}, missed {found.missed()} of "
        f"{len(found.found)}"
    )
    for name, rate in found.false_per_shift().items():
        lines.append(f"  false alarms per 8 h: {name} {rate:.2f}")
    return lines


def detect(shift: Shift) -> DetectionScore:
    """Detections of one shift against its truth; alarms and advice alike."""
    return score(
        shift.truth.faults,
        shift.detections(),
        SIGNATURES,
        hours=shift.hours,
        false_alarms_per_shift=FALSE_ALARMS_PER_SHIFT,
    )


LASTING = frozenset(
    {
        *("solids_switch", "solids_batch", "pump_slip"),
        *("roll_heat", "compaction_step", "load_cell_drift"),
    }
)
"""Faults that change the product for good: a laboratory sample can show them."""


def hand_delays_s(shift: Shift, *, lab_delay_s: float = 1200.0) -> list[float]:
    """Time from each lasting fault to the first correction by hand that could know it, ascending.

    A correction rests on a piece sampled `lab_delay_s` before; it counts when that piece was
    made after the onset. Faults after which nobody corrected are left out.
    """
    corrections = [e.at_s for e in shift.entries if e.kind == "decision"]
    delays = []
    for fault in shift.truth.faults:
        if fault.kind in LASTING:
            known = [at for at in corrections if at - lab_delay_s >= fault.at_s]
            delays += [min(known) - fault.at_s] if known else []
    return sorted(delays)


def _drawn(faults: Faults, seed: int, hours: float, plant: Plant) -> list[dict[str, Any]]:
    if faults == "day":
        return day_faults(seed=seed, hours=hours, line=WHOLE if plant == WHOLE else CLOSED)
    return shift_faults(seed=seed, hours=hours) if faults == "shift" else []


def run_one(
    policy: str, seed: int, hours: float, faults: Faults, plant: Plant = "coating"
) -> Shift:
    """One shift of one policy, inline, in a folder of its own that is gone afterwards.

    The whole line runs closed or open; open it decides and writes nothing.
    """
    if plant == WHOLE and policy not in (OPEN, CLOSED):
        raise ValueError(f"the whole line runs {OPEN} or {CLOSED}, was {policy!r}")
    drawn = _drawn(faults, seed, hours, plant)
    with scratch() as folder:
        file = write_line(
            WHOLE if plant == WHOLE else policy,
            folder,
            seed=seed,
            hours=hours,
            faults=drawn,
            advisory=plant == WHOLE and policy == OPEN,
        )
        run_inline(load(file), folder)
        return read_shift(policy, folder, seed=seed, hours=hours, faults=drawn)


def run_kept(keep: Path, job: Job) -> Shift:
    """`run_one`, or what an earlier call left of the same job in the folder `keep`."""
    policy, seed, hours, faults, plant = job
    file = keep / f"{plant}-{faults}-{hours:g}h-{policy}-{seed}.msgpack"
    if file.exists():
        return msgspec.msgpack.decode(file.read_bytes(), type=Shift)
    shift = run_one(*job)
    keep.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(msgspec.msgpack.encode(shift))
    part.replace(file)
    return shift


def summarise(policy: str, shifts: Sequence[Shift]) -> Row:
    """Means over the seeds of one policy."""
    welds = all(s.truth.weld_depth for s in shifts)
    return Row(
        policy=policy,
        weight_sd_pct=interval([s.weight_sd_pct() for s in shifts]),
        weight_ratio=interval([s.weight_ratio(DELAY_S, MIX, with_tones=True) for s in shifts]),
        weight_ratio_acted=interval(
            [s.weight_ratio(DELAY_S, MIX, with_tones=False) for s in shifts]
        ),
        weight_mean_pct=interval([abs(s.truth.weight_mean_pct) for s in shifts]),
        porosity_sd_pp=interval([s.porosity_sd_pp() for s in shifts]),
        bad_m=interval([s.bad_m for s in shifts]),
        cost_eur=interval([s.cost().net_eur for s in shifts]),
        weight_eta=interval([_eta(s.truth.weight_pct, GAUGE_SECONDS["weight"]) for s in shifts]),
        porosity_eta=interval(
            [_eta(s.truth.porosity_pp, GAUGE_SECONDS["porosity"]) for s in shifts]
        ),
        weld_eta=interval([_eta(s.truth.weld_depth, 1) for s in shifts]) if welds else None,
        bad_welds_per_1000=interval([s.bad_welds_per_1000() for s in shifts]) if welds else None,
    )


def _eta(values: Sequence[float], dead_time_samples: int) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return harris_index(finite, dead_time_samples).eta


def evaluate(
    seeds: Sequence[int],
    *,
    hours: float = 8.0,
    policies: Sequence[str] = POLICIES,
    faults: Faults = "shift",
    plant: Plant = "coating",
    workers: int = 2,
    keep: Path | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Evaluation:
    """Run every policy on every seed and put the results side by side.

    The same seed gives every policy the same plant, noise and faults (common random numbers).
    `keep` is a folder where each finished shift stays, so that a later call with the same version
    goes on from there. `progress` is called with policy and seed after each shift.
    """
    jobs: list[Job] = [
        (policy, seed, hours, faults, plant) for seed in seeds for policy in policies
    ]
    done: dict[tuple[str, int], Shift] = {}
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as executor:
        if keep is None:
            running = {executor.submit(run_one, *job): job for job in jobs}
        else:
            running = {executor.submit(run_kept, keep, job): job for job in jobs}
        for future in as_completed(running):
            policy, seed, *_ = running[future]
            done[policy, seed] = future.result()
            if progress is not None:
                progress(policy, seed)
    shifts = tuple(done[policy, seed] for policy in policies for seed in seeds)
    rows = tuple(summarise(policy, [done[policy, seed] for seed in seeds]) for policy in policies)
    closed = [s for s in shifts if s.policy == CLOSED]
    return Evaluation(
        seeds=tuple(seeds),
        hours=hours,
        faults=faults,
        rows=rows,
        detection=pool([detect(s) for s in closed]),
        shifts=shifts,
        plant=plant,
    )
