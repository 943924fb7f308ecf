"""Which bindings a catalog lists, in SQL."""

import sqlalchemy as sa
from sqlmodel import col

from db.tables import CatalogEntry, ProviderBinding


def is_listed() -> sa.ColumnElement[bool]:
    """Bindings with an entry that its catalog lists now."""
    return sa.exists().where(
        col(CatalogEntry.binding_id) == ProviderBinding.id,
        col(CatalogEntry.delisted_at).is_(None),
    )
