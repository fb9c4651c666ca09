"""The bus process: sockets around `Routes`, one poll loop, nothing that blocks."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

import msgspec
import zmq

from linewright.bus import _profile as profile
from linewright.bus._link import CoreLink
from linewright.bus._peers import SUPERVISOR, read_facts
from linewright.bus._routes import Routes

BEACON_S = 0.25
POLL_MS = 20
MOST_MESSAGES = 256
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
        os.umask(0o077)
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
        self._context = profile.context()
        self._router = profile.make(self._context, zmq.ROUTER)
        self._telemetry = profile.make(self._context, zmq.XPUB)
        self._telemetry.bind(profile.endpoint(run_dir, profile.TELEMETRY))
        self._router.bind(profile.endpoint(run_dir, profile.COMMANDS))
        self._poller = zmq.Poller()
        self._poller.register(self._router, zmq.POLLIN)
        self._poller.register(self._telemetry, zmq.POLLIN)
        self._linked = -1
        self._beacon_at_s = 0.0
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
        self._poller.poll(1 if waiting else POLL_MS)
        now_s = time.monotonic()
        self._core(now_s)
        self._peers(now_s)
        self._subscriptions()
        self._supervisor()
        if now_s >= self._beacon_at_s and self.routes.lockstep is None:
            self._beacon_at_s = now_s + BEACON_S
            self.routes.beacon()
        self.routes.overdue(now_s)
        self._send()

    def _core(self, now_s: float) -> None:
        self._link.connect(now_s)
        for frame in self._link.receive():
            self.routes.from_core(frame)
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

    def _peers(self, now_s: float) -> None:
        for _ in range(MOST_MESSAGES):
            try:
                identity, *frames = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.routes.from_peer(identity, frames, now_s)

    def _subscriptions(self) -> None:
        for _ in range(MOST_MESSAGES):
            try:
                message = self._telemetry.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.routes.subscription(message)

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
        while routes.to_all:
            topic, frame = routes.to_all.popleft()
            try:
                self._telemetry.send_multipart([topic, frame], zmq.NOBLOCK)
            except zmq.Again:
                routes.counters["telemetry_dropped"] += 1
        while routes.to_peer:
            identity, frames = routes.to_peer.popleft()
            if not self._to_peer(identity, frames):
                routes.counters["answer_dropped"] += 1
        for peer in routes.peers.values():
            while peer.outbox and self._to_peer(peer.identity, peer.outbox[0]):
                if peer.outbox:
                    peer.outbox.popleft()

    def _to_peer(self, identity: bytes, frames: list[bytes]) -> bool:
        try:
            self._router.send_multipart([identity, *frames], zmq.NOBLOCK)
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
        for socket in (self._router, self._telemetry):
            socket.close(0)
        self._context.destroy(0)
        for name in (profile.COMMANDS, profile.TELEMETRY):
            (self._run_dir / name).unlink(missing_ok=True)
        self._lock.close()


def serve(run_dir: Path) -> None:
    """Run the bus in this process until SIGTERM or SIGINT."""
    bus = Bus(run_dir)

    def stop(*_: object) -> None:
        bus.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    bus.run()
