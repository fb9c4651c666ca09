"""`linewright ledger {verify|dump|tail|export|pin|pins|unpin}`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.cli._ledger_pins import pin, pins, unpin, when
from linewright.line import exit as codes

app = new_app()
for _command in (pin, pins, unpin):
    app.command()(_command)
File = Annotated[Path, typer.Argument(help="Ledger file.")]
PAGE = 5000
FOLLOW_S = 0.3


@app.callback()
def _ledger() -> None:
    """Verify, dump, follow or export a ledger; keep rows of it."""


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
        for gone in facts["removed"]:
            why = f"by {gone['why']}, last at {when(gone['wall_s'])}"
            typer.echo(f"rows {gone['first']} to {gone['last']} were removed ({why})")


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
    last = _newest(file, as_json)
    since = max(0, last - count)
    while True:
        for row in _rows(file, as_json, since=since, limit=PAGE):
            typer.echo(json.dumps(_plain(row)) if as_json else _line(row))
            since = row["seq"]
        if not follow:
            return
        time.sleep(FOLLOW_S)


@app.command()
def export(  # noqa: PLR0917
    file: File,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Parquet file to write.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="CSV file to write.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only rows of a kind.")] = None,
    station: Annotated[
        str | None, typer.Option("--station", help="Only rows of a station.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First row: number, or time (UTC, ISO 8601).")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last row: number, or time (UTC, ISO 8601).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write rows to a table: number, time, tick, clock, kind, station, body (JSON), hash."""
    from linewright import _core  # noqa: PLC0415
    from linewright.cli import _ledger_export as table  # noqa: PLC0415

    target = parquet or csv
    if target is None or (parquet and csv):
        fail("give one of --parquet FILE and --csv FILE", codes.USAGE, as_json=as_json)
    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    low, since = _end("--from", first, as_json)
    high, until = _end("--to", last, as_json)
    wanted = table.Wanted(kind, station, low or 1, high, since, until)
    try:
        count = table.export(file, wanted, target, parquet=parquet is not None)
    except _core.LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    except table.NoParquetError as error:
        fail(str(error), codes.UNAVAILABLE, as_json=as_json)
    except ValueError as error:
        fail(str(error), codes.USAGE, as_json=as_json)
    except OSError as error:
        fail(f"{target}: {error.strerror or error}", codes.UNAVAILABLE, as_json=as_json)
    if as_json:
        show({"ok": True, "ledger": str(file), "file": str(target), "rows": count})
    else:
        typer.echo(f"{target}: {count} rows")


def _end(option: str, text: str | None, as_json: bool) -> tuple[int | None, datetime | None]:
    """A row number or a time."""
    if text is None:
        return None, None
    if text.isdecimal() and int(text) >= 1:
        return int(text), None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        what = "must be a row number from 1 or a time such as 2026-11-28T06:00"
        fail(f"{option} {text}: {what}", codes.USAGE, as_json=as_json)
    return None, time if time.tzinfo else time.replace(tzinfo=UTC)


def _newest(file: Path, as_json: bool) -> int:
    from linewright import _core  # noqa: PLC0415

    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    try:
        return _core.ledger_newest(str(file))
    except _core.LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose body is an object and whose hash is text."""
    body = json.loads(row["body"]) if isinstance(row["body"], str) else row["body"]
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in {**row, "body": body}.items()}
