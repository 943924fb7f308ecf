"""A small shop of books, as a Strawberry schema over rows; it uses all that the planner knows."""

import enum
import inspect
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import strawberry
from aiodataloader import DataLoader
from strawberry.extensions import FieldExtension
from strawberry.scalars import JSON
from strawberry.types.field import StrawberryField

# ------------------------------------------------------------------------------------------ rows


@strawberry.enum
class Genre(enum.StrEnum):
    NOVEL = "novel"
    POETRY = "poetry"


@strawberry.enum
class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class AuthorRow:
    id: str
    name: Any
    born: Any
    awards: Any
    rating: Any
    labels: Any = None


class BookRow(NamedTuple):
    id: str
    title: Any
    genre: Any
    colour: Any
    pages: Any
    price: Any
    printed_at: Any
    extra: Any
    tags: Any
    author_id: str
    in_print: Any = True


class ShopRow(NamedTuple):
    id: str
    title: str
    book_ids: tuple[str, ...]


class LabelRow(NamedTuple):
    key: str
    value: Any


class Edge(NamedTuple):
    cursor: str
    node: Any


class PageInfoRow(NamedTuple):
    has_next_page: bool
    end_cursor: str | None


@dataclass
class Page:
    rows: Sequence[Any]
    has_next_page: bool
    total: int

    @property
    def nodes(self) -> list[Any]:
        return list(self.rows)

    @property
    def edges(self) -> list[Edge]:
        return [Edge(getattr(row, "id", "-"), row) for row in self.rows]

    @property
    def page_info(self) -> PageInfoRow:
        end = getattr(self.rows[-1], "id", None) if self.rows else None
        return PageInfoRow(self.has_next_page, end)


class NotFound(NamedTuple):
    message: str
    path: list[str]
    wanted: str


class Refused(Exception):
    pass


# ----------------------------------------------------------------------------------------- store

_WRONG = (None, 2**40, float("nan"), object(), ValueError("wrong"), "x", [1], True, 1.5, Decimal(3))


@dataclass
class Store:
    """``dirt`` is the share of attributes that hold what their field does not promise."""

    seed: int = 0
    dirt: float = 0.0
    authors: dict[str, AuthorRow] = field(default_factory=dict)
    books: dict[str, BookRow] = field(default_factory=dict)
    shops: dict[str, ShopRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)

        def some(*values: Any) -> Any:
            return chance.choice(_WRONG if chance.random() < self.dirt else values)

        for i in range(4):
            labels = [LabelRow("k", some("v", "w")), LabelRow("l", some("w"))]
            self.authors[f"a{i}"] = AuthorRow(
                f"a{i}", some("Ada", "Bo"), some(None, 1900), some(0, 3), some(4.5, 2, None), labels
            )
        for i in range(9):
            self.books[f"b{i}"] = BookRow(
                f"b{i}",
                some("T", "U"),
                some(*Genre, "novel"),
                some(None, *Colour),
                some(100, None),
                some(Decimal("1.50"), None),
                some(datetime(2024, 1, 2, tzinfo=UTC)),
                some({"a": [1]}, None),
                some(["x", "y"], (), ["z"]),
                f"a{chance.randrange(5)}",  # a4 does not exist
                some(True, False),
            )
        for i in range(2):
            self.shops[f"s{i}"] = ShopRow(f"s{i}", "Shop", tuple(chance.sample(list(self.books), 4)))


@dataclass
class Context:
    store: Store = field(default_factory=Store)
    calls: list[str] = field(default_factory=list)
    selections: dict[str, Any] = field(default_factory=dict)
    loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    def called(self, name: str, info: Any) -> None:
        self.calls.append(name)
        self.selections[name] = getattr(info, "selection", None)


# --------------------------------------------------------------------------------------- batches

Batch = Callable[..., Awaitable[list[Any]]]


def batched(batch: Batch, *needs: str) -> Any:
    """A field answered by its batch function: alone by a plan, through a loader by the executor."""

    async def resolver(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
        loaders = info.context.loaders
        key = (batch, repr(arguments))
        if key not in loaders:

            async def load(parents: list[Any]) -> list[Any]:
                return await batch(info, parents, **arguments)

            loaders[key] = DataLoader(load, get_cache_key=id)
        return await loaders[key].load(root)

    taken = list(inspect.signature(batch).parameters.values())[2:]
    own = [inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)]
    own.append(own[0].replace(name="info", annotation=strawberry.Info))
    resolver.__signature__ = inspect.Signature([*own, *taken])  # type: ignore[attr-defined]
    resolver.__annotations__ = {p.name: p.annotation for p in [*own, *taken]}
    metadata = {"batch": batch, "needs": frozenset(needs)}
    return strawberry.field(resolver=resolver, metadata=metadata)


