"""S6: payloads that would write a file if anything made code of them, said to every endpoint of a
bus and its core; the file never appears."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import msgspec
import plain_wire as plain
import zmq
from bus_rig import KEYS, OPERATOR
from network_rig import Net, bus_status, until


class _Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def payloads(canary: Path) -> dict[str, bytes]:
    yaml = f"!!python/object/apply:os.mkdir ['{canary}']"
    bomb = pickle.dumps(_Bomb(canary))
    return {
        "pickle": bomb,
        "yaml": yaml.encode(),
        "pickle as a string": msgspec.msgpack.encode({"station": bomb.decode("latin1")}),
        "pickle as binary": msgspec.msgpack.encode({"body": bomb, "topic": "alpha.x"}),
        "yaml as a string": msgspec.msgpack.encode({"topic": "alpha.x", "body": yaml}),
        "msgpack extension": msgspec.msgpack.encode(
            {"topic": "alpha.x", "body": msgspec.msgpack.Ext(5, bomb)}
        ),
        "expression": msgspec.msgpack.encode(
            {"topic": "alpha.x", "body": f"__import__('os').mkdir('{canary}')"}
        ),
    }


def sealed(payload: bytes, kind: int, sender: int) -> bytes:
    head = plain.HEADER.pack(b"LWR1", kind, 1, len(payload), 0, sender, 1, 1, 0, 0, 0, 0, 0, 0)[:68]
    return head + struct.pack("<IQ", plain.crc32c(head + payload), 0) + payload


def test_the_bombs_are_live(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pickle.loads(payloads(canary)["pickle"])
    assert canary.exists()


def test_s6_no_endpoint_makes_code_of_what_it_is_told(rig, tmp_path: Path) -> None:
    net = Net(tmp_path / "keys")
    rig = rig(network=net.facts(), frames_per_s=1e5)
    rig.station("alpha")
    canary = tmp_path / "canary"
    bombs = payloads(canary)
    said = 0
    with zmq.Context() as context:
        local = context.socket(zmq.DEALER)
        local.connect(f"ipc://{rig.run_dir}/commands.sock")
        far = net.curve(context.socket(zmq.DEALER), "pc")
        far.connect(net.commands)
        listeners = []
        for address in (f"ipc://{rig.run_dir}/telemetry.sock", net.telemetry):
            one = context.socket(zmq.SUB)
            if address == net.telemetry:
                net.curve(one, "eye")
            one.connect(address)
            for bomb in bombs.values():
                one.subscribe(bomb)
            listeners.append(one)
        for socket in (local, far):
            for bomb in bombs.values():
                for data in (bomb, *(sealed(bomb, kind, 11) for kind in plain.KINDS.values())):
                    socket.send(data)
                    said += 1
        for bomb in bombs.values():  # as if the core itself had gone over
            for kind in plain.KINDS.values():
                data = sealed(bomb, kind, OPERATOR)
                rig.core.link.send(struct.pack("<I", len(data)) + data)
            rig.core.link.send(bomb)

        def refused() -> bool:
            counters = bus_status(rig)["counters"]
            kinds = ("malformed", "refused.rights", "unknown_sender", "refused.kind")
            asked = sum(n for k, n in counters.items() if k.startswith("in."))
            return sum(counters.get(k, 0) for k in kinds) + asked > said * 0.9

        until(refused, "all has been looked at")
        for one in (local, far, *listeners):
            one.close(0)
    assert rig.process.poll() is None
    assert not canary.exists()
    assert KEYS["alpha"] == 11
