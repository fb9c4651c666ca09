"""`linewright keys {new|show}`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()
Folder = Annotated[Path, typer.Option("--folder", help="Where the keys of the line are.")]


@app.callback()
def _keys() -> None:
    """Keys of the bus on the network: make a pair, show a public half."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="`bus` for the line itself, else who holds it.")],
    folder: Folder = Path("keys"),
    as_json: Json = False,
) -> None:
    """Make the pair NAME: NAME.key for everyone, NAME.key_secret (mode 0600) for its holder."""
    from linewright.bus import _keys as keys  # noqa: PLC0415

    try:
        public = keys.make(folder, name)
    except (keys.KeyFileError, OSError) as error:
        fail(str(error), codes.USAGE, as_json=as_json)
    secret = folder / f"{name}{keys.SECRET}"
    if as_json:
        show({"ok": True, "public": str(public), "secret": str(secret)})
    else:
        typer.echo(f"{public} may be given away; {secret} stays with its holder")


@app.command(name="show")
def show_key(
    name: Annotated[str, typer.Argument(help="Name of a pair.")],
    folder: Folder = Path("keys"),
    as_json: Json = False,
) -> None:
    """Print the public half of NAME."""
    from linewright.bus import _keys as keys  # noqa: PLC0415

    try:
        public = keys.read_public(folder / f"{name}{keys.PUBLIC}").decode()
    except keys.KeyFileError as error:
        fail(str(error), codes.USAGE, as_json=as_json)
    if as_json:
        show({"ok": True, "name": name, "public": public})
    else:
        typer.echo(public)
