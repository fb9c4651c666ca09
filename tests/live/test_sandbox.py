"""A station that is wrong or has been tampered with touches its own files and nothing else, and the
line goes on."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.bus._sandbox import PARTS, Sandbox, _grant, confine
from linewright.line._build import load
from linewright.mistakes import Mistakes
from live_line import HANG_S, LiveLine, actuator

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of calls")
THERE = _core.confinement_offered()
landlock = pytest.mark.skipif(set(THERE) != set(PARTS), reason=f"this kernel offers {THERE}")
LINEWRIGHT = str(Path(sys.executable).with_name("linewright"))
REFUSED = {"EPERM", "EACCES", "ENOSYS"}
SECCOMP, LANDLOCK_CREATE_RULESET = 317, 444


def without(*numbers: int) -> list[str]:
    """Put before a command: system calls are refused to it."""
    listed = ",".join(map(str, numbers))
    return [sys.executable, str(Path(__file__).with_name("without_calls.py")), listed]


class ConfinedLine(LiveLine):
    """A live line with a station in a sandbox; `sandbox` are the lines of its table."""

    def __init__(self, kind: str, sandbox: str, **more: Any) -> None:
        table = f'[stations.confined]\nplugin = "sandbox_stations:{kind}"\n'
        extra = f"{table}[stations.confined.sandbox]\n{sandbox}\n"
        super().__init__(lease_s=0.5, extra=extra, **more)
        shutil.copy(Path(__file__).with_name("sandbox_stations.py"), self.folder)
        (self.folder / "model.txt").write_text("a model")
        (self.folder / "out").mkdir()

    def told(self, name: str) -> Any:
        """What the station has written into its own folder, once it has."""
        file = self.run_dir / "confined.tmp" / f"{name}.json"
        self.until(file.exists, f"{name} of the station: {self.entry()}\n{self.log()}")
        return json.loads(file.read_text())

    def entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = self.table()["plugins"]["confined"]
        return entry

    def log(self) -> str:
        return (self.run_dir / "confined.log").read_text(errors="replace")[-2000:]

    def until_running(self) -> dict[str, Any]:
        """What the table says of the station once it runs."""
        self.until(lambda: self.entry()["state"] == "running", f"a running station: {self.log()}")
        return self.entry()


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What is outside: a file, a folder, a program, a server, a process."""
    (tmp_path / "secret").write_text("secret")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    other = subprocess.Popen(["sleep", "600"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "secret": str(tmp_path / "secret"),
            "outside": str(tmp_path),
            "program": str(program),
            "port": server.getsockname()[1],
            "pid": other.pid,
        }
    other.kill()
    other.wait()


def aim(line: ConfinedLine, targets: dict[str, Any]) -> ConfinedLine:
    """Tell the station what there is."""
    text = json.dumps({**targets, "run_dir": str(line.run_dir)})
    (line.folder / "targets.json").write_text(text)
    return line


def split(tried: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of files and network, and of calls."""
    first = list(tried).index("ptrace")
    items = list(tried.items())
    return dict(items[:first]), dict(items[first:])


def line_goes_on(line: ConfinedLine) -> None:
    tick = line.status()["core"]["tick"]
    status = line.until_status(lambda s: s["core"]["tick"] > tick + 500, "half a second")
    assert status["core"]["ledger"]["state"] == "ok"
    line.until_status(lambda s: actuator(s)["holder"] == "calender", "the calender's lease")
    assert line.until_running()["restarts"] == 0
    assert not line.table()["alarms"]


@landlock
def test_a_hostile_station_is_refused_everything_and_the_line_goes_on(
    targets: dict[str, Any],
) -> None:
    with ConfinedLine("Hostile", 'mode = "required"') as line:
        aim(line, targets).start()
        for where in ("here", "child"):
            tried = line.told(where)
            assert {name: how for name, how in tried.items() if how not in REFUSED} == {}, where
        assert line.told("clone") == "EPERM"
        assert Path(targets["secret"]).read_text() == "secret"
        line_goes_on(line)
        expected = {"mode": "required", "obtained": list(PARTS), "lacks": []}
        assert line.entry()["sandbox"] == expected
        shown = line.cli("status").stdout
        assert f"sandbox required: {', '.join(PARTS)}" in shown, shown
        assert line.stop()[0] == 0


def test_every_station_is_refused_calls_but_not_files_by_default(targets: dict[str, Any]) -> None:
    with ConfinedLine("Hostile", "") as line:
        aim(line, targets).start()
        for where in ("here", "child"):
            files, calls = split(line.told(where))
            assert {n: how for n, how in calls.items() if how not in REFUSED} == {}, where
            free = {n: how for n, how in files.items() if how in REFUSED}
            assert free == {}, where
        line_goes_on(line)
        assert line.entry()["sandbox"] == {"mode": "calls", "obtained": ["calls"], "lacks": []}
        assert line.table()["plugins"]["calender"]["sandbox"]["obtained"] == ["calls"]
        assert line.stop()[0] == 0


def test_without_a_sandbox_the_same_station_is_let_through(targets: dict[str, Any]) -> None:
    """What the other tests see refused is refused by the sandbox."""
    with ConfinedLine("Hostile", 'mode = "off"') as line:
        aim(line, targets).start()
        files, calls = split(line.told("here"))
        assert {n: how for n, how in files.items() if how in REFUSED} == {}
        through = {n for n, how in calls.items() if how not in REFUSED}
        assert {"ptrace", "mount", "raw", "packet", "clone3", "setns", "reboot"} <= through
        told = line.until_running()["sandbox"]
        assert told == {"mode": "off", "obtained": [], "lacks": []}


@landlock
def test_a_station_that_keeps_to_its_places_works_and_finds_the_bus_again(
    targets: dict[str, Any],
) -> None:
    places = f'read = ["{targets["secret"]}"]\nwrite = ["out"]'
    with ConfinedLine("Diligent", f'mode = "wanted"\n{places}') as line:
        aim(line, targets).start()
        file = line.folder / "out" / "told.json"
        line.until(file.exists, f"what it made: {line.log()}")
        told = json.loads(file.read_text())
        assert told["sums"] == [300.0] * 4
        assert (told["said"], told["model"], told["listed"]) == ("hello\n", "a model", "secret")
        assert told["zone"] == "Europe/Berlin"
        assert line.until_running()["sandbox"]["obtained"] == list(PARTS)
        os.kill(line.pid("bus"), signal.SIGKILL)
        line.until(lambda: line.table()["bus"]["restarts"] == 1, "another bus")
        line.until_status(
            lambda s: s["bus"]["stations"]["confined"]["joined"], "the station on the new bus"
        )
        assert line.until_running()["restarts"] == 0, line.log()
        assert line.stop()[0] == 0


@landlock
def test_the_network_is_open_when_the_line_file_says_so(targets: dict[str, Any]) -> None:
    with ConfinedLine("Hostile", 'mode = "required"\nnetwork = true') as line:
        aim(line, targets).start()
        tried = line.told("here")
        assert {tried.pop("tcp"), tried.pop("udp")} == {"done"}
        assert {name: how for name, how in tried.items() if how not in REFUSED} == {}
        assert "tcp" not in line.until_running()["sandbox"]["obtained"]


@landlock
def test_a_line_that_requires_what_is_not_to_be_had_ends_with_77_and_nothing_started() -> None:
    with ConfinedLine("Plain", 'mode = "required"') as line:
        command = [LINEWRIGHT, "run", str(line.file), "--run-dir", str(line.run_dir)]
        done = subprocess.run(
            [*without(LANDLOCK_CREATE_RULESET), *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_S,
        )
        assert done.returncode == 77, done.stderr
        assert "station confined requires a sandbox" in done.stderr
        assert "lacks files, truncation, tcp, devices, signals" in done.stderr
        assert not line.run_dir.exists()


@pytest.mark.parametrize(
    ("refused", "obtained"),
    [([LANDLOCK_CREATE_RULESET], ["calls"]), ([LANDLOCK_CREATE_RULESET, SECCOMP], [])],
)
def test_a_sandbox_that_is_wanted_takes_what_there_is_and_says_so(
    refused: list[int], obtained: list[str]
) -> None:
    lacks = [part for part in PARTS if part not in obtained]
    with ConfinedLine("Plain", 'mode = "wanted"', before=without(*refused)) as line:
        line.start()
        told = line.until_running()["sandbox"]
        assert told == {"mode": "wanted", "obtained": obtained, "lacks": lacks}
        held = ", ".join(obtained) or "nothing"
        shown = line.cli("status").stdout
        assert f"sandbox wanted: {held}; lacks {', '.join(lacks)}" in shown
        assert line.stop()[0] == 0


@landlock
def test_the_doctor_tries_what_there_is() -> None:
    def looked(*before: str) -> str:
        done = subprocess.run(
            [*before, LINEWRIGHT, "doctor"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return " ".join(done.stdout.split())

    assert f"good seccomp calls good landlock {', '.join(PARTS[1:])}" in looked()
    refused = looked(*without(LANDLOCK_CREATE_RULESET, SECCOMP))
    assert "degraded seccomp nothing; lacks calls mend:" in refused
    assert f"degraded landlock nothing; lacks {', '.join(PARTS[1:])} mend:" in refused


def test_a_required_sandbox_lacks_what_is_asked_for_and_not_there() -> None:
    old = ["calls", "files"]  # Linux 5.15
    assert Sandbox(mode="required").lacks(old) == ["truncation", "tcp", "devices", "signals"]
    open_ = Sandbox(mode="required", network=True)
    assert open_.lacks(old) == ["truncation", "devices", "signals"]
    assert Sandbox().lacks(old) == []
    assert Sandbox().lacks([]) == ["calls"]
    assert Sandbox(mode="off").lacks([]) == []


def test_paths_without_closed_files_are_a_mistake_with_its_line() -> None:
    with ConfinedLine("Plain", 'read = ["model.txt"]\nnetwork = true') as line:
        with pytest.raises(Mistakes) as told:
            load(line.file)
        text = line.file.read_text().splitlines()
        at = {m.key: text[m.line - 1] for m in told.value.errors if m.line is not None}
        assert at == {
            "stations.confined.sandbox.read": 'read = ["model.txt"]',
            "stations.confined.sandbox.network": "network = true",
        }


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = Sandbox(mode="wanted", write=[str(tmp_path / "missing")])
    with pytest.raises(ValueError, match=r"there is no .*missing"):
        confine(missing, "confined", tmp_path, [])


def test_a_run_directory_in_a_folder_that_may_be_read_may_not(tmp_path: Path) -> None:
    for name in ("code", "deep/other", "deep/run", "deep/runner"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "side").symlink_to(tmp_path / "deep" / "other")
    granted: list[Path] = []
    listed: list[Path] = []
    _grant(tmp_path, tmp_path / "deep" / "run", granted, listed)
    names = sorted(str(path.relative_to(tmp_path)) for path in granted)
    assert names == ["code", "deep/other", "deep/runner", "side"]
    assert listed == [tmp_path, tmp_path / "deep"]


def test_a_thread_that_would_go_free_is_told() -> None:
    code = """
import threading
from linewright import _core
threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    _core.confine(([], [], []))
except OSError as error:
    print(error)
print(_core.confine())
open("/proc/self/mem", "rb").close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 threads run already, and Landlock takes one\n['calls']\n"
