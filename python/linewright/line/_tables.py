"""The tables of a line file as types. Units stand in the names; unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from linewright.bus._access import Role
from linewright.bus._peers import BYTES_PER_S, FRAMES_PER_S
from linewright.bus._sandbox import Sandbox
from linewright.drivers._registers import Address, Channel, Output
from linewright.line._limits import Limits


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table whose keys are all known."""


class LineTable(Table, frozen=True, kw_only=True):
    """`[line]`."""

    name: str
    seed: int = 0


class TimeTable(Table, frozen=True, kw_only=True):
    """`[time]`: simulated in lock-step, or live by the clock."""

    mode: Literal["simulated", "live"]
    lockstep_s: float = 1.0
    hours: float | None = None
    duration_s: float | None = None


class TwinIo(Table, frozen=True, kw_only=True):
    """`[io] driver = "twin"`: the line's simulated plant."""

    driver: Literal["twin"]
    truth_file: str | None = None
    camera_file: str | None = None
    """File of frames in the run directory into which the twin puts a picture of each weld."""
    twin: dict[str, Any] = {}
    """Configuration of the twin, as its own documentation names it."""


class Column(Table, frozen=True, kw_only=True):
    """One column of a recording: channel value = `scale` * cell + `offset`, in `unit`."""

    column: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0


class FileIo(Table, frozen=True, kw_only=True):
    """`[io] driver = "file"`: a recording, one row a base tick."""

    driver: Literal["file"]
    path: str
    columns: dict[str, Column]
    time: str | None = None
    order: Literal["time", "row"] = "time"
    delimiter: str = ","


class ManualBlock(Table, frozen=True, kw_only=True):
    """A block that is pushed: the unit of its numbers, and how many it holds at most."""

    unit: str
    len: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


class ManualIo(Table, frozen=True, kw_only=True):
    """`[io] driver = "manual"`: values are pushed by the program that holds the inline core."""

    driver: Literal["manual"]
    channels: dict[str, str]
    actuators: dict[str, str] = {}
    blocks: dict[str, ManualBlock] = {}


class UnixIo(Table, frozen=True, kw_only=True):
    """`[io] driver = "unix"`: the plant is a process of its own at the other end of a socket in the
    run directory (`docs/drivers.md`)."""

    driver: Literal["unix"]
    channels: dict[str, str]
    """Unit by name; the peer's hello must say the same."""
    silent_s: float = 0.5
    """A peer silent for longer is a lost plant: above three base ticks, at most 60 s."""


class ModbusIo(Table, frozen=True, kw_only=True):
    """`[io] driver = "modbus"`: a Modbus TCP device, through `linewright.drivers.modbus` as its own
    process (`docs/drivers.md`)."""

    driver: Literal["modbus"]
    host: str
    heartbeat: Address
    """Holding register that toggles every round while the core is alive."""
    channels: dict[str, Channel]
    outputs: dict[str, Output] = {}
    """Where the actuators stand."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 502
    device: Annotated[int, msgspec.Meta(ge=0, le=247)] = 1
    poll_s: float = 0.1
    timeout_s: float = 0.5
    silent_s: float = 2.0


AnyIo = TwinIo | FileIo | ManualIo | UnixIo | ModbusIo
IO: dict[str, type[AnyIo]] = {
    "twin": TwinIo,
    "file": FileIo,
    "manual": ManualIo,
    "unix": UnixIo,
    "modbus": ModbusIo,
}
NESTED: dict[str, dict[str, type[msgspec.Struct]]] = {
    "file": {"columns": Column},
    "modbus": {"channels": Channel, "outputs": Output},
}
"""Tables in tables of `[io]`."""
SILENT_MOST_S = 60.0
SILENT_LEAST_TICKS = 3


class StationTable(Table, frozen=True, kw_only=True):
    """`[stations.NAME]`."""

    plugin: str | None = None
    """Entry point or `module:Class`; the table's name when left out."""
    settings: dict[str, Any] = {}
    restart: Literal["on-failure", "never"] = "on-failure"
    elsewhere: bool = False
    """Its process is started by somebody else, here or on another machine."""
    ready_s: Annotated[float, msgspec.Meta(gt=0.0, le=3600.0)] = 30.0
    """A process that has not joined and begun to step within this is ended, s."""
    stall_s: Annotated[float, msgspec.Meta(ge=0.3, le=3600.0)] | None = None
    """One that has made no progress for as long is ended; 1 s live and 60 s in lock-step when left
    out."""
    release_after_s: Annotated[float, msgspec.Meta(ge=1.0, le=1e6)] | None = None
    """A station that is out is tried again after this, s; when left out, a person releases it."""
    environment: list[str] = []
    """Variables its process gets beside the few that all get."""
    limits: Limits = Limits()
    sandbox: Sandbox = Sandbox()


