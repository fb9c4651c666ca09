"""A broker and a vehicle of others as processes on the loopback interface."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from linewright.vda5050 import Event, Fleet, VehicleId, VirtualVehicle

VEHICLE = Path(__file__).parent / "vehicle"
SETUP = Path(__file__).parents[1] / "setup.sh"
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
PATIENCE_S = 20.0
PROGRAMS = ("mosquitto", "openssl", "node", "npm")


def need() -> None:
    """Set up what is absent; who may not is let off, root is not."""
    done = subprocess.run(
        [str(SETUP), "vda5050"], capture_output=True, text=True, check=False, timeout=400
    )
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if done.returncode == 0 and not absent:
        return
    why = f"VDA 5050 over MQTT needs {', '.join(PROGRAMS)}: {done.stderr or absent}"
    if os.geteuid() == 0:
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """mosquitto on a free port of the loopback interface."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.port = free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._config.write_text(
            "\n".join([f"listener {self.port} 127.0.0.1", "persistence false", *lines, ""])
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto", path=PATH)
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            assert self._process.poll() is None, "mosquitto ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Foreign:
    """The vehicle of vda-5050-lib."""

    def __init__(self, broker: Broker, vehicle: VehicleId, version: str, **position: Any) -> None:
        node = shutil.which("node", path=PATH)
        assert node is not None
        options = {
            "brokerUrl": f"mqtt://127.0.0.1:{broker.port}",
            "version": version,
            "manufacturer": vehicle.manufacturer,
            "serialNumber": vehicle.serial_number,
            "position": {"theta": 0.0, **position},
            "timeLapse": 20,
        }
        self.process = subprocess.Popen(
            [node, str(VEHICLE / "vehicle.js"), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "started\n"

    def leave(self) -> None:
        """In good order: OFFLINE."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self._close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class Watch:
    """Polls a fleet, and what else must turn, until something is so."""

    def __init__(self, fleet: Fleet, others: Iterable[VirtualVehicle] = ()) -> None:
        self.fleet = fleet
        self.others = list(others)
        self.events: list[Event] = []

    def poll(self) -> None:
        now_s, utc_s = time.monotonic(), time.time()
        for other in self.others:
            other.poll(now_s, utc_s)
        self.events += self.fleet.poll(now_s, utc_s)

    def until(self, what: Callable[[], bool]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < until_s, f"{what} never came; {self.events[-5:]}"
            self.poll()
            time.sleep(0.01)

    def seen(self, kind: type[Event], count: int = 1) -> None:
        self.until(lambda: len(self.told(kind)) >= count)

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def now_s(self) -> float:
        return time.monotonic()


class Master:
    """The master control of vda-5050-lib: asks and tells JSON."""

    def __init__(self, broker: Broker, vehicle: VehicleId, version: str) -> None:
        node = shutil.which("node", path=PATH)
        assert node is not None
        options = {
            "brokerUrl": f"mqtt://127.0.0.1:{broker.port}",
            "version": version,
            "manufacturer": vehicle.manufacturer,
            "serialNumber": vehicle.serial_number,
        }
        self.told: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [node, str(VEHICLE / "master.js"), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def ask(self, **what: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def until(self, vehicle: VirtualVehicle, told: dict[str, Any]) -> None:
        """Turn the vehicle until the master tells this (of its fields those that are given)."""
        until_s = time.monotonic() + PATIENCE_S
        while not any(told.items() <= line.items() for line in list(self.told)):
            assert time.monotonic() < until_s, f"{told} never came; {self.told}"
            vehicle.poll(time.monotonic(), time.time())
            time.sleep(0.005)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))
