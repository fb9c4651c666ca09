"""Without a mouse, and for who cannot see: keys, names, roles, landmarks, contrast (axe-core)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Screen
from pages_rig import ROUTES
from playwright.sync_api import Page

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


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is absent: tests/hmi_pages/setup.sh")
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