async def author_of_book(info: Any, parents: list[BookRow]) -> list[AuthorRow | None]:
    info.context.called("author_of_book", info)
    return [info.context.store.authors.get(book.author_id) for book in parents]


async def books_of_author(
    info: Any, parents: list[AuthorRow], first: int = 2, genre: Genre | None = None
) -> list[Any]:
    info.context.called("books_of_author", info)
    if first < 0:
        raise ValueError("first must not be negative")
    books = info.context.store.books.values()
    answer: list[Any] = []
    for author in parents:
        if first == 13 and author.id == "a1":
            answer.append(ValueError("unlucky"))
            continue
        own = [b for b in books if b.author_id == author.id and genre in (None, b.genre)]
        answer.append(Page(own[:first], len(own) > first, len(own)))
    return answer


async def total_of_page(info: Any, parents: list[Page]) -> list[int]:
    info.context.called("total_of_page", info)
    return [page.total for page in parents]


async def books_of_shop(info: Any, parents: list[ShopRow]) -> list[list[BookRow]]:
    info.context.called("books_of_shop", info)
    return [[info.context.store.books[id] for id in shop.book_ids] for shop in parents]


async def is_long(info: Any, parents: list[BookRow]) -> list[bool]:
    return [isinstance(book.pages, int) and book.pages > 99 for book in parents]


async def words_of_node(info: Any, parents: list[Any], times: int = 1) -> list[list[str | None]]:
    return [[parent.id, None] * times for parent in parents]


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
    wanted: str


@strawberry.input
class AuthorFilter:
    names: list[str] | None = None
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
class Query:
    version: strawberry.Private[str] = ""

    @strawberry.field
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        return _find(info.context.store, id)

    @strawberry.field
    async def nodes(self, info: strawberry.Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return [_find(info.context.store, id) for id in ids]

    @strawberry.field
    async def author(self, info: strawberry.Info, by: AuthorRef) -> Author | None:
        info.context.called("author", info)
        authors = info.context.store.authors.values()
        return next((a for a in authors if by.id == a.id or by.name == a.name), None)

    @strawberry.field
    async def authors(
        self, info: strawberry.Info, first: int = 3, filter: AuthorFilter | None = None
    ) -> Connection[Author]:
        info.context.called("authors", info)
        rows = list(info.context.store.authors.values())
        if filter and filter.names is not None:
            rows = [row for row in rows if row.name in filter.names]
        if filter and filter.label:
            rows = [row for row in rows if row.labels[0].value == filter.label.value]
        return Page(rows[:first], len(rows) > first, len(rows))  # type: ignore[return-value]

    @strawberry.field
    def shops(self, info: strawberry.Info) -> list[Shop]:
        return list(info.context.store.shops.values())  # type: ignore[arg-type]

    @strawberry.field
    async def search(self, info: strawberry.Info, text: str) -> list[Author | Book]:
        store = info.context.store
        return [*store.authors.values(), *store.books.values()][: len(text)]

    @strawberry.field
    async def grid(self, info: strawberry.Info) -> list[list[Book] | None]:
        books = list(info.context.store.books.values())
        return [books[:2], None, [], books[2:5]]  # type: ignore[list-item]

    @strawberry.field
    async def fails(self, hard: bool = False) -> str | None:
        if hard:
            raise ValueError("on purpose")
        return "not this time"

    @strawberry.field(extensions=[Shout()])
    def loud(self) -> str:
        return "loud"

    @strawberry.field
    def path(self, info: strawberry.Info) -> list[str]:
        return [str(key) for key in info.path.as_list()]  # type: ignore[attr-defined]


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
    """What a resolver returns fills its payload; what it refuses becomes user errors."""

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
        info.context.called("rename", info)
        author = info.context.store.authors.get(input.id)
        if author is None:
            raise Refused(NotFound("No such author", ["id"], input.id))
        if input.name == "crash":
            raise ValueError("crashed")
        author.name = 2**80 if input.name == "big" else None if input.name == "null" else input.name
        return author

    @strawberry.mutation
    async def count(self, info: strawberry.Info) -> int:
        info.context.called("count", info)
        return len(info.context.store.books)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1


def schema(**given: Any) -> strawberry.Schema:
    types = [Author, Book, Shop, NotFoundError]
    return strawberry.Schema(Query, Mutation, Subscription, types=types, **given)


SCHEMA = schema()
