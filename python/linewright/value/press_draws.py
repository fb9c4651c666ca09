"""What the calender's record knows of the porosity, as draws, and of what the load would have been.

`eps = 1 - 2*M/((t - foil)*rho_s)` from thickness t behind the nip and the weight M that the map has
at that place. Thickness scatters by a third of a percentage point of porosity a reading and is
smoothed (local level, forward and back); gauge and map read wrong by a standing error each, which
wanders and is drawn. A load that is `dq` another one presses to (Meyer et al. 2017)

    rho' = rho_max - (rho_max - rho)*exp(-dq/gamma)

A correction left out changes the load by its own part, and the thickness feedback answers to that:

    feedback     dq = -trim
    temperature  dq = -thermal + (trim' - trim)
    weight_map   dq = -map + (trim' - trim)

with trim' the feedback's integral run over the measured thickness less what `dq` did to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from linewright.stations.calender.logic import feed_forward_n_per_mm
from linewright.stations.calender.settings import Settings
from linewright.value.recorded import Column, Recorded, filled

GAUGE_UM = 0.3
"""Standing error of the thickness gauge, um of the sheet (1 sigma)."""
MAP = 0.002
"""Standing error of a map's weight, relative (1 sigma); that of a web without a map is as large
again, for it was coated to its target."""
DRIFT_PER_SQRT_H = 0.002
"""Wander of gauge and map together, relative per square root of an hour (1 sigma): a gauge that
drifts by half a percent is found by its laboratory, hours later."""
GAMMA = 0.1
"""What is not known of the compaction resistance, relative (1 sigma)."""
WALK_PP = 0.03
"""Move of the porosity in a second that the smoother expects, pp."""
POROSITY_LIMIT_PP = 1.5
"""Tolerance of the porosity."""
WOUND_S = 5.0


@dataclass(frozen=True)
class Press:
    """The calender's record, a value a second."""

    at_s: Column
    pressed_m: Column
    """Web through the nip in that second; 0 while it stands or is not yet under the gauge."""
    density: Column
    """Coating density behind the nip, kg/m3, smoothed."""
    noise_pp: float
    """Standard deviation of its scatter, as porosity, pp."""
    error_um: Column
    """Sheet less the sheet wanted at target weight, at the gauge, um."""
    mapped: Column
    """1 where a map was pressed by."""
    by_map: Column
    """Load by the map, N/mm."""
    thermal: Column
    """Load by the roll temperature, N/mm."""
    trim: Column
    """Load by the thickness feedback, N/mm."""


def read_press(recorded: Recorded, s: Settings) -> Press:
    """The calender's columns from a record.

    Raises `KeyError` when the record's line has no calender of this kind.
    """
    nip, r = recorded.loops["calender.nip"], s.recipe
    at_s = nip["at_s"]
    made_m = np.maximum.accumulate(filled(nip["input calender.encoder"]))
    sheet = _at_nip(nip["input calender.thickness"], made_m, s)
    weight = nip["profile calender.weight_map"]
    gain = np.nan_to_num(nip["mailbox calender.ff_gain"])
    mapped = (np.isfinite(weight) & (gain > 0.0)).astype(float)
    used = np.where(mapped > 0.0, np.nan_to_num(weight), 0.0)
    density = 2000.0 * r.areal_g_per_m2 * (1.0 + used) / (sheet - r.foil_um)
    smooth, sd = _level(density, _density_sd(s), 0.01 * WALK_PP * r.rho_solid_kg_per_m3)
    warmer = filled(nip["input calender.roll_temperature"]) - r.calender_degc
    warmer = _lagged(warmer, s.temperature_filter_s)
    per_k = r.line_load_n_per_mm * r.gamma_slope_per_k + s.heat_n_per_mm_k
    thermal = -per_k * warmer if s.corrections.temperature else np.zeros(len(at_s))
    by_map = feed_forward_n_per_mm(r, s.protect) * gain * used
    written = filled(nip["written calender.line_load"])
    trim = written - r.line_load_n_per_mm - thermal - by_map
    speed = np.diff(made_m, append=made_m[-1])
    return Press(
        at_s=at_s,
        pressed_m=np.where(made_m + s.gauge_m <= made_m[-1], speed, 0.0),
        density=smooth,
        noise_pp=100.0 * sd / r.rho_solid_kg_per_m3,
        error_um=filled(nip["input calender.thickness"]) - r.sheet_um,
        mapped=mapped,
        by_map=by_map,
        thermal=thermal,
        trim=trim if s.corrections.feedback else np.zeros(len(at_s)),
    )


def _at_nip(thickness: Column, made_m: Column, s: Settings) -> Column:
    """Thickness of what is in the nip: the gauge reads it a path later."""
    return np.interp(made_m + s.gauge_m, made_m, filled(thickness))


