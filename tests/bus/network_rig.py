"""A bus on a loopback address, keys of several roles, and clients in plain pyzmq."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import zmq
from linewright.bus import Operator, Place
from linewright.bus import _keys as keys

ROLES = {"hmi": "operator", "pc": "station", "eye": "observer"}


def free_port() -> int:
    """A port of the loopback address nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Net:
    """Keys in a folder, addresses, and what `line.json` says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bus", *ROLES, "stranger"):
            keys.make(folder, name)
        self.commands = f"tcp://127.0.0.1:{free_port()}"
        self.telemetry = f"tcp://127.0.0.1:{free_port()}"

    def facts(self) -> dict[str, object]:
        allow = [
            {
                "name": name,
                "public": keys.read_public(self.folder / f"{name}.key").decode(),
                "role": role,
                "stations": ["alpha"] if role == "station" else [],
            }
            for name, role in ROLES.items()
        ]
        return {
            "commands": self.commands,
            "telemetry": self.telemetry,
            "secret_file": str(self.folder / "bus.key_secret"),
            "allow": allow,
        }

    def place(self, name: str) -> Place:
        return Place.network(
            self.commands,
            self.telemetry,
            bus_key=self.folder / "bus.key",
            secret=self.folder / f"{name}.key_secret",
        )

    def curve(self, made: zmq.Socket, name: str) -> zmq.Socket:
        pair = keys.read_pair(self.folder / f"{name}.key_secret")
        made.set(zmq.CURVE_SERVERKEY, keys.read_public(self.folder / "bus.key"))
        made.set(zmq.CURVE_PUBLICKEY, pair.public)
        made.set(zmq.CURVE_SECRETKEY, pair.secret)
        return made


def bus_status(rig) -> dict:
    """The bus's part of the status, asked for at the local door."""
    with Operator(rig.run_dir) as operator:
        document = operator.status()
    assert document is not None
    return document["bus"]


def until(holds: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    """Look until something holds; nothing here takes as long."""
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)
