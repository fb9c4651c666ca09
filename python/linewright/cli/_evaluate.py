"""`linewright evaluate`: the fault catalogue in the closed loop, over seeds; one fault a run, or
all of them in a day."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.value.catalogue import FaultRow
    from linewright.value.evaluation import Evaluation, Faults

app = new_app()


@app.command()
def evaluate(
    *,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Only this fault; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds 1 to this.")] = 20,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    day: Annotated[
        bool, typer.Option("--day", help="All faults in one day of the whole line a seed.")
    ] = False,
    hours: Annotated[
        float, typer.Option("--hours", min=0.5, max=24.0, help="Length of that day, h.")
    ] = 24.0,
    quiet_seeds: Annotated[
        int,
        typer.Option("--quiet-seeds", min=1, help="Days without a fault, for do-no-harm."),
    ] = 5,
    resume: Annotated[
        Path | None,
        typer.Option(help="With --day: folder where finished days stay, and are taken from."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run each fault of the catalogue on each seed in the closed loop, and judge what was said.

    Per fault: time to detect, misses, false alarms, and whether its cause came first. With `--day`
    all stations run together, each machine with its faults one after the other: also the bound of
    each time to detect, each loop's variance against the least there can be, and what the closed
    loop does to a day without a fault.
    """
    if day:
        if fault:
            fail("--day takes all faults: leave --fault out", codes.USAGE, as_json=as_json)
        quiet = min(quiet_seeds, seeds)
        _day(seeds, quiet, hours=hours, workers=workers, keep=resume, as_json=as_json)
        return
    if resume is not None:
        fail("--resume is of whole days: add --day", codes.USAGE, as_json=as_json)
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


def _day(
    seeds: int,
    quiet_seeds: int,
    *,
    hours: float,
    workers: int,
    keep: Path | None,
    as_json: bool,
) -> None:
    from linewright.value.evaluation import evaluate  # noqa: PLC0415

    done, all_runs = 0, seeds + 2 * quiet_seeds

    def progress(policy: str, seed: int) -> None:
        nonlocal done
        done += 1
        if not as_json and sys.stderr.isatty():
            text = f"\r{done} of {all_runs} days ({policy} seed {seed})  "
            typer.echo(text, err=True, nl=False)

    def run(policies: tuple[str, ...], upto: int, faults: Faults) -> Evaluation:
        return evaluate(
            range(1, upto + 1),
            hours=hours,
            policies=policies,
            faults=faults,
            plant="whole",
            workers=workers,
            keep=keep,
            progress=progress,
        )

    full = run(("closed",), seeds, "day")
    quiet = run(("open", "closed"), quiet_seeds, "none")
    if as_json:
        show({"ok": True, "day": full.as_json(), "quiet": quiet.as_json()})
        return
    typer.echo("\n".join(day_table(full, quiet)))


def day_table(full: Evaluation, quiet: Evaluation) -> list[str]:
    """Days with all faults, and days without one, in Markdown."""
    from linewright.testing import CATALOGUE  # noqa: PLC0415

    number_of = {draw.kind: entry.id for entry in CATALOGUE.values() for draw in entry.draws}
    lines = [
        "| fault | kind | days | missed | TTD median s | p95 s | bound median s | ratio median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    found = full.as_json()["faults"]
    for kind in sorted(found, key=lambda kind: (number_of.get(kind, ""), kind)):
        f = found[kind]
        lines.append(
            f"| {number_of.get(kind, '')} | {kind} | {f['runs']} | {f['missed']} | "
            f"{_number(f['median_s'])} | {_number(f['p95_s'])} | {_number(f['bound_median_s'])} | "
            f"{_number(f['ratio_median'])} |"
        )
    return [*lines, "", *_false_alarms(full, quiet), "", *_loops(full, quiet)]


def _false_alarms(full: Evaluation, quiet: Evaluation) -> list[str]:
    lines = ["| detection, per 8 h | no fault explains | without a fault |", "|---|---|---|"]
    with_faults, without = (e.detection.false_per_shift() for e in (full, quiet))
    for name in sorted({*with_faults, *without}):
        rates = (with_faults.get(name, 0.0), without.get(name, 0.0))
        lines.append(f"| {name} | {rates[0]:.3f} | {rates[1]:.3f} |")
    both = (math.fsum(with_faults.values()), math.fsum(without.values()))
    return [*lines, f"| all | {both[0]:.3f} | {both[1]:.3f} |"]


def _loops(full: Evaluation, quiet: Evaluation) -> list[str]:
    lines = []
    for what, result in (("with all faults", full), ("without a fault", quiet)):
        row = result.row("closed")
        lines.append(
            f"Closed loop {what}: weight SD {row.weight_sd_pct} %, {row.weight_ratio.mean:.2f} of "
            f"its bound (eta {row.weight_ratio.mean**-2:.2f}; off the record {row.weight_eta}); "
            f"porosity SD {row.porosity_sd_pp} pp (eta off the record {row.porosity_eta}); out of "
            f"tolerance {row.bad_m} m a day."
        )
        if row.weld_eta is not None:
            lines.append(
                f"Welder {what}: {row.bad_welds_per_1000} of 1000 welds not good; eta of the depth "
                f"from weld to weld {row.weld_eta}."
            )
    harm = f"weight variance {quiet.harm()}, porosity variance {quiet.porosity_harm()}"
    if (welds := quiet.weld_harm()) is not None:
        harm += f", bad welds {welds}"
    return [*lines, f"Closed over open loop less one, without a fault: {harm}."]


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
