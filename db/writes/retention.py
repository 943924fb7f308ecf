"""Applies retention: archives what the plan says, purges old archives, and records each run."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
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
from db.writes.archive import ArchivingStep, StepListener, archive, ignore_step
from domain.actors import Actor
from domain.enums import ArchiveReason
from domain.problems import InvalidState, Refused, UserErrorCode
from domain.retention import ACTIONS_MAX, PLANNED_MAX

BATCH = 200  # models in one plan of a run over all models
_CONCURRENCY = 3  # models: while Python packs one, PostgreSQL and cold storage write the others

_log = logging.getLogger("retention")


class RetentionResult(NamedTuple):
    """The archived versions, and the purged ones with the SHA-256 of their objects."""

    archived: list[UUID]
    purged: dict[UUID, str]


async def apply(
    session: AsyncSession,
    store: ArchiveStore,
    scope: RetentionScope,
    on_step: StepListener = ignore_step,
    actions_max: int | None = None,
) -> RetentionResult:
    """Lock these models, plan, and do what the plan says.

    Refused when the plan has more than `actions_max` versions. Two concurrent runs meet at the
    lock of a model's row: the second finds nothing to do. The caller deletes the objects of purged
    versions, after the commit.
    """
    assert scope.model_ids is not None  # each model is locked
    await _lock_models(session, scope.model_ids)
    plan = await retention_plan.plan(session, scope, locking=True)
    if actions_max is not None and plan.action_count > actions_max:
        raise Refused(_too_many(plan.action_count, actions_max, "applyRetention"))
    return await _execute(session, store, plan, on_step)


async def apply_run(
    session: AsyncSession,
    store: ArchiveStore,
    scope: RetentionScope,
    plan_hash: str | None,
) -> tuple[RetentionRun, RetentionResult]:
    """A whole run in the caller's transaction.

    Refused when the plan names more than PLANNED_MAX versions, with the protected ones, would
    change more than ACTIONS_MAX, or has another hash than `plan_hash`.
    """
    size = await retention_plan.size(session, scope)
    if size > PLANNED_MAX:  # before they are read
        raise Refused(_too_many(size, PLANNED_MAX, "model"))
    plan = await retention_plan.plan(session, scope)
    _refuse_changed(plan, plan_hash)
    if plan.action_count > ACTIONS_MAX:
        raise Refused(_too_many(plan.action_count, ACTIONS_MAX, "model"))
    scope_of_plan = retention_plan.narrowed(scope, plan)
    await _lock_models(session, scope_of_plan.model_ids or [])
    plan = await retention_plan.plan(session, scope_of_plan, locking=True)
    _refuse_changed(plan, plan_hash)
    started = await _start_run(session, scope)
    result = await _execute(session, store, plan, ignore_step)
    await _add_to_counts(session, started.id, result)
    return await _finish_run(session, started.id), result


async def run(
    database: Database,
    store: ArchiveStore,
    scope: RetentionScope,
    actor: Actor,
    on_step: StepListener = ignore_step,
    concurrency: int = _CONCURRENCY,
) -> RetentionRun:
    """A run over any number of models, each in a transaction of its own; memory stays constant.

    It can be stopped at any point: the finished models stay finished, and the next run does the
    rest. Raises Refused with STORAGE_UNAVAILABLE when cold storage fails.
    """
    started = await transactions.run(database, lambda session: _start_run(session, scope), actor)
    async for batch in batches(database, scope):
        plan = await retention_plan.plan(database.reader, batch)
        model_ids = retention_plan.narrowed(batch, plan).model_ids or ()
        scopes = iter([replace(scope, model_ids=[model_id]) for model_id in model_ids])
        workers = (
            _apply_to_models(database, store, scopes, started, actor, on_step)
            for _ in range(concurrency)
        )
        await _run_concurrently(workers)
    return await transactions.run(database, lambda session: _finish_run(session, started.id), actor)


async def delete_objects(store: ArchiveStore, digests: Sequence[str]) -> None:
    """Delete the objects of purged versions; a failure leaves a harmless object, and is logged."""
    for digest in digests:
        try:
            await store.delete(digest)
        except StoreUnavailable as error:
            _log.warning("a purged archive stays in cold storage: %s: %s", digest, error)


async def batches(database: Database, scope: RetentionScope) -> AsyncIterator[RetentionScope]:
    """The scope in batches of models, in the order of their ids."""
    if scope.model_ids is not None:
        yield scope
        return
    last = UUID(int=0)
    while batch := await models.after(database.reader, last, BATCH):
        last = batch[-1].id
        yield replace(scope, model_ids=[model.id for model in batch])


async def _run_concurrently(coroutines: Iterator[Coroutine[Any, Any, None]]) -> None:
    """Run all; the first failure cancels the others, and is raised itself, not as a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _apply_to_models(
    database: Database,
    store: ArchiveStore,
    scopes: Iterator[RetentionScope],
    started: RetentionRun,
    actor: Actor,
    on_step: StepListener,
) -> None:
    """Apply retention to one model after the other; several tasks share the iterator."""

    async def apply_to_model(scope: RetentionScope, session: AsyncSession) -> RetentionResult:
        result = await apply(session, store, scope, on_step)
        await _add_to_counts(session, started.id, result)
        on_step(ArchivingStep.BEFORE_COMMIT)
        return result

    for scope in scopes:
        result = await transactions.run(database, partial(apply_to_model, scope), actor)
        on_step(ArchivingStep.AFTER_COMMIT)
        await delete_objects(store, list(result.purged.values()))


