"""Rows of a ledger as a table: CSV for a spreadsheet, Parquet for everything else."""

from __future__ import annotations

import csv
import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from linewright import _core

COLUMNS = ("seq", "time", "tick", "mono_ns", "kind", "station", "body", "hash")
PAGE = 4096
"""Rows in memory, and in a row group of Parquet."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoParquetError(Exception):
    """pyarrow is not installed."""


@dataclass(frozen=True)
class Wanted:
    """Rows to export; `first`, `last` are numbers, `since`, `until` times (both ends included)."""

    kinds: list[str] | None = None
    station: str | None = None
    first: int = 1
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, time: datetime | None) -> bool:
        """Is a row of this time meant? One without a time is not, when times are asked for."""
        if self.since is None and self.until is None:
            return True
        if time is None:
            return False
        early = self.since is not None and time < self.since
        late = self.until is not None and time > self.until
        return not early and not late


class Times:
    """Wall time of a row: that of its core's start plus what the core's clock has run since.

    A simulated line has none, nor has a row whose start row states no wall time.
    """

    def __init__(self, path: Path) -> None:
        """Read the start rows, and what is kept of those that were removed."""
        known = {gone["last"]: gone["offset_s"] for gone in _core.ledger_removed(str(path))}
        for row in _core.ledger_rows(str(path), kinds=["start"]):
            wall_s = row["body"].get("wall_s") if isinstance(row["body"], dict) else None
            known[row["seq"]] = None if wall_s is None else wall_s - row["mono_ns"] * 1e-9
        self._seqs = sorted(known)
        self._offsets = [known[seq] for seq in self._seqs]

    def __bool__(self) -> bool:
        return any(offset is not None for offset in self._offsets)

    def of(self, seq: int, mono_ns: int) -> datetime | None:
        """Wall time of row `seq`, UTC, or nothing."""
        i = bisect_right(self._seqs, seq) - 1
        offset = self._offsets[i] if i >= 0 else None
        if offset is None:
            return None
        return _EPOCH + timedelta(seconds=offset + mono_ns * 1e-9)


class Table(Protocol):
    """Where the rows go."""

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows; each has every column."""


class _Csv:
    """RFC 4180 with a header; the byte order mark tells spreadsheets that it is UTF-8."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", newline="", encoding="utf-8-sig")
        self._writer = csv.DictWriter(self._file, COLUMNS)
        self._writer.writeheader()

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            time = row["time"]
            shown = "" if time is None else time.isoformat(" ", "milliseconds")[:23]
            self._writer.writerow({**row, "time": shown})

    def close(self) -> None:
        self._file.close()


class _Parquet:
    """One row group a page, compressed."""

    def __init__(self, file: Path) -> None:
        try:
            import pyarrow  # type: ignore[import-untyped]  # noqa: PLC0415
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError as error:
            raise NoParquetError(
                "Parquet needs pyarrow: pip install 'linewright[parquet]' (or export with --csv)"
            ) from error
        kinds = (
            pyarrow.uint64(),
            pyarrow.timestamp("us", tz="UTC"),
            pyarrow.uint64(),
            pyarrow.uint64(),
            *[pyarrow.string()] * 4,
        )
        self._schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)))
        self._table = pyarrow.Table
        self._writer = parquet.ParquetWriter(str(file), self._schema, compression="zstd")

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._writer.write_table(self._table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def pages(path: Path, wanted: Wanted) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Last row number looked at, and the rows of it that are meant, page by page."""
    times = Times(path)
    if (wanted.since or wanted.until) and not times:
        raise ValueError(f"{path}: no start row states a wall time; give row numbers instead")
    since = wanted.first - 1
    last = _core.ledger_newest(str(path)) if wanted.last is None else wanted.last
    while rows := _core.ledger_rows(
        str(path),
        since=since,
        until=last,
        kinds=wanted.kinds,
        station=wanted.station,
        limit=PAGE,
        text=True,
    ):
        since = rows[-1]["seq"]
        for row in rows:
            row["time"] = times.of(row["seq"], row["mono_ns"])
        yield since, [row for row in rows if wanted.holds(row["time"])]


@contextmanager
def _bar(total: int) -> Iterator[Any]:
    """A function to tell the row reached; a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _seq: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("exporting", total=total)
        yield lambda seq: progress.update(task, completed=seq)


def export(path: Path, wanted: Wanted, file: Path, *, parquet: bool) -> int:
    """Write the rows to `file`, which appears whole or not at all; gives their number."""
    part = file.with_name(file.name + ".part")
    count = 0
    first = wanted.first
    total = (wanted.last or _core.ledger_newest(str(path))) - first + 1
    table = (_Parquet if parquet else _Csv)(part)
    try:
        with _bar(total) as reached:
            for seq, rows in pages(path, wanted):
                table.write(rows)
                count += len(rows)
                reached(seq - first + 1)
        table.close()
        part.replace(file)
    except BaseException:
        table.close()
        part.unlink(missing_ok=True)
        raise
    return count
