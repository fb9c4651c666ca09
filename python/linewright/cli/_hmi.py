"""`linewright hmi`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from linewright.cli._common import Json, fail, new_app, running_line, show
from linewright.line import exit as codes


class _Serving(TyperGroup):
    """`user` is a command of its own; everything else is what is to be served."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name in front."""
        named = args if args[:1] == ["user"] else ["serve", *args]
        return super().parse_args(ctx, named)


app = new_app()
app.info.cls = _Serving


@app.command("serve")
def hmi(  # noqa: PLR0917 - options by name
    what: Annotated[
        Path | None,
        typer.Argument(help="Run directory or ledger; the running line when left out."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to serve at; others than loopback want TLS.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="8600, or the next free one; 0: any."),
    ] = None,
    users: Annotated[
        Path | None, typer.Option("--users", help="File of those who may do more than look.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS certificate, PEM.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Its private key, PEM.")] = None,
    as_json: Json = False,
) -> None:
    """Serve the operator page of a running line, a finished run or a ledger."""
    try:
        import prometheus_client  # noqa: F401, PLC0415
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        fail(
            f"{error.name} is missing: pip install 'linewright[hmi]'",
            codes.UNAVAILABLE,
            as_json=as_json,
        )
    from linewright.hmi._server import serve  # noqa: PLC0415
    from linewright.hmi._where import HmiError, find  # noqa: PLC0415

    try:
        where = find(what if what is not None else running_line(None, as_json=as_json))
        serve(
            where,
            host=host,
            port=port,
            certificate=certificate,
            key=key,
            users=users,
            said=lambda address: _say(address, as_json),
        )
    except HmiError as error:
        fail(str(error), error.code, as_json=as_json)


def _say(address: str, as_json: bool) -> None:
    if as_json:
        show({"ok": True, "address": address})
    else:
        typer.echo(f"operator page {address}")


people = new_app()
app.add_typer(people, name="user")
UsersFile = Annotated[Path, typer.Option("--users", help="File of the users; mode 0600.")]


@people.callback()
def _people() -> None:
    """Who may act on the page: add, remove, list."""


@people.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Goes into the ledger with every action.")],
    role: Annotated[str, typer.Option("--role", help="view, operate or engineer.")],
    users: UsersFile = Path("users.json"),
    as_json: Json = False,
) -> None:
    """Add NAME, or give them another role and password: asked for, or a line of standard input."""
    from linewright.hmi._users import add_user  # noqa: PLC0415
    from linewright.hmi._where import HmiError  # noqa: PLC0415

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        add_user(users, name, role, password)
    except HmiError as error:
        fail(str(error), error.code, as_json=as_json)
    if as_json:
        show({"ok": True, "users": str(users), "name": name, "role": role})
    else:
        typer.echo(f"{name} ({role}) is in {users}")


@people.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Who is taken out.")],
    users: UsersFile = Path("users.json"),
    as_json: Json = False,
) -> None:
    """Take NAME out; a session of theirs ends at once."""
    from linewright.hmi._users import remove_user  # noqa: PLC0415
    from linewright.hmi._where import HmiError  # noqa: PLC0415

    try:
        remove_user(users, name)
    except HmiError as error:
        fail(str(error), error.code, as_json=as_json)
    if as_json:
        show({"ok": True, "users": str(users), "name": name})
    else:
        typer.echo(f"{name} is no longer in {users}")


@people.command("list")
def listed(users: UsersFile = Path("users.json"), as_json: Json = False) -> None:
    """Names and roles."""
    from linewright.hmi._users import read_users  # noqa: PLC0415
    from linewright.hmi._where import HmiError  # noqa: PLC0415

    try:
        found = read_users(users)
    except HmiError as error:
        fail(str(error), error.code, as_json=as_json)
    if as_json:
        show({"ok": True, "users": {name: user.role for name, user in found.items()}})
    else:
        for name, user in found.items():
            typer.echo(f"{user.role:9s} {name}")
