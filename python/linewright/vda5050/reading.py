"""What is read out of a state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from linewright.vda5050.events import Name, Report
from linewright.vda5050.layout import Layout, LayoutError
from linewright.vda5050.messages import ENDED, Error, State

ON_NODE_M = 0.3
"""A vehicle that far off a node counts as on it where the layout says nothing, m."""
REFUSALS = ("validationError", "orderError", "orderUpdateError", "noRouteError")
"""Errors by which a vehicle says that it does not take an order."""


@dataclass(slots=True)
class Age:
    """Tells a new message of a topic from a late or doubled one.

    Header ids rise, but begin again with the sender; then the time stamps tell. A clock that was
    set back does no harm as long as ids rise.

    >>> age = Age()
    >>> [age.newer(5, 1.0), age.newer(5, 1.0), age.newer(4, 0.9), age.newer(0, 2.0)]
    [True, False, False, True]
    """

    header_id: int = -1
    time_s: float = float("-inf")

    def newer(self, header_id: int, time_s: float) -> bool:
        """Is it newer than all before? Then it is the newest from here on."""
        if header_id <= self.header_id and time_s <= self.time_s:
            return False
        self.header_id, self.time_s = header_id, time_s
        return True


def active(state: State) -> bool:
    """Has the vehicle nodes or edges before it?"""
    return bool(state.node_states or state.edge_states)


def busy(state: State) -> bool:
    """Has it anything to drive or to do, whoever ordered it?"""
    return active(state) or any(a.action_status not in ENDED for a in state.action_states)


def progress(state: State) -> int | None:
    """Index of the node the vehicle is at or has last passed; None: the end.

    By the nodes that remain: the last node's number may still be that of the order before.
    """
    if not state.node_states:
        return None
    return min(node.sequence_id for node in state.node_states) // 2 - 1


def report(vehicle: Name, state: State, now_s: float, job: Name | None) -> Report:
    """The state as a dispatch needs it."""
    at = state.agv_position
    known = at is not None and at.position_initialized
    return Report(
        vehicle=vehicle,
        heard_s=now_s,
        node=state.last_node_id,
        at_m=(at.x_m, at.y_m) if at is not None and known else None,
        map=at.map_id if at is not None and known else None,
        driving=state.driving,
        paused=bool(state.paused),
        mode=state.operating_mode,
        charge_percent=state.battery_state.charge_percent,
        charging=state.battery_state.charging,
        loaded=None if state.loads is None else bool(state.loads),
        job=job,
        busy=busy(state),
        errors=tuple(
            (error.error_type, error.error_level, error.error_description or "")
            for error in state.errors
        ),
        stopped=state.safety_state.e_stop != "NONE" or state.safety_state.field_violation,
    )


def start_of(
    state: State, layout: Layout, ways: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], float | None]:
    """Nodes a new order begins with, and how far off the first one the vehicle stands, m.

    A vehicle between two nodes of its last order (`ways`: nodes by order id) begins at the one it
    passed, with a deviation that reaches it, and drives on to the next: it does not leave its edge.

    Raises
    ------
    LayoutError
        When it stands where the layout has no node.
    """
    node, at = state.last_node_id, state.agv_position
    if at is None or not at.position_initialized:
        if node not in layout.nodes:
            raise LayoutError(f"vehicle is at no node of the layout: last node {node!r}")
        return (node,), None
    edge = _edge(state, ways)
    if node not in layout.nodes or layout.map_of(node) != at.map_id:
        near = [name for name in layout.nodes if layout.map_of(name) == at.map_id]
        if not near:
            raise LayoutError(f"vehicle is on map {at.map_id!r}, where the layout has no node")
        node, edge = min(near, key=lambda name: layout.off_m(name, at.x_m, at.y_m)), None
    off_m = layout.off_m(node, at.x_m, at.y_m)
    if off_m <= (layout.nodes[node].deviation_m or ON_NODE_M):
        return (node,), None
    if edge is not None and layout.joined(*edge):
        return edge, math.ceil(off_m * 10.0 + 1.0) / 10.0
    raise LayoutError(f"vehicle stands {off_m:.1f} m off node {node!r}")


def _edge(state: State, ways: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """Last node and the one behind it on the way of the last order."""
    nodes = ways.get(state.order_id, ())
    at = state.last_node_sequence_id // 2
    if not 0 <= at < len(nodes) - 1 or nodes[at] != state.last_node_id:
        return None
    return nodes[at], nodes[at + 1]


def refusal(state: State, order_id: str, update_id: int, known: list[Error]) -> str | None:
    """Why the vehicle does not take an order or update; None when it does not say so.

    An error that names no update counts when it was not there (`known`) before sending.
    """
    for error in state.errors:
        if error.error_type not in REFUSALS:
            continue
        references = {r.reference_key: r.reference_value for r in error.error_references or []}
        of_update = references.get("orderUpdateId")
        if references.get("orderId", order_id) != order_id:
            continue
        if references.get("topic", "order") != "order":
            continue
        if of_update == str(update_id) if of_update is not None else error not in known:
            return f"{error.error_type}: {error.error_description or 'without a description'}"
    return None


def ended(state: State, actions: tuple[str, ...]) -> bool:
    """Is nothing left to drive, and none of these actions to do?"""
    return not active(state) and all(
        action.action_status in ENDED
        for action in state.action_states
        if action.action_id in actions
    )
