"""Writes of bindings, with their first prices."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import ModelVersion, Price, Provider, ProviderBinding
from db.writes import prices, rows, versions
from domain.problems import AlreadyExists, NotFound, Refused


class NewBinding(NamedTuple):
    """A binding to create; `price` has the columns of its first price, if it has one."""

    provider: str
    columns: dict[str, Any]
    price: dict[str, Any] | None


async def create(
    session: AsyncSession,
    version: ModelVersion,
    new: Sequence[NewBinding],
    path_of: Callable[[int], tuple[str, ...]],
) -> list[ProviderBinding]:
    """Create bindings of a version, each with its first price if it has one.

    Refused with every provider that does not exist, and every binding that exists already;
    `path_of` gives the path of a binding in the input, by its position in `new`.
    """
    await versions.lock_unarchived(session, version.id)
    provider_ids = await _provider_ids(session, [each.provider for each in new], path_of)
    bindings = [
        ProviderBinding(
            version_id=version.id,
            model_id=version.model_id,
            provider_id=provider_ids[each.provider],
            **each.columns,
        )
        for each in new
    ]
    await _refuse_duplicates(session, bindings, path_of)
    await rows.insert(session, *bindings)
    for binding in bindings:
        set_committed_value(binding, "measured", None)
    for binding, each in zip(bindings, new, strict=True):
        if each.price is not None:
            await prices.add(session, binding.id, each.price)
    return bindings


async def delete(session: AsyncSession, key: UUID, expected_revision: int | None) -> None:
    """Delete a binding with its prices."""
    await rows.lock(session, ProviderBinding, key, expected_revision, for_delete=True)
    await rows.delete(session, Price, col(Price.binding_id) == key)
    await rows.delete(session, ProviderBinding, col(ProviderBinding.id) == key)


async def _provider_ids(
    session: AsyncSession, slugs: Sequence[str], path_of: Callable[[int], tuple[str, ...]]
) -> dict[str, UUID]:
    statement = select(Provider.slug, Provider.id).where(col(Provider.slug).in_(set(slugs)))
    locked = statement.with_for_update(read=True, key_share=True)  # none can be deleted meanwhile
    ids = dict((await session.exec(locked)).all())
    missing = [
        NotFound(f"no provider has the slug {slug[:64]!r}", (*path_of(n), "provider"))
        for n, slug in enumerate(slugs)
        if slug not in ids
    ]
    if missing:
        raise Refused(*missing)
    return ids


async def _refuse_duplicates(
    session: AsyncSession,
    new: Sequence[ProviderBinding],
    path_of: Callable[[int], tuple[str, ...]],
) -> None:
    keys = (
        col(ProviderBinding.version_id).in_({binding.version_id for binding in new}),
        col(ProviderBinding.provider_model_id).in_({binding.provider_model_id for binding in new}),
    )
    existing = (await session.exec(select(ProviderBinding).where(*keys))).all() if new else []
    by_key = {_key(binding): binding for binding in existing}
    problems = []
    for n, binding in enumerate(new):
        other = by_key.setdefault(_key(binding), binding)
        if other is not binding:
            message = "a binding of this version, provider, providerModelId and region exists"
            path = (*path_of(n), "providerModelId")
            problems.append(AlreadyExists(message, path, other if other in existing else None))
    if problems:
        raise Refused(*problems)


def _key(binding: ProviderBinding) -> tuple[UUID, UUID, str, str | None]:
    return (binding.version_id, binding.provider_id, binding.provider_model_id, binding.region)
