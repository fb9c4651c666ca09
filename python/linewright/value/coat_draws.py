"""What the coater's record knows of the dry weight, as draws: every second's weight many times,
each as likely as the gauges, the laboratory and their errors allow.

The wet gauge weighs the piece 3 m behind the die, the solids sensor tells what of it is dry:
`w = wet*x/target - 1`. It scatters, so the disturbance `d = wet/film - 1` (the film as laid, own
moves are not in it) is smoothed: a walk and a first-order wander behind white noise, Kalman filter
and backward pass (Rauch, Tung and Striebel 1965). It reads wrong by a standing error, and so does
the dry gauge; of the two only the difference D is seen. Each draw shares D at the start between
them as two errors of the same size share it, and gives every later move of D to one of them, for
a coin does not know which gauge drifted. The laboratory weighs pieces itself: draws that its
results contradict count little (importance resampling).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from linewright.stations.coater.settings import Settings
from linewright.value.bounds import DisturbanceMix
from linewright.value.recorded import Column, Columns, Recorded, filled, on_grid

STANDING = 0.002
"""Standard deviation of a gauge's standing error, relative, of the wet and of the dry one."""
BLOCK_S = 900.0
"""Moves of the gauges against each other are given to one of them in stretches of this length."""
SMOOTH_S = 120.0
"""Window over which the dry scanner's boxes are averaged."""
GUARD_M = 2.0


@dataclass(frozen=True)
class Coat:
    """The coater's record, a value a second."""

    at_s: Column
    laid_m: Column
    """Web laid in that second."""
    weight: Column
    """Dry weight by wet gauge and solids, relative deviation from target, smoothed."""
    noise: Column
    """Standard deviation of its scatter from the true weight of that second, relative."""
    gap: Column
    """D: dry over wet gauge less one, of the same web."""
    lab: tuple[tuple[int, float], ...]
    """Laboratory: index of the second the piece was laid, its weight against target."""
    lab_sd: float


def read_coat(recorded: Recorded, s: Settings) -> Coat:
    """The coater's columns from a record.

    Raises `KeyError` when the record's line has no coater of this kind.
    """
    gauge, slurry = recorded.loops["coater.gauge"], recorded.loops["coater.slurry"]
    at_s = gauge["at_s"]
    speed, place = gauge["input coater.web_speed"], gauge["input coater.web_position"]
    place = np.maximum.accumulate(filled(place))
    solids = filled(gauge[recorded.tapped("coater.solids")])
    slip = on_grid(recorded.loops["coater.flow"], recorded.tapped("coater.slip"), at_s)
    pumped = on_grid(slurry, "input coater.pump_speed_flow", at_s)
    density = on_grid(slurry, "input coater.slurry_density", at_s)
    r = s.recipe
    # L/min over m/s and m: g/m2 by 1e-3/60 m3 and 1e3 g.
    film = pumped * slip * density / (60.0 * np.maximum(filled(speed), 1e-3) * r.coated_width_m)
    pipe_s = 60.0 * s.geometry.meter_to_die_l / r.pump_flow_l_per_min
    dry_share = np.interp(at_s - pipe_s, at_s, solids)
    wet = np.interp(place + s.geometry.wet_gauge_m, place, filled(gauge["input coater.wet_weight"]))
    smooth, sd = smoothed(wet / film - 1.0, s)
    by_wet = film * wet / film * dry_share
    target = r.areal_g_per_m2
    return Coat(
        at_s=at_s,
        laid_m=np.diff(place, append=place[-1] + (place[-1] - place[-2])),
        weight=film * (1.0 + smooth) * dry_share / target - 1.0,
        noise=sd,
        gap=_gap(gauge, place, by_wet, s),
        lab=_lab(gauge, at_s, place, s),
        lab_sd=math.hypot(s.noise.lab, 0.001),
    )


def smoothed(x: Column, s: Settings, mix: DisturbanceMix | None = None) -> tuple[Column, Column]:
    """Mean and standard deviation of `x` without its scatter: walk plus wander behind white noise.

    `m' = m + q`, `a' = phi*a + v`, `x = m + a + e`, a sample a second; `e` is the gauge's noise and
    the tones (pump ripple, backing roll) that a reading a second cannot tell from it. What a tone
    leaves in the mean of a second is part of the standard deviation given.
    """
    mix = mix or DisturbanceMix()
    phi = math.exp(-1.0 / mix.ar1_tau_s)
    walk = (0.01 * mix.walk_pct_per_sqrt_s) ** 2
    wander = (0.01 * mix.ar1_sd_pct) ** 2
    tones = (0.01 * math.hypot(mix.ripple_sd_pct, mix.roll_sd_pct)) ** 2
    noise = s.noise.wet_weight**2 + tones
    n = len(x)
    move = np.array([[1.0, 0.0], [0.0, phi]])
    drive = np.diag([walk, wander * (1.0 - phi * phi)])
    # The gain settles within a minute: from there one covariance serves all.
    ahead = np.diag([0.05**2, wander])
    befores, afters, means = [], [], np.empty((n, 2))
    mean = np.array([x[0], 0.0])
    for k in range(n):
        if k < SETTLED:
            total = float(ahead.sum()) + noise
            gain = ahead.sum(axis=1) / total
            after = ahead - np.outer(gain, ahead.sum(axis=0))
            befores.append(ahead)
            afters.append(after)
            ahead = move @ after @ move.T + drive
        if k:
            mean = move @ mean
        mean = mean + gain * (x[k] - mean.sum())
        means[k] = mean
    out, covariance = np.empty(n), afters[-1]
    back = means[-1]
    out[-1] = back.sum()
    settled = afters[-1] @ move.T @ np.linalg.inv(ahead)
    for k in range(n - 2, -1, -1):
        gain2 = settled if k >= SETTLED - 1 else afters[k] @ move.T @ np.linalg.inv(befores[k + 1])
        back = means[k] + gain2 @ (back - move @ means[k])
        out[k] = back.sum()
    for _ in range(SETTLED):
        covariance = afters[-1] + settled @ (covariance - ahead) @ settled.T
    # Of a wave of f Hz the mean of a second keeps sin(pi f)/(pi f).
    kept = 0.01 * mix.roll_sd_pct * abs(float(np.sinc(ROLL_HZ)))
    left = math.sqrt(max(0.0, float(covariance.sum())) + kept * kept)
    return out, np.full(n, left)


