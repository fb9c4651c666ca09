"""A simulated line in this process: the same plan, core and stations, without bus and sockets.

Lock-step as on the bus: at each barrier every station is told what happened, answers, and its
commands go to the core in order of station name and number; messages between stations arrive with
the next barrier.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from linewright import _core
from linewright import messages as m
from linewright.bus._peers import StationEntry
from linewright.graph import Station
from linewright.line._build import Line
from linewright.plugin import Api, find, make_settings
from linewright.plugin._leases import Leases
from linewright.topics import matches

OPERATOR_KEY = 1 << 62


class _Seat:
    """One station at the table: what it is told, and where its requests wait for the barrier."""

    def __init__(
        self, name: str, entry: StationEntry, line: Line, window_ticks: int, run_dir: Path
    ) -> None:
        kind = find(entry.plugin, line.file.parent)
        self.station: Station = kind(make_settings(kind.Settings, entry.settings))
        if self.station.name != name:
            self.station.name = name  # type: ignore[misc]  # two tables may use one class
        self.name, self.key = name, entry.key
        self.topics = (name, *getattr(self.station, "subscribes", ()))
        self.inbox: list[m.Message] = []
        self.commands: list[bytes] = []
        self.published: list[m.Publish] = []
        self._window_ticks = window_ticks
        self._tick = 0
        self._seq = 0
        actuators = line.tables.actuators
        lease_ticks = {name: line.lease_ticks(actuators[name]) for name in entry.actuators}
        self.leases = Leases(lease_ticks, self._command)
        self.station.start(Api(name, entry, line.base_hz, self, run_dir))

    @property
    def now_tick(self) -> int:
        """Tick of the barrier."""
        return self._tick

    def command(self, action: m.AnyAction) -> int:
        """Queue a command without a lease."""
        return self._command(action, 0)

    def _command(self, action: m.AnyAction, token: int) -> int:
        self._seq += 1
        stamp = m.Stamp(
            sender=self.key,
            epoch=1,
            seq=self._seq,
            based_on_tick=self._tick,
            not_after_tick=self._tick + self._window_ticks,
        )
        self.commands.append(m.encode(m.Command(token, action), stamp))
        return self._seq

    def publish(self, topic: str, body: Any) -> None:
        """Queue a message to the other stations."""
        self.published.append(m.Publish(topic, body))

    def step(self, tick: int) -> None:
        """Tell the station what happened, then that the barrier stands."""
        self._tick = tick
        told, self.inbox = self.inbox, []
        for message in told:
            match message:
                case m.Event():
                    self.station.on_event(message)
                case m.Sample():
                    self.station.on_sample(message)
                case m.MapPoint():
                    self.station.on_map_point(message)
                case m.Publish():
                    self.station.on_message(message.topic, message.body)
                case m.Ack() if not self.leases.answered(message):
                    self.station.on_ack(message)
        self.leases.keep(tick)
        self.station.on_step(tick)


def run_inline(line: Line, run_dir: Path) -> None:
    """Run a simulated line to its end; ledger and truth file are written as the line file says.

    Raises `ValueError` for a line that is not simulated or has no end, and what the core raises
    when it cannot start.
    """
    if not line.simulated or line.until_tick is None:
        raise ValueError(f"{line.name}: only a simulated line with an end runs inline")
    run_dir.mkdir(parents=True, exist_ok=True)
    keys = {name: i + 2 for i, name in enumerate(sorted(line.tables.stations))}
    facts = line.facts(keys, OPERATOR_KEY, line.ledger(run_dir))
    config = {**line.core_config(run_dir, keys, OPERATOR_KEY), "link": None}
    seats = [
        _Seat(name, entry, line, facts.window_ticks, run_dir)
        for name, entry in sorted(facts.stations.items())
    ]
    by_key = {seat.key: seat for seat in seats}
    routes: dict[str, list[_Seat]] = {}
    with _core.Core(json.dumps(config)) as core:
        tick = 0
        while tick < line.until_tick:
            for frame in core.drain():
                _route(m.decode(frame)[1], seats, by_key, routes)
            _barrier(core, seats, tick)
            tick = core.advance(min(tick + facts.step_ticks, line.until_tick))


def _route(
    message: m.Message,
    seats: list[_Seat],
    by_key: dict[int, _Seat],
    routes: dict[str, list[_Seat]],
) -> None:
    match message:
        case m.Ack():
            if message.to in by_key:
                by_key[message.to].inbox.append(message)
            return
        case m.Event(name=topic) | m.Sample(topic=topic) | m.MapPoint(map=topic):
            pass
        case _:
            return
    if topic not in routes:
        routes[topic] = [seat for seat in seats if matches(topic, seat.topics)]
    for seat in routes[topic]:
        seat.inbox.append(message)


def _barrier(core: _core.Core, seats: list[_Seat], tick: int) -> None:
    for seat in seats:
        seat.step(tick)
    for seat in seats:
        for frame in seat.commands:
            core.submit(frame)
        seat.commands = []
    for seat in seats:
        for message in seat.published:
            for other in seats:
                if other is not seat and matches(message.topic, other.topics):
                    other.inbox.append(message)
        seat.published = []
