"""A plant as the cost model sees it: its chain of steps, web per cell, and what no step makes.

`read_plant` takes it from a TOML file, from a CSV file with one row per step, or from a view in
PostgreSQL with one row per step and a column `place` for their order. A step's columns are the
fields of `Step`; `name` and `yield_fraction` must be there, an unknown one is refused.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from linewright.mistakes import MOST, Mistake, Mistakes, nearest, read_text, toml_of
from linewright.value.cost import DEFAULT_CHAIN, Chain, Overheads, Step

SCHEMA = 1
VIEW = "plant_steps"
CONNECT_S = 5
MAX_COLUMNS = 100
_URL = re.compile(r"^postgres(ql)?://")
_STEP = tuple(entry.name for entry in fields(Step))
_NEEDED = ("name", "yield_fraction")
_SHARES = {"credit", "rework_share", "rework_success", "escape_share"}


class PlantUnavailableError(Exception):
    """The data base did not answer, or has no such view."""


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Cost data of one plant."""

    name: str = "default line"
    chain: Chain = DEFAULT_CHAIN
    overheads: Overheads = field(default_factory=Overheads)
    web_m_per_cell: float = 1.56
    """Coated web in one cell, m: 20 cathode sheets at a pitch of 156 mm, two lanes."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.web_m_per_cell) and self.web_m_per_cell > 0.0):
            raise ValueError(f"web_m_per_cell must be positive, was {self.web_m_per_cell}")
        if not self.chain:
            raise ValueError("chain must have at least one step, was empty")


class _Reader:
    """Collects every mistake; the places of keys are given by whoever knows the file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.wrongs: list[Mistake] = []

    def wrong(self, key: str, expected: str, got: object, line: int = 0, fix: str = "") -> None:
        self.wrongs.append(
            Mistake(file=self.file, key=key, line=line, expected=expected, got=str(got), fix=fix)
        )
        if len(self.wrongs) == MOST:
            self.stop_on_mistakes()

    def stop_on_mistakes(self) -> None:
        if self.wrongs:
            raise Mistakes(self.wrongs)

    def number(self, key: str, value: Any, line: int, expected: str) -> float | None:
        """A number that is one: no truth value, no text, finite."""
        plain = not isinstance(value, bool | str)
        try:
            number = float(value) if plain else math.nan
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number):
            return number
        self.wrong(key, expected, repr(value), line)
        return None

    def step(
        self, raw: Mapping[str, Any], place: str, lines: Mapping[str, int], line: int
    ) -> Step | None:
        """One step from its raw fields; `lines` gives those of its keys, `line` its own."""
        before = len(self.wrongs)
        for key in raw.keys() - set(_STEP):
            self.wrong(f"{place}.{key}", nearest(key, list(_STEP)), repr(key), lines.get(key, line))
        for key in _NEEDED:
            if key not in raw:
                self.wrong(f"{place}.{key}", "to be stated", "nothing", line)
        name = raw.get("name")
        if "name" in raw and not (isinstance(name, str) and name.strip()):
            self.wrong(f"{place}.name", "a name", repr(name), lines.get("name", line))
        values: dict[str, float] = {}
        for key in _STEP[1:]:
            if key in raw:
                at = lines.get(key, line)
                value = self.number(f"{place}.{key}", raw[key], at, _bounds(key))
                if value is not None and not _within(key, value):
                    self.wrong(f"{place}.{key}", _bounds(key), f"{value:g}", at)
                elif value is not None:
                    values[key] = value
        if len(self.wrongs) > before:
            return None
        return Step(name=str(name).strip(), **values)

    def plant(self, steps: list[tuple[Step, int]], **others: Any) -> Plant:
        """The plant, when nothing is wrong."""
        seen: dict[str, int] = {}
        for i, (step, line) in enumerate(steps):
            if step.name in seen:
                first = seen[step.name]
                self.wrong(
                    f"steps[{i + 1}].name", f"a name of its own (steps[{first}])", step.name, line
                )
            seen.setdefault(step.name, i + 1)
        if not steps and not self.wrongs:
            self.wrong("steps", "at least one step", "none")
        self.stop_on_mistakes()
        return Plant(chain=tuple(step for step, _ in steps), **others)


