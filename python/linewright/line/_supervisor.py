"""Runs a line: core, bus and stations as processes, watched until the core ends or somebody stops
it.

The core is never restarted: it holds actuators, and a second start of it is a person's decision.
The bus (live) and the stations are.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from linewright import messages as m
from linewright.bus import COMMANDS, Operator
from linewright.bus._peers import SUPERVISOR, read_facts
from linewright.bus._profile import CORE, TELEMETRY, endpoint
from linewright.line import exit as codes
from linewright.line._build import Line
from linewright.line._children import Child, stop_all
from linewright.line._paths import LOCK, make_private

READY_S = 20.0
STATUS_S = 0.25
STALL_LIVE_S = 1.0
STALL_LOCKSTEP_S = 60.0
BUS_SILENT_S = 5.0
STOP_S = 1.6
POLL_S = 0.02


class RunError(Exception):
    """The line cannot run; `code` is the exit code."""

    def __init__(self, message: str, code: int = codes.UNAVAILABLE) -> None:
        super().__init__(message)
        self.code = code


class Supervisor:
    """Processes of one line.

    Parameters
    ----------
    line:
        The checked line file.
    run_dir:
        Its run directory; made when missing, refused when another run holds it.
    report:
        Called with every status document, about four times a second.
    """

    def __init__(
        self, line: Line, run_dir: Path, report: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        self.line, self.run_dir, self._report = line, run_dir, report
        self.alarms: list[str] = []
        self.stopping = False
        self._client: Operator | None = None
        self._asked_s = 0.0
        self._answered_s = 0.0
        self._table = b""
        self._tick = 0
        self._lock = self._take()
        config = line.write(run_dir)
        facts = read_facts(run_dir)
        self.core = self._child("core", ["linewright.core", str(config)])
        self.bus = self._child("bus", ["linewright.bus", str(run_dir)])
        self.plugins = {
            name: self._child(name, ["linewright.plugin", name, str(run_dir)])
            for name, entry in facts.stations.items()
            if not entry.elsewhere
        }
        self._window_ticks = facts.window_ticks
        self._restart = {name: entry.restart for name, entry in facts.stations.items()}

    def _child(self, name: str, arguments: list[str]) -> Child:
        return Child(name, arguments, self.run_dir / f"{name}.log")

    def _take(self) -> Any:
        """Take the run directory, and clear away what a dead run has left in it."""
        try:
            make_private(self.run_dir)
            endpoint(self.run_dir, TELEMETRY)
        except (OSError, ValueError) as error:
            raise RunError(f"run directory: {error}", codes.BAD_CONFIG) from error
        lock = (self.run_dir / LOCK).open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise RunError(
                f"line {self.line.name!r} is already running in {self.run_dir} (process {holder})"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        for name in (CORE, COMMANDS, TELEMETRY, SUPERVISOR):
            (self.run_dir / name).unlink(missing_ok=True)
        return lock

    def run(self) -> int:
        """Start everything, watch until the end; the exit code."""
        try:
            self._start()
            return self._watch()
        finally:
            self._stop()

    # -- start -----------------------------------------------------------------------------------

    def _start(self) -> None:
        self.core.start()
        self._await(self.core, CORE)
        self.bus.start()
        self._await(self.bus, COMMANDS)
        self._client = Operator(self.run_dir)
        for plugin in self.plugins.values():
            plugin.start()
        self._answered_s = time.monotonic()
        self._write_table()

    def _await(self, child: Child, socket: str) -> None:
        deadline_s = time.monotonic() + READY_S
        while not (self.run_dir / socket).exists():
            if (code := child.ended()) is not None:
                raise RunError(f"{child.name} did not start\n{child.tail()}", _handed_on(code))
            if time.monotonic() > deadline_s:
                raise RunError(f"{child.name} was not ready within {READY_S:g} s\n{child.tail()}")
            if self.stopping:
                raise RunError("stopped while starting", codes.OK)
            time.sleep(POLL_S)

    # -- watch -----------------------------------------------------------------------------------

    def _watch(self) -> int:
        while not self.stopping:
            now_s = time.monotonic()
            if (code := self.core.ended()) is not None:
                return self._core_ended(code)
            self._watch_bus(now_s)
            for plugin in self.plugins.values():
                self._watch_plugin(plugin, now_s)
            self._status(now_s)
            self._write_table()
            time.sleep(POLL_S)
        return codes.OK

    def _core_ended(self, code: int) -> int:
        if code < 0:
            self._alarm(f"core was ended by signal {-code}; it is not restarted by itself")
        elif code:
            print(self.core.tail(), file=sys.stderr)
        lost = [p.name for p in self.plugins.values() if p.state == "quarantined"]
        if code == codes.OK and lost and self.line.simulated:
            self._alarm(f"the run ended without {', '.join(lost)}: its result is not the line's")
            return codes.UNAVAILABLE
        return _handed_on(code)

    def _watch_bus(self, now_s: float) -> None:
        if (code := self.bus.ended()) is not None:
            if self.line.simulated:
                raise RunError(
                    f"the bus ended (code {code}); a simulated run cannot go on\n{self.bus.tail()}"
                )
            if self.bus.failed(now_s):
                raise RunError(f"the bus failed {len(self.bus.failed_s)} times\n{self.bus.tail()}")
            self._alarm(f"bus ended (code {code}), restarting")
        elif self.bus.due(now_s):
            self.bus.restarts += 1
            self.bus.start()
            self._answered_s = now_s
        elif not self.line.simulated and now_s - self._answered_s > BUS_SILENT_S:
            self.bus.signal(signal.SIGKILL)
            self._answered_s = now_s

    def _watch_plugin(self, plugin: Child, now_s: float) -> None:
        if (code := plugin.ended()) is not None:
            if code == 0 or self._restart[plugin.name] == "never":
                plugin.state = "ended"
                self._alarm(f"station {plugin.name} ended (code {code})")
            elif code == codes.BAD_CONFIG:
                plugin.state = "quarantined"
                self._alarm(f"station {plugin.name} cannot be made: {plugin.tail()}")
            elif plugin.failed(now_s):
                self._alarm(
                    f"station {plugin.name} failed {len(plugin.failed_s)} times within a minute "
                    f"and is out; the line goes on without it\n{plugin.tail()}"
                )
        elif plugin.due(now_s):
            plugin.restarts += 1
            plugin.start()

    def _status(self, now_s: float) -> None:
        if self._client is None:
            return
        for frame in self._client.receive():
            _, message = m.decode(frame)
            if isinstance(message, m.Status):
                self._answered_s = now_s
                self._judge(json.loads("".join(message.json)), now_s)
        if now_s - self._asked_s >= STATUS_S:
            self._asked_s = now_s
            self._client.send([self._client.frame(m.StatusRequest())])

    def _judge(self, status: dict[str, Any], now_s: float) -> None:
        """Kill a station that is there but makes no progress; its end is then handled like any
        other."""
        self._tick = status["bus"]["core_tick"]
        limit_s = STALL_LOCKSTEP_S if self.line.simulated else STALL_LIVE_S
        for name, peer in status["bus"]["stations"].items():
            plugin = self.plugins.get(name)
            if plugin is None:
                continue
            silent_s = now_s - max(peer["progress_at_s"], plugin.started_s)
            waited_for = peer["joined"] and (peer["owes_step"] or not self.line.simulated)
            if plugin.process is not None and waited_for and silent_s > limit_s:
                self._alarm(f"station {name} made no progress for {silent_s:.1f} s and is ended")
                plugin.signal(signal.SIGKILL)
        if self._report is not None:
            self._report(status)

    def _alarm(self, text: str) -> None:
        """Tell whoever stands there, and the ledger."""
        self.alarms.append(text.splitlines()[0])
        print(f"linewright: {text}", file=sys.stderr, flush=True)
        if self._client is not None:
            decision = m.Decide("supervisor_alarm", [], {"text": text[:1000]})
            self._client.epoch = time.time_ns()  # a person may have spoken since
            frame = self._client.frame(
                m.Command(0, decision), self._tick, self._tick + self._window_ticks
            )
            self._client.send([frame])

    def _write_table(self) -> None:
        table = msgspec.json.encode(
            {
                "pid": os.getpid(),
                "line": self.line.name,
                "core": self.core.describe(),
                "bus": self.bus.describe(),
                "plugins": {name: plugin.describe() for name, plugin in self.plugins.items()},
                "alarms": self.alarms[-20:],
            }
        )
        if table != self._table:
            self._table = table
            fresh = self.run_dir / f"{SUPERVISOR}.new"
            fresh.write_bytes(table)
            fresh.replace(self.run_dir / SUPERVISOR)

    def _stop(self) -> None:
        deadline_s = time.monotonic() + STOP_S
        if self._client is not None:
            self._client.close()
            self._client = None
        stop_all([self.core, *self.plugins.values(), self.bus], deadline_s)
        for name in (CORE, COMMANDS, TELEMETRY, SUPERVISOR):
            (self.run_dir / name).unlink(missing_ok=True)
        self._lock.close()


def _handed_on(code: int) -> int:
    """Exit code of a line whose core ended like this."""
    return codes.UNAVAILABLE if code < 0 else code


def run_line(
    line: Line, run_dir: Path, report: Callable[[dict[str, Any]], None] | None = None
) -> int:
    """Run a line in the foreground until it ends or SIGINT or SIGTERM comes; the exit code.

    Raises
    ------
    RunError
        When it cannot start or cannot go on.
    """
    supervisor: Supervisor | None = None
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        if supervisor is not None:
            supervisor.stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    supervisor = Supervisor(line, run_dir, report)
    supervisor.stopping = stopped
    return supervisor.run()
