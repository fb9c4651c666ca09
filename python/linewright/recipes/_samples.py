"""What a record tells of the twin's parameters: one sample each per window of its columns.

- *resistance*: line load, sheet thickness and dry weight give the compaction resistance, by Meyer's
  law solved for it. Weight and thickness count nine times relative: a gauge's bias of 0.2 % is one
  of 2 % here, and no number of samples takes it away.
- *heat*: the residual solvent at the exit with the air, speed and weight of the moment gives the
  heat transfer at which the dryer's model comes to it; while the air moves it does not.
- *pump*: flow by mass and density over that by pump speed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright import drying
from linewright.recipes._file import RecipeFile

Array = npt.NDArray[np.float64]
Columns = Mapping[str, Array]
ZONE_AIR = tuple(f"coater.zone_{k}_air" for k in range(1, drying.ZONES + 1))
PRESSED = ("calender.line_load", "calender.thickness", "calender.roll_temperature")
COLUMNS = {
    "resistance": (
        *PRESSED,
        "calender.encoder",
        "calender.mark_m",
        "coater.dry_weight",
        "coater.web_position",
    ),
    "heat": ("coater.residual", "coater.dry_weight", "coater.web_speed", *ZONE_AIR),
    "pump": (
        "coater.mass_flow",
        "coater.slurry_density",
        "coater.pump_speed_flow",
        "coater.drive_gain",
    ),
}
"""Channels that each parameter needs, by the names a line has for them."""
PLAUSIBLE = 0.2
"""Weight and speed farther from the recipe's than this, relative, are no production."""
AIR_C = (5.0, 200.0)
HEATS = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2)
"""Heat transfer over the recipe's at which the dryer's model is asked."""


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """Biases of the instruments, one standard deviation, as their data sheets or the last audit
    against the laboratory state them; and what of the web no instrument sees."""

    weight_bias: float = 0.002
    """Dry gauge, relative."""
    thickness_bias_um: float = 0.3
    """Thickness gauge, whole sheet."""
    residual_bias_ppm: float = 25.0
    mass_flow_bias: float = 0.0005
    """Relative."""
    density_bias_kg_per_m3: float = 0.5
    fast_weight: float = 0.0015
    """Scatter of the weight under the nip from window to window, relative."""
    residual_ppm: float = 30.0
    """Scatter of a window's residual."""
    heat_wander: float = 0.005
    """What moves the drying and no instrument sees: nozzles, supply air, solids; relative to the
    heat transfer."""
    pump_scatter: float = 0.001
    map_weight: float = 0.001
    """What of the weight is lost by the error of its place on the web, relative."""
    dry_gauge_m: float = 80.0
    """Place of the dry gauge, metres of web behind the die."""
    mark_every_m: float = 100.0
    """Distance of the printed marks."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One word about one parameter: logarithm of its ratio to the recipe's figure."""

    about: str
    time_s: float
    z: float
    sd: float
    bias: float


Series = Mapping[str, tuple[Array, Array]]
"""Time (s, rising) and values of channels by name; each channel may have its own clock."""


def windows(
    series: Series, from_s: float, to_s: float, window_s: float
) -> tuple[Array, dict[str, Array]]:
    """Means of all channels over windows, and the windows' ends; NaN where less than half of what a
    channel gives in a window is good.

    All that a channel gives is averaged: a scanner's weight is that of the web only over whole
    traverses.
    """
    count = max(1, int((to_s - from_s) / window_s))
    means: dict[str, Array] = {}
    for name, (time_s, values) in series.items():
        number = np.floor((time_s - from_s) / window_s).astype(int)
        inside = (number >= 0) & (number < count)
        good = inside & np.isfinite(values)
        all_of = np.bincount(number[inside], minlength=count)
        n = np.bincount(number[good], minlength=count)
        total = np.bincount(number[good], weights=values[good], minlength=count)
        with np.errstate(invalid="ignore", divide="ignore"):
            means[name] = np.where(2 * n > all_of, total / n, np.nan)
    ends: Array = from_s + window_s * (np.arange(count, dtype=np.float64) + 1.0)
    return ends, means


