"""Mutations of providers."""

from functools import partial
from typing import Annotated, Any

from strawberry import Maybe

from db.tables import Provider
from db.writes import rows
from domain import ids, rules
from domain.enums import ProviderKind
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import ProviderRef
from resolvers.scalars import URL
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns
from resolvers.writing.transaction import refuse_if_any, update_row, write


@input_type("A new provider.")
class CreateProviderInput:
    slug: str = required("Unique: lower-case letters, digits and hyphens.")
    name: str = required("The name for people, up to 200 characters.")
    kind: ProviderKind = required("The API that its endpoints implement.")
    api_base: URL | None = optional("The base URL of its API.")
    docs_url: URL | None = optional("The URL of its documentation.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("Changes of a provider; an absent field stays, null clears.")
class UpdateProviderInput:
    provider: ProviderRef = required("The provider.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    name: Maybe[str | None] = optional("Another name.")
    kind: Maybe[ProviderKind | None] = optional("Another API family.")
    api_base: Maybe[URL | None] = optional("The base URL of its API.")
    docs_url: Maybe[URL | None] = optional("The URL of its documentation.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A provider to delete.")
class DeleteProviderInput:
    provider: ProviderRef = required("The provider.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


_NEW = InputColumns(CreateProviderInput, Provider, rules.PROVIDER, "idempotency_key")
_CHANGES = InputColumns(
    UpdateProviderInput,
    Provider,
    rules.PROVIDER,
    *("provider", "expected_revision", "idempotency_key"),
)


async def create(
    info: Info, input: Annotated[CreateProviderInput, describe("The provider.")]
) -> Provider:
    """Register a provider; its slug must be free."""
    values = _NEW.values(input)
    refuse_if_any(input, _NEW.problems(values))

    async def insert_provider(session: Any) -> Provider:
        provider = Provider(**values)
        await rows.insert(session, provider)
        return provider

    return await write(info, input, insert_provider)


async def update(
    info: Info, input: Annotated[UpdateProviderInput, describe("The provider and its changes.")]
) -> Provider:
    """Absent fields stay; null clears. The slug never changes."""
    values = _CHANGES.values(input)
    refuse_if_any(input, _CHANGES.problems(values))
    provider = partial(references.provider_key, ref=input.provider)
    return await update_row(info, Provider, input, provider, values)


async def delete(
    info: Info, input: Annotated[DeleteProviderInput, describe("The provider.")]
) -> str:
    """Delete a provider; refused while bindings use it."""
    refuse_if_any(input)

    async def delete_provider(session: Any) -> str:
        key = await references.provider_key(session, input.provider)
        await rows.remove(session, Provider, key, input.expected_revision)
        return ids.encode(ids.PROVIDER, key)

    return await write(info, input, delete_provider)
