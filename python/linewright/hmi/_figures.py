"""The three metrics of the line that runs, from its own ledger.

*Time to detect*: median from the change point that the detector tells to the publication; an
estimate, for a live line knows no onset. *Cost per good cell*: the usual chain of a plant with what
coater and calender put down as not good scrapped where it was made. *Changeover*: the mean of the
finished changes of recipe. What the ledger does not tell is not told here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, median
from typing import Any

from linewright import _core

STEPS = {"coater": "coat", "calender": "calender"}
"""Step of the chain that a machine's units belong to."""
MOST_SCRAP = 0.999
EVERY_S = 30.0
"""Changeovers are looked for at most as often."""


class Figures:
    """Metrics as they stand after the rows so far. Used under the lock of the follower, but for
    `look`."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """It is another ledger."""
        self._ages_s: deque[float] = deque(maxlen=1000)
        self._made: dict[str, list[float]] = {}
        self._changeover_h: float | None = None
        self._fresh = False
        self._looked_s = float("-inf")

    def take(self, row: Mapping[str, Any]) -> None:
        """The next row."""
        body = row["body"]
        match row["kind"]:
            case "detection":
                age_s = (body.get("evidence") or {}).get("age")
                if isinstance(age_s, int | float):
                    self._ages_s.append(float(age_s))
            case "production":
                self._fresh = True
                amount = body.get("amount")
                step = STEPS.get(str(body.get("machine", "")))
                if step is not None and isinstance(amount, int | float) and amount > 0.0:
                    made = self._made.setdefault(step, [0.0, 0.0])
                    made[0] += amount
                    made[1] += 0.0 if body.get("good") else amount
            case "state":
                self._fresh = True

    def look(self, ledger: Path) -> None:
        """Look for changeovers when there may be a new one; reads the file."""
        now_s = time.monotonic()
        if not self._fresh or now_s - self._looked_s < EVERY_S:
            return
        from linewright.value.hours import read_ledger  # noqa: PLC0415 - a second to import

        self._fresh, self._looked_s = False, now_s
        try:
            changes = read_ledger(ledger).changes
        except (_core.LedgerError, ValueError, KeyError):
            return
        hours = [change.hours for change in changes if change.hours is not None]
        self._changeover_h = fmean(hours) if hours else None

    def as_json(self) -> dict[str, float | None]:
        """The three, by name; one that is not known is None."""
        return {
            "time_to_detect_s": median(self._ages_s) if self._ages_s else None,
            "cost_per_good_cell_eur": self._cost_eur(),
            "changeover_h": self._changeover_h,
        }

    def _cost_eur(self) -> float | None:
        if not self._made:
            return None
        from linewright.value.cost import (  # noqa: PLC0415 - as above
            DEFAULT_CHAIN,
            cost_per_good_cell,
            with_scrap,
        )

        scrap = {step: min(bad / made, MOST_SCRAP) for step, (made, bad) in self._made.items()}
        return cost_per_good_cell(with_scrap(DEFAULT_CHAIN, scrap)).net_eur
