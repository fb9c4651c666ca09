"""`linewright bench`: a live line on this machine, held against its budgets and counts."""

from __future__ import annotations

import platform
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

if TYPE_CHECKING:
    from linewright.line import Line

app = new_app()
BROKEN = 1
WARM = 0.4
"""Share of a slice after which its loop counts as warm."""
SLEEPS_PER_TICK = 2.0


@dataclass(frozen=True)
class Budget:
    """A budget, and p99.9 of each slice beside it."""

    name: str
    budget_us: float
    p99_9_us: list[float]

    @property
    def state(self) -> str:
        """`kept`; `noise`: over in some slices, so no more than one slice differs from another;
        `broken`: over in every one."""
        over = [x > self.budget_us for x in self.p99_9_us]
        return "broken" if all(over) else "noise" if any(over) else "kept"

    @property
    def floor(self) -> float:
        """How far slices of the same line differ: largest minus smallest over the median."""
        middle = median(self.p99_9_us)
        return (max(self.p99_9_us) - min(self.p99_9_us)) / middle if middle else 0.0


@dataclass(frozen=True)
class Count:
    """Something that must not happen, or not more often than so, in the warm part of any slice."""

    name: str
    most: float
    found: list[float]

    @property
    def broken(self) -> bool:
        """Was it more?"""
        return max(self.found) > self.most


