"""The datagrams a second time, from `docs/drivers.md` alone, and a peer in the test's own hands."""

from __future__ import annotations

import re
import socket
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "drivers.md").read_text()
STATION, PEER = (
    next(b for b in re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.S | re.M) if word in b)
    for word in ("class Tank", "SOCK_SEQPACKET")
)
LINE = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.S | re.M)[1]

HEAD = struct.Struct("<4sBBHIIQQQQI4x")
SAMPLE = struct.Struct("<HBB4xdQ")
WRITE = struct.Struct("<HBB4xdQQ")
HELLO, SAMPLES, WELCOME, REFUSED, TICK = 1, 2, 16, 17, 18
SAFE = RESET = 1
LOOP, MANUAL, FALLBACK, RELEASE = range(4)
GOOD, UNCERTAIN, BAD = range(3)
TANK = ((0, "tank.level", "mm"), (1, "tank.valve", "%"))


def seal(  # noqa: PLR0917  # the fields of the page, in its order
    kind: int,
    seq: int,
    tick: int = 0,
    session: int = 0,
    flags: int = 0,
    count: int = 0,
    body: bytes = b"",
    version: int = 1,
) -> bytes:
    size, now = HEAD.size + len(body), time.monotonic_ns()
    head = HEAD.pack(b"LWD1", kind, flags, version, size, 0, seq, tick, session, now, count)
    crc = zlib.crc32(body, zlib.crc32(head[16:], zlib.crc32(head[:12])))
    return head[:12] + struct.pack("<I", crc) + head[16:] + body


@dataclass(frozen=True)
class Write:
    actuator: int
    reason: int
    flags: int
    value: float
    id: int
    tick: int


@dataclass(frozen=True)
class Datagram:
    kind: int
    flags: int
    seq: int
    tick: int
    session: int
    mono_ns: int
    count: int
    body: bytes

    @property
    def writes(self) -> list[Write]:
        assert self.kind == TICK
        assert len(self.body) == self.count * WRITE.size
        return [Write(*fields) for fields in WRITE.iter_unpack(self.body)]


def unseal(datagram: bytes) -> Datagram:
    magic, kind, flags, version, size, crc, seq, tick, session, mono_ns, count = HEAD.unpack_from(
        datagram
    )
    assert (magic, version, size) == (b"LWD1", 1, len(datagram))
    assert crc == zlib.crc32(datagram[16:], zlib.crc32(datagram[:12]))
    return Datagram(kind, flags, seq, tick, session, mono_ns, count, datagram[HEAD.size :])


def names(entries: tuple[tuple[int, str, str], ...]) -> bytes:
    return b"".join(
        struct.pack("<BBBB", what, len(name.encode()), len(unit.encode()), 0)
        + name.encode()
        + unit.encode()
        for what, name, unit in entries
    )


class Peer:
    """A peer that does what it is told, one datagram at a time."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(path))
        self.socket.settimeout(10.0)
        self.seq = 0
        self.session = 0
        self.welcome: Datagram | None = None

    def hello(self, entries: tuple[tuple[int, str, str], ...] = TANK) -> None:
        self.seq += 1
        self.socket.send(seal(HELLO, self.seq, count=len(entries), body=names(entries)))

    def receive(self) -> Datagram | None:
        """The next datagram; none when the core has let go."""
        data = self.socket.recv(65536)
        return unseal(data) if data else None

    def waiting(self) -> list[Datagram]:
        """All that has come."""
        self.socket.setblocking(False)
        found = []
        try:
            while data := self.socket.recv(65536):
                found.append(unseal(data))
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(10.0)
        return found

    def join(self) -> Datagram:
        """Take the welcome after a tick of the core."""
        welcome = self.receive()
        assert welcome is not None
        assert welcome.kind == WELCOME, welcome.body
        self.welcome, self.session = welcome, welcome.session
        return welcome

    def samples(
        self,
        *values: tuple[int, int, int, float, int],
        tick: int = 0,
        flags: int = 0,
        seq: int | None = None,
    ) -> None:
        """Send `(number, what, quality, value, source_ns)` each."""
        self.seq = self.seq + 1 if seq is None else seq
        body = b"".join(SAMPLE.pack(*value) for value in values)
        self.socket.send(seal(SAMPLES, self.seq, tick, self.session, flags, len(values), body))

    def tank(self, level_mm: float, valve: float, flags: int = 0, quality: int = GOOD) -> None:
        """Level and read-back, measured now."""
        now = time.monotonic_ns()
        self.samples((0, 0, quality, level_mm, now), (0, 1, GOOD, valve, now), flags=flags)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
