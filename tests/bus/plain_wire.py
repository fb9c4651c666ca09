"""The wire written a second time, from `docs/wire.md` alone: struct and msgpack."""

from __future__ import annotations

import struct

import msgspec

HEADER = struct.Struct("<4sHHII6QB3xIQ")
KINDS = {
    "hello": 1,
    "command": 2,
    "publish": 3,
    "progress": 4,
    "step_done": 5,
    "status_request": 6,
    "fetch": 7,
    "snapshot_request": 8,
    "rights_request": 9,
    "sample": 16,
    "event": 17,
    "map_point": 18,
    "ack": 19,
    "state": 20,
    "step": 21,
    "status": 22,
    "page": 23,
    "snapshot": 24,
    "rights": 25,
}
NAMES = {code: name for name, code in KINDS.items()}


def crc32c(data: bytes, crc: int = 0) -> int:
    """Castagnoli's polynomial, bit by bit."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def frame(kind: str, body: dict, *, sender=0, epoch=1, seq=0, ns=0, tick=0, until=0, quality=0):
    payload = msgspec.msgpack.encode(body)
    numbers = (sender, epoch, seq, ns, tick, until)
    head = HEADER.pack(b"LWR1", KINDS[kind], 1, len(payload), 0, *numbers, quality, 0, 0)
    crc = crc32c(head[:68] + payload)
    return head[:68] + struct.pack("<IQ", crc, 0) + payload


def split(part: bytes) -> list[bytes]:
    """Frames of a telemetry part: each is 80 bytes and the length its header states."""
    frames = []
    while part:
        end = 80 + struct.unpack_from("<I", part, 8)[0]
        frames.append(part[:end])
        part = part[end:]
    return frames


def parse(data: bytes) -> tuple[str, dict, dict]:
    magic, code, version, length, _, *rest = HEADER.unpack(data[:80])
    assert (magic, version, length) == (b"LWR1", 1, len(data) - 80)
    assert rest[7] == crc32c(data[:68] + data[80:])
    names = ("sender", "epoch", "seq", "mono_ns", "based_on_tick", "not_after_tick", "quality")
    return NAMES[code], dict(zip(names, rest[:7], strict=True)), msgspec.msgpack.decode(data[80:])
