"""Writes of bindings and their prices."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.changes import rows
from db.changes.versions import refuse_archived
from db.problems import NotFound, Refused
from db.tables import ModelVersion, Price, Provider, ProviderBinding


async def create(
    session: AsyncSession,
    version: ModelVersion,
    given: Sequence[dict[str, Any]],
    path_of: Callable[[int], tuple[str, ...]],
) -> list[ProviderBinding]:
    """New bindings of a version, each with its first price if it has one.

    Each of `given` holds a row's values, with `provider` a slug and `price` a price's values or
    None. Every provider that is missing is told, `path_of` saying where its binding stands.
    """
    refuse_archived(version, "version")
    providers = await _providers(session, [values["provider"] for values in given], path_of)
    made = []
    for values in given:
        columns = {k: v for k, v in values.items() if k not in ("provider", "price")}
        columns |= {"version_id": version.id, "model_id": version.model_id}
        made.append(ProviderBinding(provider_id=providers[values["provider"]], **columns))
    await rows.insert(session, *made)
    for binding, values in zip(made, given, strict=True):
        if values["price"] is not None:
            await set_price(session, binding.id, values["price"])
    return made


async def delete(session: AsyncSession, key: UUID, expected_revision: int | None) -> None:
    """Delete a binding with its prices."""
    await rows.lock(session, ProviderBinding, key, expected_revision)
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
    found = dict((await session.exec(statement)).all())
    missing = [
        NotFound(f"no provider has the slug {slug[:64]!r}", (*path_of(place), "provider"))
        for place, slug in enumerate(slugs)
        if slug not in found
    ]
    if missing:
        raise Refused(*missing)
    return found
