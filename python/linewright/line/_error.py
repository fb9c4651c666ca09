"""What is wrong with a line file: where, what was expected, what stands there, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class LineError:
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


class LineErrors(Exception):  # noqa: N818  # it is a list of errors
    """Every mistake found before going on made no sense."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors
