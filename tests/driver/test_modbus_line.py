"""A live line whose plant is a Modbus device of other origin, through the companion process."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench_core import LIVE, write_line
from linewright import messages as m
from linewright.bus import Operator
from linewright.line import load
from linewright.mistakes import Mistakes
from modbus_device import JsDevice, words

COMMAND = Path(sys.executable).parent / "linewright"
VALVE, LEVEL, HEARTBEAT = 30, 4, 60
HANG_S = 40.0
IO = f"""
driver = "modbus"
host = "127.0.0.1"
port = PORT
poll_s = 0.05
heartbeat = {HEARTBEAT}

[io.channels."tank.level"]
unit = "mm"
register = {LEVEL}
table = "input"
type = "float32"
word_order = "big"
lo = -10.0
hi = 200.0

[io.outputs."tank.valve"]
unit = "%"
register = {VALVE}
type = "uint16"
scale = 0.01
"""
CHANGES = {
    **LIVE,
    'driver = "unix"\nchannels = { "tank.level" = "mm" }': IO,
    "max_rate_per_s = 20.0": "max_rate_per_s = 200.0",
    "fallback = { ramp_to = 0.0 }": "fallback = { ramp_to = 5.0 }",
    "lease_s = 1.0": "lease_s = 20.0",
}

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "drivers.md"
PAGE = re.findall(r"```toml\n\[io\]\n(driver = .modbus.*?)```", DOCUMENT.read_text(), re.DOTALL)[0]
DEFAULTS = {
    **CHANGES,
    'driver = "unix"\nchannels = { "tank.level" = "mm" }': """
