"""Runs concurrent queries of one plan as a batch.

Nothing is shared over time: a query joins only a batch that has not started, so it sees all that
was committed before it arrived, as if it ran alone. The queries of a batch differ only in the
arguments of their root fields; they share the loads below those. Equal queries share the response.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from enum import Enum, auto
from typing import TypeAlias

from graphql import ExecutionResult
from graphql.execution.values import VariableValues

from db.postgres.batching import Batcher, BatchSlot
from domain.tallies import SIZES, Tally
from planner import QueryPlan, TooSlowForBatch
from server.errors import OperationRejected
from server.execution import bodies
from server.execution.bodies import ShownCost
from server.execution.costs import Cost

_NODES_MAX = 2_000  # objects in one batch: larger responses gain nothing from a common batch
# Batches of large responses: 32 at once take 40% more CPU each than 8, because of memory access;
# 4 take no more than 8, and 6 MB less.
_LARGE_BATCHES_MAX = 4
# After this wait a large batch starts anyway, so that four slow ones do not block all others.
# 32 at once wait a tenth of a second.
_LARGE_WAIT_S = 0.5

MakeContext: TypeAlias = Callable[[], Awaitable[object]]


class BatchFailure(Enum):
    """Why a query has no response from its batch."""

    FALLBACK = (
        auto()
    )  # the plan gave up, or JSON has no such value: the executor says what is wrong
    TOO_SLOW = auto()  # the other queries would have had to wait for it
    TOO_LARGE = auto()  # the response has more bytes than are allowed


class BatchedQuery(bytes):
    """A query's payload, with its coerced variables: equal payloads are equal queries."""

    variables: VariableValues
    nodes: int  # objects in its response, at most
    bytes_max: int  # of its response, if each value had its largest size
    shown_cost: ShownCost | None  # beside the data


def query(
    payload: bytes, variables: VariableValues, cost: Cost, shown: ShownCost | None
) -> BatchedQuery:
    """A query for a batch."""
    made = BatchedQuery(payload)
    made.variables, made.shown_cost = variables, shown
    made.nodes, made.bytes_max = cost.nodes, cost.bytes_max
    return made


Outcome: TypeAlias = bytes | BatchFailure


class QueryBatcher:
    """The queries in flight, by plan and batch key."""

    def __init__(self, response_bytes_max: int) -> None:
        self.sizes = Tally(SIZES)  # of batches, in queries
        self._response_bytes_max = response_bytes_max
        self._batchers: dict[Hashable, Batcher[BatchedQuery, Outcome]] = {}
        self._large_batches = asyncio.Semaphore(_LARGE_BATCHES_MAX)

    def add(
        self,
        plan: QueryPlan,
        query: BatchedQuery,
        audience: Hashable,
        context: MakeContext,
    ) -> BatchSlot[BatchedQuery, Outcome]:
        """A slot in the next batch; its value is the body of the response, or a failure.

        A batch runs in the context of one of its queries: its callers are of one audience, in which
        all get the same responses, from one source.
        """
        size_max = max(1, _NODES_MAX // max(1, query.nodes))
        batch_key: Hashable = plan.batch_key(query.variables) if size_max > 1 else query
        key = (plan, batch_key, size_max, audience)
        batcher = self._batchers.get(key)
        if batcher is None:
            batcher = self._batchers[key] = Batcher(
                lambda queries: self._run(plan, context, queries, is_large=size_max == 1),
                size_max,
                on_idle=lambda: self._forget(key),
            )
            batcher.sizes = self.sizes
        return batcher.join(query)

    def _forget(self, key: Hashable) -> None:
        del self._batchers[key]

    async def _run(
        self,
        plan: QueryPlan,
        context: MakeContext,
        queries: Sequence[BatchedQuery],
        *,
        is_large: bool,
    ) -> Mapping[BatchedQuery, Outcome]:
        variables = [query.variables for query in queries]
        async with _acquired(self._large_batches) if is_large else nullcontext():
            results = await plan.run_batch(variables, await context())
        return {
            query: self._body(query, result) for query, result in zip(queries, results, strict=True)
        }

    def _body(self, query: BatchedQuery, result: object) -> Outcome:
        if not isinstance(result, ExecutionResult):
            is_slow = isinstance(result, TooSlowForBatch)
            return BatchFailure.TOO_SLOW if is_slow else BatchFailure.FALLBACK
        try:
            body = bodies.with_cost({"data": result.data}, query.shown_cost)
            return bodies.encode(body, query.bytes_max, self._response_bytes_max)
        except TypeError:  # this response alone has a value that JSON does not have
            return BatchFailure.FALLBACK
        except OperationRejected:
            return BatchFailure.TOO_LARGE


@asynccontextmanager
async def _acquired(semaphore: asyncio.Semaphore) -> AsyncIterator[None]:
    """Holds the semaphore, unless it was not free in time."""
    try:
        async with asyncio.timeout(_LARGE_WAIT_S):
            await semaphore.acquire()
    except TimeoutError:
        yield
        return
    try:
        yield
    finally:
        semaphore.release()
