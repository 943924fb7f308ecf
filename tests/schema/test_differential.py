"""A compiled plan's answer is the stock executor's, for random documents over the real schema."""

import gc
import logging
import os
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import NamedTuple

import orjson
import pytest
from graphql import ExecutionResult, OperationType, get_operation_ast
from sqlalchemy import make_url

from db.postgres.engine import Database
from planner import FallbackToExecutor, MutationPlan, Planner, QueryPlan, Unplannable
from server import errors
from server.app import PASSTHROUGH
from tests.db.clones import cloned, opened
from tests.graphql import SCHEMA, context
from tests.planner.batches import batches, run_alone, run_batch
from tests.planner.documents import Case, cases
from tests.planner.executors import run_executor, run_plan
from tests.schema import seeded

_log = logging.getLogger(__name__)
CASES = int(os.environ.get("PLANNER_CASES", "1000"))
# The first three need cold storage; the answers of all are made anew each time.
LEFT_OUT = frozenset(
    {
        "Mutation.archiveVersion",
        "Mutation.restoreVersion",
        "Mutation.applyRetention",
        "RegistryStats.computedAt",
        "Route.decidedAt",
    }
)
_MUTATIONS_A_CLONE = 25  # they delete things too
_MADE_NOW = re.compile(
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)|[\w-]{60,}"
    r'|mrk_[a-z0-9]{8}_[\w-]{43}|"prefix":"[a-z0-9]{8}"'
)
_ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")


class Registry(NamedTuple):
    """A database to make clones of, so one that nobody is connected to; what is in it and is asked.

    Each case is written and validated once for all tests: that takes as long as executing it.
    """

    postgres_url: str
    name: str
    known: seeded.Known
    queries: list[Case]
    mutations: list[Case]


@pytest.fixture(scope="module")
async def registry(postgres_url: str, template: str) -> AsyncIterator[Registry]:
    with cloned(postgres_url, template) as url:
        db = Database(url)
        known = await seeded.fill(db)
        await db.close()
        written = _cases(known)
        queries = [case for case in written if not _is_mutation(case)]
        mutations = [case for case in written if _is_mutation(case)]
        yield Registry(postgres_url, make_url(url).database or "", known, queries, mutations)


def _planner() -> Planner:
    return Planner(SCHEMA, passthrough=PASSTHROUGH)


def _cases(known: seeded.Known) -> list[Case]:
    values, core = seeded.values(known), SCHEMA._schema
    return [case for _, case in cases(core, values, range(CASES), leave_out=LEFT_OUT)]


def _is_mutation(case: Case) -> bool:
    operation = get_operation_ast(case.document)
    assert operation
    return operation.operation is OperationType.MUTATION


def _told(result: ExecutionResult) -> str:
    shown = [repr(errors.formatted(error, "")) for error in result.errors or ()]
    assert errors.INTERNAL not in "".join(shown), result.errors
    return orjson.dumps(result.data).decode() + "".join(sorted(shown))


def _without_what_is_new(text: str, known: seeded.Known) -> str:
    """What two registries make of the same, ids and times and cursors, made the same."""
    seen = dict.fromkeys(_ID.findall(text))
    names = {id: id if id in known.ids else f"new {place}" for place, id in enumerate(seen)}
    return _MADE_NOW.sub("now", _ID.sub(lambda found: names[found[0]], text))


# graphql-core leaves coroutines unawaited where a sibling field fails; plans never do.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_queries_are_answered_alike(registry: Registry) -> None:
    planner = _planner()
    seen: Counter[str] = Counter()
    async with opened(registry.postgres_url, registry.name) as db:
        for case in registry.queries:
            stock = await run_executor(SCHEMA, case.document, context(db), case.variables)
            assert _told(stock), case.text
            seen[await _planned(planner, case, db, stock)] += 1
    gc.collect()  # while the warnings are ignored
    _log.info("%s", seen)
    assert seen.keys() <= {"planned", "declined", "rerun"}, seen
    assert seen["planned"] > seen.total() * 0.75, seen


async def _planned(planner: Planner, case: Case, db: Database, stock: ExecutionResult) -> str:
    plan = planner.plan(case.document, None, case.text)
    if isinstance(plan, Unplannable):
        return "declined"
    try:
        planned = await run_plan(plan, SCHEMA, case.document, context(db), case.variables)
    except FallbackToExecutor as rerun:
        return "rerun" if stock.errors else f"rerun in vain: {rerun!r} {case.text}"
    assert _told(planned) == _told(stock), (case.text, case.variables)
    return "planned"


async def test_queries_run_together_are_answered_as_alone(registry: Registry) -> None:
    planner, values = _planner(), seeded.values(registry.known)
    seen: Counter[str] = Counter()
    async with opened(registry.postgres_url, registry.name) as db:
        for number, case in enumerate(registry.queries):
            plan = planner.plan(case.document, None, case.text)
            if number % 6 or not case.variable_types or not isinstance(plan, QueryPlan):
                continue
            for some in batches(SCHEMA._schema, values, plan, case, random.Random(number)):
                answers = await run_batch(plan, some, lambda: context(db))
                lone = [await run_alone(plan, one, context(db)) for one in some]
                assert list(map(_shown, answers)) == list(map(_shown, lone)), (case.text, some)
                seen["together" if len({repr(one.coerced) for one in some}) > 1 else "equal"] += 1
                seen["mixed"] += (
                    len({isinstance(answer, FallbackToExecutor) for answer in answers}) > 1
                )
    _log.info("%s", seen)
    assert seen["together"] > CASES * 0.05, seen


def _shown(answer: ExecutionResult | FallbackToExecutor) -> str:
    return "rerun" if isinstance(answer, FallbackToExecutor) else _told(answer)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_mutations_are_answered_alike(registry: Registry) -> None:
    """Each on two clones of the same registry: they are to do the same, too."""
    planner, seen = _planner(), Counter[str]()
    waiting = registry.mutations
    while waiting:
        some, waiting = waiting[:_MUTATIONS_A_CLONE], waiting[_MUTATIONS_A_CLONE:]
        url, name = registry.postgres_url, registry.name
        async with opened(url, name) as for_stock, opened(url, name) as for_plan:
            for case in some:
                plan = planner.plan(case.document, None, case.text)
                seen[type(plan).__name__] += 1
                if isinstance(plan, MutationPlan):
                    await _assert_alike(registry.known, case, plan, for_stock, for_plan)
    gc.collect()
    _log.info("%s", seen)
    assert seen["MutationPlan"] > seen.total() * 0.4, seen


async def _assert_alike(
    known: seeded.Known, case: Case, plan: MutationPlan, for_stock: Database, for_plan: Database
) -> None:
    stock = await run_executor(SCHEMA, case.document, context(for_stock), case.variables)
    planned = await run_plan(plan, SCHEMA, case.document, context(for_plan), case.variables)
    told = [_without_what_is_new(_told(result), known) for result in (stock, planned)]
    assert told[0] == told[1], (case.text, case.variables)
