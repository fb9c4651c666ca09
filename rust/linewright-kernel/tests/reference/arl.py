"""Run lengths to 50 digits for `src/detector/arl_tests.rs`: the same equations, another arithmetic.

Plain elimination with pivoting in 50-digit arithmetic, Gauss-Legendre with 200 nodes, the normal
distribution by its series. Standard library only; about 20 s.
"""

from decimal import Decimal, getcontext
from math import cos, pi

getcontext().prec = 50
NODES = 200
ONE, HALF = Decimal(1), Decimal("0.5")


def arctan_inverse(n: int) -> Decimal:
    """Arcus tangent of `1/n`."""
    total = term = ONE / n
    i = 1
    while abs(term) > Decimal("1e-52"):
        term = -term / (n * n)
        i += 2
        total += term / i
    return total


PI = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))
ROOT = (2 * PI).sqrt()


def density(x: Decimal) -> Decimal:
    """Density of the standard normal variable."""
    return (-x * x / 2).exp() / ROOT


def cdf(x: Decimal) -> Decimal:
    """Series `1/2 + density(x) * (x + x^3/3 + x^5/15 + ...)`; a continued fraction far out."""
    if abs(x) > 12:
        size = abs(x)
        fraction = size
        for i in range(400, 0, -1):
            fraction = size + Decimal(i) / fraction
        tail = density(size) / fraction
        return tail if x < 0 else 1 - tail
    getcontext().prec = 100
    term = total = x
    i = 1
    while abs(term) > Decimal("1e-95"):
        i += 2
        term = term * x * x / i
        total += term
    value = HALF + density(x) * total
    getcontext().prec = 50
    return +value


def legendre(a: Decimal, b: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Nodes and weights on `[a, b]`."""
    out = []
    for i in range(NODES):
        x = Decimal(cos(pi * (i + 0.75) / (NODES + 0.5)))
        for _ in range(8):
            p, before = x, ONE
            for d in range(2, NODES + 1):
                p, before = ((2 * d - 1) * x * p - (d - 1) * before) / d, p
            slope = NODES * (x * p - before) / (x * x - 1)
            x -= p / slope
        out.append(((a + b) / 2 + (b - a) / 2 * x, (b - a) / ((1 - x * x) * slope * slope)))
    return out


def solve(matrix: list[list[Decimal]], right: list[Decimal]) -> list[Decimal]:
    """Gauss elimination with pivoting."""
    n = len(right)
    for c in range(n):
        pivot = max(range(c, n), key=lambda r: abs(matrix[r][c]))
        matrix[c], matrix[pivot] = matrix[pivot], matrix[c]
        right[c], right[pivot] = right[pivot], right[c]
        row = matrix[c]
        for r in range(c + 1, n):
            f = matrix[r][c] / row[c]
            if f:
                other = matrix[r]
                for j in range(c, n):
                    other[j] -= f * row[j]
                right[r] -= f * right[c]
    x = [Decimal(0)] * n
    for r in reversed(range(n)):
        x[r] = (right[r] - sum(matrix[r][j] * x[j] for j in range(r + 1, n))) / matrix[r][r]
    return x


def cusum(k: Decimal, h: Decimal, shift: Decimal) -> Decimal:
    """One-sided CUSUM from zero."""
    nodes = [(Decimal(0), Decimal(0)), *legendre(Decimal(0), h)]
    matrix = []
    for i, (u, _) in enumerate(nodes):
        row = [-w * density(y + k - u - shift) for y, w in nodes]
        row[0] = -cdf(k - u - shift)
        row[i] += 1
        matrix.append(row)
    return solve(matrix, [ONE] * len(nodes))[0]


def ewma(weight: Decimal, limit: Decimal, shift: Decimal) -> Decimal:
    """EWMA chart with its settled limit."""
    edge = limit * (weight / (2 - weight)).sqrt()
    nodes = legendre(-edge, edge)

    def row_of(u: Decimal) -> list[Decimal]:
        return [w * density((y - (1 - weight) * u) / weight - shift) / weight for y, w in nodes]

    matrix = []
    for i, (u, _) in enumerate(nodes):
        row = [-p for p in row_of(u)]
        row[i] += 1
        matrix.append(row)
    lengths = solve(matrix, [ONE] * len(nodes))
    return 1 + sum(p * x for p, x in zip(row_of(Decimal(0)), lengths, strict=True))


if __name__ == "__main__":
    for k, h, shift in [
        ("0.5", "5", "0"),
        ("0.5", "5", "1"),
        ("0.5", "17.116", "0"),
        ("0.5", "40", "0"),
        ("0.25", "60", "0"),
        ("0.25", "60", "0.5"),
    ]:
        print(
            f"cusum({k}, {h}, {shift}) = {cusum(Decimal(k), Decimal(h), Decimal(shift)):.16e}",
            flush=True,
        )
    for weight, limit, shift in [
        ("0.1", "2.814", "0"),
        ("0.1", "2.814", "1"),
        ("0.02", "6", "0"),
        ("0.005", "3", "0"),
    ]:
        arl = ewma(Decimal(weight), Decimal(limit), Decimal(shift))
        print(f"ewma({weight}, {limit}, {shift}) = {arl:.16e}", flush=True)
