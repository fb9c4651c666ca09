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
class Plan:
    """The whole way of an order; `pick` and `drop` are indices of nodes."""

    order_id: str
    nodes: tuple[str, ...]
    pick: int
    actions: tuple[Action, Action]
    start_deviation_m: float | None = None

    @property
    def drop(self) -> int:
        """Index of the last node, where the load is dropped."""
        return len(self.nodes) - 1

    def base(self, at: int, ahead: int | None) -> int:
        """Index of the decision point for a vehicle at a node; `ahead`: nodes released beyond."""
        if ahead is None:
            return self.drop
        end = min(at + ahead, self.drop)
        return min(end + 1, self.drop) if end == self.pick else end

    def message(self, layout: Layout, update_id: int, first: int, base: int) -> Order:
        """Order or update from node `first` on, released up to node `base`."""
        nodes = []
        for i in range(first, len(self.nodes)):
            deviation_m = self.start_deviation_m if i == 0 else None
            node = layout.node(self.nodes[i], i, released=i <= base, deviation_m=deviation_m)
            stops = ((self.pick, self.actions[0]), (self.drop, self.actions[1]))
            here = [action for index, action in stops if index == i and i >= first]
            nodes.append(msgspec.structs.replace(node, actions=here))
        edges = [
            layout.edge(self.nodes[i], self.nodes[i + 1], i, released=i < base)
            for i in range(first, len(self.nodes) - 1)
        ]
        return Order(order_id=self.order_id, order_update_id=update_id, nodes=nodes, edges=edges)

    def redirected(
        self, layout: Layout, target: str, base: int, *, action_id: str, load: Mapping[str, Any]
    ) -> Plan:
        """The same order to another station, for what is not released yet.

        Raises
        ------
        LayoutError
            When the old target is released, or there is no way.
        """
        if target not in layout.stations:
            raise LayoutError(f"no station {target!r} in the layout")
        if base >= self.drop:
            raise LayoutError("its way is released to the end")
        stem = self.nodes[: max(base, self.pick) + 1]
        way = layout.route(stem[-1], layout.stations[target].node)
        nodes = stem + way[1:]
        if len(nodes) - 1 <= base or (way[1:] == () and base >= self.pick):
            raise LayoutError(f"station {target!r} is where the released way ends")
        drop = Action(
            action_type=layout.stations[target].drop,
            action_id=action_id,
            blocking_type="HARD",
            action_parameters=layout.parameters(target, load),
        )
        return replace(self, nodes=nodes, actions=(self.actions[0], drop))


def plan(
    layout: Layout,
    order_id: str,
    transport: Transport,
    start: tuple[str, ...],
    *,
    start_deviation_m: float | None = None,
    load: Mapping[str, Any],
) -> Plan:
    """The way of a transport: on from `start` (nodes it begins with), to source, to target.

    Raises
    ------
    LayoutError
        When a station is unknown or there is no way.
    """
    for station in (transport.source, transport.target):
        if station not in layout.stations:
            raise LayoutError(f"no station {station!r} in the layout")
    source, target = layout.stations[transport.source], layout.stations[transport.target]
    approach = start + layout.route(start[-1], source.node)[1:]
    nodes = approach + layout.route(source.node, target.node)[1:]
    actions = tuple(
        Action(
            action_type=kind,
            action_id=f"{order_id}-{name}",
            blocking_type="HARD",
            action_parameters=layout.parameters(station, load),
        )
        for name, kind, station in (
            ("pick", source.pick, transport.source),
            ("drop", target.drop, transport.target),
        )
    )
    return Plan(
        order_id=order_id,
        nodes=nodes,
        pick=len(approach) - 1,
        actions=(actions[0], actions[1]),
        start_deviation_m=start_deviation_m,
    )
