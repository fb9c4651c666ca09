"""What the calender knows of the roll it presses: pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from linewright.stations.calender.settings import Settings

EVERY_S = 10.0
"""How often sheet and place are told."""
LEAST_MEASURED = 0.8
"""Share of the readings that are due, below which too little is known of a roll."""
STANDS_M = 0.1
"""Less web than this in `EVERY_S`: the calender stands."""


@dataclass(frozen=True)
class Roll:
    """A mounted roll, as far as it is pressed."""

    number: int
    mounted_s: float
    measured: int = 0
    within: int = 0
    """Of these, sheets in tolerance."""
    of_next: int = 0
    """Of these, sheets pressed for the next recipe."""
    pressed_m: float = 0.0
    stood_s: float = 0.0
    place_m: float = math.nan
    stands: bool = False

    def sheet(self, error_um: float, share: float, settings: Settings) -> Roll:
        """The roll after a reading: sheet less wanted sheet, um; how far it is to the next recipe.

        While the calender stands, or the gauge says nothing, nothing was measured.
        """
        if self.stands or not math.isfinite(error_um):
            return self
        within = abs(error_um) <= settings.roll_sheet_um
        return replace(
            self,
            measured=self.measured + 1,
            within=self.within + within,
            of_next=self.of_next + (share > 0.5),
        )

    def place(self, metre: float) -> Roll:
        """The roll after the nip was at coating `metre`, `EVERY_S` after the last place."""
        moved_m = abs(metre - self.place_m)
        if not math.isfinite(moved_m):
            return replace(self, place_m=metre)
        stands = moved_m < STANDS_M
        return replace(
            self,
            place_m=metre,
            stands=stands,
            stood_s=self.stood_s + EVERY_S * stands,
            pressed_m=self.pressed_m + moved_m,
        )

    def good(self, at_s: float, settings: Settings) -> bool:
        """Was enough of it in tolerance, of one recipe? What was not measured is not good."""
        other = min(self.of_next, self.measured - self.of_next)
        due = LEAST_MEASURED * (at_s - self.mounted_s - self.stood_s) / EVERY_S
        enough = settings.roll_good_share * max(self.measured, due)
        return self.measured > 0 and self.within - other >= enough

    @property
    def mixed(self) -> bool:
        """Both recipes were met on it."""
        return 0 < self.of_next < self.measured

    def rate_m_per_s(self, at_s: float) -> float:
        """Mean speed while it ran, to `at_s`; NaN when it never did."""
        ran_s = at_s - self.mounted_s - self.stood_s
        return self.pressed_m / ran_s if ran_s > 0.0 else math.nan

    @property
    def next_recipe(self) -> bool:
        """Most of it was pressed for the next recipe."""
        return 2 * self.of_next > self.measured
