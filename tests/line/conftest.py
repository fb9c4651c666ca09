"""Fixtures of the line tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from line_rig import LINE, STATION


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short private folder with the station in it."""
    with tempfile.TemporaryDirectory(prefix="lwl", dir="/tmp") as made:
        (Path(made) / "probe.py").write_text(STATION)
        yield Path(made)


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Writes the line file with some text replaced by other text."""

    def make(changes: dict[str, str] | None = None, text: str = LINE) -> Path:
        for old, new in (changes or {}).items():
            assert old in text, old
            text = text.replace(old, new, 1)
        (folder / "line.toml").write_text(text)
        return folder / "line.toml"

    return make


@pytest.fixture
def linewright(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a `linewright` command to its end."""

    def run(*arguments: object, timeout: float = 90) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "linewright"), *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
        )

    return run
