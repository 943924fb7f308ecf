"""Refreshes the lowest prices of models that have changed since the last refresh.

Reads do not depend on it: they compute what has changed since (db/reads/lowest_prices.py).
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres import migration_state
from db.postgres.engine import Database
from db.postgres.reader import driver_connection, sql_rows
from db.reads import lowest_prices
from db.tables import LowestPrice
from db.writes import transactions
from domain import actors

ACTOR = actors.job("lowest-prices")

_EVENTS = 5_000  # in a transaction
_MODELS = 1_000
_ADDED = 10_000
_LATER = (
    "the lowest prices of models could not be refreshed ({}): the job refresh_prices of a server or"
    " of `registry worker` tries each minute, and until then lists of models by price may be slow"
)

_log = logging.getLogger(__name__)

# The lock lets one process refresh at a time. Events are visible with what they tell of.
_LOCK = "SELECT sequence FROM lowest_prices_state FOR UPDATE"
_NEXT = """
    WITH events AS (
        SELECT sequence, model_id FROM audit_events WHERE sequence > %(seen)s
        ORDER BY sequence LIMIT %(events)s
    ), ended AS (
        SELECT model_id FROM lowest_prices WHERE holds_until <= now()
        ORDER BY holds_until LIMIT %(models)s
    )
    SELECT (SELECT max(sequence) FROM events),
        ARRAY(SELECT model_id FROM events WHERE model_id IS NOT NULL UNION SELECT * FROM ended)
"""
_SEEN = "UPDATE lowest_prices_state SET sequence = %s"
# As migration 0027 leaves them, which does not compute.
_IS_WAITING = "SELECT EXISTS (SELECT FROM lowest_prices WHERE holds_until = '-infinity')"
# Models that came without an event, by SQL that fires no trigger.
_ADD_MISSING = """
    INSERT INTO lowest_prices (model_id, holds_until)
    SELECT id, '-infinity' FROM models
    WHERE NOT EXISTS (SELECT FROM lowest_prices WHERE model_id = models.id)
    LIMIT %s FOR KEY SHARE
    ON CONFLICT DO NOTHING
"""


async def refresh_now(database: Database, *, if_waiting: bool = False) -> tuple[int, str]:
    """Do the work of the job at once: how many were computed, and in words what is left to it.

    With `if_waiting` only where no refresh has ended since a migration; never in a database of
    another release.
    """
    count, why = await transactions.tried(_refresh_fitting(database, if_waiting))
    return count or 0, _LATER.format(why) if why else ""


async def refresh(database: Database) -> int:
    """Bring the lowest prices of all models up to date; returns how many were computed."""
    total, added = 0, _ADDED
    while added == _ADDED:
        added = await transactions.run(database, _add_missing, ACTOR)
    while (count := await transactions.run(database, _refresh_some, ACTOR)) is not None:
        total += count
    if total > _MODELS:  # until autovacuum does, PostgreSQL expects what the rows were before
        _, why = await transactions.tried(_analyze(database))
        if why:
            _log.warning("the statistics of lowest_prices are left to autovacuum: %s", why)
    return total


async def _refresh_fitting(database: Database, if_waiting: bool) -> int:
    migration = await migration_state.current(database.reader)
    if migration is None or not migration.fits:
        return 0
    if if_waiting:
        async with database.write(ACTOR) as session:
            ((is_waiting,),) = await sql_rows(driver_connection(session), _IS_WAITING)
        if not is_waiting:
            return 0
    return await refresh(database)


async def _analyze(database: Database) -> None:
    async with database.write(ACTOR) as session:
        await driver_connection(session).execute(b"ANALYZE lowest_prices")


async def _add_missing(session: AsyncSession) -> int:
    cursor = await driver_connection(session).execute(_ADD_MISSING.encode(), (_ADDED,))
    return cursor.rowcount


async def _refresh_some(session: AsyncSession) -> int | None:
    """How many prices of models were computed; None when nothing was left to do."""
    connection = driver_connection(session)
    ((seen,),) = await sql_rows(connection, _LOCK)
    limits = {"seen": seen, "events": _EVENTS, "models": _MODELS}
    ((newest, ids),) = await sql_rows(connection, _NEXT, limits)
    if newest is not None:
        await connection.execute(_SEEN.encode(), (newest,))
    if ids:
        await session.exec(_upsert(ids))
    return None if newest is None and not ids else len(ids)


def _upsert(ids: Sequence[UUID]) -> Any:
    found = lowest_prices.of_models(ids)
    statement: Any = insert(LowestPrice).from_select(list(found.selected_columns.keys()), found)
    new = {name: value for name, value in statement.excluded.items() if name != "model_id"}
    old = sa.tuple_(*(getattr(LowestPrice, name) for name in new))
    is_changed = old.is_distinct_from(sa.tuple_(*new.values()))
    return statement.on_conflict_do_update(index_elements=["model_id"], set_=new, where=is_changed)
