"""`linewright check FILE|PLUGIN`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()


@app.command()
def check(
    what: Annotated[
        str, typer.Argument(help="A line file (.toml), an entry point, or module:Class.")
    ],
    as_json: Json = False,
) -> None:
    """Check a line file or a station without running it: settings, wiring, units, limits.

    Ends with 78 and names file, key, line, what was expected and what stands there.
    """
    path = Path(what)
    if path.suffix == ".toml" or path.is_file():
        facts = _check_file(path, as_json)
    else:
        facts = _check_plugin(what, as_json)
    if as_json:
        show({"ok": True, **facts})
        return
    typer.echo(f"{what}: good")
    for key, value in facts.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"  {key:<10} {shown}")


def _check_file(path: Path, as_json: bool) -> dict[str, Any]:
    from linewright.line import LineErrors, load  # noqa: PLC0415

    try:
        line = load(path)
    except LineErrors as errors:
        listed = [error.as_json() for error in errors.errors]
        fail(f"bad line file\n{errors}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    facts = {"line": line.name, "time": line.tables.time.mode, **_facts(line.plan)}
    if line.recording is not None:
        facts["recording"] = line.recording.counts
    return facts


def _check_plugin(spec: str, as_json: bool) -> dict[str, Any]:
    from linewright import _core  # noqa: PLC0415
    from linewright.graph import GraphError, compile_line  # noqa: PLC0415
    from linewright.plugin import PluginError, find  # noqa: PLC0415

    try:
        station = find(spec, Path.cwd())()
        plan = compile_line([station])
    except (PluginError, GraphError, TypeError, ValueError) as error:
        fail(f"{spec}: {error}", codes.BAD_CONFIG, as_json=as_json)
    problems = _core.check_plan(plan)
    if problems:
        text = "\n".join(f"  {p['at']}: {p['message']}" for p in problems)
        fail(f"{spec}: bad plan\n{text}", codes.BAD_CONFIG, as_json=as_json, errors=problems)
    return {"station": station.name, **_facts(plan)}


def _front_end(front: dict[str, Any]) -> str:
    """What it takes and what it gives, in one line."""
    blocks = " + ".join(f"{block['name']} {block['unit']}" for block in front["blocks"])
    channels = " ".join(channel["name"].rpartition(".")[2] for channel in front["channels"])
    return f"{front['name']} {front['kernel']} ({blocks} -> {channels})"


def _facts(plan: str) -> dict[str, Any]:
    from linewright import _core  # noqa: PLC0415

    summary = _core.plan_summary(plan)
    plan_hash = _core.plan_hash(plan)
    return {
        "plan": plan_hash.hex() if isinstance(plan_hash, bytes) else plan_hash,
        "base_hz": summary["base_hz"],
        "loops": [f"{loop['name']} {loop['rate_hz']} Hz" for loop in summary["loops"]],
        "front_ends": [_front_end(front) for front in summary["front_ends"]],
        "channels": [f"{c['name']} {c['unit']}" for c in summary["channels"]],
        "actuators": [f"{a['name']} {a['unit']}" for a in summary["actuators"]],
        "events": [e["name"] for e in summary["events"]],
    }
