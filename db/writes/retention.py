"""Retention, done: archives what the plan says, purges what is old, and keeps a record of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from archive.store import ArchiveStore, StoreUnavailable
from db.postgres.engine import Database
from db.reads import models, retention_plan
from db.reads.keyset import among
from db.reads.retention_plan import RetentionPlan, RetentionScope
from db.tables import Model, ModelVersion, RetentionRun
from db.writes import rows, transactions
from db.writes.archive import Step, Watch, archive, unwatched
from domain.enums import ArchiveReason
from domain.problems import InvalidState, Refused, UserErrorCode

BATCH = 200  # models that are planned at once by a run over all of them
_AT_ONCE = 3  # models: while one is packed, others are written by PostgreSQL and to cold storage

_log = logging.getLogger("retention")


class Applied(NamedTuple):
    """What was done: the versions archived, and those purged with the names of their objects."""

    archived: list[UUID]
    purged: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class Limit:
    """What one transaction may be asked to do: so many versions, of the plan with this hash."""

    actions_max: int
    plan_hash: str | None = None


async def apply(
    session: AsyncSession, store: ArchiveStore, scope: RetentionScope, watch: Watch = unwatched
) -> Applied:
    """Do what the plan of these models says, as it is once they are locked.

    Two runs meet at the lock of a model's row: the second finds nothing left to do. The objects
    of purged versions are the caller's to forget, after the commit.
    """
    assert scope.model_ids is not None  # locks are taken model by model
    await _lock_models(session, scope.model_ids)
    made = await retention_plan.plan(session, scope, locking=True)
    return await _do(session, store, made, watch)


async def apply_once(
    session: AsyncSession, store: ArchiveStore, scope: RetentionScope, limit: Limit
) -> tuple[RetentionRun, Applied]:
    """A whole run in the caller's transaction; refused when the plan is too long, or another."""
    first = await retention_plan.plan(session, scope)
    _refuse_other(first, limit)
    if first.action_count > limit.actions_max:
        message = (
            f"{first.action_count} versions are to go, more than the {limit.actions_max} of one"
            " call: go model by model, or run `registry retention apply`"
        )
        raise Refused(InvalidState(message, ("model",), UserErrorCode.LIMIT_EXCEEDED))
    own = retention_plan.narrowed(scope, first)
    await _lock_models(session, own.model_ids or [])
    made = await retention_plan.plan(session, own, locking=True)
    _refuse_other(made, limit)
    run = await _begin(session, scope)
    applied = await _do(session, store, made, unwatched)
    return await _end(session, run.id, applied), applied


async def run(
    database: Database,
    store: ArchiveStore,
    scope: RetentionScope,
    actor: str,
    watch: Watch = unwatched,
    at_once: int = _AT_ONCE,
) -> RetentionRun:
    """A run over any number of models, each in a transaction of its own; memory stays flat.

    Stopped at any point, what is done is done, and the next run does the rest. Raises Refused with
    STORAGE_UNAVAILABLE when cold storage gives out.
    """

    async def begin(session: AsyncSession) -> RetentionRun:
        return await _begin(session, scope)

    begun = await transactions.run(database, begin, actor)
    async for own in batches(database, scope):
        todo = retention_plan.narrowed(own, await retention_plan.plan(database.reader, own))
        waiting = iter([replace(scope, model_ids=[key]) for key in todo.model_ids or ()])

        async def some(waiting: Iterator[RetentionScope] = waiting) -> None:
            for each in waiting:
                await _one_model(database, store, each, begun, watch)

        await _together(some, at_once)

    async def end(session: AsyncSession) -> RetentionRun:
        return await _end(session, begun.id, Applied([], {}))

    return await transactions.run(database, end, actor)


async def forget(store: ArchiveStore, digests: Sequence[str]) -> None:
    """Delete the objects of purged versions; one that stays is harmless, and is told to the log."""
    for digest in digests:
        try:
            await store.delete(digest)
        except StoreUnavailable as error:
            _log.warning("a purged archive stays in cold storage: %s: %s", digest, error)


