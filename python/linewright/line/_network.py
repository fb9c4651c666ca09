"""`[bus]` of a line file: addresses on the network are had with keys and an allow-list, or not at
all."""

from __future__ import annotations

import re
from pathlib import Path

from linewright.bus import _keys as keys
from linewright.bus._access import Allowed, Network
from linewright.line import _tables as t
from linewright.line._read import Source
from linewright.mistakes import nearest

_ADDRESS = re.compile(r"tcp://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.*_-]+):(\d{1,5})")
_FORM = "tcp://HOST:PORT, its interface and a port of 1 to 65535"


def network(source: Source, bus: t.BusTable, stations: list[str]) -> Network | None:
    """The network side of a line's bus; nothing when it has none, or mistakes were noted."""
    before = len(source.errors)
    addresses = {"commands": bus.commands, "telemetry": bus.telemetry}
    stated = {key: address for key, address in addresses.items() if address is not None}
    for key, address in stated.items():
        found = _ADDRESS.fullmatch(address)
        if found is None or not 1 <= int(found.group(2)) <= 65535:
            source.wrong(("bus", key), _FORM, repr(address), "a local bind is there without it")
    if len(stated) == 1:
        (missing,) = addresses.keys() - stated.keys()
        source.wrong(("bus", missing), "an address, as its other half has one", "nothing")
    if stated and bus.commands == bus.telemetry:
        source.wrong(("bus", "telemetry"), "another port than that of commands", "the same")
    if not stated:
        for key in ("certificates", "allow"):
            if getattr(bus, key):
                wanted = "nothing where the bus is not on the network"
                source.wrong(("bus", key), wanted, repr(key), "add commands and telemetry")
        return None
    folder = _certificates(source, bus, next(iter(stated)))
    allow = [
        a
        for name, table in sorted(bus.allow.items())
        if (a := _allowed(source, folder, name, table, stations)) is not None
    ]
    _no_key_twice(source, allow)
    if len(source.errors) > before or folder is None:
        return None
    assert bus.commands is not None
    assert bus.telemetry is not None
    return Network(
        commands=bus.commands,
        telemetry=bus.telemetry,
        secret_file=str(folder / f"{keys.BUS}{keys.SECRET}"),
        allow=allow,
    )


def _certificates(source: Source, bus: t.BusTable, address_key: str) -> Path | None:
    """The folder of keys, when it holds the bus's own."""
    if bus.certificates is None or not bus.allow:
        lacking = [key for key in ("certificates", "allow") if not getattr(bus, key)]
        wanted = "certificates and at least one [bus.allow.NAME] with an address on the network"
        fix = "make keys with `linewright keys new NAME`, or leave the address out"
        source.wrong(("bus", address_key), wanted, f"no {' and no '.join(lacking)}", fix)
        return None
    folder = source.file.absolute().parent / bus.certificates
    try:
        keys.read_pair(folder / f"{keys.BUS}{keys.SECRET}")
    except keys.KeyFileError as error:
        fix = f"linewright keys new {keys.BUS} --folder {bus.certificates}"
        source.wrong(("bus", "certificates"), "a folder with the bus's own pair", str(error), fix)
        return None
    return folder


def _allowed(
    source: Source, folder: Path | None, name: str, table: t.AllowTable, stations: list[str]
) -> Allowed | None:
    at = ("bus", "allow", name)
    if table.role == "station" and not table.stations:
        source.wrong((*at, "stations"), "the stations this key may speak for", "none")
    if table.role != "station" and table.stations:
        wanted = f"nothing with the role {table.role!r}"
        source.wrong((*at, "stations"), wanted, repr(table.stations))
    for station in table.stations:
        if station not in stations:
            source.wrong((*at, "stations"), nearest(station, stations), repr(station))
    if name == keys.BUS:
        source.wrong(at, "a name other than the bus's own", repr(name))
    if folder is None:
        return None
    try:
        public = keys.read_public(folder / f"{name}{keys.PUBLIC}").decode()
    except keys.KeyFileError as error:
        source.wrong(at, f"a key file {name}{keys.PUBLIC}", str(error))
        return None
    return Allowed(name=name, public=public, role=table.role, stations=list(table.stations))


def _no_key_twice(source: Source, allow: list[Allowed]) -> None:
    first: dict[str, str] = {}
    for entry in allow:
        if entry.public in first:
            got = f"the key of {first[entry.public]!r}"
            source.wrong(("bus", "allow", entry.name), "a key of its own", got)
        first.setdefault(entry.public, entry.name)
