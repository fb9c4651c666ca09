"""What the corrections of a recorded shift saved: each taken out of what the line measured.

Without a correction the web would have been laid as it was, less what the correction did to it.
For the coater that is exact up to the pump's lag: the flow was multiplied by a factor that the
record holds, so that the weight would have been `w' = (1 + w)*R - 1` with

    trim    R = (1 + forecast)*(1 + dry_to_wet)      what the flow was divided by
    solids  R = x*rho/(x_0*rho_0)                    solids and density measured, over the recipe's
    slip    R = slip                                 volume that the pump lost

for the gauges look at the film that was laid and do not know what the pump does about it: taken
one at a time, the corrections leave each other as they are. The weight w itself is known by gauges
that scatter and read wrong, so it is drawn many times (`coat_draws`); every draw is counted with
and without the correction by the tolerance, and what the draws leave open is the interval. Nothing
of a twin's truth is in it; `savings_truth` holds it against that truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from linewright.stations.calender.settings import Settings as CalenderSettings
from linewright.stations.coater.settings import Settings as CoaterSettings
from linewright.value.coat_draws import Coat, draw_weights, read_coat
from linewright.value.cost import cost_per_good_cell, good_share, with_scrap
from linewright.value.plant import Plant
from linewright.value.press_draws import (
    POROSITY_LIMIT_PP,
    draw_pressings,
    other_load,
    read_press,
)
from linewright.value.recorded import Column, Recorded, on_grid

MOST_SCRAP = 0.999
"""Web that is all scrap has no cost per good cell; its share counts as this."""
WEIGHT_LIMIT = 0.015
"""Tolerance of the dry weight, relative."""
DRAWS = 400


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Mean of the draws and the interval that holds 95 % of them."""

    mean: float
    lo: float
    hi: float

    def __str__(self) -> str:
        return f"{self.mean:.4g} [{self.lo:.4g}, {self.hi:.4g}]"


