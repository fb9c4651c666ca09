"""What a record tells in plain: the inputs of each loop once a second, as columns.

The core's recorder writes MCAP without compression; its channels `signals/LOOP` are JSON, one
message a second (docs/record.md). Values between loops stand there by the number of their slot;
`tapped` finds the number by the name of the tap that the plan gives the same edge.
"""

from __future__ import annotations

import json
import math
import mmap
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linewright import _core
from linewright.line._build import CORE_CONFIG, RECORD

Column = np.ndarray[Any, np.dtype[np.float64]]
Columns = Mapping[str, Column]

MAGIC = b"\x89MCAP0\r\n"
_HEAD = struct.Struct("<BQ")
_CHANNEL, _MESSAGE, _CHUNK = 0x04, 0x05, 0x06
_PREFIX = "signals/"
_WRITTEN = "written "


@dataclass(frozen=True)
class Recorded:
    """Inputs of the loops of one run, once a second."""

    base_hz: int
    plan: Mapping[str, Any]
    """The plan that ran."""
    loops: Mapping[str, Mapping[str, Column]]
    """Columns by loop and label (`input coater.web_speed`); NaN where there was no value. Column
    `at_s` is the line's time."""

    def since(self, at_s: float) -> Recorded:
        """What was recorded from `at_s` of the line's time on."""
        loops = {}
        for name, columns in self.loops.items():
            kept = columns["at_s"] >= at_s
            loops[name] = {label: column[kept] for label, column in columns.items()}
        return Recorded(base_hz=self.base_hz, plan=self.plan, loops=loops)

    def tapped(self, topic: str) -> str:
        """Label under which other loops' signals hold the edge that is tapped as `topic`.

        Raises `KeyError` when the plan has no such tap.
        """
        for loop in self.plan["loops"]:
            for op in loop["ops"]:
                if op["op"] == "tap" and op["topic"] == topic:
                    return f"latest {op['value']}"
        raise KeyError(f"no tap {topic!r} in the plan")


def filled(x: Column) -> Column:
    """A column whose gaps are bridged. Raises `ValueError` when it is empty."""
    good = np.isfinite(x)
    if not good.any():
        raise ValueError("a column without a value")
    index = np.arange(len(x))
    return np.interp(index, index[good], x[good])


def on_grid(columns: Columns, label: str, at_s: Column) -> Column:
    """A column interpolated to the seconds `at_s`; gaps are bridged.

    Raises `KeyError` when there is no such column and `ValueError` when it is empty.
    """
    good = np.isfinite(columns[label])
    if not good.any():
        raise ValueError(f"{label}: no value in the record")
    return np.interp(at_s, columns["at_s"][good], columns[label][good])


def read_recorded(record: Path, loops: Sequence[str] | None = None) -> Recorded:
    """Columns of `loops`, or of all, from a record and its earlier parts beside it.

    Raises `OSError` when it cannot be read, `linewright.RecordError` for what is no record and
    `ValueError` for one that is cut short or has no signals.
    """
    head = _core.record_head(str(record))
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in parts(record, head):
        for topic, data in _messages(part, loops):
            rows.setdefault(topic.removeprefix(_PREFIX), []).append(json.loads(data))
    if not rows:
        raise ValueError(f"{record}: no channel signals/LOOP in it")
    hz = int(head["base_hz"])
    return Recorded(
        base_hz=hz,
        plan=json.loads(head["plan"]),
        loops={loop: _columns(told, hz) for loop, told in rows.items()},
    )


def record_of(run_dir: Path) -> Path:
    """Where the core was told to keep its record; beside the ledger when nothing tells."""
    try:
        told = json.loads((run_dir / CORE_CONFIG).read_text())["record"]["path"]
    except (OSError, ValueError, KeyError, TypeError):
        return run_dir / RECORD
    return Path(told)


def parts(record: Path, head: Mapping[str, Any]) -> list[Path]:
    """The earlier files of the same run, oldest first, then `record` itself.

    `name.N.mcap` counts on over runs; within a run each file tells which part it is.
    """
    pattern = re.compile(rf"{re.escape(record.stem)}\.(\d+){re.escape(record.suffix)}")
    numbers = sorted(
        (
            int(match[1])
            for file in record.parent.iterdir()
            if (match := pattern.fullmatch(file.name))
        ),
        reverse=True,
    )
    found, part = [record], int(head["part"])
    for number in numbers:
        file = record.with_suffix(f".{number}{record.suffix}")
        if part == 0 or int(_core.record_head(str(file))["part"]) != part - 1:
            break
        found.insert(0, file)
        part -= 1
    return found


def _columns(told: Sequence[Mapping[str, Any]], hz: int) -> dict[str, Column]:
    labels = [label for label in told[0] if label != "tick"]
    columns = {"at_s": np.array([row["tick"] / hz for row in told])}
    for label in labels:
        values = (row.get(label) for row in told)
        columns[label] = np.array([math.nan if v is None else float(v) for v in values])
    return columns


def _messages(file: Path, loops: Sequence[str] | None) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of each message on a channel `signals/LOOP`, in order."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[: len(MAGIC)] != MAGIC:
            raise ValueError(f"{file}: not an MCAP file")
        topics: dict[int, str] = {}
        yield from _records(data, len(MAGIC), len(data), topics, loops)


def _records(
    data: mmap.mmap, at: int, end: int, topics: dict[int, str], loops: Sequence[str] | None
) -> Iterator[tuple[str, bytes]]:
    while at + _HEAD.size <= end:
        kind, size = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        at = start + size
        if at > end:
            return  # cut short while it was written: what is whole is used
        if kind == _MESSAGE:
            topic = topics.get(int.from_bytes(data[start : start + 2], "little"))
            if topic is not None:
                yield topic, data[start + 22 : at]
        elif kind == _CHANNEL:
            (length,) = struct.unpack_from("<I", data, start + 4)
            topic = data[start + 8 : start + 8 + length].decode()
            if topic.startswith(_PREFIX) and (loops is None or topic[len(_PREFIX) :] in loops):
                topics[int.from_bytes(data[start : start + 2], "little")] = topic
        elif kind == _CHUNK:
            (named,) = struct.unpack_from("<I", data, start + 28)
            if named:
                raise ValueError("a compressed chunk: not a record of the core")
            inner = start + 32 + 8
            yield from _records(data, inner, at, topics, loops)
