"""The rows of a small bookshop, and the batch functions that relate them."""

import enum
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import strawberry
from aiodataloader import DataLoader
from strawberry.scalars import JSON

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
            self.shops[f"s{i}"] = ShopRow(
                f"s{i}", "Shop", tuple(chance.sample(list(self.books), 4))
            )


@dataclass
class Context:
    store: Store = field(default_factory=Store)
    calls: list[str] = field(default_factory=list)
    selections: dict[str, Any] = field(default_factory=dict)
    met: list[Any] = field(default_factory=list)
    parent_counts: dict[str, int] = field(default_factory=dict)
    loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    def called(self, name: str, info: Any) -> None:
        self.calls.append(name)
        self.selections[name] = getattr(info, "selection", None)


# --------------------------------------------------------------------------------------- batches

Batch = Callable[..., Awaitable[list[Any]]]


async def author_of_book(info: Any, parents: list[BookRow]) -> list[AuthorRow | None]:
    info.context.called("author_of_book", info)
    info.context.parent_counts["author_of_book"] = len(parents)
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


async def told_of_node(
    info: Any,
    parents: list[Any],
    value: JSON | None = strawberry.UNSET,
    price: Decimal | None = strawberry.UNSET,
) -> list[str]:
    """Tells the arguments exactly: nothing is left out, and 1.0 is not 1.00."""
    info.context.called("told_of_node", info)
    return [f"{parent.id} {value!r} {price!r}" for parent in parents]


def argument(chance: random.Random, place: str, type_: Any) -> Any:
    """A value for an argument of the bookshop: mostly one that fits the rows; see documents.py."""
    if place.endswith((".id", ".ids")):
        id = chance.choice(["a0", "a1", "b0", "b1", "b5", "s0", "nobody"])
        return [id, "b2"] if str(type_).startswith("[") else id
    if place == "RenameInput.name":
        return chance.choice(["Cy", "null", "big", "crash"])
    if place.endswith("books.first") and chance.random() < 0.1:
        return chance.choice([-1, 13])
    if place.endswith("told.value"):
        return chance.choice([None, 1, 1.0, True, "1", [1], {"a": 1}, {"a": True}])
    if place.endswith("told.price"):
        return chance.choice(["1.0", "1.00"])
    return NotImplemented
