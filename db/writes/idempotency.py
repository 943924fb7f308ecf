"""Calls that may be repeated: the first result is kept for 24 hours."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import IdempotencyKey
from domain.problems import InvalidState, Refused, UserErrorCode

KEPT = timedelta(hours=24)


async def claim(session: AsyncSession, key: IdempotencyKey) -> list[str] | None:
    """None when this call is the first with its key, else the ids that the first one gave.

    Of two calls at the same moment the second waits here until the first has ended. Raises Refused
    when the key came with another input before.
    """
    values = key.model_dump(exclude={"created_at"})
    fresh = {**values, "created_at": sa.func.now()}
    expired = col(IdempotencyKey.created_at) < sa.func.now() - KEPT
    claimed = (
        insert(IdempotencyKey)
        .values(**values)
        .on_conflict_do_update(constraint="pk_idempotency_keys", set_=fresh, where=expired)
        .returning(col(IdempotencyKey.key))
    )
    if (await session.exec(claimed)).first() is not None:
        return None
    kept = (await session.exec(select(IdempotencyKey).where(*_same(key)))).one()
    if kept.input_hash != key.input_hash:
        problem = InvalidState(
            "this key was used with another input in the last 24 hours",
            ("idempotencyKey",),
            UserErrorCode.IDEMPOTENCY_CONFLICT,
        )
        raise Refused(problem)
    return kept.result_ids


async def keep(session: AsyncSession, key: IdempotencyKey, result_ids: list[str]) -> None:
    """Note what the first call gave, in its own transaction."""
    update = sa.update(IdempotencyKey).where(*_same(key)).values(result_ids=result_ids)
    await session.exec(update)


async def forget_expired(session: AsyncSession) -> None:
    """Drop what is older than a repeated call may be."""
    expired = col(IdempotencyKey.created_at) < sa.func.now() - KEPT
    await session.exec(sa.delete(IdempotencyKey).where(expired))


def _same(key: IdempotencyKey) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(IdempotencyKey.actor) == key.actor,
        col(IdempotencyKey.operation) == key.operation,
        col(IdempotencyKey.key) == key.key,
    )