async def _execute(
    session: AsyncSession, store: ArchiveStore, plan: RetentionPlan, on_step: StepListener
) -> RetentionResult:
    archived = [action.version_id for action in plan.archive]
    if archived:
        await archive(session, store, archived, ArchiveReason.RETENTION, on_step)
    return RetentionResult(archived, await _purge(session, [a.version_id for a in plan.purge]))


async def _purge(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Delete rows of archived versions; their numbers stay used, because the model's counter stays.

    Returns the SHA-256 of each version's object.
    """
    if not version_ids:
        return {}
    of_ids = among(col(ModelVersion.id), list(version_ids))
    statement = select(ModelVersion.id, ModelVersion.archive_hash).where(of_ids)
    digests = {key: digest or "" for key, digest in await session.exec(statement)}
    await _name_deletions(session, "VERSION:PURGED")
    await rows.delete(session, ModelVersion, of_ids)
    await _name_deletions(session, "")
    return digests


async def _name_deletions(session: AsyncSession, action: str) -> None:
    """Set the audit log's action for the next deletions; see db.postgres.engine.Database.write."""
    statement = sa.text("SELECT set_config('registry.action', :action, true)")
    await (await session.connection()).execute(statement, {"action": action})


async def _lock_models(session: AsyncSession, model_ids: Sequence[UUID]) -> None:
    key = col(Model.id)
    statement = select(Model.id).where(among(key, list(model_ids))).order_by(key)
    await session.exec(statement.with_for_update(key_share=True))


def _too_many(count: int, most: int, field: str) -> InvalidState:
    message = (
        f"the plan has {count} versions, and one call takes at most {most}:"
        " apply retention model by model, or run `registry retention apply`"
    )
    return InvalidState(message, (field,), UserErrorCode.LIMIT_EXCEEDED)


def _refuse_changed(plan: RetentionPlan, plan_hash: str | None) -> None:
    if plan_hash not in (None, plan.plan_hash):
        message = f"the plan has changed since it was read; its hash is {plan.plan_hash} now"
        raise Refused(InvalidState(message, ("planHash",)))


async def _start_run(session: AsyncSession, scope: RetentionScope) -> RetentionRun:
    model_id = scope.model_ids[0] if scope.model_ids else None
    actor = (await session.exec(sa.text("SELECT current_setting('registry.actor')"))).scalar_one()  # type: ignore[call-overload]  # takes text too
    started = RetentionRun(actor=actor, model_id=model_id)
    await rows.insert(session, started)
    return started


async def _add_to_counts(session: AsyncSession, run_id: UUID, result: RetentionResult) -> None:
    statement = (
        sa.update(RetentionRun)
        .where(col(RetentionRun.id) == run_id)
        .values(
            archived=col(RetentionRun.archived) + len(result.archived),
            purged=col(RetentionRun.purged) + len(result.purged),
        )
    )
    await session.exec(statement)


# One audit event for a finished run: the versions have events of their own.
_ADD_EVENT = sa.text("""
    INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
    SELECT 'RETENTION_APPLIED', 'RETENTION', id, at::text, model_id, jsonb_build_object(
        'archived', jsonb_build_array(NULL, archived), 'purged', jsonb_build_array(NULL, purged))
    FROM retention_runs WHERE id = :id
""")


async def _finish_run(session: AsyncSession, run_id: UUID) -> RetentionRun:
    key = col(RetentionRun.id) == run_id
    await session.exec(sa.update(RetentionRun).where(key).values(ended_at=sa.func.now()))
    await (await session.connection()).execute(_ADD_EVENT, {"id": run_id})
    statement = select(RetentionRun).where(key).execution_options(populate_existing=True)
    return (await session.exec(statement)).one()
