"""Versions in SQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import models
from db.conditions import created_between, in_range
from db.enums import SloStatus, VersionStatus
from db.keyset import Given, Listing, Window, among, nullable, page_per_parent, plain
from db.routable import has_routable_binding, slo_status
from db.tables import Model, ModelAlias, ModelVersion


def _of_models(refs: Given) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(models.named(refs))
    return col(ModelVersion.model_id).in_(chosen)


def _with_alias(names: Sequence[str]) -> sa.ColumnElement[bool]:
    return col(ModelVersion.id).in_(
        sa.select(col(ModelAlias.version_id)).where(among(col(ModelAlias.name), names))
    )


def _any_capability(words: Sequence[str]) -> sa.ColumnElement[bool]:
    capabilities: Any = col(ModelVersion.capabilities)
    return capabilities.overlap(sa.literal(list(words), ARRAY(sa.Text)))  # type: ignore[no-any-return]


_EVAL_SCORE = nullable("model_versions", "eval_score", "float8", sa.Double())
_COST_PER_1K = nullable("model_versions", "cost_per_1k", "numeric", sa.Numeric())

LISTING = Listing(
    table=ModelVersion,
    conditions={
        "ids": lambda ids: among(col(ModelVersion.id), ids),
        "models": _of_models,
        "version": lambda versions: among(col(ModelVersion.version), versions),
        "content_hash": lambda hashes: among(col(ModelVersion.content_hash), hashes),
        "region": lambda regions: among(col(ModelVersion.region), regions),
        "status": lambda words: among(col(ModelVersion.status), words),
        "alias": _with_alias,
        "eval_score": in_range(col(ModelVersion.eval_score), _EVAL_SCORE),
        "cost_per_1k": in_range(col(ModelVersion.cost_per_1k), _COST_PER_1K),
        "slo_status": lambda words: among(slo_status(), words),
        "capabilities": _any_capability,
        "created_at": created_between(ModelVersion),
        "has_routable_binding": has_routable_binding,
    },
    keys={
        "NUMBER": plain(col(ModelVersion.number)),
        "SEMVER": plain(col(ModelVersion.semver_key)),
        "CREATED_AT": plain(col(ModelVersion.created_at)),
        "EVAL_SCORE": _EVAL_SCORE,
        "COST_PER_1K": _COST_PER_1K,
    },
)


def _with_alias_of_model(name: str) -> sa.ColumnElement[bool]:
    return col(ModelVersion.id).in_(
        sa.select(col(ModelAlias.version_id)).where(
            col(ModelAlias.model_id) == ModelVersion.model_id, col(ModelAlias.name) == name
        )
    )


# What picks one version of a model: selector -> condition on its value.
_SELECTION = Listing(
    table=ModelVersion,
    conditions={
        "latest": lambda _: col(ModelVersion.status) == VersionStatus.ACTIVE,
        "alias": _with_alias_of_model,
        "version": lambda version: col(ModelVersion.version) == version,
        "number": lambda number: col(ModelVersion.number) == number,
        "content_hash": lambda content_hash: col(ModelVersion.content_hash) == content_hash,
    },
    keys={"NUMBER": plain(col(ModelVersion.number))},
)
_HIGHEST_NUMBER = Window("NUMBER", descending=True, limit=1)


async def by_ids(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, ModelVersion]:
    """The versions that exist among the ids."""
    rows = await session.exec(select(ModelVersion).where(among(col(ModelVersion.id), ids)))
    return {row.id: row for row in rows}


async def selected_of_models(
    session: AsyncSession, model_ids: Sequence[UUID], selector: str, value: Any
) -> dict[UUID, ModelVersion]:
    """Each model's version that the selector names; the highest number where several would do."""
    slices = await page_per_parent(
        session, _SELECTION, "model_id", model_ids, {selector: value}, _HIGHEST_NUMBER
    )
    return {model_id: found.rows[0][0] for model_id, found in slices.items() if found.rows}


async def by_content_hash(session: AsyncSession, content_hash: str) -> ModelVersion | None:
    """The version with this hash; the oldest where several models hold the same content."""
    statement = (
        select(ModelVersion)
        .where(col(ModelVersion.content_hash) == content_hash)
        .order_by(col(ModelVersion.id))
        .limit(1)
    )
    return (await session.exec(statement)).first()


async def slo_statuses(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, SloStatus]:
    """Each version's targets against the figures of its routable bindings."""
    statement = sa.select(col(ModelVersion.id), slo_status()).where(
        among(col(ModelVersion.id), ids)
    )
    rows = await session.exec(statement)  # type: ignore[call-overload]
    return {version_id: SloStatus(word) for version_id, word in rows}
