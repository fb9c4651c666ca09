"""The roads: nodes, edges and the stations that stand at nodes, from a TOML table.

Routes are the quickest ways (Dijkstra 1959): `time = length/speed`, summed over the edges.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from linewright.mistakes import Mistakes, read_text, toml_of
from linewright.vda5050.messages import ActionParameter, Edge, Node, NodePosition


class LayoutError(ValueError):
    """A layout that cannot be driven; the text names the key, what was expected and what stands."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Place(_Table, frozen=True):
    """A node: where it lies, m in the map's coordinates, and how it is to be taken."""

    x_m: float
    y_m: float
    theta_rad: float | None = None
    """Heading on the node; absent: any."""
    deviation_m: float | None = None
    """How far off counts as on it; absent: the vehicle's own tolerance."""
    map: str | None = None
    """Absent: the layout's."""


class Road(_Table, frozen=True):
    """An edge; `both`: driven either way."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    both: bool = False
    length_m: float | None = None
    """Absent: the straight distance."""
    max_speed_m_per_s: float | None = None


class Stop(_Table, frozen=True):
    """A station: its node, and what the vehicle's pick and drop need there."""

    node: str
    pick: str = "pick"
    drop: str = "drop"
    parameters: dict[str, bool | int | float | str | list[Any]] = {}


class _File(_Table, frozen=True):
    map: str
    nodes: dict[str, Place]
    edges: list[Road]
    stations: dict[str, Stop]
    speed_m_per_s: float = 1.0


class Layout:
    """A checked layout.

    >>> layout = Layout.of({
    ...     "map": "hall",
    ...     "nodes": {"A": {"x_m": 0, "y_m": 0}, "B": {"x_m": 9, "y_m": 0},
    ...               "C": {"x_m": 9, "y_m": 4}},
    ...     "edges": [{"from": "A", "to": "B", "both": True}, {"from": "B", "to": "C"}],
    ...     "stations": {"filling": {"node": "A"}, "slot 1": {"node": "C"}},
    ... })
    >>> layout.route("A", "C")
    ('A', 'B', 'C')
    >>> layout.route("C", "A")
    Traceback (most recent call last):
    linewright.vda5050.layout.LayoutError: no way from node 'C' to node 'A'
    """

    def __init__(self, file: _File) -> None:
        self.map = file.map
        self.nodes = file.nodes
        self.stations = file.stations
        self._roads: dict[str, dict[str, Road]] = {name: {} for name in file.nodes}
        self._speed_m_per_s = file.speed_m_per_s
        _check(file)
        for road in file.edges:
            self._roads[road.start][road.end] = road
            if road.both:
                self._roads[road.end][road.start] = road

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Layout:
        """From tables.

        Raises
        ------
        LayoutError
            With the key and what is wrong with it.
        """
        try:
            return cls(msgspec.convert(table, _File))
        except msgspec.ValidationError as error:
            raise LayoutError(str(error)) from None

    @classmethod
    def read(cls, path: Path) -> Layout:
        """From a TOML file."""
        try:
            return cls.of(toml_of(read_text(path), path))
        except Mistakes as error:
            raise LayoutError(str(error)) from None
        except LayoutError as error:
            raise LayoutError(f"{path}: {error}") from None

    def route(self, start: str, end: str) -> tuple[str, ...]:
        """The quickest way from node to node, both included.

        Raises
        ------
        LayoutError
            When there is none.
        """
        best = {start: 0.0}
        before: dict[str, str] = {}
        queue = [(0.0, start)]
        while queue:
            time_s, at = heapq.heappop(queue)
            if at == end:
                break
            if time_s > best[at]:
                continue
            for to, road in self._roads[at].items():
                then_s = time_s + self._length_m(road) / (
                    road.max_speed_m_per_s or self._speed_m_per_s
                )
                if then_s < best.get(to, math.inf):
                    best[to], before[to] = then_s, at
                    heapq.heappush(queue, (then_s, to))
        if end not in best:
            raise LayoutError(f"no way from node {start!r} to node {end!r}")
        way = [end]
        while way[-1] != start:
            way.append(before[way[-1]])
        return tuple(reversed(way))

    def station(self, name: str) -> Stop:
        """A station.

        Raises
        ------
        LayoutError
            When there is none of that name.
        """
        if name not in self.stations:
            raise LayoutError(f"no station {name!r} in the layout")
        return self.stations[name]

    def joined(self, start: str, end: str) -> bool:
        """Is there an edge from node to node?"""
        return end in self._roads.get(start, {})

    def off_m(self, node: str, x_m: float, y_m: float) -> float:
        """Distance of a point from a node, m."""
        place = self.nodes[node]
        return math.hypot(place.x_m - x_m, place.y_m - y_m)

    def map_of(self, node: str) -> str:
        """The map a node is on."""
        return self.nodes[node].map or self.map

    def parameters(self, station: str, extra: Mapping[str, Any]) -> list[ActionParameter]:
        """What pick or drop need at a station; `extra` goes before the station's own."""
        both = {**self.stations[station].parameters, **extra}
        return [ActionParameter(key=key, value=value) for key, value in both.items()]

    def node(
        self, name: str, index: int, *, released: bool, deviation_m: float | None = None
    ) -> Node:
        """The node as a message has it, the `index`-th of its order, without actions."""
        place = self.nodes[name]
        position = NodePosition(
            x_m=place.x_m,
            y_m=place.y_m,
            theta_rad=place.theta_rad,
            map_id=self.map_of(name),
            allowed_deviation_m=place.deviation_m if deviation_m is None else deviation_m,
        )
        return Node(
            node_id=name,
            sequence_id=2 * index,
            released=released,
            actions=[],
            node_position=position,
        )

    def edge(self, start: str, end: str, index: int, *, released: bool) -> Edge:
        """The edge behind the `index`-th node of an order."""
        road = self._roads[start][end]
        return Edge(
            edge_id=f"{start}-{end}",
            sequence_id=2 * index + 1,
            released=released,
            start_node_id=start,
            end_node_id=end,
            actions=[],
            max_speed_m_per_s=road.max_speed_m_per_s,
            length_m=road.length_m,
        )

    def _length_m(self, road: Road) -> float:
        if road.length_m is not None:
            return road.length_m
        end = self.nodes[road.end]
        return self.off_m(road.start, end.x_m, end.y_m)


