"""Files people write: how they are read within bounds, and what is wrong with one: where, what was
expected, what stands there, how to mend it."""

from __future__ import annotations

import difflib
import json
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 1024 * 1024
"""Of a file."""
MAX_LINES = 10_000
MAX_LINE = 32_768
"""Characters of one line."""
MAX_COMMAS = 10_000
MAX_DOTS = 20_000
MAX_DEPTH = 16
"""Tables and lists within each other."""
MAX_TEXT = 4096
"""Characters of one text; of a name a sixteenth."""
MOST = 50
"""Mistakes that are told of one file."""

_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake. `key` is dotted; `line` counts from 1, 0 when it has no line of its own."""

    file: Path
    key: str
    expected: str
    got: str
    line: int = 0
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        fix = f"\n    fix: {_short(self.fix)}" if self.fix else ""
        key, got = _short(self.key), _short(self.got)
        return f"{place}: {key}: expected {self.expected}, got {got}{fix}"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "file": str(self.file),
            "line": self.line,
            "key": _short(self.key),
            "expected": self.expected,
            "got": _short(self.got),
            "fix": _short(self.fix),
        }


def _short(text: str) -> str:
    """A text as it is shown: whole, or its beginning and its length."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


class Mistakes(Exception):  # noqa: N818  # it is a list of errors
    """Every mistake found before going on made no sense."""

    def __init__(self, errors: list[Mistake]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


def nearest(word: str, known: list[str]) -> str:
    """`one of a, b` or `a (did you mean b?)`: how an unknown key is answered.

    >>> nearest("lmit", ["limit", "rate"])
    "'limit' (nearest of: limit, rate)"
    """
    close = difflib.get_close_matches(word, known, n=1)
    listed = ", ".join(known) or "no key at all"
    return f"{close[0]!r} (nearest of: {listed})" if close else f"one of: {listed}"


def read_text(file: Path, most_bytes: int = MAX_BYTES, encoding: str = "utf-8") -> str:
    """The text of a regular file of at most `most_bytes`.

    Raises
    ------
    Mistakes
        When it is another kind of file, longer, not readable or not text.
    """

    def stop(expected: str, got: str) -> Mistakes:
        return Mistakes([Mistake(file=file, key="file", expected=expected, got=got)])

    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise stop("a regular file", "a folder, a device or a pipe")
        with file.open("rb") as opened:
            raw = opened.read(most_bytes + 1)
        if len(raw) > most_bytes:
            raise stop(f"{most_bytes} bytes at most", f"{file.stat().st_size} bytes")
        return raw.decode(encoding).replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        raise stop("a readable text file", str(error)) from error


def toml_of(text: str, file: Path) -> dict[str, Any]:
    """The tables of a TOML text, which is told of as `file`; time and memory are bounded for any
    text of at most `MAX_BYTES`.

    Raises
    ------
    Mistakes
        When it is none, or has more in it than a person writes.
    """

    def stop(expected: str, got: str, key: str = "toml", line: int = 0) -> Mistakes:
        return Mistakes([Mistake(file=file, key=key, line=line, expected=expected, got=got)])

    if (lines := text.count("\n")) > MAX_LINES:
        raise stop(f"{MAX_LINES} lines at most", f"{lines} lines", line=MAX_LINES + 1)
    long = ((n, len(line)) for n, line in enumerate(text.split("\n"), 1) if len(line) > MAX_LINE)
    if found := next(long, None):
        raise stop(f"lines of at most {MAX_LINE} characters", f"{found[1]}", line=found[0])
    for mark, name, most in ((",", "commas", MAX_COMMAS), (".", "dots", MAX_DOTS)):
        if (count := text.count(mark)) > most:
            at = len(text) - len(text.split(mark, most)[-1])
            raise stop(f"{most} {name} at most", f"{count} {name}", line=_line_at(text, at))
    if deep := _DEEP_KEY.search(text):
        parts = f"more than {_KEY_PARTS} parts"
        raise stop(f"keys of at most {MAX_DEPTH} parts", parts, line=_line_at(text, deep.start()))
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        expected = f"at most {MAX_DEPTH} tables and lists within each other"
        raise stop(expected, "many more", line=_deepest_line(text)) from error
    except ValueError as error:
        if told := re.search(r"line (\d+)", str(error)):
            line = int(told.group(1))
        elif "end of document" in str(error):
            line = _line_at(text.rstrip(), len(text))
        else:
            number = _LONG_NUMBER.search(text)
            line = _line_at(text, number.start()) if number else 0
        raise stop("valid TOML", str(error), line=line) from error
    if wrong := _too_much(tables):
        path, expected, got = wrong
        key = ".".join(path) or "toml"
        raise stop(expected, got, key, line_of(locate(text), path))
    return tables


def json_of(file: Path) -> Any:
    """What a JSON file says.

    Raises
    ------
    Mistakes
        When it cannot be read or is none.
    """
    text = read_text(file)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        wrong = Mistake(file=file, key="file", expected="a readable JSON file", got=str(error))
        raise Mistakes([wrong]) from error


_KEY_PARTS = 2 * MAX_DEPTH
_DEEP_KEY = re.compile(
    rf"""\.(?:[ \t]*+(?:"[^"\n]*+"|'[^'\n]*+'|[\w-]++)[ \t]*+\.){{{_KEY_PARTS - 1}}}"""
)
_LONG_NUMBER = re.compile(r"(?<![\w.])[+-]?[\d_]{1000}")


def _line_at(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _deepest_line(text: str) -> int:
    """Line with most opening brackets."""
    lines = text.splitlines()
    return 1 + max(range(len(lines)), key=lambda i: lines[i].count("[") + lines[i].count("{"))


def _too_much(tables: dict[str, Any]) -> tuple[tuple[str, ...], str, str] | None:
    """The first value that is deeper, longer or larger than a person writes: its key, what was
    expected, what was found."""
    stack: list[tuple[tuple[str, ...], int, Any]] = [((), 0, tables)]
    while stack:
        path, depth, value = stack.pop()
        if depth > MAX_DEPTH:
            return path, f"at most {MAX_DEPTH} tables and lists within each other", "more"
        if isinstance(value, dict):
            if long := next((key for key in value if len(key) > MAX_TEXT // 16), None):
                expected = f"a name of at most {MAX_TEXT // 16} characters"
                return (*path, long), expected, f"{len(long)} characters"
            stack += [((*path, key), depth + 1, one) for key, one in value.items()]
        elif isinstance(value, list):
            stack += [(path, depth + 1, one) for one in value]
        elif isinstance(value, str) and len(value) > MAX_TEXT:
            return path, f"at most {MAX_TEXT} characters", f"{len(value)} characters"
        elif isinstance(value, int) and value.bit_length() > 63:
            return path, "a number of at most 64 bits", f"one of {value.bit_length()} bits"
    return None


_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def _keys(text: str) -> tuple[tuple[str, ...], int]:
    """Parts of a dotted key at the start of `text`, and where it ends; no parts when there is no
    key."""
    parts: list[str] = []
    at = 0
    while match := _PART.match(text, at):
        parts.append(next(group for group in match.groups() if group is not None))
        at = match.end()
        if at >= len(text) or text[at] != ".":
            return tuple(parts), at
        at += 1
    return (), 0


def locate(text: str) -> dict[tuple[str, ...], int]:
    """Line (from 1) of every table header and key.

    >>> locate('a = 1\\n[x."y.z"]\\nb = {c = 2}')
    {('a',): 1, ('x',): 2, ('x', 'y.z'): 2, ('x', 'y.z', 'b'): 3}
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            header, _ = _keys(stripped.lstrip("["))
            if header and stripped.partition("#")[0].rstrip().endswith("]"):
                table = header
                for depth in range(1, len(table) + 1):
                    lines.setdefault(table[:depth], number)
            continue
        key, end = _keys(stripped)
        if key and stripped[end : end + 1] == "=":
            for depth in range(1, len(key) + 1):
                lines.setdefault((*table, *key[:depth]), number)
    return lines


def line_of(lines: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    """Line of a key, or of the nearest table around it; 0 when none is known."""
    for depth in range(len(key), 0, -1):
        if (found := lines.get(key[:depth])) is not None:
            return found
    return 0
