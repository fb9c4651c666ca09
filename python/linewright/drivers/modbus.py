"""`python -m linewright.drivers.modbus RUN_DIR`: a Modbus TCP device as the plant of a line.

Started and watched by `linewright run` for a line with `[io] driver = "modbus"`. One round every
`poll_s`: heartbeat register, outputs, inputs. Writes of the gate go out as they come.

When the core's heartbeat stops, the heartbeat register stops toggling and every output with
`fallback = { ramp_to = ... }` goes there under its rate; both stay so until an operator's reset. A
device that cannot be reached is no plant: the core is told (`SAFE`), and it takes a reset after it
is back.
"""

from __future__ import annotations

import json
import select
import signal
import sys
import time
from pathlib import Path

import msgspec

from linewright.bus._parent import die_with_parent
from linewright.drivers._datagrams import Reason
from linewright.drivers._device import BAD, Device, Place
from linewright.drivers._peer import HelloRefusedError, PlantPeer
from linewright.drivers._registers import Address, Channel, Output

CONFIG = "modbus.json"
RETRY_S = 0.2
"""A device or a core that is not there is asked again this often."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an output may do, from its table in the line file."""

    lo: float
    hi: float
    max_rate_per_s: float
    fallback: float | None
    """Where it goes when the core is dead; nothing = it stays."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What the program is started with, from the line file."""

    socket: str
    host: str
    port: int
    device: int
    poll_s: float
    timeout_s: float
    heartbeat: Address
    channels: dict[str, Channel]
    outputs: dict[str, Output]
    limits: dict[str, Limits]


def ramp(at: float, to: float, most: float) -> float:
    """One step towards `to`, at most `most` far.

    >>> ramp(10.0, 0.0, 4.0), ramp(2.0, 0.0, 4.0)
    (6.0, 0.0)
    """
    return to if abs(to - at) <= most else at + (most if to > at else -most)


class Companion:
    """Between one core and one device."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.stopping = False
        units = {name: of.unit for name, of in setup.channels.items()}
        self.peer = PlantPeer(
            Path(setup.socket), units, {name: of.unit for name, of in setup.outputs.items()}
        )
        self.device = Device(
            Place(setup.host, setup.port, setup.device, setup.timeout_s),
            setup.channels,
            setup.outputs,
            {name: (of.lo, of.hi) for name, of in setup.limits.items()},
        )
        self.lost = False
        """The device could not be reached or refused a write since the last reset."""
        self._toggle = 0
        self._at: dict[str, float] = {}
        """Where the outputs stand, as last read back or written."""
        self._retry_s = 0.0

    def run(self) -> None:
        """Until stopped.

        Raises
        ------
        HelloRefusedError
            When the core has another list.
        """
        due_s = time.monotonic()
        while not self.stopping:
            now_s = time.monotonic()
            if now_s >= due_s:
                self.round()
                due_s = max(due_s + self.setup.poll_s, time.monotonic())
            self._wait(due_s)
            self._writes()

    def _wait(self, until_s: float) -> None:
        """Until then, or until the core says something, or its heartbeat is overdue."""
        patience_s = max(0.0, until_s - time.monotonic())
        if not self.peer.connected:
            time.sleep(patience_s)
            return
        if not self.peer.safe:
            patience_s = min(patience_s, self.peer.due_s() + 1e-3)
        select.select([self.peer], [], [], patience_s)

    def _writes(self) -> None:
        """What the gate has admitted since the last look."""
        resets = self.peer.resets
        writes = self.peer.receive()
        if self.peer.resets > resets:
            self.lost = False
        if self.lost:
            return
        for write in writes:
            if write.reason != Reason.RELEASE:
                self._put(write.actuator, write.value)

    def _put(self, name: str, value: float) -> None:
        if self.device.write(name, value):
            self._at[name] = value
        else:
            self.lost = True

    def round(self) -> None:
        """One round: connections, heartbeat, fallback, values."""
        now_s = time.monotonic()
        if now_s >= self._retry_s:
            if not self.peer.connected and not self.peer.connect():
                self._retry_s = now_s + RETRY_S
            if not self.device.connect():
                self.lost, self._retry_s = True, now_s + RETRY_S
        self._writes()
        if self.peer.safe:
            self._go_safe()
        elif self.peer.connected and not self.device.put(self.setup.heartbeat, [self._toggle]):
            self.lost = True
        elif self.peer.connected:
            self._toggle ^= 1
        channels, read_backs = self.device.read()
        self._at.update({n: v.value for n, v in read_backs.items() if v.quality != BAD})
        self.peer.send(channels, read_backs, safe=self.lost)

    def _go_safe(self) -> None:
        """One step of every output that has somewhere to go."""
        for name, limits in self.setup.limits.items():
            at = self._at.get(name)
            if limits.fallback is None or at is None or at == limits.fallback:
                continue
            step = limits.max_rate_per_s * self.setup.poll_s
            value = ramp(at, limits.fallback, step)
            if self.device.write(name, value):
                self._at[name] = value

    def report(self) -> dict[str, object]:
        """For whoever looks."""
        return {
            "safe": self.peer.safe,
            "lost": self.lost,
            "core": self.peer.connected,
            "device": self.device.connected,
            **self.device.counts,
        }

    def close(self) -> None:
        """The end: the core is let go, the heartbeat stops, the outputs stay where they are."""
        self.peer.close()
        self.device.close()


def main() -> int:
    """Serve until stopped; 78 when the core refuses the list."""
    if len(sys.argv) != 2:
        print("usage: python -m linewright.drivers.modbus RUN_DIR", file=sys.stderr)
        return 2
    die_with_parent(signal.SIGTERM)
    setup = msgspec.json.decode((Path(sys.argv[1]) / CONFIG).read_bytes(), type=Setup)
    companion = Companion(setup)

    def stop(*_: object) -> None:
        companion.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        companion.run()
    except HelloRefusedError as refused:
        print(f"the core refuses the list of channels: {refused}", file=sys.stderr)
        return 78
    finally:
        companion.close()
        print(json.dumps(companion.report()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
