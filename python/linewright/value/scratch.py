"""Where a simulated run goes that nobody keeps."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
MEMINFO = Path("/proc/meminfo")
LEAST_FREE = 4 << 30
"""Bytes that must be available beside the run."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own that is gone afterwards.

    In memory where there is room: such a run commits its ledger as any other, and a quarter of its
    time would be the disk's. `TMPDIR`, when set, is where it goes instead.

    >>> with scratch() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    in_memory = "TMPDIR" not in os.environ and _room()
    with tempfile.TemporaryDirectory(prefix="linewright-", dir=MEMORY if in_memory else None) as at:
        yield Path(at)


def _room() -> bool:
    try:
        free = re.search(r"^MemAvailable:\s+(\d+) kB", MEMINFO.read_text(), re.MULTILINE)
        disk = os.statvfs(MEMORY)
    except OSError:
        return False
    available = int(free[1]) << 10 if free else 0
    return min(available, disk.f_bavail * disk.f_frsize) >= LEAST_FREE and os.access(
        MEMORY, os.W_OK
    )
