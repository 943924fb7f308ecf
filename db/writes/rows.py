"""Writes of rows with a revision, for every table."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.reader import Source
from db.reads.lookup import row_by_column
from db.tables import Model, ModelVersion, Provider, ProviderBinding
from db.tables.columns import VersionedRow
from domain.problems import NotFound, Refused, RevisionMismatch

RowT = TypeVar("RowT", bound=VersionedRow)

# Table -> the field of inputs that refers to a row of it.
_FIELDS: dict[type[VersionedRow], str] = {
    Model: "model",
    ModelVersion: "version",
    ProviderBinding: "binding",
    Provider: "provider",
}


async def insert(session: AsyncSession, *rows: Any) -> None:
    """Insert rows and read back the values that the database has set."""
    session.add_all(rows)
    await session.flush()


async def lock(
    session: AsyncSession,
    table: type[RowT],
    key: UUID,
    expected_revision: int | None = None,
    *,
    for_delete: bool = False,
) -> RowT:
    """The row, locked until the transaction ends; refused if it is gone or at another revision.

    With `for_delete` no other row can be inserted meanwhile that refers to it.
    """
    statement = select(table).where(col(table.id) == key).with_for_update(key_share=not for_delete)
    fresh = statement.execution_options(populate_existing=True)
    row = (await session.exec(fresh)).one_or_none()
    if row is None:
        raise Refused(gone(table))
    if expected_revision not in (None, row.revision):
        raise Refused(stale(row, expected_revision))
    return row


async def update(
    session: AsyncSession,
    table: type[RowT],
    key: UUID,
    expected_revision: int | None,
    values: Mapping[str, Any],
) -> RowT:
    """The row with new values and the next revision; the UPDATE itself checks the revision."""
    names = derived_names(table)
    changed = next_revision(table, key, expected_revision, values)
    statement = changed.returning(table, *(getattr(table, name) for name in names))
    fresh = statement.execution_options(populate_existing=True)
    found: Any = (await session.exec(fresh)).one_or_none()
    if found is None:
        await refuse_update(session, table, key, expected_revision)
    row, *derived = found
    for name, value in zip(names, derived, strict=True):
        set_committed_value(row, name, value)
    return row  # type: ignore[no-any-return]  # of Any


@lru_cache
def derived_names(table: type[VersionedRow]) -> tuple[str, ...]:
    """The attributes of a row that are computed from more than its own columns."""
    attributes = sa.inspect(table).column_attrs
    derived = (a for a in attributes if not isinstance(a.columns[0], sa.Column))
    return tuple(each.key for each in derived if not each.deferred)


def next_revision(
    table: type[VersionedRow], key: Any, expected_revision: Any, values: Mapping[str, Any]
) -> sa.Update:
    """UPDATE of a row to its next revision; of no row if `expected_revision` is another one."""
    statement = sa.update(table).where(col(table.id) == key)
    if expected_revision is not None:
        statement = statement.where(col(table.revision) == expected_revision)
    return statement.values(**values, revision=col(table.revision) + 1, updated_at=sa.func.now())


async def refuse_update(
    source: Source, table: type[VersionedRow], key: UUID, expected_revision: int | None
) -> NoReturn:
    """Raise Refused after an UPDATE of no row: the row is gone, or at another revision."""
    current = (await row_by_column(table, "id", source, [key])).get(key)
    raise Refused(gone(table) if current is None else stale(current, expected_revision))


async def delete(session: AsyncSession, table: type[Any], *conditions: Any) -> int:
    """Delete the rows that meet the conditions in one statement; returns their number."""
    result = await session.exec(sa.delete(table).where(*conditions))
    return int(result.rowcount)


async def remove(
    session: AsyncSession, table: type[RowT], key: UUID, expected_revision: int | None
) -> None:
    """Delete one row; refused if it is gone or at another revision."""
    await lock(session, table, key, expected_revision, for_delete=True)
    await delete(session, table, col(table.id) == key)


def gone(table: type[VersionedRow]) -> NotFound:
    """The problem of an input that refers to no row of the table."""
    field = _FIELDS[table]
    return NotFound(f"the {field} does not exist", (field,))


def stale(row: VersionedRow, expected_revision: int | None) -> RevisionMismatch:
    """The problem of a write that expects an older revision."""
    message = f"expectedRevision is {expected_revision}, but the object is at {row.revision}"
    return RevisionMismatch(message, ("expectedRevision",), row)
