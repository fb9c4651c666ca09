"""J5 and J6 on a running line: the disk of its ledger is full, or fails. The loop keeps its time,
the control is given up, what was lost is counted to the row, and a person takes over again."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from linewright import _core
from live_ledger import body_of
from live_line import BASE_HZ, LiveLine, actuator

SHIM = Path(__file__).parents[2] / "rust/linewright-runtime/tests/ledger_support/bad_disk.c"
CHATTER = """
import linewright as lw
from linewright.graph import Station


class Chatter(Station):
    name = "chatter"

    def build(self, g):
        with g.loop("chatter", rate_hz=250) as L:
            noisy = L.input("coater.wet_weight", "g/m2")
            off = noisy - L.apply(lw.Ewma, noisy, time_constant_s=0.05)
            for k in range(80):
                L.event(f"fault_{k}", off > 0.0, rule="threshold", decision="none")
"""
"""Some 5,000 detections a second."""


class DiskLine(LiveLine):
    """A line whose run directory is a file system of its own, and whose ledger a disk may fail."""

    def __init__(self, disk_mib: int = 0, *, bad: bool = False, extra: str = "") -> None:
        super().__init__(lease_s=2.0, extra=extra)
        (self.folder / "chatter.py").write_text(CHATTER)
        self.ledger = self.run_dir / "line.ledger"
        with self.file.open("a") as line:
            line.write(f'[ledger]\npath = "{self.ledger}"\n')
        self.run_dir.mkdir(mode=0o700)
        self.faults = self.folder / "faults"
        self.mounted = False
        if disk_mib:
            size = f"size={disk_mib}m,mode=0700"
            mount = ["mount", "-t", "tmpfs", "-o", size, "disk", self.run_dir]
            self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
            if not self.mounted:
                shutil.rmtree(self.folder)
                pytest.skip("mounting a tmpfs needs root")
        if bad:
            shim = self.folder / "bad_disk.so"
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"], check=True)
            self.faults.write_text("")
            self.log = self.folder / "log"
            self.environment |= {
                "LD_PRELOAD": str(shim),
                "BAD_DISK": str(self.faults),
                "BAD_DISK_LOG": str(self.log),
            }

    def fill(self) -> int:
        """Takes all the room of the disk; when that was done, monotonic ns."""
        for size in (1 << 20, 4096):
            with suppress(OSError), (self.run_dir / "ballast").open("ab", buffering=0) as file:
                while file.write(b"\1" * size) == size:
                    pass
        return time.monotonic_ns()

    def core(self) -> dict[str, Any]:
        return self.until_status(lambda _: True, "a status")["core"]

    def told(self, state: str, since_ns: int) -> tuple[dict[str, Any], float]:
        """The first status with such a ledger, and how long it took, s."""

        def holds(status: dict[str, Any]) -> bool:
            return bool(status["core"]["ledger"]["state"] == state)

        found = self.until_status(holds, f"a ledger that is {state}", every_s=0.01)
        return found, (time.monotonic_ns() - since_ns) * 1e-9

    def missed(self, length_s: float) -> tuple[int, int]:
        """Ticks missed of those in a while."""
        before = self.core()
        time.sleep(length_s)
        least = before["tick"] + 0.9 * length_s * BASE_HZ  # no answer that waited for the disk
        after = self.until_status(lambda s: s["core"]["tick"] >= least, "the ticks")["core"]
        return after["missed_ticks"] - before["missed_ticks"], after["tick"] - before["tick"]

    def rows(self, kind: str, key: str) -> list[Any]:
        bodies = [body_of(r["body"]) for r in _core.ledger_rows(str(self.ledger), kinds=[kind])]
        return [body for body in bodies if key in body]

    def stop_and_count(self) -> int:
        """Ends it in order; every row that came is in the file or was counted as lost, which is
        returned. The run directory is empty afterwards."""
        last = self.core()["ledger"]
        code, _ = self.stop()
        assert code == 0
        found = _core.ledger_verify(str(self.ledger))["rows"]
        assert last["rows"] - last["lost_rows"] <= found
        rows = _core.ledger_rows(str(self.ledger), kinds=["alarm"])
        lost = [b["lost_rows"] for r in rows if "lost_rows" in (b := body_of(r["body"]))]
        assert last["lost_rows"] == (lost[-1] if lost else 0)
        return int(last["lost_rows"])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error or (RuntimeError() if self.mounted else None), trace)
        if self.mounted:
            subprocess.run(["umount", "-l", self.run_dir], check=False)
            if error is None:
                shutil.rmtree(self.folder, ignore_errors=True)


def keeps_time(bad: tuple[int, int], good: tuple[int, int]) -> str:
    """No more ticks are missed than the machine costs by itself."""
    assert bad[0] / bad[1] <= 3.0 * good[0] / good[1] + 0.02, (bad, good)
    return f"ticks missed {bad[0]} of {bad[1]}, {good[0]} of {good[1]} before"


def full(disk_mib: int, length_s: float, extra: str = "") -> None:
    with DiskLine(disk_mib, extra=extra) as line:
        line.start()
        line.close_loop()
        good = line.missed(min(length_s, 10.0))
        filled_ns = line.fill()
        _, told_s = line.told("full", filled_ns)
        status = line.until_status(lambda s: actuator(s)["state"] == "fallback", "the fallback")
        assert "ledger" in actuator(status)["missing_permits"], "the control is given up for that"
        line.until(lambda: bool(line.rows("alarm", "disk")), "room for the row that says so")
        bad = line.missed(length_s)
        assert line.core()["ledger"]["state"] == "full"
        freed_ns = time.monotonic_ns()
        (line.run_dir / "ballast").unlink()
        status, resumed_s = line.told("ok", freed_ns)
        assert actuator(status)["state"] != "closed", "nobody has armed again"
        line.arm()
        (over,) = line.rows("mode", "disk")
        assert over["disk"] == "room"
        lost_rows = line.stop_and_count()
        assert lost_rows == 0 or extra, "what a quiet line tells finds room"
    print(
        f"\n  J5, disk full for {length_s:g} s: told after {told_s:.2f} s, rows again "
        f"{resumed_s:.2f} s after there was room, {lost_rows} rows lost and counted; "
        f"{keeps_time(bad, good)}"
    )


def test_j5_a_full_disk_is_told_before_a_row_is_lost() -> None:
    full(16, 2.0)


@pytest.mark.soak
def test_j5_a_minute_of_full_disk_under_five_thousand_detections_a_second() -> None:
    full(96, 60.0, '[stations.chatter]\nplugin = "chatter:Chatter"\n')


def fails(words: str, length_s: float, done: Callable[[DiskLine], None]) -> None:
    with DiskLine(bad=True) as line:
        line.start()
        line.close_loop()
        good = line.missed(min(length_s, 10.0))
        line.faults.write_text(words)
        bad = line.missed(length_s)
        done(line)
        ended_ns = time.monotonic_ns()
        line.faults.write_text("")
        _, resumed_s = line.told("ok", ended_ns)
        line.arm()
        lost_rows = line.stop_and_count()
        log = line.log.read_text().split("\n")
        assert not [entry for entry in log if entry.startswith("retried")]
        times = len([entry for entry in log if entry])
    print(
        f"\n  J6, {words} for {length_s:g} s, {times} times: ok {resumed_s:.2f} s after its end, "
        f"{lost_rows} rows lost and counted; {keeps_time(bad, good)}"
    )


def gave_up(line: DiskLine) -> None:
    """The control was given up while nothing could be kept."""
    seen = line.until_status(lambda s: actuator(s)["state"] == "fallback", "the fallback")
    assert seen["core"]["ledger"]["state"] in ("ok", "lost")


def kept_on(line: DiskLine) -> None:
    """Rows wait, the loop does not; control stays unless the lease ends while its renewal waits."""
    assert actuator({"core": line.core()})["state"] == "closed"


def waited(line: DiskLine) -> None:
    """Nothing is lost, however long it takes."""
    assert line.core()["ledger"]["lost_rows"] == 0


def test_j6_a_disk_whose_syncs_fail_under_a_running_line() -> None:
    fails("eio 60", 2.0, gave_up)


def test_j6_a_disk_whose_syncs_stall_under_a_running_line() -> None:
    fails("stall 500", 2.0, kept_on)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("words", "done"), [("eio 60", gave_up), ("short 10", gave_up), ("stall 5000", waited)]
)
def test_j6_a_minute_of_bad_disk(words: str, done: Callable[[DiskLine], None]) -> None:
    fails(words, 60.0, done)
