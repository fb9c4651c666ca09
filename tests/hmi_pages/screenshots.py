"""Pictures of every page at both sizes into docs/hmi: `python tests/hmi_pages/screenshots.py`.

A live line on its twin runs for as long as it takes; a fan of its dryer is out from 2 s on.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from linewright import messages as m
from pages_rig import ARGUMENTS, CHROMIUM, ROUTES, SIZES, Line, Server
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "hmi"
RECIPE = ROOT / "examples" / "recipes" / "B_hot.toml"
COLOURS = 64
"""Of the palette; the pages are grey, a picture then takes some 20 kB."""
SETTLE_MS = 1500
WEB_MS = 180_000
"""Until web that was coated has come to the last gauge and the trends have something to show."""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="pages-") as folder,
        Line(Path(folder), seed=1) as line,
        Server(line.run_dir) as server,
        sync_playwright() as playwright,
    ):
        for action in (m.Mode("closed"), m.Arm("shift lead")):
            assert (ack := line.operator.command(action)) is not None, action
            assert ack.status == "applied", ack
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page()
        page.wait_for_timeout(WEB_MS)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for route, heading in ROUTES.items():
                take(page, f"{server.address}/#/{route}", heading)
                name = f"{route.replace('/', '_')}_{width}.png"
                keep(page.screenshot(), FOLDER / name)
        browser.close()


def take(page: Page, address: str, heading: str) -> None:
    """Go there and let it settle; the gate is asked for its verdict."""
    page.goto(address)
    page.locator("h1", has_text=heading).wait_for()
    page.locator("#link", has_text="● LIVE").wait_for()
    if heading == "Recipe gate":
        page.fill("#recipe-text", RECIPE.read_text())
        page.get_by_role("button", name="Judge").click()
        page.locator(".verdict").wait_for()
    page.wait_for_timeout(SETTLE_MS)


def keep(png: bytes, path: Path) -> None:
    """Write a picture with a small palette."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
