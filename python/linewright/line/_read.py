"""TOML text to typed tables; every mistake with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from linewright.line import _tables as t
from linewright.mistakes import MOST, line_of, locate, nearest, read_text, toml_of
from linewright.mistakes import Mistake as LineError
from linewright.mistakes import Mistakes as LineErrors

SCHEMA = 1
_T = TypeVar("_T", bound=msgspec.Struct)


@dataclass
class Source:
    """A line file while it is being checked."""

    file: Path
    lines: dict[tuple[str, ...], int]
    errors: list[LineError] = field(default_factory=list)

    def wrong(self, key: tuple[str, ...], expected: str, got: str, fix: str = "") -> None:
        """Note a mistake at a key."""
        dotted = ".".join(f'"{part}"' if "." in part else part for part in key)
        line = line_of(self.lines, key)
        self.errors.append(
            LineError(file=self.file, key=dotted, line=line, expected=expected, got=got, fix=fix)
        )
        if len(self.errors) == MOST:
            self.stop_on_errors()

    def stands_for(self, key: tuple[str, ...], pattern: tuple[str, ...]) -> None:
        """What is wrong with `key` stands where `pattern` is written."""
        line = line_of(self.lines, pattern)
        self.lines.setdefault(key, line)
        for at in [at for at in self.lines if at[: len(pattern)] == pattern]:
            self.lines.setdefault((*key, *at[len(pattern) :]), self.lines[at])

    def stop_on_errors(self) -> None:
        """Give up when anything is wrong so far."""
        if self.errors:
            raise LineErrors(self.errors)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """A line file, typed."""

    line: t.LineTable
    time: t.TimeTable
    io: t.AnyIo
    stations: dict[str, t.StationTable]
    actuators: dict[str, t.ActuatorTable]
    loops: dict[str, t.LoopTable]
    budgets: t.BudgetsTable
    gate: t.GateTable
    ledger: t.LedgerTable
    record: t.RecordTable | None
    live: t.LiveTable
    recipe: t.RecipeTable | None
    bus: t.BusTable
    hmi: t.HmiTable


def _table(source: Source, kind: type[_T], raw: Any, at: tuple[str, ...]) -> _T | None:
    """One table to its type; nothing when it is wrong, with the mistakes noted."""
    if not isinstance(raw, dict):
        source.wrong(at, "a table", repr(raw))
        return None
    infos = {info.name: info for info in msgspec.structs.fields(kind)}
    before = len(source.errors)
    for key in raw:
        if key not in infos:
            hint = nearest(key, list(infos))
            source.wrong((*at, key), hint, f"unknown key {key!r}", f"rename or remove {key!r}")
    for name, info in infos.items():
        if name not in raw and info.required:
            expected = f"a value for {name!r}"
            source.wrong(
                (*at, name), expected, "nothing", f"add `{name} = ...` to [{'.'.join(at)}]"
            )
        elif name in raw:
            _value(source, info.type, raw[name], (*at, name))
    return None if len(source.errors) > before else msgspec.convert(raw, kind)


def _value(source: Source, kind: Any, raw: Any, at: tuple[str, ...]) -> None:
    try:
        value = msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        expected = str(error).removeprefix("Expected ").partition(", got")[0].replace("`", "")
        source.wrong(at, expected, repr(raw))
        return
    if isinstance(value, float) and value - value != 0.0:
        source.wrong(at, "a finite number", repr(raw))


def _io(source: Source, raw: Any) -> t.AnyIo | None:
    driver = raw.get("driver") if isinstance(raw, dict) else None
    kind = t.IO.get(driver) if isinstance(driver, str) else None
    if kind is None:
        source.wrong(("io", "driver"), "one of: " + ", ".join(t.IO), repr(driver))
        return None
    before = len(source.errors)
    for key, nested in t.NESTED.get(str(driver), {}).items():
        if isinstance(raw.get(key), dict):
            for name, table in raw[key].items():
                _table(source, nested, table, ("io", key, name))
    if len(source.errors) > before:
        return None
    return _table(source, kind, raw, ("io",))


def _budgets(source: Source, raw: Any) -> t.BudgetsTable:
    if not isinstance(raw, dict):
        source.wrong(("budgets",), "a table", repr(raw))
        return t.BudgetsTable()
    plain = _table(source, t.BudgetsTable, raw | {"loops": {}, "chains": {}}, ("budgets",))
    loops = _named(source, t.StageBudget, raw.get("loops", {}), "budgets", "loops")
    chains = _named(source, t.ChainBudget, raw.get("chains", {}), "budgets", "chains")
    window_s = t.BudgetsTable().window_s if plain is None else plain.window_s
    return t.BudgetsTable(window_s=window_s, loops=loops, chains=chains)


def _named(source: Source, kind: type[_T], raw: Any, *at: str) -> dict[str, _T]:
    if not isinstance(raw, dict):
        source.wrong(at, "a table", repr(raw))
        return {}
    made = {name: _table(source, kind, table, (*at, name)) for name, table in raw.items()}
    return {name: table for name, table in made.items() if table is not None}


def read(file: Path) -> tuple[Source, Tables]:
    """Read a line file into typed tables.

    Raises
    ------
    LineErrors
        With every mistake in its form; what the tables mean together is checked later.
    """
    text = read_text(file)
    raw = toml_of(text, file)
    source = Source(file, locate(text))
    if raw.get("schema") != SCHEMA:
        source.wrong(
            ("schema",), str(SCHEMA), repr(raw.get("schema")), f"put `schema = {SCHEMA}` at the top"
        )
    for key in raw:
        if key not in t.TOP:
            source.wrong((key,), nearest(key, t.TOP), f"unknown key {key!r}")
    plain = {
        name: _table(source, kind, raw.get(name, {}), (name,))
        for name, kind in t.TABLES.items()
        if name in raw or name not in t.OPTIONAL
    }
    allow = raw.get("bus", {}).get("allow", {}) if isinstance(raw.get("bus"), dict) else {}
    if isinstance(allow, dict):
        for name, table in allow.items():
            _table(source, t.AllowTable, table, ("bus", "allow", name))
    io = _io(source, raw.get("io", {}))
    stations = _named(source, t.StationTable, raw.get("stations", {}), "stations")
    actuators = _named(source, t.ActuatorTable, raw.get("actuators", {}), "actuators")
    loops = _named(source, t.LoopTable, raw.get("loops", {}), "loops")
    budgets = _budgets(source, raw.get("budgets", {}))
    if not raw.get("stations"):
        source.wrong(("stations",), "at least one station", "none", "add [stations.NAME]")
    source.stop_on_errors()
    tables = Tables(
        io=io,  # type: ignore[arg-type]  # no errors: it is there
        stations=stations,
        actuators=actuators,
        loops=loops,
        budgets=budgets,
        **{**dict.fromkeys(t.OPTIONAL), **plain},  # type: ignore[arg-type]
    )
    return source, tables
