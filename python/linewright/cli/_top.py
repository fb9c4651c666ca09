"""`linewright top`: a running line in the terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, RunDir, fail, new_app, running_line, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

app = new_app()
STAGES = (
    ("release", "lateness"),
    ("read", "read"),
    ("execute", "execute"),
    ("write", "write"),
    ("response", "response"),
)
QUANTILES = ("p50_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns")
HEADS = ("p50", "p99", "p99.9", "p99.99", "max")
WIDTH = 140
"""Columns when nobody looks: a script."""
LOW_MARGIN = 0.2
"""Below it a margin is shown as a warning."""


@app.command()
def top(
    run_dir: RunDir = None,
    every_s: Annotated[
        float, typer.Option("--every", min=0.1, help="Seconds between two looks.")
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    as_json: Json = False,
) -> None:
    """Loops with their stages and margins, stations and alarms; ends with Ctrl-C, at once with
    `--once` or `--json`."""
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    from linewright.bus import Operator  # noqa: PLC0415
    from linewright.cli._status import supervisor_table  # noqa: PLC0415

    where = running_line(run_dir, as_json=as_json)

    def look(operator: Operator) -> dict[str, Any]:
        document = operator.status()
        if document is None:
            fail(f"the bus in {where} does not answer", codes.UNAVAILABLE, as_json=as_json)
        return {**document, "processes": supervisor_table(where)}

    with Operator(where) as operator:
        if as_json:
            document = look(operator)
            core = document["core"] or {}
            shown = {key: core.get(key) for key in ("tick", "mode", "loops", "chains", "budgets")}
            wrong = alarms(document) if core else ["the core does not answer"]
            show({"ok": True, "line": document["line"], **shown, "alarms": wrong})
            return
        console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
        if once:
            console.print(screen(look(operator)))
            return
        try:
            with Live(screen(look(operator)), console=console, screen=True) as live:
                while True:
                    time.sleep(every_s)
                    live.update(screen(look(operator)))
        except KeyboardInterrupt:
            return


def screen(document: dict[str, Any]) -> Group:
    """All of it."""
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    core = document["core"]
    if core is None:
        return Group(Text(f"line {document['line']}: the core does not answer", style="red"))
    parts: list[Any] = [Text(head(document["line"], core)), loops_table(core)]
    if core["chains"]:
        parts.append(chains_table(core))
    parts.append(stations_table(document))
    parts += [Text(text, style="red") for text in alarms(document)]
    return Group(*parts)


def head(line: str, core: dict[str, Any]) -> str:
    """One line over the tables."""
    real_time = ((core["host"] or {}).get("real_time") or {}).get("rt", "none")
    return (
        f"{line}  {core['time']}  tick {core['tick']} ({core['tick'] / core['base_hz']:.0f} s)  "
        f"mode {core['mode']} (permit {core['permit']})  real time {real_time}  "
        f"ledger {core['ledger']['state']}, {core['ledger']['rows']} rows"
    )


def _times(histogram: dict[str, Any]) -> list[str]:
    if not histogram["count"]:
        return ["-"] * len(QUANTILES)
    return [f"{histogram[q] / 1e3:.1f}" for q in QUANTILES]


def loops_table(core: dict[str, Any]) -> Table:
    """A row per loop and stage."""
    from rich.table import Table  # noqa: PLC0415

    table = Table("loop", "stage, us", *HEADS, "margin", "missed", "late", "rung", title=None)
    for loop in core["loops"]:
        margin = "-" if loop["margin"] is None else f"{100.0 * loop['margin']:.0f} %"
        low = loop["margin"] is not None and loop["margin"] < LOW_MARGIN
        rung = f"start, {loop['startup_left']} left" if loop["startup_left"] else loop["rung"]
        for i, (stage, key) in enumerate(STAGES):
            name = f"{loop['name']} {loop['rate_hz']} Hz" if i == 0 else ""
            last = stage == "response"
            facts = (margin, str(loop["missed"]), str(loop["late"]), rung) if last else ("",) * 4
            style = "red" if last and (low or loop["rung"] != "in_time") else None
            table.add_row(name, stage, *_times(loop[key]), *facts, style=style, end_section=last)
    return table


def chains_table(core: dict[str, Any]) -> Table:
    """A row per chain."""
    from rich.table import Table  # noqa: PLC0415

    table = Table("chain, us", *HEADS, "budget")
    for chain in core["chains"]:
        table.add_row(chain["name"], *_times(chain["age"]), f"{chain['budget_ns'] / 1e3:g}")
    return table


def stations_table(document: dict[str, Any]) -> Table:
    """A row per station."""
    from rich.table import Table  # noqa: PLC0415

    table = Table("station", "state", "joined", "restarts", "pid")
    plugins = document["processes"].get("plugins", {})
    for name, peer in document["bus"]["stations"].items():
        plugin = plugins.get(name, {})
        table.add_row(
            name,
            plugin.get("state", "unsupervised"),
            "yes" if peer["joined"] else "no",
            str(plugin.get("restarts", 0)),
            str(plugin.get("pid") or "-"),
        )
    return table


def alarms(document: dict[str, Any]) -> list[str]:
    """What is wrong now."""
    core = document["core"]
    out = []
    if core["permit_withheld"]:
        out.append(f"closed loop withheld: {core['permit_withheld']}")
    for name, actuator in core["actuators"].items():
        if actuator.get("tripped"):
            out.append(f"{name}: tripped, {actuator['tripped']}")
        elif actuator.get("held"):
            out.append(f"{name}: held, its loop does not keep its deadline")
    for budget in core["budgets"]:
        if budget["over"]:
            out.append(
                f"{budget['name']}: p99.9 {budget['p99_9_ns'] / 1e3:.1f} us is over its budget of "
                f"{budget['budget_ns'] / 1e3:g} us"
            )
    return out + list(document["processes"].get("alarms", []))
