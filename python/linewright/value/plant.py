"""A plant as the cost model sees it: its chain of steps, web per cell, and what no step makes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from linewright.value.cost import DEFAULT_CHAIN, Chain, Overheads


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Cost data of one plant."""

    name: str = "default line"
    chain: Chain = DEFAULT_CHAIN
    overheads: Overheads = field(default_factory=Overheads)
    web_m_per_cell: float = 1.56
    """Coated web in one cell, m: 20 cathode sheets at a pitch of 156 mm, two lanes."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.web_m_per_cell) and self.web_m_per_cell > 0.0):
            raise ValueError(f"web_m_per_cell must be positive, was {self.web_m_per_cell}")
        names = [step.name for step in self.chain]
        if not names:
            raise ValueError("chain must have at least one step, was empty")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"step {twice[0]} stands in the chain twice")
