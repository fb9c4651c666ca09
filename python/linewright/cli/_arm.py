"""`linewright arm`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linewright.cli._common import Json, Operator, RunDir, command, fail, new_app
from linewright.line import exit as codes

app = new_app()


@app.command()
def arm(
    operator: Operator,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="Certificate of the line's recipe (linewright gate)."),
    ] = None,
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Arm a running line, as a named person. Every lapse, trip and manual needs a new arm.

    A line that states a recipe is armed only under a certificate for that recipe, for the
    calibration it was judged with, before it expires.
    """
    from linewright import messages as m  # noqa: PLC0415

    given = None
    if certificate is not None:
        from linewright.mistakes import Mistakes  # noqa: PLC0415
        from linewright.recipes import read_certificate  # noqa: PLC0415

        try:
            given = m.Certificate(**read_certificate(certificate))
        except Mistakes as mistakes:
            listed = [mistake.as_json() for mistake in mistakes.errors]
            fail(f"bad certificate\n{mistakes}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    command(run_dir, m.Arm(operator, given), as_json=as_json)
