"""Whether the settings agree with what is between the registry and PostgreSQL."""

import asyncio

import typer

from db.postgres import poolers
from db.postgres.poolers import Pooler
from server.commands.failures import USAGE, Failure
from server.settings import Settings
from server.settings_base import setting_name

_POOLER, _LISTEN = setting_name("pooler"), setting_name("listen_url")
_PREPARED, _DATABASE = setting_name("prepared_statements"), setting_name("database_url")
_LATE = (
    f"{_LISTEN} is not set, and {_DATABASE} leads to a pooler in transaction mode: subscriptions"
    " get their events up to a second late, jobs start up to five seconds late, and no migration"
    " can run"
)


def check(settings: Settings) -> None:
    """Look at what the URLs lead to; warns of what works less well, and raises Failure."""
    if settings.database_url is None:
        return
    warning = _of_database(settings, settings.database_url)
    if settings.listen_url is not None:
        _check_listen_url(settings.listen_url)
    if warning is not None:
        typer.echo(typer.style(f"Warning: {warning}", fg="yellow"), err=True)


def _of_database(settings: Settings, url: str) -> str | None:
    found = asyncio.run(poolers.detect(url))
    if found.pooler is Pooler.NONE:
        return None  # the settings of a pooler hold without one, too
    if settings.pooler is Pooler.NONE:
        return (
            f"{_DATABASE} leads to a connection pooler in {found.pooler} mode, which may ignore"
            f" statement timeouts: set {_POOLER}={found.pooler}"
        )
    if found.pooler is Pooler.TRANSACTION and settings.pooler is Pooler.SESSION:
        raise Failure(f"{_POOLER}: the pooler is in transaction mode, not in session mode", USAGE)
    if settings.prepared_statements and not found.keeps_statements:
        raise Failure(
            f"{_PREPARED}: the pooler does not keep prepared statements: set it to false, or use"
            " PgBouncer 1.22 or newer with max_prepared_statements above 0",
            USAGE,
        )
    return None if settings.can_listen else _LATE


def _check_listen_url(url: str) -> None:
    from db.postgres.errors import is_unavailable

    try:
        found = asyncio.run(poolers.detect(url))
    except Exception as error:
        if not is_unavailable(error):
            raise
        reason = next(iter(str(error).splitlines()), "")
        raise Failure(f"{_LISTEN}: the database does not answer: {reason}") from error
    if found.pooler is Pooler.TRANSACTION:
        raise Failure(f"{_LISTEN} leads to a pooler in transaction mode: LISTEN fails there", USAGE)
