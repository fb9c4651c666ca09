"""Models of a process in control, from samples of it: the phase before a chart may judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linewright._core import chi_square_limit, q_limit, t2_limit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def fit_covariance(samples: ArrayLike) -> dict[str, Any]:
    """Mean and covariance of samples in control: keyword arguments of `Hotelling` and `Mewma`.

    `samples` has a row for each sample and a column for each variable. A limit must allow for the
    estimation: `t2_limit(variables, false_alarm, samples=len(samples))`.

    >>> model = fit_covariance([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]])
    >>> model["mean"], model["covariance"]
    ([2.0, 2.0], [[1.0, 0.5], [0.5, 1.0]])
    """
    from linewright import _principal as on  # noqa: PLC0415

    mean, covariance = on.mean_and_covariance(samples)
    return {"mean": mean.tolist(), "covariance": covariance.tolist()}


def fit_pca(
    samples: ArrayLike,
    *,
    false_alarm: float,
    lags: int = 0,
    explained: float = 0.9,
    components: int | None = None,
    blocks: int = 5,
) -> dict[str, Any]:
    """Principal-component model of samples in control: keyword arguments of `PcaChart`.

    `samples` has a row for each sample, in order of time, and a column for each variable.
    `components` are kept, else as many as hold the share `explained` of the variance. `false_alarm`
    is the wanted probability of an alarm per sample in control; T2 and Q are given half of it each.

    Real samples are neither normal nor independent, and a model fits the samples it was made from
    better than the next ones. So the limits come from samples that the model has not seen: each of
    `blocks` contiguous blocks is judged by a model of the others, and a multiple of a chi-square
    variable with the mean and the variance of what they gave (Box 1954) sets the limit. `blocks=0`
    takes the formulas for independent normal samples instead (F; Jackson and Mudholkar 1979).
    """
    from linewright import _principal as on  # noqa: PLC0415

    x = on.checked(samples)
    if lags < 0 or blocks < 0 or blocks == 1:
        raise ValueError(f"lags must be 0 or more and blocks 0 or 2 or more, got {lags}, {blocks}")
    if not 0.0 < explained < 1.0:
        raise ValueError(f"explained must be between 0 and 1, was {explained}")
    rows = on.lagged(x, lags)
    mean, scale = x.mean(axis=0), x.std(axis=0, ddof=1)
    variances, loadings = on.principal(on.standard(rows, mean, scale))
    if components is None:
        components = min(on.enough(variances, explained), rows.shape[1] - 1)
    if not 1 <= components < rows.shape[1]:
        raise ValueError(f"components must be from 1 to {rows.shape[1] - 1}, was {components}")
    if len(rows) <= components + 1:
        raise ValueError(f"needs more than {components + 1} samples, got {len(rows)}")
    if blocks:
        t2, q = on.left_out(x, lags, components, blocks)
        limits = [_box_limit(t2, 0.5 * false_alarm), _box_limit(q, 0.5 * false_alarm)]
    else:
        rest = [max(v, 0.0) for v in variances[components:].tolist()]
        limits = [
            t2_limit(components, 0.5 * false_alarm, len(rows)),
            q_limit(rest, 0.5 * false_alarm),
        ]
    return {
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "loadings": loadings[:, :components].tolist(),
        "variances": variances[:components].tolist(),
        "lags": lags,
        "t2_limit": limits[0],
        "q_limit": limits[1],
    }


def _box_limit(statistic: NDArray[np.float64], tail: float) -> float:
    """Limit of the multiple of a chi-square variable that has this mean and variance."""
    mean, variance = float(statistic.mean()), float(statistic.var(ddof=1))
    factor, freedom = variance / (2.0 * mean), 2.0 * mean * mean / variance
    return factor * chi_square_limit(tail, freedom)
