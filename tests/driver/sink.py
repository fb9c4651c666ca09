"""A plant that keeps the book of everything it is told: the other end of the act path."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import plain_peer as plain


@dataclass(frozen=True)
class Line:
    """One write as it came in."""

    session: int
    id: int
    tick: int
    value: float
    reason: int
    acted: bool
    """False while the sink's dead-man was latched."""
    stood: float
    """Where the valve stood before it."""
    mono_ns: int


class Sink(threading.Thread):
    """The tank's plant in a thread: follows what it is told, goes safe when the heartbeat stops.

    Parameters
    ----------
    path:
        Socket of the core; it is tried again for ever.
    level_mm:
        Level at a time (ns since start of the sink).
    """

    SAFE_AT = 0.0

    def __init__(self, path: Path, level_mm: Callable[[int], float] = lambda _: 50.0) -> None:
        super().__init__(daemon=True)
        self.path, self.level_mm = path, level_mm
        self.lines: list[Line] = []
        self.valve = 50.0
        self.safe = False
        self.quality = plain.GOOD
        self.late_ns: list[int] = []
        """From the last heartbeat to each latch by silence."""
        self.gone_ns: list[int] = []
        """From the last heartbeat to each latch by the end of the connection."""
        self.heartbeats = 0
        self.sessions: list[int] = []
        self.tick = 0
        self._began_ns = time.monotonic_ns()
        self._ending = False

    def end(self) -> None:
        self._ending = True
        self.join()

    def run(self) -> None:
        while not self._ending:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                peer.connect(str(self.path))
                peer.settimeout(5.0)
                self._serve(peer)
            except OSError:
                time.sleep(0.005)
            finally:
                peer.close()

    def _serve(self, peer: socket.socket) -> None:
        peer.send(plain.seal(plain.HELLO, 1, count=2, body=plain.names(plain.TANK)))
        answer = peer.recv(65536)
        if not answer:
            return
        welcome = plain.unseal(answer)
        assert welcome.kind == plain.WELCOME, welcome.body
        _, _, dead_man_ns, _ = plain.struct.unpack("<IIQQ", welcome.body)
        self.sessions.append(welcome.session)
        seq, heard_ns = 1, time.monotonic_ns()
        last_ns = heard_ns
        while not self._ending:
            now = time.monotonic_ns()
            seq += 1
            values = plain.SAMPLE.pack(0, 0, self.quality, self.level_mm(now - self._began_ns), now)
            values += plain.SAMPLE.pack(0, 1, plain.GOOD, self.valve, now)
            flags = plain.SAFE if self.safe else 0
            try:
                peer.setblocking(False)
                peer.send(
                    plain.seal(plain.SAMPLES, seq, self.tick, welcome.session, flags, 2, values)
                )
            except BlockingIOError:
                pass
            except OSError:
                self._go_safe(last_ns, self.gone_ns)
                return
            wait_s = max(0.0, (heard_ns + dead_man_ns - time.monotonic_ns()) * 1e-9)
            select.select([peer], [], [], wait_s if not self.safe else 0.02)
            if time.monotonic_ns() - heard_ns > dead_man_ns:
                self._go_safe(last_ns, self.late_ns)
            while True:
                try:
                    data = peer.recv(65536)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if not data:
                    self._go_safe(last_ns, self.gone_ns)
                    return
                heard_ns = last_ns = time.monotonic_ns()
                self._take(plain.unseal(data), heard_ns)

    def _go_safe(self, last_ns: int, book: list[int]) -> None:
        if not self.safe:
            self.safe, self.valve = True, self.SAFE_AT
            book.append(time.monotonic_ns() - last_ns)

    def _take(self, datagram: plain.Datagram, now_ns: int) -> None:
        self.heartbeats += 1
        self.tick = datagram.tick
        if datagram.flags & plain.RESET:
            self.safe = False
        for write in datagram.writes:
            acted, stood = not self.safe and write.reason != plain.RELEASE, self.valve
            if acted:
                self.valve = write.value
            self.lines.append(
                Line(
                    session=datagram.session,
                    id=write.id,
                    tick=write.tick,
                    value=write.value,
                    reason=write.reason,
                    acted=acted,
                    stood=stood,
                    mono_ns=now_ns,
                )
            )
