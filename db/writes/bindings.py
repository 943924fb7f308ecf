"""Writes of bindings and their prices."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import ModelVersion, Price, Provider, ProviderBinding
from db.writes import rows, versions
from domain.problems import AlreadyExists, NotFound, Refused


async def create(
    session: AsyncSession,
    version: ModelVersion,
    given: Sequence[dict[str, Any]],
    path_of: Callable[[int], tuple[str, ...]],
) -> list[ProviderBinding]:
    """New bindings of a version, each with its first price if it has one.

    Each of `given` holds a row's values, with `provider` a slug and `price` a price's values or
    None. Every provider that is missing, and every binding that is there already, is told, with
    `path_of` saying where it stands.
    """
    await versions.live(session, version.id)
    providers = await _providers(session, [values["provider"] for values in given], path_of)
    made = []
    for values in given:
        columns = {k: v for k, v in values.items() if k not in ("provider", "price")}
        columns |= {"version_id": version.id, "model_id": version.model_id}
        made.append(ProviderBinding(provider_id=providers[values["provider"]], **columns))
    await _refuse_taken(session, made, path_of)
    await rows.insert(session, *made)
    for binding, values in zip(made, given, strict=True):
        if values["price"] is not None:
            await set_price(session, binding.id, values["price"])
    return made


async def delete(session: AsyncSession, key: UUID, expected_revision: int | None) -> None:
    """Delete a binding with its prices."""
    await rows.lock(session, ProviderBinding, key, expected_revision, for_delete=True)
    await rows.delete(session, Price, col(Price.binding_id) == key)
    await rows.delete(session, ProviderBinding, col(ProviderBinding.id) == key)


async def priced(session: AsyncSession, key: UUID) -> ProviderBinding:
    """The binding that gets a price, locked; refused when there is none."""
    statement = select(ProviderBinding).where(col(ProviderBinding.id) == key)
    binding = (await session.exec(statement.with_for_update(key_share=True))).one_or_none()
    if binding is None:
        raise Refused(NotFound("no such binding", ("binding",)))
    return binding


async def set_price(session: AsyncSession, binding_id: UUID, values: dict[str, Any]) -> Price:
    """Add a price, in effect from now on unless it says when."""
    if values.get("effective_from") is None:
        values = {**values, "effective_from": sa.func.now()}
    price = Price(binding_id=binding_id, **values)
    await rows.insert(session, price)
    await session.refresh(price)  # for the time that the database has filled in
    return price


async def _providers(
    session: AsyncSession, slugs: Sequence[str], path_of: Callable[[int], tuple[str, ...]]
) -> dict[str, UUID]:
    statement = select(Provider.slug, Provider.id).where(col(Provider.slug).in_(set(slugs)))
    kept = statement.with_for_update(read=True, key_share=True)  # none of them goes meanwhile
    found = dict((await session.exec(kept)).all())
    missing = [
        NotFound(f"no provider has the slug {slug[:64]!r}", (*path_of(place), "provider"))
        for place, slug in enumerate(slugs)
        if slug not in found
    ]
    if missing:
        raise Refused(*missing)
    return found


async def _refuse_taken(
    session: AsyncSession,
    made: Sequence[ProviderBinding],
    path_of: Callable[[int], tuple[str, ...]],
) -> None:
    same = (
        col(ProviderBinding.version_id).in_({binding.version_id for binding in made}),
        col(ProviderBinding.provider_model_id).in_({binding.provider_model_id for binding in made}),
    )
    there = (await session.exec(select(ProviderBinding).where(*same))).all() if made else []
    taken = {_key(binding): binding for binding in there}
    problems = []
    for place, binding in enumerate(made):
        other = taken.setdefault(_key(binding), binding)
        if other is not binding:
            message = "a binding of this version, provider, providerModelId and region exists"
            path = (*path_of(place), "providerModelId")
            problems.append(AlreadyExists(message, path, other if other in there else None))
    if problems:
        raise Refused(*problems)


def _key(binding: ProviderBinding) -> tuple[UUID, UUID, str, str | None]:
    served_as = (binding.provider_model_id, binding.region)
    return (binding.version_id, binding.provider_id, *served_as)
