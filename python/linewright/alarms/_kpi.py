"""How good the alarms of a line are: the figures of EEMUA 191, ISA-18.2 and IEC 62682."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from linewright.alarms import _limits as limits
from linewright.alarms._alarm import Alarm, Change, State
from linewright.alarms._definition import PRIORITIES

FLOOD_ENDS = 5
"""A flood ends when fewer come in 10 min (ISA-18.2)."""
MOST_FLOOD_SHARE = 0.01
CHANCE = 0.05
"""Shares of priority are judged where luck alone does so badly in fewer than one case of 20."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One figure against its limit."""

    name: str
    value: float
    limit: float
    unit: str
    ok: bool


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """The alarms of one position over a time."""

    hours: float
    alarms: int
    """Annunciations: how often the operator was told."""
    per_10_min: float
    per_hour: float
    worst_10_min: int
    flood_share: float
    """Share of the time in a flood: from more than 10 in 10 min until fewer than 5."""
    priorities: dict[str, int]
    chattering: tuple[str, ...]
    """Told three times within a minute."""
    stale: tuple[str, ...]
    """Standing for more than a day at the end."""
    top: tuple[tuple[str, int], ...]
    """The ten told most."""
    raw: int
    """Rows of the ledger that asked for an operator, or belong to one that did: before hygiene."""
    raw_worst_10_min: int
    late: int
    """Not acknowledged within the time to respond."""
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Within every limit."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """Plain values, with units in the names."""
        top = [{"name": name, "alarms": count} for name, count in self.top]
        return {**asdict(self), "top": top, "ok": self.ok}


def measure(
    events: Sequence[Change],
    standing: Sequence[Alarm],
    *,
    until_s: float,
    from_s: float = 0.0,
    raw_s: Sequence[float] = (),
    respond_s: Mapping[str, float] | None = None,
) -> Kpi:
    """The figures of a book.

    Parameters
    ----------
    events:
        Its changes.
    standing:
        Its alarms at the end.
    until_s:
        End of the time looked at, s of the book; after `from_s`.
    from_s:
        Its start; what came before does not count, but what stands from then may be stale.
    raw_s:
        When each row came that asked for an operator, ascending.
    respond_s:
        Time to respond by name, s.
    """
    span_s = until_s - from_s
    if not span_s > 0.0:
        raise ValueError(f"until_s must be after from_s ({from_s}), was {until_s}")
    told = [c for c in events if c.annunciated and c.at_s >= from_s]
    times = [c.at_s for c in told]
    told_or_taken = [c for c in events if c.at_s >= from_s]
    raw_s = [at_s for at_s in raw_s if at_s >= from_s]
    by_name: dict[str, list[float]] = {}
    for change in told:
        by_name.setdefault(change.name, []).append(change.at_s)
    count = Counter(c.priority for c in told)
    priorities: dict[str, int] = {p: count[p] for p in reversed(PRIORITIES)}
    chattering = tuple(sorted(name for name, at in by_name.items() if _chatters(at)))
    aside = (State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE)
    stale = tuple(
        a.name for a in standing if a.state not in aside and until_s - a.raised_s > limits.STALE_S
    )
    over_s = max(span_s, limits.WINDOW_S)  # seconds are no base for an average
    per_10_min = len(told) * limits.WINDOW_S / over_s
    worst, flood = _worst(times), _flood_s(times, until_s) / span_s
    top = sorted(((n, len(at)) for n, at in by_name.items()), key=lambda item: (-item[1], item[0]))
    checks = (
        _most("average", per_10_min, limits.MOST_AVERAGE, "alarms in 10 min"),
        _most("worst 10 min", worst, limits.MOST_PER_WINDOW, "alarms"),
        _most("time in flood", flood, MOST_FLOOD_SHARE, "share"),
        _most("chattering", len(chattering), 0, "alarms"),
        _most("stale", len(stale), limits.MOST_STALE, "alarms"),
        *_shares(priorities),
    )
    return Kpi(
        hours=span_s / 3600.0,
        alarms=len(told),
        per_10_min=per_10_min,
        per_hour=len(told) * 3600.0 / over_s,
        worst_10_min=worst,
        flood_share=flood,
        priorities=priorities,
        chattering=chattering,
        stale=stale,
        top=tuple(top[:10]),
        raw=len(raw_s),
        raw_worst_10_min=_worst(raw_s),
        late=_late(told_or_taken, respond_s or {}, until_s),
        checks=checks,
    )


def _most(name: str, value: float, limit: float, unit: str) -> Check:
    return Check(name=name, value=value, limit=limit, unit=unit, ok=value <= limit)


def _shares(count: dict[str, int]) -> tuple[Check, Check]:
    """High at most 5 %, high and medium together at most 20 %; a few alarms prove nothing."""
    total = sum(count.values())

    def check(name: str, hits: int, share: float) -> Check:
        value = hits / total if total else 0.0
        ok = value <= share or _at_least(total, hits, share) >= CHANCE
        return Check(name=name, value=value, limit=share, unit="share", ok=ok)

    high, medium = limits.SHARES["high"], limits.SHARES["medium"]
    return (
        check("high priority", count["high"], high),
        check("high or medium", count["high"] + count["medium"], high + medium),
    )


def _at_least(total: int, hits: int, share: float) -> float:
    """`P(X >= hits)` of the binomial distribution.

    >>> round(_at_least(3, 1, 0.05), 6)
    0.142625
    """
    return math.fsum(
        math.comb(total, k) * share**k * (1.0 - share) ** (total - k)
        for k in range(hits, total + 1)
    )


def _late(events: Sequence[Change], respond_s: Mapping[str, float], until_s: float) -> int:
    """Annunciations that nobody took up in time."""
    waiting: dict[str, tuple[float, str]] = {}
    late = 0
    for change in events:
        if change.id in waiting and (change.by or change.annunciated):
            since_s, name = waiting.pop(change.id)
            late += change.at_s - since_s > respond_s.get(name, math.inf)
        if change.annunciated:
            waiting[change.id] = (change.at_s, change.name)
    return late + sum(until_s - at_s > respond_s.get(n, math.inf) for at_s, n in waiting.values())


def _worst(times: Sequence[float]) -> int:
    """Most in any 10 min.

    >>> _worst([0.0, 10.0, 599.0, 600.5, 5000.0])
    3
    """
    most = first = 0
    for last, at_s in enumerate(times):
        while times[first] <= at_s - limits.WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most


def _chatters(times: Sequence[float]) -> bool:
    n = limits.CHATTER_COUNT - 1
    return any(b - a <= limits.CHATTER_S for a, b in zip(times, times[n:], strict=False))


def _flood_s(times: Sequence[float], until_s: float) -> float:
    """Time in a flood, by the number that came in the last 10 min at each moment.

    >>> _flood_s([float(k) for k in range(12)], 3600.0)
    597.0
    """
    edges = sorted({*times, *(at_s + limits.WINDOW_S for at_s in times), until_s})
    total, inside = 0.0, False
    first = last = 0
    for at_s, next_s in pairwise(edges):
        while last < len(times) and times[last] <= at_s:
            last += 1
        while first < last and times[first] <= at_s - limits.WINDOW_S:
            first += 1
        inside = last - first > limits.MOST_PER_WINDOW or (inside and last - first >= FLOOD_ENDS)
        if inside and at_s < until_s:
            total += min(next_s, until_s) - at_s
    return total
