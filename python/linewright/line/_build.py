"""A line file to what its processes are started with: plan, core configuration, facts for bus and
plugins."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from linewright import _core
from linewright.alarms import Definition, declared
from linewright.bus._access import Network
from linewright.bus._peers import FACTS, LineFacts, StationEntry
from linewright.bus._sandbox import Sandbox
from linewright.cause import Cause, merged
from linewright.graph import GraphError, Station, compile_line
from linewright.line import _plant
from linewright.line import _tables as t
from linewright.line._network import network
from linewright.line._paths import black_box
from linewright.line._read import Source, Tables, read
from linewright.line._recipe import with_recipe
from linewright.line._recording import Recording, RecordingError, read_recording
from linewright.mistakes import Mistake as LineError
from linewright.mistakes import Mistakes as LineErrors
from linewright.mistakes import nearest
from linewright.plugin import PluginError, SettingError, find, make_settings
from linewright.plugin._host import EPOCH
from linewright.topics import OWNED

CORE_CONFIG = "core.json"
RECORD = "record.mcap"
RECORDING = "recording.f64"
MIB = 1 << 20
LIVE_WINDOW_S = 1.0
EPOCHS_PER_START = 1000
FIELDS = {
    "lease_ticks": "lease_s",
    "nudge_window_ticks": "nudge_window_s",
    "fallback.value": "fallback",
}
"""Fields of the core's configuration by other names in the line file."""
LEASE_STEPS = 3
"""Lock-steps a lease lasts at least when time is simulated: a station answers once a step."""


