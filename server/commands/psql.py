"""`registry psql`: opens psql on the registry's database."""

import signal
import subprocess
from shutil import which
from typing import Annotated

import typer

from server.commands import databases


def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Arguments of psql, after `--`: -- -c 'SELECT 1'")
    ] = None,
) -> None:
    """Open psql on the database; without DATABASE_URL the embedded PostgreSQL runs meanwhile."""
    from server.settings import Settings

    settings = Settings()
    with databases.connectable(settings) as url:
        # psql handles Ctrl-C: it cancels a statement.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = [
            which("psql") or _embedded_psql(),
            settings.listen_url or url,
            *(arguments or []),
        ]
        code = subprocess.call(command)  # noqa: S603  # the user's own arguments, no shell
    raise SystemExit(code)


def _embedded_psql() -> str:
    from db.postgres import embedded

    return str(embedded.BINARIES / "psql")
