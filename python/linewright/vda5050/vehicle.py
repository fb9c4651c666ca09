"""A vehicle by the rules of the standard, without wheels: takes orders, drives, acts, reports.

Pure: messages and times in, messages out. It serves as the other end in tests, in examples and
where a layout is tried before the vehicles are there. It drives straight from node to node at one
speed, stops where it is when cancelled, and does the actions of a node one after another before it
drives on.

Source: VDA 5050, version 2.1.0 (2024), figure 8 (taking an order), sections 6.6.2 to 6.6.4, 6.10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from linewright.vda5050.header import Header, seconds
from linewright.vda5050.messages import (
    ENDED,
    Action,
    ActionState,
    AgvPosition,
    BatteryState,
    Connection,
    Edge,
    EdgeState,
    Error,
    ErrorReference,
    InstantActions,
    Load,
    Node,
    NodeState,
    Order,
    SafetyState,
    State,
)
from linewright.vda5050.reading import Age

INSTANT = ("cancelOrder", "stateRequest", "startPause", "stopPause", "stopCharging")
REMEMBERED_ACTIONS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """What the vehicle is like."""

    speed_m_per_s: float = 1.0
    action_s: float = 5.0
    """How long an action takes."""
    reach_m: float = 0.5
    """How far off its first node an order may find it, where the order says nothing."""
    interval_s: float = 30.0
    """It reports at least that often."""
    actions: tuple[str, ...] = ("pick", "drop", "startCharging")
    """Actions it knows on nodes."""
    failing: tuple[str, ...] = ()
    """Actions that end FAILED."""
    charge_percent: float = 80.0
    """What it reports of its battery, always."""
    wary: bool = False
    """It skips orders and instant actions with header ids that are not newer; the standard does
    not ask it to, as the broker keeps the order of a topic."""


class Vehicle:
    """The vehicle; `hear` messages, `step` the time, send what `reports` gives."""

    def __init__(
        self, node: str, x_m: float, y_m: float, map_id: str, build: Build | None = None
    ) -> None:
        self.done: list[tuple[str, str]] = []
        """Actions carried out: order id and action type, in order."""
        self.errors: list[Error] = []
        self.mode: str = "AUTOMATIC"
        self._build = build or Build()
        self._order_id, self._update_id = "", 0
        self._last, self._last_sequence = node, 0
        self._x_m, self._y_m, self._theta_rad, self._map = x_m, y_m, 0.0, map_id
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._decision: tuple[str, int] = (node, 0)
        self._todo: list[Action] = []
        self._actions: dict[str, ActionState] = {}
        self._instant: dict[str, ActionState] = {}
        self._left_s: float | None = None
        self._now_s: float | None = None
        self._paused = False
        self._charging = False
        self._loads: list[Load] = []
        self._sent_s = -math.inf
        self._sent: State | None = None
        self._ages: dict[str, Age] = {}
        self._ask = False

    @property
    def state(self) -> State:
        """What it reports."""
        at = AgvPosition(
            x_m=self._x_m,
            y_m=self._y_m,
            theta_rad=self._theta_rad,
            map_id=self._map,
            position_initialized=True,
        )
        return State(
            order_id=self._order_id,
            order_update_id=self._update_id,
            last_node_id=self._last,
            last_node_sequence_id=self._last_sequence,
            driving=self._driving(),
            paused=self._paused,
            operating_mode=self.mode,  # type: ignore[arg-type]
            node_states=[
                NodeState(node_id=n.node_id, sequence_id=n.sequence_id, released=n.released)
                for n in self._nodes
            ],
            edge_states=[
                EdgeState(edge_id=x.edge_id, sequence_id=x.sequence_id, released=x.released)
                for x in self._edges
            ],
            action_states=[*self._actions.values(), *self._instant.values()],
            battery_state=BatteryState(
                charge_percent=self._build.charge_percent, charging=self._charging
            ),
            errors=list(self.errors),
            safety_state=SafetyState(e_stop="NONE", field_violation=False),
            agv_position=at,
            loads=list(self._loads),
        )

    def hear(self, message: Header) -> None:
        """An order or instant actions."""
        if self._build.wary:
            age = self._ages.setdefault(type(message).__name__, Age())
            if not age.newer(message.header_id, seconds(message.timestamp)):
                return
        if isinstance(message, Order):
            self._take(message)
        elif isinstance(message, InstantActions):
            for action in message.actions:
                self._at_once(action)

    def step(self, now_s: float) -> None:
        """Drive and act until `now_s`; the first call starts the clock."""
        if self._now_s is None:
            self._now_s = now_s
        while not self._paused:
            if self._todo:
                if not self._act(self._todo[0], now_s):
                    break
            elif not self._drive(now_s):
                break
        self._now_s = now_s

    def reports(self, now_s: float) -> list[State]:
        """The state, when something but the place has changed, it was asked, or it is time."""
        state = self.state
        still = msgspec.structs.replace(state, agv_position=None)
        due = self._ask or now_s - self._sent_s >= self._build.interval_s
        if not due and still == self._sent:
            return []
        self._sent, self._sent_s, self._ask = still, now_s, False
        return [state]

    def connection(self, state: str) -> Connection:
        """ONLINE when it connects, OFFLINE before it goes, CONNECTIONBROKEN as its will."""
        return msgspec.convert({"connectionState": state}, Connection)

    def _take(self, order: Order) -> None:
        """Figure 8."""
        because = self._invalid(order)
        if because is not None:
            self._refuse(order, "validationError", because)
            return
        holders: list[Node | Edge] = [*order.nodes, *order.edges]
        known = self._build.actions
        unknown = [a for h in holders for a in h.actions if a.action_type not in known]
        if unknown:
            self._refuse(order, "orderError", f"unknown action {unknown[0].action_type!r}")
        elif order.order_id == self._order_id or self._busy():
            self._continue(order)
        elif self._charging:
            self._refuse(order, "orderError", "vehicle is charging")
        elif self.mode != "AUTOMATIC":
            self._refuse(order, "orderError", f"mode is {self.mode}")
        elif not self._reaches(order.nodes[0]):
            self._refuse(order, "noRouteError", "vehicle is not at the first node")
        else:
            self._accept(order, stitched=False)

    def _continue(self, order: Order) -> None:
        same = order.order_id == self._order_id
        if same and order.order_update_id <= self._update_id:
            self._ask = True
            if order.order_update_id < self._update_id:
                self._refuse(order, "orderUpdateError", "update is older than the one held")
            return
        here = (order.nodes[0].node_id, order.nodes[0].sequence_id)
        end = self._decision if self._busy() else (self._last, self._last_sequence)
        if here != end:
            because = f"update begins at {here}, what is held ends at {end}"
            self._refuse(order, "orderUpdateError", because)
        else:
            self._accept(order, stitched=True)

    def _invalid(self, order: Order) -> str | None:
        nodes, edges = order.nodes, order.edges
        if not nodes or not nodes[0].released or len(edges) != len(nodes) - 1:
            return "order needs a released node, and an edge between each two"
        chain = [x for pair in zip(nodes, [*edges, None], strict=True) for x in pair if x]
        for i, part in enumerate(chain):
            if part.sequence_id != nodes[0].sequence_id + i:
                return "sequence ids do not rise by one"
            if i and part.released and not chain[i - 1].released:
                return "released part behind an unreleased one"
        for i, edge in enumerate(edges):
            if (edge.start_node_id, edge.end_node_id) != (nodes[i].node_id, nodes[i + 1].node_id):
                return f"edge {edge.edge_id!r} does not join its nodes"
            if edge.released and not nodes[i + 1].released:
                return f"edge {edge.edge_id!r} is released, its end is not"
        return None

    def _refuse(self, order: Order, kind: str, because: str) -> None:
        references = {
            "topic": "order",
            "orderId": order.order_id,
            "orderUpdateId": str(order.order_update_id),
        }
        error = Error(
            error_type=kind,
            error_level="WARNING",
            error_description=because,
            error_references=[
                ErrorReference(reference_key=k, reference_value=v) for k, v in references.items()
            ],
        )
        if error not in self.errors:
            self.errors.append(error)

    def _accept(self, order: Order, *, stitched: bool) -> None:
        self.errors.clear()
        if stitched:
            new, edges = order.nodes[1:], order.edges
            self._nodes = [n for n in self._nodes if n.released] + new
            self._edges = [x for x in self._edges if x.released] + edges
        else:
            new = order.nodes
            self._nodes, self._edges = list(order.nodes), list(order.edges)
            self._actions.clear()
        self._order_id, self._update_id = order.order_id, order.order_update_id
        for node in new:
            for action in node.actions if node.released else []:
                self._set(action, "WAITING")
        base = [n for n in order.nodes if n.released][-1]
        self._decision = (base.node_id, base.sequence_id)
        if not stitched:
            self._pass(self._nodes[0])

    def _at_once(self, action: Action) -> None:
        if action.action_id in self._instant:
            return
        while len(self._instant) >= REMEMBERED_ACTIONS:
            del self._instant[next(iter(self._instant))]
        status = "FINISHED"
        if action.action_type not in INSTANT:
            status = "FAILED"
        elif action.action_type == "cancelOrder":
            status = "FINISHED" if self._cancelled() else "FAILED"
            if status == "FAILED":
                reference = ErrorReference(
                    reference_key="actionId", reference_value=action.action_id
                )
                self.errors.append(
                    Error(
                        error_type="noOrderToCancel",
                        error_level="WARNING",
                        error_references=[reference],
                    )
                )
        elif action.action_type in ("startPause", "stopPause"):
            self._paused = action.action_type == "startPause"
        elif action.action_type == "stopCharging":
            status = "FINISHED" if self._charging else "FAILED"
            self._charging = False
        self._ask = True
        self._instant[action.action_id] = ActionState(
            action_id=action.action_id,
            action_type=action.action_type,
            action_status=status,  # type: ignore[arg-type]
        )

    def _cancelled(self) -> bool:
        if not self._busy():
            return False
        for key, value in self._actions.items():
            if value.action_status not in ENDED:
                self._actions[key] = msgspec.structs.replace(value, action_status="FAILED")
        self._nodes, self._edges, self._todo, self._left_s = [], [], [], None
        return True

    def _busy(self) -> bool:
        waiting = any(a.action_status not in ENDED for a in self._actions.values())
        return bool(self._nodes) or waiting

    def _driving(self) -> bool:
        return not (self._paused or self._todo) and bool(self._edges) and self._edges[0].released

    def _act(self, action: Action, now_s: float) -> bool:
        """Go on with an action; False when time is up before it ends."""
        if self._left_s is None:
            self._left_s = self._build.action_s
            self._set(action, "RUNNING")
        spent_s = self._spend(self._left_s, now_s)
        if spent_s < self._left_s:
            self._left_s -= spent_s
            return False
        self._left_s = None
        self._finish(self._todo.pop(0))
        return True

    def _drive(self, now_s: float) -> bool:
        """Along the next edge; False when there is none, or time is up on it."""
        if not self._driving():
            return False
        end, edge = self._nodes[0], self._edges[0]
        at = end.node_position
        if at is not None:
            dx_m, dy_m = at.x_m - self._x_m, at.y_m - self._y_m
            speed_m_per_s = min(self._build.speed_m_per_s, edge.max_speed_m_per_s or math.inf)
            need_s = math.hypot(dx_m, dy_m) / speed_m_per_s
            spent_s = self._spend(need_s, now_s)
            if spent_s < need_s:
                self._x_m += dx_m * spent_s / need_s
                self._y_m += dy_m * spent_s / need_s
                self._theta_rad = math.atan2(dy_m, dx_m)
                return False
            self._x_m, self._y_m, self._map = at.x_m, at.y_m, at.map_id
        self._edges.pop(0)
        self._pass(end)
        return True

    def _spend(self, need_s: float, now_s: float) -> float:
        """Let up to `need_s` pass; gives what did."""
        before_s = now_s if self._now_s is None else self._now_s
        if before_s + need_s <= now_s:
            self._now_s = before_s + need_s
            return need_s
        self._now_s = now_s
        return now_s - before_s

    def _pass(self, node: Node) -> None:
        self._nodes.remove(node)
        self._last, self._last_sequence = node.node_id, node.sequence_id
        self._todo = list(node.actions)

    def _finish(self, action: Action) -> None:
        if action.action_type in self._build.failing:
            self._set(action, "FAILED")
            return
        self._set(action, "FINISHED")
        self.done.append((self._order_id, action.action_type))
        if action.action_type == "pick":
            parameters = {p.key: p.value for p in action.action_parameters or []}
            kind = parameters.get("loadType")
            self._loads = [Load(load_type=kind if isinstance(kind, str) else None)]
        elif action.action_type == "drop":
            self._loads = []
        elif action.action_type == "startCharging":
            self._charging = True

    def _set(self, action: Action, status: str) -> None:
        self._actions[action.action_id] = ActionState(
            action_id=action.action_id,
            action_type=action.action_type,
            action_status=status,  # type: ignore[arg-type]
        )

    def _reaches(self, node: Node) -> bool:
        at = node.node_position
        if at is None:
            return node.node_id == self._last
        off_m = math.hypot(at.x_m - self._x_m, at.y_m - self._y_m)
        return at.map_id == self._map and off_m <= (at.allowed_deviation_m or self._build.reach_m)
