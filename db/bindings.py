"""Bindings in SQL."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.conditions import in_range
from db.enums import HealthState
from db.keyset import Key, Listing, among, nullable, plain
from db.prices import input_in_range, input_now
from db.routable import is_routable
from db.tables import ModelVersion, Provider, ProviderBinding


def _of_providers(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
    return col(ProviderBinding.provider_id).in_(chosen)


def _routable(wanted: bool) -> sa.ColumnElement[bool]:
    found = sa.exists().where(col(ModelVersion.id) == ProviderBinding.version_id, is_routable())
    found = found.correlate(ProviderBinding)
    return found if wanted else ~found


def _health(states: Sequence[str]) -> sa.ColumnElement[bool]:
    # before outcomes are recorded every binding's health is UNKNOWN
    return sa.literal(HealthState.UNKNOWN in states)


_SUCCESS_RATE = nullable("provider_bindings", "success_rate", "float8", sa.Double())
_LATENCY = nullable("provider_bindings", "latency_ms", "float8", sa.Double())

LISTING = Listing(
    table=ProviderBinding,
    conditions={
        "ids": lambda ids: among(col(ProviderBinding.id), ids),
        "versions": lambda ids: among(col(ProviderBinding.version_id), ids),
        "provider": _of_providers,
        "provider_model_id": lambda ids: among(col(ProviderBinding.provider_model_id), ids),
        "region": lambda regions: among(col(ProviderBinding.region), regions),
        "status": lambda words: among(col(ProviderBinding.status), words),
        "routable": _routable,
        "success_rate": in_range(col(ProviderBinding.success_rate), _SUCCESS_RATE),
        "latency_ms": in_range(col(ProviderBinding.latency_ms), _LATENCY),
        "health": _health,
        "input_per_1k": input_in_range,
    },
    keys={
        "PRIORITY": plain(col(ProviderBinding.priority)),
        "CREATED_AT": plain(col(ProviderBinding.created_at)),
        "SUCCESS_RATE": _SUCCESS_RATE,
        "LATENCY": _LATENCY,
        "INPUT_PER_1K": Key(
            sa.func.coalesce(input_now(), sa.text("'Infinity'::numeric")),
            sa.func.coalesce(input_now(), sa.text("'-Infinity'::numeric")),
            sa.Numeric(),
        ),
    },
)


async def by_ids(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, ProviderBinding]:
    """The bindings that exist among the ids."""
    rows = await session.exec(select(ProviderBinding).where(among(col(ProviderBinding.id), ids)))
    return {row.id: row for row in rows}


async def routable(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the bindings that can be called now."""
    statement = (
        select(ProviderBinding.id)
        .join(ModelVersion, col(ModelVersion.id) == ProviderBinding.version_id)
        .where(among(col(ProviderBinding.id), ids), is_routable())
    )
    return set(await session.exec(statement))
