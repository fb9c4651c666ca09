"""Where a line runs: a directory of its own, mode 0700, short enough for a socket's path."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

LOCK = "line.lock"
RESTART = ".restart"
"""Name of a station, then this: a file that asks for its restart; whoever asks stands in it."""


def base_directory() -> Path:
    """Where run directories live when none is named: `$XDG_RUNTIME_DIR/linewright`, else below
    `/tmp`."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / "linewright"
    return Path("/tmp") / f"linewright-{os.getuid()}"


def run_directory(line: str) -> Path:
    """Run directory of a line by its name."""
    return base_directory() / line


def black_box(ledger: Path) -> Path:
    """Where a live core keeps what its ledger does not have yet: in shared memory, which outlives a
    killed process and never waits for a disk; beside the ledger where there is none."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        return ledger.with_suffix(".intents")
    name = hashlib.sha256(os.fsencode(ledger.absolute())).hexdigest()[:16]
    return memory / f"linewright-{os.getuid()}-{name}.intents"


def make_private(path: Path) -> None:
    """Make a directory only its owner may enter; refuse one that others may enter or own.

    Raises
    ------
    PermissionError
        When it exists and is somebody else's or open to others.
    """
    old = os.umask(0o077)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    finally:
        os.umask(old)
    facts = path.stat()
    if facts.st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to user {facts.st_uid}")
    if facts.st_mode & 0o077:
        raise PermissionError(
            f"{path} is open to others (mode {facts.st_mode & 0o777:04o}): chmod 700"
        )
