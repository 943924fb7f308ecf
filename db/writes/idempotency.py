"""Idempotency keys: a repeated call gets the result of the first one, for 24 hours."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.reader import Reader
from db.postgres.statements import Query, labelled
from db.tables import IdempotencyKey
from domain.problems import InvalidState, Refused, UserErrorCode

KEPT = timedelta(hours=24)


class RepeatedCall(Exception):
    """An earlier call with the same key and the same input has stored this result."""

    def __init__(self, result: list[Any]) -> None:
        super().__init__(result)
        self.result = result


async def claim(session: AsyncSession, key: IdempotencyKey) -> IdempotencyKey:
    """Claim the key for this transaction; a concurrent call with it waits until this one ends.

    The caller sets `result_ids` of the returned row. Raises RepeatedCall when an earlier call has
    used the key, and Refused when that call had another input.
    """
    values = key.model_dump(exclude={"created_at"})
    renewed = {**values, "created_at": sa.func.now()}
    statement = (
        insert(IdempotencyKey)
        .values(**values)
        .on_conflict_do_update(constraint="pk_idempotency_keys", set_=renewed, where=_has_expired())
        .returning(IdempotencyKey)
    )
    claimed: IdempotencyKey | None = (await session.exec(statement)).scalar_one_or_none()
    if claimed is not None:
        return claimed
    _recall(key, await session.get_one(IdempotencyKey, (key.actor, key.operation, key.key)))
    raise AssertionError("a key that cannot be claimed has been used")


async def look_up(source: Reader, key: IdempotencyKey) -> None:
    """Raise what `claim` would raise for a key that a committed call has used; change nothing."""
    values = {"actor": key.actor, "operation": key.operation, "key": key.key}
    for used in await source.rows(Query("idempotency key", _select, values, IdempotencyKey)):
        _recall(key, used)


async def delete_expired(session: AsyncSession) -> None:
    """Delete the keys that are older than 24 hours."""
    await session.exec(sa.delete(IdempotencyKey).where(_has_expired()))


def _recall(key: IdempotencyKey, used: IdempotencyKey) -> None:
    if used.input_hash != key.input_hash:
        problem = InvalidState(
            "this key was used with another input in the last 24 hours",
            ("idempotencyKey",),
            UserErrorCode.IDEMPOTENCY_CONFLICT,
        )
        raise Refused(problem)
    raise RepeatedCall(used.result_ids)


def _select() -> sa.Select[Any]:
    names = ("actor", "operation", "key")
    used = [getattr(IdempotencyKey, n) == sa.bindparam(n, type_=sa.Text()) for n in names]
    return sa.select(*labelled(IdempotencyKey)).where(*used, ~_has_expired())


def _has_expired() -> sa.ColumnElement[bool]:
    return col(IdempotencyKey.created_at) < sa.func.now() - KEPT
