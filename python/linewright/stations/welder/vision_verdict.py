"""A verdict that explains itself: every rule with what was measured, its limit and its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Finding", "Verdict"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule found.

    `measured` is None when there was nothing to measure; then the rule failed.
    """

    rule: str
    measured: float | None
    unit: str
    lo: float | None = None
    """Least value allowed."""
    hi: float | None = None
    """Largest value allowed."""
    strict: bool = False
    """A value at the limit fails as well."""
    nominal: float = 0.0
    """Value aimed at: the distance to the limits counts from here."""
    note: str = ""

    def __post_init__(self) -> None:
        if self.lo is None and self.hi is None:
            raise ValueError(f"{self.rule} must have a limit")
        lo = -math.inf if self.lo is None else self.lo
        hi = math.inf if self.hi is None else self.hi
        if not lo <= self.nominal <= hi:
            raise ValueError(f"nominal of {self.rule} must be within {self.limit}: {self.nominal}")

    @property
    def passed(self) -> bool:
        """The value keeps its limits."""
        return self.severity < 1.0 if self.strict else self.severity <= 1.0

    @property
    def severity(self) -> float:
        """Distance from the nominal over the distance allowed, dimensionless.

        1 at the limit, infinite for what was not measured.

        >>> Finding(rule="width", measured=1.3, unit="mm", lo=0.85, hi=1.15, nominal=1.0).severity
        2.0
        >>> Finding(rule="fold", measured=0.4, unit="mm", hi=0.0, nominal=0.0).severity
        inf
        """
        if self.measured is None or not math.isfinite(self.measured):
            return math.inf
        worst = 0.0
        for limit, sign in ((self.hi, 1.0), (self.lo, -1.0)):
            off = 0.0 if limit is None else sign * (self.measured - self.nominal)
            if limit is None or off <= 0.0:
                continue
            allowed = sign * (limit - self.nominal)
            # Twelve digits: a value that is meant to lie at its limit does.
            worst = max(worst, round(off / allowed, 12) if allowed > 0.0 else math.inf)
        return worst

    @property
    def limit(self) -> str:
        """The limits as one reads them.

        >>> Finding(rule="width", measured=1.0, unit="mm", lo=0.85, hi=1.15, nominal=1.0).limit
        '0.85 to 1.15 mm'
        """
        unit = f" {self.unit}" if self.unit else ""
        if self.lo is not None and self.hi is not None:
            return f"{self.lo:g} to {self.hi:g}{unit}"
        if self.lo is not None:
            return f"{'>' if self.strict else '>='} {self.lo:g}{unit}"
        return f"{'<' if self.strict else '<='} {self.hi:g}{unit}"

    def __str__(self) -> str:
        value = "not measured" if self.measured is None else f"{self.measured:.4g} {self.unit}"
        note = f" ({self.note})" if self.note else ""
        return f"{self.rule}: {value.strip()}, limit {self.limit}{note}"


@dataclass(frozen=True)
class Verdict:
    """All findings of one image; it passes when each rule passes.

    >>> v = Verdict((Finding(rule="spatter", measured=5.0, unit="", hi=3.0),))
    >>> v.passed, v.reasons
    (False, ('spatter: 5, limit <= 3',))
    """

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """No rule failed."""
        return all(finding.passed for finding in self.findings)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The rules that failed, as sentences."""
        return tuple(str(finding) for finding in self.findings if not finding.passed)

    @property
    def severity(self) -> float:
        """That of the worst rule, dimensionless: a weld beyond 1 is rejected."""
        return max((finding.severity for finding in self.findings), default=0.0)

    def __getitem__(self, rule: str) -> Finding:
        for finding in self.findings:
            if finding.rule == rule:
                return finding
        raise KeyError(rule)

    def as_dict(self) -> dict[str, Any]:
        """For a message or the ledger: plain values."""
        return {
            "passed": self.passed,
            "findings": [
                {
                    "rule": finding.rule,
                    "measured": finding.measured,
                    "unit": finding.unit,
                    "lo": finding.lo,
                    "hi": finding.hi,
                    "passed": finding.passed,
                    "note": finding.note,
                }
                for finding in self.findings
            ],
        }
