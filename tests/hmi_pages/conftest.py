"""One live line, one server and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from pages_rig import ARGUMENTS, CHROMIUM, HANG_S, ROUTES, Line, Server

pytest.importorskip("playwright", reason="the pages are looked at through Playwright for Python")
pytest.importorskip("starlette", reason="the page's server needs the extra hmi")
if not CHROMIUM.exists():
    pytest.skip(f"needs Debian's chromium at {CHROMIUM}", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=1000 * HANG_S)


@dataclass
class Screen:
    """A page of the display, and what it asked for and complained of."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, route: str) -> Page:
        """Show a route and wait until it stands."""
        self.page.goto(f"{self.address}/#/{route}")
        heading = ROUTES.get(route)
        if heading:
            expect(self.page.locator("h1")).to_contain_text(heading)
        expect(self.page.locator("#link")).to_have_text("● LIVE")
        return self.page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with Line(tmp_path_factory.mktemp("line"), seed=1) as running:
        yield running


@pytest.fixture(scope="session")
def server(line: Line) -> Iterator[Server]:
    with Server(line.run_dir) as running:
        yield running


@pytest.fixture
def size() -> tuple[int, int]:
    """Of the screen; a test may be parametrized by it."""
    return (1280, 800)


@pytest.fixture
def screen(browser: Browser, server: Server, size: tuple[int, int]) -> Iterator[Screen]:
    """A fresh browser profile. No request may leave the host, and the page may not complain."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    made = Screen(page, server.address)

    def watch(route: Any) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(server.address).netloc:
            route.continue_()
        else:
            made.foreign.append(route.request.url)
            route.abort()

    context.route("**/*", watch)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (),
    )
    yield made
    context.close()
    assert made.foreign == []
