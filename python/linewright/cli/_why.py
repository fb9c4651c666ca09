"""`linewright why`: the likely causes of what was detected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.cause import Cause, Finding, Ranked

app = new_app()


@app.command()
def why(
    file: Annotated[Path, typer.Argument(help="Ledger file.")],
    event: Annotated[
        str | None, typer.Option("--event", help="Only detections of this name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """For each detection its three most likely causes, with onset and evidence.

    Causes are those that the installed stations state. A detection that no cause claims is shown
    with none.
    """
    from linewright import _core  # noqa: PLC0415
    from linewright.cause import findings, rank  # noqa: PLC0415

    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    try:
        rows = _core.ledger_rows(str(file), kinds=["start", "detection"])
    except _core.LedgerError as error:
        fail(f"{file}: {error}", getattr(error, "exit_code", codes.CORRUPT), as_json=as_json)
    base_hz = next((row["body"]["base_hz"] for row in rows if row["kind"] == "start"), None)
    if base_hz is None:
        fail(f"{file}: no start row, so ticks have no length", codes.CORRUPT, as_json=as_json)
    seen = findings(rows, base_hz)
    wanted = [f for f in seen if event is None or f.event == event]
    if event is not None and not wanted:
        known = ", ".join(sorted({f.event for f in seen})) or "none"
        fail(f"{file}: no detection {event!r} (there are: {known})", codes.USAGE, as_json=as_json)
    causes = _stated()
    answers = [(finding, rank(finding, seen, causes)) for finding in wanted]
    if as_json:
        show({"ok": True, "ledger": str(file), "detections": [_facts(*a) for a in answers]})
        return
    for finding, ranked in answers:
        typer.echo("\n".join(_lines(finding, ranked)))


def _stated() -> list[Cause]:
    from linewright.cause import merged  # noqa: PLC0415
    from linewright.plugin import PluginError, find, names  # noqa: PLC0415

    stated: list[Cause] = []
    for name in names():
        try:
            stated += find(name).causes
        except PluginError as error:
            typer.echo(f"linewright: causes of {name} are left out: {error}", err=True)
    return merged(stated)


def _facts(finding: Finding, ranked: list[Ranked]) -> dict[str, Any]:
    return {
        "event": finding.event,
        "at_s": finding.at_s,
        "onset_s": finding.onset_s,
        "causes": [
            {
                "name": r.cause.name,
                "says": r.cause.says,
                "action": r.cause.action,
                "probability": r.probability,
                "onset_s": r.onset_s,
                "shown_by": [{"event": f.event, "onset_s": f.onset_s} for f in r.shown],
                "missing": list(r.missing),
            }
            for r in ranked
        ],
    }


def _lines(finding: Finding, ranked: list[Ranked]) -> list[str]:
    since = finding.at_s - finding.onset_s
    lines = [f"{_clock(finding.at_s)} {finding.event}, since {since:.1f} s"]
    for r in ranked:
        shown = ", ".join(f"{f.event} {_clock(f.onset_s)}" for f in r.shown)
        lines.append(f"  {r.probability:4.0%} {r.cause.says} ({r.cause.name}, {shown})")
        if r.missing:
            lines.append(f"       not seen: {', '.join(r.missing)}")
    if ranked:
        lines.append(f"       do: {ranked[0].cause.action}")
    else:
        lines.append("       no station states a cause of it")
    return lines


def _clock(at_s: float) -> str:
    whole = int(at_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{at_s % 60:04.1f}"
