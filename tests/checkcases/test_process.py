"""Acceptance cases of the process models: the laws of the twin, called from Python."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from linewright import twin

CATHODE = [(0.96, 4750.0), (0.02, 1900.0), (0.02, 1770.0)]
ANODE = [(0.955, 2250.0), (0.01, 1900.0), (0.015, 1600.0), (0.02, 1000.0)]
PRESSED = twin.Compaction(start_kg_per_m3=2322.1, max_kg_per_m3=3600.0, resistance_n_per_mm=550.0)
ANODE_PRESSED = twin.Compaction(
    start_kg_per_m3=1023.8, max_kg_per_m3=1720.0, resistance_n_per_mm=210.0
)
DENSE = 0.75 * 4465.7


def weight_change_pct(solids: float, solid: float, solvent: float) -> float:
    """Dry weight in % when solids rise by 0.5 pp at constant volume flow."""

    def per_volume(x: float) -> float:
        return x * twin.slurry_density_kg_per_m3(x, solid, solvent)

    return 100.0 * (per_volume(solids + 0.005) / per_volume(solids) - 1.0)


def soft_sensor_error_pp() -> float:
    right, wrong = (twin.solids_fraction(rho, 4465.7, 1028.0) for rho in (2229.3, 2229.8))
    return 100.0 * (wrong - right)


def areal(dry: float, active: float, capacity: float) -> float:
    return twin.areal_capacity_mah_per_cm2(dry, active, capacity)


def gate(thickness_sd_um: float) -> float:
    return twin.probability_within(1.5, twin.porosity_sd_pp(0.25, 65.686, 0.5, thickness_sd_um))


def porosity_pct(dry: float, thickness: float, solid: float) -> float:
    return 100.0 * twin.porosity_fraction(dry, thickness, solid)


def thinnest_um() -> float:
    return twin.low_flow_limit_um(twin.capillary_number(0.02, 0.1, 0.0407), 200.0)


def window_um(film_um: float | None) -> tuple[float, float]:
    window = twin.coating_window_um(
        viscosity_pa_s=1.0,
        web_m_per_s=1.0,
        tension_n_per_m=0.0407,
        gap_um=250.0,
        downstream_um=1000.0,
        upstream_um=1000.0,
        film_um=film_um,
    )
    assert window is not None
    return window


Case = tuple[str, Callable[[], float], float, float]

ABSOLUTE: list[Case] = [
    ("C01", lambda: twin.solid_density_kg_per_m3(CATHODE) / 1000.0, 4.4657, 1e-4),
    ("C02", lambda: twin.solid_density_kg_per_m3(ANODE) / 1000.0, 2.1783, 1e-4),
    ("C03", lambda: twin.slurry_density_kg_per_m3(0.70, 4465.7, 1028.0) / 1000.0, 2.2293, 1e-3),
    ("C03 phi", lambda: twin.volume_fraction(0.70, 4465.7, 2229.3), 0.3494, 1e-3),
    ("C04", lambda: twin.slurry_density_kg_per_m3(0.50, 2178.3, 997.0) / 1000.0, 1.3679, 1e-3),
    ("C04 phi", lambda: twin.volume_fraction(0.50, 2178.3, 1367.9), 0.3140, 1e-3),
    ("C06", lambda: weight_change_pct(0.50, 2178.3, 997.0), 1.377, 0.01),
    ("C07", lambda: weight_change_pct(0.70, 4465.7, 1028.0), 1.562, 0.01),
    ("C13", lambda: 100.0 * (1.01 ** twin.slot_flow_exponent(0.72) - 1.0), 3.430, 0.01),
    ("C21 mid", lambda: porosity_pct(100.6, 31.67, 4539.0), 30.0, 0.2),
    ("C21 low", lambda: porosity_pct(104.6, 28.67, 4539.0), 19.6, 0.2),
    ("C21 high", lambda: porosity_pct(96.6, 34.67, 4539.0), 38.6, 0.2),
    ("C22 mid", lambda: porosity_pct(54.9, 43.0, 2128.0), 40.0, 0.2),
    ("C22 low", lambda: porosity_pct(58.9, 40.0, 2128.0), 30.8, 0.2),
    ("C22 high", lambda: porosity_pct(50.9, 46.0, 2128.0), 48.0, 0.2),
    ("C23 block", lambda: gate(0.8), 0.871, 0.003),
    ("C23 release", lambda: gate(0.5), 0.972, 0.003),
    ("C30", lambda: PRESSED.density_kg_per_m3(900.0) / 1000.0, 3.3512, 1e-3),
    ("C47 10", lambda: twin.two_machine_line(0.01, 0.1, 0.01, 0.1, 10), 0.8562, 2e-3),
    ("C47 50", lambda: twin.two_machine_line(0.01, 0.1, 0.01, 0.1, 50), 0.8878, 2e-3),
    ("C30 eps", lambda: 1.0 - PRESSED.density_kg_per_m3(900.0) / 4465.7, 0.2496, 1e-3),
]

RELATIVE: list[Case] = [
    ("C05", lambda: twin.solids_fraction(2229.3, 4465.7, 1028.0), 0.7000, 0.02),
    ("C05 error", soft_sensor_error_pp, 0.0134, 0.02),
    ("C08", lambda: twin.krieger_dougherty(0.3494, 0.62, 2.5), 3.616, 1e-3),
    ("C09", lambda: twin.herschel_bulkley_pa_s(2.0, 8.0, 0.72, 100.0), 2.223, 1e-3),
    ("C11 film", lambda: twin.wet_film_um(220.0, 0.70, 2229.3), 140.98, 1e-3),
    ("C11 flow", lambda: twin.flow_l_per_min(220.0, 0.70, 2229.3, 1.0, 0.66), 5.583, 1e-3),
    ("C12 film", lambda: twin.wet_film_um(129.0, 0.50, 1367.9), 188.61, 1e-3),
    ("C12 flow", lambda: twin.flow_l_per_min(129.0, 0.50, 1367.9, 1.0, 0.66), 7.469, 1e-3),
    ("C14", lambda: twin.slot_pressure_pa(1.0, 5.583, 0.04, 6e-4, 0.66) / 1e3, 313.3, 5e-3),
    (
        "C14 power law",
        lambda: twin.slot_pressure_power_law_pa(8.0, 0.72, 5.583, 0.04, 6e-4, 0.66) / 1e3,
        311.4,
        5e-3,
    ),
    ("C15 Ca", lambda: twin.capillary_number(0.02, 0.1, 0.0407), 0.0491, 0.01),
    ("C15 film", thinnest_um, 16.5, 0.01),
    ("C16", lambda: twin.critical_capillary(thinnest_um(), 200.0), 0.0491, 5e-3),
    ("C17 low", lambda: window_um(141.0)[0], 129.0, 0.01),
    ("C17 high", lambda: window_um(141.0)[1], 254.0, 0.01),
    ("C17 low, fixed point", lambda: window_um(None)[0], 129.0, 0.01),
    ("C17 high, fixed point", lambda: window_um(None)[1], 254.0, 0.01),
    ("C19 cathode", lambda: areal(220.0, 0.96, 185.0), 3.907, 1e-3),
    ("C19 anode", lambda: areal(129.0, 0.955, 350.0), 4.312, 1e-3),
    (
        "C19 N/P",
        lambda: twin.n_to_p_ratio(areal(129.0, 0.955, 350.0), areal(220.0, 0.96, 185.0)),
        1.1036,
        1e-3,
    ),
    ("C20", lambda: twin.porosity_fraction(220.0, 65.686, 4465.7), 0.2500, 5e-3),
    ("C20 by thickness", lambda: twin.porosity_slope_pp_per_um(0.25, 65.686), 1.142, 5e-3),
    ("C20 by weight", lambda: twin.porosity_slope_pp_per_pct_weight(0.25), -0.75, 5e-3),
    ("C31", lambda: PRESSED.line_load_n_per_mm(DENSE), 895.7, 1e-3),
    ("C32", lambda: ANODE_PRESSED.line_load_n_per_mm(0.67 * 2178.3), 206.4, 1e-3),
    ("C33 +1 %", lambda: PRESSED.hold_thickness_n_per_mm(DENSE, 0.01), 78.9, 5e-3),
    ("C33 +2 %", lambda: PRESSED.hold_thickness_n_per_mm(DENSE, 0.02), 170.9, 5e-3),
    ("C34", lambda: PRESSED.stiffness_mn_per_mm(DENSE, 131.37, 660.0), 36.9, 0.01),
    (
        "C34 rejection",
        lambda: twin.gap_rejection(2.0, PRESSED.stiffness_mn_per_mm(DENSE, 131.37, 660.0)),
        0.0514,
        0.01,
    ),
    ("C35", lambda: twin.roll_bending_um(900.0, 660.0, 1300.0, 800.0, 210e3), 1.752, 0.01),
    ("C36 heat", lambda: twin.gap_closing_um_per_k(400.0, 11.5e-6), 9.2, 0.01),
    ("C45 400", lambda: twin.erlang_b(375.15, 400), 0.00986, 0.01),
    ("C45 420", lambda: twin.erlang_b(375.15, 420), 0.00149, 0.01),
    ("C46", lambda: twin.erlang_c(15.633, 20), 0.2174, 0.01),
    ("C46 wait", lambda: twin.erlang_c_wait(15.633, 20, 4.0), 0.199, 0.01),
    ("C36 turns", lambda: twin.roll_hz(1.0, 0.8), 0.398, 0.01),
]


def ids(cases: list[Case]) -> list[str]:
    return [case[0] for case in cases]


@pytest.mark.parametrize(("name", "law", "expected", "slack"), ABSOLUTE, ids=ids(ABSOLUTE))
def test_absolute(name: str, law: Callable[[], float], expected: float, slack: float) -> None:
    assert law() == pytest.approx(expected, abs=slack, rel=0.0), name


@pytest.mark.parametrize(("name", "law", "expected", "share"), RELATIVE, ids=ids(RELATIVE))
def test_relative(name: str, law: Callable[[], float], expected: float, share: float) -> None:
    assert law() == pytest.approx(expected, rel=share, abs=0.0), name


def test_c15_the_small_capillary_limit_refuses_battery_slurry() -> None:
    with pytest.raises(ValueError, match=r"capillary must be .* to 0\.1, was 24\.5"):
        twin.low_flow_limit_um(twin.capillary_number(1.0, 1.0, 0.0407), 200.0)


@pytest.mark.parametrize("exponent", [0.4, 0.62, 0.72, 1.0, 1.3])
def test_c18_drag_flow_lays_half_the_gap(exponent: float) -> None:
    assert twin.lip_film_um(8.0, exponent, 0.0, 250.0, 1.0) == pytest.approx(125.0, abs=1e-9)


def test_c10_mixed_tank_on_the_line() -> None:
    """A batch 0.5 pp off reaches the die with V/Q: 500 L at 2 * 7.469 L/min = 33.47 min."""
    fault = {"kind": "solids_batch", "at_s": 0.0, "size": 0.5}
    quiet = {"disturbances_on": False, "noise_on": False}
    line = twin.Twin({"electrode": "anode", "faults": [fault], **quiet}, seed=1, base_hz=1)
    names = [name for name, _ in line.SENSORS]
    density = names.index("coater.slurry_density")
    start = line.step([math.nan, math.nan])[density]
    for _ in range(round(33.47 * 60.0) - 1):
        now = line.step([math.nan, math.nan])[density]
    assert start == pytest.approx(1367.9, abs=0.1)
    full = twin.slurry_density_kg_per_m3(0.505, 2178.3, 997.0) - 1367.93
    assert (now - start) / full == pytest.approx(1.0 - math.exp(-1.0), abs=0.01)
