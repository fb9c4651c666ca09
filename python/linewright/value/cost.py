"""Cost per good cell: material, conversion, scrap and rework along the chain of a pouch cell.

`n_j = 1/prod_{i>=j} y_i` units enter step j for one good cell. Scrap made at step j returns part of
the material put in so far; of the rejects a share f is mended with success s, so that the step
yields `y = y0 + (1 - y0)*f*s`, and takes its capacity twice for them:

    C_good = sum_j n_j*(mat_j + conv_j) - sum_j n_j*(1 - y_j)*credit_j*sum_{i<=j} mat_i
           + sum_j n_j*(1 - y0_j)*f_j*c_rw_j + F/N_good + h*W + p_esc*C_field          [EUR]

with fixed cost F of a period in which N_good good cells are made, holding cost h of a cell for an
hour, hours in process W = L/lambda (Little 1961), and the share p_esc of sold cells that fail in
the field at C_field each.

Material, conversion and yields of `DEFAULT_CHAIN` are the 77.5 Ah pouch cell of the default
line; the credit is 45 % of material scrapped as slurry, 35 % as electrode, 20 % as stack or cell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

Chain = tuple["Step", ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One production step: what it adds to a cell and what share of its output is good."""

    name: str
    yield_fraction: float
    """Good output / input before rework (y0), dimensionless, 0 < y <= 1."""
    material_eur: float = 0.0
    """Material added at this step, EUR per cell, >= 0."""
    conversion_eur: float = 0.0
    """Labour, energy and machine of this step, EUR per cell, >= 0."""
    credit: float = 0.0
    """Share of the accumulated material value regained from scrap, dimensionless, 0..1."""
    rework_share: float = 0.0
    """Share of the rejects that is mended (f), dimensionless, 0..1."""
    rework_success: float = 0.0
    """Share of those that are good afterwards (s), dimensionless, 0..1."""
    rework_eur: float = 0.0
    """Cost of mending one (c_rw), EUR, >= 0."""

    def __post_init__(self) -> None:
        if not 0.0 < self.yield_fraction <= 1.0:
            raise ValueError(
                f"{self.name}: yield_fraction must be in (0, 1], was {self.yield_fraction}"
            )
        for name in ("material_eur", "conversion_eur", "rework_eur"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(
                    f"{self.name}: {name} must be finite and not negative, was {value}"
                )
        for name in ("credit", "rework_share", "rework_success"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{self.name}: {name} must be in [0, 1], was {value}")

    @property
    def effective_yield(self) -> float:
        """Good output / input with rework, `y0 + (1 - y0)*f*s`.

        >>> weld = Step(name="weld", yield_fraction=0.98, rework_share=0.6, rework_success=0.9)
        >>> round(weld.effective_yield, 4)
        0.9908
        """
        y = self.yield_fraction
        return y + (1.0 - y) * self.rework_share * self.rework_success

    @property
    def capacity_factor(self) -> float:
        """Share of the step's capacity left for first passes, `1/(1 + (1 - y0)*f)`: the drag.

        >>> weld = Step(name="weld", yield_fraction=0.98, rework_share=0.6, rework_success=0.9)
        >>> round(weld.capacity_factor, 4)
        0.9881
        """
        return 1.0 / (1.0 + (1.0 - self.yield_fraction) * self.rework_share)


@dataclass(frozen=True, kw_only=True)
class Overheads:
    """Cost of a good cell that no single step makes; zero where nothing is told."""

    fixed_eur: float = 0.0
    """Fixed cost of a period (F), EUR."""
    good_cells: float = 0.0
    """Good cells of that period (N_good); positive when there is a fixed cost."""
    wip_cells: float = 0.0
    """Cells in process (L)."""
    good_cells_per_h: float = 0.0
    """Good cells an hour (lambda); positive when there are cells in process."""
    holding_eur_per_h: float = 0.0
    """Cost of a cell for an hour in process (h), EUR."""
    escape_share: float = 0.0
    """Share of the sold cells that fail in the field (p_esc), dimensionless, 0..1."""
    field_eur: float = 0.0
    """Cost of one of them (C_field), EUR."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{entry.name} must be finite and not negative, was {value}")
        if self.escape_share > 1.0:
            raise ValueError(f"escape_share must be in [0, 1], was {self.escape_share}")
        if self.fixed_eur > 0.0 and self.good_cells == 0.0:
            raise ValueError("good_cells must be positive with a fixed cost, was 0")
        if self.wip_cells > 0.0 and self.good_cells_per_h == 0.0:
            raise ValueError("good_cells_per_h must be positive with cells in process, was 0")

    @property
    def fixed_per_cell_eur(self) -> float:
        """`F/N_good`, EUR per good cell."""
        return self.fixed_eur / self.good_cells if self.fixed_eur > 0.0 else 0.0

    @property
    def hours_in_process(self) -> float:
        """`W = L/lambda`, h.

        >>> round(Overheads(wip_cells=489_000.0, good_cells_per_h=1455.0).hours_in_process / 24, 1)
        14.0
        """
        return self.wip_cells / self.good_cells_per_h if self.wip_cells > 0.0 else 0.0

    @property
    def holding_eur(self) -> float:
        """`h*W`, EUR per good cell."""
        return self.holding_eur_per_h * self.hours_in_process

    @property
    def escapes_eur(self) -> float:
        """`p_esc*C_field`, EUR per good cell."""
        return self.escape_share * self.field_eur


@dataclass(frozen=True, kw_only=True)
class CellCost:
    """Cost of one good cell, EUR."""

    gross_eur: float
    """Material and conversion of everything that was started for it."""
    credit_eur: float
    rolled_yield: float
    """Product of all yields, rework included, dimensionless."""
    rework_eur: float = 0.0
    fixed_eur: float = 0.0
    holding_eur: float = 0.0
    escapes_eur: float = 0.0

    @property
    def net_eur(self) -> float:
        """Everything less the credit, EUR per good cell."""
        more = self.rework_eur + self.fixed_eur + self.holding_eur + self.escapes_eur
        return self.gross_eur - self.credit_eur + more


def _chain() -> Chain:
    slurry, electrode, cell = 0.45, 0.35, 0.20
    table = (
        ("mix", 0.985, 12.42, 0.12, slurry),
        ("coat", 0.965, 1.67, 0.60, electrode),
        ("calender", 0.9945, 0.0, 0.12, electrode),
        ("slit", 0.97, 0.0, 0.10, electrode),
        ("dry", 0.999, 0.0, 0.03, electrode),
        ("stack", 0.99, 2.12, 0.55, cell),
        ("weld", 0.98, 0.60, 0.25, cell),
        ("seal", 0.98, 2.40, 0.30, cell),
        ("fill", 0.99, 1.01, 0.30, cell),
        ("formation", 0.97, 0.0, 1.20, cell),
        ("ageing", 0.999, 0.0, 0.25, cell),
        ("eol", 0.97, 0.0, 0.20, cell),
    )
    return tuple(
        Step(name=n, yield_fraction=y, material_eur=m, conversion_eur=c, credit=k)
        for n, y, m, c, k in table
    )


DEFAULT_CHAIN: Chain = _chain()
"""Twelve steps from mixing to end-of-line test of the default line."""


def units_needed(chain: Chain) -> list[float]:
    """Units that enter each step for one good cell, `n_j = 1/prod_{i>=j} y_i`.

    >>> [round(n, 3) for n in units_needed(DEFAULT_CHAIN)[-2:]]
    [1.032, 1.031]
    """
    units = 1.0
    needed: list[float] = []
    for step in reversed(chain):
        units /= step.effective_yield
        needed.append(units)
    return needed[::-1]


def cost_per_good_cell(
    chain: Chain = DEFAULT_CHAIN, overheads: Overheads | None = None
) -> CellCost:
    """Cost of one good cell for a chain of steps in production order.

    >>> toy = tuple(Step(name=n, yield_fraction=y, conversion_eur=c)
    ...             for n, y, c in (("a", 0.9, 10.0), ("b", 0.95, 5.0), ("c", 0.8, 3.0)))
    >>> round(cost_per_good_cell(toy).gross_eur, 3)
    24.949
    """
    over = overheads or Overheads()
    gross = credit = rework = material = 0.0
    rolled = 1.0
    for step, n in zip(chain, units_needed(chain), strict=True):
        material += step.material_eur
        gross += n * (step.material_eur + step.conversion_eur)
        credit += n * (1.0 - step.effective_yield) * step.credit * material
        rework += n * (1.0 - step.yield_fraction) * step.rework_share * step.rework_eur
        rolled *= step.effective_yield
    return CellCost(
        gross_eur=gross,
        credit_eur=credit,
        rolled_yield=rolled,
        rework_eur=rework,
        fixed_eur=over.fixed_per_cell_eur,
        holding_eur=over.holding_eur,
        escapes_eur=over.escapes_eur,
    )


def sensitivity_eur(chain: Chain = DEFAULT_CHAIN, points: float = 1.0) -> dict[str, float]:
    """Rise of the net cost per good cell by step when its yield before rework falls by `points`
    percentage points, EUR; steps whose yield is not above that are left out.

    >>> round(sensitivity_eur()["eol"], 3)
    0.245
    """
    usual = cost_per_good_cell(chain).net_eur
    out = {}
    for i, step in enumerate(chain):
        left = step.yield_fraction - 0.01 * points
        if left > 0.0:
            worse = (*chain[:i], replace(step, yield_fraction=left), *chain[i + 1 :])
            out[step.name] = cost_per_good_cell(worse).net_eur - usual
    return out


def good_share(chain: Chain, after: str) -> float:
    """Good cells at the end over units that entered step `after`, dimensionless.

    Raises `KeyError` for a step the chain does not have.

    >>> round(good_share(DEFAULT_CHAIN, "eol"), 2)
    0.97
    """
    names = [step.name for step in chain]
    if after not in names:
        raise KeyError(f"no such step: {after}")
    return math.prod(step.effective_yield for step in chain[names.index(after) :])


def with_scrap(chain: Chain, scrap: Mapping[str, float]) -> Chain:
    """The chain with extra scrap: step `name` keeps `y*(1 - fraction)` of its input.

    `fraction` is the share of web out of tolerance (0..1); what a step loses anyway (start-up,
    edges) stays. Raises `KeyError` for a step the chain does not have.

    >>> round(with_scrap(DEFAULT_CHAIN, {"coat": 0.1})[1].yield_fraction, 4)
    0.8685
    """
    unknown = scrap.keys() - {step.name for step in chain}
    if unknown:
        raise KeyError(f"no such step: {', '.join(sorted(unknown))}")
    return tuple(
        replace(step, yield_fraction=step.yield_fraction * (1.0 - scrap.get(step.name, 0.0)))
        for step in chain
    )
