"""API tokens, the hashes of their secrets, and when they were last used."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Row, Table, check, enum_column
from domain import ids
from domain.access import Role


class Token(Row, table=True):
    """A token for the API. Rows are never deleted: the audit log names tokens by their names."""

    __tablename__ = "tokens"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("prefix"),
        check("prefix_format", "prefix ~ '^[a-z0-9]{8}$'"),
    )

    name: str = Field(sa_type=sa.Text)
    role: Role = Field(sa_type=enum_column(Role))
    prefix: str = Field(sa_type=sa.Text)
    created_at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )
    expires_at: datetime | None = Field(default=None, sa_type=TIME)
    rotated_at: datetime | None = Field(default=None, sa_type=TIME)
    revoked_at: datetime | None = Field(default=None, sa_type=TIME)

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.TOKEN, self.id)


class TokenSecret(Table, table=True):
    """The SHA-256 of a token's secret; after a rotation the old one expires.

    In a table of its own, so that the audit log has no hashes.
    """

    __tablename__ = "token_secrets"
    __table_args__ = (
        check("hash_length", "octet_length(secret_hash) = 32"),
        sa.Index("ix_token_secrets_token_id", "token_id"),
    )

    secret_hash: bytes = Field(primary_key=True, sa_type=sa.LargeBinary)
    token_id: UUID = Field(foreign_key="tokens.id", ondelete="CASCADE")
    expires_at: datetime | None = Field(default=None, sa_type=TIME)


class TokenUse(Table, table=True):
    """When a token was last used; written about once a minute, without an audit event."""

    __tablename__ = "token_uses"

    token_id: UUID = Field(primary_key=True, foreign_key="tokens.id", ondelete="CASCADE")
    last_used_at: datetime = Field(sa_type=TIME, nullable=False)
