"""Principal components of samples: what `fit_pca` computes with, loaded when it is called."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def mean_and_covariance(samples: ArrayLike) -> tuple[Array, Array]:
    """Of samples that are more than the variables."""
    x = checked(samples)
    if len(x) <= x.shape[1]:
        raise ValueError(f"needs more samples than variables, got {len(x)} and {x.shape[1]}")
    return x.mean(axis=0), np.atleast_2d(np.cov(x, rowvar=False))


def enough(variances: Array, explained: float) -> int:
    """Components that hold this share of the variance."""
    return int(np.searchsorted(np.cumsum(variances) / variances.sum(), explained)) + 1


def checked(samples: ArrayLike) -> Array:
    """Samples as an array; refuses what makes no model."""
    x = np.asarray(samples, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < 2 or x.shape[1] < 1:
        raise ValueError(f"samples must be rows of time by columns of variables, got {x.shape}")
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"samples must be finite: row {row}, column {column} is {x[row, column]}")
    still = np.flatnonzero(np.ptp(x, axis=0) == 0.0)
    if still.size:
        raise ValueError(f"column {still[0]} never moves: leave it out")
    return x


def lagged(x: Array, lags: int) -> Array:
    """Each sample beside the ones before it, newest first."""
    count = len(x) - lags
    if count < 2:
        raise ValueError(f"{len(x)} samples are too few for {lags} lags")
    return np.hstack([x[lags - lag : lags - lag + count] for lag in range(lags + 1)])


def standard(rows: Array, mean: Array, scale: Array) -> Array:
    """Rows of lagged samples, standardised."""
    times = rows.shape[1] // len(mean)
    return np.asarray((rows - np.tile(mean, times)) / np.tile(scale, times))


def principal(z: Array) -> tuple[Array, Array]:
    """Variances, largest first, and loadings, the largest entry of each positive."""
    variances, loadings = np.linalg.eigh(z.T @ z / (len(z) - 1))
    variances, loadings = variances[::-1], loadings[:, ::-1]
    largest = loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])]
    return variances, loadings * np.sign(largest)


def left_out(x: Array, lags: int, components: int, blocks: int) -> tuple[Array, Array]:
    """T2 and Q of every block, by a model of the other blocks."""
    edges = np.linspace(0, len(x), blocks + 1).astype(int)
    t2, q = [], []
    for start, end in pairwise(edges):
        parts = [part for part in (x[:start], x[end:]) if len(part) > lags + 1]
        if end - start <= lags + 1 or not parts:
            raise ValueError(f"{len(x)} samples are too few for {blocks} blocks")
        others = np.concatenate(parts)
        mean, scale = others.mean(axis=0), others.std(axis=0, ddof=1)
        if not (scale > 0.0).all():
            raise ValueError(f"column {int(scale.argmin())} moves in one block only: leave it out")
        rows = np.vstack([lagged(part, lags) for part in parts])
        variances, loadings = principal(standard(rows, mean, scale))
        kept = loadings[:, :components]
        z = standard(lagged(x[start:end], lags), mean, scale)
        scores = z @ kept
        t2.append((scores**2 / variances[:components]).sum(axis=1))
        q.append(((z - scores @ kept.T) ** 2).sum(axis=1))
    return np.concatenate(t2), np.concatenate(q)
