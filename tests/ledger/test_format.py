"""The ledger, written a second time from its description with sqlite3 and hashlib alone."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from pathlib import Path

import pytest
from linewright import _core

ROWS = [
    (1, 0, 0, "start", "", '{"seed":7}'),
    (2, 30, 1_000_000_000, "detection", "coater", '{"rule":"wet-weight-cusum/3","hi":5.25}'),
    (3, 31, 1_033_333_333, "intent", "coater", '{"value":1.5}'),
    (4, 90, 3_000_000_000, "stop", "", "{}"),
]


def chain(rows: list[tuple[int, int, int, str, str, str]]) -> list[bytes]:
    """Hash of each row: SHA-256 over the hash before it and the columns, text with its length."""
    hashes, previous = [], bytes(32)
    for seq, tick, mono_ns, *texts in rows:
        data = previous + struct.pack("<QQQ", seq, tick, mono_ns)
        for text in texts:
            data += struct.pack("<Q", len(text.encode())) + text.encode()
        previous = hashlib.sha256(data).digest()
        hashes.append(previous)
    return hashes


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "line.ledger"
    hashes = chain(ROWS)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("""
        PRAGMA application_id=0x4C574C31; PRAGMA user_version=1;
        CREATE TABLE ledger(seq INTEGER PRIMARY KEY, tick INTEGER, mono_ns INTEGER,
                            kind TEXT, station TEXT, body TEXT, hash BLOB);
        CREATE TABLE head(id INTEGER PRIMARY KEY, seq INTEGER, hash BLOB);
        CREATE TABLE retained(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
    """)
    for row, digest in zip(ROWS, hashes, strict=True):
        db.execute("INSERT INTO ledger VALUES (?,?,?,?,?,?,?)", (*row, digest))
    db.execute("INSERT INTO head VALUES (0,?,?)", (len(ROWS), hashes[-1]))
    db.close()
    return path


def test_a_ledger_made_from_the_description_verifies(ledger: Path) -> None:
    verified = _core.ledger_verify(ledger)
    head = chain(ROWS)[-1].hex()
    whole = {"rows": 4, "last_seq": 4, "head": head, "last_tick": 90, "removed": []}
    assert verified == whole
    assert [row["kind"] for row in _core.ledger_rows(ledger)] == [row[3] for row in ROWS]
    assert _core.ledger_rows(ledger, since=1, kinds=["detection"])[0]["body"]["hi"] == 5.25


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("UPDATE ledger SET body='{}' WHERE seq=2", 2),
        ("UPDATE ledger SET tick=tick+1 WHERE seq=3", 3),
        ("UPDATE ledger SET hash=zeroblob(32) WHERE seq=1", 1),
        ("DELETE FROM ledger WHERE seq=2", 2),
        ("DELETE FROM ledger WHERE seq=4", 4),
    ],
)
def test_the_first_row_that_was_changed_is_named(ledger: Path, sql: str, seq: int) -> None:
    db = sqlite3.connect(ledger)
    with db:
        db.execute(sql)
    db.close()
    with pytest.raises(Exception, match=f"row {seq}") as caught:
        _core.ledger_verify(ledger)
    assert getattr(caught.value, "seq", None) == seq
