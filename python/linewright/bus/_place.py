"""Where a bus is: a run directory of this machine, or two addresses and the keys for them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import zmq

from linewright.bus import _keys as keys
from linewright.bus import _profile as profile


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of a bus, and on the network the keys of both sides."""

    commands: str
    telemetry: str
    bus_key: bytes = b""
    pair: keys.KeyPair | None = None

    @classmethod
    def of(cls, where: Path | Place) -> Place:
        """The place itself, or that of a run directory."""
        if isinstance(where, Place):
            return where
        return cls(
            commands=profile.endpoint(where, profile.COMMANDS),
            telemetry=profile.endpoint(where, profile.TELEMETRY),
        )

    @classmethod
    def network(cls, commands: str, telemetry: str, *, bus_key: Path, secret: Path) -> Place:
        """Two TCP addresses, the file with the bus's public key, and our secret file.

        Raises
        ------
        KeyFileError
            When a file holds no key or the secret one is open to others.
        """
        return cls(
            commands=commands,
            telemetry=telemetry,
            bus_key=keys.read_public(bus_key),
            pair=keys.read_pair(secret),
        )

    def connect(self, socket: zmq.Socket[bytes], address: str) -> None:
        """Connect a socket; on the network with the keys and with heartbeats."""
        if self.pair is not None:
            for option, value in profile.HEARTBEATS.items():
                socket.set(option, value)
            if socket.type == zmq.SUB:
                socket.set(zmq.RCVHWM, profile.NETWORK_SUB_RCVHWM)
            socket.set(zmq.CURVE_SERVERKEY, self.bus_key)
            socket.set(zmq.CURVE_PUBLICKEY, self.pair.public)
            socket.set(zmq.CURVE_SECRETKEY, self.pair.secret)
        socket.connect(address)
