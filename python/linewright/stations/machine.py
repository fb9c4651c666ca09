"""What a machine tells of itself: PackML modes and states when they change, and finished units.

Stations tell it through here; `linewright changeover` reads it back from the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Put = Callable[[Literal["state", "production"], Mapping[str, Any]], object]
"""Puts one row into the ledger: `Api.record`."""
STANDS_M_PER_S = 0.01
"""Slower web stands."""


@dataclass(frozen=True)
class Part:
    """A unit of another machine that is in a unit: which metres of its web are, and in which cells,
    where that is known.

    >>> Part("coater", "roll 3", 4000.0, 4537.6).as_json()
    {'machine': 'coater', 'unit': 'roll 3', 'from_m': 4000.0, 'to_m': 4537.6}
    """

    machine: str
    unit: str
    from_m: float = math.nan
    to_m: float = math.nan
    cells: tuple[int, int] | None = None
    """First and last."""

    @property
    def number(self) -> int:
        """Number in its name."""
        return int(self.unit.rpartition(" ")[2])

    def as_json(self) -> dict[str, Any]:
        """As it stands in a row."""
        told: dict[str, Any] = {"machine": self.machine, "unit": self.unit}
        if math.isfinite(self.from_m) and math.isfinite(self.to_m):
            told |= {"from_m": round(self.from_m, 2), "to_m": round(self.to_m, 2)}
        if self.cells is not None:
            told["cells"] = list(self.cells)
        return told


@dataclass
class Machine:
    """One machine; a state is put down when it is another one than the last.

    >>> rows = []
    >>> press = Machine("calender", lambda kind, body: rows.append((kind, body["state"])))
    >>> press.state("producing", "execute", 0.0, recipe="A")
    >>> press.state("producing", "execute", 5.0, recipe="A")
    >>> press.state("producing", "suspended", 9.0, recipe="A", reason="upstream: no roll")
    >>> rows
    [('state', 'execute'), ('state', 'suspended')]
    """

    name: str
    put: Put
    _last: tuple[str, ...] = ()

    def state(
        self, mode: str, state: str, at_s: float, *, recipe: str = "", reason: str = ""
    ) -> None:
        """The machine is in `mode` and `state` since `at_s`, line time."""
        now = (mode, state, recipe, reason)
        if now == self._last:
            return
        self._last = now
        body = {
            "machine": self.name,
            "mode": mode,
            "state": state,
            "recipe": recipe,
            "reason": reason,
            "at_s": at_s,
        }
        self.put("state", body)

    def unit(
        self,
        unit: str,
        at_s: float,
        *,
        recipe: str,
        good: bool,
        rate_share: float,
        amount: float,
        amount_unit: str,
        why: str = "",
        scrap: float | None = None,
        made_of: Sequence[Part] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """A unit was finished at `at_s`; `why` tells what it was judged by.

        `scrap`: how much of `amount` is lost, where that is not all or nothing. `made_of`: units of
        other machines in it, as far as they are known. `more`: what else is told of it,
        such as its `metres`, `welds` or `cells`, each from first to last.
        """
        body = {
            "machine": self.name,
            "unit": unit,
            "recipe": recipe,
            "good": good,
            "rate_share": round(rate_share, 4) if math.isfinite(rate_share) else 0.0,
            "amount": amount,
            "amount_unit": amount_unit,
            "at_s": round(at_s, 3),
            "why": why,
        }
        if scrap is not None:
            body["scrap"] = scrap
        if made_of:
            body["from"] = [part.as_json() for part in made_of]
        self.put("production", body | dict(more or {}))


@dataclass
class Rolls:
    """When rolls of `length_m` were begun and finished, from metres of web made.

    >>> rolls = Rolls(100.0)
    >>> [rolls.take(metre, at_s) for metre, at_s in ((0.0, 0.0), (90.0, 90.0), (110.0, 110.0))]
    [False, False, False]
    >>> rolls.took_s(1)
    (0.0, 100.0)
    """

    length_m: float
    _ends_s: dict[int, float] = field(default_factory=dict)
    _last: tuple[float, float] | None = None

    def take(self, metre: float, at_s: float) -> bool:
        """Web at `metre` at `at_s`; true when it stands still."""
        if not math.isfinite(metre):
            return False
        last, self._last = self._last, (metre, at_s)
        if last is None or at_s <= last[1] or metre < last[0]:
            first = math.floor(metre / self.length_m)
            self._ends_s.setdefault(first, at_s if metre % self.length_m < 1.0 else math.nan)
            return False
        m_per_s = (metre - last[0]) / (at_s - last[1])
        for roll in range(
            math.floor(last[0] / self.length_m) + 1, math.floor(metre / self.length_m) + 1
        ):
            self._ends_s[roll] = last[1] + (roll * self.length_m - last[0]) / m_per_s
        return m_per_s < STANDS_M_PER_S

    def took_s(self, roll: int) -> tuple[float, float]:
        """When roll 1, 2, ... was begun and finished; NaN for what was not seen."""
        return self._ends_s.get(roll - 1, math.nan), self._ends_s.get(roll, math.nan)

    def rate_m_per_s(self, roll: int) -> float:
        """Mean speed over a roll; NaN when its begin or end was not seen."""
        begun_s, ended_s = self.took_s(roll)
        return self.length_m / (ended_s - begun_s)
