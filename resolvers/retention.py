"""Retention: what its fields do, short of doing it."""

from datetime import UTC, datetime
from typing import Annotated

from db.reads import retention_plan, retention_runs, versions
from db.reads.retention_plan import Action, Protected, RetentionPlan, RetentionScope
from db.reads.retention_runs import RetentionStats
from db.tables import Model, ModelVersion
from domain.problems import Invalid, Problem
from resolvers import references
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Info
from resolvers.errors import LIMIT_EXCEEDED, RequestError
from resolvers.parents import loaded
from resolvers.reference_inputs import ModelRef
from resolvers.writing.inputs import IDEMPOTENCY_KEY

PLANNED_MAX = 1_000  # versions that a plan shows; `registry retention plan` shows any number


@input_type(
    "keep is 1 to 10; without it each model's retentionKeep counts. planHash refuses to run when"
    " the plan has changed since it was read."
)
class RetentionInput:
    model: ModelRef | None = optional("Only this model; all models unless given.")
    keep: int | None = optional("Versions that stay, 1 to 10, in place of each model's own number.")
    purge_archived_before: datetime | None = optional(
        "Purge what was archived before this time, which is not to come; nothing unless given."
    )
    plan_hash: str | None = optional("The hash of the plan that was read, to run that or nothing.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


async def plan(
    info: Info, input: Annotated[RetentionInput, describe("What to plan for.")]
) -> RetentionPlan:
    """Dry run of applyRetention: changes nothing."""
    for problem in problems(input):
        raise RequestError(problem.message)
    model = await _model(info, input.model)
    made = await retention_plan.plan(info.context.db.reader, scope(input, model))
    size = made.action_count + len(made.protected)
    if size > PLANNED_MAX:
        raise RequestError(
            f"the plan names {size} versions, more than {PLANNED_MAX}: ask model by model, or run"
            " `registry retention plan`",
            LIMIT_EXCEEDED,
        )
    return made


async def stats(
    info: Info, model: Annotated[ModelRef | None, describe("Only this model.")] = None
) -> RetentionStats:
    """What retention has archived, and what it would archive now."""
    found = await _model(info, model)
    return await retention_runs.stats(info.context.db.reader, found.id if found else None)


async def versions_of_actions(info: Info, parents: list[Action]) -> list[ModelVersion]:
    """The version."""
    return await _versions(info, parents)


async def versions_of_protected(info: Info, parents: list[Protected]) -> list[ModelVersion]:
    """The version."""
    return await _versions(info, parents)


def problems(input: RetentionInput) -> list[Problem]:
    """What is wrong with the input."""
    found: list[Problem] = []
    low, high = retention_plan.KEEP_MIN, retention_plan.KEEP_MAX
    if input.keep is not None and not low <= input.keep <= high:
        found.append(Invalid(f"keep must be from {low} to {high}", ("keep",)))
    before = input.purge_archived_before
    if before is not None and before > datetime.now(UTC):
        message = "purgeArchivedBefore must not be in the future"
        found.append(Invalid(message, ("purgeArchivedBefore",)))
    return found


def scope(input: RetentionInput, model: Model | None) -> RetentionScope:
    """What the input asks to plan for."""
    model_ids = None if model is None else [model.id]
    return RetentionScope(model_ids, input.keep, input.purge_archived_before)


async def _model(info: Info, ref: ModelRef | None) -> Model | None:
    if ref is None:
        return None
    found = await references.model(info.context.db.reader, ref)
    if found is None:
        raise RequestError("model: no such model")
    return found


async def _versions(info: Info, parents: list[Action] | list[Protected]) -> list[ModelVersion]:
    found = await loaded(info, [row.version_id for row in parents], versions.by_ids)
    missing = [row.version_id for row in parents if row.version_id not in found]
    if missing:  # deleted since the plan was made
        raise RequestError("a version of the plan is gone; plan again", "CONFLICT")
    return [found[row.version_id] for row in parents]
