"""Runs one station: a single loop that waits for the bus, calls the station, and speaks for it."""

from __future__ import annotations

import gc
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from linewright import messages as m
from linewright.bus import Client, Subscriber
from linewright.bus._peers import LineFacts, read_facts
from linewright.bus._process import next_epoch
from linewright.bus._routes import BUS_SENDER, SAY_HELLO
from linewright.bus._sandbox import confine
from linewright.graph import Station
from linewright.plugin._api import Api
from linewright.plugin._discover import PluginError, find, places
from linewright.plugin._leases import Leases
from linewright.plugin._resume import Resume
from linewright.plugin._settings import make_settings
from linewright.plugin._ticks import Ticks
from linewright.topics import matches

API = 1
EPOCH = ".epoch"
JOIN_S = 0.5
JOIN_DEADLINE_S = 10.0
PROGRESS_S = 0.1
RESEND_S = 0.25
POLL_MS = 20
LOOKS = 8
"""Turns a lease lasts at least: twice as many as it is renewed."""
MAX_UNANSWERED = 1024
MAX_AGE_S = 1.0
"""A sample that took longer to come here is not given to the station."""


def build_station(name: str, plugin: str, settings: dict[str, Any], folder: Path | None) -> Station:
    """The station of a line file's table, ready to be wired or started."""
    kind = find(plugin, folder)
    station = kind(make_settings(kind.Settings, settings))
    if station.name != name:
        station.name = name  # type: ignore[misc]  # two tables may use one class
    return station


@dataclass
class _Unanswered:
    frame: bytes
    not_after_tick: int
    sent_s: float


