"""Mutations of bindings."""

from datetime import date
from functools import partial
from typing import Annotated, Any

from strawberry import Maybe
from strawberry.scalars import JSON

from db.tables import ProviderBinding
from db.writes import bindings
from db.writes.bindings import NewBinding
from domain import ids, rules
from domain.enums import BindingStatus, Capability
from domain.problems import Problem
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import BindingRef, VersionRef
from resolvers.scalars import URL
from resolvers.writing import price_inputs
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns, with_distinct_capabilities
from resolvers.writing.price_inputs import PriceInput
from resolvers.writing.transaction import refuse_if_any, update_row, write


@input_type("How a provider serves a version.")
class NewBindingInput:
    provider: str = required("The provider's slug.")
    provider_model_id: str = required("The provider's name for the model.")
    region: str | None = optional("The region that serves it, such as eu-west-1.")
    endpoint: URL | None = optional("The URL to call; the provider's apiBase by default.")
    config: JSON | None = optional("Settings for calls to the provider, without secrets.")
    credential_ref: str | None = optional(
        "A reference to the place of the secret: env://, vault://, aws-sm://, gcp-sm:// or k8s://."
    )
    status: BindingStatus = optional(
        "Only ACTIVE bindings are routed to.", default=BindingStatus.ACTIVE
    )
    priority: int = optional("A lower priority is tried first; 0 or more.", default=100)
    weight: int = optional("Share of traffic within a priority, 0 to 1000.", default=100)
    sunset_on: date | None = optional("The last day (UTC) on which it is routable.")
    context_window: int | None = optional(
        "The provider's own largest number of tokens in a context; null: as the version."
    )
    max_output_tokens: int | None = optional(
        "The provider's own largest number of tokens in a response; null: as the version."
    )
    capabilities: list[Capability] | None = optional(
        "All that the model can do at this provider; null: as the version, empty: none."
    )
    requests_per_minute: int | None = optional("How many requests it takes in a minute.")
    tokens_per_minute: int | None = optional("How many tokens it takes in a minute.")
    price: PriceInput | None = optional("Its first price.")


@input_type("A new binding.")
class CreateBindingInput:
    version: VersionRef = required("The version that is served.")
    binding: NewBindingInput = required("How it is served.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("Changes of a binding; an absent field stays, null clears.")
class UpdateBindingInput:
    binding: BindingRef = required("The binding.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    provider_model_id: Maybe[str | None] = optional("The provider's name for the model.")
    region: Maybe[str | None] = optional("The region that serves it, such as eu-west-1.")
    endpoint: Maybe[URL | None] = optional("The URL to call; null for the provider's apiBase.")
    config: Maybe[JSON | None] = optional("Settings for calls to the provider, without secrets.")
    credential_ref: Maybe[str | None] = optional("A reference to the secret's place.")
    status: Maybe[BindingStatus | None] = optional("Only ACTIVE bindings are routed to.")
    priority: Maybe[int | None] = optional("A lower priority is tried first; 0 or more.")
    weight: Maybe[int | None] = optional("Share of traffic within a priority, 0 to 1000.")
    sunset_on: Maybe[date | None] = optional("The last day (UTC) on which it is routable.")
    success_rate: Maybe[float | None] = optional(
        "The success rate that was observed by hand, 0 to 1; it shows while health knows none."
    )
    latency_ms: Maybe[float | None] = optional(
        "The latency that was observed by hand, in milliseconds; it shows while health knows none."
    )
    context_window: Maybe[int | None] = optional(
        "The provider's own largest number of tokens in a context; null: as the version."
    )
    max_output_tokens: Maybe[int | None] = optional(
        "The provider's own largest number of tokens in a response; null: as the version."
    )
    capabilities: Maybe[list[Capability] | None] = optional(
        "All that the model can do at this provider; null: as the version, empty: none."
    )
    requests_per_minute: Maybe[int | None] = optional("How many requests it takes in a minute.")
    tokens_per_minute: Maybe[int | None] = optional("How many tokens it takes in a minute.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A binding to delete.")
class DeleteBindingInput:
    binding: BindingRef = required("The binding.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


_NEW = InputColumns(NewBindingInput, ProviderBinding, rules.BINDING, "provider", "price")
_CHANGES = InputColumns(
    UpdateBindingInput,
    ProviderBinding,
    rules.BINDING,
    *("binding", "expected_revision", "idempotency_key"),
)


async def create(
    info: Info, input: Annotated[CreateBindingInput, describe("The binding.")]
) -> ProviderBinding:
    """Create a binding: how a provider serves a version."""
    binding, problems = new_binding(input.binding)
    refuse_if_any(input, (problem.within("binding") for problem in problems))

    async def insert_binding(session: Any) -> ProviderBinding:
        version = await references.existing_version(session, input.version)
        return (await bindings.create(session, version, [binding], lambda _: ("binding",)))[0]

    return await write(info, input, insert_binding)


async def update(
    info: Info, input: Annotated[UpdateBindingInput, describe("The binding and its changes.")]
) -> ProviderBinding:
    """Absent fields stay; null clears."""
    values = with_distinct_capabilities(_CHANGES.values(input))
    refuse_if_any(input, _CHANGES.problems(values))
    binding = partial(references.binding_key, ref=input.binding)
    return await update_row(info, ProviderBinding, input, binding, values)


async def delete(info: Info, input: Annotated[DeleteBindingInput, describe("The binding.")]) -> str:
    """Delete a binding with its prices."""
    refuse_if_any(input)

    async def delete_binding(session: Any) -> str:
        key = await references.binding_key(session, input.binding)
        await bindings.delete(session, key, input.expected_revision)
        return ids.encode(ids.BINDING, key)

    return await write(info, input, delete_binding)


def new_binding(input: NewBindingInput) -> tuple[NewBinding, list[Problem]]:
    """A binding's values with its first price, and what is wrong with them."""
    columns = with_distinct_capabilities(_NEW.values(input))
    problems = _NEW.problems({"provider": input.provider, **columns})
    price = None
    if input.price is not None:
        price, wrong = price_inputs.read(input.price)
        problems += [problem.within("price") for problem in wrong]
    return NewBinding(input.provider, columns, price), problems
