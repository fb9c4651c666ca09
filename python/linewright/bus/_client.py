"""The other end of the bus: a station, an operator's command, a tool."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

import zmq

from linewright import messages as m
from linewright.bus import _profile as profile
from linewright.bus._gaps import Gaps
from linewright.topics import BEACON


class Client:
    """A DEALER at the bus's command socket, with a sender's key, epoch and numbers.

    Parameters
    ----------
    run_dir:
        Run directory of the line.
    key, epoch:
        Who sends; the epoch must rise with every start of the same sender.
    """

    def __init__(self, run_dir: Path, *, key: int, epoch: int) -> None:
        self.key, self.epoch, self.seq = key, epoch, 0
        self._context = profile.context()
        self.socket = profile.make(self._context, zmq.DEALER)
        self.socket.connect(profile.endpoint(run_dir, profile.COMMANDS))

    def frame(self, message: m.Message, based_on_tick: int = 0, not_after_tick: int = 0) -> bytes:
        """Encode a message under the sender's next number."""
        self.seq += 1
        stamp = m.Stamp(
            sender=self.key,
            epoch=self.epoch,
            seq=self.seq,
            based_on_tick=based_on_tick,
            not_after_tick=not_after_tick,
        )
        return m.encode(message, stamp)

    def send(self, frames: list[bytes]) -> bool:
        """Send frames as one message; false when the bus takes nothing now."""
        try:
            self.socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """Frames of the next message; empty when none came in time."""
        if timeout_s > 0.0 and not self.socket.poll(int(timeout_s * 1000)):
            return []
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return []

    def ask(
        self, message: m.Message, answer: type[m.Message], timeout_s: float
    ) -> m.Message | None:
        """Send one message and wait for the answer of a kind; an `Ack` must be the one to this
        message."""
        deadline_s = time.monotonic() + timeout_s
        frame = self.frame(message, 0, 2**63)
        asked = self.seq
        while not self.send([frame]):
            if time.monotonic() > deadline_s:
                return None
            time.sleep(0.005)
        while (left_s := deadline_s - time.monotonic()) > 0.0:
            for reply in self.receive(left_s):
                _, got = m.decode(reply)
                if isinstance(got, m.Ack) and (got.to, got.seq) == (self.key, asked):
                    return got
                if isinstance(got, answer) and not isinstance(got, m.Ack):
                    return got
        return None

    def close(self) -> None:
        """Let go, at once."""
        self.socket.close(0)
        self._context.destroy(0)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Subscriber:
    """A SUB at the telemetry socket that counts what it missed."""

    def __init__(self, run_dir: Path, prefixes: tuple[str, ...]) -> None:
        self.gaps = Gaps()
        self._context = profile.context()
        self.socket = profile.make(self._context, zmq.SUB)
        self.socket.connect(profile.endpoint(run_dir, profile.TELEMETRY))
        for prefix in (*prefixes, BEACON):
            self.socket.subscribe(prefix)

    def receive(self, timeout_s: float = 0.0) -> tuple[str, m.Header, m.Message] | None:
        """Next telemetry message; nothing when none came in time. Beacons only count."""
        while True:
            if timeout_s > 0.0 and not self.socket.poll(int(timeout_s * 1000)):
                return None
            try:
                topic, frame = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return None
            header, message = m.decode(frame)
            name = topic.decode()
            if name == BEACON and isinstance(message, m.Publish):
                self.gaps.beacon(message.body, header.epoch)
                continue
            self.gaps.seen(name, header.epoch, header.seq)
            return name, header, message

    def close(self) -> None:
        """Let go, at once."""
        self.socket.close(0)
        self._context.destroy(0)
