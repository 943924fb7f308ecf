"""Pages of connections: their arguments, their rows, and the two ways to load them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from db import keyset
from db.keyset import Listing, Position, Slice, Window
from resolvers import cursors
from resolvers.arguments import told
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.filters import given
from resolvers.orders import Order, OrderDirection

RowT = TypeVar("RowT")
SIZE_DEFAULT = 20

First: TypeAlias = Annotated[int | None, told("How many from the start, 1 to 100; default 20.")]
After: TypeAlias = Annotated[str | None, told("Only what comes after this cursor.")]
Last: TypeAlias = Annotated[int | None, told("How many from the end, 1 to 100; not with first.")]
Before: TypeAlias = Annotated[str | None, told("Only what comes before this cursor.")]


@dataclass(frozen=True, slots=True)
class Edge(Generic[RowT]):
    """A row and its place in the order asked for."""

    node: RowT
    key: Any
    order: str

    @property
    def cursor(self) -> str:
        """The place as opaque text; made only when somebody reads it."""
        return cursors.encode(self.order, Position(self.key, self.node.id))  # type: ignore[attr-defined]  # every listed row has an id


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Whether there is more on either side, and the cursors to go on from."""

    has_next_page: bool
    has_previous_page: bool
    first_edge: Edge[Any] | None
    last_edge: Edge[Any] | None

    @property
    def start_cursor(self) -> str | None:
        """The first row's cursor; None on an empty page."""
        return self.first_edge.cursor if self.first_edge else None

    @property
    def end_cursor(self) -> str | None:
        """The last row's cursor; None on an empty page."""
        return self.last_edge.cursor if self.last_edge else None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page is a page of, so that it can be counted when somebody asks."""

    listing: Listing
    given: dict[str, Any]
    parent: str | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some consecutive rows of a listing."""

    edges: list[Edge[RowT]]
    page_info: PageInfo
    scope: Scope

    @property
    def nodes(self) -> list[RowT]:
        """The rows without their cursors."""
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a connection as the client gave them."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    filter: Any = None
    order_by: Any = None


async def of_all(info: Info, listing: Listing, asked: Asked, default: Order) -> Page[Any]:
    """A page of all rows of a listing; one statement."""
    window, order = _window(info, listing, asked, default)
    where = given(asked.filter)
    async with info.context.db.read() as session:
        rows = await keyset.one_page(session, listing, where, window)
    return _page(rows, window, order, Scope(listing, where))


async def of_parents(
    info: Info,
    parents: Sequence[Any],
    relation: tuple[Listing, str],
    asked: Asked,
    default: Order,
) -> list[Page[Any]]:
    """A page for each parent; the relation is a listing and its foreign key. One statement."""
    listing, parent = relation
    window, order = _window(info, listing, asked, default)
    where = given(asked.filter)
    ids = list(dict.fromkeys(row.id for row in parents))
    async with info.context.db.read() as session:
        slices = await keyset.page_per_parent(session, listing, parent, ids, where, window)
    return [
        _page(slices[row.id], window, order, Scope(listing, where, parent, row.id))
        for row in parents
    ]


async def total_counts(info: Info, parents: list[Page[Any]]) -> list[int]:
    """How many there are on all pages together; runs its own query, and only when selected."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for place, page in enumerate(parents):
        groups[id(page.scope.listing), page.scope.parent, id(page.scope.given)].append(place)
    totals = [0] * len(parents)
    for places in groups.values():
        scopes = [parents[place].scope for place in places]
        for place, total in zip(places, await _counts(info, scopes), strict=True):
            totals[place] = total
    return totals


async def _counts(info: Info, scopes: list[Scope]) -> list[int]:
    listing, where, parent = scopes[0].listing, scopes[0].given, scopes[0].parent
    async with info.context.db.read() as session:
        if parent is None:
            return [await keyset.count(session, listing, where)] * len(scopes)
        ids = [scope.parent_id for scope in scopes if scope.parent_id is not None]
        found = await keyset.count_per_parent(session, listing, parent, ids, where)
    return [found[key] for key in ids]


def _window(info: Info, listing: Listing, asked: Asked, default: Order) -> tuple[Window, str]:
    order = asked.order_by or default
    name = f"{listing.table.__name__} {order.field} {order.direction}"
    key_type = listing.keys[order.field].type.python_type
    size_max = info.context.service.limits.max_page_size
    window = Window(
        key=order.field,
        descending=order.direction == OrderDirection.DESC,
        limit=_size(asked, size_max),
        after=cursors.decode(name, key_type, asked.after, "after")
        if asked.after is not None
        else None,
        before=cursors.decode(name, key_type, asked.before, "before")
        if asked.before is not None
        else None,
        from_end=asked.last is not None,
    )
    return window, name


def _size(asked: Asked, size_max: int) -> int:
    if asked.first is not None and asked.last is not None:
        raise RequestError("first and last cannot be given together")
    name, size = ("last", asked.last) if asked.last is not None else ("first", asked.first)
    if size is None:
        return min(SIZE_DEFAULT, size_max)
    if not 1 <= size <= size_max:
        raise RequestError(f"{name} must be from 1 to {size_max}, not {size}")
    return size


def _page(found: Slice, window: Window, order: str, scope: Scope) -> Page[Any]:
    edges = [Edge(row, key, order) for row, key in found.rows]
    before = found.has_more if window.from_end else window.after is not None
    after = window.before is not None if window.from_end else found.has_more
    ends = (edges[0], edges[-1]) if edges else (None, None)
    return Page(edges, PageInfo(after, before, *ends), scope)
