"""Acting through the page: a role, two steps, and the row in the ledger that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Screen
from pages_rig import Line, until
from playwright.sync_api import Locator, expect

RECIPES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
SET = {"action": "set", "station": "coater", "name": "coater.areal", "unit": "g/m2"}
ASK = """
async (body) => {
  const headers = {'content-type': 'application/json'};
  return (await fetch('/api/act', {method: 'POST', headers, body: JSON.stringify(body)})).status;
}
"""


def newest(line: Line, kind: str, **wanted: Any) -> dict[str, Any]:
    """The newest row of a kind whose body says what is wanted."""

    def look() -> dict[str, Any] | None:
        fits = [r for r in line.rows(kind) if wanted.items() <= r["body"].items()]
        return fits[-1] if fits else None

    found: dict[str, Any] = until(look, f"row {kind} with {wanted}")
    return found


def alarm_row(screen: Screen) -> Locator:
    return screen.page.locator(".alarms tbody tr", has_text="fan trip 1").first


def test_an_alarm_is_acknowledged_and_shelved(screen: Screen, line: Line) -> None:
    page = screen.go("alarms")
    row = alarm_row(screen)
    expect(row).to_contain_text("UNACKNOWLEDGED")
    expect(page.locator("#say-alarm")).to_contain_text("alarm, coater: ")
    for word in ("Cause", "If nothing is done", "Do", "Within"):
        expect(row.locator("dt", has_text=word).first).to_be_visible()
    screen.login("olga")
    row.get_by_role("button", name="Acknowledge").click()
    said = screen.two_steps()
    assert "acknowledge" in said.lower()
    expect(row).to_contain_text("acknowledged")
    expect(row).to_contain_text("by olga")
    acked = newest(line, "handling", do="acknowledge", operator="olga")

    row.get_by_role("button", name="Shelve").click()
    screen.two_steps(reason="fan is being repaired", for_s="900")
    expect(alarm_row(screen)).to_have_count(0)
    page.get_by_role("button", name="Shelved (1)").click()
    expect(alarm_row(screen)).to_contain_text("fan is being repaired")
    shelved = newest(line, "handling", do="shelve", operator="olga")["body"]
    assert shelved["alarm"] == acked["body"]["alarm"]
    assert (shelved["for_s"], shelved["reason"]) == (900.0, "fan is being repaired")
    alarm_row(screen).get_by_role("button", name="Unshelve").click()
    screen.two_steps()
    page.get_by_role("button", name="Active (1)").click()
    expect(alarm_row(screen)).to_contain_text("UNACKNOWLEDGED")
    assert screen.complaints == []


def test_the_first_step_changes_nothing(screen: Screen, line: Line) -> None:
    page = screen.go("overview")
    screen.login("olga")
    before = len(line.rows("note"))
    page.get_by_role("button", name="Handover note").click()
    page.fill("dialog [name=text]", "nobody confirms this")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog form")).to_have_attribute("data-step", "2")
    page.get_by_role("button", name="Cancel").click()
    assert len(line.rows("note")) == before


@pytest.mark.parametrize(
    ("file", "verdict", "button", "what"),
    [
        ("B_hot.toml", "block", "Block order", "rejected"),
        ("B.toml", "release", "Release order", "received"),
    ],
)
def test_a_recipe_is_judged_and_ordered(  # noqa: PLR0917 - by name
    screen: Screen, line: Line, file: str, verdict: str, button: str, what: str
) -> None:
    page = screen.go("recipes")
    screen.login("egon")
    page.fill("#recipe-text", (RECIPES / file).read_text())
    page.get_by_role("button", name="Judge").click()
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", verdict)
    assert page.locator("figure.plot").count() >= 3
    release = page.get_by_role("button", name="Release order")
    if verdict == "block":
        expect(release).to_be_disabled()
        assert page.get_by_role("heading", name="Reasons").is_visible()
    page.get_by_role("button", name=button).click()
    screen.two_steps(order=f"order-{what}")
    row = newest(line, "order", order=f"order-{what}", what=what)
    assert row["body"]["operator"] == "egon"
    page.locator("#recipe-text").press_sequentially(" ")
    expect(release).to_be_disabled()  # what was judged is not what stands there any more
    assert screen.complaints == []


def test_a_line_is_armed_and_a_set_point_changed_each_in_two_steps(
    screen: Screen, line: Line
) -> None:
    page = screen.go("overview")
    screen.login("egon")
    page.get_by_role("button", name="Change mode").click()
    screen.two_steps(mode="closed")
    expect(page.locator("#line-mode")).to_have_text("CLOSED")
    page.get_by_role("button", name="Arm…").click()
    screen.two_steps()
    expect(page.locator("#line-armed")).to_have_text("ARMED")
    screen.go("station/coater")
    page.get_by_role("button", name="Change coater areal").click()
    said = screen.two_steps(value="221")
    assert "221" in said
    until(lambda: "221" in str(line.rows("params")), "row of the set-point")
    newest(line, "note", operator="egon", text="asks for coater.areal at 221 g/m2")
    cell = page.locator("tr", has=page.get_by_role("button", name="Change coater areal"))
    expect(cell).to_contain_text("221.0\u202fg/m²")
    assert screen.complaints == []


@pytest.mark.parametrize(("name", "status"), [(None, 401), ("vera", 403), ("olga", 403)])
def test_a_set_point_is_refused_without_the_role(
    screen: Screen, line: Line, name: str | None, status: int
) -> None:
    page = screen.go("station/coater")
    if name is not None:
        screen.login(name)
    before = len(line.rows("params"))
    page.get_by_role("button", name="Change coater areal").click()
    expect(page.locator("dialog")).to_contain_text("needs the role engineer")
    body = {**SET, "key": f"refused{status}", "value": 222.0, "expected": {}}
    assert page.evaluate(ASK, body) == status
    assert len(line.rows("params")) == before