def samples(
    recipe: RecipeFile,
    means: Columns,
    times: Array,
    of: Instruments,
    weights: Array | None = None,
) -> Iterator[Sample]:
    """Samples of every parameter that the columns allow, in order of time; `weights` is the dry
    weight under the nip, without which the resistance is not known."""
    made: list[Sample] = []
    if weights is not None and all(name in means for name in PRESSED):
        made += _resistance(recipe, means, weights, times, of)
    if all(name in means for name in COLUMNS["heat"]):
        made += _heat(recipe, means, times, of)
    if all(name in means for name in COLUMNS["pump"]):
        made += _pump(means, times, of)
    yield from sorted(made, key=lambda sample: sample.time_s)


NIP = "nip_m"
"""Name of the column that `under_nip` gives."""


def under_nip(series: Series, encoder: Array, of: Instruments) -> Array:
    """Coating metre under the nip when the calender's encoder reads `encoder`.

    A roll runs backwards from the metre of each printed mark. NaN before the first mark, and far
    behind the last one.
    """
    none = np.full(len(encoder), np.nan)
    if "calender.encoder" not in series or "calender.mark_m" not in series:
        return none
    (_, at), (_, marks) = series["calender.encoder"], series["calender.mark_m"]
    if len(at) != len(marks):
        return none  # not of one loop
    seen = np.isfinite(at) & np.isfinite(marks)
    at, marks = at[seen], marks[seen]
    # the first mark of a record may have passed long before it
    new = np.flatnonzero(np.diff(marks) != 0.0) + 1
    if not len(new):
        return none
    last = np.searchsorted(at[new], encoder, side="right") - 1
    run_m = encoder - at[new][np.maximum(last, 0)]
    near = (last >= 0) & (run_m <= 1.5 * of.mark_every_m)
    return np.where(near, marks[new][np.maximum(last, 0)] - run_m, np.nan)


def dry_weight(means: Columns, of: Instruments) -> tuple[Array, Array]:
    """Coating metre under the dry gauge, and its weight without what solvent is left in it."""
    weight = means["coater.dry_weight"]
    if "coater.residual" in means:
        weight = weight * (1.0 - 1e-6 * np.nan_to_num(means["coater.residual"]))
    return means["coater.web_position"] - of.dry_gauge_m, weight


def weight_under_nip(means: Columns, of: Instruments) -> Array:
    """Dry weight of the web under the nip, looked up by its metre; NaN for web whose coating is not
    in the record."""
    laid_m, weight = dry_weight(means, of)
    known = np.isfinite(laid_m) & np.isfinite(weight)
    if known.sum() < 2:
        return np.full(len(weight), np.nan)
    return np.interp(means[NIP], laid_m[known], weight[known], left=np.nan, right=np.nan)


def _resistance(
    recipe: RecipeFile, means: Columns, weights: Array, times: Array, of: Instruments
) -> Iterator[Sample]:
    r = recipe.recipe
    for i in np.flatnonzero(np.isfinite(weights)):
        time_s, weight = float(times[i]), float(weights[i])
        load, sheet_um, roll_c = (float(means[name][i]) for name in PRESSED)
        if not load > 0.0:
            continue
        rho = 1000.0 * weight / (0.5 * (sheet_um - r.foil_um))
        left = r.rho_max_kg_per_m3 - rho
        ratio = (r.rho_max_kg_per_m3 - r.rho_0_kg_per_m3) / left if left > 0.0 else math.nan
        if not ratio > 1.0:
            yield Sample(about="resistance", time_s=time_s, z=math.nan, sd=1.0, bias=0.0)
            continue
        # gamma = q/ln((rho_max - rho_0)/(rho_max - rho))
        gamma = load / math.log(ratio)
        softer = 1.0 - r.gamma_slope_per_k * (roll_c - r.calender_degc)
        heavier = (weight / r.areal_g_per_m2) ** r.loading_exponent
        by_rho = rho / (left * math.log(ratio))
        by_weight = by_rho + r.loading_exponent
        by_um = by_rho / (sheet_um - r.foil_um)
        yield Sample(
            about="resistance",
            time_s=time_s,
            z=math.log(gamma / (r.gamma_n_per_mm * softer * heavier)),
            sd=by_weight * of.fast_weight,
            bias=math.hypot(
                by_weight * math.hypot(of.weight_bias, of.map_weight),
                by_um * of.thickness_bias_um,
            ),
        )


