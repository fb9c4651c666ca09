"""Rules of the house that a text scan can hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Tracked files; outside a checkout there are none."""
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def offenders(files: list[Path], pattern: str, *, but: set[str] = frozenset()) -> list[str]:
    """`file:line` of every match outside the files named in `but`."""
    found = []
    for path in files:
        name = str(path.relative_to(ROOT))
        if name in but:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{name}:{number}: {line.strip()}")
    return found


RUST = tracked("rust/*/src/**/*.rs", "rust/*/src/*.rs")
PYTHON = tracked("python/**/*.py", "python/*.py")


def test_there_is_something_to_scan() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert RUST
    assert PYTHON


def test_pickle_and_its_like_stay_out() -> None:
    pattern = r"\b(pickle|marshal|dill|joblib)\b|recv_pyobj|yaml\.load|(?<![\w.])eval\("
    assert not offenders(PYTHON + tracked("examples/**/*.py"), pattern)


def test_only_clock_rs_reads_a_clock() -> None:
    pattern = r"Instant::now|SystemTime::now|clock_gettime"
    assert not offenders(RUST, pattern, but={"rust/linewright-runtime/src/clock.rs"})


def test_unsafe_stands_only_where_decision_0007_says() -> None:
    allowed = {
        "rust/linewright-lanes/src/dispatch.rs",
        "rust/linewright-py/src/fast.rs",
        "rust/linewright-runtime/src/black_box/map.rs",
        "rust/linewright-runtime/src/clock.rs",
        "rust/linewright-runtime/src/exec/flush.rs",
        "rust/linewright-runtime/src/live/link.rs",
        "rust/linewright-runtime/src/live/room.rs",
        "rust/linewright-runtime/src/live/rt.rs",
        "rust/linewright-runtime/src/live/signals.rs",
        "rust/linewright-runtime/src/seqpacket.rs",
    }
    assert not offenders(RUST, r"\bunsafe\s*(\{|fn|impl)", but=allowed)


def test_packages_come_by_name_alone() -> None:
    files = tracked("*.toml", "constraints.txt", "Makefile", ".ci/*", "examples/**/*.toml")
    assert not offenders(files, r"https?://|--(extra.)?index")


def test_station_logic_is_pure() -> None:
    logic = tracked("python/linewright/stations/*/logic.py")
    assert not offenders(logic, r"^\s*(import|from)\s+(zmq|time|asyncio|random|linewright\.bus)\b")
