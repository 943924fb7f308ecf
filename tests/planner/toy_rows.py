"""The rows of a small bookshop, and the batch functions of its fields."""

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
    missing_id: str


class Refused(Exception):
    pass


# ----------------------------------------------------------------------------------------- store

_WRONG_VALUES = (
    *(None, 2**40, float("nan"), object(), ValueError("wrong")),
    *("x", [1], True, 1.5, Decimal(3)),
)


@dataclass
class Store:
    """``wrong_share`` is the share of attributes whose value is wrong for the field's type."""

    seed: int = 0
    wrong_share: float = 0.0
    authors: dict[str, AuthorRow] = field(default_factory=dict)
    books: dict[str, BookRow] = field(default_factory=dict)
    shops: dict[str, ShopRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)

        def pick(*values: Any) -> Any:
            return rng.choice(_WRONG_VALUES if rng.random() < self.wrong_share else values)

        for i in range(4):
            labels = [LabelRow("k", pick("v", "w")), LabelRow("l", pick("w"))]
            self.authors[f"a{i}"] = AuthorRow(
                f"a{i}", pick("Ada", "Bo"), pick(None, 1900), pick(0, 3), pick(4.5, 2, None), labels
            )
        for i in range(9):
            self.books[f"b{i}"] = BookRow(
                f"b{i}",
                pick("T", "U"),
                pick(*Genre, "novel"),
                pick(None, *Colour),
                pick(100, None),
                pick(Decimal("1.50"), None),
                pick(datetime(2024, 1, 2, tzinfo=UTC)),
                pick({"a": [1]}, None),
                pick(["x", "y"], (), ["z"]),
                f"a{rng.randrange(5)}",  # a4 does not exist
                pick(True, False),
            )
        for i in range(2):
            self.shops[f"s{i}"] = ShopRow(f"s{i}", "Shop", tuple(rng.sample(list(self.books), 4)))


@dataclass
class Context:
    store: Store = field(default_factory=Store)
    calls: list[str] = field(default_factory=list)
    selections: dict[str, Any] = field(default_factory=dict)
    kept_alive: list[Any] = field(default_factory=list)
    parent_counts: dict[str, int] = field(default_factory=dict)
    loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    def record_call(self, name: str, info: Any) -> None:
        self.calls.append(name)
        self.selections[name] = getattr(info, "selection", None)


# --------------------------------------------------------------------------------------- batches

Batch = Callable[..., Awaitable[list[Any]]]


async def author_of_book(info: Any, parents: list[BookRow]) -> list[AuthorRow | None]:
    info.context.record_call("author_of_book", info)
    info.context.parent_counts["author_of_book"] = len(parents)
    return [info.context.store.authors.get(book.author_id) for book in parents]


async def books_of_author(
    info: Any, parents: list[AuthorRow], first: int = 2, genre: Genre | None = None
) -> list[Any]:
    info.context.record_call("books_of_author", info)
    if first < 0:
        raise ValueError("first must not be negative")
    books = info.context.store.books.values()
    pages: list[Any] = []
    for author in parents:
        if first == 13 and author.id == "a1":
            pages.append(ValueError("unlucky"))
            continue
        written = [b for b in books if b.author_id == author.id and genre in (None, b.genre)]
        pages.append(Page(written[:first], len(written) > first, len(written)))
    return pages


async def total_of_page(info: Any, parents: list[Page]) -> list[int]:
    info.context.record_call("total_of_page", info)
    return [page.total for page in parents]


async def books_of_shop(info: Any, parents: list[ShopRow]) -> list[list[BookRow]]:
    info.context.record_call("books_of_shop", info)
    return [[info.context.store.books[id] for id in shop.book_ids] for shop in parents]


async def is_long(info: Any, parents: list[BookRow]) -> list[bool]:
    return [isinstance(book.pages, int) and book.pages > 99 for book in parents]


async def words_of_node(info: Any, parents: list[Any], times: int = 1) -> list[list[str | None]]:
    return [[parent.id, None] * times for parent in parents]


async def echo_of_node(
    info: Any,
    parents: list[Any],
    value: JSON | None = strawberry.UNSET,
    price: Decimal | None = strawberry.UNSET,
) -> list[str]:
    """The exact arguments: a missing one is not None, and 1.0 is not 1.00."""
    info.context.record_call("echo_of_node", info)
    return [f"{parent.id} {value!r} {price!r}" for parent in parents]


def argument(rng: random.Random, coordinate: str, type_: Any) -> Any:
    """The bookshop's MakeValue (documents.py): most values match a row."""
    if coordinate.endswith((".id", ".ids")):
        id = rng.choice(["a0", "a1", "b0", "b1", "b5", "s0", "nobody"])
        return [id, "b2"] if str(type_).startswith("[") else id
    if coordinate == "RenameInput.name":
        return rng.choice(["Cy", "null", "big", "crash"])
    if coordinate.endswith("books.first") and rng.random() < 0.1:
        return rng.choice([-1, 13])
    if coordinate.endswith("echo.value"):
        return rng.choice([None, 1, 1.0, True, "1", [1], {"a": 1}, {"a": True}])
    if coordinate.endswith("echo.price"):
        return rng.choice(["1.0", "1.00"])
    return NotImplemented
