"""Idempotency keys are kept for a day."""

import sqlalchemy as sa
from sqlmodel import select

from db.postgres.engine import Database
from db.tables import IdempotencyKey
from db.writes import idempotency


async def test_only_expired_keys_are_deleted(db: Database) -> None:
    async with db.write("tests") as session:
        for key in ("old", "young"):
            values = {"actor": "a", "operation": "createModel", "key": key, "input_hash": "h"}
            session.add(IdempotencyKey(**values, result_ids=[]))
        await session.flush()
        older = sa.update(IdempotencyKey).where(IdempotencyKey.key == "old")  # type: ignore[arg-type]  # an expression
        await session.exec(older.values(created_at=sa.func.now() - idempotency.KEPT * 1.01))
    async with db.write("tests") as session:
        await idempotency.delete_expired(session)
    async with db.write("tests") as session:
        assert (await session.exec(select(IdempotencyKey.key))).all() == ["young"]
