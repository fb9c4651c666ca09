"""`linewright status`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from linewright.cli._common import Json, RunDir, fail, new_app, running_line, show
from linewright.line import exit as codes

app = new_app()


def supervisor_table(run_dir: Path) -> dict[str, Any]:
    """What the supervisor says of its processes; empty when there is none."""
    try:
        table: dict[str, Any] = json.loads((run_dir / "supervisor.json").read_text())
    except (OSError, ValueError):
        return {}
    return table


@app.command()
def status(
    run_dir: RunDir = None,
    worst: Annotated[
        bool, typer.Option("--worst", help="The worst cycle of each loop: its times and its frame.")
    ] = False,
    as_json: Json = False,
) -> None:
    """How a running line is: mode, loops, actuators, stations, bus, processes."""
    from linewright.bus import Operator  # noqa: PLC0415

    where = running_line(run_dir, as_json=as_json)
    with Operator(where) as operator:
        document = operator.status()
    if document is None:
        fail(f"the bus in {where} does not answer", codes.UNAVAILABLE, as_json=as_json)
    document = {"ok": True, "run_dir": str(where), **document, "processes": supervisor_table(where)}
    if as_json and not worst:
        show(document)
    elif as_json:
        loops = (document["core"] or {}).get("loops", [])
        show({"ok": True, "worst": {loop["name"]: loop["worst"] for loop in loops}})
    else:
        typer.echo("\n".join(worst_lines(document) if worst else lines(document)))


def worst_lines(document: dict[str, Any]) -> list[str]:
    """The worst cycle of each loop: times since its scheduled start, and what it computed with."""
    if document["core"] is None:
        return ["the core does not answer"]
    out = []
    for loop in document["core"]["loops"]:
        frame = loop["worst"]
        if frame is None:
            out.append(f"{loop['name']}: no cycle judged yet")
            continue
        times = ", ".join(
            f"{stage} {frame[key] / 1e3:.1f}"
            for stage, key in (
                ("woke at", "wake_ns"),
                ("read", "read_ns"),
                ("executed", "execute_ns"),
                ("written", "write_ns"),
            )
        )
        out.append(
            f"{loop['name']}: tick {frame['tick']}, us after its release: {times}"
            f" (deadline {loop['deadline_ns'] / 1e3:g})"
        )
        for slot in frame["slots"]:
            value = "no value" if slot["value"] is None else f"{slot['value']:.6g}"
            out.append(f"    {slot['name']:<44} {value} {slot['unit']} ({slot['quality']})")
    return out


def real_time_line(real_time: dict[str, Any]) -> str:
    """What of real time was obtained."""
    items = ", ".join(f"{name} {text}" for name, text in real_time["items"].items())
    return f"{real_time['rt']} ({items})"


def loop_line(loop: dict[str, Any]) -> str:
    """One loop: cycles, deadline, how it keeps it."""
    text = f"{loop['name']}: {loop['cycles']} cycles at {loop['rate_hz']} Hz, "
    text += (
        f"{loop['missed']} missed, {loop['late']} late, deadline {loop['deadline_ns'] / 1e3:g} us"
    )
    if loop["startup_left"]:
        return f"{text}, {loop['startup_left']} cycles of the start still not judged"
    if loop["margin"] is not None:
        text += f", margin {100.0 * loop['margin']:.0f} %"
    if loop["rung"] != "in_time":
        text += (
            f", on {loop['rung']} ({loop['late_in_a_row']} late in a row, "
            f"{loop['late_in_window']} of {loop['window_cycles']})"
        )
    return text


def lines(document: dict[str, Any]) -> list[str]:
    """The status for a person."""
    core, bus, processes = document["core"], document["bus"], document["processes"]
    out = [f"line {document['line']}  ({document['run_dir']})"]
    if core is None:
        out.append("  core       does not answer")
    else:
        time_s = core["tick"] / core["base_hz"]
        out.append(f"  time       {core['time']}, {time_s:.1f} s (tick {core['tick']})")
        out.append(f"  mode       {core['mode']} (permit {core['permit']})")
        if core["permit_withheld"]:
            out.append(f"             withheld: {core['permit_withheld']}")
        if real_time := (core["host"] or {}).get("real_time"):
            out.append(f"  real time  {real_time_line(real_time)}")
        if recipe := core.get("recipe"):
            under = recipe["certificate"]
            armed = f"armed under certificate {under[:12]}" if under else "not armed yet"
            out.append(f"  recipe     {recipe['name']} ({recipe['hash'][:12]}), {armed}")
        ledger = core["ledger"]
        out.append(f"  ledger     {ledger['state']}, {ledger['rows']} rows")
        for loop in core["loops"]:
            out.append(f"  loop       {loop_line(loop)}")
        for budget in core["budgets"]:
            if budget["over"]:
                at_us, most_us = budget["p99_9_ns"] / 1e3, budget["budget_ns"] / 1e3
                out.append(f"  budget     {budget['name']}: {at_us:.1f} us is over {most_us:g} us")
        for name, actuator in core["actuators"].items():
            value = "nothing written" if actuator["value"] is None else f"{actuator['value']:g}"
            lacks = ", ".join(actuator["missing_permits"]) or "nothing"
            out.append(
                f"  actuator   {name}: {actuator['state']}, {value} {actuator['unit']} of "
                f"{actuator['lo']:g} to {actuator['hi']:g}, "
                f"held by {actuator['holder'] or 'nobody'}, lacks {lacks}"
            )
            if actuator["held"]:
                out.append("             held: its loop does not keep its deadline")
            if actuator["tripped"]:
                out.append(f"             tripped: {actuator['tripped']}")
    for name, peer in bus["stations"].items():
        out += _station(name, peer, processes.get("plugins", {}).get(name, {}))
    out += [f"  alarm      {text}" for text in processes.get("alarms", [])]
    return out


def _station(name: str, peer: dict[str, Any], plugin: dict[str, Any]) -> list[str]:
    state = plugin.get("state", "unsupervised")
    joined = "joined" if peer["joined"] else "not joined"
    out = [f"  station    {name}: {state}, {joined}, {plugin.get('restarts', 0)} restarts"]
    if sandbox := plugin.get("sandbox"):
        held = ", ".join(sandbox["obtained"]) or "nothing"
        lacks = f"; lacks {', '.join(sandbox['lacks'])}" if sandbox["lacks"] else ""
        out.append(f"             sandbox {sandbox['mode']}: {held}{lacks}")
    return out
