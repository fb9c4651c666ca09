"""The twin's cell beside PyBaMM's single particle model: `python -m bench.single_particle`.

Both get the same electrodes: the twin's charges and potentials (graphite and NMC 811 after Chen et
al. 2020, the empty end of the graphite as the twin has it) are entered into PyBaMM's SPM, whose
kinetics and diffusion are those of Chen et al. (2020) at 15.5 times the area. The twin's three
resistances are fitted to the SPM's voltage, once for all rates. Compared from the further charge
on, when the first film is made: the SPM has none. Both at 25 degC without noise. Needs the extra
`cells`.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybamm  # type: ignore[import-untyped]
from linewright.twin import FormationTwin
from numpy.typing import NDArray
from scipy.optimize import brentq  # type: ignore[import-untyped]

Array = NDArray[np.float64]
FARADAY_AS = 96_485.33
CAPACITY_AH = 77.5
AREA = CAPACITY_AH / 5.0
"""Over that of the cell of Chen et al."""
EFFICIENCY = 0.935361
"""At which all that is lost is the first film: growth would be charge the SPM does not lose."""
ANODE_AH, FILM_AH, HIGHEST_V = 97.2, 2.0, 4.2
FULL, USED = 0.95, 0.70
"""Lithiation of the cathode before anything is drawn, and the span of the twin's table."""
REST_S, CHARGED_AH, DRAWN_AH = 3600, 60.0, 55.0
STILL: dict[str, float] = {
    "slots": 1,
    "efficiency": EFFICIENCY,
    "first_rest_s": 14_400.0,
    "rest_s": float(REST_S),
} | dict.fromkeys(
    (
        "short_ppm",
        "contact_pct",
        "capacity_sd_pct",
        "efficiency_sd",
        "resistance_sd_pct",
        "slot_sd_k",
        "place_sd_k",
        "heating_k",
        "voltage_sd_mv",
        "voltage_offset_sd_mv",
        "current_sd_ma",
        "current_gain_sd_pct",
        "temperature_sd_k",
        "leakage_a",
    ),
    0.0,
)
START_S = 10 + 2880 + 14_400
RESISTANCES = {"resistance_mohm": 0.01, "fast_mohm": 0.0, "slow_mohm": 0.0}
"""Least values; the voltage is linear in what is added, as long as no limit of voltage is met."""


def graphite_v(x: Any, exp: Any = np.exp, tanh: Any = np.tanh) -> Any:
    """The twin's anode, V."""
    return (
        1.2 * exp(-x / 0.0015)
        + 0.55 * exp(-39.3631 * x)
        + 0.2482
        - 0.0909 * tanh(29.8538 * (x - 0.1234))
        - 0.04478 * tanh(14.9159 * (x - 0.2769))
        - 0.0205 * tanh(30.4444 * (x - 0.6103))
    )


def nmc_v(y: float) -> float:
    """The cathode of both, V."""
    return float(
        -0.8090 * y
        + 4.4875
        - 0.0428 * np.tanh(18.5138 * (y - 0.5542))
        - 17.7326 * np.tanh(15.7890 * (y - 0.3117))
        + 17.5842 * np.tanh(15.9308 * (y - 0.3120))
    )


def cathode_ah() -> float:
    """Charge of the twin's cathode over its table, from voltages and capacity."""
    charged_ah = CAPACITY_AH / EFFICIENCY
    full = (charged_ah - FILM_AH) / ANODE_AH
    drawn = brentq(lambda d: nmc_v(FULL - USED * d) - graphite_v(full) - HIGHEST_V, 0.3, 1.2)
    return charged_ah / float(drawn)


@dataclass(frozen=True)
class Pair:
    """One rate: the twin without resistance, what each mohm adds, and the SPM, V a second."""

    bare_v: Array
    per_mohm_v: Array
    spm_v: Array
    charge_s: int


def twin(rate_per_h: float, charge_s: int, discharge_s: int, **resistances: float) -> Array:
    """Voltage from the further charge on, a number a second."""
    config = {**STILL, **RESISTANCES, **resistances}
    config |= {"charge_rate_per_h": rate_per_h, "discharge_rate_per_h": rate_per_h}
    config |= {"charge_s": float(charge_s), "discharge_s": float(discharge_s)}
    rack = FormationTwin(config, seed=1)
    rack.load(0, 0)
    volts = rack.run(START_S + charge_s + REST_S + discharge_s)[0][:, 0]
    return np.asarray(volts[START_S - 1 :])


