"""In-process cost of one document by each way: ``python -m tests.planner.measure``."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any

from graphql import parse

from planner import Planner
from tests.planner import toy, toy_rows
from tests.planner.executors import Stock, answer, run_plan

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


def _store() -> toy_rows.Store:
    store = toy_rows.Store()
    author, book = store.authors["a0"], store.books["b0"]
    store.authors |= {f"a{i}": toy_rows.AuthorRow(f"a{i}", "Ada", 1900, 3, 4.5) for i in range(20)}
    author.rating = 4.5
    store.books = {f"b{i}": book._replace(id=f"b{i}", author_id=f"a{i // 30}") for i in range(600)}
    return store


async def _microseconds(run: Callable[[], Awaitable[Any]]) -> float:
    """The fastest of several rounds: the machine is shared."""
    rounds = []
    await run()
    for _ in range(15):
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < 0.1:
            await run()
            count += 1
        rounds.append((time.perf_counter() - started) / count)
    return min(rounds) * 1e6


async def main() -> None:
    store, planner = _store(), Planner(toy.SCHEMA)
    for name, text in DOCUMENTS.items():
        document = parse(text)
        plan = planner.plan(document, None, text)

        async def executed(document: Any = document) -> Any:
            return await answer(Stock, toy.SCHEMA, document, toy_rows.Context(store))

        async def planned(plan: Any = plan, document: Any = document) -> Any:
            return await run_plan(plan, toy.SCHEMA, document, toy_rows.Context(store))

        assert (await planned()).data == (await executed()).data
        stock, ours = await _microseconds(executed), await _microseconds(planned)
        ratio = stock / ours
        sys.stdout.write(f"{name:10} stock {stock:8.0f} us  plan {ours:7.0f} us ({ratio:4.1f}x)\n")


if __name__ == "__main__":
    asyncio.run(main())
