"""Fits the closed form of `src/detector/arl_glr.rs` to the table that `tests/glr_calibration.rs` prints.

Limit theory (Siegmund and Venkatraman 1995) gives the rate of alarms of a likelihood-ratio chart with
sizes from `m` up, both sides: `exp(-h) * (sqrt(h/pi) * J(m) + m^2/2 * nu(m)^2)`, with `J(m)` the integral of
`x * nu(x)^2` from `m` up. What it lacks at a finite `h` is a polynomial in `1/sqrt(h)` and `m`, by weighted least
squares on the logarithm of the run length. Needs numpy. Usage: `python glr_fit.py table.txt`.
"""

import math
import sys

import numpy as np


def cdf(x: float) -> float:
    """Distribution function of the standard normal variable."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def nu(x: float) -> float:
    """Overshoot correction, in the approximation of Siegmund and Yakir (2007)."""
    half = 0.5 * x
    density = math.exp(-0.5 * half * half) / math.sqrt(2.0 * math.pi)
    return (cdf(half) - 0.5) / half / (half * cdf(half) + density)


def limit(m: float, h: float) -> float:
    """Logarithm of the run length by limit theory."""
    x, w = np.polynomial.legendre.leggauss(64)
    x, w = m + 5.0 * (x + 1.0), 5.0 * w
    total = float(sum(b * a * nu(a) ** 2 for a, b in zip(x, w, strict=True)))
    return h - math.log(math.sqrt(h / math.pi) * total + 0.5 * (m * nu(m)) ** 2)


def terms(m: float, h: float) -> list[float]:
    """Terms of the correction."""
    s = 1.0 / math.sqrt(h)
    return [s**i * m**j for i in range(1, 6) for j in range(4)]


def main() -> None:
    """Prints the coefficients, row by row, and how far the table is from them."""
    points = []
    with open(sys.argv[1], encoding="utf-8") as table:
        for line in table:
            fields = line.split()
            if fields and fields[0] in ("direct", "tilted"):
                points.append((fields[0], *(float(f) for f in fields[1:5])))
    rows, right, weight = [], [], []
    for _, m, h, arl0, error in points:
        rows.append(terms(m, h))
        right.append(math.log(arl0) - limit(m, h))
        weight.append(1.0 / math.hypot(error, 0.002))
    scale = np.array(weight)
    fit, *_ = np.linalg.lstsq(np.array(rows) * scale[:, None], np.array(right) * scale, rcond=None)
    for i in range(0, len(fit), 4):
        print("    [" + ", ".join(f"{c:.6f}" for c in fit[i : i + 4]) + "],")
    off = np.array(rows) @ fit - np.array(right)
    for (kind, m, h, _, error), d in zip(points, off, strict=True):
        print(f"{kind} {m:5} {h:5} off {d:+.4f} error {error:.4f}")
    direct = np.array([kind == "direct" for kind, *_ in points])
    print("rms of direct:", np.sqrt(np.mean(off[direct] ** 2)), "max", np.abs(off[direct]).max())
    z = off / np.array([p[4] for p in points])
    print(
        "rms in standard errors:",
        np.sqrt(np.mean(z[direct] ** 2)),
        np.sqrt(np.mean(z[~direct] ** 2)),
    )


if __name__ == "__main__":
    main()
