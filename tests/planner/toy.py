"""A small bookshop: a Strawberry schema over rows that uses every feature plans support."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from aiodataloader import DataLoader
from strawberry.extensions import FieldExtension
from strawberry.scalars import JSON
from strawberry.types.field import StrawberryField

from tests.planner.toy_rows import (
    AuthorRow,
    Batch,
    BookRow,
    Colour,
    Genre,
    NotFound,
    Page,
    Refused,
    ShopRow,
    Store,
    author_of_book,
    books_of_author,
    books_of_shop,
    echo_of_node,
    is_long,
    total_of_page,
    words_of_node,
)


def batched(batch: Batch, *needs: str) -> Any:
    """A field with a batch function. Plans call it directly, the executor through a DataLoader."""

    async def resolver(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
        loaders = info.context.loaders
        info.context.kept_alive.append(root)  # a new row could have the id of a deleted one
        key = (batch, repr(arguments))
        if key not in loaders:

            async def load(parents: list[Any]) -> list[Any]:
                return await batch(info, parents, **arguments)

            loaders[key] = DataLoader(load, get_cache_key=id)
        # The executor cancels the siblings of a field that fails; others may share this load.
        return await asyncio.shield(loaders[key].load(root))

    root = inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)
    info = root.replace(name="info", annotation=strawberry.Info)
    parameters = [root, info, *list(inspect.signature(batch).parameters.values())[2:]]
    resolver.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # of a function
    resolver.__annotations__ = {p.name: p.annotation for p in parameters}
    metadata = {"batch": batch, "needs": frozenset(needs)}
    return strawberry.field(resolver=resolver, metadata=metadata)


# ----------------------------------------------------------------------------------------- types

T = TypeVar("T")


def type_of(row: type) -> Callable[[type[T]], type[T]]:
    def decorate(cls: type[T]) -> type[T]:
        setattr(cls, "is_type_of", classmethod(lambda _c, value, _i: isinstance(value, row)))
        return strawberry.type(cls)

    return decorate


@strawberry.interface
class Node:
    id: strawberry.ID
    words: list[str | None] = batched(words_of_node, "id")
    echo: str = batched(echo_of_node, "id")


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class BookEdge:
    cursor: str
    node: Annotated["Book", strawberry.lazy("tests.planner.toy")]


Item = TypeVar("Item")


@strawberry.type
class Connection(Generic[Item]):
    nodes: list[Item]
    page_info: PageInfo
    total_count: int = batched(total_of_page, "total")


@strawberry.type
class BookConnection:
    edges: list[BookEdge]
    nodes: list[Annotated["Book", strawberry.lazy("tests.planner.toy")]]
    page_info: PageInfo
    total_count: int = batched(total_of_page, "total")


@strawberry.type
class Label:
    key: str
    value: str


@type_of(AuthorRow)
class Author(Node):
    name: str
    born: int | None
    awards: int
    rating: float | None
    labels: list[Label] | None
    books: BookConnection = batched(books_of_author, "id")

    @strawberry.field
    def shout(self, mark: str = "!") -> str:
        return f"{self.name}{mark}"


@type_of(BookRow)
class Book(Node):
    title: str
    genre: Genre
    colour: Colour | None
    pages: int | None
    price: Decimal | None
    printed_at: datetime
    extra: JSON | None
    tags: list[str]
    in_print: bool
    author: Author | None = batched(author_of_book, "author_id")
    is_long: bool = batched(is_long, "pages")


@type_of(ShopRow)
class Shop(Node):
    title: str
    books: list[Book] = batched(books_of_shop, "book_ids")


@strawberry.interface
class UserError:
    message: str
    path: list[str]


@type_of(NotFound)
class NotFoundError(UserError):
    missing_id: str


@strawberry.input
class AuthorFilter:
    names: list[str] | None = None
    name: str | None = None
    born: int | None = None
    label: strawberry.Maybe[str | None] = None


@strawberry.input(one_of=True)
class AuthorRef:
    id: strawberry.ID | None = strawberry.UNSET
    name: str | None = strawberry.UNSET


class Shout(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


def _find(store: Store, id: str) -> Any:
    return store.authors.get(id) or store.books.get(id) or store.shops.get(id)


@strawberry.type
class Unsupported:
    """Fields that plans do not support."""

    @strawberry.field(extensions=[Shout()])
    def loud(self) -> str:
        return "loud"

    @strawberry.field
    def path(self, info: strawberry.Info) -> list[str]:
        return [str(key) for key in info.path.as_list()]


async def _nodes_by_id(info: Any, queries: Sequence[Mapping[str, Any]]) -> list[Any]:
    info.context.record_call("nodes_by_id", info)
    return [_find(info.context.store, arguments["id"]) for arguments in queries]


@strawberry.type
class Query:
    @strawberry.field(metadata={"load_many": _nodes_by_id})
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        return _find(info.context.store, id)

    @strawberry.field
    async def nodes(self, info: strawberry.Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return [_find(info.context.store, id) for id in ids]

    @strawberry.field
    async def author(self, info: strawberry.Info, by: AuthorRef) -> Author | None:
        info.context.record_call("author", info)
        authors = info.context.store.authors.values()
        return next((a for a in authors if by.id == a.id or by.name == a.name), None)

    @strawberry.field
    async def authors(
        self, info: strawberry.Info, first: int = 3, filter: AuthorFilter | None = None
    ) -> Connection[Author]:
        info.context.record_call("authors", info)
        rows = list(info.context.store.authors.values())
        if filter and filter.names is not None:
            rows = [row for row in rows if row.name in filter.names]
        if filter and filter.name:
            rows = [row for row in rows if row.name == filter.name]
        if filter and filter.label:
            rows = [row for row in rows if row.labels[0].value == filter.label.value]
        return Page(rows[:first], len(rows) > first, len(rows))  # type: ignore[return-value]  # rows stand for types

    @strawberry.field
    def shops(self, info: strawberry.Info) -> list[Shop]:
        return list(info.context.store.shops.values())  # type: ignore[arg-type]  # rows stand for types

    @strawberry.field
    async def search(self, info: strawberry.Info, text: str) -> list[Author | Book]:
        store = info.context.store
        return [*store.authors.values(), *store.books.values()][: len(text)]

    @strawberry.field
    async def grid(self, info: strawberry.Info) -> list[list[Book] | None]:
        books = list(info.context.store.books.values())
        return [books[:2], None, [], books[2:5]]  # type: ignore[list-item]  # rows stand for types

    @strawberry.field
    async def fails(self, hard: bool = False) -> str | None:
        if hard:
            raise ValueError("on purpose")
        return "not this time"

    @strawberry.field
    def unsupported(self) -> Unsupported:
        return Unsupported()


# ------------------------------------------------------------------------------------- mutations


@strawberry.input
class RenameInput:
    id: strawberry.ID
    name: str


@strawberry.interface
class Payload:
    user_errors: list[UserError]


@strawberry.type
class RenamePayload(Payload):
    author: Author | None


class IntoPayload(FieldExtension):
    """Puts the resolver's result, or the problem of Refused as a user error, into the payload."""

    def apply(self, field: StrawberryField) -> None:
        self._payload: Any = field.resolve_type()

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        try:
            return self._payload(author=await next_(source, info, **kwargs), user_errors=[])
        except Refused as refusal:
            return self._payload(author=None, user_errors=[refusal.args[0]])


@strawberry.type
class Mutation:
    @strawberry.mutation(extensions=[IntoPayload()], graphql_type=RenamePayload)
    async def rename(self, info: strawberry.Info, input: RenameInput) -> Any:
        info.context.record_call("rename", info)
        author = info.context.store.authors.get(input.id)
        if author is None:
            raise Refused(NotFound("No such author", ["id"], input.id))
        if input.name == "crash":
            raise ValueError("crashed")
        author.name = 2**80 if input.name == "big" else None if input.name == "null" else input.name
        return author

    @strawberry.mutation
    async def count(self, info: strawberry.Info) -> int:
        info.context.record_call("count", info)
        return len(info.context.store.books)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1


def schema(**options: Any) -> strawberry.Schema:
    types = [Author, Book, Shop, NotFoundError]
    return strawberry.Schema(Query, Mutation, Subscription, types=types, **options)


SCHEMA = schema()
