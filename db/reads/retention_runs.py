"""Runs of retention in SQL, and what there is to do for the next one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, labelled
from db.reads import retention_plan
from db.reads.keyset import among
from db.reads.lookup import one_by
from db.reads.retention_plan import RetentionScope
from db.tables import ModelVersion, RetentionRun
from db.tables.versions import KEPT_ARCHIVED
from domain.enums import VersionStatus


@dataclass(frozen=True, slots=True)
class RetentionStats:
    """Numbers of versions, bytes in cold storage, and the newest run."""

    active: int
    archived: int
    archivable: int
    purgeable: int
    cold_bytes: int
    last_run: RetentionRun | None


async def stats(source: Source, model_id: UUID | None) -> RetentionStats:
    """Of one model, or of all: the last run of all counts for each model."""
    model_ids = None if model_id is None else [model_id]
    (counts,) = await _rows(source, "retention counts", _select_counts, model_ids)
    last = await _rows(source, "last retention run", _select_last_run, model_ids, RetentionRun)
    scope = RetentionScope(model_ids, purge_before=datetime.now(UTC) - KEPT_ARCHIVED)
    todo = await retention_plan.plan(source, scope)
    return RetentionStats(
        active=counts.active,
        archived=counts.archived,
        archivable=len(todo.archive),
        purgeable=len(todo.purge),
        cold_bytes=int(counts.cold_bytes),
        last_run=last[0] if last else None,
    )


async def last(source: Source) -> RetentionRun | None:
    """The newest run, of whatever models."""
    found = await _rows(source, "last retention run", _select_last_run, None, RetentionRun)
    return found[0] if found else None


async def by_id(source: Source, key: UUID) -> RetentionRun | None:
    """One run."""
    return (await one_by(source, RetentionRun, "id", [key])).get(key)


async def _rows(
    source: Source, name: str, select: Any, model_ids: list[UUID] | None, table: Any = None
) -> list[Any]:
    values = {} if model_ids is None else {"model_ids": model_ids}
    query = Query((name, *values), lambda: select(bool(values)), values, table)
    return await reader.rows(source, query)


def _select_counts(of_model: bool) -> sa.Select[Any]:
    archived = col(ModelVersion.status) == VersionStatus.ARCHIVED
    size = sa.func.sum(col(ModelVersion.archive_size_bytes)).filter(archived)
    statement: Any = sa.select(
        sa.func.count().filter(col(ModelVersion.status) == VersionStatus.ACTIVE).label("active"),
        sa.func.count().filter(archived).label("archived"),
        sa.func.coalesce(size, 0).label("cold_bytes"),
    )
    return _own(statement, ModelVersion.model_id) if of_model else statement  # type: ignore[no-any-return]  # of Any


def _select_last_run(of_model: bool) -> sa.Select[Any]:
    statement: Any = sa.select(*labelled(RetentionRun))
    if of_model:
        own = among(col(RetentionRun.model_id), sa.bindparam("model_ids"))
        statement = statement.where(sa.or_(own, col(RetentionRun.model_id).is_(None)))
    return statement.order_by(col(RetentionRun.id).desc()).limit(1)  # type: ignore[no-any-return]  # of Any


def _own(statement: Any, column: Any) -> Any:
    return statement.where(among(col(column), sa.bindparam("model_ids")))
