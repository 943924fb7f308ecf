"""Runs of retention in SQL, and the figures of archives."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, labelled
from db.reads import protections, retention_plan
from db.reads.keyset import among
from db.reads.lookup import row_by_column
from db.reads.retention_plan import ModelSize, RetentionScope
from db.tables import ModelVersion, RetentionRun
from db.tables.versions import KEPT_ARCHIVED
from domain.enums import VersionStatus
from domain.retention import RECENT_TRAFFIC

_MODELS = 500  # whose numbers of versions are read at once
_VERSIONS = 2_000  # that are read at once


@dataclass(frozen=True, slots=True)
class RetentionStats:
    """Counts of versions of one model or of all, bytes in cold storage, and the newest run."""

    model_id: UUID | None
    active: int
    archived: int
    purgeable: int
    cold_bytes: int
    last_run: RetentionRun | None


async def stats(source: Source, model_id: UUID | None) -> RetentionStats:
    """The stats of one model or of all models; a run over all models is also each model's run."""
    return await reader.shared(
        source, ("retention stats", model_id), lambda: _stats(source, model_id)
    )


async def last_run_alone(source: Source, model_id: UUID | None) -> RetentionStats:
    """The newest run, without the counts; one statement."""
    last_run = await newest(source, None if model_id is None else [model_id])
    return RetentionStats(model_id, 0, 0, 0, 0, last_run)


async def _stats(source: Source, model_id: UUID | None) -> RetentionStats:
    model_ids = None if model_id is None else [model_id]
    (counts,) = await _rows(source, "retention counts", _select_counts, model_ids)
    return RetentionStats(
        model_id,
        active=counts.active,
        archived=counts.archived,
        purgeable=counts.purgeable,
        cold_bytes=int(counts.cold_bytes),
        last_run=await newest(source, model_ids),
    )


async def archivable(
    source: Source, model_id: UUID | None, recent_traffic: timedelta = RECENT_TRAFFIC
) -> int:
    """How many versions a plan would archive, of one model or of all."""
    model_ids = None if model_id is None else [model_id]
    return await reader.shared(
        source,
        ("archivable", model_id, recent_traffic),
        lambda: _archivable(source, model_ids, recent_traffic),
    )


by_ids = partial(row_by_column, RetentionRun, "id")


async def _archivable(
    source: Source, model_ids: list[UUID] | None, recent_traffic: timedelta
) -> int:
    """Plans some models at a time: memory stays constant."""
    scope = RetentionScope(model_ids, recent_traffic=recent_traffic)
    if model_ids is not None:
        return len((await retention_plan.plan(source, scope)).archive)
    total, after = 0, UUID(int=0)
    while sizes := await retention_plan.sizes_after(source, after, _MODELS):
        after = sizes[-1].model_id
        for part in _parts(sizes):
            plan = await retention_plan.plan(source, replace(scope, model_ids=part))
            total += len(plan.archive)
    return total


def _parts(sizes: list[ModelSize]) -> Iterator[list[UUID]]:
    """The models in parts of at most _VERSIONS versions, or of one model."""
    part: list[UUID] = []
    versions = 0
    for size in sizes:
        if part and versions + size.versions > _VERSIONS:
            yield part
            part, versions = [], 0
        part.append(size.model_id)
        versions += size.versions
    yield part


async def newest(source: Source, model_ids: list[UUID] | None = None) -> RetentionRun | None:
    """The newest run, of these models or of any."""
    runs = await _rows(source, "newest retention run", _select_newest, model_ids, RetentionRun)
    return runs[0] if runs else None


async def by_id(source: Source, key: UUID) -> RetentionRun | None:
    """The run with this key."""
    return (await by_ids(source, [key])).get(key)


async def _rows(
    source: Source, name: str, select: Any, model_ids: list[UUID] | None, table: Any = None
) -> list[Any]:
    values = {} if model_ids is None else {"model_ids": model_ids}
    query = Query((name, *values), lambda: select(bool(values)), values, table, is_slow=True)
    return await reader.rows(source, query)


def _select_counts(of_models: bool) -> sa.Select[Any]:
    archived = col(ModelVersion.status) == VersionStatus.ARCHIVED
    size = sa.func.sum(col(ModelVersion.archive_size_bytes)).filter(archived)
    statement: Any = sa.select(
        sa.func.count().filter(col(ModelVersion.status) == VersionStatus.ACTIVE).label("active"),
        sa.func.count().filter(archived).label("archived"),
        sa.func.count()
        .filter(
            archived,
            col(ModelVersion.archived_at) < sa.func.now() - KEPT_ARCHIVED,
            col(ModelVersion.held_at).is_(None),
            protections.listing_catalogs().is_(None),
        )
        .label("purgeable"),
        sa.func.coalesce(size, 0).label("cold_bytes"),
    )
    if of_models:
        statement = statement.where(among(col(ModelVersion.model_id), sa.bindparam("model_ids")))
    return statement  # type: ignore[no-any-return]  # of Any


def _select_newest(of_models: bool) -> sa.Select[Any]:
    statement: Any = sa.select(*labelled(RetentionRun))
    if of_models:
        is_of_model = among(col(RetentionRun.model_id), sa.bindparam("model_ids"))
        statement = statement.where(sa.or_(is_of_model, col(RetentionRun.model_id).is_(None)))
    return statement.order_by(col(RetentionRun.id).desc()).limit(1)  # type: ignore[no-any-return]  # of Any
