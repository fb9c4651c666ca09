"""The formation watch on cells of another origin: `python -m bench.other_cells [--trays N]`.

The cells are PyBaMM's single particle model (Chen et al. 2020, LG M50 of 5 Ah) with a growing SEI,
not the twin's: diffusion in place of resistances, kinetics, another film. Each differs by capacity,
SEI rate, resistance, diffusivities and initial charge. The watch learns from trays of such cells
and looks for shorts in others; a short of the default rack's 77.5 Ah cell takes the same share of
the charge here at 15.5 times its resistance. Needs the extra
`cells` (`pip install "linewright[cells]"`).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

import numpy as np
import pybamm  # type: ignore[import-untyped]
from linewright.front_ends import FormationWatch, learn_formation
from linewright.stations.formation.model import Limits
from linewright.twin import FormationTwin
from numpy.typing import NDArray

Array = NDArray[np.float64]
TRAY = FormationTwin.TRAY
CAPACITY_AH = 5.0
SCALE = 77.5 / CAPACITY_AH
"""A short of so many times the resistance takes the same share of the charge."""
PHASES = ((10, 0.0), (1500, 0.1), (1380, 0.1), (1440, 0.0), (2870, 1.0 / 3.0))
"""Length s and rate 1/h; a short closes with a phase."""
SECONDS = sum(length for length, _ in PHASES)
ENDS_S = (*range(10, 121, 10), *range(150, 1801, 30), *range(1860, SECONDS + 1, 60))
FACTORS = 20
NOISE_MV, OFFSET_MV = 0.3, 1.0
LIMITS = Limits(resistance_mohm=25.0, rest_a=0.02, off_programme_a=0.05, contact_limit_mohm=1e3)


class Cells:
    """Draws cells and gives their voltages, one number a second."""

    def __init__(self) -> None:
        model = pybamm.lithium_ion.SPM({"SEI": "reaction limited", "contact resistance": "true"})
        values = pybamm.ParameterValues("Chen2020")
        self._usual = {
            name: float(values[name])
            for name in (
                "SEI reaction exchange current density [A.m-2]",
                "Negative particle diffusivity [m2.s-1]",
                "Positive particle diffusivity [m2.s-1]",
            )
        }
        # 2 % of the charge are left in the cell.
        x0, x100, y100, y0 = pybamm.lithium_ion.get_min_max_stoichiometries(values)
        x0, y0 = x0 + 0.02 * (x100 - x0), y0 - 0.02 * (y0 - y100)
        self._initial = {
            "Initial concentration in negative electrode [mol.m-3]": x0
            * float(values["Maximum concentration in negative electrode [mol.m-3]"]),
            "Initial concentration in positive electrode [mol.m-3]": y0
            * float(values["Maximum concentration in positive electrode [mol.m-3]"]),
        }
        varied = [*self._usual, *self._initial, "Contact resistance [Ohm]"]
        values.update(dict.fromkeys(varied, "[input]"), check_already_exists=False)
        # Steps alike in all but their law count as one: each has a limit of its own, never reached.
        steps = [
            pybamm.step.CustomStepImplicit(
                self._law(i, rate), duration=length, termination=f"{4.5 + 0.01 * i} V"
            )
            for i, (length, rate) in enumerate(PHASES)
        ]
        experiment = pybamm.Experiment(steps, period="1 second")
        self._simulation = pybamm.Simulation(
            model, experiment=experiment, parameter_values=values, solver=pybamm.IDAKLUSolver()
        )

    @staticmethod
    def _law(phase: int, rate: float) -> Any:
        """Current of a phase: what the channel gives less what the short takes, charge negative."""

        def law(variables: dict[str, Any]) -> Any:
            given = rate * CAPACITY_AH / pybamm.InputParameter("capacity")
            short = pybamm.InputParameter(f"short {phase}")
            return variables["Current [A]"] + given - short * variables["Voltage [V]"]

        return law

    def draw(self, rng: np.random.Generator, short_s: Array) -> Array:
        """Voltage of one cell as a channel reads it, V, and its seconds."""

        def factor(sd: float) -> float:
            return float(1.0 + sd * rng.normal())

        inputs = {**self._usual, **self._initial}
        inputs["SEI reaction exchange current density [A.m-2]"] *= factor(0.08)
        inputs["Negative particle diffusivity [m2.s-1]"] *= factor(0.03)
        inputs["Positive particle diffusivity [m2.s-1]"] *= factor(0.03)
        charge = factor(0.002)
        inputs["Initial concentration in negative electrode [mol.m-3]"] *= charge
        inputs["Contact resistance [Ohm]"] = 0.010 * factor(0.03)
        inputs["capacity"] = factor(0.003)
        inputs |= {f"short {i}": float(g) for i, g in enumerate(short_s)}
        solution = self._simulation.solve(inputs=inputs)
        seconds = np.arange(1.0, SECONDS + 1.0)
        clean: Array = np.interp(seconds, solution.t, solution["Voltage [V]"].entries)
        offset, noise = OFFSET_MV * rng.normal(), NOISE_MV * rng.normal(size=SECONDS)
        return clean + 1e-3 * (offset + noise)

    def trays(self, count: int, seed: int, ohm: float = np.inf, phase: int = 0) -> Array:
        """Voltages of so many trays, a row a second; the middle cell has a short from `phase`."""
        rng = np.random.default_rng(seed)
        columns = []
        for cell in range(count * TRAY):
            short_s = np.zeros(len(PHASES))
            if np.isfinite(ohm) and cell % TRAY == TRAY // 2:
                short_s[phase:] = 1.0 / ohm
            columns.append(self.draw(rng, short_s))
        return np.array(columns).T


def current() -> Array:
    """Current of the programme, A, one number a second."""
    return np.concatenate([np.full(length, rate * CAPACITY_AH) for length, rate in PHASES])


def means(rows: Array) -> Array:
    """Means over the windows."""
    starts = (0, *ENDS_S[:-1])
    return np.array([rows[a:b].mean(axis=0) for a, b in zip(starts, ENDS_S, strict=True)])


def named(watch: FormationWatch, volts: Array) -> dict[int, int]:
    """Channels called shorted, and after how many seconds."""
    trays = np.arange(volts.shape[1] // TRAY, dtype=float)
    degc, amps = np.full(volts.shape[1], 25.0), current()
    found: dict[int, int] = {}
    told = 0.0
    for second in range(SECONDS):
        for tick in range(20):
            now = (volts[second], np.full(volts.shape[1], amps[second]), degc, trays)
            said = watch.update(*((None,) * 4 if tick else now))
            if said[0] > told:
                told = said[0]
                found.setdefault(int(said[1]), second + 1)
    return found


def step_cost() -> None:
    """Prints what one second of one cell costs: PyBaMM's SPM, step by step, and the twin's rack."""
    model = pybamm.lithium_ion.SPM()
    values = pybamm.ParameterValues("Chen2020")
    simulation = pybamm.Simulation(model, parameter_values=values, solver=pybamm.IDAKLUSolver())
    times_s = []
    for _ in range(300):
        start = time.perf_counter()
        simulation.step(1.0, save=False)
        times_s.append(time.perf_counter() - start)
    theirs_us = 1e6 * float(np.median(times_s[50:]))
    slots, seconds = 469, 100
    rack = FormationTwin({"slots": slots}, seed=1)
    for slot in range(slots):
        rack.load(slot, slot)
    times_s = []
    for _ in range(9):
        start = time.perf_counter()
        rack.run(seconds)
        times_s.append((time.perf_counter() - start) / (slots * TRAY * seconds))
    ours_us = 1e6 * float(np.median(times_s))
    print(f"PyBaMM SPM, Simulation.step of 1 s: {theirs_us:.0f} us")
    print(
        f"a cell of the twin's rack, 1 s, read out: {ours_us:.4f} us ({theirs_us / ours_us:,.0f})"
    )


def main() -> None:
    """Learns, looks, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", type=int, default=30, help="trays to learn from")
    parser.add_argument("--trays", type=int, default=8, help="trays of each line")
    parser.add_argument("--step", action="store_true", help="only what a second of a cell costs")
    given = parser.parse_args()
    if given.step:
        step_cost()
        return
    cells = Cells()
    start = time.perf_counter()
    volts = cells.trays(given.learn, 1)
    print(f"{given.learn * TRAY} cells in {time.perf_counter() - start:.0f} s", flush=True)
    lists = learn_formation(
        means(volts), means(current()[:, None])[:, 0], ends_s=ENDS_S, factors=FACTORS, rest_a=0.02
    )
    config: dict[str, Any] = {"slots": given.trays, "programme_s": SECONDS, **lists}
    watch = FormationWatch(**config, **asdict(LIMITS))
    print("| ohm at 77.5 Ah | closes at | found | p50 s | others |")
    print("|---|---|---|---|---|")
    for ohm in (1.0, 10.0, 100.0, np.inf):
        for phase in (1, 2, 3) if np.isfinite(ohm) else (1,):
            closes_s = sum(length for length, _ in PHASES[:phase])
            volts = cells.trays(given.trays, 100 + phase, ohm * SCALE, phase)
            watch.reset()
            found = named(watch, volts)
            times = [s - closes_s for c, s in found.items() if c % TRAY == TRAY // 2]
            others = len(found) - len(times)
            if not np.isfinite(ohm):
                others, times = len(found), []
            p50 = f"{np.median(times):.0f}" if times else "-"
            print(
                f"| {ohm:g} | {closes_s} s | {len(times)} of {given.trays} | {p50} | {others} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
