"""Line numbers of the keys of a TOML text, so that a message can point at them."""

from __future__ import annotations

import re

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
