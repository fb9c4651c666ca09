"""The link to the core: a unix SEQPACKET socket, several frames a datagram, reconnected for
ever."""

from __future__ import annotations

import socket
import struct
from collections import deque
from pathlib import Path

MAX_DATAGRAM_BYTES = 160 * 1024
MAX_WAITING = 4096
RETRY_S = 0.05
_LENGTH = struct.Struct("<I")


def pack(frames: list[bytes]) -> list[bytes]:
    """Frames, in order, in as few datagrams as the limit allows.

    >>> pack([b"one", b"two"])
    [b'\\x03\\x00\\x00\\x00one\\x03\\x00\\x00\\x00two']
    """
    out: list[bytearray] = []
    for frame in frames:
        if not out or len(out[-1]) + 4 + len(frame) > MAX_DATAGRAM_BYTES:
            out.append(bytearray())
        out[-1] += _LENGTH.pack(len(frame))
        out[-1] += frame
    return [bytes(datagram) for datagram in out]


class CoreLink:
    """Client end of `core.sock`. Never blocks; what cannot be sent waits, and is dropped when the
    core goes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._waiting: deque[bytes] = deque()
        self._retry_at_s = 0.0

    @property
    def connected(self) -> bool:
        """Is there a core at the other end?"""
        return self._socket is not None

    @property
    def busy(self) -> bool:
        """Is anything waiting to be sent?"""
        return bool(self._waiting)

    def fileno(self) -> int:
        """Descriptor to poll; -1 when there is none."""
        return -1 if self._socket is None else self._socket.fileno()

    def connect(self, now_s: float) -> bool:
        """Try again when it is time; true when the link has just come up."""
        if self._socket is not None or now_s < self._retry_at_s:
            return False
        self._retry_at_s = now_s + RETRY_S
        made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_DATAGRAM_BYTES)
            made.setblocking(False)
            made.connect(str(self._path))
        except OSError:
            made.close()
            return False
        self._socket = made
        return True

    def send(self, frames: list[bytes]) -> bool:
        """Queue frames and send what fits; false when the link is down or hopelessly behind."""
        if self._socket is None or len(self._waiting) > MAX_WAITING:
            return False
        self._waiting.extend(pack(frames))
        self.flush()
        return True

    def flush(self) -> None:
        """Send what fits."""
        while self._waiting and self._socket is not None:
            try:
                self._socket.send(self._waiting[0])
            except BlockingIOError:
                return
            except OSError:
                self.drop()
                return
            self._waiting.popleft()

    def receive(self, most: int = 64) -> list[bytes]:
        """Datagrams that have arrived, at most `most`."""
        datagrams: list[bytes] = []
        for _ in range(most):
            if self._socket is None:
                break
            try:
                datagram = self._socket.recv(2 * MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                break
            except OSError:
                datagram = b""
            if not datagram:
                self.drop()
                break
            datagrams.append(datagram)
        return datagrams

    def drop(self) -> None:
        """Let go of the link; what was waiting is void, because it would be late."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._waiting.clear()
