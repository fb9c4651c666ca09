"""What sound trays are like under a formation programme, learnt from windows of their voltages."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
TRAY = 32
LAG_SD_MV = 3.0
"""What a cell's voltage may be off behind a window in which channels hold one, mV: wide, so that a
short is sought in what no contact explains. One of 1 mohm leaves 1.3 mV of the last current of the
default charge, and as much again for the time its channel reached the limit too soon."""


def from_tray(mean_v: Array) -> tuple[Array, Array]:
    """Residuals from the median of each tray, mV, and the median of all trays, V."""
    trays = mean_v.reshape(len(mean_v), -1, TRAY)
    median = np.median(trays, axis=2, keepdims=True)
    return 1e3 * (trays - median).reshape(len(mean_v), -1), median.mean(axis=(1, 2))


def factors_of(residual_mv: Array, noise_mv: Array, factors: int) -> tuple[Array, Array]:
    """Ways of differing, mV per standard deviation, and the noise they leave, mV."""
    z = residual_mv / noise_mv[:, None]
    covariance = z @ z.T / z.shape[1]
    variances, loadings = np.linalg.eigh(covariance)
    variances, loadings = variances[::-1][:factors], loadings[:, ::-1][:, :factors]
    loadings = loadings * np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(factors)])
    # What is beyond the noise, of variance 1 in these units, is the cells'.
    found = loadings * np.sqrt(np.maximum(variances - 1.0, 0.0))
    left = np.maximum(covariance.diagonal() - (found**2).sum(axis=1), 0.25)
    return found * noise_mv[:, None], np.sqrt(left) * noise_mv


def slopes(
    median_v: Array, mean_a: Array, bounds_s: Array, rest_a: float, held: NDArray[np.bool_]
) -> Array:
    """Slope of the median cell's voltage over its charge, mV/Ah, windows between `bounds_s`.

    Where the current stands, by the windows before and behind; across a rest, and where channels
    hold a voltage, the slope before it holds, in other windows the one between their neighbours.
    """
    middle = (bounds_s[:-1] + bounds_s[1:]) / 2.0
    flows = (np.abs(mean_a) > rest_a) & ~held
    steady = np.zeros(len(middle), bool)
    steady[1:-1] = (
        flows[:-2]
        & flows[1:-1]
        & flows[2:]
        & (np.abs(mean_a[2:] - mean_a[:-2]) < 0.1 * np.abs(mean_a[1:-1]))
    )
    if not steady.any():
        raise ValueError("no three windows behind each other have the same current")
    at = np.flatnonzero(steady)
    rise_v = median_v[at + 1] - median_v[at - 1]
    charge_ah = (middle[at + 1] - middle[at - 1]) * mean_a[at] / 3600.0
    slope = np.interp(middle, middle[at], 1e3 * rise_v / charge_ah)
    resting = ~flows & (np.arange(len(middle)) > at[0])
    for i in np.flatnonzero(resting):
        slope[i] = slope[i - 1]
    return np.asarray(slope)


def learn(
    mean_v: ArrayLike,
    mean_a: ArrayLike,
    *,
    ends_s: ArrayLike,
    voltage_sd_mv: float,
    factors: int,
    rest_a: float,
    part_from_s: ArrayLike,
    held_ends_s: ArrayLike,
) -> dict[str, list[float]]:
    """The lists of a `FormationWatch`; see `linewright.front_ends.learn_formation`."""
    volts, amps = np.asarray(mean_v, float), np.asarray(mean_a, float)
    ends = np.asarray(ends_s, float)
    if volts.ndim != 2 or len(volts) != len(ends) or volts.shape[1] % TRAY or not volts.size:
        raise ValueError(
            f"mean_v must be a row for each of {len(ends)} windows and 32 columns for each tray,"
            f" was {volts.shape}"
        )
    starts, held_ends = np.asarray(part_from_s, float), np.asarray(held_ends_s, float)
    for name, marks in (("part_from_s", starts), ("held_ends_s", held_ends)):
        if not np.isin(marks, ends).all():
            raise ValueError(f"{name} must be among ends_s, was {marks.tolist()}")
    bounds = [0, *(np.searchsorted(ends, starts) + 1).tolist(), len(ends)]
    parts = [slice(first, last) for first, last in itertools.pairwise(bounds)]
    most = max(part.stop - part.start for part in parts)
    if volts.shape[1] < 4 * most:
        raise ValueError(
            f"{volts.shape[1]} cells are too few for {most} windows: at least four a window"
        )
    if not (np.isfinite(volts).all() and np.isfinite(amps).all()):
        raise ValueError("mean_v and mean_a must be finite: leave out cells that lack readings")
    residual_mv, median_v = from_tray(volts)
    edges_s = np.concatenate(([0.0], ends))
    # The median of 32 adds its own noise: 1 + pi/2/32 of the variance.
    noise_mv = voltage_sd_mv * np.sqrt((1.0 + np.pi / 2.0 / TRAY) / np.diff(edges_s))
    current_a = np.median(amps, axis=1) if amps.ndim == 2 else amps
    held = np.isin(ends, held_ends)
    factors_mv, left_mv = np.zeros((len(ends), factors)), noise_mv.copy()
    slope = np.zeros(len(ends))
    for part in parts:
        # Where channels hold a voltage cells differ by when they reached it: left out.
        seen = np.arange(part.start, part.stop)[~held[part]]
        edges = edges_s[part.start : part.stop + 1]
        slope[part] = slopes(median_v[part], current_a[part], edges, rest_a, held[part])
        behind = np.flatnonzero(held[part].cumsum() > 0) + part.start
        # Half as many ways as windows at most: more would be their noise.
        own = min(factors - bool(len(behind)), (len(seen) + 1) // 2)
        factors_mv[seen, :own], left_mv[seen] = factors_of(residual_mv[seen], noise_mv[seen], own)
        if len(behind):
            factors_mv[behind, -1] = LAG_SD_MV * slope[behind] / slope[behind[0]]
    return {
        "ends_s": ends.tolist(),
        "part_from_s": starts.tolist(),
        "held_ends_s": held_ends.tolist(),
        "factors_mv": factors_mv.round(5).ravel().tolist(),
        "noise_mv": left_mv.round(5).tolist(),
        "median_v": median_v.round(4).tolist(),
        "slope_mv_per_ah": slope.round(3).tolist(),
        "current_a": current_a.round(4).tolist(),
    }
