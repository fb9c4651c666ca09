"""`linewright genealogy`: what a cell, weld, tray, roll or batch is made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli._common import Json, fail, ledger_file, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.value.made_of import Link

app = new_app()
UNIT = re.compile(r"\s*(?:([a-z]+)\s*)?(\d{1,9})\s*", re.IGNORECASE)


@app.command()
def genealogy(
    unit: Annotated[
        str, typer.Argument(help='Such as "cell 5000", "weld 12", "tray 3", "roll 2".')
    ],
    place: Annotated[
        Path | None, typer.Argument(help="Ledger or run directory; the running line if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """From a unit back to the batch of slurry, by what the line's machines put down.

    Kinds: cell, weld, lot (of welds), tray, roll, batch. What no row tells is said to be unknown.
    """
    from linewright import LedgerError  # noqa: PLC0415
    from linewright.value.made_of import KINDS, read_units  # noqa: PLC0415

    asked = UNIT.fullmatch(unit)
    kind = next((k for k in KINDS if asked and k == (asked[1] or "cell").lower()), None)
    if asked is None or kind is None:
        told = f"unit must be one of {', '.join(KINDS)} and a number, was {unit!r}"
        fail(told, codes.USAGE, as_json=as_json)
    file = ledger_file(place, as_json=as_json)
    try:
        chain = read_units(file).back(kind, int(asked[2]))
    except LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    if as_json:
        show({"ok": True, "ledger": str(file), "of": f"{kind} {asked[2]}", **chain.as_json()})
        return
    for link in chain.links:
        typer.echo(_line(link))
    for text in chain.unknown:
        typer.echo(f"not known: {text}")


def _line(link: Link) -> str:
    web = "" if link.from_m is None else f", web {link.from_m:.1f} to {link.to_m:.1f} m"
    values = "".join(f", {name} {value:g}" for name, value, unit in link.values if unit == "1")
    return (
        f"{link.machine:<9}  {link.what} {link.number}{values}{web}, until {link.at_s:.0f} s; "
        f"{link.says}"
    )
