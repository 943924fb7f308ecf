"""The mutation that applies retention."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from db.tables import ModelVersion, RetentionRun
from db.writes import archive as archiving
from db.writes import retention as applying
from domain import ids
from resolvers import references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.retention import RetentionInput, problems, scope
from resolvers.writing.archive import store_of
from resolvers.writing.transaction import refuse_if_any, write


class AppliedRetention(NamedTuple):
    """A run, the versions that it archived, and the ids of the versions that it purged."""

    run: RetentionRun
    archived: list[ModelVersion]
    purged_ids: list[str]


async def apply(
    info: Info, input: Annotated[RetentionInput, describe("What to apply retention to.")]
) -> AppliedRetention:
    """Archive old versions by policy and purge very old archives.

    All or nothing, and at most 200 versions a call: LIMIT_EXCEEDED beyond. With planHash it does
    exactly what the plan said, or answers INVALID_STATE.
    """
    refuse_if_any(input, problems(input))
    store = store_of(info, "model")
    # The SHA-256 of each object in cold storage to be deleted, by run: one that was rolled back may
    # have found others.
    objects: dict[UUID, list[str]] = {}

    async def apply_retention(session: Any) -> AppliedRetention:
        model = await references.existing_model(session, input.model) if input.model else None
        run, done = await applying.apply_run(
            session, store, scope(info, input, model), input.plan_hash
        )
        objects[run.id] = list(done.purged.values())
        archived = await archiving.reloaded(session, done.archived)
        purged_ids = [ids.encode(ids.VERSION, key) for key in done.purged]
        return AppliedRetention(run, archived, purged_ids)

    applied = AppliedRetention(*await write(info, input, apply_retention))
    await applying.delete_objects(store, objects.get(applied.run.id, []))
    return applied
