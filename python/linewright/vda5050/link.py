"""What stands between a fleet and a broker, and a broker within the process.

`Loopback` keeps retained messages and last wills as a broker does; `mqtt.Mqtt` is the other link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TooLong:
    """In place of a message that was longer than is read."""

    size_bytes: int


Received = tuple[str, bytes | TooLong]


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for a client that goes without a word."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


class Link(Protocol):
    """A connection to a broker that comes back by itself."""

    @property
    def connections(self) -> int:
        """How often it was connected so far."""

    @property
    def connected(self) -> bool:
        """Is it connected?"""

    @property
    def dropped(self) -> int:
        """Messages, in or out, that found no place."""

    def subscribe(self, topics: Iterable[tuple[str, int]]) -> None:
        """Topics and their QoS; kept over reconnections."""

    def send(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        """Hand over a message; False when it is lost already."""

    def received(self) -> list[Received]:
        """What has come since the last call, oldest first."""

    def close(self) -> None:
        """Disconnect in good order: the will is not sent."""


class Loopback:
    """A broker within the process.

    >>> broker = Loopback()
    >>> one, other = broker.link(), broker.link(Will("a/connection", b"gone"))
    >>> one.subscribe([("a/connection", 1)])
    >>> other.send("a/connection", b"here", retain=True)
    True
    >>> other.drop()
    >>> one.received()
    [('a/connection', b'here'), ('a/connection', b'gone')]
    """

    def __init__(self) -> None:
        self._links: list[LoopbackLink] = []
        self._retained: dict[str, bytes] = {}

    def link(self, will: Will | None = None, *, queue: int = 256) -> LoopbackLink:
        """A connected link; `queue`: messages it holds at most."""
        made = LoopbackLink(self, will, queue)
        self._links.append(made)
        return made

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """To all that have subscribed."""
        if retain:
            self._retained[topic] = payload
        for link in self._links:
            link.take(topic, payload)

    def retained(self, topic: str) -> bytes | None:
        """The message a late subscriber gets."""
        return self._retained.get(topic)


class LoopbackLink:
    """A link to a `Loopback`."""

    def __init__(self, broker: Loopback, will: Will | None, queue: int) -> None:
        self.connections = 1
        self.connected = True
        self.dropped = 0
        self._broker = broker
        self._will = will
        self._queue = queue
        self._topics: set[str] = set()
        self._in: deque[Received] = deque()

    def subscribe(self, topics: Iterable[tuple[str, int]]) -> None:
        """See `Link`."""
        for topic, _ in topics:
            self._topics.add(topic)
            kept = self._broker.retained(topic)
            if kept is not None:
                self.take(topic, kept)

    def send(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        """See `Link`."""
        del qos
        if not self.connected:
            self.dropped += 1
            return False
        self._broker.publish(topic, payload, retain=retain)
        return True

    def received(self) -> list[Received]:
        """See `Link`."""
        taken = list(self._in)
        self._in.clear()
        return taken

    def take(self, topic: str, payload: bytes) -> None:
        """A message for it; the oldest goes when there are too many."""
        if self.connected and topic in self._topics:
            if len(self._in) >= self._queue:
                self._in.popleft()
                self.dropped += 1
            self._in.append((topic, payload))

    def drop(self) -> None:
        """Lose the connection; the broker says the will."""
        self.connected = False
        if self._will is not None:
            self._broker.publish(self._will.topic, self._will.payload, retain=self._will.retain)

    def back(self) -> None:
        """Connect again."""
        self.connected = True
        self.connections += 1
        self.subscribe([(topic, 0) for topic in self._topics])

    def close(self) -> None:
        """See `Link`."""
        self.connected = False
