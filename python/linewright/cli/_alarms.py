"""`linewright alarms {list|acknowledge|shelve|unshelve|out-of-service|in-service|reset|kpi}`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import (
    Json,
    Operator,
    RunDir,
    command,
    fail,
    new_app,
    running_line,
    show,
)
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.alarms import Alarm, AlarmBook, Kpi
    from linewright.line import Stated

app = new_app()
MOST_MINUTES = 480.0
Of = Annotated[str, typer.Argument(metavar="ALARM", help="Id of the list, or name of the alarm.")]
Why = Annotated[str, typer.Option("--reason", help="Why; goes into the ledger.")]
BROKEN = 1
"""A limit is broken."""


@app.callback()
def _alarms() -> None:
    """Alarms of a running line: list, acknowledge, shelve; and how good they are."""


@app.command("list")
def list_alarms(run_dir: RunDir = None, as_json: Json = False) -> None:
    """Every alarm that is not normal, most urgent first, with cause, consequence and action."""
    where = running_line(run_dir, as_json=as_json)
    book = _book(where, as_json=as_json)
    alarms = _by_urgency(book)
    if as_json:
        since_s = book.start_s
        shown = [a.as_json() for a in alarms]
        show({"ok": True, "line_time_s": book.now_s - since_s, "alarms": shown})
        return
    for alarm in alarms:
        typer.echo("\n".join(_lines(alarm)))
    if not alarms:
        typer.echo("no alarms")


@app.command()
def acknowledge(
    alarm: Of, operator: Operator, reason: Why = "", run_dir: RunDir = None, as_json: Json = False
) -> None:
    """Say that you have seen it and act on it."""
    _handle(run_dir, alarm, "acknowledge", operator, reason, as_json=as_json)


@app.command()
def shelve(  # noqa: PLR0917
    alarm: Of,
    operator: Operator,
    reason: Why,
    minutes: Annotated[
        float, typer.Option("--minutes", help="For how long.", min=1.0, max=MOST_MINUTES)
    ],
    run_dir: RunDir = None,
    as_json: Json = False,
) -> None:
    """Put it aside for a while, for a reason; it comes back by itself, within a shift."""
    for_s = 60.0 * minutes
    _handle(run_dir, alarm, "shelve", operator, reason, for_s=for_s, as_json=as_json)


@app.command()
def unshelve(
    alarm: Of, operator: Operator, reason: Why = "", run_dir: RunDir = None, as_json: Json = False
) -> None:
    """Take it off the shelf before its time."""
    _handle(run_dir, alarm, "unshelve", operator, reason, as_json=as_json)


@app.command("out-of-service")
def out_of_service(
    alarm: Of, operator: Operator, reason: Why, run_dir: RunDir = None, as_json: Json = False
) -> None:
    """Take it out of service, for a reason, until somebody puts it back."""
    _handle(run_dir, alarm, "out_of_service", operator, reason, as_json=as_json)


@app.command("in-service")
def in_service(
    alarm: Of, operator: Operator, reason: Why = "", run_dir: RunDir = None, as_json: Json = False
) -> None:
    """Put it back into service."""
    _handle(run_dir, alarm, "in_service", operator, reason, as_json=as_json)


@app.command()
def reset(
    alarm: Of, operator: Operator, reason: Why = "", run_dir: RunDir = None, as_json: Json = False
) -> None:
    """Say that what stood behind it is mended; a trip needs `linewright reset` as well."""
    _handle(run_dir, alarm, "reset", operator, reason, as_json=as_json)


@app.command()
def kpi(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[LEDGER|RUN_DIR]", help="The running line when left out."),
    ] = None,
    last_hours: Annotated[
        float | None, typer.Option("--last-hours", help="Only so long before its end.", min=0.1)
    ] = None,
    as_json: Json = False,
) -> None:
    """Alarms in 10 min, floods, chattering, stale ones, priorities and the top ten, each against
    its limit (EEMUA 191, ISA-18.2); ends with 1 when one is broken."""
    from linewright import _core  # noqa: PLC0415
    from linewright.line import alarm_kpi  # noqa: PLC0415

    where = running_line(None, as_json=as_json) if path is None else path
    run_dir = where if where.is_dir() else where.parent
    of = _stated(run_dir)
    ledger = where if where.is_file() else of.ledger or where / "ledger.sqlite"
    if not ledger.is_file():
        fail(f"{ledger}: no such file", codes.USAGE, as_json=as_json)
    try:
        last_s = None if last_hours is None else 3600.0 * last_hours
        _, found = alarm_kpi(ledger, of, last_s=last_s)
    except _core.LedgerError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{ledger}: {error}", code, as_json=as_json)
    except ValueError as error:
        fail(f"{ledger}: {error}", codes.CORRUPT, as_json=as_json)
    if as_json:
        show({**found.as_json(), "ledger": str(ledger)})
    else:
        typer.echo("\n".join(table(found)))
    if not found.ok:
        raise typer.Exit(BROKEN)


def _stated(run_dir: Path) -> Stated:
    from linewright.line import stated  # noqa: PLC0415

    of = stated(run_dir)
    for text in of.left_out:
        typer.echo(f"linewright: alarms are not described: {text}", err=True)
    return of


def _book(run_dir: Path, *, as_json: bool) -> AlarmBook:
    """The book of a running line, come to its present tick."""
    from linewright import _core  # noqa: PLC0415
    from linewright.bus import Operator as OperatorClient  # noqa: PLC0415
    from linewright.line import read_book  # noqa: PLC0415

    of = _stated(run_dir)
    if of.ledger is None:
        fail(f"{run_dir}: the line has no ledger", codes.UNAVAILABLE, as_json=as_json)
    try:
        book = read_book(of.ledger, of)
    except _core.LedgerError as error:
        code = getattr(error, "exit_code", codes.CORRUPT)
        fail(f"{of.ledger}: {error}", code, as_json=as_json)
    with OperatorClient(run_dir) as operator:
        document = operator.status()
    core = None if document is None else document["core"]
    if core is not None:
        book.advance(book.start_s + core["tick"] / core["base_hz"])
    return book


def _handle(
    run_dir: Path | None,
    alarm: str,
    do: str,
    operator: str,
    reason: str,
    *,
    for_s: float = 0.0,
    as_json: bool,
) -> None:
    from linewright import messages as m  # noqa: PLC0415
    from linewright.alarms import refusal  # noqa: PLC0415

    where = running_line(run_dir, as_json=as_json)
    body: dict[str, Any] = {
        "alarm": alarm,
        "do": do,
        "operator": operator,
        "reason": reason,
        "for_s": for_s,
    }
    book = _book(where, as_json=as_json)
    if why := refusal(body) or _idle(book, alarm, do):
        fail(why, codes.USAGE, as_json=as_json)
    command(where, m.Record("handling", body), as_json=as_json)


def _idle(book: AlarmBook, alarm: str, do: str) -> str:
    """Why it would change nothing; empty when it would."""
    from linewright.alarms import SOUNDING, State  # noqa: PLC0415

    found = book.alarm(alarm)
    if found is None:
        if do in ("shelve", "out_of_service") and alarm in book.definitions:
            return ""
        known = ", ".join(f"{a.id} {a.name}" for a in book.alarms()) or "none"
        return f"no alarm {alarm!r} stands (there are: {known})"
    wants: dict[str, tuple[State, ...]] = {
        "acknowledge": SOUNDING,
        "unshelve": (State.SHELVED,),
        "in_service": (State.OUT_OF_SERVICE,),
    }
    if do in wants and found.state not in wants[do]:
        return f"{found.id} {found.name} is {found.state}, so there is nothing to {do}"
    return ""


def _by_urgency(book: AlarmBook) -> list[Alarm]:
    from linewright.alarms import PRIORITIES, SOUNDING  # noqa: PLC0415

    return sorted(
        book.alarms(),
        key=lambda a: (a.state not in SOUNDING, -PRIORITIES.index(a.priority), a.raised_s),
    )


def _lines(alarm: Alarm) -> list[str]:
    of = alarm
    sure = "" if of.probability is None else f" ({of.cause_name}, {of.probability:.0%})"
    lines = [
        f"{_clock(of.raised_s)} {of.priority:<6} {of.state:<14} {of.id:<8} {of.name}: {of.says}",
        f"    because  {of.cause}{sure}",
        f"    else     {of.consequence}",
        f"    do       {of.action}, within {_time(of.respond_within_s)}",
    ]
    if len(of.members) > 1:
        members = [f"{m.name}{' ' + m.of if m.of else ''} x{m.count}" for m in of.members[:6]]
        more = f" and {len(of.members) - 6} more" if len(of.members) > 6 else ""
        lines.append(f"    with     {', '.join(members)}{more}")
    if of.shelved_until_s is not None:
        lines.append(
            f"    shelved  by {of.shelved_by} until {_clock(of.shelved_until_s)}: "
            f"{of.shelve_reason}"
        )
    if of.acked_by:
        lines.append(f"    taken up by {of.acked_by}")
    if of.suppressed_by:
        lines.append(f"    not told for {of.suppressed_by}")
    return lines


def table(found: Kpi) -> list[str]:
    """Figures and limits, one a line."""
    split = ", ".join(f"{count} {p}" for p, count in found.priorities.items())
    lines = [
        f"{found.alarms} alarms in {found.hours:.2f} h ({found.per_hour:.2f} an hour): {split}; "
        f"{found.late} not taken up in time",
        f"{found.raw} rows asked for an operator, worst 10 min {found.raw_worst_10_min}",
    ]
    for check in found.checks:
        word = "ok" if check.ok else "BROKEN"
        value, limit = (
            (f"{100.0 * x:.1f} %" for x in (check.value, check.limit))
            if check.unit == "share"
            else (f"{x:.3g}" for x in (check.value, check.limit))
        )
        unit = "" if check.unit == "share" else f" {check.unit}"
        lines.append(f"  {word:<7} {check.name:<15} {value:>8}, at most {limit}{unit}")
    for name in found.chattering:
        lines.append(f"  chatters {name}")
    for name in found.stale:
        lines.append(f"  stale    {name}")
    for name, count in found.top:
        lines.append(f"  {count:>5} x {name}")
    return lines


def _clock(at_s: float) -> str:
    whole = int(at_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.0f} min"
