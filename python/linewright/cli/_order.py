"""`linewright order`: an order for a recipe into the ledger of the running line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, Operator, RunDir, fail, new_app, running_line, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def order(
    recipe: Annotated[Path, typer.Argument(help="Recipe file that is ordered.")],
    number: Annotated[str, typer.Option("--order", help="Number of the order; once for ever.")],
    operator: Operator,
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Order a recipe. The line's station `mes` asks the recipe gate and gives the line its order.

    The same order again changes nothing; another recipe under its number is refused.
    """
    from linewright.bus import ledger_of  # noqa: PLC0415
    from linewright.mes import Desk, RefusedError  # noqa: PLC0415
    from linewright.mes._put import put_into  # noqa: PLC0415

    if not recipe.is_file():
        fail(f"{recipe}: no such file", codes.USAGE, as_json=as_json)
    place = running_line(run_dir, as_json=as_json)
    desk = Desk(ledger_of(place), put_into(place))
    try:
        new = desk.take(number, recipe.read_text(encoding="utf-8", errors="replace"), operator)
    except RefusedError as refused:
        code = {"invalid": codes.BAD_CONFIG, "conflict": codes.USAGE}.get(
            refused.why, codes.UNAVAILABLE
        )
        fail(str(refused), code, as_json=as_json, why=refused.why)
    if as_json:
        show({"ok": True, "order": number, "new": new})
    else:
        typer.echo(f"order {number} {'received' if new else 'was received before'}")
