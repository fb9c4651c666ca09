"""A bus process, a stand-in for the core at its socket, and stations written with plain ZeroMQ."""

from __future__ import annotations

import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import plain_wire as plain
import zmq

OPERATOR = 99
KEYS = {"alpha": 11, "beta": 12}


class CorePeer:
    """Listens like the core; frames in and out by hand."""

    def __init__(self, path: Path) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(10)
        self.link: socket.socket | None = None
        self.seq, self.epoch = 0, 1
        self.topics: dict[str, int] = {}
        self.kept: list[tuple[str, dict, dict]] = []

    def accept(self) -> None:
        self.link, _ = self.listener.accept()
        self.link.settimeout(10)

    def send(self, *bodies: tuple[str, dict], tick: int = 0, quality: int = 0) -> None:
        datagram = b""
        for kind, body in bodies:
            stamp = {"seq": self.number(kind, body), "epoch": self.epoch}
            data = plain.frame(kind, body, **stamp, tick=tick, ns=1 + tick, quality=quality)
            datagram += struct.pack("<I", len(data)) + data
        self.link.send(datagram)

    def number(self, kind: str, body: dict) -> int:
        """Next number of the topic, or of what has none."""
        named = {"sample": "topic", "event": "name", "map_point": "map"}
        topic = "line.state" if kind == "state" else body.get(named.get(kind, ""))
        if topic is None:
            self.seq += 1
            return self.seq
        self.topics[topic] = self.topics.get(topic, 0) + 1
        return self.topics[topic]

    def begin_again(self) -> None:
        """A core that was started anew: a new epoch, numbers from 1, a new link."""
        self.epoch += 1
        self.topics.clear()
        self.link.close()
        self.accept()

    def next(self, kind: str | None = None) -> tuple[str, dict, dict]:
        """Next frame from the bus, of a kind when one is named."""
        while True:
            while not self.kept:
                datagram = self.link.recv(1 << 20)
                assert datagram, "the bus closed the link"
                at = 0
                while at < len(datagram):
                    (size,) = struct.unpack_from("<I", datagram, at)
                    self.kept.append(plain.parse(datagram[at + 4 : at + 4 + size]))
                    at += 4 + size
            got = self.kept.pop(0)
            if kind is None or got[0] == kind:
                return got

    def close(self) -> None:
        if self.link is not None:
            self.link.close()
        self.listener.close()


class PlainStation:
    """A station that knows nothing but ZeroMQ and msgpack."""

    def __init__(self, run_dir: Path, name: str, key: int, epoch: int = 1) -> None:
        self.name, self.key, self.epoch, self.seq = name, key, epoch, 0
        self.topics: dict[str, int] = {}
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.set(zmq.LINGER, 0)
        self.socket.connect(f"ipc://{run_dir}/commands.sock")
        self.kept: list[tuple[str, dict, dict]] = []

    def data(self, kind: str, body: dict, **stamp: int) -> bytes:
        if kind == "publish":
            seq = self.topics[body["topic"]] = self.topics.get(body["topic"], 0) + 1
        else:
            seq = self.seq = self.seq + 1
        seq = stamp.pop("seq", seq)
        return plain.frame(kind, body, sender=self.key, epoch=self.epoch, seq=seq, **stamp)

    def send(self, *bodies: tuple[str, dict], **stamp: int) -> None:
        """Send frames as the parts of one message."""
        self.socket.send_multipart([self.data(kind, body, **stamp) for kind, body in bodies])

    def hello(self, *topics: str) -> None:
        body = {"station": self.name, "api": 1, "pid": 0, "topics": [self.name, *topics]}
        self.send(("hello", body))
        ack = self.next("ack")[2]
        assert ack["status"] == "applied", ack
        self.numbers = self.next("snapshot")[2]["numbers"]

    def next(self, kind: str | None = None, timeout_s: float = 10.0) -> tuple[str, dict, dict]:
        deadline = time.monotonic() + timeout_s
        while True:
            while not self.kept:
                left = deadline - time.monotonic()
                assert self.socket.poll(max(0, int(left * 1000))), f"{self.name}: no {kind}"
                self.kept += [plain.parse(part) for part in self.socket.recv_multipart()]
            got = self.kept.pop(0)
            if kind is None or got[0] == kind:
                return got

    def silent(self, for_s: float = 0.3) -> bool:
        return not self.kept and not self.socket.poll(int(for_s * 1000))

    def close(self) -> None:
        self.socket.close()
        self.context.term()


class Rig:
    """Run directory, bus process, core stand-in."""

    def __init__(self, run_dir: Path, lockstep: bool, **more: object) -> None:
        self.run_dir = run_dir
        self.stations: list[PlainStation] = []
        facts = {
            "line": "rig",
            "lockstep": lockstep,
            "base_hz": 30,
            "step_ticks": 30,
            "window_ticks": 60,
            "epoch_base": 0,
            "operator_key": OPERATOR,
            "stations": {name: {"key": key, "plugin": name} for name, key in KEYS.items()},
            **more,
        }
        (run_dir / "line.json").write_bytes(msgspec.json.encode(facts))
        self.core = CorePeer(run_dir / "core.sock")
        self.process = self.start()
        self.core.accept()

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "linewright.bus", str(self.run_dir)],
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 90  # a loaded machine starts slowly
        while not (self.run_dir / "commands.sock").exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return process

    def station(self, name: str, *topics: str, epoch: int = 1) -> PlainStation:
        made = self.stranger(name, KEYS[name], epoch)
        made.hello(*topics)
        return made

    def stranger(self, name: str, key: int, epoch: int = 1) -> PlainStation:
        made = PlainStation(self.run_dir, name, key, epoch)
        self.stations.append(made)
        return made

    def restart(self, by: signal.Signals) -> None:
        """End the bus and start it again; the core takes its link."""
        self.process.send_signal(by)
        self.process.wait(10)
        self.process.stderr.close()
        (self.run_dir / "commands.sock").unlink(missing_ok=True)
        self.process = self.start()
        self.core.link.close()
        self.core.accept()

    def close(self) -> None:
        for station in self.stations:
            station.close()
        self.process.terminate()
        code = self.process.wait(30)
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.core.close()
        assert code == 0, f"the bus ended with {code}: {said}"
