"""A loop: operations wired in order, run together at one rate."""

from __future__ import annotations

import itertools
import math
from collections import namedtuple
from collections.abc import Mapping, Sequence
from numbers import Real
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

from linewright import _core

from ._edge import Edge, Operand
from ._front import Channel
from ._param import Param
from ._place import GraphError, place

if TYPE_CHECKING:
    from ._graph import Graph


class KernelClass(Protocol):
    """What a kernel class tells about itself."""

    NAME: str
    INPUTS: tuple[tuple[str, str], ...]
    OUTPUTS: tuple[tuple[str, str], ...]


class Mailbox(NamedTuple):
    """A set-point and whether it is fresh (1) or expired (0)."""

    value: Edge
    fresh: Edge


class ProfileValue(NamedTuple):
    """A value along the web and whether one is known at this position (1/0)."""

    value: Edge
    valid: Edge


class WrittenValue(NamedTuple):
    """What the gate wrote last, and whether this loop's output reaches the actuator (1/0)."""

    value: Edge
    in_control: Edge


def _number(what: str, x: object) -> float:
    """A finite number, or an error naming what it was for."""
    if not isinstance(x, Real) or not math.isfinite(x):
        raise GraphError(f"{what} must be a finite number, was {x!r}")
    return float(x)


def _numbered(ports: Sequence[str], widths: Mapping[str, int]) -> list[str]:
    """A name for each number of each port."""
    many = [(port, widths[port]) for port in ports]
    return [port if n == 1 else f"{port}.{i}" for port, n in many for i in range(n)]


