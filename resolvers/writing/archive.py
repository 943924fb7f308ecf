"""Mutations that take versions out of service and bring them back."""

from typing import Annotated, Any

from archive.store import ArchiveStore
from db.reads import versions
from db.tables import ModelVersion
from db.writes import archive as archiving
from db.writes import rows
from domain import rules
from domain.enums import VersionStatus
from domain.problems import InvalidState, Refused, UserErrorCode
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import VersionRef
from resolvers.writing.inputs import EXPECTED_REVISION
from resolvers.writing.transaction import first_result, refuse_if_any, write


@input_type("A version to archive.")
class ArchiveVersionInput:
    version: VersionRef = required("The version, which has no alias and no hold.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("An ARCHIVED version to restore.")
class RestoreVersionInput:
    version: VersionRef = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A version to hold, or to release.")
class SetVersionHoldInput:
    version: VersionRef = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    reason: str | None = optional("Why it is held; null or absent releases it.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


async def archive(
    info: Info, input: Annotated[ArchiveVersionInput, describe("The version.")]
) -> ModelVersion:
    """Take a version out of routing and move it to cold storage."""
    refuse_if_any(input)
    store = store_of(info)

    async def archive_version(session: Any) -> ModelVersion:
        key = await references.version_key(session, input.version)
        return await archiving.archive_manually(session, store, key, input.expected_revision)

    return await write(info, input, archive_version)


async def restore(
    info: Info, input: Annotated[RestoreVersionInput, describe("The version.")]
) -> ModelVersion:
    """Restore an archived version from cold storage; the SHA-256 of its archive is verified.

    INVALID_STATE with a time when the storage class needs hours to restore the archive: the same
    call succeeds after that time.
    """
    refuse_if_any(input)
    store, expected = store_of(info), input.expected_revision
    try:
        version = await _archived_version(info, input)
        archived = await archiving.read(store, version)
    except Refused:  # perhaps because the first call with this key has restored it
        first: ModelVersion | None = await first_result(info, input)
        if first is None:
            raise
        return first
    return await write(
        info, input, lambda session: archiving.restore(session, version, expected, archived)
    )


async def set_hold(
    info: Info, input: Annotated[SetVersionHoldInput, describe("The version, and why.")]
) -> ModelVersion:
    """Hold or release a version: a held version is never archived or purged."""
    refuse_if_any(input, rules.breaches({"reason": input.reason}, {"reason": rules.hold_reason}))
    hold = (input.reason, info.context.actor) if input.reason is not None else None

    async def set_hold_of_version(session: Any) -> ModelVersion:
        key = await references.version_key(session, input.version)
        return await archiving.set_hold(session, key, input.expected_revision, hold)

    return await write(info, input, set_hold_of_version)


def store_of(info: Info, field: str = "version") -> ArchiveStore:
    """The cold storage; refused on a server without it, naming the input field that needs it."""
    if info.context.store is None:
        message = "this server has no cold storage"
        raise Refused(InvalidState(message, (field,), UserErrorCode.STORAGE_UNAVAILABLE))
    return info.context.store


async def _archived_version(info: Info, input: RestoreVersionInput) -> ModelVersion:
    """The version to restore, before its archive is read; refused unless it is ARCHIVED."""
    reader = info.context.db.reader
    key = await references.version_key(reader, input.version)
    version = (await versions.by_ids(reader, [key])).get(key)
    if version is None:
        raise Refused(rows.gone(ModelVersion))
    if input.expected_revision not in (None, version.revision):
        raise Refused(rows.stale(version, input.expected_revision))
    if version.status != VersionStatus.ARCHIVED:
        raise Refused(InvalidState("the version is not ARCHIVED", ("version",)))
    return version
