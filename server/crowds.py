"""Queries that are there at the same time, run together.

Nothing is shared over time: a query joins only a run that has not begun, so it sees whatever was
committed before it came, as if it ran alone. What is shared are the loads of queries that are alike
(they differ in the arguments of root fields), and the whole answer of those that are equal.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeAlias

from graphql import ExecutionResult
from graphql.execution.values import VariableValues

from db.coalesce import Coalescer
from planner import QueryPlan
from server import responses

_NODES_MAX = 2_000  # objects in one run: larger answers gain nothing from being made together
# Runs of large answers: 32 at once take 40% more CPU for each than 8, for memory is far away then.
_LARGE_AT_ONCE = 8

MakeContext: TypeAlias = Callable[[], object]


class Crowds:
    """The queries in flight, by plan."""

    def __init__(self) -> None:
        self._crowds: dict[Hashable, _Crowd] = {}
        self._turns = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def data(
        self,
        plan: QueryPlan,
        variables: VariableValues,
        nodes: int,
        sent: bytes,
        context: MakeContext,
    ) -> bytes | None:
        """The body of a query's answer; None when it must be executed by itself.

        Whoever asks must be answered in the same way as the others: the context is one of theirs.
        """
        most = max(1, _NODES_MAX // max(1, nodes))
        like: Hashable = plan.likeness(variables) if most > 1 else sent
        key = (plan, like, most)
        crowd = self._crowds.get(key)
        if crowd is None:
            turns = self._turns if most == 1 else nullcontext()
            crowd = self._crowds[key] = _Crowd(plan, most, context, turns)
        crowd.size += 1
        try:
            return await crowd.data(sent, variables)
        finally:
            crowd.size -= 1
            if not crowd.size:  # its last run may still be ending, with nobody to tell
                del self._crowds[key]


class _Asked(bytes):
    """What was sent, with the variables in it."""

    variables: VariableValues


class _Crowd:
    """Queries of one plan that may be run together."""

    def __init__(
        self,
        plan: QueryPlan,
        most: int,
        context: MakeContext,
        turns: AbstractAsyncContextManager[None],
    ) -> None:
        self.size = 0
        self._turns = turns
        self._plan = plan
        self._context = context
        self._coalescer = Coalescer(self._run, most)

    async def data(self, sent: bytes, variables: VariableValues) -> bytes | None:
        asked = _Asked(sent)
        asked.variables = variables
        return await self._coalescer.one(asked)

    async def _run(self, asked: list[_Asked]) -> Mapping[_Asked, bytes]:
        variables = [one.variables for one in asked]
        async with self._turns:
            results = await self._plan.run_together(variables, self._context())
        made = {one: _dumped(result) for one, result in zip(asked, results, strict=True)}
        return {one: body for one, body in made.items() if body is not None}


def _dumped(result: object) -> bytes | None:
    if not isinstance(result, ExecutionResult):
        return None
    try:
        return responses.dumped({"data": result.data})
    except TypeError:  # a value that JSON does not have: of this answer alone
        return None
