"""`registry migrate`: migrates the database."""

from typing import Annotated

import typer

from server.commands import databases
from server.commands.failures import USAGE, Failure


def migrate(
    revision: Annotated[
        str, typer.Argument(help="A migration's revision; head is the newest.")
    ] = "head",
) -> None:
    """Migrate the database; waits for a running migration of another process."""
    from alembic.util import CommandError

    from db.postgres import migration_state
    from server.settings import Settings

    settings = Settings()
    with databases.connectable(settings) as url:
        try:
            databases.upgrade(databases.session_url(settings, url), revision)
        except CommandError as error:
            line = f"There is no migration {revision!r} after that of the database: {error}"
            raise Failure(line, USAGE) from error
    current = migration_state.head() if revision == "head" else revision
    typer.echo(f"The database is at migration {current}.")
