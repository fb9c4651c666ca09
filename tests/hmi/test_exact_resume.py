"""Rows come once each and in order, however often the page dies."""

from __future__ import annotations

import time

from hmi_rig import Listener, Server, until
from linewright import _core
from linewright import messages as m
from linewright.hmi._digest import SHOWN
from live_line import LiveLine

NOTES, KILLS = 90, 3


def test_no_row_is_lost_or_doubled_over_kills_of_the_page(line: LiveLine) -> None:
    since = _core.ledger_newest(str(line.ledger))
    with Server(line.run_dir) as page:
        listener = Listener(page, since)
        for number in range(NOTES):
            line.operate(m.Record("note", {"text": f"note {number}", "operator": "test"}))
            if number % (NOTES // KILLS) == 5:
                page.kill()
                time.sleep(0.1)
                page.start()
        until = _core.ledger_newest(str(line.ledger))
        wanted = [
            row["seq"]
            for row in _core.ledger_rows(
                str(line.ledger), since=since, until=until, kinds=list(SHOWN)
            )
        ]
        assert len(wanted) >= NOTES
        _await(listener, wanted[-1])
        listener.stop()
    assert listener.joins > KILLS, listener.joins
    assert [seq for seq in listener.rows if seq <= until] == wanted


def _await(listener: Listener, last: int) -> None:
    until(lambda: bool(listener.rows) and listener.rows[-1] >= last, f"row {last}")


def test_a_stream_begins_in_the_file_when_memory_does_not_reach(line: LiveLine) -> None:
    with Server(line.run_dir) as page:
        newest = page.get("/api/overview")["seq"]
        listener = Listener(page, 0)
        until(lambda: bool(listener.rows) and listener.rows[0] == 1, "the first row")
        listener.stop()
    wanted = _core.ledger_rows(str(line.ledger), until=newest, kinds=list(SHOWN))
    first = listener.rows[: len(wanted)]
    assert first == [row["seq"] for row in wanted[: len(first)]]
