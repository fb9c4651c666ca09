"""One live line, and one page with users on it, for all tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "live"))

pytest.importorskip("starlette", reason="the page's server needs the extra hmi")

from hmi_rig import Server, make_users
from live_line import LiveLine


@pytest.fixture(scope="session")
def line() -> Iterator[LiveLine]:
    with LiveLine(lease_s=10.0) as running:
        running.start().close_loop()
        yield running


@pytest.fixture(scope="session")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_users(tmp_path_factory.mktemp("people") / "users.json")


@pytest.fixture(scope="session")
def page(line: LiveLine, users: Path) -> Iterator[Server]:
    with Server(line.run_dir, users=users) as running:
        running.until_live()
        yield running
