"""Writes of aliases."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads import aliases
from db.tables import Model, ModelAlias, ModelVersion
from db.writes import rows, versions
from domain.enums import AuditAction, VersionStatus
from domain.problems import InvalidState, NotFound, Refused, RevisionMismatch


class Moved(NamedTuple):
    """An alias and the version it named before; none when it is new."""

    alias: ModelAlias
    previous_version: ModelVersion | None


async def point(
    session: AsyncSession,
    version: ModelVersion,
    name: str,
    expected_version_id: UUID | None = None,
) -> Moved:
    """Make the alias name this version, unless it points elsewhere than the caller expects."""
    alias = await _locked(session, version.model_id, name)
    await versions.live(session, version.id)
    previous = await session.get(ModelVersion, alias.version_id) if alias else None
    if expected_version_id is not None and (previous is None or previous.id != expected_version_id):
        message = "the alias does not point at expectedVersion now"
        raise Refused(RevisionMismatch(message, ("expectedVersion",), previous))
    if alias is None:
        alias = ModelAlias(model_id=version.model_id, name=name, version_id=version.id)
        await rows.insert(session, alias)
    elif alias.version_id != version.id:
        values = {"version_id": version.id}
        alias = await rows.update(session, ModelAlias, alias.id, None, values)
    return Moved(alias, previous)


async def roll_back(session: AsyncSession, model_id: UUID, name: str) -> Moved:
    """Point the alias back at the version it named before; again, at the one before that.

    Versions that are gone or archived by now are passed over.
    """
    alias = await _locked(session, model_id, name)
    if alias is None:
        raise Refused(no_alias(name))
    current = await session.get(ModelVersion, alias.version_id)
    earlier = await _earlier_versions(session, model_id, name)
    for version_id in reversed(earlier):
        version = await session.get(ModelVersion, version_id, with_for_update={"key_share": True})
        is_there = version is not None and version.status != VersionStatus.ARCHIVED
        if is_there and version_id != alias.version_id:
            values = {"version_id": version_id}
            return Moved(await rows.update(session, ModelAlias, alias.id, None, values), current)
    message = f"the alias {name} has named no other version that is still there"
    raise Refused(InvalidState(message, ("alias",)))


async def delete(session: AsyncSession, model_id: UUID, name: str) -> None:
    """Delete an alias; its history stays in the audit log."""
    alias = await _locked(session, model_id, name)
    if alias is None:
        raise Refused(no_alias(name))
    await rows.delete(session, ModelAlias, col(ModelAlias.id) == alias.id)


def no_alias(name: str) -> NotFound:
    """The problem of an alias that the model does not have."""
    return NotFound(f"the model has no alias {name[:64]!r}", ("alias",))


async def _locked(session: AsyncSession, model_id: UUID, name: str) -> ModelAlias | None:
    """The alias, locked as the model's row is, so that two calls cannot both create it."""
    await rows.lock(session, Model, model_id, path=("model",))
    same = (col(ModelAlias.model_id) == model_id, col(ModelAlias.name) == name)
    return (await session.exec(select(ModelAlias).where(*same).with_for_update())).one_or_none()


async def _earlier_versions(session: AsyncSession, model_id: UUID, name: str) -> list[UUID]:
    """The versions that roll-backs lead to, the next one last: a stack of the moves made."""
    stack: list[UUID] = []
    for event in await aliases.moves(session, [(model_id, name)]):
        change = aliases.change_of(event)
        if change.version_id is None:
            stack.clear()  # deleted: what comes next is another life
        elif event.action == AuditAction.ROLLED_BACK and change.version_id in stack[:-1]:
            while stack[-2:-1] != [change.version_id]:
                del stack[-1]
            del stack[-1]
        else:
            stack.append(change.version_id)
    return stack[:-1]
