"""Every `console` block of the documents runs, in order, as one script per document."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "examples/**/README.md")
    for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ELSEWHERE = {"wire.md", "drivers.md"}
"""Their programs need a line to talk to: tests/bus and tests/driver run those."""
BY_CI = {"make demo", "make test", "make check"}


def commands(text: str) -> list[str]:
    """The `$ ...` lines of every console block; a trailing backslash joins the next line."""
    lines = "\n".join(BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return [line[2:].strip() for line in lines if line.startswith("$ ")]


def script(document: Path) -> list[str]:
    return [line for line in commands(document.read_text()) if line not in BY_CI]


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if script(d)], ids=lambda d: str(d.relative_to(ROOT))
)
def test_the_commands_of_a_document_run(document: Path, tmp_path: Path) -> None:
    for name in ("examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    shared = os.environ.get("LINEWRIGHT_DATA", str(ROOT.parent / "shared" / "data"))
    lines = script(document)
    if any("$LINEWRIGHT_DATA" in line for line in lines) and not Path(shared).is_dir():
        pytest.skip(f"needs the shared recordings; LINEWRIGHT_DATA={shared} is not a folder")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "LINEWRIGHT_DATA": shared},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{document}:\n{done.stdout}\n{done.stderr}"


def test_ci_runs_the_commands_left_to_it() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    named = {line for d in DOCUMENTS for line in commands(d.read_text())} & BY_CI
    assert named, "the README names no command that CI runs"
    for command in named:
        assert command in ci, f"{command} stands in a document but not in .ci/run"


@pytest.mark.parametrize(
    "document",
    [d for d in DOCUMENTS if d.name not in ELSEWHERE and PYTHON.search(d.read_text())],
    ids=lambda d: str(d.relative_to(ROOT)),
)
def test_the_python_of_a_document_runs(document: Path, tmp_path: Path) -> None:
    for number, block in enumerate(PYTHON.findall(document.read_text())):
        program = tmp_path / f"block{number}.py"
        program.write_text(block)
        done = subprocess.run(
            [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{document}, block {number}:\n{done.stderr}"
