"""S8: whatever is sent, no answer begins with 5, no output changes, and no secret comes back."""

from __future__ import annotations

import random
import socket
import time
from typing import Any

import pytest
from hmi_rig import PASSWORDS, Server, canary, until
from linewright import _core
from live_line import LiveLine, actuator

PATHS = (
    *("/", "/static/index.html", "/api/overview", "/api/stations/calender", "/api/trend"),
    *("/api/alarms", "/api/corrections", "/api/latency", "/api/recipes", "/api/genealogy"),
    *("/api/stream", "/api/me", "/metrics", "/api/gate", "/api/login", "/api/logout", "/api/act"),
    "/api/act/confirm",
)
ODD = (
    *("", "0", "-1", "1e309", "nan", "inf", "%00", "%ff%fe", "../../etc/passwd", "%2e%2e/%2e%2e"),
    *("'; DROP TABLE ledger;--", "<script>", "9" * 400, "a" * 5000, "\u00e9", "{}", "[]", "null"),
    *("..%2f..%2fusers.json", "calender.line_load", "cell 99999999999", "roll 1", "true"),
)
ACTIONS = ("arm", "mode", "manual", "set", "reset", "note", "order", "acknowledge", "shelve", "no")


def anything(rng: random.Random, deep: int = 3) -> str:
    kind = rng.randrange(9 if deep else 5)
    match kind:
        case 0:
            return rng.choice(("null", "true", "NaN", "-0", "1e999", "9" * 60, "1.5", '"x"'))
        case 1 | 2:
            return '"' + "".join(rng.choice("ab\\u0000\\ud800é\\n ") for _ in range(9)) + '"'
        case 3:
            return str(rng.uniform(-1e6, 1e6))
        case 4:
            return '"' + rng.choice(("a", "9")) * rng.choice((0, 10, 3000)) + '"'
        case 5 | 6:
            return "[" + ",".join(anything(rng, deep - 1) for _ in range(rng.randrange(4))) + "]"
        case _:
            names = ("key", "action", "token", "name", "password", "toml", "value", "expected", "x")
            pairs = (f'"{rng.choice(names)}":{anything(rng, deep - 1)}' for _ in range(4))
            return "{" + ",".join(pairs) + "}"


def body(rng: random.Random) -> bytes:
    match rng.randrange(8):
        case 0:
            return b""
        case 1:
            return rng.randbytes(rng.randrange(300))
        case 2:
            return b"[" * 5000 + b"]" * rng.randrange(5001)
        case 3:
            action, actuator = rng.choice(ACTIONS), "calender.line_load"
            return (
                f'{{"key":"{rng.randrange(10**12):012d}","action":"{action}","mode":"advisory",'
                f'"actuator":"{actuator}","value":{rng.uniform(0, 2000)},"text":"x","reason":"x",'
                f'"name":"calender.x","alarm":"a1","for_s":60}}'
            ).encode()
        case 4:
            name = rng.choice(("meier", "nobody", "é" * 20))
            return f'{{"name":"{name}","password":{anything(rng, 0)}}}'.encode(errors="replace")
        case _:
            return anything(rng).encode("utf-8", "replace")


