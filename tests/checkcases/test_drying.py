"""Acceptance cases of the dryer: its laws and the march through the zones, called from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linewright import drying, twin
from linewright._core import ConfigError

CATHODE: dict[str, Any] = {
    "solvent": "nmp",
    "dry_g_per_m2": 220.0,
    "solids_fraction": 0.70,
    "critical_fraction": 0.40,
    "web_m_per_s": 1.0,
    "air_c": [90.0, 110.0, 120.0, 125.0, 120.0, 100.0],
    "heat_w_per_m2_k": [32.0, 46.0, 50.0, 50.0, 48.0, 40.0],
    "vapour_pa": 100.0,
    "exhaust_m3_per_s": 2.0,
}
ANODE: dict[str, Any] = {
    **CATHODE,
    "solvent": "water",
    "dry_g_per_m2": 129.0,
    "solids_fraction": 0.50,
    "critical_fraction": 0.30,
    "air_c": [70.0, 85.0, 95.0, 100.0, 100.0, 80.0],
    "heat_w_per_m2_k": [40.0, 50.0, 55.0, 60.0, 55.0, 45.0],
    "vapour_pa": 1500.0,
}


def wet_bulb(wet_side: float, other_side: float) -> tuple[float, float]:
    return twin.film_balance(
        "water",
        air_c=80.0,
        wet_side_w_per_m2_k=wet_side,
        other_side_w_per_m2_k=other_side,
        vapour_pa=1228.0,
    )


def test_c24_vapour_pressure() -> None:
    assert twin.nmp_vapour_pa(100.0) == pytest.approx(3256.0, rel=0.01)
    assert twin.nmp_vapour_pa(203.0) == pytest.approx(100_600.0, rel=0.01)
    assert twin.nmp_vapour_pa(20.0) == pytest.approx(32.0, rel=0.01)
    assert np.isnan(twin.nmp_vapour_pa(230.0))


def test_c25_wet_bulb() -> None:
    film_c, flux = wet_bulb(40.0, 0.0)
    assert film_c == pytest.approx(30.1, rel=0.02)
    assert flux == pytest.approx(0.826, rel=0.02)
    mean_c = 0.5 * (80.0 + film_c)
    by_law = twin.stefan_flux_kg_per_m2_s(
        0.0403, mean_c, 1228.0, twin.water_vapour_pa(film_c), 0.018015
    )
    assert 1e3 * by_law == pytest.approx(flux, rel=0.01)


def test_c26_heated_from_both_sides() -> None:
    film_c, flux = wet_bulb(60.0, 60.0)
    assert film_c == pytest.approx(37.2, rel=0.03)
    assert flux == pytest.approx(2.12, rel=0.03)


def test_c27_shape_of_drying() -> None:
    share = twin.drying_time(0.35, 0.10) / twin.drying_time(0.35, 0.005)
    assert share == pytest.approx(0.509, abs=0.01)


def test_c28_safety_air() -> None:
    assert twin.safety_air_m3_per_s(62.2, 45.0, 0.25) == pytest.approx(5.53, rel=0.01)


def test_c29_binder_peclet() -> None:
    assert twin.binder_peclet(1.5, 190.0, 1e-10) == pytest.approx(2.85, rel=1e-12)


@pytest.mark.parametrize(
    ("recipe", "after_third", "exit_left", "peak"),
    [(CATHODE, 0.212, 0.0021, 3.3), (ANODE, 0.486, 0.0008, 2.9)],
    ids=["cathode", "anode"],
)
def test_c57_march(
    recipe: dict[str, Any], after_third: float, exit_left: float, peak: float
) -> None:
    made = drying.outcome(**recipe)
    assert made.left[2] == pytest.approx(after_third, rel=0.05)
    assert made.left[5] == pytest.approx(exit_left, rel=0.3)
    assert float(made.peak_g_per_m2_s) == pytest.approx(peak, rel=0.05)


def test_a_start_recipe_is_too_fast_for_the_binder_and_a_staged_one_is_not() -> None:
    fast = drying.outcome(**CATHODE)
    limit = twin.middle_limit_g_per_m2_s(0.6, 1.5)
    assert float(fast.middle_g_per_m2_s) > limit
    assert float(fast.adhesion) < 0.6
    cool = {**CATHODE, "air_c": [90.0, 110.0, 80.0, 80.0, 120.0, 120.0]}
    assert float(drying.outcome(**cool).adhesion) > float(fast.adhesion)


def test_draws_are_the_single_outcomes_in_their_order() -> None:
    weights = np.array([200.0, 220.0, 240.0])
    speeds = np.array([[0.9], [1.0]])
    many = drying.outcome(**{**CATHODE, "dry_g_per_m2": weights, "web_m_per_s": speeds})
    assert many.residual_ppm.shape == (2, 3)
    assert many.left.shape == (2, 3, 6)
    one = drying.outcome(**{**CATHODE, "dry_g_per_m2": 240.0, "web_m_per_s": 0.9})
    assert many.residual_ppm[0, 2] == one.residual_ppm
    assert (np.diff(many.residual_ppm, axis=1) > 0.0).all()
    zones = np.tile(CATHODE["air_c"], (4, 1)) + np.array([[0.0], [2.0], [4.0], [6.0]])
    hotter = drying.outcome(**{**CATHODE, "air_c": zones})
    assert (np.diff(hotter.front_m) < 0.0).all()


def test_nonsense_is_refused_with_draw_field_and_bound() -> None:
    with pytest.raises(ConfigError, match=r"draw 1: drying.web_m_per_s must be 0.01 to 10, was 0"):
        drying.outcome(**{**CATHODE, "web_m_per_s": [1.0, 0.0]})
    with pytest.raises(ConfigError, match='solvent must be "nmp" or "water"'):
        drying.outcome(**{**CATHODE, "solvent": "acetone"})
    with pytest.raises(ValueError, match="6 zones"):
        drying.outcome(**{**CATHODE, "air_c": [90.0, 100.0]})
