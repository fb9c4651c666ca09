"""The other end of the bus: a station, an operator's command, a tool."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq

from linewright import messages as m
from linewright.bus import _profile as profile
from linewright.bus._gaps import Gaps
from linewright.bus._peers import read_facts
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
        """Encode a message; what must arrive takes the sender's next number, the rest has 0.

        Signs of life come by the clock, so they may not move the numbers of commands: these stand
        in the ledger, and a simulated run repeats bit for bit.
        """
        numbered = isinstance(message, m.Command | m.Publish | m.StepDone)
        self.seq += numbered
        stamp = m.Stamp(
            sender=self.key,
            epoch=self.epoch,
            seq=self.seq if numbered else 0,
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

    def ask(self, frame: bytes, answer: type[m.Message], timeout_s: float) -> m.Message | None:
        """Send one frame of `frame` and wait for the answer of a kind; nothing when none came.

        An `Ack` must be the one to this sender's newest command.
        """
        deadline_s = time.monotonic() + timeout_s
        while not self.send([frame]):
            if time.monotonic() > deadline_s:
                return None
            time.sleep(0.005)
        while (left_s := deadline_s - time.monotonic()) > 0.0:
            for reply in self.receive(left_s):
                _, got = m.decode(reply)
                if not isinstance(got, answer):
                    continue
                if isinstance(got, m.Ack) and (got.to, got.seq) != (self.key, self.seq):
                    continue
                return got
        return None

    def close(self) -> None:
        """Let go, at once."""
        self.socket.close(0)
        self._context.destroy(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Operator(Client):
    """What a person or a tool may ask of a running line.

    Parameters
    ----------
    run_dir:
        Run directory of the line; whoever may read it holds the operator's key.
    """

    def __init__(self, run_dir: Path) -> None:
        facts = read_facts(run_dir)
        super().__init__(run_dir, key=facts.operator_key, epoch=time.time_ns())
        self._window_ticks = facts.window_ticks

    def status(self, timeout_s: float = 3.0) -> dict[str, Any] | None:
        """The status document; nothing when the bus does not answer."""
        got = self.ask(self.frame(m.StatusRequest()), m.Status, timeout_s)
        if not isinstance(got, m.Status):
            return None
        document: dict[str, Any] = json.loads("".join(got.json))
        return document

    def command(self, action: m.AnyAction, timeout_s: float = 3.0) -> m.Ack | None:
        """Give a command from the line's present tick on; its answer, nothing when none came."""
        status = self.status(timeout_s)
        if status is None:
            return None
        tick = int((status["core"] or {}).get("tick", status["bus"]["core_tick"]))
        frame = self.frame(m.Command(0, action), tick, tick + self._window_ticks)
        got = self.ask(frame, m.Ack, timeout_s)
        return got if isinstance(got, m.Ack) else None


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