class Host:
    """One station on the bus.

    Parameters
    ----------
    name:
        Table name of the station in the line file.
    run_dir:
        Run directory of the line; `line.json` in it says the rest.

    The process gives up what the station's sandbox says, before the station's module is imported.
    """

    def __init__(self, name: str, run_dir: Path) -> None:
        facts: LineFacts = read_facts(run_dir)
        if name not in facts.stations:
            raise PluginError(
                f"no station {name!r} in {run_dir}; known: {', '.join(facts.stations)}"
            )
        self.facts, self.name, self._folder = facts, name, run_dir
        self.entry = facts.stations[name]
        folder = Path(facts.folder) if facts.folder else None
        epoch = facts.epoch_base + next_epoch(run_dir / f"{name}{EPOCH}")
        own: list[Path] = []
        if self.entry.sandbox.closed:
            shared = [run_dir / file for file in facts.shared]
            own = [*shared, *places(self.entry.plugin, folder)]
        confine(self.entry.sandbox, name, run_dir, own)
        self.station = build_station(name, self.entry.plugin, self.entry.settings, folder)
        wanted = tuple(getattr(self.station, "subscribes", ()))
        self.topics = tuple(dict.fromkeys((name, *wanted)))
        self.client = Client(run_dir, key=self.entry.key, epoch=epoch, live=not facts.lockstep)
        self.subscriber = (
            None if facts.lockstep else Subscriber(run_dir, self.topics, max_age_s=MAX_AGE_S)
        )
        self.ticks = Ticks(facts.base_hz)
        leases = {actuator: facts.lease_ticks[actuator] for actuator in self.entry.actuators}
        self.leases = Leases(leases, self.command_with)
        shortest_ticks = min(leases.values(), default=facts.base_hz)
        self._poll_ms = max(1, min(POLL_MS, 1000 * shortest_ticks // facts.base_hz // LOOKS))
        self.resume = None if facts.lockstep else Resume()
        self._early: list[bytes] = []
        self._queue: list[bytes] = []
        self._unanswered: OrderedDict[int, _Unanswered] = OrderedDict()
        self._tick = 0
        self._stepped_tick = 0
        self._rounds = 0
        self._joined = False
        self._hello_at_s = 0.0
        self._progress_at_s = 0.0
        self.stopping = False

    # -- what the station's api needs ------------------------------------------------------------

    @property
    def now_tick(self) -> int:
        """Base tick: of the step in lock-step, computed from the core's clock in live."""
        if self.facts.lockstep or not self.ticks.known:
            return self._tick
        return max(self._tick, self.ticks.at(time.monotonic_ns()) - 1)

    def command(self, action: m.AnyAction) -> int:
        """Send a command without a lease."""
        return self.command_with(action, 0)

    def command_with(self, action: m.AnyAction, token: int) -> int:
        """Stamp a command with the tick it rests on and the last tick it may act in, and queue
        it."""
        now_tick = self.now_tick
        not_after_tick = now_tick + self.facts.window_ticks
        frame = self.client.frame(m.Command(token, action), now_tick, not_after_tick)
        self._queue.append(frame)
        if not self.facts.lockstep:
            self._unanswered[self.client.seq] = _Unanswered(frame, not_after_tick, time.monotonic())
            while len(self._unanswered) > MAX_UNANSWERED:
                self._unanswered.popitem(last=False)
        return self.client.seq

    def publish(self, topic: str, body: Any) -> None:
        """Queue a message to other stations."""
        self._queue.append(self.client.frame(m.Publish(topic, body), self.now_tick))

    # -- life ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Join, start the station, serve until told to stop."""
        self._join()
        if self.stopping:
            return
        self.station.start(Api(self.name, self.entry, self.facts.base_hz, self, self._folder))
        gc.collect()
        gc.freeze()
        while not self.stopping:
            self.turn()
        self.client.close()
        if self.subscriber is not None:
            self.subscriber.close()

    def _hello(self, now_s: float) -> None:
        self._hello_at_s = now_s
        pid = 0 if self.facts.lockstep else os.getpid()
        hello = m.Hello(self.name, API, pid, list(self.topics))
        if not self.client.send([self.client.frame(hello, self._tick)]):
            self._hello_at_s = 0.0  # not connected yet: again at the next turn

    def _join(self) -> None:
        deadline_s = time.monotonic() + JOIN_DEADLINE_S
        while not self._joined and not self.stopping:
            now_s = time.monotonic()
            if now_s > deadline_s:
                raise PluginError(f"the bus did not answer within {JOIN_DEADLINE_S:g} s")
            if now_s - self._hello_at_s >= JOIN_S:
                self._hello(now_s)
            frames = self.client.receive(POLL_MS / 1000.0)
            for at, frame in enumerate(frames):
                header, message = m.decode(frame)
                if isinstance(message, m.Ack) and header.sender == BUS_SENDER:
                    if message.status == "refused":
                        raise PluginError(f"the bus refused {self.name!r}: {message.reason}")
                    self._joined = True
                    self._early = frames[at + 1 :]
                    if self.resume is not None:
                        self.resume.joined(now_s)

    def turn(self) -> None:
        """Wait for messages, handle them, send what came of them."""
        frames, self._early = self._early, []
        if not frames:
            self._wait()
            frames = self.client.receive()
        self._rounds += 1
        if frames:
            self._handle(frames)
        if not self.facts.lockstep:
            self._live()
        now_s = time.monotonic()
        if now_s - self._progress_at_s >= PROGRESS_S:
            self._progress_at_s = now_s
            self.client.send([self.client.frame(m.Progress(self._rounds))])

    def _wait(self) -> None:
        if self.subscriber is None:
            self.client.socket.poll(self._poll_ms)
            return
        poller = zmq.Poller()
        poller.register(self.client.socket, zmq.POLLIN)
        poller.register(self.subscriber.socket, zmq.POLLIN)
        poller.poll(self._poll_ms)

    def _handle(self, frames: list[bytes]) -> None:
        decoded = [m.decode(frame) for frame in frames]
        step = decoded[-1][1]
        if isinstance(step, m.Step):
            self._tick = step.tick
        for header, message in decoded:
            if header.sender == 0 and header.mono_ns:
                self.ticks.stated(header.based_on_tick, header.mono_ns)
            if not self.facts.lockstep:
                self._tick = max(self._tick, header.based_on_tick)
            self._dispatch(header, message)

    def _dispatch(self, header: m.Header, message: m.Message) -> None:
        match message:
            case m.Event() if self.resume is not None:
                self._events(self.resume.event(header, message))
            case m.Snapshot() if self.resume is not None:
                self.resume.numbers(message)
            case m.Page() if self.resume is not None:
                self._events(self.resume.page(message))
            case m.Event():
                self.station.on_event(message)
            case m.Sample():
                self.station.on_sample(message)
            case m.MapPoint():
                self.station.on_map_point(message)
            case m.Publish():
                self.station.on_message(message.topic, message.body)
            case m.Ack():
                self._ack(header, message)
            case m.Step():
                self._step(message.tick)
            case _:
                pass

    def _events(self, events: list[m.Event]) -> None:
        for event in events:
            self.station.on_event(event)

    def _ack(self, header: m.Header, ack: m.Ack) -> None:
        if header.sender == BUS_SENDER:
            if (
                SAY_HELLO in ack.reason
                and not self.facts.lockstep
                and time.monotonic() - self._hello_at_s >= JOIN_S
            ):
                self._hello(time.monotonic())
            elif self.resume is not None and (ack.status, ack.seq) == ("applied", 0):
                self.resume.joined(time.monotonic())  # the bus has been restarted
        if ack.epoch != self.client.epoch:
            return
        known = self._unanswered.pop(ack.seq, None)
        if not self.facts.lockstep and known is None:
            return
        if not self.leases.answered(ack):
            self.station.on_ack(ack)

    def _step(self, tick: int) -> None:
        self.leases.keep(tick)
        self.station.on_step(tick)
        self._queue.append(self.client.frame(m.StepDone(tick), tick))
        deadline_s = time.monotonic() + JOIN_DEADLINE_S
        while not self.client.send(self._queue):
            if time.monotonic() > deadline_s:
                raise PluginError("the bus takes nothing any more")
            time.sleep(0.001)
        self._queue = []

    # -- live ------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        """Ask the ledger for the events that did not come."""
        if self.resume is None:
            return
        now_s = time.monotonic()
        self._events(self.resume.give_up(now_s))
        if (since := self.resume.wants(now_s)) is not None:
            self.client.send([self.client.frame(m.Fetch(since, list(self.topics)))])

    def _live(self) -> None:
        self._samples()
        self._fetch()
        if not self.ticks.known:
            return
        now_tick, now_s = self.now_tick, time.monotonic()
        self.leases.keep(now_tick)
        if now_tick // self.facts.step_ticks > self._stepped_tick // self.facts.step_ticks:
            self._stepped_tick = now_tick
            self.station.on_step(now_tick)
        for seq, waiting in list(self._unanswered.items()):
            if now_tick > waiting.not_after_tick:
                del self._unanswered[seq]
            elif now_s - waiting.sent_s >= RESEND_S:
                waiting.sent_s = now_s
                self._queue.append(waiting.frame)
        while self._queue and self.client.send(self._queue[:32]):
            del self._queue[:32]

    def _samples(self) -> None:
        if self.subscriber is None:
            return
        while (got := self.subscriber.receive()) is not None:
            topic, header, message = got
            if isinstance(message, m.Sample) and matches(topic, self.topics):
                if header.mono_ns:
                    self.ticks.stated(header.based_on_tick, header.mono_ns)
                self.station.on_sample(message)
