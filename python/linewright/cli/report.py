"""`linewright report`: the page of a shift from what its line left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def report(
    folder: Annotated[
        Path, typer.Argument(help="A demo's folder, or one with ledger.sqlite and truth.json.")
    ] = Path("linewright-demo"),
    out: Annotated[
        Path | None, typer.Option("--out", help="The page; report.html in the folder if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The report of a shift: figures, plots, and what was seen, decided and corrected."""
    from linewright import LedgerError  # noqa: PLC0415
    from linewright.report import write_report  # noqa: PLC0415
    from linewright.value.evaluation import detect  # noqa: PLC0415
    from linewright.value.policies import CLOSED, POLICIES, read_shift  # noqa: PLC0415

    places = {name: folder / name for name in POLICIES if _is_shift(folder / name)}
    if not places and _is_shift(folder):
        places = {folder.absolute().name: folder}
    if not places:
        fail(
            f"{folder}: no ledger.sqlite with a truth.json beside it",
            codes.UNAVAILABLE,
            as_json=as_json,
        )
    shifts = []
    try:
        for name, place in places.items():
            truth = json.loads((place / "truth.json").read_text())
            hours = truth["ticks"] / truth["base_hz"] / 3600.0
            shifts.append(read_shift(name, place, seed=truth["seed"], hours=hours))
    except (LedgerError, ValueError, KeyError) as error:
        fail(f"{folder}: {error}", codes.CORRUPT, as_json=as_json)
    closed = [s for s in shifts if s.policy == CLOSED] or shifts[-1:]
    page = write_report(out or folder / "report.html", shifts, detect(closed[0]))
    if as_json:
        show({"ok": True, "report": str(page.absolute()), "shifts": [s.policy for s in shifts]})
    else:
        typer.echo(f"report {page.absolute()}")


def _is_shift(place: Path) -> bool:
    return (place / "ledger.sqlite").is_file() and (place / "truth.json").is_file()
