"""Finds a station class: by entry point (`coater`) or by place (`package.module:Class`)."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path

from linewright.graph import Station

GROUP = "linewright.stations"


class PluginError(Exception):
    """A station class cannot be found or is not one; the text says what was looked for and what
    there is."""


def names() -> list[str]:
    """Names of the installed stations."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find(spec: str, folder: Path | None = None) -> type[Station]:
    """Class of a station.

    Parameters
    ----------
    spec:
        Name of an entry point of the group `linewright.stations`, or `module:Class`.
    folder:
        Where modules beside the line file are looked for, before the installed ones.

    Raises
    ------
    PluginError
        When there is no such class, its module fails to import, or it is no `Station`.
    """
    found = _by_place(spec, folder) if ":" in spec else _by_entry_point(spec)
    if not (isinstance(found, type) and issubclass(found, Station)):
        raise PluginError(f"{spec!r} is {found!r}, expected a subclass of linewright.Station")
    return found


def places(spec: str, folder: Path | None = None) -> list[Path]:
    """Where the code of a station lies, found without running any of it: the folder beside the line
    file, and the package or module wherever an installer has put it."""
    points = {point.name: point.value for point in entry_points(group=GROUP)}
    module = (spec if ":" in spec else points.get(spec, "")).partition(":")[0]
    top = module.partition(".")[0]
    beside: list[str | None] = [] if folder is None else [str(folder)]
    if top and (found := importlib.util.find_spec(top)) is not None:
        beside += [*(found.submodule_search_locations or ()), found.origin]
    return [Path(place) for place in beside if place is not None]


def _by_entry_point(name: str) -> object:
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        near = difflib.get_close_matches(name, points, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(points)) or "none"
        raise PluginError(
            f"no installed station is called {name!r} (known: {known}){hint}; "
            "a class beside the line file is written 'module:Class'"
        )
    try:
        return points[name].load()
    except Exception as error:
        raise PluginError(f"{points[name].value}: {type(error).__name__}: {error}") from error


def _by_place(spec: str, folder: Path | None) -> object:
    module_name, _, class_name = spec.partition(":")
    if folder is not None and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise PluginError(f"{spec!r}: {type(error).__name__}: {error}") from error
    try:
        return getattr(module, class_name)
    except AttributeError:
        classes = [n for n, v in vars(module).items() if isinstance(v, type) and n[0] != "_"]
        near = difflib.get_close_matches(class_name, classes, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PluginError(f"{module_name} has no class {class_name!r}{hint}") from None
