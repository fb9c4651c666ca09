"""`linewright calibrate RECORD --recipe RECIPE --out FILE`."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import (
    Json,
    fail,
    new_app,
    read_calibration_file,
    read_recipe_file,
    show,
)
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.recipes import Calibration, RecipeFile

app = new_app()


@app.command()
def calibrate(
    record: Annotated[Path, typer.Argument(help="Record of a run (.mcap).")],
    recipe: Annotated[Path, typer.Option("--recipe", help="Recipe that was run (.toml).")],
    out: Annotated[Path, typer.Option("--out", help="Where the calibration goes (.json).")],
    prior: Annotated[
        Path | None,
        typer.Option("--prior", help="Calibration of an earlier record to go on from."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn from a record of the line how it differs from the twin, and how it scatters.

    Compaction resistance, heat transfer of the dryer and the pump's gain, each with its standard
    deviation; for `linewright gate --calibration FILE`. Ends with 65 when the record is damaged or
    tells of none of them.
    """
    made_of = read_recipe_file(recipe, as_json=as_json)
    if not record.is_file():
        fail(f"{record}: no such file", codes.USAGE, as_json=as_json)
    before = None if prior is None else read_calibration_file(prior, as_json=as_json)
    made = _calibration(record, made_of, before, as_json=as_json)
    try:
        made.write(out)
    except OSError as error:
        fail(f"{out}: {error}", codes.USAGE, as_json=as_json)
    if as_json:
        show({"ok": True, "file": str(out), "hash": made.hash, **asdict(made)})
    else:
        typer.echo("\n".join(_told(made, out)))


def _calibration(
    record: Path, recipe: RecipeFile, prior: Calibration | None, *, as_json: bool
) -> Calibration:
    from linewright import _core  # noqa: PLC0415
    from linewright import recipes as r  # noqa: PLC0415

    try:
        series: dict[str, Any] = _core.record_series(str(record))
    except _core.RecordError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{record}: {error}", code, as_json=as_json)
    digest = hashlib.sha256()
    with record.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    try:
        return r.calibrate(
            recipe,
            series,
            source=record.name,
            source_sha256=digest.hexdigest(),
            prior=prior,
        )
    except ValueError as error:
        fail(f"{record}: {error}", codes.CORRUPT, as_json=as_json)


def _told(made: Calibration, out: Path) -> list[str]:
    """The calibration for a person."""
    lines = []
    for name, of in made.parameters.items():
        rejected = ", ".join(f"{n} {why}" for why, n in of.rejected.items()) or "none"
        word = "" if of.calibrated else "; too few, not used"
        lines.append(
            f"{name:<10} {of.ratio:.4f} of the recipe's figure, SD {of.sd_pct:.2f} %; "
            f"{of.used} samples, rejected: {rejected}{word}"
        )
    lines += [f"scatter    {name} {value:.3f}" for name, value in made.scatter.items()]
    return [*lines, f"calibration in {out}, hash {made.hash}"]
