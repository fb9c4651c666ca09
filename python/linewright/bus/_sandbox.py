"""What a station's process gives up, for good, before any code of the station is there: system
calls it has no use for; when asked for, also files and network."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from linewright import _core
from linewright.bus._parent import no_capabilities

PARTS = ("calls", "files", "truncation", "tcp", "devices", "signals")
"""What a kernel can hold a process to: the first by seccomp, the others by Landlock (Linux 5.13,
6.2, 6.7, 6.10 and 6.12)."""
READ = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/nix/store",
    "/proc",  # of other processes it shows what everybody may see; memory and environment not
    "/sys/devices/system",
    "/sys/kernel/mm/transparent_hugepage",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    *(
        f"/etc/{name}"
        for name in (
            "alternatives",
            "group",
            "host.conf",
            "hosts",
            "ld.so.cache",
            "ld.so.preload",
            "localtime",
            "nsswitch.conf",
            "os-release",
            "passwd",
            "pki/tls/certs",
            "pki/tls/openssl.cnf",
            "resolv.conf",
            "services",
            "ssl/certs",
            "ssl/openssl.cnf",
            "timezone",
        )
    ),
)
"""Of the system, for everybody; what is not there is passed over."""
WRITE = ("/dev/null",)
TOLD = ".sandbox"
"""Name of a station, then this: what its process has obtained, in the run directory."""


class ConfinementError(Exception):
    """A sandbox is required and this kernel lacks parts of it."""


class Sandbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[stations.NAME.sandbox]`."""

    mode: Literal["off", "calls", "wanted", "required"] = "calls"
    """`calls`: only system calls are refused. `wanted`: files and network are closed, too, as far
    as the kernel can. `required`: without all that is asked for, `linewright run` ends with 77."""
    read: list[str] = []
    """Files and folders it may read beside Python, the system's libraries and the line's folder;
    paths count from the line file."""
    write: list[str] = []
    """Files and folders it may also write beside its `TMPDIR`."""
    network: bool = False
    """It may open sockets that leave this machine."""

    @property
    def closed(self) -> bool:
        """Are files and network closed?"""
        return self.mode in ("wanted", "required")

    def lacks(self, there: Collection[str]) -> list[str]:
        """Parts asked for that are not there."""
        asked = {"off": (), "calls": PARTS[:1]}.get(self.mode, PARTS)
        return [p for p in asked if p not in there and not (self.network and p == "tcp")]


class Obtained(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a sandbox, for the supervisor's table."""

    mode: str
    obtained: list[str]
    lacks: list[str]


def confine(sandbox: Sandbox, name: str, run_dir: Path, read: Iterable[Path]) -> Obtained:
    """Confine this process, and tell the supervisor.

    `read` is what its station may read beside the system and Python. Of the run directory, which
    holds everybody's keys, nothing is granted by lying in a folder that is.

    Raises
    ------
    ConfinementError
        When the sandbox is required and parts of it are not to be had.
    ValueError
        When a path of the line file does not exist.
    OSError
        When threads have begun already, or the kernel does not take the rules.
    """
    with (run_dir / f"{name}{TOLD}").open("wb") as file:  # open before, written after
        obtained = _confine(sandbox, run_dir / f"{name}.tmp", run_dir, read)
        told = Obtained(mode=sandbox.mode, obtained=obtained, lacks=sandbox.lacks(obtained))
        file.write(msgspec.json.encode(told))
    if told.lacks and sandbox.mode == "required":
        raise ConfinementError(f"the required sandbox lacks {', '.join(told.lacks)}")
    return told


def read_obtained(run_dir: Path, name: str) -> Obtained | None:
    """What a station has told; nothing while it has not."""
    try:
        return msgspec.json.decode((run_dir / f"{name}{TOLD}").read_bytes(), type=Obtained)
    except (OSError, msgspec.DecodeError):
        return None


def _confine(sandbox: Sandbox, scratch: Path, run_dir: Path, read: Iterable[Path]) -> list[str]:
    if sandbox.mode == "off":
        return []
    if not sandbox.closed:
        return _core.confine()
    for path in (*sandbox.read, *sandbox.write):
        if not os.path.exists(path):
            raise ValueError(f"sandbox: there is no {path}")
    granted: list[Path] = []
    listed: list[Path] = []
    for place in {path.resolve() for path in (*map(Path, READ), *_python(), *read)}:
        _grant(place, run_dir.resolve(), granted, listed)
    may_read = [*map(str, granted), *sandbox.read]
    may_write = [*WRITE, str(scratch), *sandbox.write]
    no_capabilities()
    return _core.confine((may_read, list(map(str, listed)), may_write), network=sandbox.network)


def _python() -> list[Path]:
    """The interpreter and its packages; not the working directory, which `-m` puts first."""
    modules = sys.path if sys.flags.safe_path else sys.path[1:]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, *modules, *libraries]
    return [Path(place) for place in places if place]


def _grant(place: Path, out: Path, granted: list[Path], listed: list[Path]) -> None:
    """Grant a place but what is in `out`: where that lies in it, entry by entry."""
    if not out.is_relative_to(place):
        granted.append(place)
    elif place != out:
        listed.append(place)
        for entry in place.iterdir():
            if not entry.is_symlink():
                _grant(entry, out, granted, listed)
            elif not out.is_relative_to(entry.resolve()):
                granted.append(entry)