def spm(x: float, y: float, steps: list[tuple[int, float]]) -> Array:
    """Voltage of the SPM under steps of length s and current A, in the middle of each second."""
    values = pybamm.ParameterValues("Chen2020")
    values["Electrode width [m]"] *= AREA
    values["Nominal cell capacity [A.h]"] = CAPACITY_AH
    area_m2 = values["Electrode width [m]"] * values["Electrode height [m]"]
    for name, charge_ah in (("Negative", ANODE_AH), ("Positive", cathode_ah() / USED)):
        solid = values[f"{name} electrode active material volume fraction"]
        most = values[f"Maximum concentration in {name.lower()} electrode [mol.m-3]"]
        values[f"{name} electrode thickness [m]"] = (
            3600.0 * charge_ah / (FARADAY_AS * solid * area_m2 * most)
        )
        values[f"Initial concentration in {name.lower()} electrode [mol.m-3]"] = most * (
            x if name == "Negative" else y
        )
    values["Negative electrode OCP [V]"] = lambda s: graphite_v(s, pybamm.exp, pybamm.tanh)
    values["Lower voltage cut-off [V]"], values["Upper voltage cut-off [V]"] = 2.0, 4.5
    ends_s = np.cumsum([0, *(length for length, _ in steps)])
    # each step begins within a millisecond
    at_s = [t for a, b in itertools.pairwise(ends_s) for t in (a + 1e-3, b)]
    amps = [-amp for _, amp in steps for _ in range(2)]
    at_s[0] = 0.0
    values["Current function [A]"] = pybamm.Interpolant(np.array(at_s), np.array(amps), pybamm.t)
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.SPM(),
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-8),
    )
    middles_s = np.arange(ends_s[-1]) + 0.5
    # every tenth second is enough for a voltage that is smooth within a step, each behind its start
    kept_s = np.concatenate([middles_s[::10], *(middles_s[a : a + 100] for a in ends_s[:-1])])
    solution = simulation.solve(np.unique(np.concatenate([kept_s, at_s])))
    volts: Array = np.interp(middles_s, solution.t, solution["Voltage [V]"].entries)
    return volts


def pair(rate_per_h: float) -> Pair:
    """Twin and SPM at one rate."""
    amp = rate_per_h * CAPACITY_AH
    charge_s, discharge_s = round(3600 * CHARGED_AH / amp), round(3600 * DRAWN_AH / amp)
    bare_v = twin(rate_per_h, charge_s, discharge_s)
    rest_v, bare_v = bare_v[0], bare_v[1:]
    added = [
        twin(rate_per_h, charge_s, discharge_s, **{name: least + 1.0})[1:] - bare_v
        for name, least in RESISTANCES.items()
    ]
    y = FULL - USED * 0.8 * CAPACITY_AH * 0.1 / cathode_ah()
    x = float(brentq(lambda x: nmc_v(y) - graphite_v(x) - rest_v, 0.005, 0.2))
    # the SPM rests first, so that its start is the twin's
    steps = [(60, 0.0), (charge_s, amp), (REST_S, 0.0), (discharge_s, -amp)]
    return Pair(bare_v, np.array(added), spm(x, y, steps)[60:], charge_s)


def main() -> None:
    """Fits, compares, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[1 / 20, 1 / 10, 1 / 5, 1 / 3])
    rates: list[float] = parser.parse_args().rates
    start = time.perf_counter()
    pairs = {rate: pair(rate) for rate in rates}
    # as many seconds of each rate, so that the slow ones do not outvote the others
    rows = {rate: slice(None, None, max(1, len(p.spm_v) // 10_000)) for rate, p in pairs.items()}
    left = np.concatenate([p.per_mohm_v[:, rows[r]].T for r, p in pairs.items()])
    right = np.concatenate([(p.spm_v - p.bare_v)[rows[r]] for r, p in pairs.items()])
    mohm = np.linalg.lstsq(left, right, rcond=None)[0]
    names = ", ".join(f"{name} {x:.2f}" for name, x in zip(RESISTANCES, mohm, strict=True))
    print(f"fitted: {names}; {time.perf_counter() - start:.0f} s")
    print("| rate | rms mV | 99 % mV | most mV | within 5 mV | in the charge | in the discharge |")
    print("|---|---|---|---|---|---|---|")
    for rate, p in pairs.items():
        off_mv = np.abs(1e3 * (p.bare_v + mohm @ p.per_mohm_v - p.spm_v))
        near = off_mv <= 5.0
        parts = (near, near[: p.charge_s], near[p.charge_s + REST_S :])
        shares = " | ".join(f"{100.0 * part.mean():.1f} %" for part in parts)
        print(
            f"| C/{1 / rate:.0f} | {np.sqrt((off_mv**2).mean()):.1f}"
            f" | {np.quantile(off_mv, 0.99):.1f} | {off_mv.max():.1f} | {shares} |"
        )


if __name__ == "__main__":
    main()
