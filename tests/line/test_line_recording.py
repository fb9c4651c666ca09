"""Recordings: what is wrong with one is said, what is dropped is counted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright.line._recording import RecordingError, read_recording
from linewright.line._tables import Column, FileIo

COLUMNS = {"boards.a": Column(column="A", unit="um"), "boards.b": Column(column="B", unit="um")}


def io(**changes: Any) -> FileIo:
    given = {"driver": "file", "path": "r.csv", "columns": COLUMNS, "time": "T", **changes}
    return FileIo(**given)


def write(folder: Path, *rows: str, header: str = "T,A,B") -> Path:
    (folder / "r.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


def test_values_come_out_in_order_and_in_the_stated_unit(tmp_path: Path) -> None:
    write(tmp_path, "0,1,2", "1,3,4")
    columns = {**COLUMNS, "boards.b": Column(column="B", unit="um", scale=25.4, offset=1.0)}
    got = read_recording(io(columns=columns), tmp_path)
    assert np.array_equal(got.values, [[1.0, 2 * 25.4 + 1.0], [3.0, 4 * 25.4 + 1.0]])
    assert got.channels == [("boards.a", "um"), ("boards.b", "um")]


def test_what_is_no_number_is_counted_by_channel(tmp_path: Path) -> None:
    write(tmp_path, "0,,2", "1,nan,4", "2,inf,-inf", "3,5,6")
    got = read_recording(io(), tmp_path)
    assert got.non_finite == {"boards.a": 3, "boards.b": 1}
    assert math.isnan(got.values[2, 0])
    assert math.isnan(got.values[2, 1])


def test_the_same_row_twice_is_dropped_and_counted(tmp_path: Path) -> None:
    write(tmp_path, "0,1,2", "0,1,2", "1,1,2", "1,1,2", "1,1,2")
    got = read_recording(io(), tmp_path)
    assert got.counts == {
        "rows_read": 5,
        "rows_used": 2,
        "duplicates_dropped": 3,
        "non_finite_by_channel": {"boards.a": 0, "boards.b": 0},
    }


def test_one_time_with_two_rows_is_refused_with_the_way_out(tmp_path: Path) -> None:
    write(tmp_path, "0,1,2", "0,1,3")
    with pytest.raises(RecordingError, match="row 3") as caught:
        read_recording(io(), tmp_path)
    assert 'order = "row"' in caught.value.fix
    got = read_recording(io(order="row"), tmp_path)
    assert len(got.values) == 2


@pytest.mark.parametrize("order", ["time", "row"])
def test_time_may_not_run_backwards(tmp_path: Path, order: str) -> None:
    write(tmp_path, "2026-01-01 10:00:00,1,2", "2026-01-01 09:59:59,3,4")
    with pytest.raises(RecordingError, match="backwards"):
        read_recording(io(order=order), tmp_path)


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        (["0,x,2"], "T,A,B", "'x' in row 2"),
        (["0,1"], "T,A,B", "2 in row 2"),
        (["0,1,2"], "T,A,C", "'B'"),
        (["soon,1,2"], "T,A,B", "'soon' in row 2"),
        (["nan,1,2"], "T,A,B", "'nan' in row 2"),
        ([], "T,A,B", "none"),
        (["0,1,2"], "T,A [mm],B", "'um'"),
    ],
    ids=["text", "short row", "column", "time", "time nan", "empty", "unit of the header"],
)
def test_what_is_wrong_is_said(tmp_path: Path, rows: list[str], header: str, words: str) -> None:
    write(tmp_path, *rows, header=header)
    with pytest.raises(RecordingError) as caught:
        read_recording(io(), tmp_path)
    assert words in str(caught.value)


def test_a_missing_file_and_an_unset_variable_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="not there"):
        read_recording(io(path="no.csv"), tmp_path)
    with pytest.raises(RecordingError, match="NOT_SET"):
        read_recording(io(path="$NOT_SET/r.csv"), tmp_path)


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    write(tmp_path, "0.0,1.5,2", "1.0,,4")
    table = pa.table({"T": [0.0, 1.0], "A": [1.5, None], "B": [2, 4]})
    parquet.write_table(table, tmp_path / "r.parquet")
    one, two = (read_recording(io(path=p), tmp_path) for p in ("r.csv", "r.parquet"))
    assert np.array_equal(one.values, two.values, equal_nan=True)
    assert one.counts == two.counts
