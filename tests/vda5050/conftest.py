"""A broker for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rig


@pytest.fixture(scope="session")
def installed() -> None:
    rig.need()


@pytest.fixture
def broker(installed: None, tmp_path: Path) -> Iterator[rig.Broker]:
    made = rig.Broker(tmp_path, "allow_anonymous true")
    made.start()
    yield made
    made.stop()
