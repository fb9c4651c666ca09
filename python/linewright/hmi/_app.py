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

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linewright.hmi._events import TOPICS_MOST, EventStream, Streams, asked_from
from linewright.hmi._follow import Follower
from linewright.hmi._json import encode
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


class Pages:
    """Endpoints of one line."""

    def __init__(self, line: Follower, abort: Callable[[Any], None]) -> None:
        self.line, self.abort = line, abort
        self.views = Views(line)
        self.streams = Streams()
        self.files = static_files()

    def routes(self) -> list[Route]:
        """Where each is found."""
        return [
            Route("/", self.page),
            Route("/static/{path:path}", self.static),
            Route("/api/overview", self.overview),
            Route("/api/stations/{name}", self.station),
            Route("/api/trend", self.trend),
            Route("/api/stream", self.stream),
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
            abort=self.abort,
        )


def make_app(line: Follower, abort: Callable[[Any], None]) -> Starlette:
    """The application about one line; it follows it while it is up.

    Parameters
    ----------
    line:
        What is followed.
    abort:
        Cuts the connection of a peer address at once.
    """
    pages = Pages(line, abort)

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
        exception_handlers={HTTPException: _said},
    )
    app.router.redirect_slashes = False
    app.state.pages = pages
    return app


async def _said(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, HTTPException)
    said = {"error": error.detail}
    return document(said, status=error.status_code, headers=dict(error.headers or {}))


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
