"""Relay connections over resolvers.pages.Page."""

from typing import Generic, TypeVar

import strawberry

import resolvers.pages
from schema.fields import attribute, batched

T = TypeVar("T")


@strawberry.type(
    description="Whether there are items before and after a page, and the cursors to continue from."
)
class PageInfo:
    has_next_page: bool = attribute(
        "Whether items follow this page. With last, whether before was set."
    )
    has_previous_page: bool = attribute(
        "Whether items precede this page. Without last, whether after was set."
    )
    start_cursor: str | None = attribute("The cursor of the first item; null on an empty page.")
    end_cursor: str | None = attribute("The cursor of the last item; null on an empty page.")


@strawberry.interface(
    name="Connection",
    description="A page of a list of items, after the Relay specification of connections.",
)
class AnyConnection:
    page_info: PageInfo = attribute("Whether there are items before and after this page.")
    total_count: int = batched(resolvers.pages.total_counts, "query", "parent_id")


@strawberry.type(description="An item of a page and its cursor.")
class Edge(Generic[T]):
    cursor: str = attribute(
        "Pass it as after or before, with the same orderBy, to continue from this item."
    )
    node: T = attribute("The item.")


@strawberry.type(description="A page of a list of items.")
class Connection(AnyConnection, Generic[T]):
    edges: list[Edge[T]] = attribute("The items of the page, each with its cursor.")
    nodes: list[T] = attribute("The items of the page: edges without cursors.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Every connection is a Page; the field's type says of what."""
        return isinstance(value, resolvers.pages.Page)
