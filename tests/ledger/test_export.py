"""Export: every row once, in order, as it was chained; what was asked for; whole or nothing."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ledger_file import WALL_S, write
from linewright.cli import _ledger_export as table

ROWS = 10_000
MAIN = "from linewright.cli import main; main()"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "line.ledger"
    write(path, ROWS)
    return path


def run(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "ledger", "export", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **env}
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_csv_holds_every_row_and_its_chain_can_be_checked_from_it(
    ledger: Path, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    done = run(ledger, "--csv", file, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == ROWS
    assert file.read_bytes().startswith(b"\xef\xbb\xbfseq,time,tick")
    assert not list(tmp_path.glob("*.part"))
    rows = read_csv(file)
    assert [int(row["seq"]) for row in rows] == list(range(1, ROWS + 1))
    previous = bytes(32)
    for row in rows:
        data = previous + struct.pack("<QQQ", *(int(row[k]) for k in ("seq", "tick", "mono_ns")))
        for text in (row["kind"], row["station"], row["body"]):
            data += struct.pack("<Q", len(text.encode())) + text.encode()
        previous = hashlib.sha256(data).digest()
        assert row["hash"] == previous.hex(), row["seq"]


def test_parquet_and_csv_hold_the_same(ledger: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run(ledger, "--parquet", tmp_path / "rows.parquet").returncode == 0
    assert run(ledger, "--csv", tmp_path / "rows.csv").returncode == 0
    found = parquet.read_table(tmp_path / "rows.parquet")
    assert tuple(found.column_names) == table.COLUMNS
    assert str(found.schema.field("time").type) == "timestamp[us, tz=UTC]"
    plain = read_csv(tmp_path / "rows.csv")
    for name in ("seq", "tick", "mono_ns", "kind", "station", "body", "hash"):
        assert [str(x) for x in found[name].to_pylist()] == [row[name] for row in plain]
    sheets = parquet.ParquetFile(tmp_path / "rows.parquet")
    assert sheets.num_row_groups == -(-ROWS // table.PAGE), "written page by page"


def test_a_row_has_the_wall_time_of_its_start_and_the_core_clock(
    ledger: Path, tmp_path: Path
) -> None:
    assert run(ledger, "--csv", tmp_path / "rows.csv").returncode == 0
    for row in read_csv(tmp_path / "rows.csv")[:: ROWS // 10]:
        wall_s = WALL_S + int(row["mono_ns"]) * 1e-9
        shown = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC).timestamp()
        assert abs(shown - wall_s) < 2e-3


@pytest.mark.parametrize("kind", ["detection", "alarm"])
def test_only_what_was_asked_for(ledger: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "rows.csv"
    assert run(ledger, "--csv", file, "--kind", kind, "--from", 100, "--to", 200).returncode == 0
    rows = read_csv(file)
    assert {row["kind"] for row in rows} == {kind}
    assert {int(row["seq"]) for row in rows} == {
        i for i in range(100, 201) if ("detection", "alarm", "decision")[i % 3] == kind
    }
    whole = table.Wanted(first=1)
    times = [row["time"] for _, page in table.pages(ledger, whole) for row in page]
    low, high = times[4999], times[5999]
    done = run(ledger, "--csv", file, "--from", low.isoformat(), "--to", high.isoformat())
    assert done.returncode == 0, done.stderr
    assert [int(row["seq"]) for row in read_csv(file)] == list(range(5000, 6001))


def test_wrong_calls_say_what_is_wrong_and_leave_nothing(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert run(ledger).returncode == 2
    assert run(ledger, "--csv", file, "--parquet", file).returncode == 2
    assert "a row number from 1 or a time" in run(ledger, "--csv", file, "--from", "x").stderr
    assert run(tmp_path / "none", "--csv", file).returncode == 2
    nowhere = run(ledger, "--csv", tmp_path / "none" / "rows.csv")
    assert nowhere.returncode == 69
    assert "No such file" in nowhere.stderr
    assert not list(tmp_path.iterdir())


def test_without_pyarrow_parquet_says_what_to_install(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), *(p for p in sys.path if p)])
    done = run(ledger, "--parquet", tmp_path / "rows.parquet", PYTHONPATH=path)
    assert done.returncode == 69
    assert "pip install 'linewright[parquet]'" in done.stderr


def test_a_broken_row_in_the_way_ends_with_65_and_keeps_the_old_file(tmp_path: Path) -> None:
    path, file = tmp_path / "line.ledger", tmp_path / "rows.csv"
    write(path, 2000)
    file.write_text("old")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert run(path, "--csv", file).returncode == 65
    assert file.read_text() == "old"
