"""A recipe file: TOML with the tables that the stations' settings hold, and the product's
tolerances."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.mistakes import (
    MOST,
    Mistake,
    Mistakes,
    line_of,
    locate,
    nearest,
    read_text,
    toml_of,
)
from linewright.recipes._recipe import Recipe
from linewright.recipes._twin import (
    BY_ZONE,
    DRYER,
    ELECTRODES,
    RECIPE,
    ZONES,
    defaults,
    key_of,
    twin_config,
)

SCHEMA = 1
MAX_BYTES = 64 * 1024
TOP = ["schema", "name", "electrode", "recipe", "dryer", "tolerance"]
Table = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RecipeFile:
    """A checked recipe, complete.

    >>> B = RecipeFile.of("B", recipe={"areal_g_per_m2": 190.0, "web_speed_m_per_s": 0.8333})
    >>> round(B.recipe.pump_flow_l_per_min, 3), B.dryer["zone_c"][0], B.tolerance["required"]
    (4.018, 90.0, 0.95)
    """

    name: str
    electrode: str
    recipe: Recipe
    dryer: Table
    """`zone_c` and `heat_w_per_m2_k` (six each), `vapour_pa`, `exhaust_m3_per_s`,
    `critical_fraction`."""
    tolerance: Table
    file: Path | None = None

    @classmethod
    def of(
        cls,
        name: str,
        *,
        electrode: str = "cathode",
        recipe: Table | None = None,
        dryer: Table | None = None,
        tolerance: Table | None = None,
    ) -> RecipeFile:
        """A recipe from what differs from the electrode's default.

        Raises
        ------
        Mistakes
            As `read_recipe`.
        """
        tables = {"recipe": recipe or {}, "dryer": dryer or {}, "tolerance": tolerance or {}}
        raw = {"schema": SCHEMA, "name": name, "electrode": electrode, **tables}
        return _checked(raw, Path(name), {})

    def but(self, *, recipe: Table | None = None, dryer: Table | None = None) -> RecipeFile:
        """The recipe with other values; they are not checked before it is judged."""
        other = replace(self.recipe, **(recipe or {}))
        return replace(self, recipe=other, dryer={**self.dryer, **(dryer or {})}, file=None)

    @property
    def twin(self) -> dict[str, Any]:
        """The twin's configuration: electrode, recipe, coater, calender."""
        return twin_config(self.electrode, _mapped(self.recipe), self.dryer)

    @property
    def hash(self) -> str:
        """SHA-256 over everything that the verdict hangs on, hexadecimal; not over name, comments
        or order."""
        whole = {"twin": self.twin, "tolerance": dict(self.tolerance)}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _mapped(recipe: Recipe) -> dict[str, float]:
    return {key: getattr(recipe, key) for key in RECIPE}


def read_recipe(file: Path) -> RecipeFile:
    """Read and check a recipe file.

    Raises
    ------
    Mistakes
        With every mistake: file, line, key, expected, got and how to mend it.
    """
    text = read_text(file, MAX_BYTES)
    return replace(recipe_of(text, file), file=file)


def recipe_of(text: str, file: Path = Path("recipe.toml")) -> RecipeFile:
    """Check the text of a recipe file; mistakes are told as of `file`.

    Raises
    ------
    Mistakes
        As `read_recipe`.
    """
    if len(text) > MAX_BYTES:
        _stop(file, "file", f"{MAX_BYTES} bytes at most", f"{len(text)} characters")
    raw = toml_of(text, file)
    return _checked(raw, file, locate(text))


def _stop(file: Path, key: str, expected: str, got: str, line: int = 0) -> Any:
    raise Mistakes([Mistake(file=file, key=key, expected=expected, got=got, line=line)])


