"""Server-sent events: rows with their numbers, and what changes between them.

A browser that lost the connection asks again with `Last-Event-ID`, the number of the last row it
got, and goes on from exactly there: from memory, or from the file when that reaches further back,
so that it does not matter whether this process is still the same. There is no queue per browser: a
stream reads on when what it wrote has been taken, and one that takes nothing for `STUCK_S` is cut.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.requests import Request

from linewright import _core
from linewright.hmi._follow import read_shown
from linewright.hmi._json import encode

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from linewright.hmi._follow import Follower

STUCK_S = 10.0
BEAT_S = 5.0
"""A comment is sent when nothing else was for as long, so that both ends notice a dead one."""
OVERVIEW_S, SAMPLES_S = 1.0, 0.25
SAME_S = 3.0
"""An unchanged overview is sent again after as long: to a page, 5 s of nothing is stale."""
PIECE = 1000
TOPICS_MOST = 64


class Streams:
    """All browsers that listen, and the counts of them."""

    def __init__(self, most: int = 128) -> None:
        self.most = most
        self.open = 0
        self.served = 0
        self.cut = 0
        """Cut off because they took nothing."""
        self.news = asyncio.Event()

    def wake(self) -> None:
        """There are new rows or samples; from the loop's own thread."""
        self.news.set()
        self.news = asyncio.Event()


class EventStream:
    """The answer to `GET /api/stream`: one browser until it goes."""

    def __init__(
        self,
        line: Follower,
        streams: Streams,
        *,
        since: int,
        topics: tuple[str, ...],
        overview: Callable[[], dict[str, Any]],
        abort: Callable[[Any], None],
        stuck_s: float = STUCK_S,
    ) -> None:
        self._line, self._streams = line, streams
        self._since, self._topics, self._overview = since, topics, overview
        self._abort, self._stuck_s = abort, stuck_s
        self._books = line.books
        with line.lock:
            self._changes = line.alarms.index(since)
        self._shown: bytes = b""
        self._told: dict[str, float] = {}
        self._overview_s = self._overview_sent_s = self._samples_s = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the browser hangs up or is stuck."""
        streams = self._streams
        streams.open += 1
        streams.served += 1
        self._send, self._sent_s = send, time.monotonic()
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self._write(b"retry: 1000\n\n")
            while not gone.done():
                news = streams.news
                if not await self._turn():
                    await self._rest(news, gone)
        except TimeoutError:
            streams.cut += 1
            self._abort(scope.get("client"))
        except OSError:
            pass
        finally:
            gone.cancel()
            streams.open -= 1

    async def _rest(self, news: asyncio.Event, gone: asyncio.Task[None]) -> None:
        """Until there is news, the browser hangs up or something is due."""
        waiting = asyncio.create_task(news.wait())
        await asyncio.wait({waiting, gone}, timeout=OVERVIEW_S, return_when="FIRST_COMPLETED")
        waiting.cancel()
        if time.monotonic() - self._sent_s > BEAT_S:
            await self._write(b": here\n\n")

    async def _turn(self) -> bool:
        """Send what there is; were there rows?"""
        rows, reach = await self._rows()
        alarms = self._alarms(reach)
        for row in rows:
            while alarms and alarms[0][0] <= row["seq"]:
                await self._write(event("alarm", alarms.pop(0)[1]))
            await self._write(event("row", row, row["seq"]))
        for _, alarm in alarms:
            await self._write(event("alarm", alarm))
        self._since = reach
        now_s = time.monotonic()
        if now_s - self._overview_s >= OVERVIEW_S:
            self._overview_s = now_s
            shown = encode(self._overview())
            if shown != self._shown or now_s - self._overview_sent_s >= SAME_S:
                self._shown, self._overview_sent_s = shown, now_s
                await self._write(framed("overview", shown))
        if self._topics and now_s - self._samples_s >= SAMPLES_S:
            self._samples_s = now_s
            if values := self._fresh():
                await self._write(event("sample", {"values": values}))
        return bool(rows)

    def _alarms(self, reach: int) -> list[tuple[int, dict[str, Any]]]:
        """Changes of alarms that rows up to `reach` brought, with the row."""
        with self._line.lock:
            book = self._line.alarms
            changes = book.changes(self._changes, reach)
            self._changes += len(changes)
            return [(change.seq, book.now(change)) for change in changes]

    def _fresh(self) -> dict[str, Any]:
        """Newest samples of the wanted topics, where they are newer than what was told."""
        values = {}
        with self._line.lock:
            for topic in self._topics:
                newest = self._line.newest.get(topic)
                if newest is None or newest[0] == self._told.get(topic):
                    continue
                self._told[topic] = newest[0]
                values[topic] = {"t_s": newest[0], "value": newest[1], "quality": newest[2]}
        return values

    async def _rows(self) -> tuple[list[dict[str, Any]], int]:
        """Rows after the last one sent, and how far that reaches."""
        line = self._line
        if self._books != line.books or self._since > line.scanned:
            if not line.ready.is_set():
                return [], self._since
            await self._write(event("gone", {"from": 1, "to": self._since, "why": "new ledger"}))
            self._books, self._since, self._changes = line.books, 0, 0
        kept = line.after(self._since)
        if kept is not None:
            return kept
        first = await anyio.to_thread.run_sync(self._first)
        if first > self._since + 1:
            missing = {"from": self._since + 1, "to": first - 1, "why": "no longer kept"}
            await self._write(event("gone", missing))
            self._since = first - 1
        return await anyio.to_thread.run_sync(self._from_file)

    def _first(self) -> int:
        """Number of the first row after the last one sent that the file still has."""
        try:
            rows = _core.ledger_rows(str(self._line.where.ledger), since=self._since, limit=1)
        except _core.LedgerError:
            return 0
        return int(rows[0]["seq"]) if rows else 0

    def _from_file(self) -> tuple[list[dict[str, Any]], int]:
        line = self._line
        until = min(line.scanned, self._since + PIECE)
        try:
            rows = read_shown(line.where.ledger, self._since, until)
        except _core.LedgerError:
            return [], self._since
        with line.lock:
            hz = line.digest.base_hz
        for row in rows:
            row["time_s"] = row["tick"] / hz
            del row["hash"], row["mono_ns"]
        return rows, until

    async def _write(self, chunk: bytes) -> None:
        message = {"type": "http.response.body", "body": chunk, "more_body": True}
        await asyncio.wait_for(self._send(message), self._stuck_s)
        self._sent_s = time.monotonic()


HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def _until_gone(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return


def event(kind: str, document: Any, number: int | None = None) -> bytes:
    """One event of the stream.

    >>> event("row", {"seq": 7}, 7)
    b'id: 7\\nevent: row\\ndata: {"seq":7}\\n\\n'
    """
    return framed(kind, encode(document), number)


def framed(kind: str, data: bytes, number: int | None = None) -> bytes:
    """One event from bytes of JSON, which have no line ends of their own."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, kind.encode(), data)


def asked_from(request: Request, newest: int) -> int:
    """Row after which a stream begins: `Last-Event-ID`, else `since`, else the newest.

    Raises `ValueError` for what is no number.
    """
    stated = request.headers.get("last-event-id") or request.query_params.get("since")
    if stated is None or stated == "":
        return newest
    if not stated.isascii() or not stated.isdigit() or len(stated) > 18:
        raise ValueError("since must be the number of a row")
    return int(stated)
