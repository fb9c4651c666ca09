"""`linewright mes`: the REST interface to the plant's execution system, beside a running line."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, RunDir, fail, new_app, running_line, show
from linewright.hosts import is_loopback
from linewright.line import exit as codes

app = new_app()


@app.command()
def mes(  # noqa: PLR0917 - options by name
    run_dir: RunDir = None,
    listen: Annotated[
        str, typer.Option("--listen", help="HOST:PORT for orders; port 0 takes a free one.")
    ] = "127.0.0.1:8470",
    forward: Annotated[
        str | None, typer.Option("--forward", help="URL that what became of orders is sent to.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Bearer token, both ways.")
    ] = None,
    operator: Annotated[str, typer.Option("--operator", help="Who orders, in the ledger.")] = "mes",
    machine: Annotated[
        str, typer.Option("--machine", help="Whose three good units verify a change.")
    ] = "coater",
    as_json: Json = False,
) -> None:
    """Take orders by REST, put verified changeovers down, send what became of orders out.

    A process of its own: the line waits for none of it. Beyond loopback it needs a token. Rows go
    out in order and are tried again until they are there (`mes.cursor` beside the ledger).
    """
    try:
        from linewright.mes._serve import Courier, serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        fail(f"pip install 'linewright[hmi]' ({error})", codes.UNAVAILABLE, as_json=as_json)
    from linewright.bus import ledger_of  # noqa: PLC0415
    from linewright.mes import Desk, Outbox, post  # noqa: PLC0415
    from linewright.mes._put import put_into  # noqa: PLC0415

    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        fail(f"--listen must be HOST:PORT, was {listen!r}", codes.USAGE, as_json=as_json)
    token = token_file.read_text().strip() if token_file is not None else ""
    if not is_loopback(host) and not token:
        fail("beyond loopback a token is needed: --token-file", codes.USAGE, as_json=as_json)
    place = running_line(run_dir, as_json=as_json)
    put, ledger = put_into(place), ledger_of(place)
    desk = Desk(ledger, put)
    outbox = None
    if forward is not None:
        try:
            outbox = Outbox(ledger, ledger.with_name("mes.cursor"), post(forward, token))
        except ValueError as error:
            fail(str(error), codes.USAGE, as_json=as_json)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, int(port)))
    except OSError as error:
        fail(f"{listen}: {error}", codes.UNAVAILABLE, as_json=as_json)
    place_of_orders = f"http://{host}:{bound.getsockname()[1]}/orders"
    if as_json:
        show({"ok": True, "orders": place_of_orders})
    else:
        typer.echo(f"orders at {place_of_orders}")
    courier = Courier(desk, put, outbox, machine, lambda says: typer.echo(says, err=True))
    serve(desk, bound, courier, token=token, operator=operator)
