"""A child process dies with the supervisor that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import struct

from linewright.bus._warden import PARENT

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


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


def no_new_privileges() -> None:
    """From here on no program this process starts has more rights than it has.

    Raises
    ------
    OSError
        When the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no_new_privs: {os.strerror(number)}")


def no_capabilities() -> None:
    """Give up what root may do beyond files of his own; `no_new_privileges` keeps it given up.

    Raises
    ------
    OSError
        When the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"capset: {os.strerror(number)}")
