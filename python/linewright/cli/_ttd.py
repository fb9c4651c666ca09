"""`linewright ttd`: time to detect and to act, step by step, in seconds and metres of web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, ledger_file, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.value.chain import Class

app = new_app()
SHOWN = ("sample", "detection", "command", "write", "read_back")


@app.command()
def ttd(
    place: Annotated[
        Path | None, typer.Argument(help="Ledger or run directory; the running line if left out.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="The twin's truth; truth.json beside the ledger.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Per kind of event from its physical onset to the write that was read back.

    With the twin's truth from the true onset, and missed faults are shown; without it from the
    change point that each detector tells, which is an estimate.
    """
    from linewright import LedgerError  # noqa: PLC0415
    from linewright.value.chain import classes, read  # noqa: PLC0415

    file = ledger_file(place, as_json=as_json)
    if truth is not None and not truth.is_file():
        fail(f"{truth}: no such file", codes.USAGE, as_json=as_json)
    try:
        chains = read(file, truth)
    except (LedgerError, ValueError, KeyError) as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    made = classes(chains)
    if as_json:
        events = [chain.as_json() for chain in chains]
        show({"ok": True, "ledger": str(file), "events": events, "classes": _facts(made)})
        return
    if not chains:
        typer.echo("nothing was detected")
        return
    estimated = any(chain.estimated for chain in chains)
    about = "the detectors' own change points (estimated)" if estimated else "the twin's truth"
    typer.echo(f"since the onset by {about}, median; s, and m of web in brackets")
    head = "".join(f"{name:>18s}" for name in SHOWN)
    typer.echo(f"{'event':28s} {'told by':28s}{'n':>3s}{'bound s':>9s}{head}")
    for one in made:
        typer.echo(_line(one))


def _facts(made: list[Class]) -> list[dict[str, Any]]:
    return [
        {
            "fault": one.fault,
            "detector": one.detector,
            "events": len(one.chains),
            "bound_s": one.bound_s,
            "median_s": {s: None if (t := one.median(s)) is None else t[0] for s in SHOWN},
            "median_m": {s: None if (t := one.median(s)) is None else t[1] for s in SHOWN},
        }
        for one in made
    ]


def _line(one: Class) -> str:
    bound = "-" if one.bound_s is None else f"{one.bound_s:.3g}"
    cells = "".join(f"{_cell(one.median(step)):>18s}" for step in SHOWN)
    told = one.detector or "missed"
    return f"{one.fault:28s} {told:28s}{len(one.chains):3d}{bound:>9s}{cells}"


def _cell(made: tuple[float, float | None] | None) -> str:
    if made is None:
        return "-"
    metres = "" if made[1] is None else f" ({made[1]:.3g})"
    return f"{made[0]:.4g}{metres}"
