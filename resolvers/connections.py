"""Builds the resolvers of connections from what differs between them.

All connections take the same arguments and load their pages in one of two ways, so each is declared
by its listing, description, default order, filter and orders (docs/decisions/0022).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar

from db.reads import keyset
from db.reads.keyset import Listing, Relation
from db.reads.windows import Position, Window
from domain.access import Identity
from resolvers import cursors, orders
from resolvers.arguments import describe
from resolvers.context import Batch, Info
from resolvers.errors import RequestError
from resolvers.filters import conditions
from resolvers.orders import Order, OrderDirection
from resolvers.pages import SIZE_DEFAULT, Page, PageQuery
from resolvers.parents import node_attributes

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_PAGE: Any = Page  # subscripted with types that only run time knows
_PAGING = {
    "first": Annotated[int | None, describe("Page size from the start, 1 to 100; default 20.")],
    "after": Annotated[str | None, describe("Only items after this cursor.")],
    "last": Annotated[int | None, describe("Page size from the end, 1 to 100; not with first.")],
    "before": Annotated[str | None, describe("Only items before this cursor.")],
}
_FILTER = describe("Only items that match the filter; all by default.")


@dataclass(frozen=True, slots=True)
class PageArguments:
    """The arguments of a connection; None where the client sets none."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    filter: Any = None
    order_by: Any = None


def of_all(
    listing: Listing, description: str, *, default: Order, filter: Any = None, order_by: Any = None
) -> Callable[..., Awaitable[Page[Any]]]:
    """The resolver of a connection over all rows of a listing; one statement."""

    async def page(info: Info, **arguments: Any) -> Page[Any]:
        query = _query(info, listing, PageArguments(**arguments), default)
        source, selected = info.context.reader, node_attributes(info)
        found = await keyset.one_page(source, listing, query.conditions, query.window, selected)
        return Page(found.rows, found.has_more, query)

    types = {"info": Info, **_argument_types(default, filter, order_by)}
    return _declared(page, description, types | {"return": _PAGE[listing.table]})


def of_parents(
    relation: Relation,
    parent: Any,
    description: str,
    *,
    default: Order,
    filter: Any = None,
    order_by: Any = None,
) -> Batch:
    """The batch of a connection on each row of type `parent`; one statement for all parents."""

    async def pages(info: Info, parents: Sequence[Any], **arguments: Any) -> list[Page[Any]]:
        query = _query(info, relation.listing, PageArguments(**arguments), default, relation)
        source, selected = info.context.reader, node_attributes(info)
        ids = list(dict.fromkeys(row.id for row in parents))
        slices = await keyset.page_per_parent(
            source, relation, ids, query.conditions, query.window, selected
        )
        return [Page(*slices[row.id], query, row.id) for row in parents]

    types = {"info": Info, "parents": list[parent], **_argument_types(default, filter, order_by)}
    return _declared(pages, description, types | {"return": list[_PAGE[relation.listing.table]]})


def of_caller(
    listing: Listing,
    parent: Any,
    description: str,
    *,
    default: Order,
    conditions: Callable[[Identity], dict[str, Any]],
) -> Batch:
    """The batch of a connection on the caller: over the rows that meet the caller's conditions."""

    async def pages(info: Info, parents: Sequence[Any], **arguments: Any) -> list[Page[Any]]:
        query = _query(info, listing, PageArguments(**arguments), default)
        query = replace(query, conditions=conditions(info.context.identity))
        source, selected = info.context.reader, node_attributes(info)
        found = await keyset.one_page(source, listing, query.conditions, query.window, selected)
        return [Page(found.rows, found.has_more, query)] * len(parents)

    types = {"info": Info, "parents": list[parent], **_argument_types(default, None, None)}
    return _declared(pages, description, types | {"return": list[_PAGE[listing.table]]})


def _argument_types(default: Order, filter: Any, order_by: Any) -> dict[str, Any]:
    types: dict[str, Any] = dict(_PAGING)
    if filter is not None:
        types["filter"] = Annotated[filter | None, _FILTER]
    if order_by is not None:
        order = describe(f"The order of the items; {default.field} {default.direction} by default.")
        types["order_by"] = Annotated[order_by | None, order]
    return types


def _declared(function: FunctionT, description: str, types: dict[str, Any]) -> FunctionT:
    """The function with the docstring and the signature that its field is made from."""
    function.__doc__ = description
    function.__annotations__ = types
    kind, required = Parameter.POSITIONAL_OR_KEYWORD, ("info", "parents")
    parameters = [
        Parameter(name, kind, annotation=t, default=Parameter.empty if name in required else None)
        for name, t in types.items()
        if name != "return"
    ]
    setattr(function, "__signature__", Signature(parameters, return_annotation=types["return"]))
    return function


def _query(
    info: Info,
    listing: Listing,
    arguments: PageArguments,
    default: Order,
    relation: Relation | None = None,
) -> PageQuery:
    """The query of a page; raises RequestError for sizes and cursors that are not valid."""
    order = arguments.order_by or default
    parameters = orders.parameters_of(order)
    name = " ".join(
        (listing.table.__name__, order.field, order.direction, *map(str, parameters.values()))
    )
    key_type = listing.keys[order.field].type.python_type
    window = Window(
        key=order.field,
        descending=order.direction == OrderDirection.DESC,
        limit=_size(arguments, info.context.service.limits.max_page_size),
        after=_position(name, key_type, arguments.after, "after"),
        before=_position(name, key_type, arguments.before, "before"),
        from_end=arguments.last is not None,
        parameters=tuple(parameters.items()),
    )
    return PageQuery(listing, conditions(arguments.filter), window, name, relation)


def _position(order: str, key_type: type, cursor: str | None, argument: str) -> Position | None:
    return None if cursor is None else cursors.decode(order, key_type, cursor, argument)


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
