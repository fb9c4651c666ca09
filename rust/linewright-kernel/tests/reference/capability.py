"""Capability indices for `src/estimator/capability_tests.rs` by numpy 2.4.6 and scipy 1.17.1.

Readings are the same formula in both. The Anderson-Darling statistic is scipy's; its p-value is the
published curve, so the statistic is printed and the curve is applied here once more.
"""

import numpy as np
from scipy import stats


def readings(count: int) -> np.ndarray:
    t = np.arange(count, dtype=float)
    return 100.0 + np.sin(1.7 * t * t) + 0.6 * np.cos(0.9 * t * t + 1.0) + 0.3 * np.sin(5.0 * t)


def p_value(a: float) -> float:
    if a >= 0.6:
        return np.exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    if a > 0.34:
        return np.exp(0.9177 - 4.279 * a - 1.38 * a * a)
    if a > 0.2:
        return 1.0 - np.exp(-8.318 + 42.796 * a - 59.938 * a * a)
    return 1.0 - np.exp(-13.436 + 101.14 * a - 223.73 * a * a)


def show(x: np.ndarray, lo: float, hi: float, size: int, confidence: float) -> None:
    n = len(x)
    overall = x.std(ddof=1)
    if size == 1:
        within, freedom = np.abs(np.diff(x)).mean() / (2 / np.sqrt(np.pi)), 0.605 * (n - 1)
    else:
        groups = x[: n // size * size].reshape(-1, size)
        within = np.sqrt(groups.var(axis=1, ddof=1).mean())
        freedom = groups.shape[0] * (size - 1)
    tail = 0.5 * (1 - confidence)
    z = stats.norm.ppf(1 - tail)
    print(f"subgroup {size}")
    for name, sd, nu in (("c", within, freedom), ("p", overall, n - 1)):
        two = (hi - lo) / (6 * sd)
        near = min(hi - x.mean(), x.mean() - lo) / (3 * sd)
        reach = z * np.sqrt(1 / (9 * n) + near**2 / (2 * nu))
        low, high = two * np.sqrt(stats.chi2.ppf([tail, 1 - tail], nu) / nu)
        print("   ", name + "p", [float(v) for v in (two, low, high)])
        print("   ", name + "pk", [float(v) for v in (near, near - reach, near + reach)])
    a = float(stats.anderson(x, "norm").statistic) * (1 + 0.75 / n + 2.25 / n**2)
    off = x - x.mean()
    print("    p-value", p_value(a), "autocorrelation", float(off[1:] @ off[:-1] / (off @ off)))


show(readings(60), 96.0, 103.5, 1, 0.95)
show(readings(62), 96.0, 103.5, 5, 0.99)
