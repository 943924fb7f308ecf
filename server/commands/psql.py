"""`registry psql`: an SQL prompt on the registry's database."""

import signal
import subprocess
from shutil import which
from typing import Annotated

import typer

from server.commands import databases
from server.settings import Settings


def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="More for psql, after `--`: -- -c 'SELECT 1'")
    ] = None,
) -> None:
    """Open psql on the database, starting the embedded PostgreSQL for as long if need be."""
    with databases.opened(Settings()) as url:
        # Ctrl-C belongs to psql, where it cancels a statement.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = [which("psql") or _embedded_psql(), url, *(arguments or [])]
        code = subprocess.call(command)  # noqa: S603  # the user's own arguments, no shell
    raise SystemExit(code)


def _embedded_psql() -> str:
    from db.postgres import embedded

    return str(embedded.BINARIES / "psql")
