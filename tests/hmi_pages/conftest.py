"""One live line, one server and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from linewright.hmi._users import add_user
from pages_rig import ARGUMENTS, CHROMIUM, ROUTES, Line, Server

pytest.importorskip("playwright", reason="the pages are looked at through Playwright for Python")
pytest.importorskip("starlette", reason="the page's server needs the extra hmi")
if not CHROMIUM.exists():
    pytest.skip(f"needs Debian's chromium at {CHROMIUM}", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright

PASSWORDS = {"vera": "watches 4711", "olga": "operates 4711", "egon": "engineers 4711"}
ROLES = {"vera": "view", "olga": "operate", "egon": "engineer"}
expect.set_options(timeout=20_000)


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

    def login(self, name: str) -> None:
        self.page.click("#login")
        self.page.fill("dialog input[name=name]", name)
        self.page.fill("dialog input[name=password]", PASSWORDS[name])
        self.page.click("dialog button[type=submit]")
        expect(self.page.locator("#person")).to_have_text(f"{name} ({ROLES[name]})")

    def two_steps(self, status: str = "applied", **fields: str) -> str:
        """Both steps of the dialog that is open; what the first one said."""
        box = self.page.locator("dialog")
        for name, value in fields.items():
            entry = box.locator(f"[name={name}]")
            if entry.evaluate("e => e.tagName") == "SELECT":
                entry.select_option(value)
            else:
                entry.fill(value)
        box.locator("button[type=submit]").click()
        expect(box.locator("form")).to_have_attribute("data-step", "2")
        said = box.locator(".says").inner_text()
        box.locator("button[type=submit]").click()
        expect(box.locator("[data-status]")).to_have_attribute("data-status", status)
        box.get_by_role("button", name="Close").click()
        expect(box).to_have_count(0)
        return said


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
def server(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    users = tmp_path_factory.mktemp("users") / "users.json"
    for name, role in ROLES.items():
        add_user(users, name, role, PASSWORDS[name])
    with Server(line.run_dir, users) as running:
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
