"""Ends what a line has started when its supervisor is gone, and what a station leaves behind.

Runs as a process of its own (`python -I -S _warden.py PID`) that waits at a pipe only the
supervisor holds: however that one ends, the pipe does. It imports nothing but the standard library.
What is to be ended is known by a mark in its environment, which children inherit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

PARENT = "LINEWRIGHT_PARENT"
NAME = "LINEWRIGHT_CHILD"
CORE = "core"
ORDERLY_S = 1.5
"""The core has this long to close its ledger; everything is to be gone after 2 s."""
LOOK_S = 0.02


def marked(parent: int, *, name: str | None = None) -> dict[int, str]:
    """Processes with the mark of a supervisor (and of one child of it): name of the child by
    process id."""
    found = {}
    of_parent, of_name = f"{PARENT}={parent}".encode(), f"{NAME}=".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                variables = file.read().split(b"\0")
        except OSError:
            continue
        if of_parent not in variables:
            continue
        names = [v.removeprefix(of_name).decode() for v in variables if v.startswith(of_name)]
        if name is None or name in names:
            found[int(entry)] = names[0] if names else ""
    return found


def end(pids: list[int]) -> None:
    """SIGKILL; whoever is gone already is left alone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def sweep(parent: int, *, name: str | None = None) -> int:
    """End what a child that is gone (or every one) has left behind; how many there were."""
    found: set[int] = set()
    for _ in range(8):  # one that forks meanwhile has its child found in the next round
        left = marked(parent, name=name)
        if not left:
            break
        found.update(left)
        end(list(left))
    return len(found)


def main() -> int:
    """Wait for the end of the supervisor, then end everything; the core is let close its ledger."""
    parent = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    deadline_s = time.monotonic() + ORDERLY_S
    while left := marked(parent):
        late = time.monotonic() > deadline_s
        end([pid for pid, name in left.items() if late or name != CORE])
        time.sleep(LOOK_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