def _bounds(key: str) -> str:
    if key == "yield_fraction":
        return "a number above 0 up to 1"
    return "a number from 0 to 1" if key in _SHARES else "a finite number of EUR, 0 or more"


def _within(key: str, value: float) -> bool:
    if key == "yield_fraction":
        return 0.0 < value <= 1.0
    return value >= 0.0 and (value <= 1.0 or key not in _SHARES)


def read_plant(place: str | Path, *, view: str = VIEW) -> Plant:
    """A plant from a file (`.toml`, `.csv`) or a data base (`postgresql://...`, its `view`).

    Raises `Mistakes` with file, key, line, what was expected and what stands there, and
    `PlantUnavailableError` when the data base does not answer.
    """
    if _URL.match(str(place)):
        return _from_view(str(place), view)
    file = Path(place)
    reader = _Reader(file)
    text = read_text(file, encoding="utf-8-sig")
    if file.suffix == ".csv":
        return _from_csv(reader, text)
    if file.suffix == ".toml":
        return _from_toml(reader, text)
    reader.wrong("", "a file *.toml or *.csv, or postgresql://...", repr(file.name))
    raise Mistakes(reader.wrongs)


# -- TOML ---------------------------------------------------------------------------------------


def _from_toml(reader: _Reader, text: str) -> Plant:
    tables = toml_of(text, reader.file)
    lines = list(_lines(text))

    def line(table: str, key: str = "") -> int:
        return next((n for n, t, _, k in lines if (t, k) == (table, key)), 0)

    for key in tables.keys() - {"schema", "plant", "overheads", "steps"}:
        known = nearest(key, ["schema", "plant", "overheads", "steps"])
        reader.wrong(key, known, repr(key), line("", key) or line(key))
    if tables.get("schema") != SCHEMA:
        reader.wrong("schema", str(SCHEMA), repr(tables.get("schema")), line("", "schema"))
    head = _table(reader, tables, "plant", ("name", "web_m_per_cell"), line)
    others: dict[str, Any] = {}
    if "name" in head:
        if isinstance(head["name"], str):
            others["name"] = head["name"]
        else:
            reader.wrong("plant.name", "a name", repr(head["name"]), line("plant", "name"))
    if "web_m_per_cell" in head:
        at, expected = line("plant", "web_m_per_cell"), "a number of m above 0"
        metres = reader.number("plant.web_m_per_cell", head["web_m_per_cell"], at, expected)
        if metres is not None and metres <= 0.0:
            reader.wrong("plant.web_m_per_cell", expected, f"{metres:g}", at)
        elif metres is not None:
            others["web_m_per_cell"] = metres
    others["overheads"] = _overheads(reader, tables, line)
    return reader.plant(_toml_steps(reader, tables, lines), **others)


def _table(
    reader: _Reader, tables: Mapping[str, Any], name: str, known: tuple[str, ...], line: Any
) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        reader.wrong(name, "a table", repr(table), line("", name))
        return {}
    for key in table.keys() - set(known):
        reader.wrong(f"{name}.{key}", nearest(key, list(known)), repr(key), line(name, key))
    return {key: value for key, value in table.items() if key in known}


def _overheads(reader: _Reader, tables: Mapping[str, Any], line: Any) -> Overheads:
    known = tuple(entry.name for entry in fields(Overheads))
    values: dict[str, float] = {}
    for key, raw in _table(reader, tables, "overheads", known, line).items():
        expected = "a number from 0 to 1" if key in _SHARES else "a finite number, 0 or more"
        at = line("overheads", key)
        value = reader.number(f"overheads.{key}", raw, at, expected)
        if value is not None and (value < 0.0 or (key in _SHARES and value > 1.0)):
            reader.wrong(f"overheads.{key}", expected, f"{value:g}", at)
        elif value is not None:
            values[key] = value
    try:
        return Overheads(**values)
    except ValueError as error:
        key = str(error).partition(" ")[0]
        reader.wrong(f"overheads.{key}", "above 0 here", str(error), line("overheads", key))
        return Overheads()


def _toml_steps(
    reader: _Reader, tables: Mapping[str, Any], lines: list[tuple[int, str, int, str]]
) -> list[tuple[Step, int]]:
    steps: list[tuple[Step, int]] = []
    raw = tables.get("steps", [])
    if not isinstance(raw, list) or not all(isinstance(one, Mapping) for one in raw):
        reader.wrong("steps", "tables [[steps]]", repr(raw))
        return []
    for i, table in enumerate(raw, start=1):
        own = {k: n for n, t, count, k in lines if (t, count) == ("steps", i)}
        step = reader.step(table, f"steps[{i}]", own, own.get("", 0))
        if step is not None:
            steps.append((step, own.get("name", 0)))
    return steps


