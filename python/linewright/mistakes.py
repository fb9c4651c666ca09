"""What is wrong with a TOML file: where, what was expected, what stands there, how to mend it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path


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
        fix = f"\n    fix: {self.fix}" if self.fix else ""
        return f"{place}: {self.key}: expected {self.expected}, got {self.got}{fix}"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "file": str(self.file),
            "line": self.line,
            "key": self.key,
            "expected": self.expected,
            "got": self.got,
            "fix": self.fix,
        }


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
