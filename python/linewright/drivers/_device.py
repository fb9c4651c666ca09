"""A Modbus TCP device as a plant: what is read, what is written, and what is wrong with it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from linewright.drivers._peer import Value
from linewright.drivers._registers import Channel, Number, Output, Space, Span, spans

BAD = 2
NO_VALUE = float("nan")


@dataclass(frozen=True)
class Place:
    """Where a device is, and its unit identifier."""

    host: str
    port: int
    device: int
    timeout_s: float
    """Longest wait for an answer."""


class Device:
    """One device. Everything blocks for `timeout_s` at most; nothing raises for what a device does.

    Parameters
    ----------
    place:
        Where it is.
    channels, outputs:
        What is read and written, by name.
    limits:
        `(lo, hi)` of every output; a read-back outside is Bad.
    """

    def __init__(
        self,
        place: Place,
        channels: Mapping[str, Channel],
        outputs: Mapping[str, Output],
        limits: Mapping[str, tuple[float, float]],
    ) -> None:
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # counted here instead
        self._client: Any = ModbusTcpClient(
            place.host, port=place.port, timeout=place.timeout_s, retries=0, reconnect_delay=0
        )
        self._device = place.device
        self._outputs = dict(outputs)
        self._wanted: dict[str, tuple[Space, Number, tuple[float, float]]] = {
            name: (c.table, c, (c.lo, c.hi)) for name, c in channels.items()
        }
        self._backs: dict[str, tuple[Space, Number, tuple[float, float]]] = {
            name: (o.read_back_table, o.back, limits[name]) for name, o in outputs.items()
        }
        everything = [*self._wanted.values(), *self._backs.values()]
        self._spans = spans([(table, n.register, n.count) for table, n, _ in everything])
        self._alone: set[Span] = set()
        self.counts: Counter[str] = Counter()
        """`exceptions`, `out_of_range`, `lost`, by what happened."""

    @property
    def connected(self) -> bool:
        """Is there a connection, as far as is known?"""
        return bool(self._client.connected)

    def connect(self) -> bool:
        """Connect, unless it is."""
        return self.connected or bool(self._client.connect())

    def close(self) -> None:
        """Let it go."""
        self._client.close()

    # -- reading -----------------------------------------------------------------------------------

    def read(self) -> tuple[dict[str, Value], dict[str, Value]]:
        """Channels and read-backs, each with the time its request was answered. What could not be
        read, or lies outside its range, is Bad."""
        registers: dict[tuple[Space, int], tuple[int, int]] = {}
        for span in self._spans:
            for part in self._parts(span):
                for i, word in enumerate(self._span(part)):
                    registers[part.table, part.start + i] = (word, time.monotonic_ns())
        return self._values(self._wanted, registers), self._values(self._backs, registers)

    def _parts(self, span: Span) -> Iterator[Span]:
        """The span, or each number of it alone once the device has refused the whole."""
        if span not in self._alone:
            yield span
            return
        for table, number, _ in [*self._wanted.values(), *self._backs.values()]:
            within = span.start <= number.register < span.start + span.count
            if table == span.table and within:
                yield Span(table, number.register, number.count)

    def _span(self, span: Span) -> list[int]:
        read = (
            self._client.read_holding_registers
            if span.table == "holding"
            else self._client.read_input_registers
        )
        answer = self._ask(read, span.start, count=span.count)
        if answer is None:
            return []
        if answer.isError():
            self.counts["exceptions"] += 1
            if span in self._spans and span.count > 1:
                self._alone.add(span)  # one bad address must not hide its neighbours
            return []
        return list(answer.registers)

    def _values(
        self,
        of: Mapping[str, tuple[Space, Number, tuple[float, float]]],
        registers: Mapping[tuple[Space, int], tuple[int, int]],
    ) -> dict[str, Value]:
        found = {}
        for name, (table, number, (lo, hi)) in of.items():
            places = [(table, number.register + i) for i in range(number.count)]
            if any(place not in registers for place in places):
                found[name] = Value(NO_VALUE, time.monotonic_ns(), BAD)
                continue
            value = number.value([registers[place][0] for place in places])
            good = lo <= value <= hi
            self.counts["out_of_range"] += not good
            source_ns = registers[places[-1]][1]
            found[name] = Value(value, source_ns, 0 if good else BAD)
        return found

    # -- writing -----------------------------------------------------------------------------------

    def write(self, name: str, value: float) -> bool:
        """Write an output; false when the device did not take it."""
        output = self._outputs[name]
        return self.put(output.register, output.words(value))

    def put(self, register: int, words: list[int]) -> bool:
        """Write holding registers; false when the device did not take them."""
        answer = self._ask(self._client.write_registers, register, words)
        if answer is not None and answer.isError():
            self.counts["exceptions"] += 1
        return answer is not None and not answer.isError()

    def _ask(self, request: Any, *arguments: Any, **options: Any) -> Any:
        """The answer to a request; nothing when the connection is lost, which it then is."""
        if not self.connected:
            return None
        try:
            answer = request(*arguments, device_id=self._device, **options)
        except (ModbusException, OSError):
            answer = None
        if answer is None:
            self.counts["lost"] += 1
            self._client.close()
        return answer
