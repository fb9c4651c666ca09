"""Random quadratic programs that have a solution, the same for every reader of a seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
COUNT = 1000


class Program(NamedTuple):
    """`min 1/2 x'px + q'x` subject to `lo <= a*x <= hi`."""

    p: Array
    q: Array
    a: Array
    lo: Array
    hi: Array


def program(seed: int) -> Program:
    """Up to 30 variables and 60 rows: boxes, bounds on one side, bounds on both, equations; a point
    lies inside of all. The conditioning of `p` goes up to 1e6."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 31))
    boxes = n if seed % 2 else 0
    others = int(rng.integers(1, n + 1))
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    p = (turn * 10.0 ** rng.uniform(-3.0, 3.0, size=n)) @ turn.T
    a = np.vstack([np.eye(n)[:boxes], rng.normal(size=(others, n))])
    inside = a @ rng.normal(size=n)
    lo = inside - rng.exponential(0.5, size=len(a))
    hi = inside + rng.exponential(0.5, size=len(a))
    kind = rng.integers(0, 8, size=len(a))
    kind[:boxes] = 7
    lo[kind < 2] = -np.inf
    hi[kind == 2] = np.inf
    equal = np.flatnonzero(kind == 3)[: n // 3]
    lo[equal] = hi[equal] = inside[equal]
    q = 10.0 ** rng.uniform(-1.0, 2.0) * rng.normal(size=n)
    return Program((p + p.T) / 2.0, q, a, lo, hi)
