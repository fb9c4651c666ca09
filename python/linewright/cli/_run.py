"""`linewright run FILE`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, NoPage, fail, new_app, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def run(  # noqa: PLR0917 - options by name
    file: Annotated[
        Path, typer.Argument(help="Line file, or the name of one that comes with Linewright.")
    ],
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="Where sockets, logs and ledger go.")
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option("--hours", min=0.001, help="Line time of a simulated line, h."),
    ] = None,
    require_rt: Annotated[
        bool,
        typer.Option("--require-rt", help="End with 77 unless a live line gets its real time."),
    ] = False,
    page: NoPage = True,
    as_json: Json = False,
) -> None:
    """Run a line in the foreground: core, bus and stations, until it ends or is stopped.

    A simulated line ends by itself; a live one with SIGINT or SIGTERM, within 2 s.
    """
    from linewright.line import (  # noqa: PLC0415
        LineErrors,
        RunError,
        load,
        packaged,
        run_directory,
        run_line,
    )

    try:
        line = load(file if file.is_file() else packaged().get(str(file), file))
    except LineErrors as errors:
        listed = [error.as_json() for error in errors.errors]
        fail(f"bad line file\n{errors}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    if hours is not None:
        try:
            line = line.shortened(hours)
        except ValueError as error:
            fail(str(error), codes.USAGE, as_json=as_json)
    if require_rt:
        line = line.requiring_rt()
    where = (run_dir or run_directory(line.name)).absolute()
    started_s = time.monotonic()
    until = None if line.until_tick is None else line.until_tick / line.base_hz
    try:
        if sys.stderr.isatty() and not as_json:
            code = _with_bar(
                lambda report: run_line(line, where, report, page=page), line.name, until
            )
        else:
            code = run_line(line, where, page=page)
    except RunError as error:
        if error.code == codes.OK:
            raise typer.Exit(codes.OK) from error
        fail(str(error), error.code, as_json=as_json)
    facts = {
        "ok": code == codes.OK,
        "exit_code": code,
        "line": line.name,
        "run_dir": str(where),
        "ledger": str(line.ledger(where)),
        "wall_s": round(time.monotonic() - started_s, 3),
    }
    if as_json:
        show(facts)
    elif code == codes.OK:
        typer.echo(f"{line.name}: ended after {facts['wall_s']} s, ledger {facts['ledger']}")
    raise typer.Exit(code)


def _with_bar(
    run_it: Callable[[Callable[[dict[str, Any]], None]], int], name: str, until_s: float | None
) -> int:
    """Run with a bar of line time; only for a person at a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=until_s, text="starting")

        def report(document: dict[str, Any]) -> None:
            core = document.get("core")
            if not core:
                return
            time_s = core["tick"] / core["base_hz"]
            text = f"{time_s / 3600.0:.2f} h of line time, {core['mode']}"
            progress.update(task, completed=time_s, text=text)

        return run_it(report)