_HEADER = re.compile(r"^\[\[?\s*([A-Za-z0-9_-]+)\s*\]\]?")
_KEY = re.compile(r"^([A-Za-z0-9_-]+)\s*=")


def _lines(text: str) -> Iterator[tuple[int, str, int, str]]:
    """Line, table, which of the tables of that name, key ("" for the header)."""
    table, counts = "", {"": 1}
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line.strip()), _KEY.match(line.strip())
        if header:
            table = header[1]
            counts[table] = counts.get(table, 0) + 1
            yield number, table, counts[table], ""
        elif key:
            yield number, table, counts[table], key[1]


# -- CSV ----------------------------------------------------------------------------------------


def _from_csv(reader: _Reader, text: str) -> Plant:
    rows = csv.reader(text.splitlines())
    try:
        return _from_rows(reader, rows)
    except csv.Error as error:
        reader.wrong("", "a CSV file", error, rows.line_num)
        raise Mistakes(reader.wrongs) from error


def _from_rows(reader: _Reader, rows: Any) -> Plant:
    header = [name.strip() for name in next(rows, [])]
    if len(header) > MAX_COLUMNS:
        reader.wrong("", f"{MAX_COLUMNS} columns at most", f"{len(header)}", 1)
        reader.stop_on_mistakes()
    for twice in sorted({name for name in header if header.count(name) > 1}):
        reader.wrong(twice, "a column once", f"{header.count(twice)} times", 1)
    for key in [key for key in header if key not in _STEP]:
        reader.wrong(key, nearest(key, list(_STEP)), repr(key), 1)
    for key in [key for key in _NEEDED if key not in header]:
        reader.wrong(key, "a column of that name", ", ".join(header) or "an empty file", 1)
    reader.stop_on_mistakes()
    steps: list[tuple[Step, int]] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        line, place = rows.line_num, f"steps[{len(steps) + 1}]"
        if len(row) != len(header):
            reader.wrong(place, f"{len(header)} cells", f"{len(row)}", line)
            continue
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        raw = {k: v if k == "name" else _parsed(v) for k, v in cells.items() if v or k in _NEEDED}
        step = reader.step(raw, place, {}, line)
        if step is not None:
            steps.append((step, line))
    return reader.plant(steps, name=reader.file.stem)


def _parsed(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


# -- PostgreSQL ---------------------------------------------------------------------------------


def _from_view(url: str, view: str) -> Plant:
    reader = _Reader(Path(view))
    rows = _rows(url, view, reader)
    steps: list[tuple[Step, int]] = []
    for row in rows:
        place = row.pop("place", None)
        if not isinstance(place, int) or isinstance(place, bool):
            reader.wrong("place", "a column of whole numbers: the order of the steps", repr(place))
            break
        raw = {key: value for key, value in row.items() if value is not None}
        step = reader.step(raw, f"place {place}", {}, 0)
        if step is not None:
            steps.append((step, 0))
    return reader.plant(steps, name=view)


def _rows(url: str, view: str, reader: _Reader) -> list[dict[str, Any]]:
    """Rows of the view in the order of `place`, in a transaction that can only read."""
    try:
        import psycopg  # noqa: PLC0415
        from psycopg import sql  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415
    except ImportError as error:
        fix = "pip install 'linewright[postgres]'"
        reader.wrong("", "psycopg to read a view", "not installed", fix=fix)
        raise Mistakes(reader.wrongs) from error
    name = sql.Identifier(*view.split("."))
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S, row_factory=dict_row) as connection:
            connection.read_only = True
            query = sql.SQL("SELECT * FROM {}").format(name)
            rows = connection.execute(query).fetchall()
    except psycopg.Error as error:
        raise PlantUnavailableError(f"{view}: {str(error).strip()}") from error

    def order(row: dict[str, Any]) -> tuple[int, int]:
        place = row.get("place")
        return (0, place) if isinstance(place, int) else (1, 0)

    return sorted(rows, key=order)