@dataclass(frozen=True)
class Line:
    """A checked line file, ready to be written into a run directory."""

    file: Path
    tables: Tables
    source: Source
    plan: str
    summary: dict[str, Any]
    recording: Recording | None
    causes: tuple[Cause, ...]
    """What can go wrong, by all its stations."""
    alarms: tuple[Definition, ...]
    """What its stations ask an operator for."""
    network: Network | None = None
    """Where the bus is beside this machine, and for whom."""
    recipe: dict[str, Any] | None = None
    """What the core is told of the recipe: `name`, `hash`, `certificate`."""

    @property
    def name(self) -> str:
        """Name of the line."""
        return self.tables.line.name

    @property
    def simulated(self) -> bool:
        """Is time simulated?"""
        return self.tables.time.mode == "simulated"

    @property
    def base_hz(self) -> int:
        """Base ticks per second."""
        return int(self.summary["base_hz"])

    @property
    def step_ticks(self) -> int:
        """Base ticks of a lock-step."""
        return max(1, round(self.tables.time.lockstep_s * self.base_hz))

    @property
    def until_tick(self) -> int | None:
        """Tick the run ends before; nothing when it has no end of its own."""
        time = self.tables.time
        duration_s = time.duration_s if time.hours is None else time.hours * 3600.0
        return None if duration_s is None else math.ceil(duration_s * self.base_hz)

    def shortened(self, hours: float) -> Line:
        """The same line ending after `hours` of line time, positive.

        Raises `ValueError` for a live line: it runs until it is stopped.
        """
        if not self.simulated:
            raise ValueError(f"line {self.name} is live: it runs until it is stopped")
        time = msgspec.structs.replace(self.tables.time, hours=hours, duration_s=None)
        return replace(self, tables=replace(self.tables, time=time))

    def requiring_rt(self) -> Line:
        """The same line that does not start without the real time it asks for."""
        live = msgspec.structs.replace(self.tables.live, rt="required")
        return replace(self, tables=replace(self.tables, live=live))

    def lease_ticks(self, table: t.ActuatorTable) -> int:
        """Base ticks a lease lasts."""
        stated = max(1, round(table.lease_s * self.base_hz))
        return max(stated, LEASE_STEPS * self.step_ticks) if self.simulated else stated

    def core_config(self, run_dir: Path, keys: dict[str, int], operator_key: int) -> dict[str, Any]:
        """The document the core is started with."""
        tables = self.tables
        rights = self._rights()
        end = {} if self.until_tick is None else {"until_tick": self.until_tick}
        return {
            "line": self.name,
            "seed": tables.line.seed,
            "plan": json.loads(self.plan),
            "time": {
                "mode": tables.time.mode,
                "base_hz": self.base_hz,
                "lockstep_ticks": self.step_ticks,
                **end,
            },
            "actuators": {name: self._limits(name, a) for name, a in tables.actuators.items()},
            "permit": tables.gate.permit,
            "stations": {name: {"key": keys[name], **right} for name, right in rights.items()},
            "operator_key": operator_key,
            "ledger": self._ledger(run_dir),
            "record": self._record(run_dir),
            "link": {"path": str(run_dir / "core.sock")},
            "driver": self._driver(run_dir),
            "gate": _stated(tables.gate, leave_out="permit"),
            "loops": {name: _stated(table) for name, table in tables.loops.items()},
            "budgets": msgspec.to_builtins(tables.budgets),
            "live": _stated(tables.live),
            "recipe": self.recipe,
        }

    def facts(self, keys: dict[str, int], operator_key: int, ledger: Path) -> LineFacts:
        """The document bus and plugins read."""
        rights = self._rights()
        window_s = LIVE_WINDOW_S
        if self.simulated:
            window_s = max(LIVE_WINDOW_S, 2.0 * self.tables.time.lockstep_s)
        window_s = min(window_s, self.tables.gate.max_window_s or window_s)
        stations = {
            name: StationEntry(
                key=keys[name],
                plugin=table.plugin or name,
                settings=table.settings,
                restart=table.restart,
                elsewhere=table.elsewhere,
                sandbox=self._sandbox(table),
                actuators=rights[name]["actuators"],
                mailboxes={
                    box["name"]: box["unit"]
                    for box in self.summary["mailboxes"]
                    if box["station"] == name
                },
            )
            for name, table in sorted(self.tables.stations.items())
        }
        io = self.tables.io
        pictures = io.camera_file if isinstance(io, t.TwinIo) else None
        return LineFacts(
            line=self.name,
            lockstep=self.simulated,
            base_hz=self.base_hz,
            folder=str(self.file.parent),
            step_ticks=self.step_ticks,
            epoch_base=self._epoch_base(ledger),
            window_ticks=max(1, round(window_s * self.base_hz)),
            lease_ticks={name: self.lease_ticks(a) for name, a in self.tables.actuators.items()},
            operator_key=operator_key,
            ledger=str(ledger),
            network=self.network,
            frames_per_s=self.tables.bus.frames_per_s,
            bytes_per_s=self.tables.bus.bytes_per_s,
            shared=[] if pictures is None else [pictures],
            stations=stations,
        )

    def _sandbox(self, table: t.StationTable) -> Sandbox:
        """What its process may touch; paths count from the line file."""
        stated, folder = table.sandbox, self.file.parent
        read, write = ([str(folder / p) for p in paths] for paths in (stated.read, stated.write))
        return msgspec.structs.replace(stated, read=read, write=write)

    def write(self, run_dir: Path) -> Path:
        """Write everything into a run directory; the path of the core's configuration."""
        keys = {name: self._key(name) for name in self.tables.stations}
        operator_key = secrets.randbits(62) | 1 << 62
        if self.recording is not None:
            self.recording.values.astype("<f8").tofile(run_dir / RECORDING)
        facts = self.facts(keys, operator_key, self.ledger(run_dir))
        for name in self.tables.stations:
            (run_dir / f"{name}{EPOCH}").unlink(missing_ok=True)
        (run_dir / FACTS).write_bytes(msgspec.json.encode(facts))
        config = run_dir / CORE_CONFIG
        config.write_text(json.dumps(self.core_config(run_dir, keys, operator_key), indent=1))
        return config

    def ledger(self, run_dir: Path) -> Path:
        """Where the ledger is."""
        return _output(self.tables.ledger.path, run_dir / "ledger.sqlite")

    @staticmethod
    def _epoch_base(ledger: Path) -> int:
        """A number above every epoch the ledger has seen: a thousand per start row."""
        return EPOCHS_PER_START * Line._starts(ledger)

    @staticmethod
    def _starts(ledger: Path) -> int:
        """How often a core has started with the ledger."""
        if not ledger.exists():
            return 0
        return _core.ledger_starts(str(ledger))

    def _key(self, station: str) -> int:
        """Sender key: a secret in live; in simulated time a function of the names, so that runs
        repeat."""
        if not self.simulated:
            return secrets.randbits(62) | 1 << 61
        digest = hashlib.sha256(f"{self.name}/{station}".encode()).digest()
        return int.from_bytes(digest[:7], "little") | 1 << 60

    def _rights(self) -> dict[str, dict[str, list[str]]]:
        rights = {}
        for station in sorted(self.tables.stations):
            names = {
                kind: [item["name"] for item in self.summary[kind] if item["station"] == station]
                for kind in ("mailboxes", "profiles", "params")
            }
            owned = [name for name, owner in self._owners().items() if owner == station]
            rights[station] = {**names, "actuators": owned}
        return rights

    def _owners(self) -> dict[str, str]:
        """Station that may lease an actuator: as stated, else the one whose loop claims it."""
        claims = {a["name"]: a["station"] for a in self.summary["actuators"]}
        return {
            name: table.owner or claims.get(name, "")
            for name, table in sorted(self.tables.actuators.items())
        }

    def _limits(self, name: str, table: t.ActuatorTable) -> dict[str, Any]:
        fallback: dict[str, Any]
        if isinstance(table.fallback, t.RampTo):
            fallback = {"kind": "ramp_to", "value": table.fallback.ramp_to}
        else:
            fallback = {"kind": table.fallback}
        return {
            "unit": table.unit,
            "lo": table.lo,
            "hi": table.hi,
            "max_rate_per_s": table.max_rate_per_s,
            "nudge_budget": table.nudge_budget,
            "nudge_window_ticks": round(table.nudge_window_s * self.base_hz),
            "fallback": fallback,
            "lease_ticks": self.lease_ticks(table),
            "resolution": table.resolution,
            "read_back_tolerance": table.read_back_tolerance,
            "owner": self._owners()[name],
        }

    def _ledger(self, run_dir: Path) -> dict[str, Any]:
        path = self.ledger(run_dir)
        live = {} if self.simulated else {"black_box": str(black_box(path))}
        stated = _stated(self.tables.ledger, leave_out="path")
        return {**stated, "path": str(path), **live}

    def _record(self, run_dir: Path) -> dict[str, Any] | None:
        record = self.tables.record
        if record is None:
            return None
        return {
            "path": str(_output(record.path, run_dir / RECORD)),
            "all_slots": record.slots == "all",
            "keyframe_s": record.keyframe_s,
            "part_bytes": round(record.part_mib * MIB),
            "quota_bytes": round(record.quota_mib * MIB),
            "required": record.policy == "required",
        }

    def _driver(self, run_dir: Path) -> dict[str, Any]:
        io = self.tables.io
        actuators = [[a["name"], a["unit"]] for a in self.summary["actuators"]]
        match io:
            case t.TwinIo():
                truth = None if io.truth_file is None else str(_output(io.truth_file, run_dir))
                driver = {"kind": "twin", "config": io.twin, "truth_file": truth}
                if io.camera_file is not None:
                    driver["camera_file"] = str(run_dir / io.camera_file)
                return driver
            case t.FileIo():
                assert self.recording is not None
                return {
                    "kind": "file",
                    "path": str(run_dir / RECORDING),
                    "channels": [list(channel) for channel in self.recording.channels],
                    "rows": len(self.recording.values),
                    "actuators": actuators,
                    "counts": self.recording.counts,
                }
            case t.ManualIo():
                return {
                    "kind": "manual",
                    "channels": [list(item) for item in io.channels.items()],
                    "actuators": [list(item) for item in io.actuators.items()],
                    "blocks": [[name, of.unit, of.len] for name, of in io.blocks.items()],
                }
            case t.UnixIo() | t.ModbusIo():
                session = self._starts(self.ledger(run_dir)) + 1
                return _plant.driver(io, run_dir, actuators, session, lockstep=self.simulated)


