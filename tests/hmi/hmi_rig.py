"""A page in a process of its own, and peers that talk to it: polite ones, stuck ones, rude ones."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

COMMAND = Path(sys.executable).parent / "linewright"
HANG_S = 30.0
PASSWORDS = {"eye": "view", "meier": "operate", "chief": "engineer"}


def canary(name: str) -> str:
    return f"canary-{name}-password"


def make_users(file: Path) -> Path:
    """A user of each role; who sees the password of one somewhere has found a leak."""
    for name, role in PASSWORDS.items():
        subprocess.run(
            [COMMAND, "hmi", "user", "add", name, "--role", role, "--users", file],
            input=f"{canary(name)}\n",
            text=True,
            check=True,
            capture_output=True,
        )
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`linewright hmi` on a run directory or ledger; ends with the block."""

    def __init__(self, what: Path, *, users: Path | None = None, port: int | None = None) -> None:
        self.what, self.users = what, users
        self.port = free_port() if port is None else port
        self.log = what.parent / f"page-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        arguments = [COMMAND, "hmi", self.what, "--port", str(self.port)]
        if self.users is not None:
            arguments += ["--users", self.users]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log)
        deadline_s = time.monotonic() + HANG_S
        while True:
            try:
                if self.get("/api/overview")["seq"] >= 0:
                    return self
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline_s, self.log.read_text()
                time.sleep(0.05)

    def until_live(self) -> None:
        """Until the line has answered the page: before that nobody can act."""
        deadline_s = time.monotonic() + HANG_S
        while not self.get("/api/overview")["live"]:
            assert time.monotonic() < deadline_s, "the line does not answer the page"
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def rss_mb(self) -> float:
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found is not None
        return int(found[1]) / 1024.0

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        cookie: str = "",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_S)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if cookie:
            sent["Cookie"] = cookie
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            link.request(method, path, raw, sent)
            answer = link.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            link.close()

    def get(self, path: str) -> Any:
        status, body, _ = self.call("GET", path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def login(self, name: str) -> str:
        status, body, headers = self.call(
            "POST", "/api/login", {"name": name, "password": canary(name)}
        )
        assert status == 200, body
        return headers["set-cookie"].split(";")[0]

    def act(self, cookie: str, **asked: Any) -> tuple[int, Any]:
        """The first step."""
        asked.setdefault("key", secrets.token_hex(8))
        status, body, _ = self.call("POST", "/api/act", asked, cookie=cookie)
        return status, json.loads(body)

    def confirm(self, cookie: str, token: str) -> tuple[int, Any]:
        status, body, _ = self.call("POST", "/api/act/confirm", {"token": token}, cookie=cookie)
        return status, json.loads(body)

    def done(self, cookie: str, **asked: Any) -> dict[str, Any]:
        """Both steps."""
        status, said = self.act(cookie, **asked)
        assert status == 200, said
        status, answer = self.confirm(cookie, said["token"])
        assert status == 200, answer
        return dict(answer)


class Listener:
    """A browser's event source: it comes back after a loss with the number of the last row."""

    def __init__(self, server: Server, since: int) -> None:
        self._server, self.last, self._since = server, None, since
        self.rows: list[int] = []
        self.joins = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(HANG_S)

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                for kind, number, _ in self._events():
                    if kind == "row":
                        self.rows.append(number)
                        self.last = number
                    if self._ends.is_set():
                        return
            except OSError:
                time.sleep(0.05)

    def _events(self) -> Iterator[tuple[str, int, str]]:
        head = "" if self.last is None else f"Last-Event-ID: {self.last}\r\n"
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=2.0) as link:
            link.sendall(
                f"GET /api/stream?since={self._since} HTTP/1.1\r\n"
                f"Host: 127.0.0.1:{self._server.port}\r\n{head}\r\n".encode()
            )
            self.joins += 1
            yield from events_of(link)


def events_of(link: socket.socket) -> Iterator[tuple[str, int, str]]:
    """Events of a chunked stream until the peer hangs up: kind, id or -1, data."""
    raw, text, begun = b"", b"", False
    while True:
        got = link.recv(65536)
        if not got:
            return
        raw += got
        if not begun:
            head, cut, rest = raw.partition(b"\r\n\r\n")
            if not cut:
                continue
            assert b" 200 " in head.split(b"\r\n")[0], head
            raw, begun = rest, True
        while True:
            size, cut, rest = raw.partition(b"\r\n")
            if not cut or len(rest) < int(size, 16) + 2:
                break
            text += rest[: int(size, 16)]
            raw = rest[int(size, 16) + 2 :]
        *whole, text = text.split(b"\n\n")
        for block in whole:
            fields = dict(
                line.split(": ", 1) for line in block.decode().splitlines() if ": " in line
            )
            if "event" in fields:
                yield fields["event"], int(fields.get("id", -1)), fields["data"]


def stuck_browser(port: int) -> socket.socket:
    """Asks for all rows and takes none of them."""
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(("127.0.0.1", port))
    link.sendall(f"GET /api/stream?since=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return link


def until(holds: Any, what: str, within_s: float = HANG_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, f"no {what} within {within_s:g} s"
        time.sleep(0.05)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"
