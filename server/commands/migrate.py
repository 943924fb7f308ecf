"""`registry migrate`: bring the database to the newest schema."""

from typing import Annotated

import typer

from server.commands import databases
from server.settings import Settings


def migrate(
    revision: Annotated[str, typer.Argument(help="A revision, or head for the newest.")] = "head",
) -> None:
    """Migrate the database; waits while another process does, and does nothing when it is done."""
    from db.postgres import migrate as migrations
    from db.postgres import migration_state

    with databases.opened(Settings()) as url:
        migrations.upgrade(url, revision)
    reached = migration_state.head() if revision == "head" else revision
    typer.echo(f"The database is at migration {reached}.")
