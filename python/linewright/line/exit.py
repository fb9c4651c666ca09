"""Exit codes of every `linewright` command; part of the outside contract."""

from __future__ import annotations

OK = 0
USAGE = 2
BLOCKED = 3
"""The recipe gate blocks the recipe; the reasons are told."""
NOT_JUDGED = 4
"""The recipe lies where the twin's laws are not stated; the bounds are told."""
CORRUPT = 65
"""A ledger or a record is damaged, or a replay differs."""
UNAVAILABLE = 69
"""A service is not there: no line runs, the core has died, a run directory is taken."""
NO_REAL_TIME = 77
"""Real time, or a station's sandbox, was required and is not to be had."""
BAD_CONFIG = 78
"""The line file, a plan or a setting is wrong; the message names file, key, line, expected, got."""
