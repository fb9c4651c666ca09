"""`linewright compare`: open loop, old playbook and closed loop on the same seeds."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linewright.cli._common import Json, fail, new_app, read_recipe_file, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from linewright.value.comparison import Case, Outcome

app = new_app()


@app.command()
def compare(  # noqa: PLR0917 - options by name
    file: Annotated[
        Path | None,
        typer.Argument(help="Line file in closed loop that carries out a change; packaged if out."),
    ] = None,
    running: Annotated[
        Path | None, typer.Option("--from", help="Recipe that runs; needed with a file.")
    ] = None,
    wanted: Annotated[Path | None, typer.Option("--to", help="Recipe changed to.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds 1 to N.")] = 10,
    hours: Annotated[
        float, typer.Option("--hours", min=0.5, max=24.0, help="Length of each shift, h.")
    ] = 8.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Folder that keeps finished shifts.")
    ] = None,
    no_faults: Annotated[bool, typer.Option("--no-faults", help="Shifts without a fault.")] = False,
    stronger: Annotated[
        bool, typer.Option("--stronger", help="Also the playbook with twice as many samples.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The same shifts with nothing corrected, by the old playbook and in closed loop.

    The same seed is the same plant, noise, faults and hour of the recipe change. Prints the three
    metrics with 95 % intervals over seeds, and their differences seed by seed.
    """
    from linewright.value.comparison import ALL_POLICIES, POLICIES, run_all  # noqa: PLC0415
    from linewright.value.metrics import Comparison  # noqa: PLC0415

    case = _case(file, running, wanted, faults=not no_faults, as_json=as_json)
    policies = ALL_POLICIES if stronger else POLICIES
    started_s = time.monotonic()

    def run(progress: Callable[[str, int], None] | None) -> list[Outcome]:
        return run_all(
            range(1, seeds + 1),
            hours=hours,
            case=case,
            policies=policies,
            workers=workers,
            keep=resume,
            progress=progress,
        )

    total = seeds * len(policies)
    outcomes = run(None) if as_json else _shown(run, total)
    made = Comparison.of(outcomes, faults=not no_faults)
    wall_s = round(time.monotonic() - started_s, 1)
    if as_json:
        show({"ok": True, **made.as_json(), "wall_s": wall_s})
        return
    typer.echo(made.markdown())


def _case(
    file: Path | None, running: Path | None, wanted: Path | None, *, faults: bool, as_json: bool
) -> Case:
    from linewright.value.comparison import Case, read_case  # noqa: PLC0415

    if file is None and running is None and wanted is None:
        return Case.packaged(faults=faults)
    if file is None or running is None or wanted is None:
        fail("a line file needs --from and --to", codes.USAGE, as_json=as_json)
    if not file.is_file():
        fail(f"{file}: no such file", codes.USAGE, as_json=as_json)
    for recipe in (running, wanted):
        read_recipe_file(recipe, as_json=as_json)
    return read_case(file, running, wanted, faults=faults)


def _shown(
    run: Callable[[Callable[[str, int], None] | None], list[Outcome]], total: int
) -> list[Outcome]:
    """Runs with a bar at a terminal, with lines elsewhere."""
    if not sys.stderr.isatty():
        done = 0

        def tell(policy: str, seed: int) -> None:
            nonlocal done
            done += 1
            typer.echo(f"{done} of {total}: {policy}, seed {seed}", err=True)

        return run(tell)
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("shifts", total=total)
        return run(lambda policy, seed: progress.advance(task))  # noqa: ARG005
