"""`linewright replay RECORD --verify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

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
        report = _verified(record, bar=sys.stderr.isatty() and not as_json)
    except _core.RecordError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{record}: {error}", code, as_json=as_json)
    if report["truncated"] is not None:
        told = f"{record}: {report['truncated']}"
        told += f"; the {report['cycles']} cycles before it give the same bits"
        fail(told, codes.CORRUPT, as_json=as_json, **report)
    if as_json:
        show({"ok": True, "record": str(record), **report})
    else:
        typer.echo(f"{record}: {report['cycles']} cycles, every bit the same")


def _verified(record: Path, *, bar: bool) -> dict[str, Any]:
    """Replay the record; with a bar of its bytes for a person at a terminal."""
    from linewright import _core  # noqa: PLC0415

    if not bar:
        return _core.replay_verify(str(record))
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(record.name, total=record.stat().st_size)

        def report(_cycles: int, done_bytes: int, _total_bytes: int) -> None:
            progress.update(task, completed=done_bytes)

        return _core.replay_verify(str(record), report)
