"""The line file: read, checked to the line, and turned into what the processes are started with."""

from linewright.line._alarm_list import Stated, alarm_kpi, alarm_rows, read_book, stated
from linewright.line._build import Line, load, packaged
from linewright.line._inline import run_inline
from linewright.line._paths import base_directory, run_directory
from linewright.line._supervisor import RunError, run_line
from linewright.mistakes import Mistake as LineError
from linewright.mistakes import Mistakes as LineErrors

__all__ = [
    "Line",
    "LineError",
    "LineErrors",
    "RunError",
    "Stated",
    "alarm_kpi",
    "alarm_rows",
    "base_directory",
    "load",
    "packaged",
    "read_book",
    "run_directory",
    "run_inline",
    "run_line",
    "stated",
]
