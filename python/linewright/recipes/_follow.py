"""A running line's calibration, followed window by window.

The same parameters by the same laws as `calibrate` takes from a record, kept current: each window
of means gives its samples, each sample goes through the guards of its `Track`. A gauge whose mean
repeats itself is stuck and gives no sample. The dry weight of the metre under the
nip comes from the windows kept.

A calibration is used while it holds: each parameter the gate needs learned from enough samples,
from one not long ago, within reach of what was known of any line; and for recipes near the one
that the line runs (`RANGE`). `against` tells what does not hold.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linewright import _core
from linewright.recipes._calibration import (
    LEAST,
    WALKS,
    WINDOW_S,
    Calibration,
    Estimate,
    scatter_of,
)
from linewright.recipes._file import RecipeFile
from linewright.recipes._samples import (
    COLUMNS,
    NIP,
    PRESSED,
    ZONE_AIR,
    Array,
    Instruments,
    dry_weight,
    samples,
)
from linewright.recipes._track import Track

FOLLOWED = (
    *PRESSED,
    "coater.web_position",
    "coater.dry_weight",
    "coater.residual",
    "coater.web_speed",
    *ZONE_AIR,
    *COLUMNS["pump"],
)
"""Channels that are followed, beside the metre under the nip."""
ROLL = "calender.jumbo"
"""Its mean over a window is a number of no roll when the roll was changed in it."""
GAUGES = (
    *PRESSED,
    "coater.dry_weight",
    "coater.residual",
    "coater.mass_flow",
    "coater.slurry_density",
    *ZONE_AIR,
)
"""Of these, those with noise: none repeats a mean."""
KEPT = 2160
"""Windows kept, 6 h: a jumbo waits no longer for its nip."""
LOOKED_BACK = 360
"""Windows that the scatter is taken over, 1 h."""
TOLD = (*FOLLOWED, NIP, ROLL)
"""All that a window tells."""
GAP_M = 60.0
"""Web without a weight that is not bridged."""
JUDGED = ("resistance", "heat")
"""Parameters the gate judges with."""
REACH_SD = 3.0
"""Standard deviations of any line beyond which a ratio is not believed."""
RANGE = {
    "areal_g_per_m2": (0.2, True),
    "web_speed_m_per_s": (0.2, True),
    "porosity": (0.05, False),
    "solids_fraction": (0.02, False),
    "calender_degc": (10.0, False),
    "rho_0_kg_per_m3": (0.02, True),
    "rho_max_kg_per_m3": (0.02, True),
}
"""How far a recipe may lie from the one learned from, and whether that is a share of it: the
weight's exponent and the density's curve carry so far, another slurry is another material."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Where a calibration holds for a key of the recipe."""

    key: str
    lo: float
    hi: float


def valid_range(recipe: RecipeFile) -> tuple[Bound, ...]:
    """Where a calibration learned on a line that runs `recipe` holds."""
    made = []
    for key, (reach, relative) in RANGE.items():
        value = float(getattr(recipe.recipe, key))
        by = reach * value if relative else reach
        made.append(Bound(key=key, lo=value - by, hi=value + by))
    return tuple(made)