def _heat(recipe: RecipeFile, means: Columns, times: Array, of: Instruments) -> Iterator[Sample]:
    air = np.stack([means[name] for name in ZONE_AIR], axis=-1)
    moved = np.abs(np.diff(air, axis=0, prepend=air[:1])).max(axis=1)
    residual = means["coater.residual"]
    usable = np.isfinite(air).all(axis=1) & np.isfinite(residual) & (residual > 0.0)
    usable &= np.abs(means["coater.dry_weight"] / recipe.recipe.areal_g_per_m2 - 1.0) < PLAUSIBLE
    usable &= np.abs(means["coater.web_speed"] / recipe.recipe.web_speed_m_per_s - 1.0) < PLAUSIBLE
    usable &= (air > AIR_C[0]).all(axis=1) & (air < AIR_C[1]).all(axis=1) & (moved < 0.5)
    at = np.flatnonzero(usable)
    if not len(at):
        return
    grid = np.log(HEATS)
    weight, speed = means["coater.dry_weight"][at], means["coater.web_speed"][at]
    told = np.log([_residual_ppm(recipe, weight, speed, air[at], heat) for heat in HEATS])
    lighter = np.log(_residual_ppm(recipe, 1.01 * weight, speed, air[at], 1.0))
    for k, i in enumerate(at):
        level, wanted = told[:, k], math.log(residual[i])
        # more heat leaves less: the logarithm of the residual falls along the grid
        z = float(np.interp(-wanted, -level, grid, left=np.nan, right=np.nan))
        slope = (
            float(np.interp(z, grid, np.gradient(level, grid))) if math.isfinite(z) else math.nan
        )
        # at the low end of what the reading may mean: a logarithm answers more there
        least_ppm = max(float(residual[i]) - of.residual_bias_ppm, 10.0)
        by_ppm = 1.0 / abs(slope * least_ppm)
        by_weight = abs(float(lighter[k] - level[len(HEATS) // 2]) / slope) / 0.01
        yield Sample(
            about="heat",
            time_s=float(times[i]),
            z=z,
            sd=by_ppm * of.residual_ppm,
            bias=math.sqrt(
                (by_ppm * of.residual_bias_ppm) ** 2
                + (by_weight * of.weight_bias) ** 2
                + of.heat_wander**2
            ),
        )


def _residual_ppm(recipe: RecipeFile, weight: Array, speed: Array, air: Array, heat: float) -> Any:
    r, dryer = recipe.recipe, recipe.dryer
    return drying.outcome(
        solvent="nmp" if recipe.electrode == "cathode" else "water",
        dry_g_per_m2=weight,
        solids_fraction=r.solids_fraction,
        critical_fraction=dryer["critical_fraction"],
        web_m_per_s=speed,
        air_c=air,
        heat_w_per_m2_k=heat * np.array(dryer["heat_w_per_m2_k"]),
        vapour_pa=dryer["vapour_pa"],
        exhaust_m3_per_s=dryer["exhaust_m3_per_s"] / drying.ZONES,
        width_m=r.coated_width_m,
    ).residual_ppm


def _pump(means: Columns, times: Array, of: Instruments) -> Iterator[Sample]:
    mass, density, told, gain = (means[name] for name in COLUMNS["pump"])
    for i, time_s in enumerate(times):
        if not (told[i] > 0.0 and density[i] > 0.0 and mass[i] > 0.0) or gain[i] > 0.1:
            continue  # standing, or air in the slurry
        z = math.log(float(mass[i] / density[i] * 1000.0 / told[i]))
        bias = math.hypot(of.mass_flow_bias, of.density_bias_kg_per_m3 / float(density[i]))
        yield Sample(about="pump", time_s=float(time_s), z=z, sd=of.pump_scatter, bias=bias)
