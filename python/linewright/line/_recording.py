"""A recording as the plant: columns of a CSV or Parquet file, checked row by row and written as
raw numbers.

One row is one base tick. What is not a finite number counts as "the channel gave nothing". Time
may not run backwards; the same row twice is dropped and counted; the same time with other values
is refused, unless the rows are in production order (`order = "row"`) and time only labels them.
"""

from __future__ import annotations

import csv
import difflib
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from linewright.line._tables import Column, FileIo

_UNIT_IN_HEADER = re.compile(r"[\[(]([^\])]+)[\])]\s*$")


class RecordingError(Exception):
    """A recording is refused. `key` is below `[io]`."""

    def __init__(self, key: tuple[str, ...], expected: str, got: str, fix: str = "") -> None:
        super().__init__(f"{'.'.join(key)}: expected {expected}, got {got}")
        self.key, self.expected, self.got, self.fix = key, expected, got, fix


@dataclass(frozen=True)
class Recording:
    """Values per row and channel (NaN: nothing), and what was counted on the way."""

    values: np.ndarray[Any, np.dtype[np.float64]]
    channels: list[tuple[str, str]]
    rows_read: int
    duplicates: int
    non_finite: dict[str, int]

    @property
    def counts(self) -> dict[str, Any]:
        """For the ledger, so that its sums agree with the file."""
        return {
            "rows_read": self.rows_read,
            "rows_used": len(self.values),
            "duplicates_dropped": self.duplicates,
            "non_finite_by_channel": self.non_finite,
        }


