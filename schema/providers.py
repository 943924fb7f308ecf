"""The type Provider."""

from typing import TYPE_CHECKING, Annotated

import strawberry

import resolvers.providers
from db import tables
from domain.enums import ProviderKind
from resolvers.scalars import URL
from schema.fields import attribute, batched, type_of
from schema.nodes import Node, Versioned
from schema.pages import Connection

if TYPE_CHECKING:
    from schema.bindings import ProviderBinding


@type_of(tables.Provider, "A company or service that serves models over an API.")
class Provider(Node, Versioned):
    slug: str = attribute(
        "Unique name in references: 1 to 63 lower-case letters, digits and hyphens. Immutable."
    )
    name: str = attribute("The name for people, up to 200 characters.")
    kind: ProviderKind = attribute("The API that its endpoints implement.")
    api_base: URL | None = attribute("The base URL of its API; null when not set.")
    docs_url: URL | None = attribute("The URL of its documentation; null when not set.")
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.providers.binding_pages, "id")
    )
