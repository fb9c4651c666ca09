"""Registers of a Modbus device: where a number stands, and how it is coded."""

from __future__ import annotations

import math
import struct
from typing import Annotated, Literal

import msgspec

Address = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Coding = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
WordOrder = Literal["big", "little"]
Space = Literal["holding", "input"]

_CODES = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
_SMALLEST = {"float32": 2.0**-126, "float64": 2.0**-1022}
"""Below these a float is subnormal."""


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number in registers: value = `scale` * coded + `offset`, in `unit`.

    >>> level = Number(unit="mm", register=4, type="int32", scale=0.01, word_order="little")
    >>> level.words(-123.45), level.value([52999, 65535])
    ([53191, 65535], -125.37)
    """

    unit: str
    register: Address
    type: Coding = "uint16"
    scale: float = 1.0
    offset: float = 0.0
    word_order: WordOrder = "big"
    """Which of several registers comes first: the most significant word, or the least."""

    @property
    def count(self) -> int:
        """Registers it takes."""
        return struct.calcsize(_CODES[self.type]) // 2

    def value(self, words: list[int]) -> float:
        """The value of its registers, in its unit; NaN for a subnormal float, which nobody
        measures, but which the words of a round number look like in the wrong order."""
        in_order = words if self.word_order == "big" else words[::-1]
        raw = struct.pack(f">{len(words)}H", *in_order)
        (coded,) = struct.unpack(f">{_CODES[self.type]}", raw)
        if 0.0 < abs(coded) < _SMALLEST.get(self.type, 0.0):
            return math.nan
        return float(round(self.scale * coded + self.offset, 12))

    def words(self, value: float) -> list[int]:
        """Its registers for a value.

        Raises `ValueError` for a value the coding cannot hold.
        """
        coded = (value - self.offset) / self.scale
        code = _CODES[self.type]
        try:
            raw = struct.pack(f">{code}", coded if code in "fd" else round(coded))
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{value:g} {self.unit} is beyond {self.type}") from error
        words = list(struct.unpack(f">{self.count}H", raw))
        return words if self.word_order == "big" else words[::-1]


class Channel(Number, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measured channel. A value outside `lo` to `hi` is Bad: another word order, type or scale
    than the device's gives such values."""

    lo: float
    hi: float
    table: Space = "holding"


class Output(Number, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An actuator: a holding register that is written, and where the device says what it does."""

    read_back: Address | None = None
    """Register of the read-back, coded alike; the written register itself when left out."""
    read_back_table: Space = "holding"

    @property
    def back(self) -> Number:
        """The read-back as a number of its own."""
        at = self.register if self.read_back is None else self.read_back
        return msgspec.structs.replace(self, register=at)


class Span(msgspec.Struct, frozen=True):
    """Registers read by one request."""

    table: Space
    start: int
    count: int


MOST_COUNT = 125
"""Registers one request may read, by the protocol."""
GAP = 8
"""Registers nobody wants that are read along rather than asked around."""


def spans(wanted: list[tuple[Space, int, int]]) -> list[Span]:
    """Few requests that read all of `(table, register, count)`.

    >>> [(s.table, s.start, s.count) for s in spans([("holding", 0, 2), ("holding", 4, 1)])]
    [('holding', 0, 5)]
    >>> [(s.table, s.start, s.count) for s in spans([("holding", 0, 2), ("input", 5, 2)])]
    [('holding', 0, 2), ('input', 5, 2)]
    """
    found: list[Span] = []
    for table, start, count in sorted(wanted):
        last = found[-1] if found else None
        if last is not None and last.table == table and start <= last.start + last.count + GAP:
            end = max(last.start + last.count, start + count)
            if end - last.start <= MOST_COUNT:
                found[-1] = Span(table, last.start, end - last.start)
                continue
        found.append(Span(table, start, count))
    return found
