"""Plans of retention: reads the versions that the rule in domain/retention.py decides about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads import protections
from db.reads.keyset import among
from db.tables import Model, ModelVersion
from domain import ids
from domain.enums import ProtectionReason, VersionStatus
from domain.retention import (
    RECENT_TRAFFIC,
    Candidate,
    explanation,
    latest,
    protection,
    to_archive,
)

_CANDIDATE_STATUSES = [VersionStatus.ACTIVE, VersionStatus.DEPRECATED]


@dataclass(frozen=True, slots=True)
class Action:
    """A version that retention would archive or purge, and the reason."""

    version_id: UUID
    model_id: UUID
    model_name: str
    version_label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Protected:
    """A version that is kept although its order or its age would let it be archived or purged."""

    version_id: UUID
    model_id: UUID
    model_name: str
    version_label: str
    because: ProtectionReason
    reason: str


@dataclass(frozen=True, slots=True)
class RetentionScope:
    """What a plan covers: some models or all; `keep` replaces each model's `retention_keep`.

    Versions that were archived before `purge_before` are purged; None purges nothing. Versions that
    were called within `recent_traffic` are not archived.
    """

    model_ids: Sequence[UUID] | None = None
    keep: int | None = None
    purge_before: datetime | None = None
    recent_traffic: timedelta = RECENT_TRAFFIC


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What retention would do; the versions of a model are sorted latest first."""

    archive: list[Action]
    purge: list[Action]
    protected: list[Protected]

    @property
    def plan_hash(self) -> str:
        """SHA-256 of the actions in a fixed order: equal plans have equal hashes."""
        lines = [f"archive {ids.encode(ids.VERSION, each.version_id)}" for each in self.archive]
        lines += [f"purge {ids.encode(ids.VERSION, each.version_id)}" for each in self.purge]
        return sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def of_model(self, model_id: UUID) -> "RetentionPlan":
        """The part of the plan for one model."""
        return RetentionPlan(
            [action for action in self.archive if action.model_id == model_id],
            [action for action in self.purge if action.model_id == model_id],
            [version for version in self.protected if version.model_id == model_id],
        )

    @property
    def action_count(self) -> int:
        """How many versions would be archived or purged."""
        return len(self.archive) + len(self.purge)


class ModelSize(NamedTuple):
    """A model that has more versions than are kept, and how many it has."""

    model_id: UUID
    versions: int


async def size(source: Source, scope: RetentionScope) -> int:
    """How many versions a plan names, counted without reading them: each version beyond the latest
    ones is archived or protected, and each old archive purged or protected."""

    def build() -> sa.Select[Any]:
        sizes = _scoped(_sizes(), scope).subquery("sizes")
        return sa.select(sa.func.coalesce(sa.func.sum(sizes.c.beyond), 0).label("total"))

    (found,) = await _rows(source, "size", build, scope, locking=False)
    if scope.purge_before is None:
        return int(found.total)
    (old,) = await _rows(
        source, "purge size", lambda: _count_purgeable(scope), scope, locking=False
    )
    return int(found.total) + int(old.total)


async def sizes_after(source: Source, model_id: UUID, count: int) -> list[ModelSize]:
    """The next `count` models, by id, that have more versions than they keep."""

    def build() -> sa.Select[Any]:
        statement = _sizes().where(col(Model.id) > sa.bindparam("after", type_=sa.Uuid()))
        ordered: sa.Select[Any] = statement.order_by(col(Model.id))
        return ordered.limit(sa.bindparam("count", type_=sa.Integer()))

    values = {"after": model_id, "count": count, "keep": None}
    query = Query("retention sizes", build, values, is_slow=True)
    return [ModelSize(row.id, row.versions) for row in await reader.rows(source, query)]


async def plan(source: Source, scope: RetentionScope, *, locking: bool = False) -> RetentionPlan:
    """What retention would do; with `locking` its versions stay locked until the transaction ends.

    One statement, and one more with `purge_before`. The models' rows must be locked before.
    """
    result = RetentionPlan([], [], [])
    candidates = await _candidates(source, scope, locking)
    for _, versions in groupby(candidates, key=lambda row: row.model_id):
        _add_model(result, list(versions), scope.keep)
    if scope.purge_before is not None:
        for row in await _purgeable(source, scope, locking):
            because = protection(is_held=row.is_held, is_listed=bool(row.catalogs))
            if because is not None:
                result.protected.append(_protected(row, because))
            else:
                reason = f"archived on {row.archived_at:%Y-%m-%d}"
                result.purge.append(Action(*_names(row), reason))
    return result


def narrowed(scope: RetentionScope, plan: RetentionPlan) -> RetentionScope:
    """The scope with only those models for which the plan has actions."""
    models = {action.model_id for action in (*plan.archive, *plan.purge)}
    return replace(scope, model_ids=sorted(models))


