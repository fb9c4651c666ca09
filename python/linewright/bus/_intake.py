"""What is looked at before anything is decoded: how many parts, how many bytes, how often."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass

import zmq

MAX_PARTS = 4096
MAX_BUCKETS = 4096
BURST_S = 2.0
"""A bucket holds what its rate gives in this time."""
NOTICE_S = 1.0
"""A peer over its rate is told so this often at most."""


@dataclass
class _Bucket:
    frames: float
    bytes: float
    filled_s: float
    told_s: float = float("-inf")


class Buckets:
    """A token bucket of frames and bytes per peer.

    >>> buckets = Buckets(frames_per_s=10.0, bytes_per_s=1e6)
    >>> sum(buckets.take(b"a", 1, 100, now_s=0.0) for _ in range(50))
    20
    >>> buckets.take(b"b", 1, 100, now_s=0.0), buckets.take(b"a", 1, 100, now_s=0.5)
    (True, True)

    Parameters
    ----------
    frames_per_s, bytes_per_s:
        Steady rate of one peer; it may be ahead of it by `BURST_S`.
    """

    def __init__(self, frames_per_s: float, bytes_per_s: float) -> None:
        self._frames_per_s, self._bytes_per_s = frames_per_s, bytes_per_s
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def _bucket(self, peer: bytes, now_s: float) -> _Bucket:
        bucket = self._buckets.get(peer)
        if bucket is None:
            bucket = _Bucket(self._frames_per_s * BURST_S, self._bytes_per_s * BURST_S, now_s)
            self._buckets[peer] = bucket
            while len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        return bucket

    def take(self, peer: bytes, frames: int, size: int, now_s: float) -> bool:
        """May this peer send a message of so many frames and `size` bytes now?"""
        bucket = self._bucket(peer, now_s)
        passed_s = max(0.0, now_s - bucket.filled_s)
        bucket.filled_s = now_s
        rate, rate_bytes = self._frames_per_s, self._bytes_per_s
        bucket.frames = min(rate * BURST_S, bucket.frames + rate * passed_s)
        bucket.bytes = min(rate_bytes * BURST_S, bucket.bytes + rate_bytes * passed_s)
        if bucket.frames < frames or bucket.bytes < size:
            return False
        bucket.frames -= frames
        bucket.bytes -= size
        return True

    def should_tell(self, peer: bytes, now_s: float) -> bool:
        """Is it time to tell this peer that it is over its rate?"""
        bucket = self._bucket(peer, now_s)
        if now_s - bucket.told_s < NOTICE_S:
            return False
        bucket.told_s = now_s
        return True


class Message:
    """One ZeroMQ message as it came in, not looked into."""

    __slots__ = ("frames", "identity", "size", "user")

    def __init__(self, identity: bytes, user: str, frames: list[zmq.Frame], size: int) -> None:
        self.identity, self.user, self.frames, self.size = identity, user, frames, size


def read(
    router: zmq.Socket[bytes], mark: bytes, counters: Counter[str]
) -> tuple[Message | None, int]:
    """The next message of a router, and of how many frames it was: none when there was no message.
    One of too many parts is read to its end, counted and dropped, nobody looks into it.
    """
    try:
        frame = router.recv(zmq.NOBLOCK, copy=False)
    except zmq.Again:
        return None, 0
    identity = mark + frame.bytes
    frames: list[zmq.Frame] = []
    size = 0
    while frame.more:
        frame = router.recv(zmq.NOBLOCK, copy=False)
        if len(frames) == MAX_PARTS:
            counters["refused.parts"] += 1
            return None, 2 + MAX_PARTS + (_drop(router) if frame.more else 0)
        frames.append(frame)
        size += len(frame)
    count = 1 + len(frames)
    user = ""
    if mark != b"\x00" and frames:
        try:
            user = str(frames[0].get("User-Id"))
        except zmq.ZMQError:
            counters["refused.no_user"] += 1
            return None, count
    return Message(identity, user, frames, size), count


def _drop(router: zmq.Socket[bytes]) -> int:
    """Read a message to its end and keep nothing of it; how many parts that were.

    There is no other way past it, and no other peer is read before: what counts is the time of one
    part. ZeroMQ tells a connection with each part of its first message that there is room again
    (libzmq 4.3.5, `pipe_t::read`: none of no messages is a multiple of the low-water mark), which
    costs more than the part. Without a high-water mark it does not.
    """
    high_water = router.get(zmq.RCVHWM)
    router.set(zmq.RCVHWM, 0)
    receive, at_once, parts, more = router.recv, int(zmq.NOBLOCK), 0, True
    try:
        while more:
            more = receive(at_once, False).more
            parts += 1
    finally:
        router.set(zmq.RCVHWM, high_water)
    return parts
