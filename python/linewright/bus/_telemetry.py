"""The lossy side: the newest frame of every topic that has a state, who wants what, beacons."""

from __future__ import annotations

from collections import Counter, deque

from linewright import messages as m
from linewright.bus._numbers import Numbers

MAX_KEPT = 1024
MAX_KEPT_BYTES = 64 * 1024 * 1024
"""What stations may have the bus keep for late joiners, all together."""


class Telemetry:
    """Numbers, newest frames and the queue to everyone. Topics are bytes here: they come from and
    go to a socket."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.newest: dict[bytes, bytes] = {}
        self.out: deque[tuple[bytes, bytes]] = deque()
        """Topics and parts of one or more frames."""
        self._wanted: Counter[bytes] = Counter()
        self._is_wanted: dict[bytes, bool] = {}
        self._told: dict[bytes, int] = {}
        self._told_bytes = 0

    @property
    def anyone(self) -> bool:
        """Does anyone listen?"""
        return bool(self._wanted)

    def spread(
        self,
        topic: bytes,
        epoch: int,
        seq: int,
        part: bytes,
        *,
        count: int = 1,
        newest: bytes | None = None,
        keep: bool = True,
    ) -> int:
        """Note a frame, or `count` of them end to end of which `seq` numbers the last (and `newest`
        is it), and send what is newer than what was seen of the topic to whoever listens; how many
        that are."""
        fresh = self.numbers.note(topic, epoch, seq, count)
        if not fresh:
            return 0
        if fresh < count:
            part = b"".join(m.frames(part)[-fresh:])
        if keep:
            self.newest[topic] = newest or part
        wanted = self._is_wanted.get(topic)
        if wanted is None:
            wanted = any(topic.startswith(prefix) for prefix in self._wanted)
            self._is_wanted[topic] = wanted
        if wanted:
            self.out.append((topic, part))
        return fresh

    def has_room(self, topic: bytes, size: int) -> bool:
        """Is there room to keep a station's frame of `size` bytes? Says so once for each frame."""
        before = self._told.get(topic)
        if before is None and len(self._told) >= MAX_KEPT:
            return False
        if self._told_bytes - (before or 0) + size > MAX_KEPT_BYTES:
            return False
        self._told_bytes += size - (before or 0)
        self._told[topic] = size
        return True

    def subscription(self, message: bytes) -> None:
        """Take a subscription or its end from a telemetry socket."""
        prefix = message[1:]
        if message[:1] == b"\x01":
            self._wanted[prefix] += 1
        elif message[:1] == b"\x00":
            self._wanted[prefix] -= 1
            if self._wanted[prefix] <= 0:
                del self._wanted[prefix]
        self._is_wanted.clear()
