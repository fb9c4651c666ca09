"""Plants in processes of their own: what the core is told, and what their process is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from linewright.drivers._registers import Number, Output
from linewright.line import _tables as t
from linewright.line._read import Source, Tables
from linewright.mistakes import nearest

PLANT_SOCKET = "plant.sock"
MODBUS_CONFIG = "modbus.json"
External = t.UnixIo | t.ModbusIo


def units(io: External) -> dict[str, str]:
    """Unit of every channel by name."""
    if isinstance(io, t.UnixIo):
        return dict(io.channels)
    return {name: channel.unit for name, channel in io.channels.items()}


def driver(
    io: External, run_dir: Path, actuators: list[list[str]], session: int, *, lockstep: bool
) -> dict[str, Any]:
    """The driver of the core: a socket in the run directory, whoever is at its other end."""
    return {
        "kind": "unix",
        "path": str(run_dir / PLANT_SOCKET),
        "channels": [list(item) for item in units(io).items()],
        "actuators": actuators,
        "silent_s": io.silent_s,
        "session": session,
        "lockstep": lockstep,
    }


def companion(tables: Tables, run_dir: Path) -> list[str] | None:
    """Write what the plant's process is started with; its module and arguments, or nothing when
    somebody else brings the plant."""
    io = tables.io
    if not isinstance(io, t.ModbusIo):
        return None
    setup = {
        "socket": str(run_dir / PLANT_SOCKET),
        "host": io.host,
        "port": io.port,
        "device": io.device,
        "poll_s": io.poll_s,
        "timeout_s": io.timeout_s,
        "heartbeat": io.heartbeat,
        "channels": io.channels,
        "outputs": io.outputs,
        "limits": {
            name: {
                "lo": table.lo,
                "hi": table.hi,
                "max_rate_per_s": table.max_rate_per_s,
                "fallback": getattr(table.fallback, "ramp_to", None),
            }
            for name, table in tables.actuators.items()
        },
    }
    (run_dir / MODBUS_CONFIG).write_bytes(msgspec.json.encode(setup))
    return ["linewright.drivers.modbus", str(run_dir)]


def check(source: Source, tables: Tables, base_hz: int) -> None:
    """What a plant in another process must be, beyond its own table."""
    io = tables.io
    if not isinstance(io, External):
        return
    least_s = t.SILENT_LEAST_TICKS / base_hz
    if not least_s < io.silent_s <= t.SILENT_MOST_S:
        wanted = f"above {least_s:g} s (three base ticks) and at most {t.SILENT_MOST_S:g} s"
        source.wrong(("io", "silent_s"), wanted, repr(io.silent_s))
    if isinstance(io, t.ModbusIo):
        _check_modbus(source, tables, io)


def _check_modbus(source: Source, tables: Tables, io: t.ModbusIo) -> None:
    if tables.time.mode != "live":
        fix = 'a Modbus device keeps its own time: mode = "live"'
        source.wrong(("time", "mode"), "live", repr(tables.time.mode), fix)
    for key in ("poll_s", "timeout_s"):
        if not getattr(io, key) > 0.0:
            source.wrong(("io", key), "a number above 0", repr(getattr(io, key)))
    if io.silent_s <= io.poll_s + io.timeout_s:
        wanted = f"above poll_s + timeout_s = {io.poll_s + io.timeout_s:g}"
        source.wrong(
            ("io", "silent_s"), wanted, repr(io.silent_s), "or a slow answer is a lost plant"
        )
    for name, channel in io.channels.items():
        _check_number(source, ("io", "channels", name), channel)
        if not channel.lo < channel.hi:
            wanted = f"above lo = {channel.lo:g}"
            source.wrong(("io", "channels", name, "hi"), wanted, repr(channel.hi))
    for name, output in io.outputs.items():
        at = ("io", "outputs", name)
        _check_number(source, at, output)
        table = tables.actuators.get(name)
        if table is None:
            source.wrong(at, nearest(name, list(tables.actuators)), f"{name!r}")
        elif table.unit != output.unit:
            wanted = f"{table.unit!r} as in [actuators.{name}]"
            source.wrong((*at, "unit"), wanted, repr(output.unit))
        elif output.scale != 0.0:
            _check_holds(source, at, output, table)
    for name in tables.actuators:
        if name not in io.outputs:
            wanted = f'a table [io.outputs."{name}"] with its register'
            source.wrong(("io", "outputs", name), wanted, "nothing")
    _check_overlap(source, io)


def _check_number(source: Source, at: tuple[str, ...], number: Number) -> None:
    if number.scale == 0.0:
        source.wrong((*at, "scale"), "not 0", repr(number.scale))
    if number.register + number.count > 65536:
        source.wrong((*at, "register"), "within 0 to 65535, all of it", repr(number.register))


def _check_holds(
    source: Source, at: tuple[str, ...], output: Output, table: t.ActuatorTable
) -> None:
    for limit in (table.lo, table.hi):
        try:
            output.words(limit)
        except ValueError as error:
            wanted = f"a coding that holds {table.lo:g} to {table.hi:g} {table.unit}"
            source.wrong((*at, "type"), wanted, str(error))
            return


def _check_overlap(source: Source, io: t.ModbusIo) -> None:
    """No register is written for two purposes."""
    taken = {io.heartbeat: "the heartbeat"}
    for name, output in io.outputs.items():
        for register in range(output.register, output.register + output.count):
            if register in taken:
                wanted = f"a register of its own; {register} is {taken[register]}"
                source.wrong(("io", "outputs", name, "register"), wanted, repr(output.register))
                break
            taken[register] = repr(name)