def _rows(path: Path, delimiter: str) -> tuple[list[str], list[list[Any]]]:
    if path.suffix == ".parquet":
        try:
            from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415
        except ImportError as error:
            raise RecordingError(
                ("path",),
                "pyarrow to read Parquet",
                "not installed",
                "pip install 'linewright[parquet]'",
            ) from error
        table = parquet.read_table(path)
        columns = [table.column(name).to_pylist() for name in table.column_names]
        return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]
    text = path.read_text(encoding="utf-8-sig").splitlines()
    reader = csv.reader(text, delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    return header, [row for row in reader if row]


def _place(header: list[str], name: str, key: tuple[str, ...]) -> int:
    bare = [_UNIT_IN_HEADER.sub("", column).strip() for column in header]
    for names in (header, bare):
        if name in names:
            return names.index(name)
    near = difflib.get_close_matches(name, header, n=1)
    fix = f"did you mean {near[0]!r}?" if near else ""
    raise RecordingError(key, "one of the columns " + ", ".join(map(repr, header)), repr(name), fix)


def _check_unit(header: str, channel: str, column: Column) -> None:
    found = _UNIT_IN_HEADER.search(header)
    plain = column.scale == 1.0 and column.offset == 0.0
    if found and plain and found.group(1).strip() != column.unit:
        raise RecordingError(
            ("columns", channel, "unit"),
            f"{found.group(1).strip()!r}, the unit in the header {header!r}",
            repr(column.unit),
            "state the unit of the file, or convert with scale and offset",
        )


def _number(cell: Any, row: int, channel: str) -> float:
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        stripped = cell.strip()
        if not stripped:
            return math.nan
        cell = stripped
    try:
        value = float(cell)
    except (TypeError, ValueError):
        raise RecordingError(
            ("columns", channel, "column"), "numbers", f"{cell!r} in row {row}"
        ) from None
    return value if math.isfinite(value) else math.nan


def _time(cell: Any, row: int) -> float:
    if isinstance(cell, datetime):
        return cell.timestamp()
    text = str(cell).strip()
    try:
        value = float(text)
    except ValueError:
        try:
            value = datetime.fromisoformat(text).timestamp()
        except ValueError:
            value = math.nan
    if not math.isfinite(value):
        raise RecordingError(("time",), "seconds or an ISO date", f"{cell!r} in row {row}")
    return value


def read_recording(io: FileIo, folder: Path) -> Recording:
    """Read and check a recording.

    Raises
    ------
    RecordingError
        Missing file or column, a unit that contradicts the header, text where numbers belong, time
        running backwards, one time with two different rows.
    """
    path = folder / os.path.expandvars(io.path)
    if "$" in str(path):
        raise RecordingError(("path",), "environment variables that are set", repr(io.path))
    if not path.is_file():
        raise RecordingError(("path",), "a file", f"{path} (not there)")
    header, rows = _rows(path, io.delimiter)
    places = {}
    for channel, column in io.columns.items():
        place = _place(header, column.column, ("columns", channel, "column"))
        _check_unit(header[place], channel, column)
        places[channel] = place
    time_at = None if io.time is None else _place(header, io.time, ("time",))
    kept = _plain(rows, len(header), time_at)
    if kept is None:
        kept = _keep(io, rows, len(header), time_at)
    values = np.empty((len(kept.rows), len(places)), dtype=np.float64)
    non_finite = {}
    for i, (channel, place) in enumerate(places.items()):
        column = io.columns[channel]
        values[:, i] = _numbers(kept, place, channel) * column.scale + column.offset
        non_finite[channel] = int(np.count_nonzero(~np.isfinite(values[:, i])))
    if not kept.rows:
        raise RecordingError(("path",), "at least one row", f"none in {path}")
    channels = [(channel, io.columns[channel].unit) for channel in places]
    return Recording(values, channels, len(rows), kept.duplicates, non_finite)


@dataclass(frozen=True)
class _Kept:
    """Rows to use, their numbers in the file, and how many were dropped as duplicates."""

    rows: list[list[Any]]
    numbers: Sequence[int]
    duplicates: int = 0


def _numbers(kept: _Kept, place: int, channel: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One column; cell by cell only when something in it is no plain number."""
    try:
        values = np.array(list(map(float, map(itemgetter(place), kept.rows))), dtype=np.float64)
    except (TypeError, ValueError):
        cells = zip(kept.numbers, kept.rows, strict=True)
        return np.array([_number(row[place], n, channel) for n, row in cells], dtype=np.float64)
    values[~np.isfinite(values)] = math.nan
    return values


def _plain(rows: list[list[Any]], width: int, time_at: int | None) -> _Kept | None:
    """All rows, when each has its cells and time, a number, rises with every row; else nothing,
    and `_keep` looks at them one by one."""
    if any(length != width for length in map(len, rows)):
        return None
    if time_at is not None:
        try:
            times = np.array(list(map(float, map(itemgetter(time_at), rows))), dtype=np.float64)
        except (TypeError, ValueError):
            return None
        if not (np.isfinite(times).all() and (np.diff(times) > 0.0).all()):
            return None
    return _Kept(rows, range(2, len(rows) + 2))


def _keep(io: FileIo, rows: list[list[Any]], width: int, time_at: int | None) -> _Kept:
    """Checks row by row, and drops what stands there twice."""
    kept: list[list[Any]] = []
    numbers: list[int] = []
    last_time, duplicates = -math.inf, 0
    same_time: list[list[Any]] = []
    for number, row in enumerate(rows, start=2):
        if len(row) != width:
            raise RecordingError(("path",), f"{width} cells", f"{len(row)} in row {number}")
        if time_at is not None:
            time = _time(row[time_at], number)
            if time < last_time:
                raise RecordingError(
                    ("time",),
                    "time that does not run backwards",
                    f"{row[time_at]!r} in row {number}",
                )
            if time > last_time:
                same_time = []
            if row in same_time:
                duplicates += 1
                continue
            if same_time and io.order == "time":
                raise RecordingError(
                    ("time",),
                    "one row a time",
                    f"{row[time_at]!r} again in row {number}, with other values",
                    'when the rows are in production order, put `order = "row"` in [io]',
                )
            last_time = time
            same_time.append(row)
        kept.append(row)
        numbers.append(number)
    return _Kept(kept, numbers, duplicates)
