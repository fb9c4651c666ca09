"""Events from the ledger by row: bounded pages, in order, none twice, for whoever asks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from linewright.bus import _pages as pages
from linewright.bus._pages import read_page


def write_ledger(path: Path, rows: list[tuple[int, str, str]]) -> None:
    """A ledger with rows of (number, kind, body); its chain is nobody's business here."""
    db = sqlite3.connect(path)
    db.executescript("""
        PRAGMA application_id=0x4C574C31; PRAGMA user_version=1;
        CREATE TABLE ledger(seq INTEGER PRIMARY KEY, tick INTEGER, mono_ns INTEGER,
                            kind TEXT, station TEXT, body TEXT, hash BLOB);
        CREATE TABLE head(id INTEGER PRIMARY KEY, seq INTEGER, hash BLOB);
        CREATE TABLE retained(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
    """)
    db.executemany("INSERT INTO ledger VALUES (?1, ?1, 0, ?2, 'alpha', ?3, zeroblob(32))", rows)
    db.execute("INSERT INTO head VALUES (0, ?, zeroblob(32))", (len(rows),))
    db.commit()
    db.close()


def detection(name: str, evidence: dict | None = None) -> str:
    body = {"name": name, "rule": "r", "decision": "d", "priority": "advice"}
    return json.dumps({**body, "evidence": evidence or {"z": 1.5}, "units": {}})


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """12,000 rows; every fifth is an event, of two topics in turn."""
    rows = []
    for seq in range(1, 12_001):
        if seq % 5:
            rows.append((seq, "intent", "{}"))
        else:
            rows.append((seq, "detection", detection(("alpha.a", "alpha.b")[seq // 5 % 2])))
    write_ledger(tmp_path / "l", rows)
    return tmp_path / "l"


def fetch_all(ledger: Path, topics: tuple[str, ...]) -> tuple[list[int], int]:
    rows, since, asked = [], 0, 0
    while True:
        page = read_page(str(ledger), since, topics)
        asked += 1
        assert len(page.events) <= pages.MAX_EVENTS
        assert page.next - since <= pages.SPAN_ROWS
        rows += [event.id for event in page.events]
        if page.next >= page.newest:
            return rows, asked
        assert page.next > since, "each page gets on"
        since = page.next


def test_pages_give_every_event_once_and_in_order(ledger: Path) -> None:
    rows, asked = fetch_all(ledger, ("alpha",))
    assert rows == list(range(5, 12_001, 5))
    assert asked >= 12
    only, _ = fetch_all(ledger, ("alpha.b",))
    assert only == list(range(5, 12_001, 10))
    none, asked = fetch_all(ledger, ("beta",))
    assert none == []
    assert asked >= 3, "no page looks through more than its span"


def test_beyond_the_end_stands_the_newest_row(ledger: Path) -> None:
    page = read_page(str(ledger), 2**63 - 1, ("alpha",))
    assert (page.events, page.next, page.newest) == ([], 12_000, 12_000)


def test_a_page_is_bounded_in_bytes(tmp_path: Path) -> None:
    large = {f"value_{n}_" + "x" * 100: float(n) for n in range(100)}
    rows = [(seq, "detection", detection("alpha.a", large)) for seq in range(1, 101)]
    write_ledger(tmp_path / "l", rows)
    rows_found, asked = fetch_all(tmp_path / "l", ("alpha",))
    assert rows_found == list(range(1, 101))
    assert asked > 10


def test_what_is_no_event_is_left_out(tmp_path: Path) -> None:
    rows = [(1, "detection", "[]"), (2, "detection", '{"name": "alpha.a"}'), (3, "detection", "x")]
    write_ledger(tmp_path / "l", [*rows, (4, "detection", detection("alpha.a", {"z": None}))])
    page = read_page(str(tmp_path / "l"), 0, ("alpha",))
    assert [event.id for event in page.events] == [4]


def test_over_the_bus_whoever_asks_gets_it(rig, ledger: Path) -> None:
    rig = rig(ledger=str(ledger))
    stranger = rig.stranger("x", 5)
    stranger.send(("fetch", {"since": 11_990, "topics": ["alpha"]}))
    page = stranger.next("page")[2]
    assert [event["id"] for event in page["events"]] == [11_995, 12_000]
    assert (page["next"], page["newest"]) == (12_000, 12_000)


def test_a_ledger_that_cannot_be_read_is_said_so(rig, tmp_path: Path) -> None:
    rig = rig(ledger=str(tmp_path / "nowhere"))
    stranger = rig.stranger("x", 5)
    stranger.send(("fetch", {"since": 0, "topics": ["alpha"]}))
    answer = stranger.next("ack")[2]
    assert answer["status"] == "refused"
    assert "ledger" in answer["reason"]
