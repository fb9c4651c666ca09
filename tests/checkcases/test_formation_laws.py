"""Shorts, leakage and energy in formation (C42 to C44) through the Python face of the twin."""

from __future__ import annotations

import pytest
from linewright import twin


def test_c42_a_soft_short_of_100_ohm() -> None:
    current_a = twin.short_current_a(3.8, 100.0)
    assert current_a == pytest.approx(0.038, rel=0.005)
    assert twin.self_discharge_pct_per_day(current_a, 77.5) == pytest.approx(1.177, rel=0.005)
    assert twin.voltage_fall_mv_per_day(current_a, 77.5, 6.0) == pytest.approx(7.06, rel=0.005)


@pytest.mark.parametrize(
    ("ohm", "pct_per_day"), [(1.0, 118.0), (10.0, 11.8), (1e3, 0.118), (1e4, 0.0118)]
)
def test_self_discharge_of_the_ladder(ohm: float, pct_per_day: float) -> None:
    current_a = twin.short_current_a(3.8, ohm)
    assert twin.self_discharge_pct_per_day(current_a, 77.5) == pytest.approx(pct_per_day, rel=0.005)


def test_c43_normal_leakage() -> None:
    leakage_a = twin.leakage_a(77.5)
    assert leakage_a == pytest.approx(388e-6, rel=0.02)
    assert twin.voltage_fall_mv_per_day(leakage_a, 77.5, 6.0) == pytest.approx(0.072, rel=0.02)


def test_c44_energy_of_a_cell() -> None:
    charged_wh = twin.charge_energy_wh(77.5, 0.8727, 3.75)
    discharged_wh = 77.5 * 3.65
    assert charged_wh == pytest.approx(333.0, rel=0.005)
    assert discharged_wh == pytest.approx(282.9, rel=0.005)
    assert twin.net_energy_wh(charged_wh, discharged_wh, 0.8) == pytest.approx(106.7, rel=0.005)