driver = "modbus"
host = "192.0.2.7"
heartbeat = 60
channels = { "tank.level" = { unit = "mm", register = 4, table = "input", type = "float32", \
lo = -10.0, hi = 200.0 } }
outputs = { "tank.valve" = { unit = "%", register = 30, scale = 0.01, read_back = 31 } }
""".replace("\\\n", ""),
}
"""What the page states, with everything left out that it calls the default."""


class ModbusLine:
    """`linewright run` beside the device, looked at and operated from outside."""

    def __init__(self, folder: Path, device: JsDevice) -> None:
        self.folder, self.device = folder, device
        self.run_dir = folder / "run"
        io = {"PORT": str(device.port)}
        text = {**CHANGES, 'driver = "unix"\nchannels = { "tank.level" = "mm" }': IO}
        text = {old: new.replace("PORT", io["PORT"]) for old, new in text.items()}
        self.file = write_line(folder, text, max_age_s=1.0)
        self.process = subprocess.Popen(
            [COMMAND, "run", self.file, "--run-dir", self.run_dir, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.until((self.run_dir / "commands.sock").exists)
        self.operator = Operator(self.run_dir)
        self.until(lambda: self.valve().get("holder") == "tank")
        self.until(lambda: (self.core().get("plant") or {}).get("connected") is True)

    def until(self, holds: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + HANG_S
        while not holds():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline_s, self.core()
            time.sleep(0.05)

    def core(self) -> dict[str, Any]:
        return (self.operator.status(0.5) or {}).get("core") or {}

    def valve(self) -> dict[str, Any]:
        found: dict[str, Any] = self.core().get("actuators", {}).get("tank.valve", {})
        return found

    def operate(self, action: m.AnyAction) -> m.Ack:
        self.operator.epoch = time.time_ns()
        ack = self.operator.command(action)
        assert ack is not None
        return ack

    def close_loop(self) -> None:
        self.until(lambda: self.operate(m.Reset("test")).status == "applied")
        assert self.operate(m.Mode("closed")).status == "applied"
        self.until(lambda: self.operate(m.Arm("test")).status == "applied")
        self.until(lambda: self.valve().get("state") == "closed")

    def child(self, name: str) -> int:
        return int(json.loads((self.run_dir / "supervisor.json").read_text())[name]["pid"])

    def level(self, value_mm: float) -> None:
        self.device.put("input", LEVEL, words("f", value_mm))

    def end(self) -> None:
        self.operator.close()
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=HANG_S)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def line() -> Iterator[ModbusLine]:
    with JsDevice() as device:
        device.put("input", LEVEL, words("f", 50.0))
        device.put("holding", VALVE, [5000])
        line = ModbusLine(Path(tempfile.mkdtemp(prefix="modbus-")), device)
        try:
            yield line
        finally:
            if line.process.poll() is None:
                line.process.send_signal(signal.SIGCONT)
        line.end()


def test_a_device_is_read_written_and_kept_alive(line: ModbusLine) -> None:
    beats = {line.device.holding(HEARTBEAT) for _ in range(40) if not time.sleep(0.02)}
    assert beats == {0, 1}
    assert not [w for w in line.device.tell(dump=True)["writes"] if w[1] == VALVE], "advisory"
    line.close_loop()
    line.level(80.0)  # 30 mm too high: the valve opens to 80 %
    line.until(lambda: line.device.holding(VALVE) == 8000)
    assert line.valve()["tripped"] is None
    line.level(150.0)  # beyond the limit: clamped to 100 %
    line.until(lambda: line.device.holding(VALVE) == 10_000)
    assert line.valve()["counters"]["limited"] > 0


def test_a_device_that_clamps_by_itself_trips_on_its_read_back(line: ModbusLine) -> None:
    line.device.tell(clamp={str(VALVE): 6000})
    line.close_loop()
    line.level(90.0)
    line.until(lambda: line.valve().get("tripped") == "read_back_mismatch")
    assert line.device.holding(VALVE) <= 6000


def test_values_that_cannot_be_are_bad_and_never_act(line: ModbusLine) -> None:
    line.close_loop()
    line.device.put("input", LEVEL, words("f", 80.0, little=True))  # the other word order
    line.until(lambda: line.valve().get("state") == "fallback")
    line.until(lambda: line.device.holding(VALVE) == 500)
    line.level(50.0)
    line.until(lambda: line.valve().get("state") == "closed")
    line.device.tell(refuse=[LEVEL])  # an exception instead of an answer
    line.until(lambda: line.valve().get("state") == "fallback")
    assert line.valve()["tripped"] is None


def test_a_lost_device_is_a_lost_plant_until_reset_and_arm(line: ModbusLine) -> None:
    line.close_loop()
    line.device.tell(stop=True)
    line.until(lambda: line.valve().get("tripped") == "plant_lost")
    line.device.tell(start=True)
    line.until(lambda: line.device.holding(HEARTBEAT) in (0, 1))
    time.sleep(0.5)
    assert line.valve()["tripped"] == "plant_lost"
    assert line.operate(m.Arm("test")).reason == "tripped"
    line.close_loop()
    line.level(60.0)
    line.until(lambda: line.device.holding(VALVE) == 6000)


def test_a_core_that_stands_still_stops_the_heartbeat_and_the_outputs_go_to_their_fallback(
    line: ModbusLine,
) -> None:
    line.close_loop()
    core = line.child("core")
    subprocess.run(["kill", "-STOP", str(core)], check=True)
    try:
        deadline_s = time.monotonic() + HANG_S
        while line.device.holding(VALVE) != 500:
            assert time.monotonic() < deadline_s, line.device.holding(VALVE)
            time.sleep(0.05)
        beats = {line.device.holding(HEARTBEAT) for _ in range(30) if not time.sleep(0.02)}
        assert len(beats) == 1, "the heartbeat stands"
    finally:
        subprocess.run(["kill", "-CONT", str(core)], check=True)
    line.until(lambda: line.valve().get("tripped") == "plant_lost")
    line.close_loop()
    line.level(70.0)
    line.until(lambda: line.device.holding(VALVE) == 7000)
    beats = {line.device.holding(HEARTBEAT) for _ in range(40) if not time.sleep(0.02)}
    assert beats == {0, 1}


def test_a_companion_that_dies_is_started_again_and_the_plant_takes_a_reset(
    line: ModbusLine,
) -> None:
    line.close_loop()
    subprocess.run(["kill", "-KILL", str(line.child("plant"))], check=True)
    line.until(lambda: line.valve().get("tripped") == "plant_lost")
    line.until(lambda: (line.core().get("plant") or {}).get("connections", 0) >= 2)
    line.close_loop()
    line.level(60.0)
    line.until(lambda: line.device.holding(VALVE) == 6000)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('type = "uint16"', 'type = "uint8"', ["type", "uint8"]),
        ("scale = 0.01", "scale = 0.0", ["scale", "not 0"]),
        ("scale = 0.01", "scale = 0.001", ["type", "uint16", "100"]),
        ('unit = "%"\nregister', 'unit = "mm"\nregister', ["unit", "'%'", "'mm'"]),
        (f"register = {VALVE}", f"register = {HEARTBEAT}", ["register", "heartbeat"]),
        ("lo = -10.0", "lo = 300.0", ["hi", "300"]),
        ("poll_s = 0.05", "poll_s = 0.0", ["poll_s", "above 0"]),
        ("poll_s = 0.05", "silent_s = 0.2", ["silent_s", "poll_s + timeout_s"]),
        ('[io.outputs."tank.valve"]', '[io.outputs."tank.valv"]', ["tank.valv"]),
        (f"heartbeat = {HEARTBEAT}", "", ["heartbeat"]),
        ("register = 4", "register = 70000", ["register"]),
    ],
)
def test_a_register_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, parts: list[str]
) -> None:
    text = {key: value.replace("PORT", "502").replace(old, new) for key, value in CHANGES.items()}
    file = write_line(tmp_path, text)
    with pytest.raises(Mistakes) as caught:
        load(file)
    for part in [*parts, "line.toml:"]:
        assert part in str(caught.value), caught.value


def test_the_tables_of_the_page_are_a_line_file(tmp_path: Path) -> None:
    text = {**CHANGES, 'driver = "unix"\nchannels = { "tank.level" = "mm" }': PAGE}
    line = load(write_line(tmp_path, text))
    assert line.tables.io == load(write_line(tmp_path, DEFAULTS)).tables.io


def test_a_simulated_line_has_no_device(tmp_path: Path) -> None:
    text = {key: value.replace("PORT", "502") for key, value in CHANGES.items()}
    for key in LIVE:
        del text[key]
    with pytest.raises(Mistakes, match=r"time\.mode"):
        load(write_line(tmp_path, text))
