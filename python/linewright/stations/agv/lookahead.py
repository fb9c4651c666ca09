"""Look-ahead assignment of vehicles to transports: one planner for the line and for the job shop.

A transport is a `Leg`. Legs may depend on each other: a machine works on what a leg brings and
releases the next (`then`), or a leg that takes a tray out frees the place of another (`clears`).
Times ahead are *expected* ones, so a vehicle is sent before its load is ready when that pays.

The base rule is a list schedule: of the most urgent open legs take the one with the least
`picked + urgency*rank` (its rank is its due time if nothing else is said), and for it the vehicle
that can load first. The planner tries every open leg of the window as the next one, lets the base
rule finish the plan (a rollout: Bertsekas, Tsitsiklis, Wu 1997), and keeps the first step of the
cheapest plan.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

NEVER_S = math.inf
EMPTY_RIDE = 1e-3
"""Of vehicles that load at the same moment the one with the shorter empty ride is taken."""


class Objective(Enum):
    """What a plan costs."""

    LATEST = "latest"
    """The largest lateness `end - due` (with `due = -tail`: the makespan)."""
    TOTAL = "total"
    """The sum of `weight * max(0, end - due)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One transport, known now or released by another. Times in s, on one clock."""

    source: int
    target: int
    """Places: rows of the way table."""
    due_s: float
    ready_s: float = 0.0
    """When its load can be taken (expected); `NEVER_S` until another leg's `then` releases it."""
    place_s: float = 0.0
    """When its target can take it (expected); `NEVER_S` until another leg's `clears` frees it."""
    weight: float = 1.0
    """Cost of a second of lateness, dimensionless."""
    rank_s: float | None = None
    """Takes the place of the due time where legs are put in order of urgency."""
    machine: int | None = None
    """Works on one load after the other, in the order planned."""
    work_s: float = 0.0
    then: int | None = None
    clears: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A vehicle for the planner: when it is free, and its way from there to every place, s."""

    free_s: float
    way_s: Sequence[float]


@dataclass(frozen=True, slots=True)
class Assignment:
    """This vehicle takes this leg: loaded, unloaded and worked at, s."""

    leg: int
    ride: int
    picked_s: float
    delivered_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Search:
    """How far and how wide the planner looks."""

    window: int = 8
    """Most urgent open legs that are considered at a step."""
    breadth: int = 8
    """Of these, how many are tried as the next step."""
    depth: int = 24
    """Legs that a rollout assigns at most."""
    urgencies: tuple[float, ...] = (0.0, 0.5, 1.0)
    """Weights of the due time in the base rule; each is tried."""

    def __post_init__(self) -> None:
        for name in ("window", "breadth", "depth"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, was {getattr(self, name)}")
        if not self.urgencies or min(self.urgencies) < 0.0:
            raise ValueError(f"urgencies must be some, none negative, was {self.urgencies}")


class Plan:
    """What is assigned so far, and when vehicles, machines and legs are free for more.

    >>> two_places = ((0.0, 30.0), (30.0, 0.0))
    >>> legs = [Leg(source=1, target=0, due_s=0.0, ready_s=30.0)]
    >>> rides = [Ride(free_s=0.0, way_s=two_places[0])]
    >>> plan = Plan(legs, rides, two_places, handling_s=5.0, objective=Objective.LATEST)
    >>> plan.extend(Search())
    Assignment(leg=0, ride=0, picked_s=35.0, delivered_s=70.0, end_s=70.0)
    """

    def __init__(
        self,
        legs: Sequence[Leg],
        rides: Sequence[Ride],
        way_s: Sequence[Sequence[float]],
        *,
        handling_s: float,
        objective: Objective,
        machines_s: Sequence[float] = (),
    ) -> None:
        self._legs = legs
        self._way_s = way_s
        self._handling_s = handling_s
        self._latest = objective is Objective.LATEST
        self._free_s = [ride.free_s for ride in rides]
        self._from = [ride.way_s for ride in rides]
        self._ready_s = [leg.ready_s for leg in legs]
        self._place_s = [leg.place_s for leg in legs]
        self._machine_s = list(machines_s)
        self._rank_s = [leg.due_s if leg.rank_s is None else leg.rank_s for leg in legs]
        self._open = sorted(
            (k for k, leg in enumerate(legs) if leg.ready_s < NEVER_S and leg.place_s < NEVER_S),
            key=self._rank_s.__getitem__,
        )
        self._cost = -math.inf if self._latest else 0.0
        self._ends_s = 0.0
        self._first: dict[int, tuple[float, int]] = {}
        self._trail: list[tuple[int, int]] = []
        self._best: tuple[tuple[float, float], list[tuple[int, int]]] | None = None

    def _copy(self) -> Plan:
        new = object.__new__(Plan)
        new._legs, new._way_s = self._legs, self._way_s
        new._handling_s, new._latest = self._handling_s, self._latest
        new._rank_s = self._rank_s
        new._free_s, new._from = self._free_s[:], self._from[:]
        new._ready_s, new._place_s = self._ready_s[:], self._place_s[:]
        new._machine_s, new._open = self._machine_s[:], self._open[:]
        new._cost, new._ends_s = self._cost, self._ends_s
        new._first, new._trail, new._best = self._first.copy(), [], None
        return new

    def _first_ride(self, leg: int) -> tuple[float, int]:
        """When and by which vehicle a leg's loading can begin first.

        Kept until that vehicle is sent elsewhere: no other gets nearer by working more.
        """
        known = self._first.get(leg)
        if known is not None:
            return known
        source, ready_s = self._legs[leg].source, self._ready_s[leg]
        least, best = math.inf, 0
        for ride, free_s in enumerate(self._free_s):
            way_s = self._from[ride][source]
            at_s = free_s + way_s
            if at_s < ready_s:  # noqa: PLR1730 - `max` costs a third of a decision
                at_s = ready_s
            at_s += EMPTY_RIDE * way_s
            if at_s < least:
                least, best = at_s, ride
        self._first[leg] = (least, best)
        return least, best

    def assign(self, leg: int, ride: int) -> Assignment:
        """Commits a vehicle to an open leg."""
        of = self._legs[leg]
        handling_s = self._handling_s
        begin_s = max(self._free_s[ride] + self._from[ride][of.source], self._ready_s[leg])
        picked_s = begin_s + handling_s
        there_s = picked_s + self._way_s[of.source][of.target]
        delivered_s = max(there_s, self._place_s[leg]) + handling_s
        end_s = delivered_s
        if of.machine is not None:
            end_s = max(end_s, self._machine_s[of.machine]) + of.work_s
            self._machine_s[of.machine] = end_s
        self._free_s[ride] = delivered_s
        self._from[ride] = self._way_s[of.target]
        for other in [other for other, (_, by) in self._first.items() if by == ride]:
            del self._first[other]
        self._open.remove(leg)
        if of.then is not None:
            self._ready_s[of.then] = end_s
            self._release(of.then)
        if of.clears is not None:
            self._place_s[of.clears] = picked_s
            self._release(of.clears)
        late_s = end_s - of.due_s
        if self._latest:
            self._cost = max(self._cost, late_s)
        elif late_s > 0.0:
            self._cost += of.weight * late_s
        self._ends_s += late_s
        self._trail.append((leg, ride))
        return Assignment(leg, ride, picked_s, delivered_s, end_s)

    def _release(self, leg: int) -> None:
        if self._ready_s[leg] < NEVER_S and self._place_s[leg] < NEVER_S:
            insort(self._open, leg, key=self._rank_s.__getitem__)

    def _finish(self, urgency: float, search: Search) -> tuple[float, float]:
        """Lets the base rule assign what is left, as far as `depth`; what it costs."""
        window = search.window
        for _ in range(search.depth):
            if not self._open:
                break
            least, leg, ride = math.inf, -1, 0
            for candidate in self._open[:window]:
                at_s, by = self._first_ride(candidate)
                key = at_s + urgency * self._rank_s[candidate]
                if key < least:
                    least, leg, ride = key, candidate, by
            self.assign(leg, ride)
        if not self._latest and self._open:
            self._cost += self._left_over()
        return self._cost, self._ends_s

    def _left_over(self) -> float:
        """What the legs beyond the depth cost, if all vehicles carry them one after the other."""
        share = 1.0 / len(self._free_s)
        begin_s, cost = sum(self._free_s) * share, 0.0
        for leg in self._open:
            of = self._legs[leg]
            carry_s = self._way_s[of.source][of.target] + 2.0 * self._handling_s
            late_s = begin_s + carry_s - of.due_s
            if late_s > 0.0:
                cost += of.weight * late_s
            begin_s += carry_s * share
        return cost

    def follow(self) -> Assignment | None:
        """Commits the next step of the cheapest rollout so far; nothing when it is at its end."""
        if self._best is None:
            return None
        (leg, ride), *rest = self._best[1]
        self._best = (self._best[0], rest) if rest else None
        return self.assign(leg, ride)

    def extend(self, search: Search) -> Assignment | None:
        """Commits the next step of the cheapest plan found so far; nothing when no leg is open.

        A later step never ends dearer than an earlier one promised: the best rollout is kept and
        followed until another beats it.
        """
        best = self._best
        for leg in self._open[: search.breadth]:
            for urgency in search.urgencies:
                branch = self._copy()
                branch.assign(leg, branch._first_ride(leg)[1])
                cost = branch._finish(urgency, search)
                if best is None or cost < best[0]:
                    best = (cost, branch._trail)
        self._best = best
        return self.follow()
