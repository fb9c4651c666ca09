"""`linewright evaluate`: the fault catalogue in the closed loop, over seeds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.value.catalogue import FaultRow

app = new_app()


@app.command()
def evaluate(
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Only this fault; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds 1 to this.")] = 20,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    as_json: Json = False,
) -> None:
    """Run each fault of the catalogue on each seed in the closed loop, and judge what was said.

    Per fault: time to detect, misses, false alarms, and whether its cause came first.
    """
    from linewright.testing import CATALOGUE  # noqa: PLC0415
    from linewright.value.catalogue import evaluate_catalogue  # noqa: PLC0415

    wanted = [one.upper() for one in fault or CATALOGUE]
    if unknown := [one for one in wanted if one not in CATALOGUE]:
        known = ", ".join(CATALOGUE)
        fail(f"no fault {unknown[0]!r} (there are {known})", codes.USAGE, as_json=as_json)
    done = 0

    def progress(name: str, seed: int) -> None:
        nonlocal done
        done += 1
        if not as_json and sys.stderr.isatty():
            all_runs = len(wanted) * seeds
            typer.echo(f"\r{done} of {all_runs} runs ({name} seed {seed})  ", err=True, nl=False)

    rows = evaluate_catalogue(
        range(1, seeds + 1), faults=wanted, workers=workers, progress=progress
    )
    if as_json:
        show({"ok": True, "seeds": seeds, "faults": [row.as_json() for row in rows]})
        return
    typer.echo("\n".join(table(rows)))


def table(rows: list[FaultRow]) -> list[str]:
    """The result as a table in Markdown."""
    head = (
        "| fault | what | runs | missed | TTD median s | p95 s | cause first | onset error "
        "median s | false alarms per 8 h |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        f: dict[str, Any] = row.as_json()
        lines.append(
            f"| {f['fault']} | {f['says']} | {f['runs']} | {f['missed']} | "
            f"{_number(f['median_s'])} | {_number(f['p95_s'])} | {f['cause_first']:.0%} | "
            f"{_number(f['onset_error_median_s'])} | {f['false_alarms_per_8h']:.2f} |"
        )
    return lines


def _number(x: float | None) -> str:
    return "-" if x is None else f"{x:.2f}" if abs(x) < 10.0 else f"{x:.0f}"
