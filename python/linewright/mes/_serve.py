"""The process beside the line: REST in, verification, REST out."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn

from linewright import _core
from linewright.mes._app import app
from linewright.mes._desk import Desk
from linewright.mes._outbox import Outbox
from linewright.mes._verify import verified

EVERY_S = 2.0
Say = Callable[[str], None]


def verify(desk: Desk, put: Callable[[Mapping[str, Any]], str], machine: str) -> list[str]:
    """Put down every changeover that is verified now; the orders' numbers."""
    done = []
    for body in verified(desk.ledger, machine):
        if not put(body):
            done.append(body["order"])
    return done


class Courier(threading.Thread):
    """Verifies and sends out, again and again, until it is told to stop."""

    def __init__(
        self,
        desk: Desk,
        put: Callable[[Mapping[str, Any]], str],
        outbox: Outbox | None,
        machine: str,
        say: Say,
    ) -> None:
        super().__init__(name="mes-courier", daemon=True)
        self._desk, self._put, self._outbox = desk, put, outbox
        self._machine, self._say = machine, say
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until `stopping` is set."""
        said = ""
        while not self.stopping.is_set():
            try:
                for number in verify(self._desk, self._put, self._machine):
                    self._say(f"order {number}: changeover verified")
            except _core.LedgerError:
                pass  # not readable just now
            wait_s = EVERY_S
            if self._outbox is not None:
                self._outbox.pump()
                wait_s = max(EVERY_S, self._outbox.pause_s)
                if self._outbox.says != said:
                    said = self._outbox.says
                    self._say(said)
            self.stopping.wait(wait_s)


def serve(desk: Desk, bound: socket.socket, courier: Courier, *, token: str, operator: str) -> None:
    """Answer on a bound socket until SIGTERM or SIGINT."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        app(desk, token=token, operator=operator),
        log_level="error",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=5,
        limit_concurrency=32,
    )
    courier.start()
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        courier.stopping.set()
        courier.join(timeout=10.0)
