"""The unit file of `examples/deploy` is one systemd understands, and says what the line does."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "examples" / "deploy" / "linewright@.service"
COMMAND = Path(sys.executable).parent / "linewright"
INSTALLED = "/opt/linewright/bin/linewright"


def verify(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`systemd-analyze verify` of one instance of the template."""
    unit = folder / "linewright@line.service"
    unit.write_text(text.replace(INSTALLED, str(COMMAND)))
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_without_a_word(tmp_path: Path) -> None:
    done = verify(UNIT.read_text(), tmp_path)
    complaints = [line for line in done.stderr.splitlines() if "linewright@" in line]
    assert (done.returncode, complaints) == (0, []), done.stderr
    spoiled = verify(UNIT.read_text().replace("WatchdogSec=", "WatchdogSecs="), tmp_path)
    assert "WatchdogSecs" in spoiled.stderr, "a wrong word would have been found"


def test_the_unit_gives_the_line_what_it_counts_on() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["NotifyAccess"] == "all", "the core, a child, feeds the watchdog"
    assert float(service["WatchdogSec"]) > 0
    assert service["KillMode"] == "mixed", "the supervisor stops his children in order"
    assert float(service["TimeoutStopSec"]) > 2.0
    assert service["Restart"] == "no"
    assert service["RuntimeDirectoryMode"] == "0700"
    run_dir = service["ExecStart"].rpartition("--run-dir ")[2]
    assert run_dir == f"/run/{service['RuntimeDirectory']}"