class Loop:
    """Operations that run together, `rate_hz` times a second, in the order they are wired.

    Made by `Graph.loop`. Names without a dot get the station's name in front; channels and
    actuators are written in full.
    """

    def __init__(self, graph: Graph, name: str, rate_hz: int) -> None:
        self._graph = graph
        self._name = name
        self._rate_hz = rate_hz
        self._ops: list[dict[str, object]] = []
        self._slots = 0
        self._closed = False
        self._params: dict[str, Edge] = {}

    @property
    def name(self) -> str:
        """Full name, `station.loop`."""
        return self._name

    @property
    def rate_hz(self) -> int:
        """Cycles per second."""
        return self._rate_hz

    @property
    def period_s(self) -> float:
        """Seconds per cycle."""
        return 1.0 / self._rate_hz

    def __repr__(self) -> str:
        return f"<Loop {self._name} {self._rate_hz} Hz>"

    def __enter__(self) -> Loop:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True

    def _declaration(self) -> dict[str, object]:
        return {
            "name": self._name,
            "station": self._graph.name,
            "rate_hz": self._rate_hz,
            "ops": self._ops,
        }

    # --- making operations ---------------------------------------------------------------------

    def _op(
        self,
        op: str,
        fields: Mapping[str, object],
        outputs: Sequence[str] = ("",),
        param: str | None = None,
    ) -> list[Edge]:
        if self._closed:
            raise GraphError(f"{op}: {self!r} is complete; wire it inside its `with` block")
        wired = {key: self._wire(op, value) for key, value in fields.items()}
        slots = [f"{self._name}.{self._slots + i}" for i in range(len(outputs))]
        self._slots += len(outputs)
        self._ops.append({"op": op, "out": slots, "at": place().short, **wired})
        return [
            Edge(self, slot, f"{op}.{port}" if port else op, param)
            for slot, port in zip(slots, outputs, strict=True)
        ]

    def _wire(self, op: str, value: object) -> object:
        """Slot id of an edge; everything else as it is."""
        if not isinstance(value, Edge):
            return value
        if value.loop is not self:
            raise GraphError(
                f"{op}: {value!r} belongs to {value.loop!r}, not to {self!r};"
                " read it with L.latest(edge)"
            )
        return value.slot

    def _one(self, op: str, fields: Mapping[str, object]) -> Edge:
        return self._op(op, fields)[0]

    def _pair(self, op: str, a: object, b: object) -> Edge:
        return self._one(op, {"a": self._operand(op, a), "b": self._operand(op, b)})

    def _operand(self, op: str, x: object) -> Edge:
        """An edge as it is; a parameter or a number becomes one."""
        if isinstance(x, Edge):
            return x
        if isinstance(x, Param):
            return self._read(x)
        if isinstance(x, Real):
            return self.const(_number(f"{op}: operand", x))
        raise GraphError(f"{op}: operand must be an edge, a parameter or a number, was {x!r}")

    def _read(self, param: Param) -> Edge:
        """The parameter's edge in this loop, made once."""
        if param.name not in self._params:
            self._graph._claim_param(param)
            self._params[param.name] = self._op("param", {"name": param.name}, param=param.name)[0]
        return self._params[param.name]

    # --- sources -------------------------------------------------------------------------------

    def input(
        self, channel: str | Channel, unit: str | None = None, *, max_age_s: float | None = None
    ) -> Edge:
        """A measured channel; Bad when its source time is older than `max_age_s` (two cycles).

        By name and unit, or as a front end gives it (`Graph.front_end`).
        """
        if isinstance(channel, Channel):
            unit = channel.unit if unit is None else unit
            channel = channel.name
        if unit is None:
            raise GraphError(f"input {channel}: give the unit of the channel")
        age_s = 2.0 * self.period_s if max_age_s is None else _number("max_age_s", max_age_s)
        return self._one("input", {"channel": channel, "unit": unit, "max_age_s": age_s})

    def mailbox(
        self,
        name: str,
        unit: str,
        *,
        default: float,
        lo: float,
        hi: float,
        ttl_s: float,
        fallback: Literal["hold", "default"] = "hold",
    ) -> Mailbox:
        """A set-point from the soft lane: bounded, expiring after `ttl_s`, with its fallback."""
        fields: dict[str, object] = {
            "name": self._graph.full_name(name),
            "unit": unit,
            "default": _number(f"mailbox {name}: default", default),
            "lo": _number(f"mailbox {name}: lo", lo),
            "hi": _number(f"mailbox {name}: hi", hi),
            "ttl_s": _number(f"mailbox {name}: ttl_s", ttl_s),
            "fallback": fallback,
        }
        return Mailbox(*self._op("mailbox", fields, Mailbox._fields))

    def profile(
        self,
        name: str,
        unit: str,
        position: Edge,
        *,
        lookup: Literal["linear", "nearest"] = "linear",
    ) -> ProfileValue:
        """A profile over web length from the soft lane, read at `position` (an edge in m)."""
        fields = {"name": self._graph.full_name(name), "unit": unit, "lookup": lookup}
        fields_and_edge: dict[str, object] = {**fields, "position": position}
        return ProfileValue(*self._op("profile", fields_and_edge, ProfileValue._fields))

    def param(
        self,
        name: str | Param,
        unit: str = "1",
        value: float | None = None,
        *,
        lo: float | None = None,
        hi: float | None = None,
    ) -> Edge:
        """A parameter as an edge: one made by `Graph.param`, or declared here with its bounds."""
        if isinstance(name, Param):
            return self._read(name)
        if value is None or lo is None or hi is None:
            raise GraphError(f"param {name}: give value, lo and hi")
        return self._read(self._graph.param(name, unit, value, lo=lo, hi=hi))

    def written(self, actuator: str, unit: str) -> WrittenValue:
        """What the gate wrote to an actuator before this cycle; what an integrator tracks."""
        fields = {"actuator": actuator, "unit": unit}
        return WrittenValue(*self._op("written", fields, WrittenValue._fields))

    def latest(self, edge: Edge) -> Edge:
        """The newest value of an edge of another loop, declared before this one."""
        if not isinstance(edge, Edge):
            raise GraphError(f"latest: needs an edge, got {edge!r}")
        if edge.loop is self:
            raise GraphError(f"latest: {edge!r} is of this loop; use it as it is")
        return self._one("latest", {"slot": edge.slot})

    def const(self, value: float, unit: str | None = None) -> Edge:
        """A number; without a unit it takes that of what it is added to or compared with."""
        fields: dict[str, object] = {"value": _number("const", value)}
        return self._one("const", fields if unit is None else {**fields, "unit": unit})

    # --- maths ---------------------------------------------------------------------------------

    def min(self, a: Operand, b: Operand) -> Edge:
        """The smaller of two."""
        return self._pair("min", a, b)

    def max(self, a: Operand, b: Operand) -> Edge:
        """The larger of two."""
        return self._pair("max", a, b)

    def select(self, condition: Operand, a: Operand, b: Operand) -> Edge:
        """`a` while `condition` is on, else `b`; the quality is that of the one chosen."""
        fields = {"condition": condition, "a": a, "b": b}
        return self._one("select", {k: self._operand("select", x) for k, x in fields.items()})

    def bad_when(self, x: Edge, condition: Operand) -> Edge:
        """`x`, marked Bad while `condition` is on."""
        fields = {"x": x, "condition": condition}
        return self._one("bad_when", {k: self._operand("bad_when", e) for k, e in fields.items()})

    def is_good(self, x: Edge) -> Edge:
        """1 while the quality of `x` is Good, else 0; never Bad itself."""
        return self._one("is_good", {"x": self._operand("is_good", x)})

    def or_else(self, x: Edge, fallback: Operand) -> Edge:
        """`x`, or `fallback` while `x` is Bad."""
        fields = {"x": x, "fallback": fallback}
        return self._one("or_else", {k: self._operand("or_else", e) for k, e in fields.items()})

    def apply(
        self,
        kernel: KernelClass,
        *inputs: Operand | Sequence[Operand],
        unit: str | Mapping[str, str] | None = None,
        **keywords: object,
    ) -> Any:
        """A kernel on edges: `L.apply(lw.Cusum, x, k=0.5, h=8.0)`.

        Inputs in port order, or by port name, a list of edges where a port takes many numbers; the
        other keywords are the kernel's config, of which
        a value may be a parameter. `unit` names the unit of the outputs when no input fixes it.
        Gives one edge, or a named tuple of edges by port.
        """
        name = kernel.NAME
        ports = [port for port, _ in kernel.INPUTS]
        outputs = [port for port, _ in kernel.OUTPUTS]
        edges: dict[str, object] = dict(zip(ports, inputs, strict=False))
        if len(inputs) > len(ports):
            raise GraphError(f"{name} has inputs {', '.join(ports)}; got {len(inputs)}")
        for port in ports:
            if port in keywords:
                if port in edges:
                    raise GraphError(f"{name}: input {port} is given twice")
                edges[port] = keywords.pop(port)
        if missing := [port for port in ports if port not in edges]:
            raise GraphError(f"{name}: no edge for input {', '.join(missing)}")
        config = {key: self._config(name, key, value) for key, value in keywords.items()}
        widths = self._widths(kernel, config)
        slots: list[object] = []
        for port in ports:
            given = edges[port]
            group = given if isinstance(given, (list, tuple)) else [given]
            slots += [self._wire(name, self._operand(name, edge)) for edge in group]
        fields: dict[str, object] = {"kernel": name, "config": config, "inputs": slots}
        if unit is not None:
            fields["unit"] = unit if isinstance(unit, str) else dict(unit)
        made = iter(self._op("kernel", fields, _numbered(outputs, widths)))
        groups = [tuple(itertools.islice(made, widths[port])) for port in outputs]
        values = [group[0] if len(group) == 1 else group for group in groups]
        if len(values) == 1:
            return values[0]
        return namedtuple(name, outputs)(*values)

    def _widths(self, kernel: KernelClass, config: Mapping[str, object]) -> dict[str, int]:
        """How many numbers each output port gives: one, unless the config of the kernel says."""
        ports = dict.fromkeys((port for port, _ in kernel.OUTPUTS), 1)
        if kernel.NAME not in _core.VECTOR_KERNELS:
            return ports
        try:
            made = cast(Any, kernel)(**config, period_s=self.period_s)
        except (TypeError, ValueError) as refused:
            raise GraphError(str(refused)) from refused
        return dict.fromkeys(ports, 0) | dict(made.output_widths)

    def _config(self, kernel: str, key: str, value: object) -> object:
        """A config value as JSON; a parameter by name."""
        if isinstance(value, Edge):
            if value._param is not None:
                return {"param": value._param}
            raise GraphError(f"{kernel}: {key} must be a number or a parameter, was {value!r}")
        if isinstance(value, Param):
            self._graph._claim_param(value)
            return {"param": value.name}
        if value is None or isinstance(value, (bool, str, int)):
            return value
        if isinstance(value, Real):
            return _number(f"{kernel}: {key}", value)
        if hasattr(value, "tolist"):
            return self._config(kernel, key, value.tolist())
        if isinstance(value, (list, tuple)):
            return [self._config(kernel, key, entry) for entry in value]
        raise GraphError(f"{kernel}: {key} must be a number or a parameter, was {value!r}")

    # --- sinks ---------------------------------------------------------------------------------

    def output(self, actuator: str, value: Operand, *, unit: str | None = None) -> None:
        """Proposes a value for an actuator; the gate decides. One output per actuator and line."""
        self._sink("output", {"actuator": actuator, "value": value}, unit)

    def event(
        self,
        name: str,
        when: Edge,
        *,
        rule: str,
        decision: str,
        evidence: Mapping[str, Operand] | None = None,
        priority: Literal["log", "advice", "alarm"] = "advice",
        refractory_s: float = 0.0,
    ) -> None:
        """Fires when `when` comes on (never on Bad), with up to eight numbers that explain it."""
        fields = {
            "name": self._graph.full_name(name),
            "when": self._operand("event", when),
            "evidence": {
                label: self._wire("event", self._operand("event", x))
                for label, x in (evidence or {}).items()
            },
            "rule": rule,
            "decision": decision,
            "priority": priority,
            "refractory_s": _number(f"event {name}: refractory_s", refractory_s),
        }
        self._op("event", fields, ())

    def tap(
        self, topic: str, value: Operand, *, every_s: float = 1.0, unit: str | None = None
    ) -> None:
        """Gives a value to the bus every `every_s`."""
        full = self._graph.full_name(str(getattr(topic, "name", topic)))
        every_s = _number(f"tap {full}: every_s", every_s)
        self._sink("tap", {"topic": full, "value": value, "every_s": every_s}, unit)

    def web_map(
        self,
        name: str,
        value: Operand,
        position: Edge,
        *,
        step_m: float,
        unit: str | None = None,
    ) -> None:
        """Gives one point each time `position` (m) passes a multiple of `step_m`."""
        fields: dict[str, object] = {
            "name": self._graph.full_name(name),
            "value": value,
            "position": self._operand("web_map", position),
            "step_m": _number(f"web_map {name}: step_m", step_m),
        }
        self._sink("web_map", fields, unit)

    def _sink(self, op: str, fields: dict[str, object], unit: str | None) -> None:
        fields = {**fields, "value": self._operand(op, fields["value"])}
        self._op(op, fields if unit is None else {**fields, "unit": unit}, ())
