"""Tails and run lengths for `chi_square.rs` and `mewma_arl_tests.rs`, by scipy 1.17 and numpy.

The run lengths come from the same integral equation on other nodes (Cartesian: along the shift, and the
squared length of the rest as a share of what is left), solved by LU. About 20 s.
"""

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy import stats


def rule(n: int, a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on `[a, b]`."""
    x, w = leggauss(n)
    return 0.5 * (a + b) + 0.5 * (b - a) * x, 0.5 * (b - a) * w


def in_control(p: int, weight: float, limit: float, n: int = 200) -> float:
    """Chain on the squared length of the average, in units of a reading."""
    radius = np.sqrt(limit / (weight * (2 - weight)))
    r, w = rule(n, 0.0, radius)

    def density(offset: np.ndarray) -> np.ndarray:
        return w * 2 * r * stats.ncx2.pdf(r**2, p, offset[:, None])

    lengths = np.linalg.solve(np.eye(n) - density(((1 - weight) * r) ** 2), np.ones(n))
    return 1 + float((w * 2 * r * stats.chi2.pdf(r**2, p)) @ lengths)


def shifted(p: int, weight: float, limit: float, shift: float, n: int = 48, m: int = 24) -> float:
    """Chain on the part along the shift and the length of the rest."""
    radius = np.sqrt(limit / (weight * (2 - weight)))
    angle, wa = rule(n, -np.pi / 2, np.pi / 2)
    share, ws = rule(m, 0.0, 1.0)
    a = np.repeat(radius * np.sin(angle), m)
    most = np.repeat(radius * np.cos(angle), m)
    b = most * np.tile(share, n)
    w = np.repeat(wa * radius * np.cos(angle), m) * np.tile(ws, n) * most
    keep = 1 - weight

    def density(a0: np.ndarray, b0: np.ndarray) -> np.ndarray:
        along = stats.norm.pdf(a - keep * a0[:, None] - shift)
        offset = np.maximum((keep * b0[:, None]) ** 2, 1e-300)
        return w * along * 2 * b * stats.ncx2.pdf(b**2, p - 1, offset)

    lengths = np.linalg.solve(np.eye(n * m) - density(a, b), np.ones(n * m))
    return 1 + float((density(np.zeros(1), np.zeros(1)) @ lengths)[0])


if __name__ == "__main__":
    for x, p in [(0.1, 1.0), (10.0, 2.0), (90.0, 52.0), (60.0, 2.0), (1100.0, 1000.0)]:
        print(f"chi2.sf({x}, {p}) = {stats.chi2.sf(x, p):.15e}")
    for tail, p in [(0.005, 2.0), (1e-8, 52.0), (0.5, 3.7)]:
        print(f"chi2.isf({tail}, {p}) = {stats.chi2.isf(tail, p):.15e}")
    for x, p, offset in [
        (8.0, 2.0, 1.0),
        (90.0, 52.0, 25.0),
        (200.0, 3.0, 20.0),
        (3.0, 4.0, 900.0),
    ]:
        print(f"ncx2.sf({x}, {p}, {offset}) = {stats.ncx2.sf(x, p, offset):.15e}")
    for tail, a, b in [(0.01, 2.0, 48.0), (0.005, 30.0, 470.0), (1e-6, 3.0, 20.0)]:
        print(f"f.isf({tail}, {a}, {b}) = {stats.f.isf(tail, a, b):.15e}")
    for y, p, m in [(0.5, 1.0, 2.0), (3.0, 2.0, 2.5), (9.0, 52.0, 4.0), (40.0, 3.0, 38.0)]:
        print(f"density({y}, {p}, {m}) = {2 * y * stats.ncx2.pdf(y * y, p, m * m):.15e}")
    for p, weight, limit in [(2, 0.1, 8.64), (4, 0.05, 11.0), (10, 0.2, 25.0)]:
        print(f"mewma({p}, {weight}, {limit}, 0) = {in_control(p, weight, limit):.12e}")
    for p, weight, limit, shift in [(2, 0.1, 8.64, 1.0), (4, 0.2, 14.0, 0.5), (10, 0.3, 25.0, 2.0)]:
        print(f"mewma({p}, {weight}, {limit}, {shift}) = {shifted(p, weight, limit, shift):.12e}")
