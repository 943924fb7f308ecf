"""Mutations of providers."""

from typing import Annotated, Any

import strawberry
from strawberry import Maybe

from db.tables import Provider
from db.writes import rows
from domain import ids, rules
from domain.enums import ProviderKind
from resolvers.arguments import describe, input_type, optional, required
from resolvers.context import Info
from resolvers.scalars import URL
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns
from resolvers.writing.transaction import decode_id, refuse_if_any, update_row, write


@input_type("A new provider.")
class CreateProviderInput:
    slug: str = required("Unique: lower-case letters, digits and hyphens.")
    name: str = required("The name for people, up to 200 characters.")
    kind: ProviderKind = required("The API that its endpoints implement.")
    api_base: URL | None = optional("The base URL of its API.")
    docs_url: URL | None = optional("The URL of its documentation.")


@input_type("Changes of a provider; an absent field stays, null clears.")
class UpdateProviderInput:
    id: strawberry.ID = required("The provider.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    name: Maybe[str | None] = optional("Another name.")
    kind: Maybe[ProviderKind | None] = optional("Another API family.")
    api_base: Maybe[URL | None] = optional("The base URL of its API.")
    docs_url: Maybe[URL | None] = optional("The URL of its documentation.")


@input_type("A provider to delete.")
class DeleteProviderInput:
    id: strawberry.ID = required("The provider.")
    expected_revision: int | None = optional(EXPECTED_REVISION)


_NEW = InputColumns(CreateProviderInput, Provider, rules.PROVIDER)
_CHANGES = InputColumns(UpdateProviderInput, Provider, rules.PROVIDER, "id", "expected_revision")


async def create(
    info: Info, input: Annotated[CreateProviderInput, describe("The provider.")]
) -> Provider:
    """Register a provider; its slug must be free."""
    values = _NEW.values(input)
    refuse_if_any(_NEW.problems(values))

    async def insert_provider(session: Any) -> Provider:
        provider = Provider(**values)
        await rows.insert(session, provider)
        return provider

    return await write(info, insert_provider)


async def update(
    info: Info, input: Annotated[UpdateProviderInput, describe("The provider and its changes.")]
) -> Provider:
    """Absent fields stay; null clears. The slug never changes."""
    values = _CHANGES.values(input)
    refuse_if_any(_CHANGES.problems(values))
    return await update_row(info, Provider, ids.PROVIDER, input, values)


async def delete(
    info: Info, input: Annotated[DeleteProviderInput, describe("The provider.")]
) -> str:
    """Delete a provider; refused while bindings use it."""
    key = decode_id(ids.PROVIDER, input.id)
    expected = input.expected_revision
    await write(info, lambda session: rows.remove(session, Provider, key, expected))
    return input.id
