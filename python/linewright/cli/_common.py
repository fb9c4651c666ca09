"""What the commands share: options, finding the running line, ending with a code."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.recipes import Calibration, RecipeFile
    from linewright.value.plant import Plant

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RunDir = Annotated[
    Path | None,
    typer.Option("--run-dir", help="Run directory of the line; found when only one line runs."),
]
NoPage = Annotated[
    bool,
    typer.Option(
        "--hmi/--no-hmi", envvar="LINEWRIGHT_HMI", help="Serve the operator page at loopback."
    ),
]
Operator = Annotated[str, typer.Option("--operator", help="Who does this; goes into the ledger.")]


def new_app() -> typer.Typer:
    """A Typer for one command, as quiet as the root."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def fail(message: str, code: int, *, as_json: bool = False, **facts: Any) -> NoReturn:
    """Say what is wrong, on stderr (as JSON on stdout when asked for), and end with `code`."""
    if as_json:
        typer.echo(json.dumps({"ok": False, "error": message, "exit_code": code, **facts}))
    else:
        typer.echo(f"linewright: {message}", err=True)
    raise typer.Exit(code)


def show(document: dict[str, Any]) -> None:
    """Print a JSON document."""
    typer.echo(json.dumps(document))


def is_running(run_dir: Path) -> bool:
    """Does a process hold this run directory?"""
    from linewright.line._paths import LOCK  # noqa: PLC0415

    try:
        with (run_dir / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def running_line(run_dir: Path | None, *, as_json: bool) -> Path:
    """The run directory meant; ends with 69 when there is none or more than one."""
    if run_dir is not None:
        if not is_running(run_dir):
            fail(f"no line runs in {run_dir}", codes.UNAVAILABLE, as_json=as_json)
        return run_dir
    from linewright.line._paths import base_directory  # noqa: PLC0415

    base = base_directory()
    found = [d for d in sorted(base.glob("*")) if is_running(d)] if base.is_dir() else []
    if len(found) == 1:
        return found[0]
    if not found:
        fail(f"no line runs (looked in {base})", codes.UNAVAILABLE, as_json=as_json)
    names = ", ".join(str(d) for d in found)
    fail(f"more than one line runs, name one with --run-dir: {names}", codes.USAGE, as_json=as_json)


def command(run_dir: Path | None, action: Any, *, as_json: bool) -> None:
    """Send an operator's command to the running line and print its answer; 69 when refused."""
    from linewright.bus import Operator as OperatorClient  # noqa: PLC0415

    with OperatorClient(running_line(run_dir, as_json=as_json)) as operator:
        ack = operator.command(action)
    if ack is None:
        fail("the line did not answer", codes.UNAVAILABLE, as_json=as_json)
    if ack.status in ("refused", "expired", "duplicate"):
        fail(f"{ack.status}: {ack.reason}", codes.UNAVAILABLE, as_json=as_json, status=ack.status)
    if as_json:
        show({"ok": True, "status": ack.status, "tick": ack.tick, "reason": ack.reason})
    else:
        typer.echo(f"{ack.status} at tick {ack.tick}{': ' + ack.reason if ack.reason else ''}")


def read_recipe_file(file: Path, *, as_json: bool) -> RecipeFile:
    """The recipe of a file; ends with 78 and every mistake when it is none."""
    from linewright.mistakes import Mistakes  # noqa: PLC0415
    from linewright.recipes import read_recipe  # noqa: PLC0415

    try:
        return read_recipe(file)
    except Mistakes as mistakes:
        listed = [mistake.as_json() for mistake in mistakes.errors]
        fail(f"bad recipe file\n{mistakes}", codes.BAD_CONFIG, as_json=as_json, errors=listed)


def read_calibration_file(file: Path, *, as_json: bool) -> Calibration:
    """The calibration of a file; ends with 78 when it is none, or was changed."""
    from linewright.mistakes import Mistakes  # noqa: PLC0415
    from linewright.recipes import read_calibration  # noqa: PLC0415

    try:
        return read_calibration(file)
    except Mistakes as mistakes:
        listed = [mistake.as_json() for mistake in mistakes.errors]
        fail(f"bad calibration\n{mistakes}", codes.BAD_CONFIG, as_json=as_json, errors=listed)


def read_plant_data(place: str | None, *, view: str = "plant_steps", as_json: bool) -> Plant:
    """Cost data of a plant, the default line's when left out; ends with 78 and every mistake, or
    with 69 when its data base does not answer."""
    from linewright.mistakes import Mistakes  # noqa: PLC0415
    from linewright.value.plant import Plant, PlantUnavailableError, read_plant  # noqa: PLC0415

    try:
        return Plant() if place is None else read_plant(place, view=view)
    except Mistakes as mistakes:
        listed = [mistake.as_json() for mistake in mistakes.errors]
        fail(f"bad plant\n{mistakes}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    except PlantUnavailableError as error:
        fail(str(error), codes.UNAVAILABLE, as_json=as_json)


def ledger_file(place: Path | None, *, as_json: bool) -> Path:
    """The ledger meant by a file, a run directory or nothing (the running line's); ends with 2 when
    there is none."""
    from linewright.bus import ledger_of  # noqa: PLC0415

    found = running_line(None, as_json=as_json) if place is None else place
    if found.is_dir():
        found = ledger_of(found)
    if not found.is_file():
        fail(f"{found}: no such ledger", codes.USAGE, as_json=as_json)
    return found
