"""Tokens in SQL."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads.keys import plain
from db.reads.keyset import Listing, among
from db.reads.lookup import row_by_column
from db.tables import Token, TokenSecret, TokenUse
from domain.access import Role

LISTING = Listing(
    table=Token,
    conditions={"ids": lambda ids: among(col(Token.id), ids)},
    keys={"NAME": plain(col(Token.name))},
)

by_ids = partial(row_by_column, Token, "id")
by_names = partial(row_by_column, Token, "name")
uses_by_tokens = partial(row_by_column, TokenUse, "token_id")


class ValidSecret(NamedTuple):
    """The hash of a secret that is valid now, until it expires, and its token."""

    token_id: UUID
    name: str
    role: Role
    prefix: str
    secret_hash: bytes
    expires_at: datetime | None


class TokenFacts(NamedTuple):
    """A token as operators see it."""

    name: str
    role: Role
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    rotated_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def state(self, now: datetime) -> str:
        """Valid, revoked or expired at this time."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


async def all_facts(source: Source) -> list[TokenFacts]:
    """All tokens, by name."""
    rows = await reader.rows(source, Query("facts of tokens", _select_facts, {}))
    return [TokenFacts(*row)._replace(role=Role(row[1])) for row in rows]


async def valid_secrets(source: Source) -> Sequence[ValidSecret]:
    """The secrets that are neither revoked nor expired, with the sooner of both expiry times."""
    rows = await reader.rows(source, Query("valid secrets", _select_valid, {}))
    return [ValidSecret(*row)._replace(role=Role(row[2])) for row in rows]


def _select_facts() -> sa.Select[Any]:
    names = [name for name in TokenFacts._fields if name != "last_used_at"]
    columns: list[Any] = [*(getattr(Token, name) for name in names), TokenUse.last_used_at]
    used = col(TokenUse.token_id) == Token.id
    statement = sa.select(*columns).select_from(Token).outerjoin(TokenUse, used)
    return statement.order_by(col(Token.name))


def _select_valid() -> sa.Select[Any]:
    expires_at = sa.func.least(col(Token.expires_at), col(TokenSecret.expires_at))
    columns: list[Any] = [
        Token.id,
        Token.name,
        Token.role,
        Token.prefix,
        TokenSecret.secret_hash,
        expires_at.label("expires_at"),
    ]
    is_valid = sa.or_(expires_at.is_(None), expires_at > sa.func.now())
    return (
        sa.select(*columns)
        .join(TokenSecret, col(TokenSecret.token_id) == Token.id)
        .where(col(Token.revoked_at).is_(None), is_valid)
    )