async def batches(database: Database, scope: RetentionScope) -> AsyncIterator[RetentionScope]:
    """The scope, some models at a time, in the order of their ids."""
    if scope.model_ids is not None:
        yield scope
        return
    last = UUID(int=0)
    while True:
        found = [row.id for row in await models.after(database.reader, last, BATCH)]
        if not found:
            return
        last = found[-1]
        yield replace(scope, model_ids=found)


async def _together(act: Callable[[], Coroutine[Any, Any, None]], times: int) -> None:
    """Several of `act` at once; the first failure ends them all, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(times):
                group.create_task(act())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _one_model(
    database: Database,
    store: ArchiveStore,
    scope: RetentionScope,
    begun: RetentionRun,
    watch: Watch,
) -> None:
    async def work(session: AsyncSession) -> Applied:
        applied = await apply(session, store, scope, watch)
        await _count(session, begun.id, applied)
        watch(Step.BEFORE_COMMIT)
        return applied

    applied = await transactions.run(database, work, begun.actor)
    watch(Step.AFTER_COMMIT)
    await forget(store, list(applied.purged.values()))


async def _do(
    session: AsyncSession, store: ArchiveStore, made: RetentionPlan, watch: Watch
) -> Applied:
    archived = [action.version_id for action in made.archive]
    if archived:
        await archive(session, store, archived, ArchiveReason.RETENTION, watch)
    return Applied(archived, await _purge(session, [a.version_id for a in made.purge]))


async def _purge(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Delete rows of archived versions; their numbers stay used, for the model counts on."""
    if not version_ids:
        return {}
    own = among(col(ModelVersion.id), list(version_ids))
    named = select(ModelVersion.id, ModelVersion.archive_hash).where(own)
    hashes = {key: digest or "" for key, digest in await session.exec(named)}
    await _call_deletions(session, "VERSION:PURGED")
    await rows.delete(session, ModelVersion, own)
    await _call_deletions(session, "")
    return hashes


async def _call_deletions(session: AsyncSession, action: str) -> None:
    """What the audit log calls the next deletions; see db.postgres.engine.Database.write."""
    said = sa.text("SELECT set_config('registry.action', :action, true)")
    await (await session.connection()).execute(said, {"action": action})


async def _lock_models(session: AsyncSession, model_ids: Sequence[UUID]) -> None:
    key = col(Model.id)
    statement = select(Model.id).where(among(key, list(model_ids))).order_by(key)
    await session.exec(statement.with_for_update(key_share=True))


def _refuse_other(made: RetentionPlan, limit: Limit) -> None:
    if limit.plan_hash not in (None, made.plan_hash):
        message = f"the plan has changed since it was read; it is {made.plan_hash} now"
        raise Refused(InvalidState(message, ("planHash",)))


async def _begin(session: AsyncSession, scope: RetentionScope) -> RetentionRun:
    model_id = scope.model_ids[0] if scope.model_ids else None
    actor = (await session.exec(sa.text("SELECT current_setting('registry.actor')"))).scalar_one()  # type: ignore[call-overload]  # takes text too
    begun = RetentionRun(actor=actor, model_id=model_id)
    await rows.insert(session, begun)
    return begun


async def _count(session: AsyncSession, run_id: UUID, applied: Applied) -> None:
    """Add to a run's figures."""
    statement = (
        sa.update(RetentionRun)
        .where(col(RetentionRun.id) == run_id)
        .values(
            archived=col(RetentionRun.archived) + len(applied.archived),
            purged=col(RetentionRun.purged) + len(applied.purged),
        )
    )
    await session.exec(statement)


# One event a run, when it has ended: the versions have events of their own.
_NOTE = sa.text("""
    INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
    SELECT 'RETENTION_APPLIED', 'RETENTION', id, at::text, model_id, jsonb_build_object(
        'archived', jsonb_build_array(NULL, archived), 'purged', jsonb_build_array(NULL, purged))
    FROM retention_runs WHERE id = :id
""")


async def _end(session: AsyncSession, run_id: UUID, applied: Applied) -> RetentionRun:
    await _count(session, run_id, applied)
    key = col(RetentionRun.id) == run_id
    await session.exec(sa.update(RetentionRun).where(key).values(ended_at=sa.func.now()))
    await (await session.connection()).execute(_NOTE, {"id": run_id})
    statement = select(RetentionRun).where(key).execution_options(populate_existing=True)
    return (await session.exec(statement)).one()