def _check(file: _File) -> None:
    _positive("speed_m_per_s", file.speed_m_per_s)
    for name, place in file.nodes.items():
        for field in ("x_m", "y_m"):
            if not math.isfinite(getattr(place, field)):
                raise LayoutError(f"nodes.{name}.{field}: expected a finite number")
        if place.theta_rad is not None and not abs(place.theta_rad) <= math.pi:
            raise LayoutError(f"nodes.{name}.theta_rad: expected -pi to pi, got {place.theta_rad}")
        if place.deviation_m is not None and not 0.0 <= place.deviation_m < math.inf:
            raise LayoutError(
                f"nodes.{name}.deviation_m: expected at least 0, got {place.deviation_m}"
            )
    seen: set[tuple[str, str]] = set()
    for i, road in enumerate(file.edges):
        for key, node in (("from", road.start), ("to", road.end)):
            if node not in file.nodes:
                raise LayoutError(f"edges[{i}].{key}: expected a node, got {node!r}")
        if road.start == road.end:
            raise LayoutError(f"edges[{i}]: expected two nodes, got {road.start!r} twice")
        ways = {(road.start, road.end)} | ({(road.end, road.start)} if road.both else set())
        if again := seen & ways:
            start, end = again.pop()
            raise LayoutError(f"edges[{i}]: expected one edge from {start!r} to {end!r}, got two")
        seen |= ways
        _positive(f"edges[{i}].length_m", road.length_m)
        _positive(f"edges[{i}].max_speed_m_per_s", road.max_speed_m_per_s)
    for name, stop in file.stations.items():
        if stop.node not in file.nodes:
            raise LayoutError(f"stations.{name}.node: expected a node, got {stop.node!r}")


def _positive(key: str, value: float | None) -> None:
    if value is not None and not 0.0 < value < math.inf:
        raise LayoutError(f"{key}: expected more than 0, got {value}")
