"""Plans and the stock executor return equal results for random documents, variables and rows."""

import gc
import os
from collections import Counter
from functools import partial

import pytest
from graphql import ExecutionResult

from planner import FallbackToExecutor, Planner, Unplannable
from tests.planner import toy, toy_rows
from tests.planner.documents import Case, cases
from tests.planner.executors import run_executor, run_plan

CASES = int(os.environ.get("PLANNER_CASES", "2000"))
WRONG_SHARES = {"valid rows": 0.0, "wrong rows": 0.04}
UNSUPPORTED = frozenset(["Query.unsupported"])


def _shown(result: ExecutionResult) -> str:
    return f"{result.data!r} {sorted(repr(error.formatted) for error in result.errors or ())}"


# graphql-core leaves coroutines unawaited where a sibling field fails; plans never do.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_results_are_equal() -> None:
    planner = Planner(toy.SCHEMA)
    outcomes: dict[str, Counter[str]] = {rows: Counter() for rows in WRONG_SHARES}
    seeds = range(CASES // len(WRONG_SHARES))
    for seed, case in cases(toy.SCHEMA._schema, toy_rows.argument, seeds, leave_out=UNSUPPORTED):
        for rows, wrong_share in WRONG_SHARES.items():
            store = partial(toy_rows.Store, seed % 50, wrong_share)
            context = toy_rows.Context(store())
            expected = await run_executor(toy.SCHEMA, case.document, context, case.variables)
            outcome = await _outcome(planner, case, toy_rows.Context(store()), expected)
            outcomes[rows][outcome] += 1
    gc.collect()  # while the warnings are ignored
    for rows, planned_min in ("valid rows", 0.75), ("wrong rows", 0.4):
        assert outcomes[rows].keys() <= {"planned", "unplannable", "fallback"}, outcomes
        assert outcomes[rows]["planned"] > outcomes[rows].total() * planned_min, outcomes


async def _outcome(
    planner: Planner, case: Case, context: toy_rows.Context, expected: ExecutionResult
) -> str:
    plan = planner.plan(case.document, None, case.text)
    if isinstance(plan, Unplannable):
        return "unplannable"
    try:
        result = await run_plan(plan, toy.SCHEMA, case.document, context, case.variables)
    except FallbackToExecutor as fallback:
        return "fallback" if expected.errors else f"needless fallback: {fallback}"
    assert _shown(result) == _shown(expected), case.text
    return "planned"
