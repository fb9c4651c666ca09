"""Lock-step: who still has to answer before simulated time may move, and in which order the
answers are handed on.

The order depends on station names and sequence numbers alone: no clock, no order of arrival
(decision 0005).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from linewright import messages as m


@dataclass
class Turn:
    """One station's part of a barrier."""

    inbox: list[bytes] = field(default_factory=list)
    """What it is to be told with the next step."""
    commands: list[tuple[int, bytes]] = field(default_factory=list)
    publishes: list[tuple[bytes, m.Header, bytes]] = field(default_factory=list)
    hello: bytes | None = None


class LockStep:
    """The barrier of a simulated line."""

    def __init__(self, stations: list[str]) -> None:
        self.turns = {name: Turn() for name in sorted(stations)}
        self.step: bytes | None = None
        self.tick = 0
        self.waiting: set[str] = set()
        self._told: dict[str, list[bytes]] = {}

    def tell(self, name: str, frame: bytes) -> None:
        """Add a frame to what a station is told with the next step."""
        if name in self.turns:
            self.turns[name].inbox.append(frame)

    def begin(self, tick: int, step: bytes) -> dict[str, list[bytes]]:
        """The core has reached a barrier: what to send to whom."""
        self.tick, self.step, self.waiting = tick, step, set(self.turns)
        self._told = {}
        for name, turn in self.turns.items():
            self._told[name] = [*turn.inbox, step]
            turn.inbox = []
        return dict(self._told)

    def rejoin(self, name: str, hello: bytes) -> list[bytes]:
        """A station came (again): its half-given answers are void; what to tell it now."""
        turn = self.turns.get(name)
        if turn is None:
            return []
        turn.hello, turn.commands, turn.publishes = hello, [], []
        return self._told.get(name, []) if name in self.waiting else []

    def leave(self, name: str) -> None:
        """A station is out of the line for good: nobody waits for it any more."""
        self.turns.pop(name, None)
        self.waiting.discard(name)

    def command(self, name: str, seq: int, frame: bytes) -> None:
        """Keep a command until the barrier is complete."""
        self.turns[name].commands.append((seq, frame))

    def publish(self, name: str, topic: bytes, header: m.Header, frame: bytes) -> None:
        """Keep a message to other stations until the barrier is complete."""
        self.turns[name].publishes.append((topic, header, frame))

    def done(self, name: str, tick: int) -> bool:
        """A station has answered; false when the answer is not to the step that stands."""
        if self.step is None or tick != self.tick or name not in self.waiting:
            return False
        self.waiting.discard(name)
        return True

    def abandon(self) -> None:
        """The core is gone: no step stands, and the answers given to it are void."""
        self.step, self.waiting, self._told = None, set(), {}
        for turn in self.turns.values():
            turn.commands, turn.publishes = [], []

    @property
    def complete(self) -> bool:
        """Does a step stand that everyone has answered?"""
        return self.step is not None and not self.waiting

    def finish(self) -> tuple[list[bytes], list[tuple[str, bytes, m.Header, bytes]]]:
        """Frames for the core and messages between stations (from, topic, header, frame), in
        fixed order: by station, commands by number, messages as they were said."""
        to_core: list[bytes] = []
        published: list[tuple[str, bytes, m.Header, bytes]] = []
        for name, turn in self.turns.items():
            if turn.hello is not None:
                to_core.append(turn.hello)
            to_core.extend(frame for _, frame in sorted(turn.commands, key=lambda c: c[0]))
            published.extend((name, *message) for message in turn.publishes)
            turn.hello, turn.commands, turn.publishes = None, [], []
        self.step = None
        self._told = {}
        return to_core, published
