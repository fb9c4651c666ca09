"""What a page is about: a running line, the folder of a finished run, or a ledger alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.bus import COMMANDS
from linewright.bus._peers import FACTS, LineFacts, read_facts
from linewright.line._build import CORE_CONFIG
from linewright.value.recorded import record_of

LEDGER = "ledger.sqlite"


class HmiError(Exception):
    """The page cannot be served; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Where:
    """Files a page is made from. The ledger is the one that must be there."""

    ledger: Path
    run_dir: Path | None = None
    facts: LineFacts | None = None
    plan: dict[str, Any] | None = None
    """As the core was started with it."""
    actuators: dict[str, Any] | None = None
    """Limits by full name, as the core was started with them."""
    record: Path | None = None
    """Where its record is, when it keeps one."""

    @property
    def may_run(self) -> bool:
        """Is there a run directory whose bus may be asked?"""
        return self.run_dir is not None and (self.run_dir / COMMANDS).exists()


def find(path: Path) -> Where:
    """The ledger and its surroundings, from a run directory or a ledger file.

    A run directory whose line is about to start has no ledger yet: it is told by its `line.json`.

    Raises
    ------
    HmiError
        With 2 when there is nothing there; with 65 when the file is no ledger.
    """
    if path.is_dir():
        facts = _facts(path)
        ledger = path / LEDGER if facts is None or not facts.ledger else Path(facts.ledger)
        if not ledger.exists() and facts is None:
            raise HmiError(f"{path}: neither line.json nor {LEDGER} is there", 2)
        config = _config(path)
        return Where(
            ledger=ledger,
            run_dir=path if facts is not None else None,
            facts=facts,
            plan=config.get("plan"),
            actuators=config.get("actuators"),
            record=record_of(path),
        )
    if not path.is_file():
        raise HmiError(f"{path}: no such file or folder", 2)
    try:
        _core.ledger_newest(str(path))
    except _core.LedgerError as error:
        raise HmiError(f"{path}: {error}", getattr(error, "exit_code", 65)) from error
    beside = path.parent
    facts = _facts(beside)
    if facts is None or Path(facts.ledger).absolute() != path.absolute():
        return Where(ledger=path)
    return find(beside)


def _facts(run_dir: Path) -> LineFacts | None:
    if not (run_dir / FACTS).is_file():
        return None
    try:
        return read_facts(run_dir)
    except ValueError as error:
        raise HmiError(f"{run_dir / FACTS}: {error}", 65) from error


def _config(run_dir: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads((run_dir / CORE_CONFIG).read_text())
    except (OSError, ValueError):
        return {}
    return read
