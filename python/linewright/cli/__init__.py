"""The `linewright` command. A sub-command is imported when used, so that help comes at once."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup


class _Entry(NamedTuple):
    module: str
    summary: str


_COMMANDS = {
    "demo": _Entry("demo", "One shift three ways on the twin, over the real bus, with its report."),
    "run": _Entry("_run", "Run a line in the foreground."),
    "status": _Entry("_status", "How a running line is."),
    "top": _Entry("_top", "Loops, stages, margins, stations and alarms of a running line, live."),
    "mode": _Entry("_mode", "Set a running line to advisory or closed."),
    "arm": _Entry("_arm", "Arm a running line, as a named person."),
    "restart": _Entry("_restart", "Restart a station, or release it from quarantine."),
    "reset": _Entry("_reset", "Clear a trip of a running line, as a named person."),
    "manual": _Entry("_manual", "Take an actuator of a running line in hand."),
    "check": _Entry("_check", "Check a line file or a station, without running it."),
    "gate": _Entry("_gate", "Judge a recipe on the twin before it runs: release or block."),
    "calibrate": _Entry("_calibrate", "Learn from a record how the line differs from its twin."),
    "replay": _Entry("_replay", "Verify that a record gives the same bits again."),
    "keys": _Entry("_keys", "Key pairs for the bus on the network."),
    "ledger": _Entry("_ledger", "Verify, dump or follow a ledger."),
    "alarms": _Entry("_alarms", "Alarms of a running line, and how good they are."),
    "why": _Entry("_why", "For each detection its most likely causes."),
    "hmi": _Entry("_hmi", "The operator page of a running line or a finished run."),
    "order": _Entry("_order", "Order a recipe from the running line."),
    "mes": _Entry("_mes", "Orders in and changeovers out by REST, beside a running line."),
    "ttd": _Entry("_ttd", "Time to detect and to act, step by step, beside its bound."),
    "compare": _Entry("_compare", "Open, old playbook and closed loop on the same seeds."),
    "genealogy": _Entry("_genealogy", "What a cell, weld, tray, roll or batch is made of."),
    "changeover": _Entry("_changeover", "Changeover hours per recipe, from states and units."),
    "cost": _Entry("_cost", "What a good cell costs, step by step."),
    "report": _Entry("report", "The report of a shift from its ledger."),
    "evaluate": _Entry("_evaluate", "The fault catalogue in the closed loop, over seeds."),
    "bench": _Entry("_bench", "A live line on this machine, against its budgets and counts."),
    "doctor": _Entry("_doctor", "What this machine offers, and how to mend what it lacks."),
}


class _Lazy(TyperGroup):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of a name."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"linewright.cli.{entry.module}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(n, _COMMANDS[n].summary) for n in self.list_commands(ctx)])


app = typer.Typer(
    cls=_Lazy,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from linewright import __version__  # noqa: PLC0415

        typer.echo(f"linewright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_version, is_eager=True
    ),
) -> None:
    """Linewright: detect, decide and act in one loop on a battery production line.

    Exit codes: 0 ok; 2 usage; 3 recipe blocked; 4 recipe outside the twin's range; 65 corrupt
    data; 69 service unavailable; 77 real time required but not obtained; 78 bad configuration.
    """


def main() -> None:
    """Entry point of the console script."""
    app()
