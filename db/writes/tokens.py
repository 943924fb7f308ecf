"""Writes of tokens: a secret is returned once, and only its SHA-256 is stored."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.reader import database_time, driver_connection
from db.tables import Token, TokenSecret
from db.writes import rows
from domain import token_secrets
from domain.access import Role
from domain.problems import Invalid, InvalidState, NotFound, Refused, UserErrorCode

TOKENS_MAX = 10_000  # that are not revoked: each process keeps them in memory
SECRETS_MAX = 10  # of a token, during the grace of rotations
REVOKED = "TOKEN:REVOKED"  # the action of a transaction that revokes a token


class IssuedToken(NamedTuple):
    """A token, and its new secret, which nobody can read again."""

    token: Token
    secret: str


async def create(
    session: AsyncSession, name: str, role: Role, expires_at: datetime | None
) -> IssuedToken:
    """A new token; refused when the time has passed, or when there are too many tokens."""
    if expires_at is not None and expires_at <= await _now(session):
        raise Refused(Invalid("expiresAt must be in the future", ("expiresAt",)))
    prefix = token_secrets.new_prefix()
    token = Token(name=name, role=role, prefix=prefix, expires_at=expires_at)
    await rows.insert(session, token)  # the next one waits for this transaction (migration 0020)
    if await _count(session, Token, col(Token.revoked_at).is_(None)) > TOKENS_MAX:
        message = f"at most {TOKENS_MAX:,} tokens can be valid: revoke those that nobody uses"
        raise Refused(InvalidState(message, ("name",), UserErrorCode.LIMIT_EXCEEDED))
    return await _issued(session, token)


async def rotate(session: AsyncSession, key: UUID, grace: timedelta) -> IssuedToken:
    """A new secret of a token; the older ones are valid for the grace, at most.

    Refused when the token does not exist, is revoked or has expired.
    """
    token, now = await _lock(session, key, "token"), await _now(session)
    if token.expires_at is not None and token.expires_at <= now:
        message = f"the token expired at {_shown(token.expires_at)}: create another one"
        raise Refused(InvalidState(message, ("token",)))
    await _end_secrets(session, key, now, now + grace)
    token.rotated_at = now
    return await _issued(session, token)


async def revoke(session: AsyncSession, key: UUID) -> Token:
    """The token, which is valid no more; refused when it does not exist or was revoked before."""
    token = await _lock(session, key, "id")
    token.revoked_at = await _now(session)
    await rows.delete(session, TokenSecret, col(TokenSecret.token_id) == key)
    await session.flush()
    return token


async def _lock(session: AsyncSession, key: UUID, field: str) -> Token:
    """The token, locked until the transaction ends; `field` of the input names it."""
    statement = select(Token).where(col(Token.id) == key).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    token = (await session.exec(fresh)).one_or_none()
    if token is None:
        raise Refused(NotFound("the token does not exist", (field,)))
    if token.revoked_at is not None:
        message = f"the token was revoked at {_shown(token.revoked_at)}"
        raise Refused(InvalidState(message, (field,)))
    return token


async def _end_secrets(session: AsyncSession, key: UUID, now: datetime, ends_at: datetime) -> None:
    """Let all secrets of a token expire at this time or before; those of the past are deleted."""
    of_token = col(TokenSecret.token_id) == key
    expires_at = col(TokenSecret.expires_at)
    sooner: Any = {"expires_at": sa.func.least(expires_at, ends_at)}
    await session.exec(sa.update(TokenSecret).where(of_token).values(sooner))
    await rows.delete(session, TokenSecret, of_token, expires_at <= now)
    if await _count(session, TokenSecret, of_token) >= SECRETS_MAX:
        message = (
            f"{SECRETS_MAX} secrets of the token are valid: with graceMinutes: 0 the older ones end"
        )
        raise Refused(InvalidState(message, ("graceMinutes",), UserErrorCode.LIMIT_EXCEEDED))


async def _issued(session: AsyncSession, token: Token) -> IssuedToken:
    secret = token_secrets.new(token.prefix)
    await rows.insert(session, TokenSecret(secret_hash=secret.secret_hash, token_id=token.id))
    return IssuedToken(token, secret.text)


async def _count(session: AsyncSession, table: type[Any], condition: Any) -> int:
    counted = select(sa.func.count()).select_from(table).where(condition)
    return (await session.exec(counted)).one()


async def _now(session: AsyncSession) -> datetime:
    return await database_time(driver_connection(session))


def _shown(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
