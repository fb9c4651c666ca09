"""A CUSUM that is fed weld by weld, with the age of its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop


class Chart(NamedTuple):
    """Edges of a CUSUM that is fed weld by weld; Bad between two welds."""

    high: Edge
    low: Edge
    alarm: Edge
    age_up: Edge
    """Time since the upper sum left zero, s."""
    age_down: Edge


def weld_chart(loop: Loop, x: Edge, when: Edge, *, k: float, h: float) -> Chart:
    """CUSUM on `x` in the ticks in which `when` is on; else its state holds."""
    chart = loop.apply(
        lw.Cusum,
        loop.bad_when(x, ~when),
        mean=0.0,
        sigma=1.0,
        k=k,
        h=h,
        restart=True,
    )
    return Chart(
        high=chart.high,
        low=chart.low,
        alarm=chart.alarm,
        age_up=age(loop, chart.high),
        age_down=age(loop, chart.low),
    )


def age(loop: Loop, evidence: Edge) -> Edge:
    """Time since the evidence left zero, s; zero when there is none."""
    known = loop.is_good(evidence)
    held = loop.apply(lw.SampleHold, loop.or_else(evidence, 0.0), known)
    age: Edge = loop.apply(lw.OnDuration, held > 0.0)
    return age
