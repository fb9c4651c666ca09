"""Poles and half-power frequencies of the Bessel low-pass for `src/filter/bessel.rs`, to 40 digits.

The reverse Bessel polynomial `sum((2n-k)! / (2^(n-k) k! (n-k)!) s^k)` by Newton's method in rational
arithmetic cut to 40 digits, from starting points of Durand-Kerner in floats. Standard library only.
"""

from decimal import Decimal, getcontext
from math import factorial

getcontext().prec = 40
Pair = tuple[Decimal, Decimal]


def polynomial(n: int) -> list[int]:
    """Coefficients, lowest power first."""
    return [
        factorial(2 * n - k) // (2 ** (n - k) * factorial(k) * factorial(n - k))
        for k in range(n + 1)
    ]


def times(a: Pair, b: Pair) -> Pair:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def over(a: Pair, b: Pair) -> Pair:
    size = b[0] * b[0] + b[1] * b[1]
    return (a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size


def value(c: list[int], s: Pair) -> tuple[Pair, Pair]:
    """The polynomial and its slope."""
    p: Pair = (Decimal(0), Decimal(0))
    d = p
    for a in reversed(c):
        d = times(d, s)
        d = (d[0] + p[0], d[1] + p[1])
        p = times(p, s)
        p = (p[0] + a, p[1])
    return p, d


def roots(n: int) -> list[Pair]:
    c = polynomial(n)
    z = [n * (0.4 + 0.9j) ** i for i in range(n)]
    for _ in range(2000):
        for i in range(n):
            p = sum(a * z[i] ** k for k, a in enumerate(c))
            for j in range(n):
                if j != i:
                    p /= z[i] - z[j]
            z[i] -= p
    found = []
    for w in z:
        s = (Decimal(w.real), Decimal(w.imag))
        for _ in range(8):
            q = over(*value(c, s))
            s = (s[0] - q[0], s[1] - q[1])
        found.append(s)
    return sorted((s for s in found if s[1] > Decimal("-1e-30")), key=lambda s: -s[1])


def half_power(n: int) -> Decimal:
    c = polynomial(n)
    lo, hi = Decimal("0.5"), Decimal(5)
    for _ in range(130):
        w = (lo + hi) / 2
        (re, im), _ = value(c, (Decimal(0), w))
        if re * re + im * im < 2 * c[0] * c[0]:
            lo = w
        else:
            hi = w
    return lo


for order in range(1, 9):
    poles = ", ".join(f"({re:.20g}, {abs(im):.20g})" for re, im in roots(order))
    print(f"    ({half_power(order):.20g}, {polynomial(order)[0]}.0, &[{poles}]),")
