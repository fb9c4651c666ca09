"""What affected units have in common: lot, tool, lane, batch."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Share:
    """One lot that is over-represented among affected units."""

    kind: str
    """What sort of lot: `batch`, `roll`, `fixture`, `tray`."""
    lot: Hashable
    affected: int
    """Affected units of this lot."""
    units: int
    """All units of this lot."""
    p_value: float
    """Chance of at least so many by luck, times the lots compared (Bonferroni), at most 1."""


def shared_lots(
    affected: Iterable[Hashable],
    genealogy: Mapping[Hashable, Mapping[str, Hashable]],
    *,
    most_p: float = 0.01,
) -> list[Share]:
    """Lots that affected units share more often than luck allows, clearest first.

    Hypergeometric upper tail: of `N` units with `K` affected, `n` belong to the lot and `k` of
    them are affected, `P(X >= k)`.

    Parameters
    ----------
    affected:
        Units that failed; each must be in `genealogy`.
    genealogy:
        For every unit that was looked at, good and bad, its lot of each kind.
    most_p:
        Lots with a larger corrected p-value are left out.

    Raises
    ------
    KeyError
        When an affected unit has no genealogy.

    >>> made = {cell: {"batch": cell // 50, "fixture": cell % 4} for cell in range(200)}
    >>> [(s.kind, s.lot, s.affected, s.units) for s in shared_lots([3, 7, 11, 19, 42, 48], made)]
    [('batch', 0, 6, 50)]
    """
    bad = set(affected)
    if unknown := [unit for unit in bad if unit not in genealogy]:
        raise KeyError(f"no genealogy of {unknown[0]!r}")
    counts: dict[tuple[str, Hashable], list[int]] = {}
    for unit, lots in genealogy.items():
        for key in lots.items():
            count = counts.setdefault(key, [0, 0])
            count[0] += 1
            count[1] += unit in bad
    found = []
    for (kind, lot), (units, hit) in counts.items():
        if hit < 2:
            continue
        p = min(1.0, _upper_tail(len(genealogy), len(bad), units, hit) * len(counts))
        if p <= most_p:
            found.append(Share(kind=kind, lot=lot, affected=hit, units=units, p_value=p))
    return sorted(found, key=lambda s: (s.p_value, s.units, s.kind, str(s.lot)))


def _upper_tail(total: int, bad: int, drawn: int, hit: int) -> float:
    """`P(X >= hit)` of the hypergeometric distribution."""

    def ln_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    terms = (
        math.exp(ln_choose(bad, k) + ln_choose(total - bad, drawn - k) - ln_choose(total, drawn))
        for k in range(hit, min(bad, drawn) + 1)
        if drawn - k <= total - bad
    )
    return min(1.0, math.fsum(terms))
