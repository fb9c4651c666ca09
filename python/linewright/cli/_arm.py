"""`linewright arm`."""

from __future__ import annotations

from linewright.cli._common import Json, Operator, RunDir, command, new_app

app = new_app()


@app.command()
def arm(operator: Operator, run_dir: RunDir = None, as_json: Json = False) -> None:
    """Arm a running line, as a named person. Every lapse, trip and manual needs a new arm."""
    from linewright import messages as m  # noqa: PLC0415

    command(run_dir, m.Arm(operator), as_json=as_json)
