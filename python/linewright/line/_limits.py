"""What the process of a station may take: limits of the kernel, set by the supervisor from outside
before any code of the station runs."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Annotated

import msgspec

MIB = 1024 * 1024
SPARE_PROCESSES = 64
"""For core, bus and the commands of operators, who are the same user."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[stations.NAME.limits]`."""

    address_space_mib: Annotated[int, msgspec.Meta(ge=256, le=1_048_576)] = 4096
    """Memory the process may map, MiB; what it asks for beyond fails in it."""
    descriptors: Annotated[int, msgspec.Meta(ge=32, le=65536)] = 256
    """Open files and sockets, exclusive upper bound of their numbers."""
    processes: Annotated[int, msgspec.Meta(ge=16, le=4096)] = 64
    """Processes and threads it may add to those of its user. The kernel counts per user, so the
    bound is what the user has at the start, and this of every station, and 64. Not for root."""
    core_dump_mib: Annotated[int, msgspec.Meta(ge=0, le=65536)] = 0
    """Size of a core dump, MiB."""
    nice: Annotated[int, msgspec.Meta(ge=0, le=19)] = 5
    """How far it steps back for core and bus, in a live line."""


def threads_of_user(uid: int) -> int:
    """Processes and threads of a user now, as RLIMIT_NPROC counts them."""
    found = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid == uid:
                found += len(os.listdir(entry / "task"))
        except OSError:
            continue
    return found


def confine(pid: int, limits: Limits, most_processes: int) -> None:
    """Set hard and soft limits of a process just started; a lower hard one that is there stays."""
    for which, most in (
        (resource.RLIMIT_AS, limits.address_space_mib * MIB),
        (resource.RLIMIT_NOFILE, limits.descriptors),
        (resource.RLIMIT_NPROC, most_processes),
        (resource.RLIMIT_CORE, limits.core_dump_mib * MIB),
    ):
        _, hard = resource.prlimit(pid, which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(pid, which, (bound, bound))


def step_back(pid: int, nice: int, not_on_cpu: int | None) -> None:
    """Lower the priority of a process just started and keep it off the core's CPU, where there is
    another one."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    elsewhere = os.sched_getaffinity(pid) - {not_on_cpu}
    if not_on_cpu is not None and elsewhere:
        os.sched_setaffinity(pid, elsewhere)
