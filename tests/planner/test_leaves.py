"""Every type of leaf with every kind of value: the plan's result is exact, or it falls back."""

import datetime
import enum
import math
import uuid
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, NewType

import pytest
import strawberry
from graphql import ExecutionResult, Undefined, parse
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from planner import FallbackToExecutor, Planner, QueryPlan
from tests.planner.executors import run_executor, run_plan


@strawberry.enum
class Word(enum.StrEnum):
    ONE = "one"
    UNO = "uno"


@strawberry.enum
class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


@strawberry.enum
class Thing(enum.Enum):
    LIST = (1, 2)
    NAMED = strawberry.enum_value("x", name="RENAMED")


class Text(str):
    pass


class Shown:
    def __str__(self) -> str:
        return "shown"


Code = NewType("Code", str)
SCALARS: dict[object, Any] = {Code: strawberry.scalar(name="Code", serialize=str)}
KINDS: list[Any] = [
    *(str, int, float, bool, strawberry.ID, Word, Number, Thing, JSON),
    *(Decimal, uuid.UUID, datetime.datetime, datetime.date),
    *(list[str], list[int | None], list[list[Word]], Code),
]
TEXTS = ["{ row { required } }", "{ row { optional } }", "{ alone }"]
VALUES: list[Any] = [
    *(None, Undefined, "", "one", "uno", "1", "x", "true", Text("one"), b"one", Shown()),
    *(0, 1, 2, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**400, True, False),
    *(0.0, 1.0, 1.5, math.inf, -math.inf, math.nan, 3e9, Decimal("1.50"), Fraction(1, 2)),
    *(Word.ONE, Word.UNO, Number.ONE, Number.TWO, Thing.LIST, Thing.NAMED, (1, 2)),
    *(ValueError("v"), KeyError, object(), {}, {"a": 1}, {1}, frozenset(["a"]), range(2)),
    *([], ["a"], [1], [None], ("a", "b"), ["a", None], [[]], [["one", Word.UNO]], [[None]]),
    *(uuid.UUID(int=1), datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)),
    *(datetime.date(2024, 1, 2), datetime.timedelta(1)),
]


@dataclass
class Row:
    value: Any


def _query(kind: Any) -> type:
    @strawberry.type
    class Leaf:
        required: kind = strawberry.field(name="required")
        optional: kind | None = strawberry.field(name="optional")

    class Source(NamedTuple):
        required: Any
        optional: Any

    async def batch(info: Any, parents: list[Any]) -> list[Any]:
        return [info.context] * len(parents)

    async def resolver(info: strawberry.Info) -> Any:
        return info.context

    @strawberry.type
    class Query:
        @strawberry.field(graphql_type=Leaf)
        async def row(self, info: strawberry.Info) -> Any:
            return Source(info.context, info.context)

        alone: kind | None = strawberry.field(resolver=resolver, metadata={"batch": batch})

    return Query


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_a_leaf_is_serialized_exactly(kind: Any, text: str) -> None:
    schema = strawberry.Schema(_query(kind), config=StrawberryConfig(scalar_map=SCALARS))
    document = parse(text)
    plan = Planner(schema).plan(document, None, text)
    assert isinstance(plan, QueryPlan)
    for value in VALUES:
        expected = await run_executor(schema, document, value)
        try:
            result = await run_plan(plan, schema, document, value)
        except FallbackToExecutor:
            assert expected.errors or value is Undefined, value
        else:
            assert _shown(result) == _shown(expected), value


def _shown(result: ExecutionResult) -> str:
    return f"{result.data!r} {[error.formatted for error in result.errors or ()]}"