def request(rng: random.Random, port: int) -> bytes:
    """One request with something wrong in it, or with nothing wrong but who sends it."""
    plain = rng.random() < 0.3
    path = (
        rng.choice(("/api/act", "/api/act/confirm", "/api/login")) if plain else rng.choice(PATHS)
    )
    if not plain and rng.random() < 0.3:
        path += rng.choice(("/", "/x", "//", "/" + rng.choice(ODD), "?" + rng.choice(ODD)))
    if not plain and rng.random() < 0.5:
        names = ("of", "topic", "from_s", "to_s", "width_px", "before", "limit", "since", "topics")
        path += "?" + "&".join(f"{rng.choice(names)}={rng.choice(ODD)}" for _ in range(3))
    method = rng.choice(
        ("GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "G\x01")
    )
    host = rng.choice((f"127.0.0.1:{port}",) * 6 + ("evil.example", f"localhost:{port}", ""))
    lines = [f"{method} {path} HTTP/1.{rng.choice('1119')}", f"Host: {host}", "Connection: close"]
    if rng.random() < 0.3:
        origins = ("http://evil.example", "null", f"http://127.0.0.1:{port}", "http://[::")
        lines.append(f"Origin: {rng.choice(origins)}")
    if rng.random() < 0.3:
        lines.append(f"Cookie: linewright={rng.choice(ODD)}; x={rng.choice(ODD)}")
    if rng.random() < 0.2:
        lines.append(f"Last-Event-ID: {rng.choice(ODD)}")
    if rng.random() < 0.1:
        lines.append("X: " + "y" * rng.choice((100, 20_000)))
    sent = body(rng) if method in ("POST", "PUT", "DELETE") else b""
    kinds = ("application/json",) * 6 + ("text/plain", "application/x-www-form-urlencoded", "")
    lines.append(f"Content-Type: {rng.choice(kinds)}")
    match rng.randrange(8):
        case 0:
            lines.append(f"Content-Length: {rng.choice(('-1', 'x', '99999999999', '3'))}")
        case 1:
            lines.append("Transfer-Encoding: chunked")
            sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(sent), sent) if sent else b"0\r\n\r\n"
        case _:
            lines.append(f"Content-Length: {len(sent)}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + sent


def answer(port: int, sent: bytes) -> bytes:
    """What comes back: all of it, or the head of a stream; nothing when the peer hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=3.0) as link:
        got = b""
        try:
            link.sendall(sent)
            while chunk := link.recv(65536):
                got += chunk
                if b"text/event-stream" in got:
                    break
        except (ConnectionError, TimeoutError):
            pass
        return got


def by_people(line: LiveLine) -> list[int]:
    rows = _core.ledger_rows(
        str(line.ledger), kinds=["mode", "command", "params", "note", "handling", "order"]
    )
    return [row["seq"] for row in rows if row["station"] == ""]


def send_all(page: Server, line: LiveLine, seed: int, count: int) -> dict[int, int]:
    rng = random.Random(seed)
    secret = [canary(name).encode() for name in PASSWORDS] + [b"scrypt", b"operator_key"]
    session = page.login("meier")
    secret.append(session.partition("=")[2].encode())
    before, mode = by_people(line), line.status()["core"]["mode"]
    seen: dict[int, int] = {}
    for number in range(count):
        sent = request(rng, page.port)
        got = answer(page.port, sent)
        status = int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else 0
        seen[status] = seen.get(status, 0) + 1
        assert status < 500, (seed, number, sent[:600], got[:600])
        assert not [s for s in secret if s in got], (seed, number, sent[:600])
    log = page.log.read_bytes()
    assert not [s for s in secret if s in log]
    assert b"Traceback" not in log, log[-3000:]
    assert by_people(line) == before
    # Who reaches an output is its loop, or its fallback when a busy machine starves the station.
    now = line.status()
    assert now["core"]["mode"] == mode
    assert actuator(now)["state"] in ("closed", "fallback")
    return seen


def test_bad_requests_are_answered_and_change_nothing(page: Server, line: LiveLine) -> None:
    seen = send_all(page, line, seed=1, count=1000)
    assert {200, 400, 401, 403, 404, 405, 415} <= set(seen), seen


@pytest.mark.soak
def test_ten_thousand_bad_requests(page: Server, line: LiveLine) -> None:
    print(send_all(page, line, seed=2, count=10_000))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 400),
    ],
)
def test_only_requests_of_the_page_itself_act(
    page: Server, headers: dict[str, str], status: int
) -> None:
    cookie = page.login("meier")
    got = page.call("POST", "/api/act", {"action": "arm"}, cookie=cookie, headers=headers)
    assert got[0] == status


def test_a_large_body_is_refused_unread(page: Server) -> None:
    before_mb = page.rss_mb()
    for declared in (True, False):
        got = _large(page.port, 10_000_000, declared)
        assert b" 413 " in got.split(b"\r\n")[0], got[:200]
    assert page.rss_mb() - before_mb < 8.0


def _large(port: int, size: int, declared: bool) -> bytes:
    how = f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked"
    head = (
        f"POST /api/act HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"{how}\r\n\r\n"
    ).encode()
    piece = b"x" * 65_536
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as link:
        link.sendall(head)
        try:
            for _ in range(size // len(piece)):
                link.sendall(piece if declared else b"10000\r\n" + piece + b"\r\n")
        except ConnectionError:
            pass
        link.settimeout(10.0)
        try:
            return link.recv(4096)
        except ConnectionError:
            return b"HTTP/1.1 413 cut while sending\r\n"


def test_slow_peers_are_cut_and_nobody_waits_for_them(page: Server) -> None:
    heads = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nX: ".encode()
    slow = []
    for _ in range(200):
        link = socket.create_connection(("127.0.0.1", page.port), timeout=10.0)
        link.sendall(heads)
        slow.append(link)
    assert page.get("/api/overview")["live"]

    def all_cut() -> bool:
        for link in list(slow):
            try:
                link.sendall(b"y")
                link.setblocking(False)
                if link.recv(100) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                continue
            except OSError:
                slow.remove(link)
                link.close()
        time.sleep(0.2)
        return not slow

    until(all_cut, "end of the slow ones")
    assert metric(page, "linewright_page_slow_peers_total") >= 200.0


def metric(page: Server, name: str) -> float:
    text: Any = page.call("GET", "/metrics")[1].decode()
    return next(
        float(row.rpartition(" ")[2]) for row in text.splitlines() if row.startswith(f"{name} ")
    )
