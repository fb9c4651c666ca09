"""Cost per good cell: material, conversion and scrap along the whole chain of a pouch cell.

`n_j = 1/prod_{i>=j} y_i` units enter step j for one good cell; scrap made at step j returns part
of the material put in so far:

    C_good = sum_j n_j*(mat_j + conv_j) - sum_j n_j*(1 - y_j)*credit_j*sum_{i<=j} mat_i  [EUR]

Material, conversion and yields of `DEFAULT_CHAIN` are the 77.5 Ah pouch cell of the default
line; the credit is 45 % of material scrapped as slurry, 35 % as electrode, 20 % as stack or cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Chain = tuple["Step", ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One production step: what it adds to a cell and what share of its output is good."""

    name: str
    yield_fraction: float
    """Good output / input, dimensionless, 0 < y <= 1."""
    material_eur: float = 0.0
    """Material added at this step, EUR per cell, >= 0."""
    conversion_eur: float = 0.0
    """Labour, energy and machine of this step, EUR per cell, >= 0."""
    credit: float = 0.0
    """Share of the accumulated material value regained from scrap, dimensionless, 0..1."""

    def __post_init__(self) -> None:
        if not 0.0 < self.yield_fraction <= 1.0:
            raise ValueError(
                f"{self.name}: yield_fraction must be in (0, 1], was {self.yield_fraction}"
            )
        if self.material_eur < 0.0 or self.conversion_eur < 0.0:
            raise ValueError(f"{self.name}: material_eur and conversion_eur must not be negative")
        if not 0.0 <= self.credit <= 1.0:
            raise ValueError(f"{self.name}: credit must be in [0, 1], was {self.credit}")


@dataclass(frozen=True, kw_only=True)
class CellCost:
    """Cost of one good cell, EUR."""

    gross_eur: float
    credit_eur: float
    rolled_yield: float
    """Product of all yields, dimensionless."""

    @property
    def net_eur(self) -> float:
        """Gross less credit, EUR per good cell."""
        return self.gross_eur - self.credit_eur


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


def cost_per_good_cell(chain: Chain = DEFAULT_CHAIN) -> CellCost:
    """Cost of one good cell for a chain of steps in production order.

    >>> toy = tuple(Step(name=n, yield_fraction=y, conversion_eur=c)
    ...             for n, y, c in (("a", 0.9, 10.0), ("b", 0.95, 5.0), ("c", 0.8, 3.0)))
    >>> round(cost_per_good_cell(toy).gross_eur, 3)
    24.949
    """
    units = 1.0
    needed: list[float] = []
    for step in reversed(chain):
        units /= step.yield_fraction
        needed.append(units)
    needed.reverse()
    gross = credit = material = 0.0
    rolled = 1.0
    for step, n in zip(chain, needed, strict=True):
        material += step.material_eur
        gross += n * (step.material_eur + step.conversion_eur)
        credit += n * (1.0 - step.yield_fraction) * step.credit * material
        rolled *= step.yield_fraction
    return CellCost(gross_eur=gross, credit_eur=credit, rolled_yield=rolled)


def with_scrap(chain: Chain, scrap: dict[str, float]) -> Chain:
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
