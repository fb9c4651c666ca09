"""The bus process: sockets around `Routes`, one poll loop, nothing that blocks."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import time
from pathlib import Path

import msgspec
import zmq

from linewright.bus import _profile as profile
from linewright.bus._access import LOCAL as LOCAL_RIGHTS
from linewright.bus._doors import LOCAL, Door, open_doors
from linewright.bus._intake import Buckets, Message, read
from linewright.bus._keys import KeyFileError
from linewright.bus._link import CoreLink
from linewright.bus._peers import SUPERVISOR, read_facts
from linewright.bus._routes import Routes
from linewright.bus._zap import Zap

BEACON_S = 0.25
POLL_MS = 20
WATCH_S = 0.01
"""Connections and the supervisor's table are looked at this often at most: not with every frame."""
MOST_MESSAGES = 256
MOST_FRAMES = 8192
"""Of a door in one turn: between two messages of too many parts whoever else waits is answered."""
MEMORY_BYTES = 1024 * 1024 * 1024
"""The bus may not take more: what a peer sends in one message without end is held by ZeroMQ until
it ends, and there is no limit for it there. A bus that dies of it is started anew."""
DESCRIPTORS = 65536
EPOCH = "bus.epoch"
LOCK = "bus.lock"


class BusError(Exception):
    """The bus cannot start."""


def next_epoch(path: Path) -> int:
    """A number that rises with every start, kept in a file."""
    try:
        epoch = int(path.read_text()) + 1
    except (OSError, ValueError):
        epoch = 1
    fresh = path.with_suffix(".new")
    fresh.write_text(str(epoch))
    fresh.replace(path)
    return epoch


