"""`linewright manual ACTUATOR VALUE`."""

from __future__ import annotations

from typing import Annotated

import typer

from linewright.cli._common import Json, Operator, RunDir, command, new_app

app = new_app()


@app.command()
def manual(
    actuator: Annotated[str, typer.Argument(help="Full name, for example coater.pump_flow.")],
    value: Annotated[float, typer.Argument(help="Value in the actuator's unit.")],
    operator: Operator,
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Take an actuator of a running line in hand, within its limits. Ends with an arm."""
    from linewright import messages as m  # noqa: PLC0415

    command(run_dir, m.Manual(actuator, value, operator), as_json=as_json)
