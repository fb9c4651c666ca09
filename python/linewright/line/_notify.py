"""systemd's notify protocol, the half of the supervisor: ready and stopping. The watchdog is not
his to feed: the core does, as long as its loop ticks."""

from __future__ import annotations

import os
import socket

SOCKET = "NOTIFY_SOCKET"


def notify(text: str) -> None:
    """Send a line to the service manager; without effect when there is none, never waits."""
    address = os.environ.get(SOCKET, "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.setblocking(False)
        try:
            to.sendto(text.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return