class Bus:
    """Sockets, and the routes between them."""

    def __init__(self, run_dir: Path) -> None:
        if run_dir.stat().st_mode & 0o077 or run_dir.stat().st_uid != os.getuid():
            raise BusError(f"run directory: {run_dir} must be yours and have mode 0700")
        self._lock = (run_dir / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusError(f"run directory: a bus is already at work in {run_dir}") from error
        self._run_dir = run_dir
        self.routes = Routes(read_facts(run_dir), next_epoch(run_dir / EPOCH))
        self._link = CoreLink(run_dir / profile.CORE)
        facts = self.routes.facts
        self._buckets = None
        if not facts.lockstep:  # simulated time knows no rate
            self._buckets = Buckets(facts.frames_per_s, facts.bytes_per_s)
        self._context = profile.context()
        allow = [] if facts.network is None else facts.network.allow
        self.zap = Zap(self._context, allow, self.routes.counters)
        try:
            self.doors = open_doors(self._context, run_dir, facts.network)
        except (KeyFileError, zmq.ZMQError) as error:
            raise BusError(str(error)) from error
        self._by_mark = {door.mark: door for door in self.doors}
        self.routes.doors = {door.name: door.counters for door in self.doors}
        self._poller = zmq.Poller()
        self._poller.register(self.zap.socket, zmq.POLLIN)
        for door in self.doors:
            self._poller.register(door.router, zmq.POLLIN)
            self._poller.register(door.telemetry, zmq.POLLIN)
        self._linked = -1
        self._beacon_at_s = 0.0
        self._watch_at_s = 0.0
        self._supervisor_stamp = 0
        self.stopping = False

    def run(self) -> None:
        """Serve until told to stop."""
        while not self.stopping:
            self.turn()
        self.close()

    def turn(self) -> None:
        """Wait for the next frames and handle them."""
        waiting = self._link.busy or any(peer.outbox for peer in self.routes.peers.values())
        ready = dict(self._poller.poll(1 if waiting else POLL_MS))
        now_s = time.monotonic()
        if self.routes.lockstep is None:
            self.routes.now_ns = time.monotonic_ns()
        if self.zap.socket in ready:
            self.zap.turn()
        self._core(now_s)
        for door in self.doors:
            if door.router in ready:
                self._peers(door, now_s)
            if door.telemetry in ready:
                self._subscriptions(door)
        if now_s >= self._watch_at_s:
            self._watch_at_s = now_s + WATCH_S
            for door in self.doors:
                door.watch()
            self._supervisor()
        if now_s >= self._beacon_at_s and self.routes.lockstep is None:
            self._beacon_at_s = now_s + BEACON_S
            self.routes.beacon()
        self.routes.overdue(now_s)
        self._send()

    def _core(self, now_s: float) -> None:
        self._link.connect(now_s)
        for datagram in self._link.receive():
            self.routes.from_core(datagram)
        if self._link.fileno() != self._linked:
            if self._linked >= 0:
                self._poller.unregister(self._linked)
            self._linked = self._link.fileno()
            if self._linked >= 0:
                self._poller.register(self._linked, zmq.POLLIN)
        if self.routes.core_connected and not self._link.connected:
            self.routes.core_lost()
        elif self._link.connected and not self.routes.core_connected:
            self.routes.core_found()

    def _peers(self, door: Door, now_s: float) -> None:
        left = MOST_FRAMES
        for _ in range(MOST_MESSAGES):
            message, frames = read(door.router, door.mark, self.routes.counters)
            if message is not None:
                self._take(door, message, now_s)
            left -= frames
            if not frames or left <= 0:
                return

    def _take(self, door: Door, message: Message, now_s: float) -> None:
        """Hand a message on, when its sender may send and is within its rate."""
        routes = self.routes
        rights = LOCAL_RIGHTS if door.mark == LOCAL else routes.rights(message.user)
        if rights is None:
            routes.counters["refused.no_user"] += 1
            return
        of = message.user.encode() or message.identity
        count = max(1, len(message.frames))
        if self._buckets is not None and not self._buckets.take(of, count, message.size, now_s):
            routes.dropped(message.identity, count)
            if self._buckets.should_tell(of, now_s):
                routes.over_rate(message.identity)
            return
        routes.from_peer(message.identity, [f.bytes for f in message.frames], now_s, rights)

    def _subscriptions(self, door: Door) -> None:
        for _ in range(MOST_MESSAGES):
            try:
                message = door.telemetry.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.routes.telemetry.subscription(message)

    def _supervisor(self) -> None:
        """Notice stations the supervisor has given up."""
        try:
            stamp = (self._run_dir / SUPERVISOR).stat().st_mtime_ns
        except OSError:
            return
        if stamp == self._supervisor_stamp:
            return
        self._supervisor_stamp = stamp
        try:
            table = msgspec.json.decode((self._run_dir / SUPERVISOR).read_bytes())
        except (OSError, msgspec.DecodeError):
            return
        for name, entry in table.get("plugins", {}).items():
            if entry.get("state") in ("quarantined", "ended"):
                self.routes.quarantined(name)

    def _send(self) -> None:
        routes = self.routes
        if routes.to_core:
            if not self._link.send(list(routes.to_core)):
                routes.counters["dropped_to_core"] += len(routes.to_core)
            routes.to_core.clear()
        else:
            self._link.flush()
        self._spread()
        while routes.to_peer:
            identity, frames = routes.to_peer.popleft()
            if not self._to_peer(identity, frames):
                routes.counters["answer_dropped"] += 1
        for peer in routes.peers.values():
            while peer.outbox and self._to_peer(peer.identity, peer.outbox[0]):
                if peer.outbox:
                    peer.outbox.popleft()

    def _spread(self) -> None:
        """Send what goes to all; a listener that is full loses it, alone."""
        sends = [door.telemetry.send for door in self.doors]
        more, last = zmq.NOBLOCK | zmq.SNDMORE, zmq.NOBLOCK
        for topic, part in self.routes.telemetry.out:
            for send in sends:
                send(topic, more)
                send(part, last)
        self.routes.telemetry.out.clear()

    def _to_peer(self, identity: bytes, frames: list[bytes]) -> bool:
        router = self._by_mark[identity[:1]].router
        try:
            router.send_multipart([identity[1:], *frames], zmq.NOBLOCK)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self.routes.counters["peer_gone"] += 1
            self.routes.gone(identity)
            return False
        return True

    def close(self) -> None:
        """Let go of everything, at once."""
        self._link.drop()
        for door in self.doors:
            door.close()
        self.zap.close()
        self._context.destroy(0)
        for name in (profile.COMMANDS, profile.TELEMETRY):
            (self._run_dir / name).unlink(missing_ok=True)
        self._lock.close()


def _limit(which: int, most: int) -> None:
    """Set the soft limit to `most`, or to what the hard one allows of it."""
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def serve(run_dir: Path) -> None:
    """Run the bus in this process until SIGTERM or SIGINT."""
    _limit(resource.RLIMIT_DATA, MEMORY_BYTES)
    _limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
    _limit(resource.RLIMIT_CORE, 0)
    bus = Bus(run_dir)

    def stop(*_: object) -> None:
        bus.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    bus.run()
