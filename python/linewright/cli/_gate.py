"""`linewright gate RECIPE`."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from linewright.recipes import Line, Plan, Verdict

app = new_app()


@app.command()
def gate(
    recipe: Annotated[Path, typer.Argument(help="Recipe file (.toml).")],
    *,
    draws: Annotated[
        int, typer.Option("--draws", min=100, max=1_000_000, help="Draws of the recipe.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")] = 0,
    from_recipe: Annotated[
        Path | None,
        typer.Option("--from", help="Recipe that runs now: plan the change in stages."),
    ] = None,
    line: Annotated[
        Path | None,
        typer.Option("--line", help="Line file whose actuators limit pump, press and dryer."),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", help="Calibration of the line (linewright calibrate)."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Write histograms of the draws (.svg, .png or .pdf)."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="Write the certificate of a release (.json)."),
    ] = None,
    valid_hours: Annotated[
        float,
        typer.Option("--valid-hours", min=0.01, max=744.0, help="How long it may be armed under."),
    ] = 24.0,
    as_json: Json = False,
) -> None:
    """Judge a recipe on the twin, with the scatter of the line, before any web is coated.

    Ends with 0 for a release, 3 for a block with its reasons and the levers that mend them, 4 when
    the recipe lies outside the range the twin is valid in, 78 for a bad recipe file. With `--from`
    a release is followed by the stages of the change, tried on the twin; 3 when there are none.
    """
    from linewright.recipes import document, judge, sentences, stage_sentences  # noqa: PLC0415

    made, on = read_recipe_file(recipe, as_json=as_json), _line(line, as_json=as_json)
    if calibration is not None:
        on = _calibrated(calibration, on, as_json=as_json)
    verdict = judge(made, on, draws=draws, seed=seed)
    if plot is not None and verdict.chances:
        _plot(verdict, plot, as_json=as_json)
    if certificate is not None and verdict.word == "release":
        _certify(verdict, certificate, valid_hours, as_json=as_json)
    plan = None
    if from_recipe is not None and verdict.word == "release":
        plan = _plan(from_recipe, verdict, as_json=as_json)
    if as_json:
        show(document(verdict) | ({} if plan is None else {"change": asdict(plan)}))
    else:
        typer.echo("\n".join(sentences(verdict)))
        if plan is not None:
            typer.echo("\n".join(stage_sentences(plan)))
        if certificate is not None:
            told = f"certificate in {certificate}, good for {valid_hours:g} h"
            typer.echo(told if verdict.word == "release" else "no certificate was written")
    code = {"release": codes.OK, "block": codes.BLOCKED, "refuse": codes.NOT_JUDGED}[verdict.word]
    raise typer.Exit(code)


LIMITS = {
    "coater.pump_flow": ("pump_min_l_per_min", "pump_max_l_per_min"),
    "calender.line_load": ("line_load_min_n_per_mm", "line_load_max_n_per_mm"),
    "coater.exhaust_air": (None, "exhaust_max_m3_per_s"),
}
"""Actuators of a line file and the limits of the machine they stand for."""


def _line(file: Path | None, *, as_json: bool) -> Line:
    from linewright.recipes import Line  # noqa: PLC0415

    if file is None:
        return Line()
    from linewright.line import LineErrors, load  # noqa: PLC0415

    try:
        actuators = load(file).tables.actuators
    except LineErrors as errors:
        listed = [error.as_json() for error in errors.errors]
        fail(f"bad line file\n{errors}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    machine = dict(Line().machine)
    for name, (lo, hi) in LIMITS.items():
        if name in actuators:
            machine.update({hi: actuators[name].hi} | ({lo: actuators[name].lo} if lo else {}))
    zones = [table for name, table in actuators.items() if name.startswith("coater.zone_")]
    if zones:
        machine["zone_min_c"] = max(zone.lo for zone in zones)
        machine["zone_max_c"] = min(zone.hi for zone in zones)
    return Line(machine=machine)


def _calibrated(file: Path, line: Line, *, as_json: bool) -> Line:
    from linewright.recipes import line_of  # noqa: PLC0415

    return line_of(read_calibration_file(file, as_json=as_json), line)


def _plan(file: Path, verdict: Verdict, *, as_json: bool) -> Plan:
    from linewright.recipes import plan_change  # noqa: PLC0415

    running = read_recipe_file(file, as_json=as_json)
    try:
        return plan_change(running, verdict.recipe, verdict.line)
    except ValueError as error:
        fail(f"no staged change: {error}", codes.BLOCKED, as_json=as_json)


def _certify(verdict: Verdict, file: Path, valid_hours: float, *, as_json: bool) -> None:
    from linewright.recipes import certify  # noqa: PLC0415

    made = certify(verdict, now_unix_s=int(time.time()), valid_s=max(1, int(valid_hours * 3600)))
    try:
        file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        fail(f"no certificate: {error}", codes.USAGE, as_json=as_json)


def _plot(verdict: Verdict, file: Path, *, as_json: bool) -> None:
    from linewright.recipes import draws_of  # noqa: PLC0415

    try:
        from linewright.plots import recipe_histograms  # noqa: PLC0415

        recipe_histograms(verdict, draws_of(verdict)).savefig(file)
    except (ImportError, ValueError, OSError) as error:
        fail(f"no plot: {error}", codes.USAGE, as_json=as_json)
