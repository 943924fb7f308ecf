"""The mutation that applies retention."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from db.reads import retention_runs, versions
from db.tables import ModelVersion, RetentionRun
from db.writes import archive as archiving
from db.writes import retention as changes
from db.writes.retention import Limit
from domain import ids
from domain.problems import NotFound, Refused
from resolvers import references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.retention import RetentionInput, problems, scope
from resolvers.writing.archive import store_of
from resolvers.writing.inputs import problems_of_key
from resolvers.writing.transaction import Recalled, refuse_if, write_or_recall

ACTIONS_MAX = 200  # versions in one call, which is one transaction within the operation's time


class Applied(NamedTuple):
    """A run, the versions it archived, and the ids of those that are gone."""

    run: RetentionRun
    archived: list[ModelVersion]
    purged_ids: list[str]


class _Done(NamedTuple):
    applied: Applied
    objects: list[str]  # that the purged versions leave in cold storage


async def apply(
    info: Info, input: Annotated[RetentionInput, describe("What to apply retention to.")]
) -> Applied:
    """Archive old versions by policy and purge very old archives.

    All or nothing, and at most 200 versions a call: LIMIT_EXCEEDED beyond. With planHash exactly
    what the plan said, or INVALID_STATE.
    """
    refuse_if([*problems(input), *problems_of_key(input)])
    store = store_of(info, "model")

    async def work(session: Any) -> _Done:
        model = await references.existing_model(session, input.model) if input.model else None
        limit = Limit(ACTIONS_MAX, input.plan_hash)
        run, done = await changes.apply_once(session, store, scope(input, model), limit)
        archived = await archiving.reloaded(session, done.archived)
        gone = [ids.encode(ids.VERSION, key) for key in done.purged]
        return _Done(Applied(run, archived, gone), list(done.purged.values()))

    made = await write_or_recall(info, "applyRetention", input, work, _ids)
    if isinstance(made, Recalled):
        return await _recalled(info, made.ids)
    await changes.forget(store, made.objects)
    return made.applied


def _ids(done: _Done) -> list[str]:
    """The run's id, the archived versions', nothing, the purged ones'."""
    run, archived, gone = done.applied
    return [run.node_id, *(version.node_id for version in archived), "", *gone]


async def _recalled(info: Info, kept: list[str]) -> Applied:
    run_id, *others = kept
    place = others.index("")
    keys = [_key(ids.VERSION, text) for text in others[:place]]
    source = info.context.db.reader
    run = await retention_runs.by_id(source, _key(ids.RUN, run_id))
    found = await versions.by_ids(source, keys)
    if run is None:
        raise Refused(NotFound("the run of this key is gone", ("idempotencyKey",)))
    return Applied(run, [found[key] for key in keys if key in found], others[place + 1 :])


def _key(prefix: str, text: str) -> UUID:
    key = ids.decode(prefix, text)
    assert key is not None  # it was kept by _ids
    return key
