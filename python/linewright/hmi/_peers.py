"""Connections of the server: how many, how long one may take to say what it wants, and how it is
cut."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 5.0
"""The head of a request must be there by then; a peer that is slower is cut."""
PEERS_MOST = 400
"""Connections; further ones are closed at once."""


class Peers:
    """Connections by the address of the peer."""

    def __init__(self) -> None:
        self.transports: dict[Any, asyncio.Transport] = {}
        self.slow = 0
        """Cut because the head of a request took too long."""
        self.refused = 0
        """Closed at once because there were too many."""

    def abort(self, client: Any) -> None:
        """Cut a connection at once, with what was still to be sent."""
        if client is not None and (transport := self.transports.get(tuple(client))):
            transport.abort()


def protocol(peers: Peers) -> type[H11Protocol]:
    """HTTP/1.1 with a deadline for the head of each request and a bound on connections."""

    class Bounded(H11Protocol):
        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(peers.transports) >= PEERS_MOST:
                peers.refused += 1
                transport.abort()
                return
            if self.client is not None:
                peers.transports[self.client] = transport
            self._await_head()

        def data_received(self, data: bytes) -> None:
            waiting = self._head is not None
            cycle = self.cycle
            super().data_received(data)
            if self.cycle is not cycle:
                self._have_head()
            elif not waiting and (self.cycle is None or self.cycle.response_complete):
                self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._have_head()
            if self.client is not None:
                peers.transports.pop(self.client, None)
            super().connection_lost(exc)

        def _await_head(self) -> None:
            self._head = self.loop.call_later(HEAD_S, self._too_slow)

        def _have_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _too_slow(self) -> None:
            peers.slow += 1
            self.transport.abort()

    return Bounded
