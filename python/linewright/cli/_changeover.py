"""`linewright changeover`: changeover hours per recipe from machine states and finished units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli._common import Json, fail, ledger_file, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.value.hours import Changeover

app = new_app()


@app.command()
def changeover(
    place: Annotated[
        Path | None, typer.Argument(help="Ledger or run directory; the running line if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Hours from the last good unit of a recipe to the first of three good ones of the next.

    From `state` and `production` rows alone. What a neighbour made the machine wait is starved or
    blocked; what the record does not tell is unknown, and is not filled.
    """
    from linewright import LedgerError  # noqa: PLC0415
    from linewright.value.hours import read_ledger  # noqa: PLC0415

    file = ledger_file(place, as_json=as_json)
    try:
        made = read_ledger(file)
    except LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    if as_json:
        show({"ok": True, "ledger": str(file), **made.as_json()})
        return
    if not made.changes:
        typer.echo("no change of recipe in this ledger")
    for change in made.changes:
        typer.echo("\n".join(_lines(change)))
    for note in made.notes:
        typer.echo(f"record: {note.machine} at {note.at_s:.0f} s, {note.what}: {note.says}")


def _lines(change: Changeover) -> list[str]:
    head = f"{change.machine}: {change.from_recipe} to {change.to_recipe}, "
    if change.hours is not None:
        head += f"{change.hours:.2f} h"
    elif change.last_good_s is None:
        head += f"begins with no good unit of {change.from_recipe}"
    else:
        head += "not finished: no three good units in a row yet"
    return [
        head,
        f"  own {change.own_min:.1f} min (setting up {change.setting_up_min:.1f}, running in "
        f"{change.running_in_min:.1f}), starved {change.starved_min:.1f}, blocked "
        f"{change.blocked_min:.1f}, unknown {change.unknown_min:.1f}",
        f"  external {change.external_min:.1f} min beside good product; "
        f"{change.units_lost} units lost",
    ]
