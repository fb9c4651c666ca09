"""What a soft side found, as a detection of the hard lane.

A detection is made in a loop and nowhere else, so that record, ledger and replay hold it. What only
the soft side can find (a trend of hours, a comparison of profiles, a forecast) comes into the loop
as a set-point that expires, and the loop tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import linewright as lw

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop


AGAIN_S = 60.0
"""A finding that changes is told once in so long."""


def soft_finding(
    loop: Loop,
    name: str,
    unit: str,
    *,
    least: float,
    most: float,
    lasts_s: float,
    rule: str,
    decision: str,
    priority: Literal["log", "advice", "alarm"] = "advice",
    evidence: dict[str, Edge] | None = None,
) -> Edge:
    """Mailbox `name_found` for the soft side and event `name`, once for each new value.

    The value is 0 while nothing is found, at least `least` (unit of the mailbox) when something is,
    at most `most`. It expires `lasts_s` after it was set last. Returns the value.
    """
    zero = loop.const(0.0, unit)
    found = loop.mailbox(
        f"{name}_found", unit, default=0.0, lo=0.0, hi=most, ttl_s=lasts_s, fallback="default"
    ).value
    before = loop.apply(lw.TimeDelay, found, dead_time_s=loop.period_s)
    loop.event(
        name,
        (found > loop.const(0.5 * least, unit)) & (abs(found - before) > zero),
        evidence={name: found, **(evidence or {})},
        rule=rule,
        decision=decision,
        priority=priority,
        refractory_s=AGAIN_S,
    )
    return found
