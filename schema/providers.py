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


@type_of(tables.Provider, "Who serves models.")
class Provider(Node, Versioned):
    slug: str = attribute("Unique: lower-case letters, digits and hyphens.")
    name: str = attribute("As people write it.")
    kind: ProviderKind = attribute("The API family it speaks.")
    api_base: URL | None = attribute("Where its API is.")
    docs_url: URL | None = attribute("Where its documentation is.")
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.providers.binding_pages, "id")
    )
