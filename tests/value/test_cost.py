"""The cost model against its check cases (C48, C49, C50) and its stated sensitivities."""

from __future__ import annotations

import pytest
from linewright.value.cost import DEFAULT_CHAIN, Step, cost_per_good_cell, with_scrap

PHEV2 = {
    **{"mixing": 0.015, "coating": 0.035, "calendering": 0.0055, "slitting and notching": 0.08},
    **{"vacuum drying": 0.001, "winding": 0.05, "contacting": 0.02, "insertion": 0.02},
    **{"filling": 0.01, "wetting": 0.0, "formation": 0.03, "sealing": 0.0},
    **{"ageing": 0.001, "end-of-line test": 0.05},
}
"""Scrap by step of a prismatic cell's published cost model (TU Braunschweig, TU Munich)."""


def test_rolled_yield_of_a_published_chain_c50() -> None:
    chain = tuple(Step(name=name, yield_fraction=1.0 - scrap) for name, scrap in PHEV2.items())
    assert len(chain) == 14
    assert cost_per_good_cell(chain).rolled_yield == pytest.approx(0.7224, abs=1e-4)


def test_toy_chain_c48() -> None:
    toy = tuple(
        Step(name=n, yield_fraction=y, conversion_eur=c)
        for n, y, c in (("a", 0.9, 10.0), ("b", 0.95, 5.0), ("c", 0.8, 3.0))
    )
    assert cost_per_good_cell(toy).net_eur == pytest.approx(24.949, abs=1e-3)


def test_default_chain_c49() -> None:
    cost = cost_per_good_cell()
    assert cost.gross_eur == pytest.approx(28.60, rel=5e-4)
    assert cost.credit_eur == pytest.approx(1.02, rel=5e-3)
    assert cost.net_eur == pytest.approx(27.58, rel=5e-4)
    assert cost.rolled_yield == pytest.approx(0.8105, abs=5e-5)
    assert sum(s.material_eur for s in DEFAULT_CHAIN) == pytest.approx(20.22)
    assert sum(s.conversion_eur for s in DEFAULT_CHAIN) == pytest.approx(4.02)


@pytest.mark.parametrize(
    ("step", "rise_eur"),
    [
        ("mix", 0.088),
        ("coat", 0.127),
        ("slit", 0.129),
        ("stack", 0.177),
        ("weld", 0.187),
        ("fill", 0.222),
        ("formation", 0.240),
        ("eol", 0.245),
    ],
)
def test_one_point_more_scrap_costs_what_the_table_says(step: str, rise_eur: float) -> None:
    y = next(s.yield_fraction for s in DEFAULT_CHAIN if s.name == step)
    worse = with_scrap(DEFAULT_CHAIN, {step: 0.01 / y})
    rise = cost_per_good_cell(worse).net_eur - cost_per_good_cell().net_eur
    assert rise == pytest.approx(rise_eur, abs=6e-4)


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"coat: yield_fraction .* was 0"):
        with_scrap(DEFAULT_CHAIN, {"coat": 1.0})
    with pytest.raises(KeyError, match="no such step: paint"):
        with_scrap(DEFAULT_CHAIN, {"paint": 0.1})
    with pytest.raises(ValueError, match="credit"):
        Step(name="x", yield_fraction=0.9, credit=1.2)
    with pytest.raises(ValueError, match="negative"):
        Step(name="x", yield_fraction=0.9, material_eur=-1.0)