class RampTo(Table, frozen=True, kw_only=True):
    """`fallback = {ramp_to = 3.0}`."""

    ramp_to: float


class ActuatorTable(Table, frozen=True, kw_only=True):
    """`[actuators."coater.pump_flow"]`: what the gate allows; `[actuators."coater.bolt_*"]` for
    all that match. Nothing here has an unlimited default."""

    unit: str
    lo: float
    hi: float
    max_rate_per_s: float
    nudge_budget: float
    """Most travel (sum of the steps) its loop may make in any `nudge_window_s`, in `unit`."""
    nudge_window_s: float
    fallback: Literal["hold", "release_to_plc"] | RampTo
    resolution: float
    read_back_tolerance: float
    lease_s: float
    owner: str | None = None


class GateTable(Table, frozen=True, kw_only=True):
    """`[gate]`: rules beside the limits; what is left out has the gate's own default."""

    permit: Literal["advisory", "closed"] = "advisory"
    arm_at_start: str | None = None
    max_window_s: float | None = None
    limit_storm_s: float | None = None
    bad_trip_s: float | None = None
    mismatch_trip_s: float | None = None
    tally_s: float | None = None
    act_without_ledger: str | None = None
    """Who has signed for the site, and when, that a lost ledger does not end the control."""


class RungTable(Table, frozen=True, kw_only=True):
    """`shed = {consecutive = 10, windowed = 50}`: late cycles that lead there; either suffices."""

    consecutive: int | None = None
    windowed: int | None = None


class LoopTable(Table, frozen=True, kw_only=True):
    """`[loops."coater.flow"]`: deadline (scheduled release to output written) and what a loop does
    that does not keep it; what is left out has the core's own default."""

    deadline_us: float | None = None
    startup_cycles: int | None = None
    window_cycles: int | None = None
    recover_cycles: int | None = None
    sheddable: bool = False
    warn: RungTable | None = None
    shed: RungTable | None = None
    hold: RungTable | None = None
    safe: RungTable | None = None


class StageBudget(Table, frozen=True, kw_only=True):
    """`[budgets.loops."coater.flow"]`: what each stage of a cycle may take, us. Together they make
    the response, so they add up to the deadline at most."""

    release_us: float
    read_us: float
    execute_us: float
    write_us: float


class ChainBudget(Table, frozen=True, kw_only=True):
    """`[budgets.chains.NAME]`: from the time a channel's value is of, to the actuator written."""

    channel: str
    actuator: str
    budget_us: float


class BudgetsTable(Table, frozen=True, kw_only=True):
    """`[budgets]`: held against p99.9 of every window while the line runs."""

    window_s: float = 60.0
    loops: dict[str, StageBudget] = {}
    chains: dict[str, ChainBudget] = {}


class RecipeTable(Table, frozen=True, kw_only=True):
    """`[recipe]`: the recipe the line is made for; paths count from the line file."""

    path: str
    calibration: str | None = None
    """What the recipe was judged with; the certificate must be for it."""
    certificate: str | None = None
    """For `gate.arm_at_start` of a simulated line; a live one is told with `linewright arm`."""


