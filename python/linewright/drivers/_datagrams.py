"""The datagrams between core and plant, as `docs/drivers.md` describes them."""

from __future__ import annotations

import enum
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAGIC, VERSION = b"LWD1", 1
HEAD = struct.Struct("<4sBBHIIQQQQI4x")
CRC_AT = slice(12, 16)
NAME = struct.Struct("<BBBx")
SAMPLE = struct.Struct("<HBB4xdQ")
WRITE = struct.Struct("<HBB4xdQQ")
WELCOME = struct.Struct("<IIQQ")
SAFE = RESET = 1


class Kind(enum.IntEnum):
    """What a datagram is."""

    HELLO = 1
    SAMPLES = 2
    WELCOME = 16
    REFUSED = 17
    TICK = 18


class Reason(enum.IntEnum):
    """Who asked for a write."""

    LOOP = 0
    MANUAL = 1
    FALLBACK = 2
    RELEASE = 3
    """Nobody any more: the machine has its actuator back."""


@dataclass(frozen=True)
class Write:
    """A value the gate has admitted, in the actuator's unit."""

    actuator: str
    value: float
    reason: Reason
    limited: bool
    """Clamped to a limit."""
    rate_limited: bool
    """Held back by the rate limit."""
    id: int
    """Number of the command, as in the ledger; 0 for a release."""
    tick: int
    """Base tick it was admitted in."""


@dataclass(frozen=True)
class Datagram:
    """An opened datagram."""

    kind: int
    flags: int
    tick: int
    session: int
    count: int
    body: bytes

    def writes(self, actuators: tuple[str, ...]) -> Iterator[Write]:
        """Its writes; `actuators` in the order of the hello."""
        for number, reason, flags, value, command, tick in WRITE.iter_unpack(self.body):
            yield Write(
                actuator=actuators[number],
                value=value,
                reason=Reason(reason),
                limited=bool(flags & 1),
                rate_limited=bool(flags & 2),
                id=command,
                tick=tick,
            )


def seal(
    kind: Kind,
    *,
    seq: int,
    tick: int = 0,
    session: int = 0,
    flags: int = 0,
    count: int = 0,
    body: bytes = b"",
) -> bytes:
    """A datagram with its length and checksum."""
    size, now_ns = HEAD.size + len(body), time.monotonic_ns()
    head = bytearray(
        HEAD.pack(MAGIC, kind, flags, VERSION, size, 0, seq, tick, session, now_ns, count)
    )
    crc = zlib.crc32(body, zlib.crc32(head[CRC_AT.stop :], zlib.crc32(head[: CRC_AT.start])))
    head[CRC_AT] = struct.pack("<I", crc)
    return bytes(head) + body


def unseal(datagram: bytes) -> Datagram | None:
    """The datagram; nothing when it is none."""
    if len(datagram) < HEAD.size:
        return None
    magic, kind, flags, version, size, crc, _, tick, session, _, count = HEAD.unpack_from(datagram)
    body = datagram[HEAD.size :]
    head = zlib.crc32(datagram[CRC_AT.stop : HEAD.size], zlib.crc32(datagram[: CRC_AT.start]))
    if (magic, version, size, crc) != (MAGIC, VERSION, len(datagram), zlib.crc32(body, head)):
        return None
    return Datagram(kind, flags, tick, session, count, body)


def hello(channels: Mapping[str, str], actuators: Mapping[str, str]) -> bytes:
    """The first datagram: every channel and actuator with its unit."""
    body = bytearray()
    for what, named in ((0, channels), (1, actuators)):
        for name, unit in named.items():
            name_utf8, unit_utf8 = name.encode(), unit.encode()
            body += NAME.pack(what, len(name_utf8), len(unit_utf8)) + name_utf8 + unit_utf8
    return seal(Kind.HELLO, seq=1, count=len(channels) + len(actuators), body=bytes(body))
