"""The mutation that applies retention."""

from typing import Annotated, Any, NamedTuple

from db.reads import retention_runs, versions
from db.tables import ModelVersion, RetentionRun
from db.writes import archive as archiving
from db.writes import retention as applying
from domain import ids
from domain.problems import NotFound, Refused
from resolvers import references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.retention import RetentionInput, problems, scope
from resolvers.writing.archive import store_of
from resolvers.writing.inputs import problems_of_key
from resolvers.writing.transaction import decode_id, node_ids, refuse_if_any, write_once

ACTIONS_MAX = 200  # versions in one call: one transaction within an operation's timeout


class AppliedRetention(NamedTuple):
    """A run, the versions that it archived, and the ids of the versions that it purged."""

    run: RetentionRun
    archived: list[ModelVersion]
    purged_ids: list[str]


class _Applied(NamedTuple):
    result: AppliedRetention
    objects: list[str]  # the SHA-256 of each object in cold storage that is to be deleted


async def apply(
    info: Info, input: Annotated[RetentionInput, describe("What to apply retention to.")]
) -> AppliedRetention:
    """Archive old versions by policy and purge very old archives.

    All or nothing, and at most 200 versions a call: LIMIT_EXCEEDED beyond. With planHash it does
    exactly what the plan said, or answers INVALID_STATE.
    """
    refuse_if_any([*problems(input), *problems_of_key(input)])
    store = store_of(info, "model")

    async def apply_retention(session: Any) -> _Applied:
        model = await references.existing_model(session, input.model) if input.model else None
        run, done = await applying.apply_run(
            session, store, scope(input, model), ACTIONS_MAX, input.plan_hash
        )
        archived = await archiving.reloaded(session, done.archived)
        purged_ids = [ids.encode(ids.VERSION, key) for key in done.purged]
        result = AppliedRetention(run, archived, purged_ids)
        return _Applied(result, list(done.purged.values()))

    applied = await write_once(
        info, "applyRetention", input, apply_retention, _result_ids, _first_result
    )
    await applying.delete_objects(store, applied.objects)
    return applied.result


def _result_ids(applied: _Applied) -> list[str]:
    """The ids of the run, of the archived versions, an empty text, and of the purged versions."""
    run, archived, purged_ids = applied.result
    return [run.node_id, *node_ids(archived), "", *purged_ids]


async def _first_result(info: Info, result_ids: list[str]) -> _Applied:
    """The result of the first call; an archived version that was deleted since is left out."""
    run_id, *version_ids = result_ids
    separator = version_ids.index("")
    keys = [decode_id(ids.VERSION, text) for text in version_ids[:separator]]
    source = info.context.db.reader
    run = await retention_runs.by_id(source, decode_id(ids.RUN, run_id))
    if run is None:
        message = "the run of the first call with this key has been deleted since"
        raise Refused(NotFound(message, ("idempotencyKey",)))
    rows = await versions.by_ids(source, keys)
    archived = [rows[key] for key in keys if key in rows]
    return _Applied(AppliedRetention(run, archived, version_ids[separator + 1 :]), [])
