"""Relay connections over resolvers.pages.Page."""

from typing import Generic, TypeVar

import strawberry

import resolvers.pages
from schema.fields import attribute, batched

T = TypeVar("T")


@strawberry.type(description="What lies before and after a page.")
class PageInfo:
    has_next_page: bool = attribute("Whether there is more after this page.")
    has_previous_page: bool = attribute("Whether there is more before this page.")
    start_cursor: str | None = attribute("The first edge's cursor; null on an empty page.")
    end_cursor: str | None = attribute("The last edge's cursor; null on an empty page.")


@strawberry.interface(
    name="Connection",
    description="totalCount runs its own query, and only when selected;"
    " nodes is edges without cursors.",
)
class AnyConnection:
    page_info: PageInfo = attribute("What lies before and after this page.")
    total_count: int = batched(resolvers.pages.total_counts, "query", "parent_id")


@strawberry.type(description="A node and its place in the order asked for.")
class Edge(Generic[T]):
    cursor: str = attribute("The place, to page on from with after or before.")
    node: T = attribute("The object.")


@strawberry.type(description="A page of objects.")
class Connection(AnyConnection, Generic[T]):
    edges: list[Edge[T]] = attribute("The objects with their cursors.")
    nodes: list[T] = attribute("The objects.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Every connection is a Page; which one, its field has said."""
        return isinstance(value, resolvers.pages.Page)
