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
    from linewright.line import Line
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
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            help="With --with: record of a run really made so, to be compared cycle by cycle.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a record's plan again on its recorded sources and compare every cycle's hash.

    With --with, the same inputs go through once more, with other parameters or through the plan of
    another line file, and what differs is told: events, and outputs before the gate. The plant's
    answer to other outputs, and the stations' to other events, is not in a record: told is up to
    which tick the changed line would have done just this.
    """
    from linewright import _core  # noqa: PLC0415

    if not verify:
        fail("nothing to do without --verify", codes.USAGE, as_json=as_json)
    _check(record, with_, against, from_s, as_json=as_json)
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
            params, change = _change(with_, head["plan"], as_json=as_json)
            if against is not None:
                change["against"] = str(against)
            report = _followed(
                record,
                lambda p: _core.replay_what_if(str(record), params, p, **change, **span),
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
        typer.echo(_certain(report, hz))
        if against is not None:
            typer.echo(_beside(against, report, hz))


def _check(
    record: Path, with_: Path | None, against: Path | None, from_s: float, *, as_json: bool
) -> None:
    for file in (record, against):
        if file is not None and not file.is_file():
            fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    if against is not None and (with_ is None or from_s > 0.0):
        told = "--against takes --with, and a replay from the start on"
        fail(told, codes.USAGE, as_json=as_json)


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
    lines += ["", "* differs."]
    return "\n".join(lines)


def _certain(report: dict[str, Any], hz: int) -> str:
    """Up to where this is what the changed line would have done, and why no further."""

    def at(tick: int) -> str:
        return f"{tick / hz:.2f} s (tick {tick})"

    def some(names: list[str]) -> str:
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

    certain, lines = report["certain_to_tick"], []
    if certain is None:
        lines.append("Of no tick is it certain that the changed line would have done this.")
    elif report["ticks"] is not None and certain == report["ticks"][1]:
        lines.append("The changed line would have done this to the end, bit for bit.")
    else:
        lines.append(f"Up to {at(certain)} the changed line would have done this, bit for bit.")
    if report["starts_late"]:
        lines.append("- what it would have remembered at the start of this part is not known")
    if onset := report["acted_from"]:
        lines.append(
            f"- at {at(onset['tick'])} {some(onset['names'])} may have been written otherwise: "
            "from there on the recorded inputs are not those the plant would have given"
        )
    if onset := report["told_from"]:
        lines.append(
            f"- at {at(onset['tick'])} the stations would have been told otherwise "
            f"({some(onset['names'])}); they are not run again: what they set and sent is as "
            "recorded"
        )
    if onset := report["read_from"]:
        lines.append(
            f"- at {at(onset['tick'])} something else would have been read: {some(onset['names'])}"
        )
    if report["gap_from"] is not None:
        lines.append(f"- from {at(report['gap_from'])} on cycles are missing in the record")
    if report["gate"]:
        lines.append(
            "- the gate would be another; limits, rates and budgets are followed up to the first "
            "value they would have let through otherwise:"
        )
        lines += [f"    {told}" for told in report["gate"]]
    if report["gate"] is None:
        lines.append("- the record does not tell its gate: other limits would not be noticed")
    lines.append("Settings that a station's own program reads are not in it: it is not run again.")
    return "\n".join(lines)


def _beside(against: Path, report: dict[str, Any], hz: int) -> str:
    """How far a run that was really made so agrees."""
    found, certain = report["against"], report["certain_to_tick"]
    told = f"{against}: {found['cycles']} cycles give the same bits"
    if found["first_other"] is None:
        return f"{told}, to the end"
    tick, loop = found["first_other"]
    told += f"; the first other one is {loop} at {tick / hz:.2f} s (tick {tick})"
    if certain is not None and tick <= certain:
        told += (
            ". That is before the change can have done it: the runs differ in more (seed, plant,"
        )
        told += " faults, operator)"
    return told


def _change(file: Path, recorded: str, *, as_json: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """Parameters of a file, or plan and gate of a line file; ends with 78 and every mistake."""
    from linewright.line import LineErrors, load  # noqa: PLC0415
    from linewright.mistakes import Mistakes, read_text, toml_of  # noqa: PLC0415

    mistakes: list[Mistake] = []
    try:
        tables = toml_of(read_text(file), file)
    except Mistakes as errors:
        tables, mistakes = {}, errors.errors
    if "line" in tables:
        try:
            line = load(file)
        except LineErrors as errors:
            mistakes = list(errors.errors)
        else:
            return {}, {"plan": line.plan, "gate": _gate(line)}
    params = {}
    if not mistakes:
        params = _params(file, tables, json.loads(recorded)["params"], mistakes)
    if mistakes:
        told = "\n".join(map(str, mistakes))
        listed = [mistake.as_json() for mistake in mistakes]
        fail(f"bad parameters\n{told}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    return params, {}


def _gate(line: Line) -> str:
    """What of a line decides what its gate lets through, as the core is told."""
    keys = {name: i + 2 for i, name in enumerate(line.tables.stations)}
    config = line.core_config(Path(), keys, 1)
    return json.dumps({key: config[key] for key in ("permit", "actuators", "gate")})


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
