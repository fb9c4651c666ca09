"""Acceptance cases on recorded cells of other laboratories, read in place; skipped where absent.

C41 needs `early_life_train.npz` (Severson et al. 2019). C37 to C40 need a table of the 40 pouch
cells of Weng et al. 2021, `michigan_formation.csv`, with the columns that `MICHIGAN` names.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))
EARLY_LIFE = DATA / "early_life_train" / "early_life_train.npz"
MICHIGAN_TABLE = DATA / "michigan_formation" / "michigan_formation.csv"
MICHIGAN = {
    "formation": "baseline or fast",
    "degc": "temperature of the cycling, 25 or 45",
    "ce": "final discharge over first charge, dimensionless",
    "r10s_5_mohm": "resistance of a pulse of 10 s at 5 % charge",
    "r10s_50_mohm": "the same at 50 %",
    "cycles_to_70": "cycles to 70 % of the capacity; empty when never reached",
}


@pytest.fixture(scope="module")
def michigan() -> list[dict[str, str]]:
    if not MICHIGAN_TABLE.is_file():
        pytest.skip(f"no {MICHIGAN_TABLE.name}: C37 to C40 need the cells of Weng et al. 2021")
    with MICHIGAN_TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str, **where: str) -> np.ndarray:
    kept = [r for r in rows if all(r[k] == v for k, v in where.items())]
    return np.array([float(r[name]) if r[name] else np.nan for r in kept])


def auc(low: np.ndarray, high: np.ndarray) -> float:
    """Share of pairs in which `high` is above `low`, ties by half (Mann, Whitney 1947)."""
    above = (high[:, None] > low[None, :]).mean()
    return float(above + 0.5 * (high[:, None] == low[None, :]).mean())


def cohen_d(a: np.ndarray, b: np.ndarray) -> float:
    """Difference of means over the pooled spread (Cohen 1988)."""
    pooled = (a.var(ddof=1) * (a.size - 1) + b.var(ddof=1) * (b.size - 1)) / (a.size + b.size - 2)
    return float((a.mean() - b.mean()) / np.sqrt(pooled))


def correlation(rows: list[dict[str, str]], name: str, degc: str) -> float:
    x, y = column(rows, name, degc=degc), column(rows, "cycles_to_70", degc=degc)
    known = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[known], y[known])[0, 1])


def test_first_cycle_efficiency_c37(michigan: list[dict[str, str]]) -> None:
    ce = column(michigan, "ce", formation="baseline")
    assert ce.size == 19
    assert ce.mean() == pytest.approx(0.8728, abs=1e-4)
    assert ce.std(ddof=1) == pytest.approx(0.0088, abs=1e-4)


def test_resistance_at_low_charge_tells_the_formation_c38(michigan: list[dict[str, str]]) -> None:
    base, fast = (
        column(michigan, "r10s_5_mohm", formation=name, degc="25") for name in ("baseline", "fast")
    )
    assert (base.mean(), fast.mean()) == pytest.approx((139.75, 130.00), rel=0.01)
    assert cohen_d(base, fast) == pytest.approx(3.69, rel=0.01)
    assert auc(fast, base) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(("degc", "r"), [("25", -0.840), ("45", -0.836)])
def test_resistance_at_low_charge_tells_the_life_c39(
    michigan: list[dict[str, str]], degc: str, r: float
) -> None:
    assert correlation(michigan, "r10s_5_mohm", degc) == pytest.approx(r, abs=0.005)


def test_resistance_at_half_charge_tells_nothing_c40(michigan: list[dict[str, str]]) -> None:
    base, fast = (
        column(michigan, "r10s_50_mohm", formation=name, degc="25") for name in ("baseline", "fast")
    )
    assert auc(fast, base) == pytest.approx(0.520, abs=0.01)
    assert correlation(michigan, "r10s_50_mohm", "25") == pytest.approx(0.24, abs=0.01)


def test_spread_of_the_fade_tells_the_life_c41() -> None:
    if not EARLY_LIFE.is_file():
        pytest.skip(f"no {EARLY_LIFE.name}")
    data = np.load(EARLY_LIFE)
    # Columns count from cycle 2.
    cycle = {int(c) + 2: i for i, c in enumerate(data["col"])}
    charge, life = data["Q"].astype(float), data["cycle_life"].astype(float)
    faded = charge[:, :, cycle[100]] - charge[:, :, cycle[10]]
    x = np.log10(faded.var(axis=1))
    slope, intercept = np.polyfit(x, np.log10(life), 1)
    told = 10.0 ** (intercept + slope * x)
    assert (slope, intercept) == pytest.approx((-0.396, 1.346), rel=0.01)
    assert np.sqrt(((told - life) ** 2).mean()) == pytest.approx(103.6, rel=0.01)
    assert 100.0 * (abs(told - life) / life).mean() == pytest.approx(14.1, rel=0.01)
