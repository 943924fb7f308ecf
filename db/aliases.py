"""Aliases and their histories in SQL."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.keyset import among
from db.tables import AliasChange, ModelAlias


async def of_models(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[ModelAlias]]:
    """Each model's aliases, by name."""
    statement = select(ModelAlias).where(among(col(ModelAlias.model_id), ids))
    found: dict[UUID, list[ModelAlias]] = {key: [] for key in ids}
    for row in await session.exec(statement.order_by(col(ModelAlias.name))):
        found[row.model_id].append(row)
    return found


async def of_versions(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[ModelAlias]]:
    """The aliases that point at each version, by name."""
    statement = select(ModelAlias).where(among(col(ModelAlias.version_id), ids))
    found: dict[UUID, list[ModelAlias]] = {key: [] for key in ids}
    for row in await session.exec(statement.order_by(col(ModelAlias.name))):
        found[row.version_id].append(row)
    return found


async def histories(
    session: AsyncSession, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], list[AliasChange]]:
    """Where each alias, named by model and name, has pointed; newest first."""
    statement = (
        select(AliasChange)
        .where(sa.tuple_(col(AliasChange.model_id), col(AliasChange.name)).in_(keys))
        .order_by(col(AliasChange.id).desc())
    )
    found: dict[tuple[UUID, str], list[AliasChange]] = {key: [] for key in keys}
    for row in await session.exec(statement):
        found[row.model_id, row.name].append(row)
    return found
