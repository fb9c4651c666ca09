"""A table of a line file to a station's settings: nested frozen dataclasses, unknown keys
refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from linewright.mistakes import nearest


class SettingError(ValueError):
    """A setting is unknown, of the wrong type or out of its bounds.

    Attributes
    ----------
    key:
        Keys from the settings table down to the offending one.
    expected, got:
        What may stand there and what stood there.
    """

    def __init__(self, key: tuple[str, ...], expected: str, got: str) -> None:
        super().__init__(f"{'.'.join(key) or 'settings'}: expected {expected}, got {got}")
        self.key, self.expected, self.got = key, expected, got


def make_settings(kind: type[Any], table: Mapping[str, Any], at: tuple[str, ...] = ()) -> Any:
    """Settings of class `kind`, a dataclass whose fields may be dataclasses.

    Raises
    ------
    SettingError
        With the path of the key.
    """
    if not isinstance(table, Mapping):
        raise SettingError(at, "a table", repr(table))
    hints = get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise SettingError((*at, key), nearest(key, known), f"unknown key {key!r}")
        hint = hints[key]
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            values[key] = make_settings(hint, value, (*at, key))
            continue
        try:
            values[key] = msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise SettingError((*at, key), _expected(error), repr(value)) from error
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise SettingError(at, str(error), repr(dict(table))) from error


def _expected(error: msgspec.ValidationError) -> str:
    text = str(error).removeprefix("Expected ")
    return text.partition(", got")[0].replace("`", "")