class Follower:
    """The calibration of a line that runs `recipe`, from `prior` on, `prior_age_s` later.

    >>> follower = Follower(RecipeFile.of("A"))
    >>> follower.window(10.0, {"coater.web_speed": 1.0})
    >>> follower.against(RecipeFile.of("A"), 10.0)[0]
    'resistance: learned from 0 of 30 samples'
    """

    def __init__(
        self,
        recipe: RecipeFile,
        *,
        of: Instruments | None = None,
        stale_after_s: float = 3600.0,
        prior: Calibration | None = None,
        prior_age_s: float = 0.0,
    ) -> None:
        self.recipe = recipe
        self.range = valid_range(recipe)
        self.stuck: Counter[str] = Counter()
        """Windows without news, by gauge."""
        self._of = of or Instruments()
        self._stale_after_s = stale_after_s
        self._prior = prior
        self._from_s = math.nan
        self._time_s = math.nan
        self._tracks = {name: Track(walk) for name, walk in WALKS.items()}
        self._age0_s = dict.fromkeys(WALKS, 0.0)
        self._learned_s: dict[str, float] = {}
        self._raw: dict[str, float] = {}
        self._last: dict[str, float] | None = None
        self._laid: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._seen: deque[tuple[float, float, float]] = deque(maxlen=LOOKED_BACK)
        for name, known in (prior.parameters if prior else {}).items():
            self._resume(name, known, max(prior_age_s, 0.0) + (known.age_s or 0.0))

    def _resume(self, name: str, known: Estimate, age_s: float) -> None:
        track = self._tracks[name]
        track.x = math.log(known.ratio)
        track.variance = 1e-4 * max(known.sd_pct**2 - known.bias_pct**2, 0.0)
        track.bias = 0.01 * known.bias_pct
        track.used = known.used
        track.rejected.update(known.rejected)
        self._age0_s[name] = age_s

    def window(self, time_s: float, means: Mapping[str, float]) -> None:
        """Learn from the means over the `WINDOW_S` that end at `time_s`.

        Absent or NaN: nothing good came of the channel.
        """
        if math.isnan(self._from_s):
            self._from_s = time_s
        self._time_s = time_s
        row = self._checked({name: float(means.get(name, math.nan)) for name in TOLD})
        before, self._last = self._last, row
        two = (before or row, row)
        columns = {name: np.array([one[name] for one in two]) for name in row}
        laid_m, laid = (float(x[1]) for x in dry_weight(columns, self._of))
        if self._laid and laid_m < self._laid[-1][0]:
            self._laid.clear()  # the counter began anew
        moved = not self._laid or laid_m > self._laid[-1][0]
        if moved and math.isfinite(laid_m) and math.isfinite(laid):
            self._laid.append((laid_m, laid))
        weight = self._weight_at(row[NIP])
        self._seen.append((row["coater.dry_weight"], row["calender.thickness"], weight))
        if before is None:
            return
        times = np.array([time_s - WINDOW_S, time_s])
        weights = np.array([math.nan, weight])
        for sample in samples(self.recipe, columns, times, self._of, weights):
            if sample.time_s == time_s:
                dt_s = self.age_s(sample.about, time_s)
                track = self._tracks[sample.about]
                if track.sample(sample.z, sd=sample.sd, bias=sample.bias, dt_s=dt_s):
                    self._learned_s[sample.about] = time_s

    def _checked(self, row: dict[str, float]) -> dict[str, float]:
        """The row without what a stuck gauge says, nor a place that is of two rolls."""
        made = dict(row)
        for name in GAUGES:
            # a sum of the same readings is the same but for its rounding
            if math.isclose(row[name], self._raw.get(name, math.nan), rel_tol=1e-9):
                self.stuck[name] += 1
                made[name] = math.nan
        if abs(row[ROLL] - round(row[ROLL] if math.isfinite(row[ROLL]) else 0.0)) > 1e-9:
            made[NIP] = math.nan
        self._raw = row
        return made

    def _weight_at(self, metre: float) -> float:
        if not math.isfinite(metre) or len(self._laid) < 2:
            return math.nan
        laid: Array = np.array(self._laid)
        after = int(np.searchsorted(laid[:, 0], metre))
        if not 0 < after < len(laid) or laid[after, 0] - laid[after - 1, 0] > GAP_M:
            return math.nan
        return float(np.interp(metre, laid[:, 0], laid[:, 1]))

    def age_s(self, name: str, time_s: float) -> float:
        """Since the last sample of a parameter that was learned from; before any, since the
        start."""
        if name in self._learned_s:
            return time_s - self._learned_s[name]
        begun_s = time_s - self._from_s if math.isfinite(self._from_s) else 0.0
        return self._age0_s[name] + begun_s

    def estimates(self, time_s: float) -> dict[str, Estimate]:
        """What is known at `time_s`: without news the interval widens by the walk."""
        made = {}
        for name, track in self._tracks.items():
            age_s = self.age_s(name, time_s)
            walked = track.walk.walk_per_sqrt_s**2 * age_s
            sd = math.hypot(math.sqrt(min(track.variance + walked, track.walk.sd0**2)), track.bias)
            made[name] = Estimate(
                ratio=math.exp(track.x),
                sd_pct=100.0 * sd,
                bias_pct=100.0 * track.bias,
                used=track.used,
                rejected=dict(sorted(track.rejected.items())),
                age_s=age_s,
            )
        return made

    def state(self, name: str, time_s: float) -> str:
        """`valid`, or why a parameter does not hold.

        Learned from too few samples, too long ago, or out of reach.
        """
        track = self._tracks[name]
        if track.used < LEAST:
            return f"learned from {track.used} of {LEAST} samples"
        age_s = self.age_s(name, time_s)
        if age_s > self._stale_after_s:
            return f"stale: nothing learned for {age_s:.0f} s, {self._stale_after_s:.0f} s allowed"
        if abs(track.x) > REACH_SD * track.walk.sd0:
            return (
                f"out of reach: {math.exp(track.x):.3f} times the recipe's figure, "
                f"{math.exp(-REACH_SD * track.walk.sd0):.2f} to "
                f"{math.exp(REACH_SD * track.walk.sd0):.2f} is believed"
            )
        return "valid"

    def against(self, recipe: RecipeFile, time_s: float) -> list[str]:
        """What speaks against judging `recipe` with the calibration as it is at `time_s`."""
        states = {name: self.state(name, time_s) for name in JUDGED}
        found = [f"{name}: {said}" for name, said in states.items() if said != "valid"]
        if recipe.electrode != self.recipe.electrode:
            found.append(f"electrode is {recipe.electrode}, the line makes the other one")
        for bound in self.range:
            value = float(getattr(recipe.recipe, bound.key))
            if not bound.lo <= value <= bound.hi:
                found.append(
                    f"{bound.key} is {value:g}, the calibration holds for "
                    f"{bound.lo:g} to {bound.hi:g}"
                )
        return found

    def calibration(self, time_s: float, *, unix_s: float | None = None) -> Calibration:
        """All that is known at `time_s`, to judge with or to keep (`unix_s`: when)."""
        known = {name: one for name, one in self.estimates(time_s).items() if one.used}
        seen: Array = np.array(self._seen, dtype=np.float64).reshape(-1, 3)
        columns = {"coater.dry_weight": seen[:, 0], "calender.thickness": seen[:, 1]}
        scatter = scatter_of(self.recipe, known, columns, seen[:, 2], self._of)
        earlier = dict(self._prior.scatter) if self._prior else {}
        return Calibration(
            recipe=self.recipe.name,
            recipe_hash=self.recipe.hash,
            source="the running line",
            source_sha256="",
            from_s=self._from_s if math.isfinite(self._from_s) else 0.0,
            to_s=self._time_s if math.isfinite(self._time_s) else 0.0,
            prior=self._prior.hash if self._prior else "",
            parameters=known,
            scatter={**earlier, **scatter},
            tool=f"linewright {_core.VERSION}",
            at_unix_s=unix_s,
        )
