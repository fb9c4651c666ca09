"""A ledger written with sqlite3 and hashlib, from the description alone."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from pathlib import Path

WALL_S = 1_764_374_400.0
"""Of the start row, whose core clock is 0."""
TICK_NS = 10_000_000

SCHEMA = """
    PRAGMA application_id=0x4C574C31; PRAGMA user_version=1;
    CREATE TABLE ledger(seq INTEGER PRIMARY KEY, tick INTEGER, mono_ns INTEGER,
                        kind TEXT, station TEXT, body TEXT, hash BLOB);
    CREATE TABLE head(id INTEGER PRIMARY KEY, seq INTEGER, hash BLOB);
    CREATE TABLE retained(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""


def row(i: int) -> tuple[int, int, int, str, str, str]:
    """Row `i`: a start row, then detections, alarms, decisions."""
    if i == 1:
        return 1, 0, 0, "start", "", json.dumps({"line": 'Süd, "A"', "wall_s": WALL_S})
    kind = ("detection", "alarm", "decision")[i % 3]
    body = json.dumps({"i": i, "text": "weight, above\nlimit", "unit": "µm"}, ensure_ascii=False)
    return i, 3 * i, 3 * i * TICK_NS, kind, "coater", body


def write(path: Path, rows: int) -> None:
    """A whole ledger of `rows` rows."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(SCHEMA)
    db.execute("BEGIN")
    digest = bytes(32)
    for i in range(1, rows + 1):
        columns = row(i)
        data = digest + struct.pack("<QQQ", *columns[:3])
        for text in columns[3:]:
            data += struct.pack("<Q", len(text.encode())) + text.encode()
        digest = hashlib.sha256(data).digest()
        db.execute("INSERT INTO ledger VALUES (?,?,?,?,?,?,?)", (*columns, digest))
    db.execute("INSERT INTO head VALUES (0,?,?)", (rows, digest))
    db.execute("COMMIT")
    db.close()
