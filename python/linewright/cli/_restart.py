"""`linewright restart`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, Operator, RunDir, fail, new_app, running_line, show
from linewright.line import exit as codes

app = new_app()

TAKEN_S = 5.0
"""A supervisor looks fifty times a second and gives a station 1.2 s to end."""


@app.command()
def restart(
    station: Annotated[str, typer.Argument(help="Station, by its name in the line file.")],
    operator: Operator,
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Restart a station of a running live line, or release it from quarantine, as a named person.

    A simulated line takes no restart: its result would no longer repeat.
    """
    from linewright.bus._peers import read_facts  # noqa: PLC0415
    from linewright.cli._status import supervisor_table  # noqa: PLC0415
    from linewright.line._paths import RESTART  # noqa: PLC0415

    where = running_line(run_dir, as_json=as_json)
    if read_facts(where).lockstep:
        fail("a simulated line takes no restart by hand", codes.USAGE, as_json=as_json)
    plugins = supervisor_table(where).get("plugins", {})
    if station not in plugins:
        known = ", ".join(sorted(plugins)) or "none"
        fail(f"no station {station!r} is supervised; known: {known}", codes.USAGE, as_json=as_json)
    before = plugins[station]
    fresh = where / f"{station}{RESTART}.new"
    fresh.write_text(operator)
    fresh.replace(where / f"{station}{RESTART}")
    after = _started_anew(where, station, before)
    if after is None:
        fail(f"{station} has not been restarted", codes.UNAVAILABLE, as_json=as_json)
    if as_json:
        show({"ok": True, "station": station, "was": before["state"], "pid": after["pid"]})
    else:
        typer.echo(f"{station}: was {before['state']}, started anew (process {after['pid']})")


def _started_anew(where: Path, station: str, before: dict[str, Any]) -> dict[str, Any] | None:
    """The station's entry once it has another process."""
    from linewright.cli._status import supervisor_table  # noqa: PLC0415

    deadline_s = time.monotonic() + TAKEN_S
    while time.monotonic() < deadline_s:
        entry: dict[str, Any] = supervisor_table(where).get("plugins", {}).get(station, {})
        if entry.get("pid") not in (None, before["pid"]):
            return entry
        time.sleep(0.02)
    return None
