"""Every page at both sizes: it stands, fits, keeps to itself and is grey where nothing is wrong."""

from __future__ import annotations

import re

import pytest
from colour import ALARMS, chroma, coloured
from conftest import Screen
from pages_rig import ROUTES, SIZES
from playwright.sync_api import expect

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
MOVES = """
() => document.getAnimations().length + [...document.querySelectorAll('*')].filter((e) => {
  const s = getComputedStyle(e);
  return s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0;
}).length
"""


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_every_page_stands_fits_and_is_grey_but_for_alarms(
    screen: Screen, size: tuple[int, int]
) -> None:
    for route in ROUTES:
        page = screen.go(route)
        page.wait_for_load_state("load")
        assert not page.evaluate(WIDER), f"{route} is wider than {size[0]} pixels"
        assert page.evaluate(MOVES) == 0, f"{route} moves"
        seen, boxes = page.screenshot(), page.evaluate(ALARMS)
        assert not coloured(seen, boxes), f"{route} is coloured outside of alarms"
        mute = page.locator("[data-alarm]").evaluate_all(
            "all => all.filter(e => !(e.textContent.trim() || e.ariaLabel)).length"
        )
        assert mute == 0, f"{route}: colour alone tells something"
    assert screen.complaints == []


def test_the_colour_check_finds_what_is_not_an_alarm(screen: Screen) -> None:
    page = screen.go("overview")
    style = "position:fixed;left:600px;top:700px;width:6px;height:6px;background:#3a7d44"
    page.evaluate(
        """style => {
          const dot = document.body.appendChild(document.createElement('i'));
          dot.style.cssText = style;
        }""",
        style,
    )
    found = coloured(page.screenshot(), page.evaluate(ALARMS))
    assert found
    assert all(600 <= x < 606 and 700 <= y < 706 for x, y in found)


def test_an_alarm_is_coloured_and_has_a_shape(screen: Screen) -> None:
    page = screen.go("alarms")
    expect(page.locator(".alarms tbody tr").first).to_be_visible()
    assert (chroma(page.screenshot()) > 80).any()
    assert page.locator(".alarms tbody .pill").first.inner_text().split()[0] in "■▲▼"


def test_numbers_have_units_and_readings_their_normal_range(screen: Screen) -> None:
    page = screen.go("station/coater")
    rows = page.locator(".signals tbody tr")
    expect(rows.first).to_be_visible()
    told = rows.locator("svg[role=img]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert any(", normal " in text and "set-point" in text for text in told), told
    page.get_by_role("button", name="flow by meter over flow by speed").click()
    expect(page.locator(".trend canvas")).to_be_visible()
    expect(page.locator(".trend")).to_have_attribute("aria-label", re.compile("greatest"))
