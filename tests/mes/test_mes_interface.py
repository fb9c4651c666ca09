"""Orders in and changeovers out: each once, over real HTTP on loopback, from a real ledger."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from linewright.mes import Desk, Outbox, RefusedError, post, verified
from linewright.stations.mes.logic import Book

sys.path.insert(0, str(Path(__file__).parent))
from scripted_ledger import write_ledger

ROOT = Path(__file__).resolve().parents[2]
A, B = ((ROOT / "examples" / "recipes" / f"{name}.toml").read_text() for name in "AB")


def order(what: str, number: str = "4711", **more: Any) -> dict[str, Any]:
    return {"order": number, "what": what, "recipe": "B", **more}


def roll(number: int, at_s: float, recipe: str, good: bool = True) -> dict[str, Any]:
    body = {"machine": "coater", "unit": f"roll {number}", "recipe": recipe, "good": good}
    return {**body, "rate_share": 1.0, "amount": 2000.0, "amount_unit": "m", "at_s": at_s}


ROWS: list[tuple[float, str, dict[str, Any]]] = [
    (0.0, "state", {"machine": "coater", "mode": "producing", "state": "execute", "at_s": 0.0}),
    (1.0, "order", order("received", toml=B)),
    (2.0, "order", order("received", "4712", toml=A)),
    (10.0, "production", roll(1, 10.0, "A")),
    (11.0, "order", order("started")),
    (20.0, "production", roll(2, 20.0, "B", good=False)),
    (30.0, "production", roll(3, 30.0, "B")),
    (40.0, "production", roll(4, 40.0, "B")),
    (50.0, "production", roll(5, 50.0, "B")),
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ledger(tmp_path_factory.mktemp("mes"), ROWS)


@pytest.fixture
def desk(ledger: Path) -> Desk:
    return Desk(ledger, lambda _: "")


def test_an_order_is_taken_once_and_a_number_stands_for_it(ledger: Path) -> None:
    put: list[dict[str, Any]] = []

    def take_down(body: Any) -> str:
        put.append(dict(body))
        return ""

    desk = Desk(ledger, take_down)
    assert desk.take("4711", B, "ada") is False, "in the ledger already"
    with pytest.raises(RefusedError) as refused:
        desk.take("4711", A, "ada")
    assert refused.value.why == "conflict"
    assert desk.take("4800", B, "ada") is True
    assert desk.take("4800", B, "ada") is False, "acknowledged, though not in the file yet"
    assert [(body["order"], body["recipe"], body["what"]) for body in put] == [
        ("4800", "B", "received")
    ]
    for number, toml in (("47 11", B), ("", B), (7, B), ("4801", "schema = 9"), ("4801", None)):
        with pytest.raises(RefusedError) as refused:
            desk.take(number, toml, "ada")
        assert refused.value.why == "invalid"
    assert len(put) == 1


def test_a_line_that_does_not_answer_may_be_asked_again(ledger: Path) -> None:
    answers = ["the line did not answer", ""]
    desk = Desk(ledger, lambda _: answers.pop(0))
    with pytest.raises(RefusedError) as refused:
        desk.take("4900", B, "ada")
    assert refused.value.why == "away"
    assert desk.take("4900", B, "ada") is True


def test_a_changeover_is_verified_by_units_alone(ledger: Path) -> None:
    """Last good A at 10 s, three good B from 30 s: 20 s."""
    (body,) = verified(ledger)
    assert (body["order"], body["what"], body["recipe"]) == ("4711", "verified", "B")
    assert body["changeover"]["changeover_h"] == pytest.approx(20.0 / 3600.0)


def test_rows_that_cannot_follow_are_kept_out_and_told() -> None:
    book = Book()
    for seq, body in enumerate(
        (order("started"), order("received", toml=B), order("verified"), order("received", toml=A))
    ):
        book.take({"seq": seq, "tick": seq, "body": body}, base_hz=1.0)
    assert book.orders["4711"].state == "received"
    assert [line.split(":")[0] for line in book.strange] == ["row 0", "row 2", "row 3"]


class Plant(ThreadingHTTPServer):
    """The plant's system: takes what comes down, answers as scripted, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Takes)
        self.script: list[int] = []
        self.got: list[tuple[str, dict[str, Any]]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events"


class _Takes(BaseHTTPRequestHandler):
    server: Plant

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.script.pop(0) if self.server.script else 200
        if status == 200:
            self.server.got.append((self.headers["Idempotency-Key"], body))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def plant() -> Iterator[Plant]:
    made = Plant()
    yield made
    made.shutdown()
    made.server_close()


OUT: list[tuple[float, str, dict[str, Any]]] = [
    (0.0, "order", order("received", toml=B)),
    (1.0, "order", order("started")),
    (2.0, "order", order("verified", changeover={"changeover_h": 0.7})),
    (3.0, "order", order("received", "4712", toml=A)),
    (4.0, "order", order("rejected", "4712", reason="block")),
]


def test_what_became_of_orders_goes_out_in_order_and_each_once(
    plant: Plant, tmp_path: Path
) -> None:
    """The plant is away, then fails, then takes two; a new process goes on with the third."""
    ledger = write_ledger(tmp_path, OUT)
    cursor = tmp_path / "mes.cursor"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = Outbox(ledger, cursor, post(f"http://127.0.0.1:{nobody.getsockname()[1]}/"))
        assert away.pump() == 0
        first_s = away.pause_s
        assert away.pump() == 0
        assert away.pause_s == 2.0 * first_s
    plant.script = [503, 200, 200, 500]
    outbox = Outbox(ledger, cursor, post(plant.url))
    assert outbox.pump() == 0
    assert outbox.pump() == 2
    assert "500" in outbox.says
    again = Outbox(ledger, cursor, post(plant.url))
    assert again.pump() == 1
    assert again.pump() == 0
    whats = [(body["order"], body["what"]) for _, body in plant.got]
    assert whats == [("4711", "started"), ("4711", "verified"), ("4712", "rejected")]
    assert len({key for key, _ in plant.got}) == 3
    assert plant.got[1][1]["changeover"]["changeover_h"] == 0.7
    assert all("toml" not in body for _, body in plant.got)
    cursor.write_text("torn")
    third = Outbox(ledger, cursor, post(plant.url))
    assert third.pump() == 3
    assert [key for key, _ in plant.got[3:]] == [key for key, _ in plant.got[:3]], "the same keys"


def test_what_the_plant_will_not_have_does_not_hold_up_the_rest(
    plant: Plant, tmp_path: Path
) -> None:
    ledger = write_ledger(tmp_path, OUT)
    plant.script = [422, 200, 409]
    outbox = Outbox(ledger, tmp_path / "mes.cursor", post(plant.url))
    assert outbox.pump() == 3
    assert (outbox.refused, outbox.sent) == (1, 2)


class Asked:
    """The REST interface on a free port of loopback."""

    def __init__(self, desk: Desk, token: str) -> None:
        uvicorn = pytest.importorskip("uvicorn")
        from linewright.mes._app import app

        self.token = token
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{bound.getsockname()[1]}"
        config = uvicorn.Config(app(desk, token=token), log_level="error", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [bound]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, raw, method=method)
        given = self.token if token is None else token
        request.add_header("Authorization", f"Bearer {given}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def rest(desk: Desk) -> Iterator[Asked]:
    made = Asked(desk, "secret")
    yield made
    made.server.should_exit = True
    made.thread.join(10.0)


def test_orders_come_in_by_rest(rest: Asked) -> None:
    assert rest.ask("POST", "/orders", {"order": "5000", "recipe": B}) == (
        202,
        {"order": "5000", "new": True},
    )
    assert rest.ask("POST", "/orders", {"order": "5000", "recipe": B})[0] == 200
    assert rest.ask("POST", "/orders", {"order": "5000", "recipe": A})[0] == 409
    assert rest.ask("POST", "/orders", {"order": "5001", "recipe": "schema = 9"})[0] == 422
    assert rest.ask("POST", "/orders", b"{")[0] == 400
    assert rest.ask("POST", "/orders", b"[" * 100_000)[0] == 400
    assert rest.ask("POST", "/orders", b"x" * 200_000)[0] == 413
    assert rest.ask("GET", "/orders", token="other")[0] == 401
    assert rest.ask("GET", "/orders/4711")[1]["state"] == "started"
    assert rest.ask("GET", "/orders/none")[0] == 404
    assert rest.ask("DELETE", "/orders/4711") == (200, {"order": "4711", "state": "cancelled"})
    made = rest.ask("GET", "/changeovers")[1]["changeovers"]
    assert [change["to"] for change in made] == ["B"]
