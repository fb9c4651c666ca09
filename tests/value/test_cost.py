"""The cost model against its check cases (C48, C49, C50) and its stated sensitivities."""

from __future__ import annotations

import doctest
from dataclasses import replace

import pytest
from linewright.value import cost as module
from linewright.value.cost import (
    DEFAULT_CHAIN,
    Overheads,
    Step,
    cost_per_good_cell,
    good_share,
    sensitivity_eur,
    with_scrap,
)

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


RISE_EUR = {
    **{"mix": 0.088, "coat": 0.127, "slit": 0.129, "stack": 0.177},
    **{"weld": 0.187, "fill": 0.222, "formation": 0.240, "eol": 0.245},
}


def test_one_point_more_scrap_costs_what_the_table_says() -> None:
    rise = sensitivity_eur()
    assert {step: round(rise[step], 3) for step in RISE_EUR} == pytest.approx(RISE_EUR, abs=6e-4)
    by_place = [rise[step.name] for step in DEFAULT_CHAIN if step.name in RISE_EUR]
    assert by_place == sorted(by_place)  # the later a cell is lost, the more is lost with it
    slight = sensitivity_eur(points=0.1)
    assert slight["eol"] == pytest.approx(rise["eol"] / 10.0, rel=0.02)


def reworked(**changes: float) -> tuple[Step, ...]:
    fields = {"rework_share": 0.6, "rework_success": 0.9, "rework_eur": 0.4} | changes
    return tuple(replace(step, **fields) if step.name == "weld" else step for step in DEFAULT_CHAIN)


def test_weld_rework_costs_what_the_table_says() -> None:
    cost = cost_per_good_cell(reworked())
    assert cost.net_eur == pytest.approx(27.387, abs=5e-4)
    # Of n_weld units 2 % are rejected and 60 % of those mended at 0.4 EUR.
    n_weld = 1.0 / (0.9908 * 0.98 * 0.99 * 0.97 * 0.999 * 0.97)
    assert cost.rework_eur == pytest.approx(n_weld * 0.02 * 0.6 * 0.4)


def test_rework_that_never_succeeds_only_costs() -> None:
    plain, wasted = cost_per_good_cell(), cost_per_good_cell(reworked(rework_success=0.0))
    assert wasted.rolled_yield == plain.rolled_yield
    assert wasted.net_eur == pytest.approx(plain.net_eur + wasted.rework_eur)
    assert wasted.rework_eur > 0.0


def test_what_no_step_makes_is_added_to_the_digit() -> None:
    over = Overheads(
        fixed_eur=1_000_000.0,
        good_cells=500_000.0,
        wip_cells=48_000.0,
        good_cells_per_h=1_000.0,
        holding_eur_per_h=0.005,
        escape_share=2e-5,
        field_eur=5_000.0,
    )
    cost = cost_per_good_cell(overheads=over)
    assert (cost.fixed_eur, cost.holding_eur, cost.escapes_eur) == pytest.approx((2.0, 0.24, 0.1))
    assert cost.net_eur == pytest.approx(cost_per_good_cell().net_eur + 2.34)


def test_good_cells_of_what_enters_a_step() -> None:
    assert good_share(DEFAULT_CHAIN, "mix") == pytest.approx(cost_per_good_cell().rolled_yield)
    with pytest.raises(KeyError, match="paint"):
        good_share(DEFAULT_CHAIN, "paint")


def test_examples_of_the_module_hold() -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"coat: yield_fraction .* was 0"):
        with_scrap(DEFAULT_CHAIN, {"coat": 1.0})
    with pytest.raises(KeyError, match="no such step: paint"):
        with_scrap(DEFAULT_CHAIN, {"paint": 0.1})
    with pytest.raises(ValueError, match="credit"):
        Step(name="x", yield_fraction=0.9, credit=1.2)
    with pytest.raises(ValueError, match="negative"):
        Step(name="x", yield_fraction=0.9, material_eur=-1.0)
    with pytest.raises(ValueError, match=r"rework_success must be in \[0, 1\], was 2"):
        Step(name="x", yield_fraction=0.9, rework_success=2.0)
    with pytest.raises(ValueError, match="good_cells must be positive"):
        Overheads(fixed_eur=1.0)
    with pytest.raises(ValueError, match="good_cells_per_h must be positive"):
        Overheads(wip_cells=1.0)
