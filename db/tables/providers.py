"""Providers."""

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import SORTED_TEXT, VersionedRow, check, enum_column
from domain import ids, patterns
from domain.enums import ProviderKind


class Provider(VersionedRow, table=True):
    """A service that offers models."""

    __tablename__ = "providers"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        check("slug_format", f"slug ~ '{patterns.SLUG}'"),
        sa.Index("ix_providers_kind", "kind"),
        sa.Index("ix_providers_name_trigrams", sa.text("trigrams(name)"), postgresql_using="gin"),
    )

    slug: str = Field(sa_type=SORTED_TEXT)
    name: str = Field(sa_type=sa.Text)
    kind: ProviderKind = Field(sa_type=enum_column(ProviderKind))
    api_base: str | None = Field(default=None, sa_type=sa.Text)
    docs_url: str | None = Field(default=None, sa_type=sa.Text)

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.PROVIDER, self.id)
