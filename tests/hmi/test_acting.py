"""Acting: by whoever may, in two steps, once, on the line as it was seen, and into the ledger."""

from __future__ import annotations

import secrets
from typing import Any

from hmi_rig import Server, canary, until
from linewright import _core
from live_line import ACTUATOR, NORMAL, LiveLine, actuator


def rows(line: LiveLine, *kinds: str) -> list[dict[str, Any]]:
    return _core.ledger_rows(str(line.ledger), kinds=list(kinds))


def test_without_a_login_one_only_looks(page: Server) -> None:
    status, said = page.act("", action="arm")
    assert (status, said["error"]) == (401, "log in to act")
    status, said = page.act(page.login("eye"), action="note", text="x")
    assert (status, said["error"]) == (403, "note needs the role operate")


def test_a_note_stands_in_the_ledger_once_under_its_name(page: Server, line: LiveLine) -> None:
    cookie, key = page.login("meier"), secrets.token_hex(8)
    asked = {"key": key, "action": "note", "text": f"bearing {key}"}
    first = page.act(cookie, **asked)
    assert first[0] == 200
    assert page.act(cookie, **asked)[1]["token"] == first[1]["token"]
    assert page.act(cookie, key=key, action="note", text="other")[0] == 409
    answers = [page.confirm(cookie, first[1]["token"]) for _ in range(3)]
    assert answers[0][1]["status"] == "applied"
    assert answers[0] == answers[1] == answers[2]
    found = [r["body"] for r in rows(line, "note") if key in r["body"]["text"]]
    assert [body["operator"] for body in found] == ["meier"]


def test_nobody_confirms_what_another_prepared(page: Server) -> None:
    _, said = page.act(page.login("meier"), action="note", text="mine")
    assert page.confirm(page.login("chief"), said["token"])[0] == 404
    assert page.confirm(page.login("meier"), "no such token")[0] == 404


def test_a_set_point_moves_for_an_engineer_within_its_bounds(page: Server, line: LiveLine) -> None:
    params = page.get("/api/stations/calender")["parameters"]
    name, chief = "calender.nothing", page.login("chief")
    status, said = page.act(chief, action="set", name=name, value=1.0)
    assert status == 400
    assert name in said["error"]
    status, said = page.act(page.login("meier"), action="set", name=name, value=1.0)
    assert status == 403
    for param in params[:1]:
        asked = {"action": "set", "name": param["name"], "value": param["hi"]}
        assert page.act(chief, **asked | {"value": param["hi"] * 2.0 + 1.0})[0] == 400
        assert page.done(chief, **asked)["status"] in ("applied", "advisory")


def test_an_actuator_is_taken_in_hand_and_given_back(page: Server, line: LiveLine) -> None:
    cookie = page.login("meier")
    status, said = page.act(cookie, action="manual", actuator=ACTUATOR, value=5000.0)
    assert (status, said["error"]) == (400, "value must be 400 to 1500 N/mm")
    expected = {"manual": True}
    status, said = page.act(
        cookie, action="manual", actuator=ACTUATOR, value=NORMAL, expected=expected
    )
    assert status == 409, said
    asked = {"actuator": ACTUATOR, "value": NORMAL, "unit": "N/mm", "expected": {"manual": False}}
    answer = page.done(cookie, action="manual", **asked)
    assert answer["status"] in ("applied", "limited")
    until(lambda: actuator(line.status()).get("state") == "manual", "manual")
    by_hand = [r["body"]["action"] for r in rows(line, "command") if "action" in r["body"]]
    assert {"do": "manual", "actuator": ACTUATOR, "value": NORMAL, "operator": "meier"} in by_hand
    until(lambda: not page.get("/api/overview")["armed"], "the page to see it")
    assert page.done(cookie, action="arm", expected={"armed": False})["status"] == "applied"
    until(lambda: actuator(line.status()).get("state") == "closed", "closed loop")


def test_what_has_changed_meanwhile_is_not_acted_on(page: Server, line: LiveLine) -> None:
    cookie = page.login("meier")
    until(lambda: page.get("/api/overview")["mode"] == "closed", "the mode")
    status, said = page.act(cookie, action="mode", mode="advisory", expected={"mode": "advisory"})
    assert status == 409
    assert "'closed' now" in said["error"]
    assert actuator(line.status())["state"] == "closed"


def test_an_order_is_put_down(page: Server, line: LiveLine) -> None:
    number = secrets.token_hex(4)
    asked = {"action": "order", "what": "received", "recipe": "A", "machine": "coater"}
    assert page.act(page.login("meier"), **asked)[0] == 400
    assert page.done(page.login("meier"), order=number, **asked)["status"] == "applied"
    found = [r["body"] for r in rows(line, "order") if r["body"]["order"] == number]
    assert [(b["what"], b["operator"]) for b in found] == [("received", "meier")]


def test_an_alarm_that_is_none_is_not_handled(page: Server) -> None:
    cookie = page.login("meier")
    status, said = page.act(cookie, action="shelve", alarm="a1", for_s=60.0)
    assert (status, said["error"]) == (400, "shelve needs a reason")
    assert page.act(cookie, action="acknowledge", alarm="a999999999")[0] == 409


def test_wrong_passwords_are_slowed_down(page: Server) -> None:
    for _ in range(6):
        status, body, headers = page.call(
            "POST", "/api/login", {"name": "nobody", "password": "wrong password"}
        )
        assert (status, b"wrong" in body) == (401, True)
        assert "set-cookie" not in headers
    cookie = page.login("meier")
    status, body, headers = page.call("POST", "/api/logout", {}, cookie=cookie)
    assert status == 200
    assert page.act(cookie, action="note", text="x")[0] == 401
    assert canary("meier") not in page.log.read_text()