class LedgerTable(Table, frozen=True, kw_only=True):
    """`[ledger]`: where it is, and when its oldest rows go (`docs/ledger.md`); by default never."""

    path: str | None = None
    keep_days: Annotated[float, msgspec.Meta(ge=1e-6, le=1e6)] | None = None
    quota_mib: Annotated[float, msgspec.Meta(ge=4.0, le=1e6)] | None = None


class RecordTable(Table, frozen=True, kw_only=True):
    """`[record]`: cycles are recorded, so that the run can be replayed bit for bit."""

    path: str | None = None
    """`record.mcap` in the run directory when left out. A file that stands there becomes
    `record.N.mcap`."""
    slots: Literal["sources", "all"] = "sources"
    """What enters a loop, or every number in it: a divergence is then named to the bit."""
    keyframe_s: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 60.0
    """Time between keyframes, at which a replay can start."""
    part_mib: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 256.0
    """At the first keyframe beyond this size the next file is begun; 0 = never."""
    quota_mib: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    """Finished files are removed, oldest first, beyond this; 0 = never."""
    policy: Literal["best_effort", "required"] = "best_effort"
    """`required`: when the record ends or has a gap, the line goes to its fallback."""


class LiveTable(Table, frozen=True, kw_only=True):
    """`[live]`: what of real time is asked for, and how the loop waits for its tick; what is left
    out has the core's own default."""

    rt: Literal["off", "wanted", "required"] = "wanted"
    """`required`: without all that is asked for, `linewright run` ends with 77."""
    fifo_priority: int | None = None
    cpu: int | None = None
    lock_memory: bool | None = None
    dma_latency_us: int | None = None
    """Held at `/dev/cpu_dma_latency` while the line runs; 0 keeps the cores awake, which is the
    default where it can be had, 10000 lets them sleep."""
    pacing: Literal["sleep", "spin", "driver"] = "sleep"
    spin_us: int | None = None
    accept_degraded_rt: bool = False
    """Closed loop is allowed though real time was asked for and not obtained."""


class AllowTable(Table, frozen=True, kw_only=True):
    """`[bus.allow.NAME]`: what whoever holds the key `NAME` may do."""

    role: Role
    stations: list[str] = []
    """Stations the key may speak for, with the role `station`."""


class BusTable(Table, frozen=True, kw_only=True):
    """`[bus]`: beside the local sockets, addresses on the network; and what one peer may send."""

    commands: str | None = None
    telemetry: str | None = None
    certificates: str | None = None
    """Folder with `bus.key_secret` and the `NAME.key` of every key allowed; counts from the line
    file."""
    allow: dict[str, AllowTable] = {}
    frames_per_s: Annotated[float, msgspec.Meta(ge=10.0, le=1e6)] = FRAMES_PER_S
    bytes_per_s: Annotated[float, msgspec.Meta(ge=4096.0, le=1e10)] = BYTES_PER_S


class HmiTable(Table, frozen=True, kw_only=True):
    """`[hmi]`: the operator page that `linewright run` starts beside the line, at loopback."""

    enabled: bool = True
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    """8600, or the next free one, when left out."""
    users: str | None = None
    """File of those who may act (`linewright hmi user add`); counts from the line file. Without it
    the page only shows."""


TABLES: dict[str, type[Table]] = {
    "line": LineTable,
    "time": TimeTable,
    "gate": GateTable,
    "ledger": LedgerTable,
    "record": RecordTable,
    "live": LiveTable,
    "recipe": RecipeTable,
    "bus": BusTable,
    "hmi": HmiTable,
}
OPTIONAL = ("record", "recipe")
"""Tables that are nothing when they are not there."""
NAMED: dict[str, type[Table]] = {
    "stations": StationTable,
    "actuators": ActuatorTable,
    "loops": LoopTable,
}
TOP = [
    "schema",
    "line",
    "time",
    "io",
    "stations",
    "actuators",
    "loops",
    "budgets",
    "gate",
    "ledger",
    "record",
    "live",
    "recipe",
    "bus",
    "hmi",
]
