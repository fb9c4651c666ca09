"""Runs that nobody keeps go to memory when there is room, and leave nothing."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from linewright.value import scratch as module
from linewright.value.scratch import scratch


@pytest.fixture(autouse=True)
def no_tmpdir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_run_goes_to_memory_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY", tmp_path)
    monkeypatch.setattr(module, "LEAST_FREE", 1)
    with suppress(OSError), scratch() as folder:
        assert folder.parent == tmp_path
        (folder / "ledger.sqlite").write_bytes(b"x")
        raise OSError("a run that failed half way")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("meminfo", ["MemAvailable:     1024 kB\n", "nonsense", None])
def test_without_room_in_memory_it_goes_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meminfo: str | None
) -> None:
    told = tmp_path / "meminfo"
    if meminfo is not None:
        told.write_text(meminfo)
    monkeypatch.setattr(module, "MEMINFO", told)
    with scratch() as folder:
        assert folder.parent == Path(tempfile.gettempdir())


def test_who_sets_tmpdir_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(module, "LEAST_FREE", 1)
    with scratch() as folder:
        assert folder.parent == tmp_path
