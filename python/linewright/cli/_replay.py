"""`linewright replay RECORD --verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def replay(
    record: Annotated[Path, typer.Argument(help="Record of a run (.mcap).")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every slot of every cycle, bit for bit.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Run a record's plan again on its recorded sources and compare every cycle's hash."""
    from linewright import _core  # noqa: PLC0415

    if not verify:
        fail("nothing to do without --verify", codes.USAGE, as_json=as_json)
    if not record.is_file():
        fail(f"{record}: no such file", codes.USAGE, as_json=as_json)
    try:
        report = _core.replay_verify(str(record))
    except _core.RecordError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{record}: {error}", code, as_json=as_json)
    if as_json:
        show({"ok": True, "record": str(record), **report})
    else:
        typer.echo(f"{record}: {report['cycles']} cycles, every bit the same")
