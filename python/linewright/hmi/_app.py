"""The pages and their interface over HTTP, as a Starlette application."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from linewright.hmi._act import Desk
from linewright.hmi._corrections import LIMIT_MOST
from linewright.hmi._events import TOPICS_MOST, EventStream, Streams, asked_from
from linewright.hmi._follow import Follower
from linewright.hmi._guard import RefusedError
from linewright.hmi._json import encode
from linewright.hmi._meaning import RefusedActError
from linewright.hmi._metrics import CONTENT_TYPE, Exposed
from linewright.hmi._peers import Peers
from linewright.hmi._recipegate import BusyError
from linewright.hmi._users import LONGEST_S, NAME_MOST, PASSWORD_MOST, Person, Sessions
from linewright.hmi._views import Views

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
NAME = re.compile(r"[A-Za-z0-9_.:\-]{1,200}")
PAGE = "index.html"
COOKIE = "linewright"


class AskedGate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/gate`."""

    toml: str


class AskedLogin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/login`."""

    name: str
    password: str


class Pages:
    """Endpoints of one line."""

    def __init__(self, line: Follower, peers: Peers, users: Path | None) -> None:
        self.line, self.peers = line, peers
        self.views = Views(line)
        self.streams = Streams()
        self.sessions = Sessions(users)
        self.desk = Desk(line, self.views)
        self.exposed = Exposed(line, self)
        self.files = static_files()
        self.readers, self.judges = anyio.CapacityLimiter(2), anyio.CapacityLimiter(4)
        self.logins, self.actors = anyio.CapacityLimiter(1), anyio.CapacityLimiter(4)

    def routes(self) -> list[Route]:
        """Where each is found."""
        return [
            Route("/", self.page),
            Route("/static/{path:path}", self.static),
            Route("/api/overview", self.overview),
            Route("/api/stations/{name}", self.station),
            Route("/api/trend", self.trend),
            Route("/api/alarms", self.alarms),
            Route("/api/corrections", self.corrections),
            Route("/api/latency", self.latency),
            Route("/api/recipes", self.recipes),
            Route("/api/genealogy", self.genealogy),
            Route("/api/gate", self.gate, methods=["POST"]),
            Route("/api/me", self.me),
            Route("/api/login", self.login, methods=["POST"]),
            Route("/api/logout", self.logout, methods=["POST"]),
            Route("/api/act", self.act, methods=["POST"]),
            Route("/api/act/confirm", self.confirm, methods=["POST"]),
            Route("/api/stream", self.stream),
            Route("/metrics", self.metrics),
        ]

    async def page(self, request: Request) -> Response:  # noqa: ARG002
        """The one page; its script shows what the address after `#` names."""
        return await self._file(PAGE)

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        return await self._file(request.path_params["path"])

    async def _file(self, name: str) -> Response:
        path = self.files.get(name)
        if path is None:
            raise HTTPException(404, "no such file")
        body = await anyio.to_thread.run_sync(path.read_bytes)
        headers = {"cache-control": "no-cache"}
        return Response(body, media_type=TYPES[path.suffix], headers=headers)

    async def overview(self, request: Request) -> Response:  # noqa: ARG002
        """The line on one page."""
        return document(await anyio.to_thread.run_sync(self.views.overview))

    async def station(self, request: Request) -> Response:
        """One station."""
        name = named(request.path_params["name"])
        found = await anyio.to_thread.run_sync(self.views.station, name)
        if found is None:
            raise HTTPException(404, "no such station")
        return document(found)

    async def trend(self, request: Request) -> Response:
        """Samples of a topic, for the width of a screen."""
        topic = named(request.query_params.get("topic", ""))
        from_s, to_s = number(request, "from_s"), number(request, "to_s")
        width_px = int(number(request, "width_px", lo=1, hi=10_000) or 800)
        found = await anyio.to_thread.run_sync(self.views.trend, topic, from_s, to_s, width_px)
        if found is None:
            raise HTTPException(404, "no samples of this topic")
        return document(found)

    async def alarms(self, request: Request) -> Response:  # noqa: ARG002
        """Alarms in every state but normal."""
        return document(await anyio.to_thread.run_sync(self.views.alarms))

    async def corrections(self, request: Request) -> Response:
        """What the model corrected."""
        before = number(request, "before", lo=0, hi=1 << 62)
        limit = int(number(request, "limit", lo=1, hi=LIMIT_MOST) or 50)
        row = None if before is None else int(before)
        page = await anyio.to_thread.run_sync(
            self.views.corrections, row, limit, limiter=self.readers
        )
        return document(page)

    async def latency(self, request: Request) -> Response:  # noqa: ARG002
        """Deadlines."""
        return document(await anyio.to_thread.run_sync(self.views.latency))

    async def recipes(self, request: Request) -> Response:  # noqa: ARG002
        """Recipes that are known."""
        return document(await anyio.to_thread.run_sync(self.views.recipes, limiter=self.readers))

    async def genealogy(self, request: Request) -> Response:
        """From a cell to its batch."""
        asked = request.query_params.get("of")
        found = await anyio.to_thread.run_sync(self.views.genealogy, asked, limiter=self.readers)
        return document(found)

    async def gate(self, request: Request) -> Response:
        """Verdict on a recipe."""
        try:
            asked = msgspec.json.decode(await request.body(), type=AskedGate)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HTTPException(400, f"not a question: {error}") from error
        try:
            verdict = await anyio.to_thread.run_sync(
                self.views.gate.judge, asked.toml, limiter=self.judges
            )
        except BusyError:
            raise HTTPException(429, "recipes wait to be judged; try again") from None
        return document(verdict)

    # -- people --------------------------------------------------------------------------------

    def _person(self, request: Request) -> Person:
        return self.sessions.who(request.cookies.get(COOKIE))

    async def me(self, request: Request) -> Response:
        """Who is logged in."""
        person = self._person(request)
        said = {"name": person.name or None, "role": person.role}
        return document(said | {"may_log_in": self.sessions.any_users})

    async def login(self, request: Request) -> Response:
        """A session for a name and its password."""
        try:
            asked = msgspec.json.decode(await request.body(), type=AskedLogin)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise HTTPException(400, "name and password are wanted") from None
        if not self.sessions.any_users:
            raise HTTPException(403, "this page only shows: it has no users")
        if len(asked.name) > NAME_MOST or len(asked.password) > PASSWORD_MOST:
            raise HTTPException(401, "name or password are wrong")
        found = await anyio.to_thread.run_sync(
            self.sessions.login, asked.name, asked.password, limiter=self.logins
        )
        if found is None:
            raise HTTPException(401, "name or password are wrong")
        token, person = found
        answer = document({"name": person.name, "role": person.role})
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(LONGEST_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path="/",
        )
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session."""
        self.sessions.logout(request.cookies.get(COOKIE))
        answer = document({"name": None, "role": "view"})
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    async def act(self, request: Request) -> Response:
        """The first step of an action."""
        return await self._desk(request, self.desk.prepare)

    async def confirm(self, request: Request) -> Response:
        """The second."""
        return await self._desk(request, self.desk.confirm)

    async def _desk(
        self, request: Request, step: Callable[[Person, bytes], dict[str, Any]]
    ) -> Response:
        person, body = self._person(request), await request.body()
        try:
            return document(await anyio.to_thread.run_sync(step, person, body, limiter=self.actors))
        except RefusedActError as error:
            raise HTTPException(error.status, error.reason) from error

    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        """For Prometheus."""
        text = await anyio.to_thread.run_sync(self.exposed.text)
        return Response(text, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})

    async def stream(self, request: Request) -> EventStream | Response:
        """Events from a row on, until the browser goes."""
        if self.streams.open >= self.streams.most:
            raise HTTPException(429, "too many streams are open")
        try:
            since = asked_from(request, self.line.scanned)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        wanted = [t for t in request.query_params.get("topics", "").split(",") if t]
        if len(wanted) > TOPICS_MOST:
            raise HTTPException(400, f"at most {TOPICS_MOST} topics")
        return EventStream(
            self.line,
            self.streams,
            since=since,
            topics=tuple(named(topic) for topic in wanted),
            overview=self.views.overview,
            abort=self.peers.abort,
        )


def make_app(line: Follower, peers: Peers, users: Path | None = None) -> Starlette:
    """The application about one line; it follows it while it is up.

    Parameters
    ----------
    line:
        What is followed.
    peers:
        Connections of the server.
    users:
        File of those who may do more than look.

    Raises
    ------
    HmiError
        With 78 when the file of users will not do.
    """
    pages = Pages(line, peers, users)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        loop = asyncio.get_running_loop()

        def woken() -> None:
            loop.call_soon_threadsafe(pages.streams.wake)

        line.start(woken)
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(line.stop)

    app = Starlette(
        routes=pages.routes(),
        lifespan=life,
        exception_handlers={HTTPException: _said, RefusedError: _cut, ClientDisconnect: _left},
    )
    app.router.redirect_slashes = False
    app.state.pages = pages
    return app


async def _said(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, HTTPException)
    said = {"error": error.detail}
    return document(said, status=error.status_code, headers=dict(error.headers or {}))


async def _cut(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """A body that is too large or too slow: what is left of it is not read."""
    assert isinstance(error, RefusedError)
    return document({"error": error.reason}, status=error.status, headers={"connection": "close"})


async def _left(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The peer hung up while its body was read: nobody hears this."""
    return document({"error": "the body ended early"}, status=400)


def document(said: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(
        encode(said),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )


def named(text: str) -> str:
    """A name of the line; refused when it cannot be one."""
    if not NAME.fullmatch(text):
        raise HTTPException(400, "not a name")
    return text


def number(request: Request, name: str, *, lo: float = -1e12, hi: float = 1e12) -> float | None:
    """A number of the query, nothing when it is not there; refused outside `lo` to `hi`."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lo <= value <= hi:
        raise HTTPException(400, f"{name} must be a number from {lo:g} to {hi:g}")
    return value


def static_files() -> dict[str, Path]:
    """Files that are served, by the name under `/static/`."""
    folder = Path(str(resources.files("linewright.hmi") / "static"))
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in TYPES
    }
