"""The plant's end of a core's socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from linewright.drivers import _datagrams as d

ANSWER_S = 5.0
"""A hello is answered within a base tick; a core that takes this long is none."""
LARGEST = 1 << 20


class HelloRefusedError(Exception):
    """The core has other channels, actuators or units; the text says which."""


@dataclass(frozen=True)
class Value:
    """What a channel or a read-back is given."""

    value: float
    """In its unit."""
    source_ns: int
    """`time.monotonic_ns()` of its measurement."""
    quality: int = 0
    """0 good, 1 uncertain, 2 bad."""


class PlantPeer:
    """A live plant as a core sees it. Goes safe by itself when the core's heartbeat stops.

    The latch: `safe` becomes true when no heartbeat has come for the core's dead-man time, or the
    core has gone; then no write is given on, whatever comes, until an operator's `reset` arrives.

    Parameters
    ----------
    path:
        Socket of the core, `plant.sock` in its run directory.
    channels, actuators:
        Unit by name, as in the line file.
    """

    def __init__(
        self, path: Path, channels: Mapping[str, str], actuators: Mapping[str, str]
    ) -> None:
        self.path = path
        self.safe = False
        self.tick = 0
        """Last base tick heard of."""
        self.resets = 0
        """How often an operator's reset came."""
        self.bad = 0
        """Datagrams that were none."""
        self._hello = d.hello(channels, actuators)
        self._numbers = {name: (i, 0) for i, name in enumerate(channels)}
        self._back_numbers = {name: (i, 1) for i, name in enumerate(actuators)}
        self._actuators = tuple(actuators)
        self._socket: socket.socket | None = None
        self._seq = 0
        self._session = 0
        self._dead_man_s = 0.0
        self._heard_s = 0.0
        self._resetting = False

    @property
    def connected(self) -> bool:
        """Has a core welcomed it?"""
        return self._socket is not None

    def fileno(self) -> int:
        """For `select`; -1 while there is no core."""
        return -1 if self._socket is None else self._socket.fileno()

    def connect(self) -> bool:
        """Say hello to the core, if there is one.

        Raises
        ------
        HelloRefusedError
            When the line file says otherwise than this peer.
        """
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        peer.settimeout(ANSWER_S)
        try:
            peer.connect(str(self.path))
            peer.send(self._hello)
            answer = d.unseal(peer.recv(LARGEST))
        except OSError:
            peer.close()
            return False
        if answer is None or answer.kind != d.Kind.WELCOME:
            peer.close()
            if answer is not None and answer.kind == d.Kind.REFUSED:
                raise HelloRefusedError(answer.body.decode(errors="replace"))
            return False
        _, _, dead_man_ns, _ = d.WELCOME.unpack(answer.body)
        self._dead_man_s = dead_man_ns * 1e-9
        self._seq, self._session, self.tick = 1, answer.session, answer.tick
        self._heard_s = time.monotonic()
        peer.setblocking(False)
        self._socket = peer
        return True

    def due_s(self) -> float:
        """Seconds until its dead-man goes, 0 when it has."""
        if self._socket is None or self.safe:
            return 0.0
        return max(0.0, self._heard_s + self._dead_man_s - time.monotonic())

    def receive(self) -> list[d.Write]:
        """The newest write for each actuator that came; never waits.

        The dead-man is looked at first: whoever wakes after a pause finds old heartbeats waiting,
        and they must not act.
        """
        if self._socket is not None and self.due_s() == 0.0:
            self.safe = True
        newest: dict[str, d.Write] = {}
        while self._socket is not None:
            try:
                data = self._socket.recv(LARGEST)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._gone()
                break
            self._take(data, newest)
        return [] if self.safe else list(newest.values())

    def _take(self, data: bytes, newest: dict[str, d.Write]) -> None:
        datagram = d.unseal(data)
        if datagram is None or datagram.kind != d.Kind.TICK or datagram.session != self._session:
            self.bad += 1
            return
        self._heard_s, self.tick = time.monotonic(), datagram.tick
        resetting = bool(datagram.flags & d.RESET)
        self.resets += resetting and not self._resetting
        self._resetting = resetting
        if resetting:
            self.safe = False
        if self.safe:
            newest.clear()
            return
        for write in datagram.writes(self._actuators):
            newest[write.actuator] = write

    def send(
        self, channels: Mapping[str, Value], read_backs: Mapping[str, Value], *, safe: bool = False
    ) -> None:
        """Give values; with nothing in it, a sign of life.

        `safe`: this plant cannot be acted on for a reason of its own.
        """
        if self._socket is None:
            return
        entries = [(self._numbers[name], value) for name, value in channels.items()]
        entries += [(self._back_numbers[name], value) for name, value in read_backs.items()]
        body = b"".join(
            d.SAMPLE.pack(number, what, of.quality, of.value, of.source_ns)
            for (number, what), of in entries
        )
        self._seq += 1
        datagram = d.seal(
            d.Kind.SAMPLES,
            seq=self._seq,
            tick=self.tick,
            session=self._session,
            flags=d.SAFE if self.safe or safe else 0,
            count=len(entries),
            body=body,
        )
        try:
            self._socket.send(datagram)
        except BlockingIOError:
            pass  # the core stands still: its heartbeat will be missed
        except OSError:
            self._gone()

    def _gone(self) -> None:
        self.safe = True
        self.close()

    def close(self) -> None:
        """Let the core go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
