"""The page that `linewright run` starts: there by default, of no account when it dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from hmi_rig import COMMAND, HANG_S, until
from live_line import LiveLine


def test_it_is_started_told_and_started_again(tmp_path: Path) -> None:
    with LiveLine(lease_s=2.0, environment={"LINEWRIGHT_HMI": "1"}) as line:
        line.start()
        page = line.run_dir / "hmi.json"
        until(page.exists, "a page", 2 * HANG_S)
        address = json.loads(page.read_text())["address"]
        with urllib.request.urlopen(f"{address}/api/overview", timeout=HANG_S) as answer:
            assert json.loads(answer.read())["line"] == line.folder.name
        pid = line.table()["hmi"]["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: line.table()["hmi"]["pid"] not in (None, pid), "another page")
        assert line.table()["hmi"]["restarts"] == 1
        assert line.status()["core"]["loops"][0]["cycles"] > 0
        code, _ = line.stop()
        assert code == 0
        assert f"operator page {address}" in line.output[1]
        assert not page.exists()


@pytest.mark.parametrize("more", [(), ("--users", "users.json"), ("--certificate", "c.pem")])
def test_others_reach_it_only_with_tls_and_users(
    line: LiveLine, tmp_path: Path, more: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [COMMAND, "hmi", line.run_dir, "--host", "0.0.0.0", *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert done.returncode == 78
    assert re.search("wants --certificate, --key and --users", done.stderr)


def test_a_certificate_that_is_none_is_said(line: LiveLine, users: Path, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    file.write_text("none")
    done = subprocess.run(
        [COMMAND, "hmi", line.run_dir, "--port", "0", "--certificate", file, "--users", users],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert done.returncode == 78, done.stderr
    assert "certificate or key" in done.stderr


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "hmi", tmp_path], capture_output=True, text=True, check=False, timeout=HANG_S
    )
    assert done.returncode == 2
    assert "neither line.json nor ledger.sqlite" in done.stderr
