"""`linewright ledger {pin|pins|unpin}`: rows that retention must not remove."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, fail, show
from linewright.line import exit as codes

File = Annotated[Path, typer.Argument(help="Ledger file.")]
First = Annotated[int, typer.Option("--from", help="First row.")]
Last = Annotated[int, typer.Option("--to", help="Last row.")]


def _try(file: Path, as_json: bool, do: Callable[[], Any]) -> Any:
    from linewright import _core  # noqa: PLC0415

    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    try:
        return do()
    except ValueError as error:
        fail(f"{file}: {error}", codes.USAGE, as_json=as_json)
    except _core.LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)


def when(wall_s: float) -> str:
    """UTC, to the minute."""
    return f"{datetime.fromtimestamp(wall_s, UTC):%Y-%m-%d %H:%M} UTC"


def _line(pin: dict[str, Any]) -> str:
    said = f"{pin['by']}, {when(pin['wall_s'])}"
    return f"rows {pin['first']} to {pin['last']}: {pin['reason']} ({said})"


def pin(  # noqa: PLR0917
    file: File,
    first: First,
    last: Last,
    reason: Annotated[str, typer.Option("--reason", help="Why they stay.")],
    by: Annotated[str | None, typer.Option("--operator", help="Who says so.")] = None,
    as_json: Json = False,
) -> None:
    """Keep rows for good, whatever age and quota say; also beside a running line."""
    from linewright import _core  # noqa: PLC0415

    who = by or getpass.getuser()
    made = _try(file, as_json, lambda: _core.ledger_pin(str(file), first, last, reason, who))
    if as_json:
        show({"ok": True, "ledger": str(file), **made})
    else:
        typer.echo(f"pinned {_line(made)}")


def pins(file: File, as_json: Json = False) -> None:
    """List the rows that are kept for good."""
    from linewright import _core  # noqa: PLC0415

    found = _try(file, as_json, lambda: _core.ledger_pins(str(file)))
    if as_json:
        show({"ok": True, "ledger": str(file), "pins": found})
        return
    for one in found:
        typer.echo(_line(one))


def unpin(file: File, first: First, last: Last, as_json: Json = False) -> None:
    """Take a pin back: age and quota count again for its rows."""
    from linewright import _core  # noqa: PLC0415

    taken = _try(file, as_json, lambda: _core.ledger_unpin(str(file), first, last))
    if as_json:
        show({"ok": True, "ledger": str(file), **taken})
    else:
        typer.echo(f"no longer pinned: {_line(taken)}")
