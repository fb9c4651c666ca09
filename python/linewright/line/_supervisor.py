"""Runs a line: core, bus and stations as processes, watched until the core ends or somebody stops
it.

The core is never restarted: it holds actuators, and a second start of it is a person's decision.
The bus (live) and the stations are.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from linewright import _core
from linewright import messages as m
from linewright.bus import COMMANDS, Operator
from linewright.bus._peers import SUPERVISOR, read_facts
from linewright.bus._profile import CORE, TELEMETRY, endpoint
from linewright.bus._sandbox import TOLD, read_obtained
from linewright.line import _plant
from linewright.line import exit as codes
from linewright.line._build import Line
from linewright.line._children import INHERITED, Child, end_group, start_warden, stop_all
from linewright.line._limits import SPARE_PROCESSES, threads_of_user
from linewright.line._notify import notify
from linewright.line._page import Page
from linewright.line._paths import LOCK, RESTART, make_private
from linewright.line._schedule import FAILURES, Schedule
from linewright.plugin._host import PROGRESS_S

READY_S = 20.0
STATUS_S, STATUS_LIVE_S = 0.25, 0.1
SILENT_S = 2 * PROGRESS_S
"""A live station that has made no progress for as long is shown as silent: with a look each
`STATUS_LIVE_S` it is noticed within three beats."""
STALL_LIVE_S, STALL_LOCKSTEP_S = 1.0, 60.0
BUS_SILENT_S = 5.0
GAP_S = 1.0
"""After a longer pause of bus or supervisor the silence of stations is counted anew."""
STOP_S = 1.2
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
    page:
        Start the operator page, unless the line file says otherwise.
    """

    def __init__(
        self,
        line: Line,
        run_dir: Path,
        report: Callable[[dict[str, Any]], None] | None = None,
        *,
        page: bool = False,
    ) -> None:
        self.line, self.run_dir, self._report = line, run_dir, report
        self.alarms: list[str] = []
        self.stopping = False
        self._client: Operator | None = None
        self._asked_s = 0.0
        self._answered_s = self._fair_s = self._moved_s = 0.0
        self._told_of_loop = False
        self._table = b""
        self._obey_s: dict[str, float] = {}
        self._tick = 0
        self._stations = {n: s for n, s in line.tables.stations.items() if not s.elsewhere}
        self._require_sandboxes()
        self._lock = self._take()
        config = line.write(run_dir)
        facts = read_facts(run_dir)
        log = run_dir / "core.log"
        self.core = Child("core", ["linewright.core", str(config)], log, tuple(os.environ))
        self.bus = self._child("bus", ["linewright.bus", str(run_dir)])
        companion = _plant.companion(line.tables, run_dir)
        self.plant = None if companion is None else self._child("plant", companion)
        self.page = Page(line, run_dir) if page and line.tables.hmi.enabled else None
        self.plugins = {name: self._plugin(name) for name in sorted(self._stations)}
        self._warden: subprocess.Popen[bytes] | None = None
        self._window_ticks = facts.window_ticks

    def _child(self, name: str, arguments: list[str]) -> Child:
        child = Child(name, arguments, self.run_dir / f"{name}.log")
        child.not_on_cpu = None if self.line.simulated else self.line.tables.live.cpu
        return child

    def _plugin(self, name: str) -> Child:
        child = self._child(name, ["linewright.plugin", name, str(self.run_dir)])
        table = self._stations[name]
        child.environment = (*INHERITED, *table.environment)
        child.limits = table.limits
        child.nice = 0 if self.line.simulated else table.limits.nice
        child.schedule = Schedule(release_after_s=table.release_after_s)
        for left in (RESTART, TOLD):
            (self.run_dir / f"{name}{left}").unlink(missing_ok=True)
        return child

    def _require_sandboxes(self) -> None:
        """Refuse the line of a station that must be confined where this kernel cannot."""
        there = _core.confinement_offered()
        for name, table in self._stations.items():
            if table.sandbox.mode == "required" and (lacks := table.sandbox.lacks(there)):
                raise RunError(
                    f"station {name} requires a sandbox, and this kernel lacks {', '.join(lacks)} "
                    '(linewright doctor); mode = "wanted" takes what there is',
                    codes.NO_REAL_TIME,
                )

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
        self._warden = start_warden()
        self.core.start()
        self._await(self.core, CORE)
        self.bus.start()
        self._await(self.bus, COMMANDS)
        self._client = Operator(self.run_dir)
        if self.plant is not None:
            self.plant.start()
            self.plant.state = "running"
        threads = threads_of_user(os.getuid()) + SPARE_PROCESSES
        threads += sum(table.limits.processes for table in self._stations.values())
        for plugin in self.plugins.values():
            plugin.most_processes = threads
            plugin.start()
        if self.page is not None:
            self.page.start()
        self.core.state = self.bus.state = "running"
        self._answered_s = time.monotonic()
        self._write_table()
        notify("READY=1")

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
            if self.plant is not None:
                self._watch_plant(self.plant, now_s)
            if self.page is not None:
                self.page.watch(now_s)
            self._status(now_s)
            self._write_table()
            for child in (self.core, self.bus, *self._others()):
                child.mind_log()
            if self._warden is not None and self._warden.poll() is not None:
                self._warden = start_warden()
            time.sleep(POLL_S)
        return codes.OK

    def _core_ended(self, code: int) -> int:
        if code < 0:
            self._alarm(
                f"core was ended by signal {-code}; it is not restarted by itself", "core_ended"
            )
        elif code:
            print(self.core.tail(), file=sys.stderr)
        lost = [p.name for p in self.plugins.values() if p.state == "quarantined"]
        if code == codes.OK and lost and self.line.simulated:
            self._alarm(
                f"the run ended without {', '.join(lost)}: its result is not the line's",
                "station_out",
            )
            return codes.UNAVAILABLE
        return _handed_on(code)

    def _watch_bus(self, now_s: float) -> None:
        if (code := self.bus.ended()) is not None:
            if self.line.simulated:
                raise RunError(
                    f"the bus ended (code {code}); a simulated run cannot go on\n{self.bus.tail()}"
                )
            if self.bus.schedule.failed(now_s, _jitter()):
                raise RunError(
                    f"the bus failed {self.bus.schedule.in_a_row} times\n{self.bus.tail()}"
                )
            self.bus.state = "waiting"
            self._alarm(f"bus ended (code {code}), restarting", "bus_ended")
        elif self.bus.schedule.due(now_s):
            if self.bus.start_again(now_s):
                self.bus.state = "running"
            self._answered_s = now_s
        elif not self.line.simulated and now_s - self._answered_s > BUS_SILENT_S:
            self.bus.signal(signal.SIGKILL)
            self._answered_s = now_s

    def _watch_plugin(self, plugin: Child, now_s: float) -> None:
        self._take_request(plugin, now_s)
        if (code := plugin.ended()) is not None:
            self._plugin_ended(plugin, code, now_s)
        elif plugin.schedule.due(now_s):
            plugin.start_again(now_s)
        else:
            self._mind_start(plugin, now_s)

    def _plugin_ended(self, plugin: Child, code: int, now_s: float) -> None:
        schedule = plugin.schedule
        if plugin.asked_by:
            plugin.asked_by, plugin.state = "", "waiting"
            schedule.forget()
            schedule.start_at_s = now_s
        elif code == 0 or self._stations[plugin.name].restart == "never":
            plugin.state = "ended"
            self._alarm(f"station {plugin.name} ended (code {code})", "station_ended", plugin.name)
        elif code in (codes.BAD_CONFIG, codes.NO_REAL_TIME):
            plugin.state = "quarantined"
            self._alarm(
                f"station {plugin.name} cannot be made: {plugin.tail()}", "station_out", plugin.name
            )
        elif schedule.failed(now_s, _jitter()):
            plugin.state = "quarantined"
            self._alarm(
                f"station {plugin.name} failed {FAILURES} times within a minute "
                f"and is out; the line goes on without it\n{plugin.tail()}",
                "station_out",
                plugin.name,
            )
        else:
            plugin.state = "waiting"

    def _mind_start(self, plugin: Child, now_s: float) -> None:
        """End a station that is not ready in time, or that does not obey a request to end."""
        if plugin.process is None:
            return
        running_s = now_s - plugin.schedule.started_s
        if plugin.asked_by and now_s > self._obey_s.get(plugin.name, now_s):
            end_group(plugin.process.pid)
        elif plugin.state == "starting" and running_s > self._stations[plugin.name].ready_s:
            self._end(plugin, "was not ready", running_s, now_s)

    def _end(self, plugin: Child, why: str, for_s: float, now_s: float) -> None:
        """End a station that is there but of no use; its end is then handled like any other."""
        if plugin.process is None or plugin.ending:
            return
        plugin.ending = True
        if plugin.schedule.to_tell(why, now_s):
            self._alarm(
                f"station {plugin.name} {why} for {for_s:.1f} s and is ended",
                "station_ended",
                plugin.name,
            )
        end_group(plugin.process.pid)

    def _take_request(self, plugin: Child, now_s: float) -> None:
        """A person asks for the restart of a station, or releases it from quarantine, by a file
        with a name in it."""
        request = self.run_dir / f"{plugin.name}{RESTART}"
        try:
            operator = request.read_text().strip()[:100]
        except FileNotFoundError:
            return
        request.unlink(missing_ok=True)
        detail = {"station": plugin.name, "operator": operator, "was": plugin.state}
        self._tell(m.Decide("restart", [], detail))
        if plugin.process is None:
            plugin.state = "waiting"
            plugin.schedule.forget()
            plugin.schedule.start_at_s = now_s
            return
        plugin.asked_by = operator or "unknown"
        self._obey_s[plugin.name] = now_s + STOP_S
        plugin.signal(signal.SIGTERM)

    def _watch_plant(self, plant: Child, now_s: float) -> None:
        """Start the plant's process again when it ends: the core has gone safe by then."""
        if (code := plant.ended()) is not None:
            if code == codes.BAD_CONFIG:
                plant.state = "quarantined"
                self._alarm(f"the plant's process cannot serve: {plant.tail()}", "plant_ended")
            elif plant.schedule.failed(now_s, _jitter()):
                plant.state = "quarantined"
                self._alarm(
                    f"the plant's process is out (code {code})\n{plant.tail()}", "plant_ended"
                )
            else:
                plant.state = "waiting"
                self._alarm(f"the plant's process ended (code {code}), restarting", "plant_ended")
        elif plant.schedule.due(now_s) and plant.start_again(now_s):
            plant.state = "running"

    def _others(self) -> list[Child]:
        """Processes beside core and bus."""
        beside = [] if self.page is None else [self.page.child]
        return [*beside, *([] if self.plant is None else [self.plant]), *self.plugins.values()]

    def _status(self, now_s: float) -> None:
        if self._client is None:
            return
        for frame in self._client.receive():
            _, message = m.decode(frame)
            if isinstance(message, m.Status):
                if now_s - self._answered_s > GAP_S:
                    self._fair_s = now_s
                self._answered_s = now_s
                self._judge(json.loads("".join(message.json)), now_s)
        if now_s - self._asked_s >= (STATUS_S if self.line.simulated else STATUS_LIVE_S):
            self._asked_s = now_s
            self._client.send([self._client.frame(m.StatusRequest())])

    def _judge(self, status: dict[str, Any], now_s: float) -> None:
        """Look at each station's progress."""
        self._mind_loop(status["bus"]["core_tick"], now_s)
        if self._client is not None:
            self._client.follow(status)
        for name, peer in status["bus"]["stations"].items():
            plugin = self.plugins.get(name)
            if plugin is not None and plugin.process is not None:
                self._judge_plugin(plugin, peer, now_s)
        if self._report is not None:
            self._report(status)

    def _mind_loop(self, tick: int, now_s: float) -> None:
        """Tell, once, that the core's loop stands; nobody but a person does anything about it."""
        if tick != self._tick or self.line.simulated:
            self._tick, self._moved_s = tick, now_s
            self._told_of_loop = False
        elif now_s - max(self._moved_s, self._fair_s) > STALL_LIVE_S and not self._told_of_loop:
            self._told_of_loop = True
            self._alarm(
                f"the core's loop stands at tick {tick}; it is not ended by itself", "loop_stands"
            )

    def _judge_plugin(self, plugin: Child, peer: dict[str, Any], now_s: float) -> None:
        """A station is ready when it has joined and begun to step since its start; from then on it
        shows progress, or is ended."""
        simulated = self.line.simulated
        joined = peer["joined"] and peer["progress_at_s"] >= plugin.schedule.started_s
        if plugin.state == "starting":
            if joined and (simulated or peer["progress"] > 0):
                plugin.state = "running"
                plugin.sandbox = read_obtained(self.run_dir, plugin.name)
            return
        silent_s = now_s - max(peer["progress_at_s"], plugin.schedule.started_s, self._fair_s)
        if plugin.state in ("running", "silent") and not simulated:
            plugin.state = "silent" if silent_s > SILENT_S else "running"
        stated_s = self._stations[plugin.name].stall_s
        limit_s = stated_s or (STALL_LOCKSTEP_S if simulated else STALL_LIVE_S)
        waited_for = peer["joined"] and (peer["owes_step"] or not simulated)
        if waited_for and silent_s > limit_s:
            self._end(plugin, "made no progress", silent_s, now_s)

    def _alarm(self, text: str, what: str, of: str = "") -> None:
        """Tell whoever stands there, and the ledger: alarm `supervisor.WHAT`, of a station."""
        self.alarms.append(text.splitlines()[0])
        with suppress(OSError):
            print(f"linewright: {text}", file=sys.stderr, flush=True)
        self._tell(m.Record("alarm", {"name": f"supervisor.{what}", "of": of, "text": text[:1000]}))

    def _tell(self, action: m.Decide | m.Record) -> None:
        """Into the ledger."""
        if self._client is not None:
            # A person may have spoken since the last status; the clock may have been set back.
            self._client.epoch = max(self._client.epoch, time.time_ns())
            frame = self._client.frame(
                m.Command(0, action), self._tick, self._tick + self._window_ticks
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
                "plant": None if self.plant is None else self.plant.describe(),
                "hmi": None if self.page is None else self.page.describe(),
                "alarms": self.alarms[-20:],
            }
        )
        if table == self._table:
            return
        fresh = self.run_dir / f"{SUPERVISOR}.new"
        with suppress(OSError):  # a full disk ends no line: it is tried again with the next look
            fresh.write_bytes(table)
            fresh.replace(self.run_dir / SUPERVISOR)
            self._table = table

    def _stop(self) -> None:
        deadline_s = time.monotonic() + STOP_S
        if self._client is not None:
            self._client.close()
            self._client = None
        notify("STOPPING=1")
        if self.page is not None:
            self.page.end()
        stop_all([self.core, *self._others(), self.bus], deadline_s)
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
            self._warden.wait()
        for name in (CORE, COMMANDS, TELEMETRY, SUPERVISOR):
            (self.run_dir / name).unlink(missing_ok=True)
        self._lock.close()


def _jitter() -> float:
    return random.uniform(-1.0, 1.0)


def _handed_on(code: int) -> int:
    """Exit code of a line whose core ended like this."""
    return codes.UNAVAILABLE if code < 0 else code


def run_line(
    line: Line,
    run_dir: Path,
    report: Callable[[dict[str, Any]], None] | None = None,
    *,
    page: bool = False,
) -> int:
    """Run a line in the foreground until it ends or SIGINT or SIGTERM comes; the exit code. With
    `page` its operator page is served beside it.

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
    supervisor = Supervisor(line, run_dir, report, page=page)
    supervisor.stopping = stopped
    return supervisor.run()
