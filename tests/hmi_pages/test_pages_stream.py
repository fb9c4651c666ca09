"""The page while its server goes and comes: nothing lost, nothing twice, and it says so."""

from __future__ import annotations

import os
import signal

from conftest import Screen
from pages_rig import Line, Server, until
from playwright.sync_api import expect

LISTEN = """
async () => {
  const { stream } = await import('/static/js/stream.js');
  window.rowsSeen = [];
  const take = (e) => window.rowsSeen.push([e.detail.seq, e.detail.kind, e.detail.body?.text]);
  stream.addEventListener('row', take);
  return stream.seq;
}
"""
DOUBLED = "async () => (await import('/static/js/stream.js')).stream.doubled"


def test_a_server_that_is_killed_loses_and_doubles_no_row(
    screen: Screen, line: Line, server: Server
) -> None:
    page = screen.go("corrections")
    since = page.evaluate(LISTEN)
    notes = [f"note {n} of the killed server" for n in range(9)]
    for n, text in enumerate(notes):
        if n == 3:
            until(lambda: notes[2] in str(page.evaluate("rowsSeen")), "third note")
            server.kill()
            expect(page.locator("#link")).to_contain_text("✕ DISCONNECTED")
        line.note(text)
        if n == 5:
            server.start()
            expect(page.locator("#link")).to_have_text("● LIVE")
    until(lambda: notes[-1] in str(page.evaluate("rowsSeen")), "last note")
    seen = page.evaluate("rowsSeen")
    numbers = [seq for seq, _, _ in seen]
    assert numbers == sorted(set(numbers))
    kinds = sorted({kind for _, kind, _ in seen})
    told = [r["seq"] for r in line.rows(*kinds) if since < r["seq"] <= numbers[-1]]
    assert numbers == told
    assert [text for _, kind, text in seen if kind == "note"] == notes
    assert page.evaluate(DOUBLED) == 0


def test_a_server_that_stands_still_makes_the_page_stale(screen: Screen, server: Server) -> None:
    page = screen.go("overview")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        expect(page.locator("#link")).to_contain_text("▲ STALE")
        marked = page.evaluate(
            "getComputedStyle(document.querySelector('main .live'), '::after').content"
        )
        assert "stale" in marked
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    expect(page.locator("#link")).to_have_text("● LIVE")
