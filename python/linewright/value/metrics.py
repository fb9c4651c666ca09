"""The three metrics of compared shifts, with 95 % intervals over seeds and paired differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from linewright.value.comparison import CLOSED, Outcome
from linewright.value.detection import quantile
from linewright.value.shift import Interval, interval

Figure = Callable[[Outcome], float | None]
FIGURES: dict[str, tuple[str, Figure]] = {
    "time_to_detect_s": ("time to detect, s", lambda o: o.exposed_s),
    "cost_per_good_cell_eur": ("cost per good cell, EUR", lambda o: o.cost_eur),
    "scrap_eur_per_good_cell": ("of it scrap and rework, EUR", lambda o: o.scrap_eur),
    "changeover_h": ("changeover, h", lambda o: o.changeover_h),
    "scrap_m": ("scrap, m of web", lambda o: o.web.bad_m),
}
"""Key, label and value. Time to detect is the mean over the faults of a shift of the time that each
went on unknown: to its end, or the shift's, when it was never known. A changeover that was not
finished counts as long as it lasted."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Policies side by side on the same seeds."""

    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    hours: float
    faults: bool
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], *, faults: bool) -> Comparison:
        """Seeds that every policy has; raises `ValueError` when there is none."""
        policies = tuple(dict.fromkeys(o.policy for o in outcomes))
        common = set.intersection(*({o.seed for o in outcomes if o.policy == p} for p in policies))
        if not common:
            raise ValueError("no seed that every policy was run on")
        kept = tuple(o for o in outcomes if o.seed in common)
        return cls(
            policies=policies,
            seeds=tuple(sorted(common)),
            hours=outcomes[0].hours,
            faults=faults,
            outcomes=kept,
        )

    def of_policy(self, policy: str) -> list[Outcome]:
        """By seed."""
        return sorted((o for o in self.outcomes if o.policy == policy), key=lambda o: o.seed)

    def figure(self, policy: str, key: str) -> Interval | None:
        """Mean over seeds; None where no seed has one."""
        return _interval([FIGURES[key][1](o) for o in self.of_policy(policy)])

    def less_closed(self, policy: str, key: str) -> Interval | None:
        """`policy` less closed loop, seed by seed."""
        value = FIGURES[key][1]
        pairs = zip(self.of_policy(policy), self.of_policy(CLOSED), strict=True)
        differences = [
            None if (x := value(a)) is None or (y := value(b)) is None else x - y for a, b in pairs
        ]
        return _interval(differences)

    def scrap_ratio(self, policy: str) -> float:
        """Cost of scrap and rework of `policy` over that of closed loop, all seeds together."""
        mine, closed = (math.fsum(o.scrap_eur for o in self.of_policy(p)) for p in (policy, CLOSED))
        return mine / closed if closed > 0.0 else math.inf

    def closed_dearer(self, policy: str) -> int:
        """Seeds on which closed loop cost more per good cell than `policy`."""
        pairs = zip(self.of_policy(policy), self.of_policy(CLOSED), strict=True)
        return sum(b.cost_eur > a.cost_eur for a, b in pairs)

    def known(self, policy: str) -> tuple[int, int, float]:
        """Faults that were known, all of them, and the median delay of the known, s."""
        seen = [one for o in self.of_policy(policy) for one in o.seen]
        delays = sorted(one.delay_s for one in seen if one.delay_s is not None)
        return len(delays), len(seen), quantile(delays, 0.5)

    def changed(self, policy: str) -> int:
        """Seeds on which the changeover was finished within the shift."""
        return sum(o.changed for o in self.of_policy(policy))

    def by_kind(self) -> dict[str, dict[str, tuple[int, int, float]]]:
        """By kind of fault and policy: known, all, and the median delay of the known, s; under
        `bound` the median of the least mean delay."""
        kinds: dict[str, dict[str, tuple[int, int, float]]] = {}
        for policy in self.policies:
            seen = [one for o in self.of_policy(policy) for one in o.seen]
            for kind in sorted({one.kind for one in seen}):
                mine = [one for one in seen if one.kind == kind]
                delays = sorted(d for one in mine if (d := one.delay_s) is not None)
                row = kinds.setdefault(kind, {})
                row[policy] = (len(delays), len(mine), quantile(delays, 0.5))
                bounds = sorted(one.bound_s for one in mine if one.bound_s is not None)
                if bounds:
                    row["bound"] = (len(bounds), len(mine), quantile(bounds, 0.5))
        return dict(sorted(kinds.items()))

    def as_json(self) -> dict[str, Any]:
        """All figures; what is missing is null."""
        return {
            "faults_by_kind": {
                kind: {
                    of: {"known": known, "faults": n, "median_s": m if math.isfinite(m) else None}
                    for of, (known, n, m) in row.items()
                }
                for kind, row in self.by_kind().items()
            },
            "seeds": list(self.seeds),
            "hours": self.hours,
            "faults": self.faults,
            "policies": {policy: self._policy(policy) for policy in self.policies},
        }

    def _policy(self, policy: str) -> dict[str, Any]:
        known, faults, median_s = self.known(policy)
        facts: dict[str, Any] = {key: _plain(self.figure(policy, key)) for key in FIGURES}
        facts |= {
            "faults_known": known,
            "faults": faults,
            "known_after_median_s": median_s if math.isfinite(median_s) else None,
            "changeovers_finished": self.changed(policy),
        }
        if CLOSED in self.policies and policy != CLOSED:
            ratio = self.scrap_ratio(policy)
            facts["less_closed"] = {key: _plain(self.less_closed(policy, key)) for key in FIGURES}
            facts["scrap_cost_over_closed"] = ratio if math.isfinite(ratio) else None
            facts["seeds_closed_dearer"] = self.closed_dearer(policy)
        return facts

    def markdown(self) -> str:
        """A table of the metrics and one of the differences."""
        faults = "with faults" if self.faults else "without a fault"
        lines = [
            f"{len(self.seeds)} seeds of {self.hours:g} h, {faults}; mean ± 95 % interval.",
            "",
        ]
        lines += _table(self.policies, lambda p, key: _cell(self.figure(p, key)))
        lines.append("| faults known | " + " | ".join(map(self._known_cell, self.policies)) + " |")
        done = (f"{self.changed(p)} of {len(self.seeds)}" for p in self.policies)
        lines.append("| changeovers finished | " + " | ".join(done) + " |")
        others = [policy for policy in self.policies if policy != CLOSED]
        if CLOSED not in self.policies or not others:
            return "\n".join(lines)
        lines += ["", "Less closed loop, seed by seed:", ""]
        lines += _table(others, lambda p, key: _cell(self.less_closed(p, key)))
        ratios = (f"{self.scrap_ratio(p):.1f}" for p in others)
        lines.append("| cost of scrap over closed loop's | " + " | ".join(ratios) + " |")
        dearer = (f"{self.closed_dearer(p)} of {len(self.seeds)}" for p in others)
        lines.append("| seeds on which closed loop cost more | " + " | ".join(dearer) + " |")
        return "\n".join([*lines, *self._kinds()])

    def _kinds(self) -> list[str]:
        """Time to detect by kind of fault, beside its bound."""
        if not self.faults:
            return []
        head = " | ".join(f"{policy}: known, median s" for policy in self.policies)
        lines = ["", f"| fault | bound, s | {head} |", "|---|---|" + "---|" * len(self.policies)]
        for kind, row in self.by_kind().items():
            bound = f"{row['bound'][2]:.3g}" if "bound" in row else "-"
            cells = []
            for policy in self.policies:
                known, faults, median_s = row.get(policy, (0, 0, math.nan))
                cells.append(f"{known} of {faults}" + (f", {median_s:.3g}" if known else ""))
            lines.append(f"| {kind} | {bound} | " + " | ".join(cells) + " |")
        return lines

    def _known_cell(self, policy: str) -> str:
        known, faults, median_s = self.known(policy)
        return f"{known} of {faults}" + (f", median {median_s:.3g} s" if known else "")


def _table(policies: Sequence[str], cell: Callable[[str, str], str]) -> list[str]:
    lines = ["| | " + " | ".join(policies) + " |", "|---|" + "---|" * len(policies)]
    for key, (label, _) in FIGURES.items():
        lines.append(f"| {label} | " + " | ".join(cell(p, key) for p in policies) + " |")
    return lines


def _interval(values: Sequence[float | None]) -> Interval | None:
    known = [value for value in values if value is not None]
    return interval(known) if known else None


def _plain(made: Interval | None) -> dict[str, float | None] | None:
    if made is None:
        return None
    half = made.half_width
    return {"mean": made.mean, "half_width_95": half if math.isfinite(half) else None}


def _cell(made: Interval | None) -> str:
    if made is None:
        return "-"
    half = f" ± {made.half_width:.2g}" if math.isfinite(made.half_width) else ""
    return f"{made.mean:.4g}{half}"
