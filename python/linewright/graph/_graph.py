"""The graph of one station, and the plan of a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._front import FrontEnd, FrontEndClass
from ._loop import Loop
from ._param import Param
from ._place import GraphError, place

if TYPE_CHECKING:
    from ._station import Station

# Beyond this a tick is shorter than a wake-up is late; the plan check has the same bound.
_MAX_BASE_HZ = 20_000


class Graph:
    """What a station's `build` wires: front ends, loops and parameters."""

    def __init__(self, name: str) -> None:
        if not name or not name.isidentifier():
            raise GraphError(f"a station's name must be an identifier, was {name!r}")
        self._name = name
        self._loops: list[Loop] = []
        self._front_ends: list[FrontEnd] = []
        self._params: dict[str, Param] = {}

    @property
    def name(self) -> str:
        """Name of the station."""
        return self._name

    def full_name(self, name: str) -> str:
        """The name with the station in front, unless it has a dot already."""
        return name if "." in name else f"{self._name}.{name}"

    def loop(self, name: str, *, rate_hz: float) -> Loop:
        """A loop that runs `rate_hz` times a second (a whole number): `with g.loop(...) as L`."""
        full = self.full_name(name)
        if not math.isfinite(rate_hz) or rate_hz < 1 or rate_hz != int(rate_hz):
            raise GraphError(f"loop {full}: rate_hz must be a whole number from 1, was {rate_hz}")
        if any(other.name == full for other in self._loops):
            raise GraphError(f"loop {full}: the name is taken; choose another")
        made = Loop(self, full, int(rate_hz))
        self._loops.append(made)
        return made

    def front_end(
        self,
        name: str,
        kernel: FrontEndClass,
        *,
        unit: str | Mapping[str, str] | None = None,
        **keywords: object,
    ) -> Any:
        """Channels from a driver's wide blocks: one, or a named tuple of them by port.

        Blocks by port name, the other keywords are the kernel's config: numbers, not parameters,
        for it is made once. `unit` names the unit of outputs that no block fixes. It runs in every
        base tick, before the loops; a channel keeps its value, with the time of its block, until
        the kernel says something else, so a loop tells with `max_age_s` how long it may be used:

            burst = g.front_end("burst", lw.BlockStatistics, x=lw.Block("welder.plasma", "V"))
            with g.loop("watch", rate_hz=30) as L:
                spread = L.input(burst.sd, max_age_s=0.5)

        The block itself is not recorded; what a loop reads of the front end is.
        """
        full = self.full_name(name)
        if any(other.name == full for other in self._front_ends):
            raise GraphError(f"front end {full}: the name is taken; choose another")
        made = FrontEnd(full, self._name, kernel, unit, keywords)
        self._front_ends.append(made)
        return made.given()

    def param(self, name: str, unit: str, value: float, *, lo: float, hi: float) -> Param:
        """A tunable number with its bounds; may be used in every loop of the station."""
        full = self.full_name(name)
        if full in self._params:
            raise GraphError(f"param {full}: declared before at {self._params[full].place}")
        made = Param(
            name=full,
            station=self._name,
            unit=unit,
            value=float(value),
            lo=float(lo),
            hi=float(hi),
            place=place(),
        )
        self._params[full] = made
        return made

    def _claim_param(self, param: Param) -> None:
        """Refuses a parameter of another graph."""
        if self._params.get(param.name) is not param:
            raise GraphError(f"param {param.name} was not made by this graph; use g.param(...)")

    def _parts(self) -> tuple[list[dict[str, object]], list[dict[str, object]], list[Loop]]:
        params = [param.declaration() for param in self._params.values()]
        return params, [front.declaration() for front in self._front_ends], list(self._loops)


def compile_line(stations: Iterable[Station], base_hz: int | None = None) -> str:
    """The plan of a line as JSON; a pure function of the wiring.

    `base_hz` is the rate of the base tick; without it the least common multiple of all loop rates.
    Units, edges and configs are checked by `linewright._core.check_plan`.
    """
    params: list[dict[str, object]] = []
    front_ends: list[dict[str, object]] = []
    loops: list[Loop] = []
    names: set[str] = set()
    for station in stations:
        if station.name in names:
            raise GraphError(f"two stations are called {station.name!r}; give one another name")
        names.add(station.name)
        graph = Graph(station.name)
        station.build(graph)
        own_params, own_front_ends, own_loops = graph._parts()
        params += own_params
        front_ends += own_front_ends
        loops += own_loops
    if base_hz is None:
        base_hz = math.lcm(*(loop.rate_hz for loop in loops)) if loops else 1
    if not 1 <= base_hz <= _MAX_BASE_HZ:
        rates = ", ".join(f"{loop.name} {loop.rate_hz} Hz" for loop in loops)
        raise GraphError(
            f"base rate {base_hz} Hz is beyond {_MAX_BASE_HZ} Hz;"
            f" choose loop rates with a small common multiple ({rates})"
        )
    plan: dict[str, object] = {
        "version": 1,
        "base_hz": base_hz,
        "params": params,
        "loops": [loop._declaration() for loop in loops],
    }
    if front_ends:
        plan["front_ends"] = front_ends
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), allow_nan=False)
