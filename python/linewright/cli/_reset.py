"""`linewright reset`."""

from __future__ import annotations

from linewright.cli._common import Json, Operator, RunDir, command, new_app

app = new_app()


@app.command()
def reset(operator: Operator, run_dir: RunDir = None, as_json: Json = False) -> None:
    """Clear a trip of a running line, as a named person. It stays disarmed."""
    from linewright import messages as m  # noqa: PLC0415

    command(run_dir, m.Reset(operator), as_json=as_json)
