"""ZMTP 3 spoken by hand over a unix socket: what a hostile peer may say before and after a
handshake (ZeroMQ RFC 23)."""

from __future__ import annotations

import contextlib
import socket
import struct
from pathlib import Path

GREETING = (
    b"\xff" + bytes(7) + b"\x01\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
)
_READY = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
READY = bytes([4, len(_READY)]) + _READY


def part(body: bytes, more: bool = False) -> bytes:
    """One message part as it stands on the line."""
    if len(body) < 256:
        return bytes([int(more), len(body)]) + body
    return bytes([2 | int(more)]) + struct.pack(">Q", len(body)) + body


def announce(size: int) -> bytes:
    """A long part of which only the size is said."""
    return b"\x02" + struct.pack(">Q", size)


class Raw:
    """A connection without ZeroMQ; whatever the bus does to it, nothing is raised."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(2.0)
        self.open = True
        try:
            self.socket.connect(str(path))
        except OSError:
            self.open = False

    def say(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:
            self.open = False

    def shake_hands(self) -> bool:
        """Greeting and READY both ways; false when the other side hung up."""
        self.say(GREETING + READY)
        heard = b""
        with contextlib.suppress(OSError):
            while len(heard) < len(GREETING) + 3:
                got = self.socket.recv(4096)
                if not got:
                    return False
                heard += got
        return self.open

    def hung_up(self, within_s: float = 5.0) -> bool:
        """Does the other side hang up?"""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def asks(self, question: bytes, answer: bytes, every_s: float = 0.02) -> bool:
        """Say a part again and again until this is heard; false when the other side hung up."""
        self.socket.settimeout(every_s)
        heard = b""
        while self.open and answer not in heard:
            self.say(part(question))
            with contextlib.suppress(OSError):
                while answer not in heard:
                    got = self.socket.recv(65536)
                    if not got:
                        return False
                    heard = heard[-len(answer) :] + got
        return self.open

    def close(self) -> None:
        self.socket.close()
