"""`linewright report`: the page of a shift from what its line left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, fail, ledger_file, new_app, read_plant_data, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def report(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER | RUN DIR | LEDGER]",
            help="A demo's folder (linewright-demo if left out); with --shift a run or its ledger.",
        ),
    ] = None,
    *,
    shift: Annotated[
        bool,
        typer.Option("--shift", help="The page for the one who takes over, from the ledger alone."),
    ] = False,
    last_h: Annotated[
        float | None, typer.Option("--last-h", min=0.01, help="With --shift: its last hours only.")
    ] = None,
    plant: Annotated[
        str | None, typer.Option("--plant", help="With --shift: plant data for the cost.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The page; beside the ledger if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The report of a shift: what happened, was corrected and saved, what was not, what is open.

    With --shift from what any line leaves: ledger, and record when it keeps one. Without it the
    page of a demo or a simulated run, with the twin's truth beside it.
    """
    if shift:
        _of_shift(folder, out, plant, last_h, as_json=as_json)
        return
    if plant is not None or last_h is not None:
        fail("--plant and --last-h need --shift", codes.USAGE, as_json=as_json)
    _of_demo(folder or Path("linewright-demo"), out, as_json=as_json)


def _of_shift(
    place: Path | None, out: Path | None, plant: str | None, last_h: float | None, *, as_json: bool
) -> None:
    from linewright import LedgerError  # noqa: PLC0415
    from linewright.report import read_facts_of, write_shift_report  # noqa: PLC0415

    ledger = ledger_file(place, as_json=as_json)
    run_dir = place if place is not None and place.is_dir() else ledger.parent
    data = read_plant_data(plant, as_json=as_json)
    try:
        facts = read_facts_of(ledger, run_dir, plant=data, last_h=last_h)
    except (LedgerError, ValueError) as error:
        fail(f"{ledger}: {error}", codes.CORRUPT, as_json=as_json)
    page = write_shift_report(out or run_dir / "shift.html", facts)
    if as_json:
        saved = None if facts.savings is None else facts.savings.as_json()
        show(
            {
                "ok": True,
                "report": str(page.absolute()),
                "line": facts.line,
                "hours": facts.hours_long,
                "open_alarms": len(facts.alarms),
                "notes": len(facts.notes),
                "savings": saved,
                "no_savings": facts.no_savings,
            }
        )
    else:
        typer.echo(f"report {page.absolute()}")


def _of_demo(folder: Path, out: Path | None, *, as_json: bool) -> None:
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
