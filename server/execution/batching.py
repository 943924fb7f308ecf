"""Queries that are there at the same time, run together.

Nothing is shared over time: a query joins only a run that has not begun, so it sees whatever was
committed before it came, as if it ran alone. What is shared are the loads of queries that are alike
(they differ in the arguments of root fields), and the whole answer of those that are equal.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager, nullcontext
from enum import Enum, auto
from typing import TypeAlias

from graphql import ExecutionResult
from graphql.execution.values import VariableValues

from db.postgres.batching import Batcher, BatchSlot
from planner import Late, QueryPlan
from server.http import responses

_NODES_MAX = 2_000  # objects in one run: larger answers gain nothing from being made together
# Runs of large answers: 32 at once take 40% more CPU for each than 8, for memory is far away then;
# 4 take no more than 8, and 6 MB less.
_LARGE_AT_ONCE = 4
# For a turn among them; then a run begins all the same, lest four slow ones hold up all others.
# 32 at once wait a tenth of a second.
_TURN_WAIT_S = 0.5

MakeContext: TypeAlias = Callable[[], object]


class BatchFailure(Enum):
    """Why a query got no answer from its crowd."""

    GAVE_WAY = auto()  # its plan did, or JSON has no such value: the executor says what is wrong
    LATE = auto()  # the others would have had to wait for it


class BatchedQuery(bytes):
    """What was sent, with the variables in it."""

    variables: VariableValues


Told: TypeAlias = BatchSlot[BatchedQuery, bytes | BatchFailure]


class QueryBatcher:
    """The queries in flight, by plan."""

    def __init__(self) -> None:
        self._crowds: dict[Hashable, Batcher[BatchedQuery, bytes | BatchFailure]] = {}
        self._turns = asyncio.Semaphore(_LARGE_AT_ONCE)

    def join(
        self,
        plan: QueryPlan,
        variables: VariableValues,
        nodes: int,
        sent: bytes,
        context: MakeContext,
    ) -> Told:
        """A place in the next run, whose value is the body of the query's answer, if it has one.

        Whoever asks must be answered in the same way as the others: the context is one of theirs.
        """
        most = max(1, _NODES_MAX // max(1, nodes))
        like: Hashable = plan.batch_key(variables) if most > 1 else sent
        key = (plan, like, most)
        crowd = self._crowds.get(key)
        if crowd is None:
            crowd = self._crowds[key] = Batcher(
                lambda some: self._run(plan, context, some, is_large=most == 1),
                most,
                on_idle=lambda: self._forget(key),
            )
        asked = BatchedQuery(sent)
        asked.variables = variables
        return crowd.join(asked)

    def _forget(self, key: Hashable) -> None:
        del self._crowds[key]

    async def _run(
        self, plan: QueryPlan, context: MakeContext, asked: list[BatchedQuery], *, is_large: bool
    ) -> Mapping[BatchedQuery, bytes | BatchFailure]:
        variables = [one.variables for one in asked]
        async with _turn(self._turns) if is_large else nullcontext():
            results = await plan.run_together(variables, context())
        return {one: _told(result) for one, result in zip(asked, results, strict=True)}


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_TURN_WAIT_S):
            await turns.acquire()
    except TimeoutError:
        yield
        return
    try:
        yield
    finally:
        turns.release()


def _told(result: object) -> bytes | BatchFailure:
    if not isinstance(result, ExecutionResult):
        return BatchFailure.LATE if isinstance(result, Late) else BatchFailure.GAVE_WAY
    try:
        return responses.dumped({"data": result.data})
    except TypeError:  # a value that JSON does not have: of this answer alone
        return BatchFailure.GAVE_WAY
