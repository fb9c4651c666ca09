"""The ZAP handler: every connection to every socket of the bus is asked for here, or is none.

Local sockets take the line's own user, by what the kernel says of the peer; network sockets take
the CURVE keys of the allow-list and nothing else. It lives in the bus's one loop, and its sockets
demand it (`ZAP_ENFORCE_DOMAIN`): where it is gone, nobody comes in (ZeroMQ RFC 27).
"""

from __future__ import annotations

import os
from collections import Counter

import zmq
from zmq.utils import z85

from linewright.bus._access import Allowed

ENDPOINT = "inproc://zeromq.zap.01"
LOCAL_DOMAIN = b"linewright.local"
NETWORK_DOMAIN = b"linewright.network"
_PARTS = 8
"""Identity, empty, version, request, domain, address, routing id, mechanism; then credentials."""
_MOST = 64


class Zap:
    """Answers the questions that have come; never waits.

    Parameters
    ----------
    context:
        Context of the sockets it stands guard for. It must be made before they bind.
    allow:
        Keys that may come from the network.
    counters:
        Where refusals are counted, by reason.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], allow: list[Allowed], counters: Counter[str]
    ) -> None:
        self.socket = context.socket(zmq.ROUTER)
        self.socket.set(zmq.LINGER, 0)
        self.socket.bind(ENDPOINT)
        self._names = {entry.public.encode(): entry.name for entry in allow}
        self._counters = counters
        self._uid = os.getuid()

    def turn(self) -> None:
        """Answer what has been asked."""
        for _ in range(_MOST):
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(parts) < _PARTS or parts[2] != b"1.0":
                self._counters["refused_connections.protocol"] += 1
                continue
            identity, _, version, request, domain, address, _, mechanism, *credentials = parts
            name, refused = self._judge(domain, address, mechanism, credentials)
            if refused:
                self._counters[f"refused_connections.{refused}"] += 1
            status = (b"400", b"no access") if refused else (b"200", b"OK")
            answer = [identity, b"", version, request, *status, name, b""]
            try:
                self.socket.send_multipart(answer, zmq.NOBLOCK)
            except zmq.ZMQError:
                self._counters["refused_connections.gone"] += 1

    def _judge(
        self, domain: bytes, address: bytes, mechanism: bytes, credentials: list[bytes]
    ) -> tuple[bytes, str]:
        """User id, and why it is refused (empty: it is not)."""
        if domain == LOCAL_DOMAIN:
            if mechanism != b"NULL":
                return b"", "mechanism"
            return (b"local", "") if self._own(address) else (b"", "other_user")
        if domain != NETWORK_DOMAIN:
            return b"", "domain"
        if mechanism != b"CURVE" or len(credentials) != 1 or len(credentials[0]) != 32:
            return b"", "mechanism"
        name = self._names.get(z85.encode(credentials[0]))
        return (b"", "unknown_key") if name is None else (name.encode(), "")

    def _own(self, address: bytes) -> bool:
        """ZeroMQ states a unix socket's peer as `name:uid:gid:pid`, as the kernel gave it."""
        parts = address.rsplit(b":", 3)
        return len(parts) == 4 and parts[1] == str(self._uid).encode()

    def close(self) -> None:
        """Close the door: from now on nobody comes in."""
        self.socket.close(0)
