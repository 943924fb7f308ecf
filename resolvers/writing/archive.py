"""Mutations that take versions out of service and bring them back."""

from typing import Annotated

import strawberry

from archive.store import ArchiveStore
from db.reads import versions
from db.tables import ModelVersion
from db.writes import archive as archiving
from db.writes import rows
from domain import ids, rules
from domain.enums import VersionStatus
from domain.problems import InvalidState, Refused, UserErrorCode
from resolvers.arguments import describe, input_type, optional, required
from resolvers.context import Info
from resolvers.writing.inputs import EXPECTED_REVISION
from resolvers.writing.transaction import decode_id, refuse_if_any, write


@input_type("A version to archive.")
class ArchiveVersionInput:
    id: strawberry.ID = required("The version, which has no alias and no hold.")
    expected_revision: int | None = optional(EXPECTED_REVISION)


@input_type("An ARCHIVED version to restore.")
class RestoreVersionInput:
    id: strawberry.ID = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)


@input_type("A version to hold, or to release.")
class SetVersionHoldInput:
    id: strawberry.ID = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    reason: str | None = optional("Why it is held; null or absent releases it.")


async def archive(
    info: Info, input: Annotated[ArchiveVersionInput, describe("The version.")]
) -> ModelVersion:
    """Take a version out of routing and move it to cold storage."""
    key, store, expected = decode_id(ids.VERSION, input.id), store_of(info), input.expected_revision
    return await write(
        info, lambda session: archiving.archive_manually(session, store, key, expected)
    )


async def restore(
    info: Info, input: Annotated[RestoreVersionInput, describe("The version.")]
) -> ModelVersion:
    """Restore an archived version from cold storage; the SHA-256 of its archive is verified.

    INVALID_STATE with a time when the storage class needs hours to restore the archive: the same
    call succeeds after that time.
    """
    key, store = decode_id(ids.VERSION, input.id), store_of(info)
    version = (await versions.by_ids(info.context.db.reader, [key])).get(key)
    if version is None:
        raise Refused(rows.gone())
    if input.expected_revision not in (None, version.revision):
        raise Refused(rows.stale(version, input.expected_revision))
    if version.status != VersionStatus.ARCHIVED:
        raise Refused(InvalidState("the version is not ARCHIVED", ("id",)))
    archived = await archiving.read(store, version)
    expected = input.expected_revision
    return await write(
        info, lambda session: archiving.restore(session, version, expected, archived)
    )


async def set_hold(
    info: Info, input: Annotated[SetVersionHoldInput, describe("The version, and why.")]
) -> ModelVersion:
    """Hold or release a version: a held version is never archived or purged."""
    refuse_if_any(rules.breaches({"reason": input.reason}, {"reason": rules.hold_reason}))
    key = decode_id(ids.VERSION, input.id)
    hold = (input.reason, info.context.actor) if input.reason is not None else None
    expected = input.expected_revision
    return await write(info, lambda session: archiving.set_hold(session, key, expected, hold))


def store_of(info: Info, field: str = "id") -> ArchiveStore:
    """The cold storage; refused on a server without it, naming the input field that needs it."""
    if info.context.store is None:
        message = "this server has no cold storage"
        raise Refused(InvalidState(message, (field,), UserErrorCode.STORAGE_UNAVAILABLE))
    return info.context.store
