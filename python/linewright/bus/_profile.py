"""One socket profile for every ZeroMQ socket of the project: bounded, never blocking.

ZeroMQ's heartbeats are asked for by clients on the network alone (`HEARTBEATS`, a place adds them):
a unix socket tells at once when its peer dies, and the timer of an end whose receive queue is full
while its peer hangs up ends the process (libzmq 4.3.5, `!_io_error`; issues 4364 and 3937).
"""

from __future__ import annotations

from pathlib import Path

import zmq

COMMANDS = "commands.sock"
TELEMETRY = "telemetry.sock"
CORE = "core.sock"

MAX_FRAME_BYTES = 1024 * 1024
CONTROL_HWM = 32
BUS_RCVHWM = 1024
"""Of the bus's own sockets: above what an honest peer can have on the way."""
HEARTBEATS = {zmq.HEARTBEAT_IVL: 250, zmq.HEARTBEAT_TIMEOUT: 750, zmq.HEARTBEAT_TTL: 750}
"""Milliseconds. The bus hangs up on a client whose sign of life is overdue by its TTL."""
NETWORK_SUB_RCVHWM = 2048
"""Of a listener on the network: as far as it may fall behind while the other end dies."""
RECONNECT_MS = (50, 200)
"""First and longest wait before the next try: on one machine a try costs next to nothing, and a
killed bus is back in half a second."""
TELEMETRY_HWM = 256
MAX_IPC_PATH_BYTES = 100
"""A unix socket path has 108 bytes with its end mark; ZeroMQ needs some of them."""


def context() -> zmq.Context[zmq.Socket[bytes]]:
    """A context whose end does not wait for peers."""
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    made.set(zmq.BLOCKY, 0)
    return made


def make(ctx: zmq.Context[zmq.Socket[bytes]], kind: int) -> zmq.Socket[bytes]:
    """A socket with the profile set before it binds or connects."""
    socket = ctx.socket(kind)
    hwm = TELEMETRY_HWM if kind in (zmq.XPUB, zmq.SUB) else CONTROL_HWM
    options = {
        zmq.LINGER: 0,
        zmq.MAXMSGSIZE: MAX_FRAME_BYTES,
        zmq.SNDHWM: hwm,
        zmq.RCVHWM: BUS_RCVHWM if kind in (zmq.ROUTER, zmq.XPUB) else hwm,
        zmq.HANDSHAKE_IVL: 2000,
        zmq.RECONNECT_IVL: RECONNECT_MS[0],
        zmq.RECONNECT_IVL_MAX: RECONNECT_MS[1],
        zmq.SNDTIMEO: 0,
        zmq.TCP_KEEPALIVE: 1,
    }
    if kind in (zmq.ROUTER, zmq.DEALER):
        options[zmq.IMMEDIATE] = 1
    if kind == zmq.ROUTER:
        options[zmq.ROUTER_MANDATORY] = 1
        options[zmq.ROUTER_HANDOVER] = 0
    if kind == zmq.XPUB:
        options[zmq.XPUB_VERBOSER] = 1
    for option, value in options.items():
        socket.set(option, value)
    return socket


def endpoint(run_dir: Path, name: str) -> str:
    """Address of a socket in a run directory.

    Raises
    ------
    ValueError
        When the path is longer than a unix socket's path may be.
    """
    path = str(run_dir / name)
    if len(path.encode()) > MAX_IPC_PATH_BYTES:
        raise ValueError(
            f"run directory: the path {path!r} has {len(path.encode())} bytes, a socket's path may "
            f"have {MAX_IPC_PATH_BYTES}; choose a shorter one with --run-dir"
        )
    return f"ipc://{path}"
