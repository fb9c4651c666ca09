"""A child process dies with the supervisor that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal

PARENT = "LINEWRIGHT_PARENT"
"""Process id of the supervisor, in the environment of what it starts."""

_PR_SET_PDEATHSIG = 1


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel for a signal at the parent's death; go at once when it is dead already.

    SIGKILL for whoever has nothing to put in order: it ends a process that stands still, too.
    Without effect when this process was not started by a supervisor.
    """
    stated = os.environ.get(PARENT)
    if stated is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
    if str(os.getppid()) != stated:
        raise SystemExit(69)
