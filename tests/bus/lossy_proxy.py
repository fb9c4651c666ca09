"""A proxy of the telemetry socket that drops messages by chance and knows what it let through."""

from __future__ import annotations

import random
import struct
import tempfile
import threading
from pathlib import Path

import plain_wire as plain
import zmq


class Lossy:
    """XPUB for one listener, XSUB at the bus; `drop` is the chance a message is lost."""

    def __init__(self, run_dir: Path, drop: float, seed: int) -> None:
        self.drop = drop
        self._random = random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="lwp", dir="/tmp")
        self.address = f"ipc://{self._folder.name}/t"
        self._upstream = f"ipc://{run_dir}/telemetry.sock"
        self._passed: list[tuple[str, int, int]] = []
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def passed(self, since: dict[str, tuple[int, int]]) -> int:
        """Different messages let through that are newer than these numbers."""
        return len({p for p in self._passed if p[1:] > since.get(p[0], (0, 0))})

    def _run(self) -> None:
        with zmq.Context() as context:
            out, into = context.socket(zmq.XPUB), context.socket(zmq.XSUB)
            for one in (out, into):
                one.set(zmq.LINGER, 0)
                one.set(zmq.SNDHWM, 0)
                one.set(zmq.RCVHWM, 0)
            into.set(zmq.RECONNECT_IVL, 50)
            into.connect(self._upstream)
            out.bind(self.address)
            poller = zmq.Poller()
            poller.register(out, zmq.POLLIN)
            poller.register(into, zmq.POLLIN)
            while not self._stop:
                for ready, _ in poller.poll(50):
                    if ready is out:
                        into.send(out.recv())
                        continue
                    parts = into.recv_multipart()
                    if self._random.random() < self.drop:
                        continue
                    out.send_multipart(parts)
                    topic = parts[0].decode()
                    if topic != "bus.beacon":
                        frames = plain.split(parts[1])
                        numbers = [struct.unpack_from("<QQ", frame, 24) for frame in frames]
                        self._passed += [(topic, *number) for number in numbers]
            out.close()
            into.close()

    def close(self) -> None:
        self._stop = True
        self._thread.join(5.0)
        self._folder.cleanup()
