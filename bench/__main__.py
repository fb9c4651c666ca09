"""`python -m bench`: measure, print the table, write JSON to `bench/results/local/`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import (
    blocks,
    bus,
    dispatch,
    flow,
    hogs,
    kernels,
    lanes,
    live,
    mpc,
    recipe_gate,
    recording,
    rust_examples,
    startup,
    stress,
    telemetry,
    twin_day,
    vision,
)
from bench._machine import machine
from bench._measure import Row, Spread

GROUPS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "kernels": kernels.rows,
    "blocks": blocks.rows,
    "lanes": lanes.rows,
    "mpc": mpc.rows,
    "plan": rust_examples.plan_rows,
    "ledger": rust_examples.ledger_rows,
    "recording": recording.rows,
    "bus": bus.rows,
    "telemetry": telemetry.rows,
    "live": live.rows,
    "stress": stress.rows,
    "hogs": hogs.rows,
    "startup": startup.rows,
    "vision": vision.rows,
    "dispatch": dispatch.rows,
    "recipe_gate": recipe_gate.rows,
    "flow": flow.rows,
    "twin_day": twin_day.rows,
}
NOT_QUICK = ("plan", "ledger", "live", "stress", "hogs", "mpc", "flow")
"""Groups that need a release build of the examples, or the peers of the `bench` extra."""
RESULTS = Path(__file__).resolve().parent / "results" / "local"


def number(x: float) -> str:
    """Three figures.

    >>> [number(x) for x in (0.01234, 5.678, 151.9, 84213.0)]
    ['0.0123', '5.68', '152', '84,200']
    """
    if abs(x) >= 1000.0:
        return f"{float(f'{x:.3g}'):,.0f}"
    return f"{x:#.3g}".rstrip(".")


def spread(of: Spread) -> str:
    """`p50 / p99 / max`; of fewer than five measurements p99 says nothing, so it is left out."""
    parts = (of.p50, of.p99, of.max) if of.n >= 5 else (of.p50, of.max)
    return " / ".join(map(number, parts))


def show(document: dict[str, Any], rows: list[Row]) -> None:
    """The table, and below it where it was measured."""
    table = Table("row", "unit", "n", "ours", "theirs", "ratio", "goal", show_lines=True)
    for row in rows:
        table.add_row(
            f"[bold]{row.what}[/bold]\nagainst {row.against} ({row.kind})",
            row.unit,
            f"{row.ours.n}, {row.theirs.n}",
            spread(row.ours),
            spread(row.theirs),
            number(row.ratio),
            row.goal,
        )
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    console.print("ours, theirs: p50 / p99 / max; ratio: ours to theirs at p50")
    for key, value in document["machine"].items():
        console.print(f"{key}: {value}", highlight=False, markup=False)


def markdown(rows: list[Row]) -> str:
    """The table as it stands in a document."""
    lines = ["| row | unit | n | ours | theirs | ratio | goal |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        what = f"**{row.what}** against {row.against} ({row.kind})"
        n = f"{row.ours.n}, {row.theirs.n}"
        cells = (what, row.unit, n, spread(row.ours), spread(row.theirs), number(row.ratio))
        lines.append(f"| {' | '.join((*cells, row.goal))} |")
    return "\n".join(lines)


def read(path: Path) -> tuple[dict[str, Any], list[Row]]:
    """A result file again."""
    document = json.loads(path.read_text())
    rows = []
    for row in document["rows"]:
        row.pop("ratio")
        row |= {side: Spread(**row[side]) for side in ("ours", "theirs")}
        rows.append(Row(**row))
    return document, rows


def main() -> int:
    """Measure the groups asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run at all?")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing, show a result")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.groups if name not in GROUPS]:
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    if arguments.read:
        document, rows = read(arguments.read)
    else:
        document, rows = measure(arguments.groups, arguments.quick)
    if arguments.json:
        print(json.dumps(document, indent=1))
    elif arguments.markdown:
        print(markdown(rows))
    else:
        show(document, rows)
    return 0


def measure(groups: list[str], quick: bool) -> tuple[dict[str, Any], list[Row]]:
    """Measure groups (all, when none is named), and write what was found to a file."""
    usual = [name for name in GROUPS if not (quick and name in NOT_QUICK)]
    document: dict[str, Any] = {"schema": 1, "quick": quick, "machine": machine()}
    rows: list[Row] = []
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in groups or usual:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        rows += GROUPS[name](quick)
    document["rows"] = [row.as_json() for row in rows]
    name = time.strftime("%Y%m%dT%H%M%SZ.json", time.gmtime())
    (RESULTS / name).write_text(json.dumps(document, indent=1))
    return document, rows


if __name__ == "__main__":
    sys.exit(main())
