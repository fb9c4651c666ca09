"""What sound trays are like under a formation programme, learnt from windows of their voltages."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
TRAY = 32


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


def slopes(median_v: Array, mean_a: Array, ends_s: Array, rest_a: float) -> Array:
    """Slope of the median cell's voltage over its charge, mV/Ah.

    Where the current stands, by the windows before and behind; across a rest the slope before it
    holds, in other windows the one between their neighbours.
    """
    middle = (np.concatenate(([0.0], ends_s[:-1])) + ends_s) / 2.0
    flows = np.abs(mean_a) > rest_a
    steady = np.zeros(len(ends_s), bool)
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
    resting = ~flows & (np.arange(len(ends_s)) > at[0])
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
) -> dict[str, list[float]]:
    """The lists of a `FormationWatch`; see `linewright.front_ends.learn_formation`."""
    volts, amps = np.asarray(mean_v, float), np.asarray(mean_a, float)
    ends = np.asarray(ends_s, float)
    if volts.ndim != 2 or len(volts) != len(ends) or volts.shape[1] % TRAY or not volts.size:
        raise ValueError(
            f"mean_v must be a row for each of {len(ends)} windows and 32 columns for each tray,"
            f" was {volts.shape}"
        )
    if volts.shape[1] < 4 * len(ends):
        raise ValueError(
            f"{volts.shape[1]} cells are too few for {len(ends)} windows: at least four a window"
        )
    if not (np.isfinite(volts).all() and np.isfinite(amps).all()):
        raise ValueError("mean_v and mean_a must be finite: leave out cells that lack readings")
    residual_mv, median_v = from_tray(volts)
    lengths_s = np.diff(ends, prepend=0.0)
    # The median of 32 adds its own noise: 1 + pi/2/32 of the variance.
    noise_mv = voltage_sd_mv * np.sqrt((1.0 + np.pi / 2.0 / TRAY) / lengths_s)
    factors_mv, left_mv = factors_of(residual_mv, noise_mv, factors)
    current_a = np.median(amps, axis=1) if amps.ndim == 2 else amps
    return {
        "ends_s": ends.tolist(),
        "factors_mv": factors_mv.round(5).ravel().tolist(),
        "noise_mv": left_mv.round(5).tolist(),
        "median_v": median_v.round(4).tolist(),
        "slope_mv_per_ah": slopes(median_v, current_a, ends, rest_a).round(3).tolist(),
        "current_a": current_a.round(4).tolist(),
    }
