"""Pages of connections: their arguments, their rows, and the two ways to load them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from db.reads import keyset
from db.reads.keyset import Listing, Position, Relation, Window
from resolvers import cursors
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.filters import conditions
from resolvers.orders import Order, OrderDirection
from resolvers.parents import node_attributes

RowT = TypeVar("RowT")
SIZE_DEFAULT = 20

First: TypeAlias = Annotated[int | None, describe("How many from the start, 1 to 100; default 20.")]
After: TypeAlias = Annotated[str | None, describe("Only what comes after this cursor.")]
Last: TypeAlias = Annotated[
    int | None, describe("How many from the end, 1 to 100; not with first.")
]
Before: TypeAlias = Annotated[str | None, describe("Only what comes before this cursor.")]


@dataclass(slots=True)  # not frozen, as Page
class Edge(Generic[RowT]):
    """A row and its place in the order asked for."""

    node: RowT
    order: str

    @property
    def cursor(self) -> str:
        """The place as opaque text; made only when somebody reads it."""
        row: Any = self.node
        return cursors.encode(self.order, Position(row.sort_key, row.id))


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Whether there is more on either side, and the cursors to go on from."""

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

    def _cursor(self, place: int) -> str | None:
        nodes = self.page.nodes
        return Edge(nodes[place], self.page.query.order).cursor if nodes else None


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What pages that were read together are pages of: enough to go on, and to count them."""

    listing: Listing
    given: dict[str, Any]
    window: Window
    order: str
    relation: Relation | None = None


@dataclass(slots=True)  # hundreds in an answer: a frozen one takes 350 ns to make, this 100
class Page(Generic[RowT]):
    """Some consecutive rows of a listing; what is not asked for is not made."""

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
        """What lies before and after. Of the side not paged to, a cursor given tells."""
        window = self.query.window
        after, before = window.after is not None, window.before is not None
        if window.from_end:
            return PageInfo(self, has_next_page=before, has_previous_page=self.has_more)
        return PageInfo(self, has_next_page=self.has_more, has_previous_page=after)


@dataclass(frozen=True, slots=True)
class PageArguments:
    """The arguments of a connection as the client gave them."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    filter: Any = None
    order_by: Any = None


async def of_all(
    info: Info, listing: Listing, arguments: PageArguments, default: Order
) -> Page[Any]:
    """A page of all rows of a listing; one statement."""
    window, order = _window(info, listing, arguments, default)
    where = conditions(arguments.filter)
    source = info.context.db.reader
    found = await keyset.one_page(source, listing, where, window, node_attributes(info))
    return Page(found.rows, found.has_more, PageQuery(listing, where, window, order))


async def of_parents(
    info: Info, parents: Sequence[Any], relation: Relation, arguments: PageArguments, default: Order
) -> list[Page[Any]]:
    """A page for each parent; one statement."""
    listing = relation.listing
    window, order = _window(info, listing, arguments, default)
    where = conditions(arguments.filter)
    ids = list(dict.fromkeys(row.id for row in parents))
    source = info.context.db.reader
    found = await keyset.page_per_parent(
        source, relation, ids, where, window, node_attributes(info)
    )
    query = PageQuery(listing, where, window, order, relation)
    return [Page(*found[row.id], query, row.id) for row in parents]


async def total_counts(info: Info, parents: list[Page[Any]]) -> list[int]:
    """How many there are on all pages together; runs its own query, and only when selected."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for place, page in enumerate(parents):
        query = page.query
        groups[id(query.listing), id(query.relation), id(query.given)].append(place)
    totals = [0] * len(parents)
    for places in groups.values():
        pages = [parents[place] for place in places]
        for place, total in zip(places, await _counts(info, pages), strict=True):
            totals[place] = total
    return totals


async def _counts(info: Info, pages: list[Page[Any]]) -> list[int]:
    source, query = info.context.db.reader, pages[0].query
    if query.relation is None:
        return [await keyset.count(source, query.listing, query.given)] * len(pages)
    ids = [page.parent_id for page in pages if page.parent_id is not None]
    found = await keyset.count_per_parent(source, query.relation, ids, query.given)
    return [found[key] for key in ids]


def _window(
    info: Info, listing: Listing, arguments: PageArguments, default: Order
) -> tuple[Window, str]:
    order = arguments.order_by or default
    name = f"{listing.table.__name__} {order.field} {order.direction}"
    key_type = listing.keys[order.field].type.python_type
    size_max = info.context.service.limits.max_page_size
    window = Window(
        key=order.field,
        descending=order.direction == OrderDirection.DESC,
        limit=_size(arguments, size_max),
        after=cursors.decode(name, key_type, arguments.after, "after")
        if arguments.after is not None
        else None,
        before=cursors.decode(name, key_type, arguments.before, "before")
        if arguments.before is not None
        else None,
        from_end=arguments.last is not None,
    )
    return window, name


def _size(arguments: PageArguments, size_max: int) -> int:
    if arguments.first is not None and arguments.last is not None:
        raise RequestError("first and last cannot be given together")
    name, size = (
        ("last", arguments.last) if arguments.last is not None else ("first", arguments.first)
    )
    if size is None:
        return min(SIZE_DEFAULT, size_max)
    if not 1 <= size <= size_max:
        raise RequestError(f"{name} must be from 1 to {size_max}, not {size}")
    return size
