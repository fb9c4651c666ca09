"""Where in the user's code something was wired."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_HERE = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the user's code."""

    file: str
    line: int

    def __str__(self) -> str:
        """Full path and line, as a terminal makes it clickable."""
        return f"{self.file}:{self.line}"

    @property
    def short(self) -> str:
        """Folder, file and line: the same on every machine."""
        return f"{'/'.join(Path(self.file).parts[-2:])}:{self.line}"


def _is_ours(file: str) -> bool:
    """True for the graph's own files and for the constructors of its dataclasses."""
    return file == "<string>" or str(Path(file).parent) == _HERE


def place() -> Place:
    """The innermost line of code that is not the graph's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return Place("?", 0)
    return Place(frame.f_code.co_filename, frame.f_lineno)


class GraphError(Exception):
    """A graph was wired wrongly; the message names the line and how to mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{place()}: {message}")
