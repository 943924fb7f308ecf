"""Writes a plan: for each table one COPY, one UPDATE and one DELETE, however many rows."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs.importing.plan import Update, Writes
from catalogs.importing.state import Row
from db.postgres.reader import driver_connection

_VERSIONED = {"catalogs", "providers", "models", "model_versions", "provider_bindings"}
_KEYS = {"catalog_values": "row_id"}
_JSON = {"columns", "said", "components", "labels", "config"}
_NUMBERS = """
    UPDATE models m SET last_number = s.number
    FROM unnest(%s::uuid[], %s::integer[]) AS s (id, number) WHERE m.id = s.id
"""
# the temporary table has the columns and types of the real one
_STAGE = "CREATE TEMP TABLE {staged} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
_UPDATE = """
    UPDATE {table} t SET ({assigned}) = ROW ({values}) {revision}
    FROM {staged} s WHERE t.{key} = s.{key}
"""
_REVISION = ", revision = t.revision + 1, updated_at = now()"
_FREE_NAMES = "UPDATE models SET name = 'renamed-' || id WHERE id = ANY(%s)"
# a row may be renamed to the key that another one has until then
_FREE_KEYS = """
    UPDATE catalog_entries e SET key = e.key || '#' || e.id
    FROM staged_catalog_entries s WHERE e.id = s.id AND e.key <> s.key
        AND EXISTS (SELECT FROM staged_catalog_entries o WHERE o.id <> e.id AND o.key = e.key)
"""


_DELETE = "DELETE FROM {table} WHERE {key} = ANY(%s)"
# an alias may have been set since the version was found to be without one
_UNREFERRED = {
    "model_versions": " AND NOT EXISTS (SELECT FROM model_aliases WHERE version_id = {table}.id)",
    "models": " AND NOT EXISTS (SELECT FROM model_aliases WHERE model_id = {table}.id)",
}


async def apply(session: AsyncSession, writes: Writes) -> None:
    """Write all rows, in the caller's transaction.

    Bindings move before what they leave is deleted, and models get names that have become free.
    """
    await _run(session, _FREE_NAMES, writes.freed_names)
    await _delete(session, writes, "prices")
    for table in ("catalogs", "providers", "models", "model_versions"):
        await _insert(session, table, writes.inserted.get(table, ()))
    for table in ("catalogs", "providers", "model_versions", "provider_bindings"):
        await _update(session, table, writes.updated.get(table, ()))
    for table in ("model_versions", "models", "catalog_values"):
        await _delete(session, writes, table)
    await _update(session, "models", writes.updated.get("models", ()))
    for table in ("provider_bindings", "prices"):
        await _insert(session, table, writes.inserted.get(table, ()))
    for table in ("catalog_entries", "catalog_values"):
        await _update(session, table, writes.updated.get(table, ()))
        await _insert(session, table, writes.inserted.get(table, ()))
    await _number(session, writes)


async def _number(session: AsyncSession, writes: Writes) -> None:
    if writes.last_numbers:
        models, numbers = zip(*sorted(writes.last_numbers), strict=True)
        await _run(session, _NUMBERS, list(models), list(numbers))


async def _delete(session: AsyncSession, writes: Writes, table: str) -> None:
    statement = sql.SQL(_DELETE + _UNREFERRED.get(table, "")).format(
        table=sql.Identifier(table), key=sql.Identifier(_KEYS.get(table, "id"))
    )
    await _run(session, statement, sorted(writes.deleted.get(table, ())))


async def _insert(session: AsyncSession, table: str, rows: Sequence[Row]) -> None:
    if rows:
        fixed = {"revision": 1} if table in _VERSIONED else {}
        ordered = sorted(rows, key=lambda row: row[_KEYS.get(table, "id")])
        await copy_rows(session, table, [*fixed, *rows[0]], (fixed | row for row in ordered))


async def _update(session: AsyncSession, table: str, updates: Sequence[Update]) -> None:
    if not updates:
        return
    key, columns, staged = _KEYS.get(table, "id"), list(updates[0].values), f"staged_{table}"
    parts = {
        "table": sql.Identifier(table),
        "staged": sql.Identifier(staged),
        "key": sql.Identifier(key),
        "columns": sql.SQL(", ").join(map(sql.Identifier, (key, *columns))),
        "assigned": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "values": sql.SQL(", ").join(sql.Identifier("s", column) for column in columns),
        "revision": sql.SQL(_REVISION if table in _VERSIONED else ""),
    }
    await _run(session, sql.SQL(_STAGE).format(**parts))
    ordered = sorted(updates, key=lambda each: each.id)
    rows = ({key: each.id, **each.values} for each in ordered)
    await copy_rows(session, staged, [key, *columns], rows)
    if table == "catalog_entries":
        await _run(session, _FREE_KEYS)
    await _run(session, sql.SQL(_UPDATE).format(**parts))


async def copy_rows(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Add rows to a table by COPY; triggers see them all at once."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with driver_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_stored(column, row[column]) for column in columns])


def _stored(column: str, value: Any) -> Any:
    return json.dumps(value) if column in _JSON and value is not None else value


async def _run(
    session: AsyncSession, statement: str | sql.Composed, *lists: Sequence[UUID | int]
) -> None:
    """Run a statement; one with lists of rows only if the first list is not empty."""
    if lists and not lists[0]:
        return
    query = statement.encode() if isinstance(statement, str) else statement
    await driver_connection(session).execute(query, [list(each) for each in lists] or None)
