"""Mutations that take versions out of service and bring them back."""

from typing import Annotated, Any

import strawberry

from archive.store import ArchiveStore
from db.reads import versions
from db.tables import ModelVersion
from db.writes import archive as changes
from db.writes import rows
from domain import ids, rules
from domain.enums import VersionStatus
from domain.problems import InvalidState, Refused, UserErrorCode
from resolvers.arguments import describe, input_type, optional, required
from resolvers.context import Info
from resolvers.writing.inputs import EXPECTED_REVISION
from resolvers.writing.transaction import key_of, refuse_if, write


@input_type("A version to archive.")
class ArchiveVersionInput:
    id: strawberry.ID = required("The version; no alias points at it, and it is not held.")
    expected_revision: int | None = optional(EXPECTED_REVISION)


@input_type("A version to bring back.")
class RestoreVersionInput:
    id: strawberry.ID = required("The version, which is ARCHIVED.")
    expected_revision: int | None = optional(EXPECTED_REVISION)


@input_type("A version to hold, or to let go.")
class SetVersionHoldInput:
    id: strawberry.ID = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    reason: str | None = optional("Null lifts the hold.")


async def archive(
    info: Info, input: Annotated[ArchiveVersionInput, describe("The version.")]
) -> ModelVersion:
    """Take a version out of routing and move it to cold storage."""
    key, store = key_of(ids.VERSION, input.id), store_of(info)

    async def work(session: Any) -> ModelVersion:
        return await changes.archive_by_hand(session, store, key, input.expected_revision)

    return await write(info, work)


async def restore(
    info: Info, input: Annotated[RestoreVersionInput, describe("The version.")]
) -> ModelVersion:
    """Bring an archived version back from cold storage; its SHA-256 is verified.

    INVALID_STATE with a time while the storage class needs hours to give the object back: the same
    call succeeds after it.
    """
    key, store = key_of(ids.VERSION, input.id), store_of(info)
    version = (await versions.by_ids(info.context.db.reader, [key])).get(key)
    if version is None:
        raise Refused(rows.gone())
    if input.expected_revision not in (None, version.revision):
        raise Refused(rows.stale(version, input.expected_revision))
    if version.status != VersionStatus.ARCHIVED:
        raise Refused(InvalidState("the version is not ARCHIVED", ("id",)))
    archived = await changes.read(store, version)

    async def work(session: Any) -> ModelVersion:
        return await changes.restore(session, version, input.expected_revision, archived)

    return await write(info, work)


async def set_hold(
    info: Info, input: Annotated[SetVersionHoldInput, describe("The version, and why.")]
) -> ModelVersion:
    """Put or lift a hold: a held version is never archived or purged."""
    refuse_if(rules.breaches({"reason": input.reason}, {"reason": rules.hold_reason}))
    key = key_of(ids.VERSION, input.id)
    hold = (input.reason, info.context.actor) if input.reason is not None else None

    async def work(session: Any) -> ModelVersion:
        return await changes.hold(session, key, input.expected_revision, hold)

    return await write(info, work)


def store_of(info: Info, place: str = "id") -> ArchiveStore:
    """Cold storage; refused where there is none, `place` naming the input that needs it."""
    if info.context.store is None:
        message = "this server has no cold storage"
        raise Refused(InvalidState(message, (place,), UserErrorCode.STORAGE_UNAVAILABLE))
    return info.context.store