def _add_model(plan: RetentionPlan, rows: list[Any], keep: int | None) -> None:
    keep = keep or rows[0].retention_keep
    by_id = {row.id: row for row in rows}
    candidates = [
        Candidate(
            id=row.id,
            release_order=row.release_order,
            status=row.status,
            has_alias=bool(row.aliases),
            is_held=row.is_held,
            is_listed=bool(row.catalogs),
            has_recent_traffic=row.last_called_at is not None,
        )
        for row in rows
    ]
    archive, protected = to_archive(candidates, keep)
    reason = _why_archived([by_id[each.id].version for each in latest(candidates, keep)])
    plan.archive.extend(Action(*_names(by_id[version.id]), reason) for version in archive)
    plan.protected.extend(_protected(by_id[version.id], because) for version, because in protected)


def _why_archived(kept: list[str]) -> str:
    stay = f"the latest {len(kept)} stay" if len(kept) > 1 else "only the latest stays"
    return f"{stay} ({', '.join(kept)}), and nothing protects it"


def _protected(row: Any, because: ProtectionReason) -> Protected:
    hold_reason = row.hold_reason or "" if row.is_held else None
    last = getattr(row, "last_called_at", None)  # archived versions have no bindings to call
    last_called_at = None if last is None else last.astimezone(UTC)
    reason = explanation(row.aliases, hold_reason, row.catalogs or (), last_called_at)
    return Protected(*_names(row), because, reason)


def _names(row: Any) -> tuple[UUID, UUID, str, str]:
    return row.id, row.model_id, row.model_name, row.version


async def _candidates(source: Source, scope: RetentionScope, locking: bool) -> list[Any]:
    recent = sa.bindparam("recent_traffic", type_=sa.Interval())

    def build() -> sa.Select[Any]:
        with_some_to_archive = _scoped(_sizes(), scope).with_only_columns(col(Model.id))
        statement: Any = (
            sa.select(
                col(ModelVersion.id),
                col(ModelVersion.model_id),
                col(ModelVersion.release_order),
                col(ModelVersion.version),
                col(ModelVersion.status),
                *protections.of_versions(),
                protections.last_called_at(recent).label("last_called_at"),
                col(Model.retention_keep),
                col(Model.name).label("model_name"),
            )
            .join_from(ModelVersion, Model, col(Model.id) == ModelVersion.model_id)
            .where(among(col(ModelVersion.status), _CANDIDATE_STATUSES))
            .where(col(ModelVersion.model_id).in_(with_some_to_archive))
            .order_by(col(ModelVersion.model_id), col(ModelVersion.id))
        )
        return _scoped(statement, scope, locking)

    return await _rows(source, "candidates", build, scope, locking)


def _sizes() -> Any:
    """The models with more candidates than are kept: all others have nothing to archive."""
    keep = sa.func.coalesce(sa.bindparam("keep", type_=sa.Integer()), col(Model.retention_keep))
    count = sa.func.count()
    return (
        sa.select(col(Model.id), count.label("versions"), (count - keep).label("beyond"))
        .join_from(ModelVersion, Model, col(Model.id) == ModelVersion.model_id)
        .where(among(col(ModelVersion.status), _CANDIDATE_STATUSES))
        .group_by(col(Model.id), col(Model.retention_keep))
        .having(count > keep)
    )


async def _purgeable(source: Source, scope: RetentionScope, locking: bool) -> list[Any]:
    def build() -> sa.Select[Any]:
        statement: Any = (
            sa.select(
                col(ModelVersion.id),
                col(ModelVersion.model_id),
                col(ModelVersion.version),
                col(ModelVersion.archived_at),
                *protections.of_versions(),
                col(Model.name).label("model_name"),
            )
            .join_from(ModelVersion, Model, col(Model.id) == ModelVersion.model_id)
            .where(*_is_old())
            .order_by(col(ModelVersion.model_id), col(ModelVersion.id))
        )
        return _scoped(statement, scope, locking)

    return await _rows(source, "purgeable", build, scope, locking)


def _is_old() -> tuple[Any, ...]:
    return (
        col(ModelVersion.status) == VersionStatus.ARCHIVED,
        col(ModelVersion.archived_at) < sa.bindparam("purge_before"),
    )


def _count_purgeable(scope: RetentionScope) -> sa.Select[Any]:
    count = sa.select(sa.func.count().label("total")).select_from(ModelVersion)
    return _scoped(count.where(*_is_old()), scope)


def _scoped(
    statement: sa.Select[Any], scope: RetentionScope, locking: bool = False
) -> sa.Select[Any]:
    if scope.model_ids is not None:
        in_scope = among(col(ModelVersion.model_id), sa.bindparam("model_ids"))
        statement = statement.where(in_scope)
    return statement.with_for_update(of=ModelVersion) if locking else statement


async def _rows(
    source: Source,
    name: str,
    build: Callable[[], sa.Select[Any]],
    scope: RetentionScope,
    locking: bool,
) -> list[Any]:
    values: dict[str, Any] = {}
    if scope.model_ids is not None:
        values["model_ids"] = list(scope.model_ids)
    if name in ("purgeable", "purge size"):
        values["purge_before"] = scope.purge_before
    else:
        values["keep"] = scope.keep
    if name == "candidates":
        values["recent_traffic"] = scope.recent_traffic
    shape = ("retention", name, locking, *values)
    return await reader.rows(source, Query(shape, build, values, is_slow=True))