class _Notes:
    """Mistakes of one file while it is checked."""

    def __init__(self, file: Path, lines: dict[tuple[str, ...], int]) -> None:
        self.file, self.lines, self.found = file, lines, list[Mistake]()

    def wrong(self, key: tuple[str, ...], expected: str, got: str, fix: str = "") -> None:
        """Note a mistake at a key."""
        line = line_of(self.lines, key)
        dotted = ".".join(key)
        self.found.append(
            Mistake(file=self.file, key=dotted, expected=expected, got=got, line=line, fix=fix)
        )
        if len(self.found) == MOST:
            self.stop()

    def unknown(self, key: tuple[str, ...], known: list[str]) -> None:
        """Note a key that is none of `known`."""
        word = key[-1]
        self.wrong(key, nearest(word, known), f"unknown key {word!r}", f"rename or remove {word!r}")

    def stop(self) -> None:
        """Give up when anything is wrong so far."""
        if self.found:
            raise Mistakes(self.found)


def _checked(raw: Table, file: Path, lines: dict[tuple[str, ...], int]) -> RecipeFile:
    notes = _Notes(file, lines)
    if raw.get("schema") != SCHEMA:
        notes.wrong(
            ("schema",), str(SCHEMA), repr(raw.get("schema")), "put `schema = 1` at the top"
        )
    for key in raw:
        if key not in TOP:
            notes.wrong(
                (key,), nearest(key, TOP), f"unknown key {key!r}", f"rename or remove {key!r}"
            )
    name, electrode = raw.get("name"), raw.get("electrode", "cathode")
    if not isinstance(name, str) or not name.strip():
        notes.wrong(("name",), "a name", repr(name), 'add `name = "..."`')
    if electrode not in ELECTRODES:
        notes.wrong(("electrode",), f"one of: {', '.join(ELECTRODES)}", repr(electrode))
        notes.stop()
    silent, silent_dryer = defaults(electrode)
    limits = _core.recipe_defaults()["tolerance"]
    recipe = {**silent, **_numbers(notes, raw, "recipe", list(RECIPE), ())}
    dryer = {**silent_dryer, **_numbers(notes, raw, "dryer", [*DRYER, *BY_ZONE], tuple(BY_ZONE))}
    tolerance = {**limits, **_numbers(notes, raw, "tolerance", list(limits), ())}
    notes.stop()
    _bounds(notes, electrode, recipe, dryer, tolerance)
    try:
        made = Recipe(**recipe)
    except ValueError as error:
        notes.wrong(("recipe",), "a recipe that can be made", str(error))
    notes.stop()
    return RecipeFile(
        name=str(name), electrode=electrode, recipe=made, dryer=dryer, tolerance=tolerance
    )


def _numbers(
    notes: _Notes, raw: Table, table: str, known: list[str], by_zone: tuple[str, ...]
) -> dict[str, Any]:
    """A table of finite numbers, of six for the keys `by_zone`; what is wrong is noted."""
    given = raw.get(table, {})
    if not isinstance(given, Mapping):
        notes.wrong((table,), "a table", repr(given))
        return {}
    made: dict[str, Any] = {}
    for key, value in given.items():
        at = (table, key)
        if key not in known:
            notes.wrong(
                at, nearest(key, known), f"unknown key {key!r}", f"rename or remove {key!r}"
            )
        elif key in by_zone:
            if not isinstance(value, list | tuple) or len(value) != len(ZONES):
                notes.wrong(at, f"{len(ZONES)} numbers, one a zone", repr(value))
            elif not all(_number(x) for x in value):
                notes.wrong(at, f"{len(ZONES)} finite numbers", repr(value))
            else:
                made[key] = tuple(float(x) for x in value)
        elif not _number(value):
            notes.wrong(at, "a finite number", repr(value))
        else:
            made[key] = float(value)
    return made


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _bounds(notes: _Notes, electrode: str, recipe: Table, dryer: Table, tolerance: Table) -> None:
    """Ask the twin what it would refuse: what no line can be."""
    config = twin_config(electrode, recipe, dryer)
    scatter = _core.recipe_defaults()["scatter"]
    try:
        _core.whole_recipe(config)
        _core.recipe_chances(
            config, scatter=scatter, tolerance=dict(tolerance), draws=100, seed=0, threads=1
        )
    except _core.ConfigError as error:
        field, value = getattr(error, "field", ""), getattr(error, "value", math.nan)
        key = key_of(field)
        must_be = getattr(error, "must_be", str(error))
        notes.wrong(key, must_be, f"{value:g}", f"give {key[-1]} a value that is {must_be}")
