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
from linewright.bus._peers import read_facts
from linewright.bus._place import Place


class Client:
    """A DEALER at the bus's command socket, with a sender's key, epoch and numbers.

    Parameters
    ----------
    where:
        Run directory of the line, or the place of a bus on the network.
    key, epoch:
        Who sends; the epoch must rise with every start of the same sender.
    live:
        Is time real? Then messages carry this machine's clock, so that a listener sees their age.
    """

    def __init__(self, where: Path | Place, *, key: int, epoch: int, live: bool = False) -> None:
        self.key, self.epoch, self.seq = key, epoch, 0
        self._live = live
        self._topic_seq: dict[str, int] = {}
        self._context = profile.context()
        self.socket = profile.make(self._context, zmq.DEALER)
        place = Place.of(where)
        place.connect(self.socket, place.commands)

    def frame(self, message: m.Message, based_on_tick: int = 0, not_after_tick: int = 0) -> bytes:
        """Encode a message; a command takes the sender's next number, a message to others the next
        of its topic, the rest has 0.

        Signs of life come by the clock, so they may not move the numbers of commands: these stand
        in the ledger, and a simulated run repeats bit for bit.
        """
        seq = mono_ns = 0
        if isinstance(message, m.Publish):
            seq = self._topic_seq[message.topic] = self._topic_seq.get(message.topic, 0) + 1
            mono_ns = time.monotonic_ns() if self._live else 0
        elif isinstance(message, m.Command | m.StepDone):
            seq = self.seq = self.seq + 1
        stamp = m.Stamp(
            sender=self.key,
            epoch=self.epoch,
            seq=seq,
            mono_ns=mono_ns,
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
    where:
        Run directory of the line (whoever may read it holds the operator's key), or the place of a
        bus on the network whose allow-list has this key as an operator's or an observer's; an
        observer's commands are refused.

    Raises
    ------
    TimeoutError
        When a bus on the network does not answer: it is not there, or does not know this key.
    """

    def __init__(self, where: Path | Place) -> None:
        if isinstance(where, Place):
            rights = ask_rights(where)
            key, self._window_ticks = rights.operator_key, rights.window_ticks
        else:
            facts = read_facts(where)
            key, self._window_ticks = facts.operator_key, facts.window_ticks
        super().__init__(where, key=key, epoch=time.time_ns())

    @property
    def window_ticks(self) -> int:
        """Ticks that a command stays good for."""
        return self._window_ticks

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
        self.follow(status)
        frame = self.frame(m.Command(0, action), tick, tick + self._window_ticks)
        got = self.ask(frame, m.Ack, timeout_s)
        return got if isinstance(got, m.Ack) else None

    def follow(self, status: dict[str, Any]) -> None:
        """Begin a new epoch when somebody else has spoken for the operator since, as a status says:
        the wall clock of either may have been set meanwhile."""
        seen = int(((status["core"] or {}).get("operator") or {}).get("epoch", 0))
        if seen > self.epoch:
            self.epoch = seen + 1


def ask_rights(place: Place, timeout_s: float = 3.0) -> m.Rights:
    """What the key of a network place may do, and what its frames need.

    Raises
    ------
    TimeoutError
        When nobody answers: there is no bus, it is not the one of this key, or does not know ours.
    """
    with Client(place, key=0, epoch=0) as client:
        got = client.ask(client.frame(m.RightsRequest()), m.Rights, timeout_s)
    if not isinstance(got, m.Rights):
        raise TimeoutError(f"no bus at {place.commands} takes this key (waited {timeout_s:g} s)")
    return got
