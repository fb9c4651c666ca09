"""`linewright ledger {verify|dump|tail}`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()
File = Annotated[Path, typer.Argument(help="Ledger file.")]
PAGE = 5000
FOLLOW_S = 0.3


@app.callback()
def _ledger() -> None:
    """Verify, dump or follow a ledger."""


def _rows(path: Path, as_json: bool, **wanted: Any) -> list[dict[str, Any]]:
    from linewright import _core  # noqa: PLC0415

    if not path.is_file():
        fail(f"{path}: no such file", codes.USAGE, as_json=as_json)
    try:
        rows: list[dict[str, Any]] = _core.ledger_rows(str(path), **wanted)
    except _core.LedgerError as error:
        fail(f"{path}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    return rows


@app.command()
def verify(file: File, as_json: Json = False) -> None:
    """Check every row against the hash chain; 65 names the first row that is wrong."""
    from linewright import _core  # noqa: PLC0415

    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    try:
        found = _core.ledger_verify(str(file))
    except _core.LedgerError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{file}: {error}", code, as_json=as_json, seq=getattr(error, "seq", None))
    head = found["head"]
    facts = {**found, "head": head.hex() if isinstance(head, bytes) else head}
    if as_json:
        show({"ok": True, "ledger": str(file), **facts})
    else:
        typer.echo(f"{file}: {facts['rows']} rows, chain whole, head {facts['head']}")


def _line(row: dict[str, Any]) -> str:
    body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
    return f"{row['seq']:>8} {row['tick']:>10} {row['kind']:<10} {row['station']:<12} {body}"


@app.command()
def dump(
    file: File,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only rows of a kind.")] = None,
    station: Annotated[
        str | None, typer.Option("--station", help="Only rows of a station.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print every row; with --json one JSON object a line."""
    since = 0
    while rows := _rows(file, as_json, since=since, kinds=kind, station=station, limit=PAGE):
        for row in rows:
            typer.echo(json.dumps(_plain(row)) if as_json else _line(row))
        since = rows[-1]["seq"]


@app.command()
def tail(
    file: File,
    count: Annotated[int, typer.Option("-n", "--lines", help="Rows to begin with.")] = 10,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new rows.")] = False,
    as_json: Json = False,
) -> None:
    """Print the last rows, and with --follow every new one."""
    last = _last_seq(file, as_json)
    since = max(0, last - count)
    while True:
        for row in _rows(file, as_json, since=since, limit=PAGE):
            typer.echo(json.dumps(_plain(row)) if as_json else _line(row))
            since = row["seq"]
        if not follow:
            return
        time.sleep(FOLLOW_S)


def _last_seq(file: Path, as_json: bool) -> int:
    last = 0
    since = 0
    while rows := _rows(file, as_json, since=since, limit=PAGE * 20):
        last = since = rows[-1]["seq"]
    return last


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose body is an object and whose hash is text."""
    body = json.loads(row["body"]) if isinstance(row["body"], str) else row["body"]
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in {**row, "body": body}.items()}
