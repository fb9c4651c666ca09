"""Fixtures of the bus tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bus_rig import Rig


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """Short (a socket's path is), private."""
    with tempfile.TemporaryDirectory(prefix="lw", dir="/tmp") as made:
        os.chmod(made, 0o700)
        yield Path(made)


@pytest.fixture
def rig(run_dir: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(lockstep: bool = False, **more: object) -> Rig:
        made.append(Rig(run_dir, lockstep, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
