"""The server: where it binds, what it refuses, and how long a peer may take."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from linewright.hmi._app import make_app
from linewright.hmi._follow import Follower
from linewright.hmi._guard import LOOPBACK, Guard
from linewright.hmi._peers import Peers, protocol
from linewright.hmi._where import HmiError, Where
from linewright.hosts import is_loopback

PORT = 8600
PORTS_TRIED = 20
KEPT_S = 15
"""A connection without a request is kept for as long."""
HEAD_MOST = 16 * 1024
SEND_BYTES = 128 * 1024
"""What the kernel keeps for a browser that does not take it."""
NICE = 5
"""The page steps back for the line, also when a person starts it."""
BAD_CONFIG, UNAVAILABLE = 78, 69
ADDRESS = "hmi.json"


def listen(host: str, port: int, *, or_another: bool) -> socket.socket:
    """A bound socket; another free port when `port` is taken and that is as good.

    Raises
    ------
    HmiError
        With 69 when the address is taken or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for tried in [port, *(range(port + 1, port + PORTS_TRIED) if or_another and port else ())]:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        try:
            bound.bind((host, tried))
            bound.listen(128)
        except OSError as error:
            bound.close()
            reason = error.strerror
            continue
        return bound
    raise HmiError(f"cannot serve at {host} port {port}: {reason}", UNAVAILABLE)


def serve(
    where: Where,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    users: Path | None = None,
    said: Callable[[str], None] | None = None,
) -> None:
    """Serve the pages of a line until SIGINT or SIGTERM.

    Parameters
    ----------
    where:
        Run directory or ledger.
    host, port:
        Where to bind; without a port 8600, or the next free one.
    certificate, key:
        Files of TLS.
    users:
        Who may do more than look.
    said:
        Called with the address when it is served.

    Raises
    ------
    HmiError
        With 78 for an address others can reach without TLS and users, or files of these that will
        not do; 69 when the address is taken.
    """
    secure = certificate is not None
    if not is_loopback(host) and not (secure and users is not None):
        raise HmiError(
            f"{host} can be reached from other machines: that wants --certificate, --key and "
            "--users",
            BAD_CONFIG,
        )
    bound = listen(host, PORT if port is None else port, or_another=port is None)
    at = bound.getsockname()[1]
    names = {*LOOPBACK, f"[{host}]" if ":" in host else host}
    if not is_loopback(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    if os.getpriority(os.PRIO_PROCESS, 0) < NICE:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    peers = Peers()
    app = make_app(Follower(where), peers, users)
    guard = Guard(app, hosts=hosts(names, at, secure=secure), secure=secure)
    config = uvicorn.Config(
        guard,
        http=protocol(peers),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEPT_S,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEAD_MOST,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except OSError as error:  # of TLS: it is one, too
        raise HmiError(f"certificate or key: {error}", BAD_CONFIG) from error
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    if said is not None:
        said(f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{at}")
    uvicorn.Server(config).run(sockets=[bound])


def hosts(names: set[str], port: int, *, secure: bool) -> set[str]:
    """Values of `Host` that are meant.

    >>> sorted(hosts({"localhost"}, 80, secure=False))
    ['localhost', 'localhost:80']
    """
    meant = {f"{name}:{port}" for name in names}
    return meant | (names if port == (443 if secure else 80) else set())


def tell(run_dir: Path, address: str) -> None:
    """Leave the address in the run directory, for the supervisor and for whoever looks."""
    fresh = run_dir / f"{ADDRESS}.new"
    fresh.write_text(json.dumps({"address": address}))
    fresh.replace(run_dir / ADDRESS)


def complain(error: HmiError) -> int:
    """Say on standard error why there is no page; the exit code."""
    print(f"linewright: {error}", file=sys.stderr, flush=True)
    return error.code
