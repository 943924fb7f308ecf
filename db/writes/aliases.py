"""Writes of aliases."""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads import aliases
from db.tables import Model, ModelAlias, ModelVersion
from db.writes import rows, versions
from domain.audit_enums import AuditAction
from domain.enums import VersionStatus
from domain.problems import InvalidState, NotFound, Refused, RevisionMismatch, UserErrorCode
from domain.rules import ALIASES_MAX


class MovedAlias(NamedTuple):
    """An alias and the version that it pointed at before; None when the alias is new."""

    alias: ModelAlias
    previous_version: ModelVersion | None


async def point(
    session: AsyncSession,
    version: ModelVersion,
    name: str,
    expected_version_id: UUID | None = None,
) -> MovedAlias:
    """Point the alias at this version; refused when it does not point at the expected one now."""
    alias = await _lock_alias(session, version.model_id, name)
    await versions.lock_unarchived(session, version.id)
    previous = await _current_version(session, alias, expected_version_id)
    if alias is None:
        await _refuse_too_many(session, version.model_id)
        alias = ModelAlias(model_id=version.model_id, name=name, version_id=version.id)
        await rows.insert(session, alias)
    elif alias.version_id != version.id:
        values = {"version_id": version.id}
        alias = await rows.update(session, ModelAlias, alias.id, None, values)
    return MovedAlias(alias, previous)


async def roll_back(
    session: AsyncSession, model_id: UUID, name: str, expected_version_id: UUID | None = None
) -> MovedAlias:
    """Point the alias back at its previous version; the next call goes one version further back.

    Versions that were deleted or archived since are skipped. Refused when the alias does not point
    at the expected version now.
    """
    alias = await _lock_alias(session, model_id, name)
    if alias is None:
        raise Refused(_no_alias(name))
    current = await _current_version(session, alias, expected_version_id)
    for version_id in reversed(await _earlier_versions(session, model_id, name)):
        version = await session.get(ModelVersion, version_id, with_for_update={"key_share": True})
        can_serve = version is not None and version.status != VersionStatus.ARCHIVED
        if can_serve and version_id != alias.version_id:
            values = {"version_id": version_id}
            return MovedAlias(
                await rows.update(session, ModelAlias, alias.id, None, values), current
            )
    message = f"the alias {name} has no earlier version that still exists and is not ARCHIVED"
    raise Refused(InvalidState(message, ("alias",)))


async def delete(
    session: AsyncSession, model_id: UUID, name: str, expected_version_id: UUID | None = None
) -> None:
    """Delete an alias; refused when it does not point at the expected version now.

    Its history stays in the audit log.
    """
    alias = await _lock_alias(session, model_id, name)
    if alias is None:
        raise Refused(_no_alias(name))
    await _current_version(session, alias, expected_version_id)
    await rows.delete(session, ModelAlias, col(ModelAlias.id) == alias.id)


async def _refuse_too_many(session: AsyncSession, model_id: UUID) -> None:
    count = select(sa.func.count()).where(col(ModelAlias.model_id) == model_id)
    if (await session.exec(count)).one() >= ALIASES_MAX:
        message = f"the model has {ALIASES_MAX} aliases, as many as a model may have"
        raise Refused(InvalidState(message, ("alias",), UserErrorCode.LIMIT_EXCEEDED))


def _no_alias(name: str) -> NotFound:
    return NotFound(f"the model has no alias {name[:64]!r}", ("alias",))


async def _current_version(
    session: AsyncSession, alias: ModelAlias | None, expected_version_id: UUID | None
) -> ModelVersion | None:
    """The version that the alias points at, if there is one; refused if another was expected."""
    current = await session.get(ModelVersion, alias.version_id) if alias else None
    if expected_version_id is not None and (current is None or current.id != expected_version_id):
        message = "the alias does not point at expectedVersion now"
        raise Refused(RevisionMismatch(message, ("expectedVersion",), current))
    return current


async def _lock_alias(session: AsyncSession, model_id: UUID, name: str) -> ModelAlias | None:
    """Lock the model and the alias, so that two calls cannot both create the alias."""
    await rows.lock(session, Model, model_id)
    of_name = (col(ModelAlias.model_id) == model_id, col(ModelAlias.name) == name)
    return (await session.exec(select(ModelAlias).where(*of_name).with_for_update())).one_or_none()


async def _earlier_versions(session: AsyncSession, model_id: UUID, name: str) -> list[UUID]:
    """The versions that roll-backs lead to, the next one last: the stack of the alias's moves."""
    stack: list[UUID] = []
    for change in await aliases.changes(session, model_id, name):
        if change.action == AuditAction.DELETED:
            stack.clear()  # later moves start a new history
        elif change.action == AuditAction.ROLLED_BACK and change.version_id in stack[:-1]:
            while stack[-2:-1] != [change.version_id]:
                del stack[-1]
            del stack[-1]
        else:
            stack.append(change.version_id)
    return stack[:-1]
