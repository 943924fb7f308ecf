"""CPU time of documents by the stock executor and by plans: ``python -m tests.planner.measure``."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any

from graphql import parse

from planner import Planner, QueryPlan
from tests.planner import toy, toy_rows
from tests.planner.executors import run_executor, run_plan

DOCUMENTS = MappingProxyType(
    {
        "point": '{ author(by: {id: "a0"}) { id name born awards rating } }',
        "gateway": """query($n: Int = 3) { author(by: {id: "a0"}) { id name books(first: $n) {
            nodes { id title genre colour pages inPrint printedAt
            author { id name awards } } } } }""",
        "dashboard": """{ authors(first: 20) { totalCount nodes { id name born awards rating
            books(first: 30) { nodes { id title genre colour pages inPrint printedAt
            price tags } } } } }""",
    }
)
_ROUNDS = 300
_ROUND_S = 0.005  # a short round is seldom interrupted by other processes


def _store() -> toy_rows.Store:
    store = toy_rows.Store()
    author, book = store.authors["a0"], store.books["b0"]
    store.authors |= {f"a{i}": toy_rows.AuthorRow(f"a{i}", "Ada", 1900, 3, 4.5) for i in range(20)}
    author.rating = 4.5
    store.books = {f"b{i}": book._replace(id=f"b{i}", author_id=f"a{i // 30}") for i in range(600)}
    return store


async def _microseconds(*ways: Callable[[], Awaitable[Any]]) -> list[float]:
    """The time of the fastest round of each; the ways take turns."""
    best = [float("inf")] * len(ways)
    for _ in range(_ROUNDS):
        for index, run in enumerate(ways):
            count, started = 0, time.perf_counter()
            while (seconds := time.perf_counter() - started) < _ROUND_S:
                await run()
                count += 1
            best[index] = min(best[index], seconds / count * 1e6)
    return best


async def main() -> None:
    store, planner = _store(), Planner(toy.SCHEMA)
    for name, text in DOCUMENTS.items():
        document = parse(text)
        plan = planner.plan(document, None, text)
        assert isinstance(plan, QueryPlan)

        async def executed(document: Any = document) -> Any:
            return await run_executor(toy.SCHEMA, document, toy_rows.Context(store))

        async def planned(plan: QueryPlan = plan, document: Any = document) -> Any:
            return await run_plan(plan, toy.SCHEMA, document, toy_rows.Context(store))

        assert (await planned()).data == (await executed()).data
        stock_us, plan_us = await _microseconds(executed, planned)
        sys.stdout.write(
            f"{name:10} executor {stock_us:8.0f} us  plan {plan_us:7.0f} us"
            f" ({stock_us / plan_us:4.1f}x)\n"
        )


if __name__ == "__main__":
    asyncio.run(main())
