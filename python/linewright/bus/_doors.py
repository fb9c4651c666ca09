"""The sockets of the bus: a local door for the line's own user, a network door for the keys of the
allow-list. Each has a ROUTER for what matters and an XPUB for telemetry."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import zmq
from zmq.utils.monitor import parse_monitor_message

from linewright.bus import _keys as keys
from linewright.bus import _profile as profile
from linewright.bus._access import Network
from linewright.bus._zap import LOCAL_DOMAIN, NETWORK_DOMAIN

LOCAL = b"\x00"
NETWORK = b"\x01"
"""First byte of an identity: through which door it came."""
MAX_CONNECTIONS = 1024
"""Of a door. What comes beyond it is accepted by the kernel, but finds no ear."""

_EVENTS: dict[int, str] = {
    zmq.EVENT_ACCEPTED: "accepted",
    zmq.EVENT_DISCONNECTED: "disconnected",
    zmq.EVENT_ACCEPT_FAILED: "accept_failed",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "handshake_failed.no_detail",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "handshake_failed.protocol",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "handshake_failed.auth",
}
_MOST_EVENTS = 512


class Door:
    """A ROUTER and an XPUB behind one kind of admission."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        mark: bytes,
        domain: bytes,
        pair: keys.KeyPair | None = None,
    ) -> None:
        self.mark = mark
        self.name = "local" if mark == LOCAL else "network"
        self.counters: Counter[str] = Counter()
        self.router = _guarded(context, zmq.ROUTER, domain, pair)
        self.telemetry = _guarded(context, zmq.XPUB, domain, pair)
        mask = 0
        for event in _EVENTS:
            mask |= event
        self._monitors = [s.get_monitor_socket(mask) for s in (self.router, self.telemetry)]

    def bind(self, commands: str, telemetry: str) -> None:
        """Open: telemetry first, so that whoever finds the commands finds both."""
        old = os.umask(0o177)  # a unix socket is made with mode 0600, never open for a moment
        try:
            self.telemetry.bind(telemetry)
            self.router.bind(commands)
        finally:
            os.umask(old)

    def watch(self) -> None:
        """Count what happened to connections."""
        for monitor in self._monitors:
            for _ in range(_MOST_EVENTS):
                try:
                    parts = monitor.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                event = parse_monitor_message(parts)["event"]
                self.counters[_EVENTS.get(event, "other")] += 1

    def close(self) -> None:
        """Let go, at once."""
        for socket in (self.router, self.telemetry):
            socket.disable_monitor()
            socket.close(0)
        for monitor in self._monitors:
            monitor.close(0)


def _guarded(
    context: zmq.Context[zmq.Socket[bytes]], kind: int, domain: bytes, pair: keys.KeyPair | None
) -> zmq.Socket[bytes]:
    socket = profile.make(context, kind)
    socket.set(zmq.ZAP_DOMAIN, domain)
    socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
    if pair is not None:
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.CURVE_SECRETKEY, pair.secret)
    return socket


def open_doors(
    context: zmq.Context[zmq.Socket[bytes]], run_dir: Path, network: Network | None
) -> list[Door]:
    """Bind everything a bus has. The ZAP handler must stand already.

    Raises
    ------
    KeyFileError
        When the bus's own key cannot be read.
    ZMQError
        When an address cannot be bound.
    """
    doors = [Door(context, LOCAL, LOCAL_DOMAIN)]
    if network is not None:
        pair = keys.read_pair(Path(network.secret_file))
        doors.append(Door(context, NETWORK, NETWORK_DOMAIN, pair))
        doors[1].bind(network.commands, network.telemetry)
    doors[0].bind(
        profile.endpoint(run_dir, profile.COMMANDS), profile.endpoint(run_dir, profile.TELEMETRY)
    )
    return doors