def _stated(table: t.Table, leave_out: str = "") -> dict[str, Any]:
    values = msgspec.structs.asdict(table)
    return {
        k: _stated(v) if isinstance(v, t.Table) else v
        for k, v in values.items()
        if v is not None and k != leave_out
    }


def _output(stated: str | None, default: Path) -> Path:
    """Output paths count from the working directory."""
    return default if stated is None else Path(stated).expanduser().absolute()


def packaged() -> dict[str, Path]:
    """Line files that come with Linewright, by name.

    >>> sorted(packaged())[:2]
    ['batches', 'bench']
    """
    folder = resources.files("linewright").joinpath("lines")
    return {Path(f.name).stem: Path(str(f)) for f in folder.iterdir() if f.name.endswith(".toml")}


def load(file: Path) -> Line:
    """Read and check a line file.

    Raises
    ------
    LineErrors
        With every mistake that could be found together.
    """
    source, tables = read(file)
    folder = file.absolute().parent
    _check_times(source, tables)
    doors = network(source, tables.bus, list(tables.stations))
    tables, recipe = with_recipe(source, tables)
    stations = [
        s for name, table in tables.stations.items() if (s := _station(source, name, table))
    ]
    source.stop_on_errors()
    recording = _recording(source, tables.io, folder)
    plan = _plan(source, stations)
    summary = _core.plan_summary(plan)
    tables = _spread(source, tables, [a["name"] for a in summary["actuators"]])
    _check_channels(source, tables, summary, recording)
    _plant.check(source, tables, int(summary["base_hz"]))
    _check_actuators(source, tables, summary)
    source.stop_on_errors()
    causes = tuple(merged(cause for station in stations for cause in station.causes))
    alarms = _alarms(source, stations)
    source.stop_on_errors()
    line = Line(
        file.absolute(), tables, source, plan, summary, recording, causes, alarms, doors, recipe
    )
    _check_core(source, line)
    source.stop_on_errors()
    return line


