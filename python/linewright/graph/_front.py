"""A front end: what makes channels of a driver's wide blocks."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple, Protocol

from ._edge import Edge
from ._param import Param
from ._place import GraphError, place


class FrontEndClass(Protocol):
    """What a front end class tells about itself."""

    NAME: str
    BLOCKS: tuple[tuple[str, str], ...]
    OUTPUTS: tuple[tuple[str, str], ...]


class Block(NamedTuple):
    """A block by its name in the driver, and the unit of its numbers."""

    name: str
    unit: str


class Channel(NamedTuple):
    """A channel a front end gives; a loop reads it with `L.input(channel)`."""

    name: str
    unit: str


def _units(
    kernel: FrontEndClass, blocks: Mapping[str, Block], unit: str | Mapping[str, str] | None
) -> dict[str, str]:
    """The unit of each output: that of the block of its letter, else the one given."""
    letters = {"1": "1"} | {letter: blocks[port].unit for port, letter in kernel.BLOCKS}
    given = {} if unit is None or isinstance(unit, str) else dict(unit)
    free = {letter for _, letter in kernel.OUTPUTS if letter not in letters}
    if unknown := sorted(set(given) - free):
        known = ", ".join(sorted(free)) or "none"
        raise GraphError(f"{kernel.NAME}: no unit to give for {', '.join(unknown)}; for {known}")
    for letter in free:
        letters[letter] = unit if isinstance(unit, str) else given.get(letter, "1")
    return {port: letters[letter] for port, letter in kernel.OUTPUTS}


def _config(kernel: str, key: str, value: object) -> object:
    """A config value as JSON."""
    if isinstance(value, (Edge, Param)):
        raise GraphError(
            f"{kernel}: {key} must be a number, was {value!r}; a front end is made once, before"
            " the first tick"
        )
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, Real):
        return float(value)
    if hasattr(value, "tolist"):
        return _config(kernel, key, value.tolist())
    if isinstance(value, (list, tuple)):
        return [_config(kernel, key, entry) for entry in value]
    raise GraphError(f"{kernel}: {key} must be a number, was {value!r}")


class FrontEnd:
    """A front end of a station, as `Graph.front_end` declares it."""

    def __init__(
        self,
        name: str,
        station: str,
        kernel: FrontEndClass,
        unit: str | Mapping[str, str] | None,
        keywords: Mapping[str, object],
    ) -> None:
        ports = [port for port, _ in kernel.BLOCKS]
        if missing := [port for port in ports if port not in keywords]:
            raise GraphError(
                f"front end {name}: no block for {', '.join(missing)} of {kernel.NAME}"
            )
        blocks: dict[str, Block] = {}
        for port in ports:
            given = keywords[port]
            if not isinstance(given, Block):
                raise GraphError(
                    f"front end {name}: {port} must be a block, was {given!r};"
                    ' write lw.Block("station.block", "unit")'
                )
            blocks[port] = given
        self.name = name
        self.channels = [
            Channel(f"{name}.{port}", of) for port, of in _units(kernel, blocks, unit).items()
        ]
        self._kernel = kernel
        self._declaration: dict[str, object] = {
            "name": name,
            "station": station,
            "kernel": kernel.NAME,
            "config": {
                key: _config(kernel.NAME, key, value)
                for key, value in keywords.items()
                if key not in ports
            },
            "blocks": [block._asdict() for block in blocks.values()],
            "channels": [channel._asdict() for channel in self.channels],
            "at": place().short,
        }

    def declaration(self) -> dict[str, object]:
        """Its entry in the plan."""
        return self._declaration

    def given(self) -> Any:
        """One channel, or a named tuple of channels by port."""
        if len(self.channels) == 1:
            return self.channels[0]
        ports = [port for port, _ in self._kernel.OUTPUTS]
        return namedtuple(self._kernel.NAME, ports)(*self.channels)
