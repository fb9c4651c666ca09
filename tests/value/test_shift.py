"""Figures of a shift in cases worked by hand."""

from __future__ import annotations

import doctest
import math

import pytest
from linewright.value import shift as module
from linewright.value.bounds import DisturbanceMix, minimum_sd_pct
from linewright.value.cost import cost_per_good_cell
from linewright.value.policies import read_truth
from linewright.value.shift import Entry, Shift, Truth, interval, spread


def truth(**changes: object) -> Truth:
    fields: dict[str, object] = {
        "weight_pct": [1.0, -1.0, 1.0, -1.0],
        "porosity_pp": [0.5, 0.5, 1.5, 1.5],
        "weight_var_pct2": 0.04,
        "weight_mean_pct": 0.1,
        "tones_var_pct2": 0.015,
        "coated_m": 1000.0,
        "coated_bad_m": 0.0,
        "pressed_m": 900.0,
        "pressed_bad_m": 0.0,
    }
    return Truth(**(fields | changes))


def shift(**changes: object) -> Shift:
    return Shift(policy="closed", seed=1, hours=8.0, truth=truth(**changes))


def test_examples_of_the_module_hold() -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


def test_spreads() -> None:
    assert shift().weight_sd_pct() == pytest.approx(0.2)
    assert shift().porosity_sd_pp() == pytest.approx(0.5)
    assert math.isnan(spread([1.0]))


def test_ratio_to_the_bound_with_and_without_tones() -> None:
    mix = DisturbanceMix()
    both = shift().weight_ratio(3.0, mix, with_tones=True)
    assert both == pytest.approx(0.2 / minimum_sd_pct(mix, 3.0, with_tones=True))
    acted = shift().weight_ratio(3.0, mix, with_tones=False)
    assert acted == pytest.approx(
        math.sqrt(0.04 - 0.015) / minimum_sd_pct(mix, 3.0, with_tones=False)
    )


def test_scrap_is_charged_where_it_was_made() -> None:
    assert shift().cost() == cost_per_good_cell()
    coated = shift(coated_bad_m=100.0).cost()
    pressed = shift(pressed_bad_m=90.0).cost()
    ideal = shift().cost()
    # Ten percent less out of a step raises the gross cost up to and with it by a ninth.
    assert coated.rolled_yield == pytest.approx(0.9 * ideal.rolled_yield)
    assert pressed.rolled_yield == pytest.approx(0.9 * ideal.rolled_yield)
    assert ideal.net_eur < coated.net_eur < pressed.net_eur


def test_a_shift_that_made_nothing_good_still_has_a_figure() -> None:
    assert math.isfinite(shift(coated_bad_m=1000.0).cost().net_eur)


def test_only_detections_are_detections() -> None:
    entries = (
        Entry(at_s=1.0, kind="detection", name="a.b"),
        Entry(at_s=2.0, kind="decision", name="a.b"),
        Entry(at_s=3.0, kind="action", name="a.b"),
    )
    one = Shift(policy="closed", seed=1, hours=1.0, truth=truth(), entries=entries)
    assert [d.at_s for d in one.detections()] == [1.0]


def test_interval_of_one_is_no_interval() -> None:
    assert interval([3.0]).half_width == math.inf
    with pytest.raises(ValueError, match="no values"):
        interval([])


def test_truth_document_is_read() -> None:
    moments = {"n": 4, "sum": 4.0, "sum_sq": 8.0}
    zero = {"n": 4, "sum": 0.0, "sum_sq": 0.0}
    metres = {"total_m": 10.0, "weight_out_m": 2.0, "porosity_out_m": 3.0}
    raw = {
        "series": [
            {"name": "weight_deviation", "values": [1.0]},
            {"name": "porosity_deviation", "values": [2.0]},
        ],
        "parts": {"weight_pct": moments, "roll_pct": zero, "ripple_pct": zero},
        "coated": metres,
        "calendered": metres,
        "faults": [{"name": "pump_slip", "at_s": 5.0, "size": 0.01, "duration_s": 0.0}],
        "cells": [],
        "weld": {"welds": [{"depth": 1.1, "class": "gap"}, {"depth": 1.0, "class": "good"}]},
    }
    read = read_truth(raw)
    assert read.weight_mean_pct == 1.0
    assert read.weight_var_pct2 == 1.0
    assert (read.coated_bad_m, read.pressed_bad_m) == (2.0, 3.0)
    assert read.faults[0].duration_s == math.inf
    assert (list(read.weld_depth), read.welds_bad) == ([1.1, 1.0], 1)
    asked = {"kind": "vehicle_loss", "at_s": 2.0, "size": 2.0, "duration_s": 9.0}
    with_fleet = read_truth(raw, [asked])
    assert [(f.kind, f.at_s) for f in with_fleet.faults] == [
        ("vehicle_loss", 2.0),
        ("pump_slip", 5.0),
    ]
