"""Weighs causes against what was detected.

A cause comes `per_shift` times in 8 h, at any moment; each of its signs follows with its `chance`,
at any moment of its lag. Detections of one name also come for other reasons, `others_per_shift`
times. Against "every one of them came by itself" a cause that starts at `t0` is likelier by

    per_shift/others_per_shift * prod_seen(chance/(rate*width)) * prod_missing(1 - chance)

where a sign is seen when its onset lies in `t0 + lag`, and missing when that time has passed
without it. `t0` is not known: the ratio is integrated over all starts that can have made the
detection asked about. Signs are independent given the cause (naive Bayes). The onset is the middle
of the starts that weigh most.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from linewright.cause._table import Cause, Sign

SHIFT_S = 8.0 * 3600.0
SLACK_S = 0.5
"""A lag is not known better than this."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One detection, as the ledger has it. Times in s of the line."""

    event: str
    at_s: float
    """When it was published."""
    onset_s: float
    """When the change began, by the detector's own evidence; `at_s` when it does not tell."""
    direction: int = 0
    """+1 up, -1 down, 0 unknown."""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One candidate and what speaks for it."""

    cause: Cause
    probability: float
    """Among the causes that are stated, dimensionless, 0..1."""
    onset_s: float
    """Most likely start of the cause."""
    shown: tuple[Finding, ...]
    """Detections that it explains, by onset."""
    missing: tuple[str, ...]
    """Detections that it should have made by now and did not."""


def rank(
    focus: Finding,
    seen: Iterable[Finding],
    causes: Sequence[Cause],
    *,
    now_s: float | None = None,
    others_per_shift: float = 1.0,
    top: int = 3,
) -> list[Ranked]:
    """The causes that may have made `focus`, most likely first.

    Parameters
    ----------
    focus:
        The detection asked about.
    seen:
        All detections around it; those outside of every window do no harm.
    now_s:
        Until when silence counts; the latest detection when left out.
    others_per_shift:
        How often a detection of one name comes in 8 h for any other reason; positive.
    top:
        At most so many.

    Causes of which `focus` is no sign are left out; without any the list is empty.
    """
    if not others_per_shift > 0.0:
        raise ValueError(f"others_per_shift must be positive, was {others_per_shift}")
    findings = sorted({*seen, focus}, key=lambda f: (f.onset_s, f.at_s, f.event))
    case = _Case(
        focus=focus,
        findings=findings,
        now_s=max(f.at_s for f in findings) if now_s is None else now_s,
        rate_hz=others_per_shift / SHIFT_S,
    )
    scored = [best for cause in causes if (best := _best(cause, case)) is not None]
    if not scored:
        return []
    most = max(score for score, _ in scored)
    total = math.fsum(math.exp(score - most) for score, _ in scored)
    made = [
        Ranked(
            cause=r.cause,
            probability=math.exp(score - most) / total,
            onset_s=r.onset_s,
            shown=r.shown,
            missing=r.missing,
        )
        for score, r in scored
    ]
    return sorted(made, key=lambda r: (-r.probability, r.cause.name))[:top]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One question: what made `focus`, given everything seen until `now_s`."""

    focus: Finding
    findings: Sequence[Finding]
    now_s: float
    rate_hz: float
    """Detections of one name a second for any other reason."""


def _best(cause: Cause, case: _Case) -> tuple[float, Ranked] | None:
    """Log of the likelihood ratio of a cause and its account; None when it cannot have made
    `focus`."""
    asked = cause.sign(case.focus.event)
    if asked is None or _against(asked, case.focus):
        return None
    first, last = _starts(asked, case.focus)
    edges = {first, last}
    for finding in case.findings:
        sign = cause.sign(finding.event)
        if sign is not None and not _against(sign, finding):
            edges |= {edge for edge in _starts(sign, finding) if first < edge < last}
    ordered = sorted(edges)
    pieces = [_piece(cause, a, b, case) for a, b in pairwise(ordered)]
    most, best = max(pieces, key=lambda piece: piece[0])
    total = math.fsum(math.exp(score - most) for score, _ in pieces)
    return most + math.log(total), best


def _starts(sign: Sign, finding: Finding) -> tuple[float, float]:
    """Earliest and latest start of the cause that makes `finding` by `sign`."""
    return finding.onset_s - sign.lag_s[1] - SLACK_S, finding.onset_s - sign.lag_s[0] + SLACK_S


def _against(sign: Sign, finding: Finding) -> bool:
    return sign.direction * finding.direction < 0


def _piece(cause: Cause, first: float, last: float, case: _Case) -> tuple[float, Ranked]:
    """The same for starts between two moments, between which nothing is gained or lost."""
    start_s = 0.5 * (first + last)
    score = math.log(cause.per_shift / SHIFT_S * (last - first))
    shown: list[Finding] = []
    missing: list[str] = []
    for sign in cause.signs:
        hits = [
            f
            for f in case.findings
            if f.event == sign.event
            and not _against(sign, f)
            and _starts(sign, f)[0] <= start_s <= _starts(sign, f)[1]
        ]
        if hits:
            shown.append(case.focus if case.focus in hits else hits[0])
            width_s = sign.lag_s[1] - sign.lag_s[0] + 2.0 * SLACK_S
            score += math.log(sign.chance / (case.rate_hz * width_s))
        elif case.now_s > start_s + sign.lag_s[1]:
            missing.append(sign.event)
            score += math.log1p(-sign.chance)
    shown.sort(key=lambda f: f.onset_s)
    ranked = Ranked(
        cause=cause,
        probability=0.0,
        onset_s=start_s,
        shown=tuple(shown),
        missing=tuple(missing),
    )
    return score, ranked
