"""What protects versions from being archived or purged, as columns of a query of versions."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from db.tables import (
    BindingHealth,
    Catalog,
    CatalogEntry,
    ModelAlias,
    ModelVersion,
    ProviderBinding,
)


def of_versions() -> tuple[Any, ...]:
    """What protects a version: its aliases, its hold, and the catalogs that list it."""
    aliases = (
        sa.select(col(ModelAlias.name))
        .where(col(ModelAlias.version_id) == ModelVersion.id)
        .order_by(col(ModelAlias.name))
        .correlate(ModelVersion)
    )
    return (
        sa.func.array(aliases.scalar_subquery(), type_=ARRAY(sa.Text())).label("aliases"),
        col(ModelVersion.held_at).is_not(None).label("is_held"),
        col(ModelVersion.hold_reason),
        listing_catalogs().label("catalogs"),
    )


def last_called_at(recent: Any) -> Any:
    """When a binding of a version was called last, as far as reported; NULL if not recently.

    `recent` is the interval that counts.
    """
    last = col(BindingHealth.last_outcome_at)
    return (
        sa.select(sa.func.max(last))
        .join_from(
            BindingHealth, ProviderBinding, col(ProviderBinding.id) == BindingHealth.binding_id
        )
        .where(col(ProviderBinding.version_id) == ModelVersion.id, last >= sa.func.now() - recent)
        .correlate(ModelVersion)
        .scalar_subquery()
    )


def listing_catalogs() -> Any:
    """The names of the catalogs that list a version, sorted; NULL if none does."""
    return (
        sa.select(sa.func.array_agg(sa.distinct(col(Catalog.name)), type_=ARRAY(sa.Text())))
        .join_from(CatalogEntry, Catalog, col(Catalog.id) == CatalogEntry.catalog_id)
        .where(
            col(CatalogEntry.version_id) == ModelVersion.id,
            col(CatalogEntry.delisted_at).is_(None),
        )
        .correlate(ModelVersion)
        .scalar_subquery()
    )
