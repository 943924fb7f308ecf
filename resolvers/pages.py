"""Pages of connections: their rows, cursors and total counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from db.reads import keyset
from db.reads.keyset import Listing, Relation
from db.reads.windows import Position, Window
from resolvers import cursors
from resolvers.context import Info

RowT = TypeVar("RowT")
SIZE_DEFAULT = 20


@dataclass(slots=True)  # not frozen, as Page
class Edge(Generic[RowT]):
    """A row of a page, and the order that its cursor is a position in."""

    node: RowT
    order: str

    @property
    def cursor(self) -> str:
        """The row's position as opaque text; computed only when it is selected."""
        row: Any = self.node
        return cursors.encode(self.order, Position(row.sort_key, row.id))


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Whether there are rows before and after a page, and its first and last cursor."""

    page: "Page[Any]"
    has_next_page: bool
    has_previous_page: bool

    @property
    def start_cursor(self) -> str | None:
        """The first row's cursor; None on an empty page."""
        return self._cursor(0)

    @property
    def end_cursor(self) -> str | None:
        """The last row's cursor; None on an empty page."""
        return self._cursor(-1)

    def _cursor(self, index: int) -> str | None:
        nodes = self.page.nodes
        return Edge(nodes[index], self.page.query.order).cursor if nodes else None


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The query that read one page, or the pages of several parents."""

    listing: Listing
    conditions: dict[str, Any]
    window: Window
    order: str
    relation: Relation | None = None

    def counts_like(self, other: "PageQuery") -> bool:
        """Whether one statement counts both: they differ in nothing but window and order."""
        return self is other or (
            self.listing is other.listing
            and self.relation is other.relation
            and self.conditions == other.conditions
        )


@dataclass(slots=True)  # a response may hold hundreds: frozen takes 350 ns each, this 100
class Page(Generic[RowT]):
    """Consecutive rows of a listing; edges and cursors are computed only when selected."""

    nodes: Sequence[RowT]
    has_more: bool
    query: PageQuery
    parent_id: UUID | None = None

    @property
    def edges(self) -> list[Edge[RowT]]:
        """The rows with their cursors."""
        return [Edge(row, self.query.order) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Whether there are more rows; on the side not paged to, a cursor means that there are."""
        window = self.query.window
        after, before = window.after is not None, window.before is not None
        if window.from_end:
            return PageInfo(self, has_next_page=before, has_previous_page=self.has_more)
        return PageInfo(self, has_next_page=self.has_more, has_previous_page=after)


async def total_counts(info: Info, parents: list[Page[Any]]) -> list[int]:
    """How many items all pages have together; costs a query of its own, only when selected."""
    groups: list[list[int]] = []  # indexes of the pages that one statement counts
    for index, page in enumerate(parents):
        group = next((g for g in groups if parents[g[0]].query.counts_like(page.query)), None)
        if group is None:
            groups.append([index])
        else:
            group.append(index)
    totals = [0] * len(parents)
    for group in groups:
        counts = await _counts(info, [parents[index] for index in group])
        for index, count in zip(group, counts, strict=True):
            totals[index] = count
    return totals


async def _counts(info: Info, pages: list[Page[Any]]) -> list[int]:
    source, query = info.context.reader, pages[0].query
    if query.relation is None:
        return [await keyset.count(source, query.listing, query.conditions)] * len(pages)
    ids = [page.parent_id for page in pages if page.parent_id is not None]
    counts = await keyset.count_per_parent(source, query.relation, ids, query.conditions)
    return [counts[key] for key in ids]
