"""One shift as the evaluation sees it: the truth of the twin and what the line said and did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from linewright.value.bounds import DisturbanceMix, minimum_sd_pct
from linewright.value.cost import DEFAULT_CHAIN, CellCost, cost_per_good_cell, with_scrap
from linewright.value.detection import Detection, Fault


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What really happened, known to the twin alone."""

    weight_pct: Sequence[float]
    """Dry weight at the die, mean of each second, deviation from target in %."""
    porosity_pp: Sequence[float]
    """Porosity behind the nip, mean of each second, deviation from target in percentage points."""
    weight_var_pct2: float
    """Variance of the weight about its own mean over all ticks, %^2, ripple and roll included."""
    weight_mean_pct: float
    """Mean deviation of the weight over all ticks, %."""
    tones_var_pct2: float
    """Of the variance, what ripple and backing roll make: nothing can act on it."""
    coated_m: float
    coated_bad_m: float
    """Metres out of tolerance by weight."""
    pressed_m: float
    pressed_bad_m: float
    """Metres out of tolerance by porosity."""
    faults: tuple[Fault, ...] = ()
    weld_depth: Sequence[float] = ()
    """Depth of each weld over the nominal, dimensionless; none without a welding station."""
    welds_bad: int = 0
    """Welds that are not good."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the ledger that a reader cares about."""

    at_s: float
    kind: str
    """"detection", "decision", "action" or "alarm"."""
    name: str
    text: str = ""
    cells: frozenset[int] | None = None
    """Cells that a detection names."""
    log: bool = False
    """A detection for the log alone."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One policy on one seed."""

    policy: str
    seed: int
    hours: float
    truth: Truth
    entries: tuple[Entry, ...] = ()

    def detections(self) -> list[Detection]:
        """Published detections in order."""
        return [
            Detection(name=e.name, at_s=e.at_s, cells=e.cells, log=e.log)
            for e in self.entries
            if e.kind == "detection"
        ]

    def weight_sd_pct(self) -> float:
        """Standard deviation of the weight about its own mean, all ticks, %."""
        return math.sqrt(self.truth.weight_var_pct2)

    def weight_ratio(self, delay_s: float, mix: DisturbanceMix, *, with_tones: bool) -> float:
        """Standard deviation over the least any controller behind `delay_s` could reach.

        Without tones, what ripple and roll make is taken off both sides.
        """
        tones = 0.0 if with_tones else self.truth.tones_var_pct2
        reached = math.sqrt(max(0.0, self.truth.weight_var_pct2 - tones))
        return reached / minimum_sd_pct(mix, delay_s, with_tones=with_tones)

    def bad_welds_per_1000(self) -> float:
        """Welds that are not good per 1000; NaN without welds."""
        welds = len(self.truth.weld_depth)
        return 1000.0 * self.truth.welds_bad / welds if welds else math.nan

    def porosity_sd_pp(self) -> float:
        """Standard deviation of the porosity about its own mean, percentage points."""
        return spread(self.truth.porosity_pp)

    @property
    def bad_m(self) -> float:
        """Metres out of tolerance, by weight at the coater and by porosity at the calender."""
        return self.truth.coated_bad_m + self.truth.pressed_bad_m

    def cost(self) -> CellCost:
        """Cost per good cell when every metre out of tolerance is scrapped where it was made."""
        truth = self.truth
        scrap = {
            "coat": _share(truth.coated_bad_m, truth.coated_m),
            "calender": _share(truth.pressed_bad_m, truth.pressed_m),
        }
        return cost_per_good_cell(with_scrap(DEFAULT_CHAIN, scrap))


MOST_SCRAP = 0.999
"""A shift that made nothing good has no cost per good cell; its scrap counts as this share."""


def _share(bad_m: float, all_m: float) -> float:
    return min(bad_m / all_m, MOST_SCRAP) if all_m > 0.0 else 0.0


def spread(values: Sequence[float]) -> float:
    """Standard deviation about the mean, of the finite values; NaN with fewer than two.

    >>> spread([1.0, 3.0, float("nan")])
    1.0
    """
    finite = [v for v in values if math.isfinite(v)]
    if len(finite) < 2:
        return math.nan
    mean = math.fsum(finite) / len(finite)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in finite) / len(finite))


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Mean with its 95 % confidence interval over seeds."""

    mean: float
    half_width: float

    def __str__(self) -> str:
        return f"{self.mean:.4g} ± {self.half_width:.2g}"


# Student's t, two-sided 95 %, for 1 to 30 degrees of freedom; beyond, the normal value.
_T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % confidence interval (Student); infinitely wide for a single value.

    >>> print(interval([1.0, 2.0, 3.0]))
    2 ± 2.5
    """
    n = len(values)
    if n == 0:
        raise ValueError("interval of no values")
    mean = math.fsum(values) / n
    if n == 1:
        return Interval(mean=mean, half_width=math.inf)
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    t = _T_95[n - 2] if n - 2 < len(_T_95) else 1.96
    return Interval(mean=mean, half_width=t * sd / math.sqrt(n))
