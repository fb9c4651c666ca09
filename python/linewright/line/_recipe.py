"""The recipe a line is made for: read once, put into the stations' settings and the twin."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from linewright.line import _tables as t
from linewright.line._read import Source, Tables
from linewright.mistakes import Mistakes
from linewright.plugin import PluginError, find
from linewright.recipes import RecipeFile, read_calibration, read_certificate, read_recipe

SAYS_IT = "nothing: the recipe file says it"
Settings = dict[str, Any]


def with_recipe(source: Source, tables: Tables) -> tuple[Tables, dict[str, Any] | None]:
    """The tables with the recipe of `[recipe]` in them, and what the core is told of it; the
    tables as they are, and nothing, without such a table."""
    table = tables.recipe
    if table is None:
        return tables, None
    folder = source.file.absolute().parent
    entry: dict[str, Any] = {}
    try:
        recipe = read_recipe(folder / table.path)
        entry = {"name": recipe.name, "hash": recipe.hash}
        if table.calibration is not None:
            entry["calibration_hash"] = read_calibration(folder / table.calibration).hash
        if table.certificate is not None:
            entry["certificate"] = read_certificate(folder / table.certificate)
    except Mistakes as mistakes:
        source.errors.extend(mistakes.errors)
        source.stop_on_errors()
    if table.certificate is not None and tables.gate.arm_at_start is None:
        key, told = ("recipe", "certificate"), "nothing without gate.arm_at_start"
        source.wrong(key, told, repr(table.certificate), "linewright arm --certificate FILE")
    stations = {
        name: msgspec.structs.replace(station, settings=_settings(source, name, station, recipe))
        for name, station in tables.stations.items()
    }
    io = tables.io
    if isinstance(io, t.TwinIo):
        io = msgspec.structs.replace(io, twin=_twin(source, io.twin, recipe))
    source.stop_on_errors()
    return replace(tables, stations=stations, io=io), entry


def _settings(source: Source, name: str, table: t.StationTable, recipe: RecipeFile) -> Settings:
    """Settings of a station that has a recipe or a dryer among them, with those of the recipe."""
    settings = dict(table.settings)
    try:
        kind = find(table.plugin or name, Path(source.file).absolute().parent)
        hints = get_type_hints(kind.Settings)
    except (PluginError, AttributeError, TypeError):
        return settings  # told when the station is made
    given = {
        "recipe": asdict(recipe.recipe),
        "dryer": {**recipe.dryer, "solvent": "nmp" if recipe.electrode == "cathode" else "water"},
    }
    text = recipe.file.read_text(encoding="utf-8") if recipe.file is not None else ""
    for key, value in (("recipe_name", recipe.name), ("recipe_toml", text)):
        if hints.get(key) is not str:
            continue
        if key in settings:
            source.wrong(("stations", name, "settings", key), SAYS_IT, repr(settings[key]))
        settings[key] = value
    for part, values in given.items():
        if part not in hints or not dataclasses.is_dataclass(hints[part]):
            continue
        known = {field.name for field in dataclasses.fields(hints[part])}
        stated = settings.get(part, {})
        for key in values.keys() & stated.keys():
            source.wrong(("stations", name, "settings", part, key), SAYS_IT, repr(stated[key]))
        settings[part] = {**stated, **{k: v for k, v in values.items() if k in known}}
    return settings


def _twin(source: Source, config: dict[str, Any], recipe: RecipeFile) -> dict[str, Any]:
    """The twin's configuration with the recipe in it."""
    merged = dict(config)
    for section, values in recipe.twin.items():
        at = ("io", "twin", section)
        if not isinstance(values, dict):
            if section in config:
                source.wrong(at, SAYS_IT, repr(config[section]))
            merged[section] = values
            continue
        stated = config.get(section, {})
        for key in values.keys() & stated.keys():
            source.wrong((*at, key), SAYS_IT, repr(stated[key]))
        merged[section] = {**stated, **values}
    return merged
