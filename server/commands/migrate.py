"""`registry migrate`: migrates the database, or undoes the migrations of the newest release."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import typer

from server.commands import databases
from server.commands.failures import FAILED, USAGE, Failure


def migrate(
    revision: Annotated[
        str, typer.Argument(help="A migration's revision; head is the newest.")
    ] = "head",
    down: Annotated[
        bool, typer.Option("--down", help="Undo the migrations after REVISION; see --yes.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Undo them even where data is lost, as it is named.")
    ] = False,
) -> None:
    """Migrate the database; waits for a running migration of another process."""
    from db.postgres import migration_state
    from server.settings import Settings

    settings = Settings()
    with databases.connectable(settings) as url:
        current = databases.migration(url, settings.pool_limits)
        if current is not None and current.revision > migration_state.head():
            raise Failure(
                f"The database is at migration {current.revision}, which is newer than this"
                f" release: run the command of the release that has it",
                FAILED,
            )
        session_url = databases.session_url(settings, url)
        with _named(revision):
            if down:
                undo(session_url, revision, yes)
            else:
                databases.upgrade(session_url, revision)
        reached = migration_state.head() if revision == "head" else revision
        typer.echo(f"The database is at migration {reached}.")
        if not down:
            refresh = partial(databases.refresh_prices, before=current)
            databases.with_database(url, refresh, settings.pool_limits)


@contextmanager
def _named(revision: str) -> Iterator[None]:
    """Let a wrong name of a migration be a mistake of the user."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        line = f"There is no such migration {revision!r} for the database: {error}"
        raise Failure(line, USAGE) from error


def undo(url: str, revision: str, is_confirmed: bool) -> None:
    """Undo the migrations after a revision, and name what is lost; raises Failure."""
    from db.postgres import migrate

    try:
        losses = migrate.losses(url, revision)
    except migrate.MigrationRefused as refusal:
        raise Failure(f"The database cannot be migrated down: {refusal}") from refusal
    for loss in losses:
        typer.echo(f"Lost: {loss}", err=True)
    if losses and not is_confirmed:
        raise Failure("Nothing was changed: repeat with --yes to lose that", FAILED)
    try:
        migrate.downgrade(url, revision)
    except migrate.MigrationEnded as end:
        raise Failure(f"The database was not migrated down: {end}") from end
