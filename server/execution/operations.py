"""Operations: prepared within all limits, run by a compiled plan or by the executor."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import orjson
from graphql import ExecutionResult, Executor, GraphQLError, OperationType
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.execution.is_awaitable import optimized_is_awaitable

from archive.store import ArchiveStore
from db.postgres.engine import Database
from planner import FallbackToExecutor, MutationPlan, Planner, QueryPlan
from resolvers.context import Context
from resolvers.errors import UNAVAILABLE
from resolvers.event_broker import EventBroker
from resolvers.service import Service
from server import errors
from server.errors import HttpError, OperationRejected
from server.execution import limits, subscriptions
from server.execution.batching import BatchFailure, QueryBatcher
from server.execution.documents import Document, Documents, Operation
from server.http import responses
from server.http.request import Parameters
from server.ops.logs import request_id
from server.settings import Settings

AnyExecutor: TypeAlias = Executor[Any]


class Prepared(NamedTuple):
    """An operation that is within all limits, and its coerced variables."""

    document: Document
    operation: Operation
    given: Parameters
    variables: VariableValues
    nodes: int  # the objects that it may ask for, by its page sizes

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.operation.node.operation

    @property
    def name(self) -> str | None:
        """The operation's name, for the log."""
        return self.operation.name


class ConcurrencyLimiter:
    """For at most so many at once; who finds none is refused."""

    def __init__(self, most: int) -> None:
        self._left = most

    def enter(self) -> None:
        """Take a place; raises HttpError when there is none."""
        if self._left <= 0:
            raise HttpError(503, "Too many requests at once", UNAVAILABLE, {"retry-after": "1"})
        self._left -= 1

    def leave(self) -> None:
        """Give the place back."""
        self._left += 1

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, *_: object) -> None:
        self.leave()


@dataclass(slots=True)
class Operations:
    """Whatever may be asked of one schema over one database."""

    schema: Schema
    database: Database
    service: Service
    settings: Settings
    documents: Documents
    planner: Planner | None  # None: the executor answers everything
    broker: EventBroker
    store: ArchiveStore
    shared: subscriptions.SharedResults = field(default_factory=subscriptions.SharedResults)
    query_batcher: QueryBatcher = field(default_factory=QueryBatcher)
    concurrency: ConcurrencyLimiter = field(init=False)

    def __post_init__(self) -> None:
        self.concurrency = ConcurrencyLimiter(self.settings.concurrency_max)

    def prepare(self, given: Parameters, *, only_query: bool = False) -> Prepared:
        """An operation within all limits; raises OperationRejected or HttpError for any other."""
        document = self.documents.get(given.query)
        if only_query and not document.only_queries(given.operation_name):
            raise HttpError(405, "A GET carries queries alone", headers={"allow": "POST"})
        _refuse(document.errors)
        operation = document.operation(given.operation_name)
        node = operation.node
        core = self.schema._schema  # as Strawberry's own views do: it has no public name
        _refuse(limits.long_lists(core, node, given.variables, self.settings.input_list_max))
        variables = operation.variables(given.variables)
        if isinstance(variables, list):
            raise OperationRejected(variables)
        cost = operation.cost(core, variables.coerced, self.settings)
        _refuse(cost.breaches)
        return Prepared(document, operation, given, variables, cost.nodes)

    def answering(
        self, prepared: Prepared, sent: bytes
    ) -> Generator[Awaitable[Any], Any, tuple[bytes, bool]]:
        """The body of the answer, and whether it is without errors; what to wait for until then.

        Queries that are there at the same time are run together. Equal `sent` is an equal request.
        """
        plan = self._plan(prepared)
        if isinstance(plan, QueryPlan):
            told = yield self.query_batcher.join(
                plan, prepared.variables, prepared.nodes, sent, self._context
            )
            if isinstance(told, bytes):
                return told, True
            gave_way = told is BatchFailure.GAVE_WAY
            result = yield self._executed(prepared) if gave_way else self._result(prepared, plan)
        else:
            result = yield self._result(prepared, plan)
        return responses.dumped(errors.body(result, request_id.get())), not result.errors

    async def result(self, prepared: Prepared) -> ExecutionResult:
        """The result of a query or mutation that came over a socket, in the time there is."""
        with self.concurrency:
            async with asyncio.timeout(self.settings.operation_timeout_ms / 1_000):
                return await self._result(prepared, self._plan(prepared))

    async def stream(self, prepared: Prepared) -> AsyncGenerator[ExecutionResult, None]:
        """The results of a subscription, one per event; raises OperationRejected."""
        given = prepared.given
        asked = (given.query, given.operation_name, orjson.dumps(given.variables))
        timeout_ms = self.settings.operation_timeout_ms
        return await subscriptions.opened(self._executor(prepared), timeout_ms, self.shared, asked)

    def _plan(self, prepared: Prepared) -> object:
        given, tree = prepared.given, prepared.document.tree
        return self.planner and self.planner.plan(tree, given.operation_name, given.query)

    async def _result(self, prepared: Prepared, plan: object) -> ExecutionResult:
        """By the compiled plan if there is one; a query that it gives up is executed anew."""
        if isinstance(plan, MutationPlan):
            return await plan.run_coerced(prepared.variables, self._context())
        if isinstance(plan, QueryPlan):
            with suppress(FallbackToExecutor):
                return await plan.run_coerced(prepared.variables, self._context())
        return await self._executed(prepared)

    def _context(self) -> Context:
        return Context(
            db=self.database,
            service=self.service,
            request_id=request_id.get(),
            events=self.broker,
            store=self.store,
        )

    async def _executed(self, prepared: Prepared) -> ExecutionResult:
        result = self._executor(prepared).execute_operation()
        if optimized_is_awaitable(result):
            result = await result  # type: ignore[misc]  # narrowed by a predicate that is no TypeGuard
        assert isinstance(result, ExecutionResult)  # @defer and @stream are not in the schema
        return result

    def _executor(self, prepared: Prepared) -> AnyExecutor:
        executor = self.schema.execution_context_class.build(
            self.schema._schema,
            prepared.document.tree,
            context_value=self._context(),
            raw_variable_values=prepared.given.variables,
            operation_name=prepared.given.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a predicate, not typed as TypeGuard
        )
        if isinstance(executor, list):
            raise OperationRejected(executor)
        return executor


def _refuse(breaches: Iterable[GraphQLError]) -> None:
    if found := list(breaches):
        raise OperationRejected(found)
