"""Moves versions to cold storage and back.

The object is safe in cold storage before its row changes: a crash between the two leaves an object
that no row refers to, and the next run writes the same object again.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from archive import format
from archive.store import ArchiveStore, RestorePending, StoredObject, StoreUnavailable
from db.reads.keyset import among
from db.tables import (
    Circuit,
    Model,
    ModelAlias,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
    RegistryState,
)
from db.writes import archive_rows, rows
from db.writes.archive_rows import ArchivedRows
from db.writes.versions import refuse_archived
from domain.enums import ArchiveReason, VersionStatus
from domain.problems import InvalidState, Problem, Refused, UserErrorCode
from domain.traffic_enums import CircuitState


class ArchivingStep(StrEnum):
    """A point in an archiving transaction, at which its listener is called."""

    BEFORE_WRITE = "before the write to cold storage"
    AFTER_WRITE = "after the write to cold storage"
    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "after the commit"


StepListener = Callable[[ArchivingStep], None]  # such as a progress bar


def ignore_step(_: ArchivingStep) -> None:
    """The listener that does nothing."""


async def archive(
    session: AsyncSession,
    store: ArchiveStore,
    version_ids: Sequence[UUID],
    reason: ArchiveReason,
    on_step: StepListener = ignore_step,
) -> None:
    """Move versions to cold storage; the caller has locked their rows FOR UPDATE.

    Refused with STORAGE_UNAVAILABLE when cold storage does not store an object.
    """
    objects = await _archive_objects(session, version_ids)
    on_step(ArchivingStep.BEFORE_WRITE)
    try:
        stored = await store.write(list(objects.values()))
    except StoreUnavailable as error:
        field = "version" if reason == ArchiveReason.MANUAL else "model"
        raise Refused(_storage_unavailable(error, field)) from error
    on_step(ArchivingStep.AFTER_WRITE)
    of_versions = among(col(ProviderBinding.version_id), list(version_ids))
    bindings = sa.select(col(ProviderBinding.id)).where(of_versions)
    await rows.delete(session, Price, col(Price.binding_id).in_(bindings))
    await rows.delete(session, ProviderBinding, of_versions)
    await _mark_archived(session, dict(zip(objects, stored, strict=True)), reason)


async def archive_manually(
    session: AsyncSession, store: ArchiveStore, key: UUID, expected_revision: int | None
) -> ModelVersion:
    """Archive a version; refused while it is held or has an alias."""
    version = await _lock_version(session, key, expected_revision)
    refuse_archived(version)
    if version.held_at is not None:
        raise Refused(InvalidState(f"the version is held: {version.hold_reason}", ("version",)))
    aliases = select(ModelAlias.name).where(col(ModelAlias.version_id) == key)
    alias = (await session.exec(aliases.order_by(col(ModelAlias.name)).limit(1))).first()
    if alias is not None:
        message = f"the alias {alias} points at the version; move the alias first"
        raise Refused(InvalidState(message, ("version",), UserErrorCode.IN_USE))
    await archive(session, store, [key], ArchiveReason.MANUAL)
    return (await reloaded(session, [key]))[0]


async def read(store: ArchiveStore, version: ModelVersion) -> ArchivedRows:
    """The rows in an ARCHIVED version's object; refused when it cannot be read now."""
    try:
        data = await store.read(version.archive_uri or "", version.archive_hash or "")
        content = format.unpack(data, version.id, version.content_hash)
        return archive_rows.rows_of(content)
    except RestorePending as error:
        raise Refused(InvalidState(str(error), ("version",))) from error
    except (StoreUnavailable, format.Corrupt) as error:
        raise Refused(_storage_unavailable(error, "version")) from error


async def restore(
    session: AsyncSession, seen: ModelVersion, expected_revision: int | None, archived: ArchivedRows
) -> ModelVersion:
    """Insert the archived rows; refused when the version's archive is no longer that of `seen`."""
    version = await rows.lock(session, ModelVersion, seen.id, expected_revision)
    if version.status != VersionStatus.ARCHIVED or version.archive_hash != seen.archive_hash:
        raise Refused(InvalidState("another call has restored the version", ("version",)))
    provider_ids = await _provider_ids(session, archived.providers)
    bindings = []
    for values in archived.bindings:
        provider_id = provider_ids[values["provider_id"]]
        changed = {"revision": values["revision"] + 1, "updated_at": sa.func.now()}
        bindings.append(ProviderBinding(**{**values, **changed, "provider_id": provider_id}))
    await rows.insert(session, *bindings)
    await rows.insert(session, *(Price(**values) for values in archived.prices))
    await rows.insert(session, *(Circuit(**values) for values in archived.circuits))
    restored: dict[str, Any] = {
        "status": version.status_before_archive,
        "metadata_": archived.metadata,
        **dict.fromkeys(("status_before_archive", "archived_at", "archive_reason")),
        **dict.fromkeys(("archive_uri", "archive_hash", "archive_size_bytes")),
    }
    return await rows.update(session, ModelVersion, seen.id, expected_revision, restored)


async def set_hold(
    session: AsyncSession, key: UUID, expected_revision: int | None, hold: tuple[str, str] | None
) -> ModelVersion:
    """Hold a version, for a reason and in an actor's name, or release it if `hold` is None."""
    version = await rows.lock(session, ModelVersion, key, expected_revision)
    if hold is None and version.held_at is None:
        return version
    reason, actor = hold or (None, None)
    held_at = sa.func.now() if hold else None
    values = {"hold_reason": reason, "hold_actor": actor, "held_at": held_at}
    return await rows.update(session, ModelVersion, key, expected_revision, values)


