"""A Modbus device in a process of its own, by an implementation of other origin (modbus-serial)."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

FOLDER = Path(__file__).with_name("modbus")
SETUP = Path(__file__).parents[1] / "setup.sh"
REGISTERS = 200


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def words(code: str, value: float, *, little: bool = False) -> list[int]:
    """Registers of a number, written by the test's own hand."""
    raw = struct.pack(f">{code}", value)
    found = [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
    return found[::-1] if little else found


class JsDevice:
    """Told line by line, answers with its registers and what was written to it."""

    def __init__(self, port: int | None = None) -> None:
        done = subprocess.run(
            [str(SETUP), "modbus"], capture_output=True, text=True, check=False, timeout=400
        )
        assert done.returncode == 0, done.stderr
        node = shutil.which("node")
        if node is None:
            pytest.skip(done.stderr.strip() or "no node")
        self.port = port or free_port()
        self.process = subprocess.Popen(
            [node, str(FOLDER / "device.js"), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the device has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tell(self, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def put(self, table: str, register: int, values: list[int]) -> None:
        """Set registers."""
        self.tell(**{table: {str(register + i): word for i, word in enumerate(values)}})

    def holding(self, register: int) -> int:
        return int(self.tell(dump=True)["holding"][register])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()
