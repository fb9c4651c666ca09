"""`linewright replay RECORD`: the same bits again, or what other parameters would have done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.mistakes import Mistake

app = new_app()

Work = Callable[[Callable[[int, int, int], None] | None], dict[str, Any]]


@app.command()
def replay(
    record: Annotated[Path, typer.Argument(help="Record of a run (.mcap), its last file.")],
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every slot of every cycle, bit for bit.")
    ] = True,
    from_s: Annotated[
        float, typer.Option("--from-s", min=0.0, help="From the keyframe at or before this second.")
    ] = 0.0,
    to_s: Annotated[float | None, typer.Option("--to-s", min=0.0, help="To this second.")] = None,
    with_: Annotated[
        Path | None,
        typer.Option(
            "--with",
            help="TOML with [params], or a line file: what it would have made of the inputs.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a record's plan again on its recorded sources and compare every cycle's hash.

    With --with, the same inputs go through once more, with other parameters or through the plan of
    another line file, and what differs is told: events, and outputs before the gate. The plant's
    answer to other outputs is not in a record.
    """
    from linewright import _core  # noqa: PLC0415

    if not verify:
        fail("nothing to do without --verify", codes.USAGE, as_json=as_json)
    if not record.is_file():
        fail(f"{record}: no such file", codes.USAGE, as_json=as_json)
    bar = sys.stderr.isatty() and not as_json
    try:
        head = _core.record_head(str(record))
        hz = head["base_hz"]
        span = {"from_tick": round(from_s * hz)}
        if to_s is not None:
            span["to_tick"] = round(to_s * hz)
        if with_ is None:
            report = _followed(record, lambda p: _core.replay_verify(str(record), p, **span), bar)
        else:
            plan, params = _change(with_, head["plan"], as_json=as_json)
            report = _followed(
                record,
                lambda p: _core.replay_what_if(str(record), params, p, plan=plan, **span),
                bar,
            )
    except _core.RecordError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{record}: {error}", code, as_json=as_json)
    if report["truncated"] is not None:
        told = f"{record}: {report['truncated']}"
        told += f"; the {report['cycles']} cycles before it give the same bits"
        fail(told, codes.CORRUPT, as_json=as_json, **report)
    if as_json:
        show({"ok": True, "record": str(record), "base_hz": hz, **report})
        return
    typer.echo(_told(record, report))
    if with_ is not None:
        typer.echo(_differences(report, hz))


def _told(record: Path, report: dict[str, Any]) -> str:
    told = f"{record}: {report['cycles']} cycles, every bit the same"
    if report["files"] > 1:
        told += f", in {report['files']} files"
    if report["lost_cycles"]:
        told += f"; {report['lost_cycles']} more are missing, in {report['gaps']} gaps"
    if report["starts_late"]:
        told += "; from a keyframe within the run"
    return told


def _differences(report: dict[str, Any], hz: int) -> str:
    lines = ["", f"  {'event':<34} {'recorded':>8} {'changed':>8}  first s, recorded / changed"]
    for name, (before, after) in sorted(report["events"].items()):
        if before or after:
            first = " / ".join(
                f"{ticks[0] / hz:.2f}" if ticks else "-" for ticks in (before, after)
            )
            mark = " " if before == after else "*"
            lines.append(f"{mark} {name:<34} {len(before):>8} {len(after):>8}  {first}")
    lines += ["", f"  {'output, before the gate':<34} {'rms':>11} {'largest':>11}  unit, at s"]
    for name, of in sorted(report["outputs"].items()):
        mark = " " if of["first_tick"] is None else "*"
        at = "" if of["first_tick"] is None else f", {of['largest_tick'] / hz:.2f}"
        lines.append(
            f"{mark} {name:<34} {of['rms']:>11.4g} {of['largest']:>11.4g}  {of['unit']}{at}"
        )
    lines += [
        "",
        "* differs. Inputs are as recorded: the plant's answer to other outputs is not known.",
    ]
    return "\n".join(lines)


def _change(file: Path, recorded: str, *, as_json: bool) -> tuple[str | None, dict[str, float]]:
    """The plan of a line file, or the parameters of another; ends with 78 and every mistake."""
    from linewright.line import LineErrors, load  # noqa: PLC0415
    from linewright.mistakes import Mistakes, read_text, toml_of  # noqa: PLC0415

    mistakes: list[Mistake] = []
    try:
        tables = toml_of(read_text(file), file)
    except Mistakes as errors:
        tables, mistakes = {}, errors.errors
    if "line" in tables:
        try:
            return load(file).plan, {}
        except LineErrors as errors:
            mistakes = list(errors.errors)
    params = {}
    if not mistakes:
        params = _params(file, tables, json.loads(recorded)["params"], mistakes)
    if mistakes:
        told = "\n".join(map(str, mistakes))
        listed = [mistake.as_json() for mistake in mistakes]
        fail(f"bad parameters\n{told}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    return None, params


def _params(
    file: Path, tables: dict[str, Any], known: list[dict[str, Any]], mistakes: list[Mistake]
) -> dict[str, float]:
    """Value by name of each parameter in the file."""
    from linewright.mistakes import Mistake, nearest  # noqa: PLC0415

    table = tables.get("params")
    if not isinstance(table, dict) or not table:
        expected = "a table with at least one parameter (or a line file)"
        mistakes.append(Mistake(file=file, key="params", expected=expected, got=repr(table)))
        return {}
    by_name = {of["name"]: of for of in known}
    found = {}
    for name, value in table.items():
        key = f'params."{name}"'
        of = by_name.get(name)
        if of is None:
            expected = nearest(name, list(by_name))
            mistakes.append(Mistake(file=file, key=key, expected=expected, got=repr(name)))
            continue
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not of["lo"] <= value <= of["hi"]:
            expected = f"a number from {of['lo']:g} to {of['hi']:g} {of['unit']}"
            mistakes.append(Mistake(file=file, key=key, expected=expected, got=repr(value)))
            continue
        found[name] = float(value)
    return found


def _followed(record: Path, work: Work, bar: bool) -> dict[str, Any]:
    """Replay the record; with a bar of its bytes for a person at a terminal."""
    if not bar:
        return work(None)
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(record.name, total=None)

        def report(_cycles: int, done_bytes: int, total_bytes: int) -> None:
            progress.update(task, completed=done_bytes, total=total_bytes)

        return work(report)
