"""A TCP proxy that keeps what the client said, and can say it again."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time


class Proxy:
    """Passes bytes both ways between its own port and a `tcp://` address."""

    def __init__(self, upstream: str) -> None:
        host, _, port = upstream.removeprefix("tcp://").rpartition(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._heard: list[bytes] = []
        self._stop = False
        self._cut = ""
        self._other: dict[socket.socket, socket.socket] = {}
        self._clients: set[socket.socket] = set()
        self._silent: list[socket.socket] = []
        self.delay_s = 0.0
        """Every piece of data waits so long."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def heard(self) -> bytes:
        """What clients said to the bus so far."""
        return b"".join(self._heard)

    def say(self, said: bytes) -> None:
        """Say something to the bus on a connection of its own, and listen until it hangs up or is
        silent."""
        with socket.create_connection(self._upstream, timeout=2.0) as link:
            with contextlib.suppress(OSError):
                link.sendall(said)
            with contextlib.suppress(OSError):
                link.settimeout(0.3)
                while link.recv(65536):
                    pass

    def cut(self, reset: bool = False) -> None:
        """End every connection, in order or with a reset."""
        self._cut = "reset" if reset else "end"

    def half_open(self) -> None:
        """Forget every connection without a word to either side."""
        self._cut = "silent"

    def _run(self) -> None:
        with selectors.DefaultSelector() as wait:
            self._wait = wait
            wait.register(self._listener, selectors.EVENT_READ)
            while not self._stop:
                self._end_as_asked()
                for key, _ in wait.select(0.05):
                    assert isinstance(key.fileobj, socket.socket)
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._other:
                        self._pass_on(key.fileobj)
        for one in (*self._other, *self._silent):
            one.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(self._upstream)
        self._other |= {client: server, server: client}
        self._clients.add(client)
        for one in (client, server):
            self._wait.register(one, selectors.EVENT_READ)

    def _pass_on(self, came: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = came.recv(65536)
        if not data:
            for one in (came, self._other[came]):
                self._wait.unregister(one)
                del self._other[one]
                one.close()
            return
        if came in self._clients:
            self._heard.append(data)
        if self.delay_s:
            time.sleep(self.delay_s)
        with contextlib.suppress(OSError):
            self._other[came].sendall(data)

    def _end_as_asked(self) -> None:
        how, self._cut = self._cut, ""
        if not how:
            return
        for one in self._other:
            self._wait.unregister(one)
            if how == "silent":
                self._silent.append(one)
                continue
            if how == "reset":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        self._other.clear()
        self._clients.clear()

    def close(self) -> None:
        """End it."""
        self._stop = True
        self._thread.join(5.0)
        self._listener.close()
