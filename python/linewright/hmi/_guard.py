"""What stands between the network and the pages: who is meant, where from, how much, how long.

Everything a browser is told about what a page may load is said here too: nothing from elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from linewright.hmi._json import encode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MOST = 64 * 1024
BODY_S = 10.0
"""A body must be there by then."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class RefusedError(Exception):
    """A request is answered by its status and reason, and goes no further."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Guard:
    """ASGI middleware: Host and Origin, size and time of a body, headers of every answer.

    Parameters
    ----------
    app:
        What is guarded.
    hosts:
        Values of `Host` that are meant, with the port; a page of another site that has its name
        resolved to this machine is not.
    secure:
        Is TLS spoken here?
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], secure: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._scheme = "https" if secure else "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        try:
            headers = self._admit(scope)
            body = receive
            if scope["method"] not in SAFE:
                body = _limited(receive, headers)
        except RefusedError as refusal:
            await refuse(answer, refusal.status, refusal.reason)
            return
        await self._app(scope, body, answer)

    def _admit(self, scope: Scope) -> MutableMapping[bytes, bytes]:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name == b"host" and name in headers:
                raise RefusedError(400, "more than one Host")
            headers[name] = value
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self._hosts:
            raise RefusedError(403, "this name is not served here")
        if scope["method"] in SAFE:
            return headers
        origin = headers.get(b"origin")
        if origin is not None and not self._ours(origin.decode("latin-1")):
            raise RefusedError(403, "a request of another origin")
        if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            raise RefusedError(403, "a request of another site")
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != b"application/json":
            raise RefusedError(415, "application/json is wanted")
        return headers

    def _ours(self, origin: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme == self._scheme and parts.netloc.lower() in self._hosts


def _limited(receive: Receive, headers: MutableMapping[bytes, bytes]) -> Receive:
    """A `receive` that gives up on a body that is too large or too slow."""
    stated = headers.get(b"content-length", b"0")
    if not stated.isdigit() or int(stated[:12]) > BODY_MOST:
        raise RefusedError(413, f"a body of at most {BODY_MOST} bytes is taken")
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + BODY_S
    got = 0
    complete = False

    async def take() -> Message:
        nonlocal got, complete
        if complete:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline_s - loop.time()))
        except TimeoutError:
            raise RefusedError(408, "the body did not come in time") from None
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            complete = not message.get("more_body", False)
        if got > BODY_MOST:
            raise RefusedError(413, f"a body of at most {BODY_MOST} bytes is taken")
        return message

    return take


async def refuse(send: Send, status: int, reason: str) -> None:
    """Answer with a status and a reason, and close the connection."""
    body = encode({"error": reason})
    headers: list[tuple[bytes, Any]] = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
