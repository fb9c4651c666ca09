"""`linewright mode {advisory|closed}`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from linewright.cli._common import Json, RunDir, command, new_app

app = new_app()


class Wanted(StrEnum):
    """Modes of a line."""

    ADVISORY = "advisory"
    CLOSED = "closed"


@app.command()
def mode(
    wanted: Annotated[Wanted, typer.Argument(help="advisory: nothing is written; closed: it is.")],
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Set a running line to advisory or closed. Closed loop also needs the permit and an arm."""
    from linewright import messages as m  # noqa: PLC0415

    command(run_dir, m.Mode(wanted.value), as_json=as_json)
