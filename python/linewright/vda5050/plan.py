"""A transport as the way a vehicle drives: nodes in order, what to do at which, and the messages
that say so, base first, then horizon.

A decision point never has an action: the standard leaves open whether an update repeats the
actions of the node it begins at, and vehicles differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from linewright.vda5050.layout import Layout, LayoutError
from linewright.vda5050.messages import Action, Order


class Transport(Protocol):
    """What is ordered: a load from station to station, by a vehicle.

    An order of `linewright.stations.agv` is one.
    """

    @property
    def id(self) -> int | str:
        """Names the transport; given again under the same name it is the same."""

    @property
    def vehicle(self) -> int | str:
        """Who is to do it, by the name the vehicle has in the fleet."""

    @property
    def source(self) -> str:
        """Station to pick at."""

    @property
    def target(self) -> str:
        """Station to drop at."""

    @property
    def priority(self) -> float:
        """Of several that wait for a vehicle the least goes first, dimensionless."""


@dataclass(frozen=True, slots=True)
class Job:
    """A transport."""

    id: int | str
    vehicle: int | str
    source: str
    target: str
    priority: float = 0.0


@dataclass(frozen=True, slots=True)
class Errand:
    """A way without a load: to park (no action) or, say, to charge (`startCharging`)."""

    id: int | str
    vehicle: int | str
    target: str
    action: str | None = None
    priority: float = 0.0


Task = Transport | Errand


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole way of an order; `stops`: what to do at which node, by its index."""

    order_id: str
    nodes: tuple[str, ...]
    stops: tuple[tuple[int, Action], ...]
    start_deviation_m: float | None = None

    @property
    def end(self) -> int:
        """Index of the last node."""
        return len(self.nodes) - 1

    @property
    def actions(self) -> tuple[str, ...]:
        """Ids of all there is to do."""
        return tuple(action.action_id for _, action in self.stops)

    def base(self, at: int, ahead: int | None) -> int:
        """Index of the decision point for a vehicle at a node; `ahead`: nodes released beyond."""
        if ahead is None:
            return self.end
        base = min(at + ahead, self.end)
        while base < self.end and any(index == base for index, _ in self.stops):
            base += 1
        return base

    def message(self, layout: Layout, update_id: int, first: int, base: int) -> Order:
        """Order or update from node `first` on, released up to node `base`."""
        nodes = []
        for i in range(first, len(self.nodes)):
            deviation_m = self.start_deviation_m if i == 0 else None
            node = layout.node(self.nodes[i], i, released=i <= base, deviation_m=deviation_m)
            here = [action for index, action in self.stops if index == i]
            nodes.append(msgspec.structs.replace(node, actions=here))
        edges = [
            layout.edge(self.nodes[i], self.nodes[i + 1], i, released=i < base)
            for i in range(first, len(self.nodes) - 1)
        ]
        return Order(order_id=self.order_id, order_update_id=update_id, nodes=nodes, edges=edges)

    def redirected(self, layout: Layout, target: str, base: int, action: Action | None) -> Plan:
        """The same order to another station, for what is not released yet.

        Raises
        ------
        LayoutError
            When the old target is released, or there is no way.
        """
        if base >= self.end:
            raise LayoutError("its way is released to the end")
        kept = self.stops[:-1] if action is not None else self.stops
        last = max([base, *(index for index, _ in kept)])
        stem = self.nodes[: last + 1]
        way = layout.route(stem[-1], layout.station(target).node)
        nodes = stem + way[1:]
        if len(nodes) - 1 <= base:
            raise LayoutError(f"station {target!r} is where the released way ends")
        stops = kept if action is None else (*kept, (len(nodes) - 1, action))
        return replace(self, nodes=nodes, stops=stops)


def plan(
    layout: Layout,
    order_id: str,
    task: Task,
    start: tuple[str, ...],
    *,
    start_deviation_m: float | None = None,
    load: Mapping[str, Any],
) -> Plan:
    """The way of a task: on from `start` (nodes it begins with), to source, to target.

    Raises
    ------
    LayoutError
        When a station is unknown or there is no way.
    """
    nodes = start
    stops: list[tuple[int, Action]] = []
    if not isinstance(task, Errand):
        source = layout.station(task.source)
        nodes += layout.route(start[-1], source.node)[1:]
        pick = Action(
            action_type=source.pick,
            action_id=pick_id(order_id),
            blocking_type="HARD",
            action_parameters=layout.parameters(task.source, load),
        )
        stops.append((len(nodes) - 1, pick))
    nodes += layout.route(nodes[-1], layout.station(task.target).node)[1:]
    name = "errand" if isinstance(task, Errand) else "drop"
    last = last_action(layout, task, task.target, f"{order_id}-{name}", load)
    if last is not None:
        stops.append((len(nodes) - 1, last))
    return Plan(order_id, nodes, tuple(stops), start_deviation_m)


def pick_id(order_id: str) -> str:
    """Id of the action that picks the load of an order."""
    return f"{order_id}-pick"


def last_action(
    layout: Layout, task: Task, target: str, action_id: str, load: Mapping[str, Any]
) -> Action | None:
    """What is done at the end of the way."""
    stop = layout.station(target)
    kind = task.action if isinstance(task, Errand) else stop.drop
    if kind is None:
        return None
    return Action(
        action_type=kind,
        action_id=action_id,
        blocking_type="HARD",
        action_parameters=layout.parameters(target, load),
    )