def estimate(draws: Column) -> Estimate:
    """Mean and 95 % of the draws.

    >>> print(estimate(np.arange(1.0, 102.0)))
    51 [3.5, 98.5]
    """
    lo, hi = np.percentile(draws, (2.5, 97.5))
    return Estimate(mean=float(draws.mean()), lo=float(lo), hi=float(hi))


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Something the line does by itself that can be left out."""

    name: str
    says: str

    @property
    def station(self) -> str:
        """Station whose settings switch it, by `corrections.KEY`."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """Key of the switch."""
        return self.name.partition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Saving:
    """One correction over one shift: with it less without it, as the record lets us estimate."""

    correction: str
    says: str
    saved_m: Estimate
    """Metres that would have been out of tolerance and were not; negative when it did harm."""
    saved_eur_per_cell: Estimate
    """Per good cell of the shift."""
    saved_eur: Estimate
    """Over the shift."""


@dataclass(frozen=True, kw_only=True)
class Savings:
    """All corrections of one shift. Estimates: nothing here was measured directly."""

    hours: float
    made_m: float
    out_m: Estimate
    """Of these, out of tolerance by weight as they were made."""
    pressed_m: float
    """Web through the calender; 0 without one."""
    pressed_out_m: Estimate
    """Of these, out of tolerance by porosity."""
    eur_per_cell: Estimate
    """Net cost per good cell of the shift."""
    good_cells: float
    by_hour: tuple[Estimate, ...]
    """Net cost per good cell of each hour begun."""
    savings: tuple[Saving, ...]
    missing: Mapping[str, str]
    """Corrections that could not be estimated, and why."""

    def as_json(self) -> dict[str, Any]:
        """Every figure, units in the names."""
        return asdict(self)


Factor = Callable[[Recorded, CoaterSettings, Column], Column]


def _trim(recorded: Recorded, _s: CoaterSettings, at_s: Column) -> Column:
    flow = recorded.loops["coater.flow"]
    forecast = on_grid(flow, recorded.tapped("coater.forecast"), at_s)
    return (1.0 + forecast) * (1.0 + on_grid(flow, recorded.tapped("coater.reconciled"), at_s))


def _solids(recorded: Recorded, s: CoaterSettings, at_s: Column) -> Column:
    flow, slurry = recorded.loops["coater.flow"], recorded.loops["coater.slurry"]
    solids = on_grid(flow, recorded.tapped("coater.solids"), at_s)
    density = on_grid(slurry, "input coater.slurry_density", at_s)
    return solids * density / (s.recipe.solids_fraction * s.recipe.slurry_kg_per_m3)


def _slip(recorded: Recorded, _s: CoaterSettings, at_s: Column) -> Column:
    return on_grid(recorded.loops["coater.flow"], recorded.tapped("coater.slip"), at_s)


COATER: tuple[tuple[Correction, Factor, float], ...] = (
    (Correction(name="coater.trim", says="coat weight by the gauges"), _trim, 0.0),
    (Correction(name="coater.solids", says="solids and density as measured"), _solids, 0.0002),
    (Correction(name="coater.slip", says="volume the pump lost"), _slip, 0.0005),
)
"""Correction, its factor, and the standing error of the sensor behind it, relative: density 0.5
kg/m3 of 2229, mass flow 0.05 %."""


CALENDER: tuple[Correction, ...] = (
    Correction(name="calender.weight_map", says="coat weight of the metre in the nip"),
    Correction(name="calender.temperature", says="roll temperature"),
    Correction(name="calender.feedback", says="thickness behind the nip"),
)
LAG_ERROR = 0.0002
"""What pump lag and sampling leave of the factor in a second, relative."""


def corrections() -> tuple[str, ...]:
    """Names of the corrections whose savings are estimated.

    >>> corrections()[:3]
    ('coater.trim', 'coater.solids', 'coater.slip')
    """
    known = (*(correction for correction, _, _ in COATER), *CALENDER)
    return tuple(correction.name for correction in known)


def estimate_savings(
    recorded: Recorded,
    *,
    coater: CoaterSettings | None = None,
    calender: CalenderSettings | None = None,
    plant: Plant | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Savings:
    """What each correction of a recorded shift saved.

    `coater` and `calender` are the settings the stations ran with, `seed` that of the draws. Raises
    `KeyError` or `ValueError` when the record has no coater, or one without values.
    """
    s, p = coater or CoaterSettings(), plant or Plant()
    rng = np.random.default_rng(seed)
    coat = read_coat(recorded, s)
    weights = draw_weights(coat, rng, draws)
    out_m = _out_m(weights, coat)
    made_m = float(coat.laid_m.sum())
    missing: dict[str, str] = {}
    without = _without_coater(recorded, (coat, weights), s, rng, missing)
    pressed = _pressed(recorded, calender or CalenderSettings(), rng, draws, missing)
    good = _costs(p, out_m / made_m, pressed.share)
    share = min(float(out_m.mean()) / made_m, MOST_SCRAP)
    cells = made_m / p.web_m_per_cell * good_share(with_scrap(p.chain, {"coat": share}), "coat")

    def saving(of: Correction, more_m: Column, cost: Column) -> Saving:
        return Saving(
            correction=of.name,
            says=of.says,
            saved_m=estimate(more_m),
            saved_eur_per_cell=estimate(cost - good),
            saved_eur=estimate((cost - good) * cells),
        )

    savings = [saving(of, m - out_m, _costs(p, m / made_m, pressed.share)) for of, m in without]
    savings += [
        saving(of, m - pressed.out_m, _costs(p, out_m / made_m, m / pressed.made_m))
        for of, m in pressed.without
    ]
    return Savings(
        hours=float(coat.at_s[-1] - coat.at_s[0]) / 3600.0,
        made_m=made_m,
        out_m=estimate(out_m),
        pressed_m=pressed.made_m,
        pressed_out_m=estimate(pressed.out_m),
        eur_per_cell=estimate(good),
        good_cells=cells,
        by_hour=_by_hour(weights, coat, p),
        savings=tuple(savings),
        missing=missing,
    )


Without = list[tuple[Correction, Column]]
"""Metres out of tolerance without a correction, by draw."""


def _without_coater(
    recorded: Recorded,
    coated: tuple[Coat, Column],
    s: CoaterSettings,
    rng: np.random.Generator,
    missing: dict[str, str],
) -> Without:
    (coat, weights), found = coated, []
    for correction, factor, standing in COATER:
        try:
            ratio = factor(recorded, s, coat.at_s)
        except KeyError as error:
            missing[correction.name] = f"not in this line: {error.args[0]}"
            continue
        wrong = 1.0 + standing * rng.standard_normal((len(weights), 1))
        scatter = 1.0 + LAG_ERROR * rng.standard_normal(weights.shape)
        other = (1.0 + weights) * ratio * wrong * scatter - 1.0
        found.append((correction, _out_m(other, coat)))
    return found


@dataclass(frozen=True)
class _Pressed:
    """The calender's side of a shift."""

    made_m: float
    out_m: Column
    without: Without

    @property
    def share(self) -> Column:
        """Share out of tolerance by draw; 0 where nothing was pressed."""
        return self.out_m / self.made_m if self.made_m > 0.0 else self.out_m


