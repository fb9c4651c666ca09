"""Least costs of quadratic programs, for tests/kernels/test_mpc.py.

Writes tests/kernels/quadratic_programs.json from the root of the repository: the 1,000 programs of
tests/kernels/random_programs.py, and the 20 of a balancing robot's controller when
LINEWRIGHT_DATA names the folder of the shared recordings. Every cost is that of PIQP and of
Clarabel, which must agree to 1e-7 of it. Made with piqp 0.7.0, clarabel 0.11.1, numpy 2.4.6.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import clarabel
import numpy as np
import piqp
from scipy import sparse

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests" / "kernels"))
from random_programs import COUNT, Program, program  # noqa: E402


def by_piqp(given: Program) -> float:
    p, q, a, lo, hi = given
    equal = lo == hi
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    solver.settings.eps_duality_gap_abs = solver.settings.eps_duality_gap_rel = 1e-11
    solver.settings.max_iter = 500
    f = np.asfortranarray
    solver.setup(f(p), q, f(a[equal]), lo[equal], f(a[~equal]), lo[~equal], hi[~equal])
    if solver.solve() != piqp.PIQP_SOLVED:
        raise RuntimeError("PIQP did not solve it")
    x = solver.result.x
    return float(0.5 * x @ p @ x + q @ x)


def by_clarabel(given: Program) -> float:
    p, q, a, lo, hi = given
    equal = lo == hi
    upper, lower = ~equal & np.isfinite(hi), ~equal & np.isfinite(lo)
    rows = np.vstack([a[equal], a[upper], -a[lower]])
    limits = np.r_[hi[equal], hi[upper], -lo[lower]]
    cones = [
        clarabel.ZeroConeT(int(equal.sum())),
        clarabel.NonnegativeConeT(len(rows) - int(equal.sum())),
    ]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-11
    solved = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(p)), q, sparse.csc_matrix(rows), limits, cones, settings
    ).solve()
    x = np.array(solved.x)
    return float(0.5 * x @ p @ x + q @ x)


def cost(name: str, given: Program) -> float:
    first, second = by_piqp(given), by_clarabel(given)
    if abs(first - second) > 1e-7 * max(1.0, abs(first)):
        raise RuntimeError(f"{name}: PIQP says {first}, Clarabel {second}")
    return float(f"{first:.11e}")


def main() -> None:
    random = [cost(f"random {seed}", program(seed)) for seed in range(COUNT)]
    robot = {}
    folder = Path(os.environ["LINEWRIGHT_DATA"]) / "mpc_qp"
    for i in range(20):
        name = f"WHLIPBAL{i}"
        found = np.load(folder / f"{name}.npz")
        none = np.full(len(found["h"]), -np.inf)
        robot[name] = cost(name, Program(found["P"], found["q"], found["G"], none, found["h"]))
    to = ROOT / "tests" / "kernels" / "quadratic_programs.json"
    to.write_text(json.dumps({"random": random, "robot": robot}, indent=0) + "\n")


main()
