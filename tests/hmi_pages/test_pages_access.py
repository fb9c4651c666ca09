"""Without a mouse, and for who cannot see: keys, names, roles, landmarks, contrast (axe-core)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS, Screen
from pages_rig import ROUTES, Line, until
from playwright.sync_api import Page, expect

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
async () => (await axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
})).violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html)])
"""


def audit(page: Page) -> list[Any]:
    """What axe-core holds against the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[Any] = page.evaluate(RUN)
    return found


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is absent: tests/setup.sh")
def test_axe_finds_nothing_against_any_page(screen: Screen) -> None:
    for route in ROUTES:
        page = screen.go(route)
        page.wait_for_load_state("load")
        assert audit(page) == [], route
    page.click("#help")
    assert audit(page) == []
    page.keyboard.press("Escape")
    page.click("#login")
    assert audit(page) == []
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [name for name, _ in audit(page)] != [], "the audit must be able to fail"


def test_a_note_is_written_with_the_keyboard_alone(screen: Screen, line: Line) -> None:
    page = screen.go("overview")
    keys = page.keyboard
    focused = page.locator(":focus")
    keys.press("Tab")
    expect(focused).to_have_text("Skip to the page")
    keys.press("Enter")
    expect(focused).to_have_attribute("id", "main")
    for key, heading in (("2", "Alarms"), ("3", "What did the model correct?"), ("1", "Line")):
        keys.press(key)
        expect(page.locator("h1")).to_contain_text(heading)
    keys.press("?")
    expect(page.locator("dialog h2")).to_have_text("Keys")
    keys.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    keys.press("l")
    keys.type("olga")
    keys.press("Tab")
    keys.type(PASSWORDS["olga"])
    keys.press("Enter")
    expect(page.locator("#person")).to_have_text("olga (operate)")
    page.locator("#main").focus()
    for _ in range(4):
        keys.press("Tab")
    expect(focused).to_have_text("Handover note…")
    keys.press("Enter")
    keys.type("pump of line 1 was loud")
    keys.press("Enter")
    expect(focused).to_have_text("Confirm")
    keys.press("Enter")
    expect(focused).to_have_text("Close")
    keys.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(focused).to_have_text("Handover note…")
    texts = lambda: [r["body"]["text"] for r in line.rows("note")]  # noqa: E731
    until(lambda: "pump of line 1 was loud" in texts(), "note")


def test_the_alarm_list_is_reached_by_one_key(screen: Screen) -> None:
    page = screen.go("overview")
    expect(page.get_by_role("banner")).to_contain_text("1 alarm")
    page.keyboard.press("a")
    expect(page.locator(".alarms .handle button").first).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.evaluate("!!document.activeElement.closest('.alarms tbody tr')")
