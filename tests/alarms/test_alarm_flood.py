"""X2 and the commands on a live line: 200 chattering inputs, ten thousand detections a second."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from flood_line import FOR_S, FROM_S, NAMES, FloodLine
from linewright import _core
from linewright.alarms import FLOOD, AlarmBook
from linewright.bus import Operator
from linewright.line import alarm_kpi, alarm_rows, stated

LEAST = 10_000
RATE_HZ, OVER_S = 250, FROM_S + FOR_S + 0.5
"""Of its loop; when the flood is over."""


def core_of(line: FloodLine) -> dict[str, Any]:
    with Operator(line.run_dir) as operator:
        document = operator.status()
    assert document is not None
    core: dict[str, Any] = document["core"]
    return core


def test_a_flood_and_what_an_operator_does_about_it(tmp_path: Path) -> None:
    with FloodLine(tmp_path) as line:

        def found() -> list[dict[str, Any]]:
            if _core.ledger_newest(str(line.ledger)) < LEAST:
                return []
            return _core.ledger_rows(str(line.ledger), kinds=["detection"])

        line.until(lambda: len(found()) >= LEAST and core_of(line)["tick"] > OVER_S * RATE_HZ)
        core, rows = core_of(line), found()

        # All of it is in the ledger: every input chattered alike, and no row is short.
        assert set(Counter(row["body"]["name"] for row in rows).values()) == {len(rows) / NAMES}
        assert (core["lost_records"], core["ledger"]["lost_rows"]) == (0, 0)
        assert _core.ledger_verify(str(line.ledger))["rows"] >= len(rows)

        # The operator is told ten times at most, at once, and finds all of it behind.
        book, kpi = alarm_kpi(line.ledger, stated(line.run_dir))
        assert kpi.raw >= LEAST
        assert kpi.worst_10_min <= 10
        assert kpi.chattering == ()
        first = next(change for change in book.events if change.annunciated)
        assert first.seq == rows[0]["seq"]
        code, listed = line.say("list", "--run-dir", str(line.run_dir))
        assert code == 0
        names = {alarm["name"] for alarm in listed["alarms"]}
        assert names >= {FLOOD, *(f"flooded.fault_{k}" for k in range(NAMES))}

        _handled(line, book)


def _handled(line: FloodLine, book: AlarmBook) -> None:
    where = ["--run-dir", str(line.run_dir), "--operator", "meier"]

    def state(name: str) -> str:
        for row in alarm_rows(line.ledger, book.seq):
            book.take(row)
        found = book.alarm(name)
        return "normal" if found is None else str(found.state)

    assert line.say("acknowledge", FLOOD, *where)[0] == 0
    assert state(FLOOD) == "acknowledged"
    code, said = line.say("acknowledge", FLOOD, *where)
    assert (code, "nothing to acknowledge" in said["error"]) == (2, True)

    first = "flooded.fault_0"
    put_aside = ["--reason", "input is mended", "--minutes", "30"]
    assert line.say("shelve", first, *where, *put_aside)[0] == 0
    assert state(first) == "shelved"
    shelved = book.alarm(first)
    assert shelved is not None
    assert (shelved.shelved_by, shelved.shelve_reason) == ("meier", "input is mended")
    assert line.say("unshelve", first, *where)[0] == 0
    assert state(first) == "unacknowledged"
    assert line.say("reset", first, *where)[0] == 0
    assert state(first) == "normal"
    assert line.say("shelve", first, *where, "--reason", " ", "--minutes", "5")[0] == 2
    assert line.say("shelve", first, *where, "--reason", "x", "--minutes", "600")[0] == 2
    assert line.say("shelve", "mill.jam", *where, *put_aside)[0] == 2
    out = ["--reason", "input is not wired"]
    assert line.say("out-of-service", first, *where, *out)[0] == 0
    assert state(first) == "out_of_service"
    assert line.say("in-service", first, *where)[0] == 0
    assert state(first) == "normal"
    handled = _core.ledger_rows(str(line.ledger), kinds=["handling"])
    assert [row["body"]["do"] for row in handled] == [
        "acknowledge",
        "shelve",
        "unshelve",
        "reset",
        "out_of_service",
        "in_service",
    ]
    assert {row["body"]["operator"] for row in handled} == {"meier"}
