"""`linewright demo`: one shift three ways on the twin, over the real bus, with its report."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, NoPage, fail, new_app, show

if TYPE_CHECKING:
    from linewright.value.demo import Demo, Report

app = new_app()
PLAIN_EVERY_S = 5.0


@app.command()
def demo(  # noqa: PLR0917 - options by name
    seed: Annotated[int, typer.Option("--seed", min=0, help="Plant, noise and faults.")] = 1,
    hours: Annotated[
        float, typer.Option("--hours", min=0.05, max=24.0, help="Length of the shift, h.")
    ] = 8.0,
    fault: Annotated[
        str | None,
        typer.Option("--fault", help="Only this fault of the catalogue, F01 to F26."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Where line files, ledgers and report go.")
    ] = Path("linewright-demo"),
    record: Annotated[
        bool,
        typer.Option("--record", help="Keep a record of each way, for `linewright replay`."),
    ] = False,
    page: NoPage = True,
    as_json: Json = False,
) -> None:
    """One shift three ways: nothing corrected, the old playbook, closed loop.

    Each way runs as a whole line over real processes and the real bus, in lock-step with the
    same simulated plant. Ends with a table and a report file.
    """
    from linewright.report import write_report  # noqa: PLC0415
    from linewright.value.demo import DemoError, run_demo  # noqa: PLC0415

    if fault is not None:
        _known(fault, as_json)
    folder = out.absolute()
    started_s = time.monotonic()
    try:
        if sys.stderr.isatty() and not as_json:
            result = _with_bar(folder, seed, hours, fault, page, record)
        else:
            result = run_demo(
                folder,
                seed=seed,
                hours=hours,
                fault=fault,
                report=_plain(hours, as_json),
                page=page,
                record=record,
            )
    except DemoError as error:
        fail(str(error), error.code, as_json=as_json)
    written = write_report(folder / "report.html", result.shifts, result.detection)
    wall_s = round(time.monotonic() - started_s, 1)
    if as_json:
        show({"ok": True, **result.as_json(), "report": str(written), "wall_s": wall_s})
        return
    typer.echo(_table(result))
    typer.echo(f"report {written}")
    typer.echo(f"{hours:g} h of line time, three ways, in {wall_s} s")


def _known(fault: str, as_json: bool) -> None:
    from linewright.line import exit as codes  # noqa: PLC0415
    from linewright.testing import scenario  # noqa: PLC0415

    try:
        scenario(fault)
    except KeyError as error:
        fail(str(error.args[0]), codes.USAGE, as_json=as_json)


def _plain(hours: float, quiet: bool) -> Report | None:
    """Progress as lines, for a log."""
    if quiet:
        return None
    told: dict[str, float] = {}

    def report(policy: str, time_s: float) -> None:
        now_s = time.monotonic()
        if now_s - told.get(policy, 0.0) >= PLAIN_EVERY_S:
            told[policy] = now_s
            typer.echo(f"{policy:9s} {time_s / 3600.0:5.2f} of {hours:g} h", err=True)

    return report


def _with_bar(  # noqa: PLR0917 - as the command
    folder: Path, seed: int, hours: float, fault: str | None, page: bool, record: bool
) -> Demo:
    """Progress as bars, for a person at a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    from linewright.value.demo import run_demo  # noqa: PLC0415
    from linewright.value.policies import POLICIES  # noqa: PLC0415

    columns = (
        TextColumn("{task.description:9s}"),
        BarColumn(),
        TextColumn("{task.completed:5.2f} of {task.total:g} h"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {policy: progress.add_task(policy, total=hours) for policy in POLICIES}

        def report(policy: str, time_s: float) -> None:
            progress.update(tasks[policy], completed=time_s / 3600.0)

        return run_demo(
            folder,
            seed=seed,
            hours=hours,
            fault=fault,
            report=report,
            page=page,
            record=record,
        )


def _table(result: Demo) -> str:
    """The three metrics, plain text."""
    facts: dict[str, Any] = result.as_json()
    names = list(facts["policies"])
    lines = [f"{'':32s}" + "".join(f"{name:>12s}" for name in names)]
    for label, key, digits in (
        ("coat weight, SD % of target", "weight_sd_pct", 3),
        ("coat weight, mean off target %", "weight_mean_pct", 3),
        ("coat weight, SD over its bound", "weight_sd_to_bound", 2),
        ("porosity, SD pp", "porosity_sd_pp", 3),
        ("out of tolerance, m", "out_of_tolerance_m", 0),
        ("cost per good cell, EUR", "cost_per_good_cell_eur", 2),
    ):
        cells = (facts["policies"][name][key] for name in names)
        shown = "".join(f"{'-' if c is None else format(c, f'.{digits}f'):>12s}" for c in cells)
        lines.append(f"{label:32s}{shown}")
    found = facts["time_to_detect"]
    if found["median_s"] is not None:
        lines.append(
            f"time to detect, closed loop: median {found['median_s']:.2f} s, p95 "
            f"{found['p95_s']:.1f} s, median ratio to bound "
            f"{found['median_ratio_to_bound']:.2f}, missed {found['missed']} of {found['faults']}"
        )
    else:
        lines.append(f"time to detect: {found['faults']} faults, none detected")
    if found["playbook_median_s"] is not None:
        lines.append(
            "time to detect, playbook (faults that last): median "
            f"{found['playbook_median_s']:.0f} s"
        )
    false = ", ".join(f"{n} {r:.1f}" for n, r in found["false_alarms_per_8h"].items())
    lines.append(f"detections no fault explains, per 8 h: {false or 'none'}")
    lines.append(_changeover(facts["changeover"]))
    return "\n".join(lines)


def _changeover(made: dict[str, Any]) -> str:
    """One line of the third metric."""
    if not made:
        return "changeover hours per recipe: none measured in a shift this short (4 h at least)"
    told = []
    for name, one in made.items():
        hours, finished = one["changeover_h"], one["finished"]
        known = "has no good roll of A to count from"
        if hours is not None:
            known = f"{'' if finished else '> '}{hours:.2f} h"
        told.append(f"{name} {known}")
    return f"changeover A to B (runs of their own on this seed): {', '.join(told)}"