def _check_times(source: Source, tables: Tables) -> None:
    time = tables.time
    if time.hours is not None and time.duration_s is not None:
        source.wrong(("time", "hours"), "hours or duration_s", "both", "remove one")
    for key in ("lockstep_s", "hours", "duration_s"):
        value = getattr(time, key)
        if value is not None and value <= 0.0:
            source.wrong(("time", key), "a number above 0", repr(value))
    ends = time.hours is not None or time.duration_s is not None
    if time.mode == "simulated" and isinstance(tables.io, t.TwinIo) and not ends:
        source.wrong(("time",), "hours or duration_s", "neither", "a simulated shift must end")
    if time.mode == "live" and tables.gate.arm_at_start is not None:
        source.wrong(
            ("gate", "arm_at_start"),
            "nothing in live mode",
            repr(tables.gate.arm_at_start),
            "a live line is armed by a person: linewright arm",
        )
    if not tables.line.name.replace("-", "_").isidentifier():
        source.wrong(("line", "name"), "a name of letters, digits, - and _", repr(tables.line.name))


def _station(source: Source, name: str, table: t.StationTable) -> Station | None:
    at = ("stations", name)
    if name in OWNED or not name.isidentifier():
        source.wrong(at, f"a name that is an identifier and none of {', '.join(OWNED)}", repr(name))
        return None
    for key in ("read", "write", "network"):
        if getattr(table.sandbox, key) and not table.sandbox.closed:
            expected = 'mode = "wanted" or "required" beside it'
            source.wrong((*at, "sandbox", key), expected, f"mode = {table.sandbox.mode!r}")
    try:
        kind = find(table.plugin or name, source.file.absolute().parent)
        station = kind(make_settings(kind.Settings, table.settings))
    except PluginError as error:
        source.wrong((*at, "plugin"), "a station class", str(error))
        return None
    except SettingError as error:
        source.wrong((*at, "settings", *error.key), error.expected, error.got)
        return None
    if station.name != name:
        station.name = name  # type: ignore[misc]  # two tables may use one class
    return station


def _alarms(source: Source, stations: list[Station]) -> tuple[Definition, ...]:
    """What they declare; a third party's class may declare nonsense."""
    found: list[Definition] = []
    for station in stations:
        try:
            found += declared(station.name, type(station).name or station.name, station.alarms)
        except (TypeError, ValueError) as error:
            source.wrong(
                ("stations", station.name, "plugin"), "alarms that are described", str(error)
            )
    return tuple(found)


def _recording(source: Source, io: object, folder: Path) -> Recording | None:
    if not isinstance(io, t.FileIo):
        return None
    try:
        return read_recording(io, folder)
    except RecordingError as error:
        source.wrong(("io", *error.key), error.expected, error.got, error.fix)
    except (OSError, UnicodeDecodeError) as error:
        source.wrong(("io", "path"), "a readable recording", str(error))
    source.stop_on_errors()
    return None


def _plan(source: Source, stations: list[Station]) -> str:
    try:
        plan = compile_line(stations)
    except (GraphError, ValueError) as error:  # a station may find that it cannot do a recipe
        source.wrong(("stations",), "a graph that can be wired", str(error))
        raise LineErrors(source.errors) from error
    for problem in _core.check_plan(plan):
        source.errors.append(
            LineError(
                file=source.file,
                key=f"stations: {problem.get('at') or problem.get('loop')}",
                expected=str(problem.get("expected")),
                got=str(problem.get("got")),
                fix=str(problem.get("message") or ""),
            )
        )
    source.stop_on_errors()
    return plan