SETTLED = 200
ROLL_HZ = 0.45


def _gap(gauge: Columns, place: Column, by_wet: Column, s: Settings) -> Column:
    """D by second, at the second the piece was laid, averaged over `SMOOTH_S`."""
    path_m = s.geometry.dry_gauge_m
    then = np.interp(place - path_m, place, by_wet)
    ratio = gauge["input coater.dry_weight"] / (then * (1.0 + s.residual_solvent)) - 1.0
    box = np.nan_to_num(gauge["input coater.dry_box"], nan=-1.0).astype(int)
    good = (place - place[0] > path_m + GUARD_M) & np.isfinite(ratio) & (abs(ratio) < 0.2)
    good &= (box >= 0) & (box < s.geometry.boxes)
    if good.sum() < SMOOTH_S:
        return np.zeros(len(place))
    profile = np.full(s.geometry.boxes, math.nan)
    for b in np.unique(box[good]):
        profile[b] = np.median(ratio[good & (box == b)])
    profile = _bridged(profile, s.cross.edge_boxes)
    level = ratio - profile[np.clip(box, 0, s.geometry.boxes - 1)] + profile.mean()
    at = np.arange(len(place))
    level = np.interp(at, at[good], level[good])
    width = int(SMOOTH_S)
    padded = np.pad(level, (width // 2, width - width // 2 - 1), mode="edge")
    mean = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
    # What the dry gauge saw at a second was laid earlier.
    return np.interp(place + path_m, place, mean)


def _bridged(profile: Column, edge: int) -> Column:
    """Boxes that the scan never met take the mean of the inner ones, an edge that of the other."""
    out = profile.copy()
    inner = slice(edge, len(profile) - edge)
    edges = np.r_[0:edge, len(profile) - edge : len(profile)]
    mean = np.nanmean(profile[inner])
    out[inner] = np.where(np.isfinite(profile[inner]), profile[inner], mean)
    known = profile[edges][np.isfinite(profile[edges])]
    out[edges] = np.where(
        np.isfinite(profile[edges]), profile[edges], known.mean() if len(known) else mean
    )
    return out


def _lab(gauge: Columns, at_s: Column, place: Column, s: Settings) -> tuple[tuple[int, float], ...]:
    count = np.nan_to_num(gauge["input lab.count"], nan=0.0)
    results = []
    for k in np.flatnonzero(np.diff(count, prepend=count[0]) > 0.5):
        sampled_s = s.lab.every_s * count[k]
        value = gauge["input lab.dry_weight"][k]
        laid_m = np.interp(sampled_s, at_s, place) - s.geometry.dry_gauge_m
        if math.isfinite(value) and laid_m > place[0]:
            index = int(np.searchsorted(place, laid_m))
            results.append((min(index, len(at_s) - 1), value / s.recipe.areal_g_per_m2 - 1.0))
    return tuple(results)


def draw_weights(coat: Coat, rng: np.random.Generator, draws: int) -> Column:
    """Weights of every second, `draws` times: rows are draws, relative deviation from target."""
    n = len(coat.at_s)
    more = 4 * draws if coat.lab else draws
    first = coat.gap[: int(SMOOTH_S)].mean()
    start = -0.5 * first + STANDING / math.sqrt(2.0) * rng.standard_normal(more)
    block = (coat.at_s // BLOCK_S).astype(int)
    step = np.diff(coat.gap, prepend=first)
    moves = np.zeros((block[-1] + 1, n))
    moves[block, np.arange(n)] = step
    moves = np.cumsum(moves, axis=1)
    wet_moved = rng.integers(0, 2, (more, len(moves))).astype(float)
    # Wet gauge's error: D rises by what it loses.
    if coat.lab:
        at = [index for index, _ in coat.lab]
        error = start[:, None] - wet_moved @ moves[:, at]
        told = (1.0 + coat.weight[at]) / (1.0 + error) - 1.0
        off = (told - np.array([weight for _, weight in coat.lab])) / coat.lab_sd
        log = -0.5 * (off * off).sum(axis=1)
        chance = np.exp(log - log.max())
        keep = rng.choice(more, size=draws, p=chance / chance.sum())
        start, wet_moved = start[keep], wet_moved[keep]
    error = start[:, None] - wet_moved @ moves
    scatter = coat.noise * rng.standard_normal((draws, n))
    weights: Column = (1.0 + coat.weight) / (1.0 + error) - 1.0 + scatter
    return weights