@app.command()
def bench(
    file: Annotated[
        Path | None,
        typer.Argument(help="Live line file; left out: the press at 1 kHz on its twin."),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=2.0, help="Length of a slice.")] = 10.0,
    slices: Annotated[int, typer.Option("--slices", min=1, help="Slices of the same line.")] = 3,
    against: Annotated[
        str | None,
        typer.Option("--against", help="`budgets`: end with 1 when a count or a budget is broken."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a live line for a while, some times over, and tell where its time goes.

    With `--against budgets` it is a gate for CI. Counts (page faults, lost records, sleeps a tick)
    are hard. A time is broken when its p99.9 is over its budget in every slice; over in some only
    is no more than slices of the same line differ.
    """
    from linewright.line import LineErrors, RunError, load, packaged  # noqa: PLC0415

    if against not in (None, "budgets"):
        fail(f"--against takes `budgets`, got {against!r}", codes.USAGE, as_json=as_json)
    try:
        line = load(file or packaged()["bench"])
    except LineErrors as errors:
        listed = [error.as_json() for error in errors.errors]
        fail(f"bad line file\n{errors}", codes.BAD_CONFIG, as_json=as_json, errors=listed)
    if line.simulated:
        fail(f"line {line.name} is simulated: it keeps no time", codes.USAGE, as_json=as_json)
    if against and not (line.tables.budgets.loops or line.tables.budgets.chains):
        fail(f"line {line.name} states no [budgets]", codes.USAGE, as_json=as_json)
    try:
        seen = [_slice(line, seconds) for _ in range(slices)]
    except RunError as error:
        fail(str(error), error.code, as_json=as_json)
    document = judged(line, seen)
    broken = document["broken"]
    if as_json:
        show({"ok": not (against and broken), **document})
    else:
        typer.echo("\n".join(_lines(document)))
    if against and broken:
        if not as_json:
            typer.echo(f"linewright: broken: {', '.join(broken)}", err=True)
        raise typer.Exit(BROKEN)


def _slice(line: Line, seconds: float) -> list[dict[str, Any]]:
    """One run, `seconds` of it from its first answer on; every status of the core on the way."""
    from linewright.line import RunError, run_line  # noqa: PLC0415

    seen: list[dict[str, Any]] = []

    def report(document: dict[str, Any]) -> None:
        if core := document.get("core"):
            seen.append(core)
            if core["tick"] - seen[0]["tick"] >= seconds * line.base_hz:
                signal.raise_signal(signal.SIGINT)  # as somebody at the terminal would stop it

    with tempfile.TemporaryDirectory(prefix="lwbench") as folder:
        code = run_line(line, Path(folder) / "run", report)
    if code != codes.OK:
        raise RunError(f"the line ended with {code}", code)
    if len(seen) < 2:
        raise RunError("the core did not tell how it was")
    return seen


def judged(line: Line, seen: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """What the slices say together."""
    last = [slice_[-1] for slice_ in seen]
    warm = [slice_[int(WARM * (len(slice_) - 1))] for slice_ in seen]
    budgets = _budgets(line, last)
    counts = _counts(warm, last)
    host = last[0]["host"]
    return {
        "line": line.name,
        "machine": {
            "cpu": _cpu(),
            "kernel": platform.release(),
            "python": sys.version.split()[0],
            "real_time": host["real_time"],
        },
        "loops": [
            {key: [core["loops"][i][key] for core in last] for key in _SHOWN} | {"name": of["name"]}
            for i, of in enumerate(last[0]["loops"])
        ],
        "budgets": [asdict(b) | {"state": b.state, "noise_floor": b.floor} for b in budgets],
        "counts": [asdict(c) | {"broken": c.broken} for c in counts],
        "broken": [b.name for b in budgets if b.state == "broken"]
        + [c.name for c in counts if c.broken],
    }


_STAGES = {"release": "lateness", "read": "read", "execute": "execute", "write": "write"}
_SHOWN = (*_STAGES.values(), "response", "cycles", "missed", "late", "margin")


def _budgets(line: Line, last: list[dict[str, Any]]) -> list[Budget]:
    out = []
    for i, of in enumerate(last[0]["loops"]):
        stated = line.tables.budgets.loops.get(of["name"])
        for stage, key in _STAGES.items() if stated else ():
            found = [core["loops"][i][key]["p99_9_ns"] / 1e3 for core in last]
            out.append(Budget(f"{of['name']} {stage}", getattr(stated, f"{stage}_us"), found))
    for i, chain in enumerate(last[0]["chains"]):
        found = [core["chains"][i]["age"]["p99_9_ns"] / 1e3 for core in last]
        out.append(Budget(chain["name"], chain["budget_ns"] / 1e3, found))
    return out


def _counts(warm: list[dict[str, Any]], last: list[dict[str, Any]]) -> list[Count]:
    pairs = list(zip(warm, last, strict=True))

    def thread(core: dict[str, Any], key: str) -> float:
        return float(core["host"]["loop_thread"][key])

    out = [
        Count(f"{key} of a warm loop", 0.0, [thread(b, key) - thread(a, key) for a, b in pairs])
        for key in ("minor_faults", "major_faults")
    ]
    sleeps = [
        (thread(b, "voluntary_switches") - thread(a, "voluntary_switches"))
        / max(1, b["tick"] - a["tick"])
        for a, b in pairs
    ]
    out.append(Count("sleeps a tick", SLEEPS_PER_TICK, sleeps))
    for key in ("lost_records", "dropped_cycles", "stale_outputs"):
        out.append(Count(key, 0.0, [float(core[key]) for core in last]))
    return out


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    facts = dict(line.partition(":")[::2] for line in text.splitlines())
    model = next((v.strip() for k, v in facts.items() if k.strip() == "model name"), "unknown")
    return f"{model}{', virtual' if ' hypervisor' in text else ''}"


def _lines(document: dict[str, Any]) -> list[str]:
    machine = document["machine"]
    out = [
        f"line {document['line']} on {machine['cpu']}, {machine['kernel']}",
        f"real time {machine['real_time']['rt']}",
    ]
    for loop in document["loops"]:
        cycles, missed, late = (sum(loop[key]) for key in ("cycles", "missed", "late"))
        out.append(f"{loop['name']}: {cycles} cycles, {missed} missed, {late} late; us a slice")
        for key in ("lateness", "read", "execute", "write", "response"):
            each = "   ".join(
                f"{h['p50_ns'] / 1e3:8.1f} {h['p99_ns'] / 1e3:8.1f} {h['p99_9_ns'] / 1e3:8.1f} "
                f"{h['p99_99_ns'] / 1e3:8.1f} {h['max_ns'] / 1e3:8.1f}"
                for h in loop[key]
            )
            out.append(f"  {key:<9} {each}")
    out.append("  (p50, p99, p99.9, p99.99, max)")
    for budget in document["budgets"]:
        found = ", ".join(f"{x:.1f}" for x in budget["p99_9_us"])
        out.append(
            f"  {budget['state']:<7} {budget['name']}: p99.9 {found} us of {budget['budget_us']:g}"
            f" (slices differ by {100.0 * budget['noise_floor']:.0f} %)"
        )
    for count in document["counts"]:
        found = ", ".join(f"{x:g}" for x in count["found"])
        state = "broken" if count["broken"] else "kept"
        out.append(f"  {state:<7} {count['name']}: {found}, at most {count['most']:g}")
    return out
