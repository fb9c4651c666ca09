"""The flow twin against the same flow in SimPy: simulated hours per second of one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from linewright.twin import FlowTwin

from bench._measure import Row, Spread, alternate


def rows(quick: bool) -> Iterator[Row]:
    """One row; the counts of both sides stand beside it, so that one sees that they do the same."""
    try:
        import simpy  # noqa: PLC0415

        from bench import flow_simpy  # noqa: PLC0415
    except ImportError as missing:
        raise ImportError("this group needs pip install 'linewright[bench]'") from missing
    hours = 2.0 if quick else 24.0
    made: dict[str, dict[str, float]] = {}

    def timed(run: Callable[[], Any], side: str, count: Callable[[Any], dict[str, float]]) -> float:
        before = time.thread_time_ns()
        done = run()
        took_s = (time.thread_time_ns() - before) * 1e-9
        made[side] = count(done)
        return hours / took_s

    def twin() -> FlowTwin:
        flow = FlowTwin(seed=1)
        flow.advance(3600.0 * hours)
        return flow

    def ours() -> float:
        return timed(twin, "ours", counted)

    def theirs() -> float:
        return timed(lambda: flow_simpy.run(1, hours), "theirs", counted_there)

    fast, slow = alternate([ours, theirs], 3 if quick else 11)
    facts: dict[str, Any] = {"simulated_h": hours, "simpy": simpy.__version__, **made}
    yield Row(
        id="flow.day",
        what="material flow of the line, 20 vehicles sent by the plain rule",
        against="the same flow in SimPy",
        kind="peer",
        unit="simulated h/s",
        ours=Spread.of(fast),
        theirs=Spread.of(slow),
        method="start-up included; processor time of one thread",
        goal="at least 60 times",
        facts=facts,
    )


def counted(flow: FlowTwin) -> dict[str, float]:
    """What a flow twin has made."""
    truth = flow.truth()
    delivered = sum(move["delivered"] for move in truth["moves"])
    engaged_s = sum(move["engaged_s"] for move in truth["moves"])
    return {
        "filled": truth["trays_filled"],
        "started": truth["trays_started"],
        "tested": truth["trays_tested"],
        "delivered": delivered,
        "cycle_s": engaged_s / delivered,
    }


def counted_there(made: Any) -> dict[str, float]:
    """The same of the peer."""
    return {
        "filled": made.filled,
        "started": made.started,
        "tested": made.tested,
        "delivered": made.delivered,
        "cycle_s": made.engaged_s / made.delivered,
    }
