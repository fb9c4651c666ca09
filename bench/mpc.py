"""One step of predictive control within limits, from Python: `Mpc.update(...)` against the solvers
that pip installs.

Every side runs its own loop on the same plant with the same shocks, a slice of each in turn.
Ours takes state, reference and input as the arrays they are and gives the input; theirs takes a
gradient that is there already, updates and solves: forming it is left out of their time. Peers
come with `pip install 'linewright[bench]'`; one that is not there is left out, and said.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import linewright as lw
import numpy as np
from scipy import linalg, sparse

from bench._measure import Row, Spread

Array = np.ndarray[Any, np.dtype[np.float64]]
Step = Callable[..., Any]
PERIOD_S = 0.1
LIMIT = 0.5
INPUT_WEIGHT = 0.02
SLICE = 200
CASES = ((2, 1, 10), (2, 1, 20), (4, 2, 10), (4, 2, 20))
"""Masses, inputs, horizon."""
GOALS = {"daqp": "p50 at most 1/4, p99 1/5", "osqp": "p50 at most 1/50, p99 1/20"}
METHOD = (
    "slices of 200 steps of each loop in turn, wall clock of each step, "
    "an empty call's median taken off; theirs without forming the gradient"
)


@dataclass(frozen=True)
class Plant:
    """A chain of masses on springs, pushed at its ends, sampled with the input held."""

    a: Array
    b: Array
    horizon: int
    weight: Array

    @classmethod
    def chain(cls, masses: int, inputs: int, horizon: int) -> Plant:
        n = 2 * masses
        rate = np.zeros((n + inputs, n + inputs))
        for i in range(masses):
            rate[2 * i, 2 * i + 1] = 1.0
            rate[2 * i + 1, 2 * i + 1] = -0.2
            for j in (i - 1, i + 1):
                if 0 <= j < masses:
                    rate[2 * i + 1, 2 * i] -= 1.0
                    rate[2 * i + 1, 2 * j] += 1.0
        for j in range(inputs):
            rate[2 * j * (masses - 1) + 1, n + j] = 1.0
        held = linalg.expm(rate * PERIOD_S)
        return cls(held[:n, :n], held[:n, n:], horizon, np.tile([1.0, 0.1], masses))

    def condensed(self) -> tuple[Array, Array, Array]:
        """`p` of `1/2 u'pu + q'u`, and `q` per unit of state and of reference."""
        n, m = self.b.shape
        h = self.horizon
        free, forced = np.zeros((h * n, n)), np.zeros((h * n, h * m))
        power = np.eye(n)
        for k in range(h):
            response = power @ self.b
            power = self.a @ power
            free[k * n : (k + 1) * n] = power
            for stage in range(k, h):
                at = (stage - k) * m
                forced[stage * n : (stage + 1) * n, at : at + m] = response
        weighted = 2.0 * forced.T * np.tile(self.weight, h)
        p = weighted @ forced + 2.0 * INPUT_WEIGHT * np.eye(h * m)
        return (p + p.T) / 2.0, weighted @ free, -weighted @ np.tile(np.eye(n), (h, 1))


class Loop:
    """One side: its state, its times and what its way cost."""

    def __init__(self, name: str, plant: Plant, step: Step, prepare: Callable[[Any], Any]) -> None:
        self.name, self.plant, self.step, self.prepare = name, plant, step, prepare
        self.x = np.zeros(len(plant.a))
        self.u = np.zeros(plant.b.shape[1])
        self.times: list[int] = []
        self.cost = 0.0

    def advance(self, reference: Array, shock: Array) -> None:
        """One step, timed, and what the plant makes of it."""
        given = self.prepare((self.x, reference, self.u))
        clock = time.perf_counter_ns
        start = clock()
        result = self.step(*given)
        self.times.append(clock() - start)
        m = len(self.u)
        mv = result[0] if self.name == "ours" else np.asarray(result)[:m]
        self.u = np.clip(np.atleast_1d(mv), -LIMIT, LIMIT)
        self.x = self.plant.a @ self.x + self.plant.b @ self.u + shock
        error = self.x - reference
        self.cost += float(error @ (self.plant.weight * error) + INPUT_WEIGHT * self.u @ self.u)


def _ours(plant: Plant) -> Loop:
    m = plant.b.shape[1]
    kernel = lw.Mpc(
        a=plant.a.tolist(),
        b=plant.b.tolist(),
        horizon=plant.horizon,
        output_weight=plant.weight.tolist(),
        input_weight=[INPUT_WEIGHT] * m,
        input_lo=[-LIMIT] * m,
        input_hi=[LIMIT] * m,
        period_s=PERIOD_S,
    )

    return Loop("ours", plant, kernel.update, lambda now: now)


def _gradient(plant: Plant) -> Callable[[Any], tuple[Array]]:
    _, of_state, of_reference = plant.condensed()
    return lambda now: (of_state @ now[0] + of_reference @ now[1],)


def _daqp(plant: Plant, tight: bool = False) -> Step:
    daqp = import_module("daqp")
    p = plant.condensed()[0]
    n = len(p)
    model = daqp.Model()
    if tight:
        model.settings = {"primal_tol": 1e-11, "dual_tol": 1e-12}
    model.setup(p, np.zeros(n), np.zeros((0, n)), np.full(n, LIMIT), np.full(n, -LIMIT))

    def step(q: Array) -> Any:
        model.update(f=q)
        return model.solve()[0]

    return step


def _osqp(plant: Plant) -> Step:
    osqp = import_module("osqp")
    p = plant.condensed()[0]
    n = len(p)
    solver = osqp.OSQP()
    rows = sparse.eye(n, format="csc")
    bounds = (np.full(n, -LIMIT), np.full(n, LIMIT))
    solver.setup(sparse.csc_matrix(np.triu(p)), np.zeros(n), rows, *bounds, verbose=False)

    def step(q: Array) -> Any:
        solver.update(q=q)
        return solver.solve().x

    return step


def _osqp_sparse(plant: Plant) -> tuple[Step, Callable[[Any], Any]]:
    """States and inputs as variables, the plant as equations: what OSQP is made for."""
    osqp = import_module("osqp")
    n, m = plant.b.shape
    h = plant.horizon
    p = sparse.block_diag(
        [
            sparse.kron(sparse.eye(h), 2.0 * INPUT_WEIGHT * sparse.eye(m)),
            sparse.kron(sparse.eye(h), 2.0 * sparse.diags(plant.weight)),
        ],
        format="csc",
    )
    forced = sparse.kron(sparse.eye(h), plant.b)
    state = sparse.kron(sparse.eye(h, k=-1), plant.a) - sparse.eye(h * n)
    inputs = sparse.hstack([sparse.eye(h * m), sparse.csc_matrix((h * m, h * n))])
    rows = sparse.vstack([sparse.hstack([forced, state]), inputs], format="csc")
    lo = np.r_[np.zeros(h * n), np.full(h * m, -LIMIT)]
    hi = np.r_[np.zeros(h * n), np.full(h * m, LIMIT)]
    solver = osqp.OSQP()
    solver.setup(p, np.zeros(h * (n + m)), rows, lo, hi, verbose=False)

    def prepare(now: Any) -> Any:
        x, reference, _ = now
        q = np.r_[np.zeros(h * m), np.tile(-2.0 * plant.weight * reference, h)]
        lo[:n] = hi[:n] = -plant.a @ x
        return q, lo, hi

    def step(q: Array, low: Array, high: Array) -> Any:
        solver.update(q=q, l=low, u=high)
        return solver.solve().x

    return step, prepare


def _piqp(plant: Plant) -> Step:
    piqp = import_module("piqp")
    p = plant.condensed()[0]
    n = len(p)
    solver = piqp.DenseSolver()
    box = {"x_l": np.full(n, -LIMIT), "x_u": np.full(n, LIMIT)}
    solver.setup(np.asfortranarray(p), np.zeros(n), **box)

    def step(q: Array) -> Any:
        solver.update(c=q)
        solver.solve()
        return solver.result.x

    return step


def _proxqp(plant: Plant) -> Step:
    dense = import_module("proxsuite").proxqp.dense
    p = plant.condensed()[0]
    n = len(p)
    solver = dense.QP(n, 0, 0, True)
    nothing = (None,) * 5
    solver.init(p, np.zeros(n), *nothing, np.full(n, -LIMIT), np.full(n, LIMIT))

    def step(q: Array) -> Any:
        solver.update(g=q)
        solver.solve()
        return solver.results.x

    return step


PEERS: dict[str, tuple[str, str, Callable[[Plant], Any]]] = {
    "daqp": ("daqp", "DAQP, warm", _daqp),
    "osqp": ("osqp", "OSQP, condensed, warm", _osqp),
    "osqp-sparse": ("osqp", "OSQP, sparse, warm", _osqp_sparse),
    "piqp": ("piqp", "PIQP, condensed", _piqp),
    "proxqp": ("proxsuite", "ProxQP, condensed, warm", _proxqp),
}
"""Module, name in the table, how it is set up."""


def _present() -> list[str]:
    found = []
    for name, (module, _, _) in PEERS.items():
        try:
            import_module(module)
        except ModuleNotFoundError:
            print(f"bench: {module} is not installed: no row against it", file=sys.stderr)
        else:
            found.append(name)
    return found


def _run(plant: Plant, loops: list[Loop], samples: int, seed: int) -> None:
    """All loops in turn, `SLICE` steps of each; the cycle collector is off meanwhile."""
    rng = np.random.default_rng(seed)
    n = len(plant.a)
    levels = np.zeros((samples, n))
    levels[:, ::2] = np.repeat(rng.uniform(-1.0, 1.0, size=-(-samples // 40)), 40)[:samples, None]
    shocks = 0.02 * rng.normal(size=(samples, n))
    was_on = gc.isenabled()
    gc.disable()
    try:
        for start in range(0, samples, SLICE):
            part = slice(start, start + SLICE)
            for loop in loops:
                for reference, shock in zip(levels[part], shocks[part], strict=True):
                    loop.advance(reference, shock)
    finally:
        if was_on:
            gc.enable()


def _floor() -> int:
    """Median time of a call that does nothing, ns."""

    def nothing(given: object) -> object:
        return given

    clock = time.perf_counter_ns
    given = (None,)
    times = []
    for _ in range(2001):
        start = clock()
        nothing(*given)
        times.append(clock() - start)
    return sorted(times)[1000]


def rows(quick: bool) -> Iterator[Row]:
    samples, warm_up = (200, 20) if quick else (4000, 200)
    names = _present()
    for masses, inputs, horizon in CASES:
        plant = Plant.chain(masses, inputs, horizon)
        gradient = _gradient(plant)
        ours = _ours(plant)
        loops = [ours]
        for name in names:
            built = PEERS[name][2](plant)
            step, prepare = built if isinstance(built, tuple) else (built, gradient)
            loops.append(Loop(name, plant, step, prepare))
        if "daqp" in names:
            loops.append(Loop("exact", plant, _daqp(plant, tight=True), gradient))
        _run(plant, loops, samples, seed=1)
        floor = _floor()
        spread = {
            loop.name: Spread.of([max(0, ns - floor) / 1000.0 for ns in loop.times[warm_up:]])
            for loop in loops
        }
        exact = loops[-1].cost
        for loop in loops[1:]:
            if loop.name == "exact":
                continue
            mine, theirs = spread["ours"], spread[loop.name]
            yield Row(
                id=f"mpc.n{2 * masses}.m{inputs}.h{horizon}.{loop.name}",
                what=f"Mpc.update(...), {2 * masses} states, {inputs} inputs, horizon {horizon}",
                against=PEERS[loop.name][1],
                kind="peer",
                unit="us",
                ours=mine,
                theirs=theirs,
                method=METHOD,
                goal=GOALS.get(loop.name.split("-", maxsplit=1)[0], ""),
                facts={
                    "ratio_at_p99": mine.p99 / theirs.p99,
                    "our_cost_over_exact": ours.cost / exact - 1.0,
                    "their_cost_over_exact": loop.cost / exact - 1.0,
                    "floor_ns": floor,
                },
            )
