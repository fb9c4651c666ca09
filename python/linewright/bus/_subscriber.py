"""The listening end: joins by snapshot and number, counts what it missed, and does not act on what
is old."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

import zmq

from linewright import messages as m
from linewright.bus import _profile as profile
from linewright.bus._gaps import Gaps
from linewright.bus._place import Place
from linewright.topics import BEACON, STATE, matches

ASK_S = 0.25
"""A snapshot that does not come is asked for again."""
MAX_HELD = 4096
"""Messages kept while the first snapshot is on its way."""
MOST = 1024
"""Frames taken from the socket before what they gave is looked at."""

Got = tuple[str, m.Header, m.Message]


class Subscriber:
    """A SUB at the telemetry socket, and a DEALER that asks for snapshots.

    It joins by a snapshot: the newest value of every topic and its number; what comes after must
    follow on, else the values are asked for again and the gap is counted. A message older than
    `max_age_s` is not given out: this end has fallen behind, and drops to a snapshot instead of
    catching up (the Suicidal Snail of the ZeroMQ guide, Hintjens 2013).

    Parameters
    ----------
    where:
        Run directory of the line, or the place of a bus on the network.
    prefixes:
        Topics wanted; a prefix ends at a dot.
    max_age_s:
        Age at which a message is too old to be acted on, s; infinite takes all. Ages count from
        the quickest message seen, so that the clock of another machine does.

    Attributes
    ----------
    gaps:
        What was lost.
    stale:
        Messages that came too late to be given out.
    snapshots:
        Snapshots taken.
    """

    def __init__(
        self,
        where: Path | Place,
        prefixes: tuple[str, ...],
        *,
        max_age_s: float = float("inf"),
    ) -> None:
        self.gaps = Gaps(prefixes)
        self.stale = 0
        self.snapshots = 0
        self._prefixes = prefixes
        self._max_age_ns = max_age_s * 1e9
        self._least_lag_ns = float("inf")
        self._newest: dict[str, tuple[int, int]] = {}
        self._held: deque[tuple[str, bytes]] = deque()
        self._ready: deque[Got] = deque()
        self._wants_snapshot = True
        self._asked_s = float("-inf")
        place = Place.of(where)
        self._context = profile.context()
        self.socket = profile.make(self._context, zmq.SUB)
        self.questions = profile.make(self._context, zmq.DEALER)
        for prefix in (*prefixes, BEACON):
            self.socket.subscribe(prefix)
        place.connect(self.socket, place.telemetry)
        place.connect(self.questions, place.commands)
        self._poller = zmq.Poller()
        self._poller.register(self.socket, zmq.POLLIN)
        self._poller.register(self.questions, zmq.POLLIN)

    def receive(self, timeout_s: float = 0.0) -> Got | None:
        """Next telemetry message that is newer than what was given out of its topic; nothing when
        none came in time. Beacons only count."""
        if self._ready:
            return self._ready.popleft()
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._ask()
            self._answers()
            self._messages()
            if self._ready:
                return self._ready.popleft()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0.0:
                return None
            if self._wants_snapshot:
                left_s = min(left_s, ASK_S)
            self._poller.poll(max(1, int(left_s * 1000)))

    def _ask(self) -> None:
        now_s = time.monotonic()
        if not self._wants_snapshot or now_s - self._asked_s < ASK_S:
            return
        frame = m.encode(m.SnapshotRequest(list(self._prefixes)), m.Stamp())
        try:
            self.questions.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            return
        self._asked_s = now_s

    def _answers(self) -> None:
        while True:
            try:
                frames = self.questions.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if self._wants_snapshot:
                self._snapshot(frames)

    def _snapshot(self, frames: list[bytes]) -> None:
        """Take numbers and values; what was held meanwhile follows."""
        join = self.snapshots == 0
        taken = False
        for frame in frames:
            header, message = m.decode(frame)
            if isinstance(message, m.Snapshot):
                taken = True
                self._lag_ns(header)
                if join:
                    for name, numbers in message.numbers.items():
                        self.gaps.start(name, numbers[0], numbers[1])
            elif (topic := topic_of(message)) is not None:
                self._give(topic, header, message)
        if not taken:
            return
        self.snapshots += 1
        self._wants_snapshot = False
        if join:
            self.gaps.joined()
            while self._held:
                self._take(*self._held.popleft())

    def _messages(self) -> None:
        taken = 0
        while taken < MOST:
            try:
                topic, part = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            name = topic.decode()
            if self.snapshots:
                taken += self._take(name, part)
                continue
            taken += 1
            self._held.append((name, part))
            if len(self._held) > MAX_HELD:
                self._held.popleft()

    def _take(self, name: str, part: bytes) -> int:
        """Take the frames of a message, whose numbers rise; how many there were."""
        opened = [m.decode(frame) for frame in m.frames(part)]
        last = opened[-1][0]
        if name == BEACON:
            self._beacon(*opened[-1])
        elif matches(name, self._prefixes):
            lost = self.gaps.seen(name, last.epoch, last.seq, len(opened))
            if lost and last.kind in ("state", "publish"):
                self._wants_snapshot = True
            for header, message in opened:
                if self._lag_ns(header) - self._least_lag_ns > self._max_age_ns:
                    self.stale += 1
                    self._wants_snapshot = True
                else:
                    self._give(name, header, message)
        return len(opened)

    def _beacon(self, header: m.Header, message: m.Message) -> None:
        if isinstance(message, m.Publish):
            self._lag_ns(header)
            if self.gaps.beacon(message.body):
                self._wants_snapshot = True

    def _lag_ns(self, header: m.Header) -> float:
        """Our clock less the sender's, and the least of it; the least when it stated no time."""
        if not header.mono_ns:
            return self._least_lag_ns
        lag_ns = float(time.monotonic_ns() - header.mono_ns)
        self._least_lag_ns = min(lag_ns, self._least_lag_ns)
        return lag_ns

    def _give(self, name: str, header: m.Header, message: m.Message) -> None:
        number = (header.epoch, header.seq)
        if number > self._newest.get(name, (-1, -1)):
            self._newest[name] = number
            self._ready.append((name, header, message))

    def close(self) -> None:
        """Let go, at once."""
        self.socket.close(0)
        self.questions.close(0)
        self._context.destroy(0)


def topic_of(message: m.Message) -> str | None:
    """Topic a message goes under on the telemetry socket; nothing when it has none."""
    match message:
        case m.Sample() | m.Publish():
            return message.topic
        case m.Event():
            return message.name
        case m.MapPoint():
            return message.map
        case m.State():
            return STATE
        case _:
            return None
