"""The fields of retention: plans and statistics."""

from datetime import UTC, datetime
from typing import Annotated

from db.reads import retention_plan, retention_runs, versions
from db.reads.retention_plan import Action, Protected, RetentionPlan, RetentionScope
from db.reads.retention_runs import RetentionStats
from db.tables import Model, ModelVersion
from domain.access import Role
from domain.problems import Invalid, Problem
from domain.retention import KEEP_MAX, KEEP_MIN, PLANNED_MAX
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional
from resolvers.context import Info
from resolvers.errors import LIMIT_EXCEEDED, RequestError
from resolvers.parents import attributes, loaded
from resolvers.reference_inputs import ModelRef


@input_type("Which versions retention considers, and how many it keeps.")
class RetentionInput:
    model: ModelRef | None = optional("Only this model; all models by default.")
    keep: int | None = optional(
        "Keep this many of the latest versions, 1 to 10; by default, each model's retentionKeep."
    )
    purge_archived_before: datetime | None = optional(
        "Also delete for good the versions that were archived before this time, which must not be"
        " in the future. None by default. applyRetention takes it only from an ADMIN: for others it"
        " fails with FORBIDDEN, and the other fields of the mutation are executed.",
        requires=Role.ADMIN,
    )
    plan_hash: str | None = optional(
        "The planHash of a plan that was read: applyRetention runs exactly that plan, or fails with"
        " INVALID_STATE when it has changed. retentionPlan ignores it."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


async def plan(
    info: Info, input: Annotated[RetentionInput, describe("The versions to consider.")]
) -> RetentionPlan:
    """What applyRetention would do with the same input; changes nothing.

    LIMIT_EXCEEDED when the plan names more than 1,000 versions: plan model by model instead.
    BAD_USER_INPUT when the input breaks a rule or names no model.
    """
    for problem in problems(input):
        raise RequestError(problem.message)
    model = await _model(info, input.model)
    source, of_input = info.context.reader, scope(info, input, model)
    size = await retention_plan.size(source, of_input)
    if size > PLANNED_MAX:
        raise RequestError(
            f"the plan names {size} versions, more than {PLANNED_MAX}: plan model by model, or run"
            " `registry retention plan`",
            LIMIT_EXCEEDED,
        )
    return await retention_plan.plan(source, of_input)


async def stats(
    info: Info,
    model: Annotated[ModelRef | None, describe("Only this model; all models by default.")] = None,
) -> RetentionStats:
    """How many versions retention has archived and would archive, of one model or of all.

    BAD_USER_INPUT when the model does not exist.
    """
    row = await _model(info, model)
    source, model_id = info.context.reader, row.id if row else None
    if attributes(info) == frozenset(("last_run",)):  # the counts read all versions
        return await retention_runs.last_run_alone(source, model_id)
    return await retention_runs.stats(source, model_id)


async def archivable(info: Info, parents: list[RetentionStats]) -> list[int]:
    """Number of versions that retention would archive now; costs statements of its own."""
    source, recent_traffic = info.context.reader, info.context.service.recent_traffic
    return [
        await retention_runs.archivable(source, row.model_id, recent_traffic) for row in parents
    ]


async def versions_of_actions(info: Info, parents: list[Action]) -> list[ModelVersion]:
    """The version to archive or purge."""
    return await _versions(info, parents)


async def versions_of_protected(info: Info, parents: list[Protected]) -> list[ModelVersion]:
    """The protected version."""
    return await _versions(info, parents)


def problems(input: RetentionInput) -> list[Problem]:
    """The rules that the input breaks."""
    breaches: list[Problem] = []
    low, high = KEEP_MIN, KEEP_MAX
    if input.keep is not None and not low <= input.keep <= high:
        breaches.append(Invalid(f"keep must be from {low} to {high}", ("keep",)))
    before = input.purge_archived_before
    if before is not None and before > datetime.now(UTC):
        message = "purgeArchivedBefore must not be in the future"
        breaches.append(Invalid(message, ("purgeArchivedBefore",)))
    return breaches


def scope(info: Info, input: RetentionInput, model: Model | None) -> RetentionScope:
    """The scope of a plan for the input."""
    model_ids = None if model is None else [model.id]
    recent_traffic = info.context.service.recent_traffic
    return RetentionScope(model_ids, input.keep, input.purge_archived_before, recent_traffic)


async def _model(info: Info, ref: ModelRef | None) -> Model | None:
    if ref is None:
        return None
    row = await references.model(info.context.reader, ref)
    if row is None:
        raise RequestError("model: the model does not exist")
    return row


async def _versions(info: Info, parents: list[Action] | list[Protected]) -> list[ModelVersion]:
    rows = await loaded(info, [row.version_id for row in parents], versions.by_ids)
    if None in rows:
        raise RequestError("a version was deleted while it was planned; plan again", "CONFLICT")
    return rows