def _offered(io: object, recording: Recording | None) -> dict[str, str] | None:
    """Channels of the driver by name, with their units; nothing when the driver says so itself."""
    match io:
        case t.TwinIo():
            return dict(_core.Twin.SENSORS)
        case t.FileIo() if recording is not None:
            return dict(recording.channels)
        case t.ManualIo():
            return dict(io.channels)
        case t.UnixIo() | t.ModbusIo():
            return _plant.units(io)
        case _:
            return None


def _check_channels(
    source: Source, tables: Tables, summary: dict[str, Any], recording: Recording | None
) -> None:
    offered = _offered(tables.io, recording)
    if offered is None:
        return
    made = {channel["name"] for front in summary["front_ends"] for channel in front["channels"]}
    for channel in summary["channels"]:
        if channel["name"] in made:
            continue
        name, unit, at = channel["name"], channel["unit"], channel.get("at", "")
        key = _place(tables.io, name)
        if name not in offered:
            wanted = f"channel {name!r} in {unit}, read at {at}"
            source.wrong(key, wanted, f"no such channel; {nearest(name, sorted(offered))}")
        elif not _same_unit(offered[name], unit):
            wanted = f"{name!r} in {unit}, as read at {at}"
            source.wrong((*key, "unit"), wanted, repr(offered[name]))


def _place(io: object, channel: str) -> tuple[str, ...]:
    """Where a line file says what a channel is."""
    match io:
        case t.FileIo():
            return ("io", "columns", channel)
        case t.ManualIo() | t.UnixIo() | t.ModbusIo():
            return ("io", "channels", channel)
        case _:
            return ("io", "driver")


def _same_unit(stated: str, wanted: str) -> bool:
    try:
        return bool(_core.same_unit(stated, wanted))
    except ValueError:  # what is no unit at all is not the same unit
        return False


def _spread(source: Source, tables: Tables, claimed: list[str]) -> Tables:
    """`[actuators."coater.bolt_*"]` stands for every actuator of the plan it matches that has no
    table of its own."""
    patterns = {name: table for name, table in tables.actuators.items() if "*" in name}
    single = {name: table for name, table in tables.actuators.items() if name not in patterns}
    actuators = dict(single)
    for pattern, table in patterns.items():
        names = [name for name in claimed if fnmatchcase(name, pattern)]
        if not names:
            source.wrong(("actuators", pattern), nearest(pattern, claimed), f"{pattern!r}")
        for name in names:
            if name in single:
                continue
            if name in actuators:
                source.wrong(("actuators", pattern), "one pattern for an actuator", f"{name!r}")
            actuators[name] = table
            source.stands_for(("actuators", name), ("actuators", pattern))
    return replace(tables, actuators=actuators)


def _check_actuators(source: Source, tables: Tables, summary: dict[str, Any]) -> None:
    claimed = {a["name"]: a for a in summary["actuators"]}
    for name, actuator in claimed.items():
        if name not in tables.actuators:
            wanted = f'a table [actuators."{name}"] (written at {actuator.get("at", "")})'
            source.wrong(("actuators", name), wanted, "nothing", "nothing is unlimited by default")
    for name, table in tables.actuators.items():
        if isinstance(table.fallback, t.RampTo) and not math.isfinite(table.fallback.ramp_to):
            at = ("actuators", name, "fallback")
            source.wrong(at, "a finite number", repr(table.fallback.ramp_to))
        if not table.lease_s > 0.0:
            source.wrong(("actuators", name, "lease_s"), "a number above 0", repr(table.lease_s))
        if name not in claimed:
            source.wrong(("actuators", name), nearest(name, list(claimed)), f"{name!r}")
        if table.owner is not None and table.owner not in tables.stations:
            stations = nearest(table.owner, list(tables.stations))
            source.wrong(("actuators", name, "owner"), stations, repr(table.owner))


def _check_core(source: Source, line: Line) -> None:
    """Ask the core itself what it would refuse."""
    keys = {name: i + 2 for i, name in enumerate(line.tables.stations)}
    config = json.dumps(line.core_config(Path("/nonexistent"), keys, 2**62))
    for problem in _core.check_config(config):
        parts = _split(problem["key"], line)
        field = problem.get("field") or ""
        key = (*parts, *FIELDS.get(field, field).split(".")) if field else parts
        source.wrong(key, problem["expected"], problem["got"])


def _split(key: str, line: Line) -> tuple[str, ...]:
    head, _, rest = key.partition(".")
    if head == "budgets" and rest:
        kind, _, name = rest.partition(".")
        return (head, kind, name) if name else (head, kind)
    if head in t.NAMED and rest:
        return (head, rest)
    return tuple(part for part in key.split(".") if part) or (line.name,)
