"""A plan's answer is the stock executor's, for random documents, variables and data."""

import gc
import os
from collections import Counter
from functools import partial

import pytest
from graphql import ExecutionResult, GraphQLError

from planner import FallbackToExecutor, Planner, Unplannable
from tests.planner import toy, toy_rows
from tests.planner.documents import Case, cases
from tests.planner.executors import Stock, answer, run_plan

CASES = int(os.environ.get("PLANNER_CASES", "2000"))
DIRT = {"clean": 0.0, "dirty": 0.04}


async def _answer(executor: type[Stock], case: Case, context: toy_rows.Context) -> ExecutionResult:
    return await answer(executor, toy.SCHEMA, case.document, context, case.variables)


def _told(result: ExecutionResult) -> str:
    errors = [] if result.errors is None else list(map(_error, result.errors))
    return f"{result.data!r} {sorted(errors)}"


def _error(error: GraphQLError) -> str:
    return repr(error.formatted)


# graphql-core leaves coroutines unawaited where a sibling field fails; plans never do.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_answers_are_equal() -> None:
    planner = Planner(toy.SCHEMA)
    seen: dict[str, Counter[str]] = {kind: Counter() for kind in DIRT}
    seeds, odd = range(CASES // len(DIRT)), frozenset(["Query.odd"])
    for seed, case in cases(toy.SCHEMA._schema, toy_rows.argument, seeds, leave_out=odd):
        for kind, dirt in DIRT.items():
            store = partial(toy_rows.Store, seed % 50, dirt)
            stock = await _answer(Stock, case, toy_rows.Context(store()))
            outcome = await _planned(planner, case, toy_rows.Context(store()), stock)
            seen[kind][outcome] += 1
    gc.collect()  # while the warnings are ignored
    for kind, least in ("clean", 0.75), ("dirty", 0.4):
        assert seen[kind].keys() <= {"planned", "declined", "rerun"}, seen
        assert seen[kind]["planned"] > seen[kind].total() * least, seen


async def _planned(
    planner: Planner, case: Case, context: toy_rows.Context, stock: ExecutionResult
) -> str:
    plan = planner.plan(case.document, None, case.text)
    if isinstance(plan, Unplannable):
        return "declined"
    try:
        planned = await run_plan(plan, toy.SCHEMA, case.document, context, case.variables)
    except FallbackToExecutor as rerun:
        return "rerun" if stock.errors else f"rerun in vain: {rerun}"
    assert _told(planned) == _told(stock), case.text
    return "planned"