async def reloaded(session: AsyncSession, version_ids: Sequence[UUID]) -> list[ModelVersion]:
    """The current rows of versions, in the order of the ids."""
    statement = select(ModelVersion).where(among(col(ModelVersion.id), list(version_ids)))
    versions = await session.exec(statement.execution_options(populate_existing=True))
    by_id = {version.id: version for version in versions}
    return [by_id[key] for key in version_ids]


async def _lock_version(
    session: AsyncSession, key: UUID, expected_revision: int | None
) -> ModelVersion:
    """Lock a version against new references; its model first, in the order of alias writes."""
    statement = select(ModelVersion.model_id).where(col(ModelVersion.id) == key)
    model_id = (await session.exec(statement)).one_or_none()
    if model_id is None:
        raise Refused(rows.gone(ModelVersion))
    await rows.lock(session, Model, model_id)
    return await rows.lock(session, ModelVersion, key, expected_revision, for_delete=True)


async def _archive_objects(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Each version's archive object."""
    versions = await session.exec(
        select(ModelVersion, Model)
        .join(Model, col(Model.id) == ModelVersion.model_id)
        .where(among(col(ModelVersion.id), list(version_ids)))
        .order_by(col(ModelVersion.id))
        .execution_options(populate_existing=True)
    )
    bindings: dict[UUID, list[tuple[ProviderBinding, Provider]]] = defaultdict(list)
    with_providers = (
        select(ProviderBinding, Provider)
        .join(Provider, col(Provider.id) == ProviderBinding.provider_id)
        .where(among(col(ProviderBinding.version_id), list(version_ids)))
        .order_by(col(ProviderBinding.id))
        .with_for_update(of=ProviderBinding)  # what is set meanwhile would be lost
    )
    for binding, provider in await session.exec(with_providers):
        bindings[binding.version_id].append((binding, provider))
    prices: dict[UUID, list[Price]] = defaultdict(list)
    binding_ids = [binding.id for pairs in bindings.values() for binding, _ in pairs]
    of_bindings = select(Price).where(among(col(Price.binding_id), binding_ids))
    for price in await session.exec(of_bindings.order_by(col(Price.effective_from))):
        prices[price.binding_id].append(price)
    held = await _held_circuits(session, binding_ids)
    key = (await session.exec(select(RegistryState.archive_key))).one()
    return {
        version.id: format.pack(
            archive_rows.content_of(model, version, bindings[version.id], prices, held), key
        )
        for version, model in versions
    }


async def _held_circuits(session: AsyncSession, binding_ids: Sequence[UUID]) -> dict[UUID, Circuit]:
    """The circuits that an operator holds; what calls made of the others is over in minutes."""
    is_open = col(Circuit.state) == CircuitState.OPEN
    is_held = sa.or_(
        sa.and_(is_open, col(Circuit.open_until).is_(None)),
        col(Circuit.held_until) > sa.func.now(),
    )
    of_bindings = among(col(Circuit.binding_id), list(binding_ids))
    held = await session.exec(select(Circuit).where(of_bindings, is_held))
    return {circuit.binding_id: circuit for circuit in held}


_MARK_ARCHIVED = sa.text("""
    UPDATE model_versions v SET
        status_before_archive = v.status, status = 'ARCHIVED', metadata = NULL,
        archived_at = now(), archive_reason = :reason, archive_uri = o.uri,
        archive_hash = o.hash, archive_size_bytes = o.size,
        revision = v.revision + 1, updated_at = now()
    FROM unnest(:ids, :uris, :hashes, :sizes) o(id, uri, hash, size) WHERE v.id = o.id
""").bindparams(
    sa.bindparam("ids", type_=ARRAY(sa.Uuid())),
    sa.bindparam("uris", type_=ARRAY(sa.Text())),
    sa.bindparam("hashes", type_=ARRAY(sa.Text())),
    sa.bindparam("sizes", type_=ARRAY(sa.BigInteger())),
)


async def _mark_archived(
    session: AsyncSession, stored: dict[UUID, StoredObject], reason: ArchiveReason
) -> None:
    values = {
        "ids": list(stored),
        "uris": [each.uri for each in stored.values()],
        "hashes": [each.sha256 for each in stored.values()],
        "sizes": [each.size_bytes for each in stored.values()],
        "reason": reason.value,
    }
    await (await session.connection()).execute(_MARK_ARCHIVED, values)


async def _provider_ids(session: AsyncSession, slugs: Mapping[UUID, str]) -> dict[UUID, UUID]:
    """Each archived provider's key now; a deleted provider may exist again under its slug."""
    known = sa.or_(
        among(col(Provider.id), list(slugs)), among(col(Provider.slug), list(slugs.values()))
    )
    providers = list(await session.exec(select(Provider.id, Provider.slug).where(known)))
    ids, by_slug = {key for key, _ in providers}, {slug: key for key, slug in providers}
    missing = sorted(s for key, s in slugs.items() if key not in ids and s not in by_slug)
    if missing:
        message = f"its bindings need providers that were deleted: {', '.join(missing)}"
        raise Refused(InvalidState(message, ("version",)))
    return {key: key if key in ids else by_slug[slug] for key, slug in slugs.items()}


def _storage_unavailable(error: Exception, field: str) -> Problem:
    return InvalidState(str(error), (field,), UserErrorCode.STORAGE_UNAVAILABLE)
