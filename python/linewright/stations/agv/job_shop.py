"""A job shop whose jobs are carried by vehicles, for the planner that sends the line's vehicles.

The problem of Bilge and Ulusoy (1995): every operation of a job is done on its machine, a vehicle
carries the job there from the machine before (first from the loading station, place 0), and the
makespan counts. A leg's due time is minus the least time that its job still needs afterwards, so
that the largest lateness is the makespan.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from linewright.stations.agv.lookahead import (
    NEVER_S,
    Assignment,
    Leg,
    Objective,
    Plan,
    Ride,
    Search,
)

Job = Sequence[tuple[int, float]]
"""Its operations: machine, and time on it."""

SEARCH = Search(window=8, breadth=8, depth=24, urgencies=(0.0, 0.2, 0.5, 1.0))
"""As wide as these problems are small."""


def legs(jobs: Sequence[Job], way_s: Sequence[Sequence[float]]) -> list[Leg]:
    """The transports of all jobs; each releases the next of its job when its machine is done.

    >>> [(leg.source, leg.target, leg.due_s) for leg in legs([[(1, 8), (2, 16)]], [[6] * 3] * 3)]
    [(0, 1, -22.0), (1, 2, -0.0)]
    """
    out: list[Leg] = []
    for job in jobs:
        places = [0, *(machine for machine, _ in job)]
        for at, (source, target) in enumerate(pairwise(places)):
            rest = zip(job[at + 1 :], pairwise(places[at + 1 :]), strict=True)
            tail_s = sum(work_s + way_s[a][b] for (_, work_s), (a, b) in rest)
            out.append(
                Leg(
                    source=source,
                    target=target,
                    due_s=-float(tail_s),
                    ready_s=0.0 if at == 0 else NEVER_S,
                    machine=target,
                    work_s=job[at][1],
                    then=len(out) + 1 if at + 1 < len(job) else None,
                )
            )
    return out


def start(jobs: Sequence[Job], way_s: Sequence[Sequence[float]], *, vehicles: int) -> Plan:
    """An empty plan of a job shop: all vehicles at the loading station, handling takes no time."""
    return Plan(
        legs(jobs, way_s),
        [Ride(free_s=0.0, way_s=way_s[0])] * vehicles,
        way_s,
        handling_s=0.0,
        objective=Objective.LATEST,
        machines_s=[0.0] * len(way_s),
    )


def schedule(
    jobs: Sequence[Job],
    way_s: Sequence[Sequence[float]],
    *,
    vehicles: int = 2,
    search: Search = SEARCH,
) -> list[Assignment]:
    """Decides one transport after the other until all jobs are done.

    >>> [step.end_s for step in schedule([[(1, 8.0), (2, 16.0)]], [[6.0] * 3] * 3, vehicles=1)]
    [20.0, 42.0]
    """
    plan = start(jobs, way_s, vehicles=vehicles)
    steps = []
    while (step := plan.extend(search)) is not None:
        steps.append(step)
    return steps