def _density_sd(s: Settings) -> float:
    """Scatter of the density by that of the thickness gauge, kg/m3."""
    r = s.recipe
    return r.density_kg_per_m3 * s.gauge_sd_um / (r.sheet_um - r.foil_um)


def _lagged(x: Column, time_constant_s: float) -> Column:
    a, out, last = -math.expm1(-1.0 / time_constant_s), np.empty(len(x)), x[0]
    for k, value in enumerate(x):
        last += a * (value - last)
        out[k] = last
    return out


def _level(x: Column, noise_sd: float, walk_sd: float) -> tuple[Column, float]:
    """Local level behind white noise, forward and back with the settled gain; and its deviation.

    `P = (q + sqrt(q^2 + 4*q*r))/2` ahead of a sample, gain `P/(P + r)`; backward the gain of the
    smoother is `1 - q/P` (Rauch, Tung and Striebel 1965).
    """
    q, r = walk_sd * walk_sd, noise_sd * noise_sd
    ahead = 0.5 * (q + math.sqrt(q * q + 4.0 * q * r))
    gain, back = ahead / (ahead + r), 1.0 - q / ahead
    out, last = np.empty(len(x)), float(np.median(x[: int(WOUND_S)]))
    for k, value in enumerate(x):
        last += gain * (value - last)
        out[k] = last
    for k in range(len(x) - 2, -1, -1):
        out[k] += back * (out[k + 1] - out[k])
    after = (1.0 - gain) * ahead
    return out, math.sqrt((after - back * back * ahead) / (1.0 - back * back))


def other_load(press: Press, correction: str, s: Settings) -> Column:
    """Change of the line load without a correction of the calender, N/mm, by second."""
    if correction == "feedback":
        return -press.trim
    own = press.thermal if correction == "temperature" else press.by_map
    if not s.corrections.feedback:
        return -own
    return -own + _answer(press, own, s, mapless=correction == "weight_map")


def _answer(press: Press, own: Column, s: Settings, *, mapless: bool) -> Column:
    """What the feedback does otherwise, N/mm: its integral over the sheet as it would be."""
    slope, late = -s.recipe.load_slope_n_per_mm_per_um, round(s.gauge_m)
    share = s.unmapped_share if s.protect == "porosity" else 1.0
    believed = np.where(press.mapped > 0.0, 1.0, share)
    if not mapless:
        # Nothing but the difference: what the feedback saw of the rest it saw as before.
        change = np.zeros(len(own))
        for k in range(late, len(own) - 1):
            thicker = -(change[k - late] - own[k - late]) / slope
            change[k + 1] = change[k] + slope / s.feedback_s * believed[k] * thicker
        return change
    trim, limit = press.trim.copy(), s.trim_limit_n_per_mm
    first = int(np.argmax(press.mapped > 0.0)) if press.mapped.any() else len(own)
    for k in range(max(first, late), len(own) - 1):
        moved = trim[k - late] - press.trim[k - late] - own[k - late]
        error = press.error_um[k] - moved / slope
        error = error if abs(error) < s.error_limit_um else 0.0
        step = slope / s.feedback_s * share * error
        trim[k + 1] = min(limit, max(-limit, trim[k] + step))
    return trim - press.trim


@dataclass(frozen=True)
class Pressings:
    """Draws of what is not known of the porosity: rows are draws."""

    density: Column
    gamma_n_per_mm: Column

    def porosity_pp(self, load_n_per_mm: Column | float, s: Settings) -> Column:
        """Porosity off its target at a load that is other by so much, pp."""
        r = s.recipe
        left = (r.rho_max_kg_per_m3 - self.density) * np.exp(-load_n_per_mm / self.gamma_n_per_mm)
        density = r.rho_max_kg_per_m3 - left
        off: Column = 100.0 * (1.0 - density / r.rho_solid_kg_per_m3 - r.porosity)
        return off


def draw_pressings(press: Press, s: Settings, rng: np.random.Generator, draws: int) -> Pressings:
    """Densities of every second, `draws` times, with the errors of gauge and map."""
    r, n = s.recipe, len(press.at_s)
    sheet = GAUGE_UM / (r.sheet_um - r.foil_um) * rng.standard_normal((draws, 1))
    mapped = MAP * rng.standard_normal((draws, 1))
    bare = MAP * rng.standard_normal((draws, 1))
    wander = np.cumsum(DRIFT_PER_SQRT_H / 60.0 * rng.standard_normal((draws, n)), axis=1)
    wrong = sheet + mapped + bare * (1.0 - press.mapped) + wander
    scatter = 0.01 * press.noise_pp * r.rho_solid_kg_per_m3 * rng.standard_normal((draws, n))
    gamma = r.gamma_n_per_mm * (1.0 + GAMMA * rng.standard_normal((draws, 1)))
    return Pressings(density=press.density * (1.0 + wrong) + scatter, gamma_n_per_mm=gamma)