def _pressed(
    recorded: Recorded,
    s: CalenderSettings,
    rng: np.random.Generator,
    draws: int,
    missing: dict[str, str],
) -> _Pressed:
    try:
        press = read_press(recorded, s)
    except (KeyError, ValueError) as error:
        missing.update({of.name: f"not in this line: {error.args[0]}" for of in CALENDER})
        return _Pressed(0.0, np.zeros(draws), [])
    made_m = float(press.pressed_m.sum())
    if made_m <= 0.0:
        missing.update({of.name: "nothing was pressed" for of in CALENDER})
        return _Pressed(0.0, np.zeros(draws), [])
    pressings = draw_pressings(press, s, rng, draws)

    def out_m(load_n_per_mm: Column | float) -> Column:
        off = np.abs(pressings.porosity_pp(load_n_per_mm, s)) > POROSITY_LIMIT_PP
        metres: Column = off @ press.pressed_m
        return metres

    without: Without = []
    for of in CALENDER:
        if getattr(s.corrections, of.key):
            without.append((of, out_m(other_load(press, of.key, s))))
        else:
            missing[of.name] = "not in this line: switched off"
    return _Pressed(made_m, out_m(0.0), without)


LEAST_HOUR_M = 60.0
"""An hour of less web has no cost of its own."""


def _by_hour(weights: Column, coat: Coat, plant: Plant) -> tuple[Estimate, ...]:
    hour = ((coat.at_s - coat.at_s[0]) // 3600.0).astype(int)
    found = []
    for h in range(int(hour[-1]) + 1):
        here = hour == h
        made_m = float(coat.laid_m[here].sum())
        if made_m >= LEAST_HOUR_M:
            out = (np.abs(weights[:, here]) > WEIGHT_LIMIT) @ coat.laid_m[here]
            found.append(estimate(_costs(plant, out / made_m, np.zeros(len(out)))))
    return tuple(found)


def _out_m(weights: Column, coat: Coat) -> Column:
    """Metres out of tolerance by draw."""
    out: Column = (np.abs(weights) > WEIGHT_LIMIT) @ coat.laid_m
    return out


def _costs(plant: Plant, coated: Column, pressed: Column) -> Column:
    """Net cost per good cell by draw, for its shares of web out of tolerance."""
    names = {step.name for step in plant.chain}
    costs = []
    for coat, calender in zip(coated.tolist(), pressed.tolist(), strict=True):
        scrap = {"coat": min(coat, MOST_SCRAP), "calender": min(calender, MOST_SCRAP)}
        known = {step: share for step, share in scrap.items() if step in names}
        costs.append(cost_per_good_cell(with_scrap(plant.chain, known), plant.overheads).net_eur)
    return np.array(costs)
