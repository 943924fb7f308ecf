"""Operations: prepared within all limits, run by a compiled plan or by the executor."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn, TypeVar

import orjson
from graphql import ExecutionResult, Executor, GraphQLError, OperationType
from graphql.type import GraphQLResolveInfoHelpers
from strawberry import Schema
from strawberry.execution.is_awaitable import optimized_is_awaitable

from archive.store import ArchiveStore
from db.postgres.engine import Database
from db.postgres.reader import Reader
from db.reads import data_version
from domain.access import Identity
from domain.operations import current, running, untraced
from planner import FallbackToExecutor, MutationExecutor, MutationPlan, Planner, QueryPlan
from resolvers.context import Context
from resolvers.event_broker import Client, EventBroker
from resolvers.event_cursors import StreamPosition
from resolvers.service import Service
from resolvers.watchers import Watchers
from server import errors
from server.access.rate_limits import RateLimits
from server.errors import HttpError, OperationRejected
from server.execution import batching, bodies, inputs, points, subscriptions, trusted, unstarted
from server.execution.batching import BatchFailure, QueryBatcher
from server.execution.bodies import ShownCost
from server.execution.costs import Cost
from server.execution.documents import Document, Documents, Operation
from server.execution.in_flight import RequestCancelled, in_task
from server.execution.parameters import Parameters
from server.execution.prepared import Caller, PreparedOperation
from server.execution.trusted import TrustedDocuments
from server.settings import Settings

ExecutorT = TypeVar("ExecutorT", bound=Executor[Any])


def _no_helper(*_: Any) -> NoReturn:
    raise NotImplementedError("Resolvers start no background work")


# An executor's own helpers refer to the executor: only a full garbage collection would free it.
_NO_HELPERS = GraphQLResolveInfoHelpers(gather=_no_helper, track=_no_helper)


@dataclass(slots=True)
class Operations:
    """Prepares and runs the operations of one schema over one database."""

    schema: Schema
    database: Database
    service: Service
    settings: Settings
    documents: Documents
    trusted: TrustedDocuments
    planner: Planner | None  # None: the executor runs everything
    broker: EventBroker
    routes: Watchers[Any, Any]
    store: ArchiveStore
    rate_limits: RateLimits
    shared: subscriptions.SharedResults = field(default_factory=subscriptions.SharedResults)
    query_batcher: QueryBatcher = field(init=False)
    document_thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "documents")
    )
    # One at a time: introspection takes up to half a second, and would stop the event loop.
    introspection_thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "introspection")
    )

    def __post_init__(self) -> None:
        self.query_batcher = QueryBatcher(self.settings.response_bytes_max)

    def prepare(
        self, parameters: Parameters, identity: Identity, *, read_only: bool
    ) -> PreparedOperation:
        """An operation within all limits; raises OperationRejected or HttpError for any other."""
        document = self._document(parameters, identity)
        if read_only and document.has_mutation(parameters.operation_name):
            raise HttpError(405, "A GET carries no mutation", headers={"allow": "POST"})
        _reject(document.errors)
        operation = document.operation(parameters.operation_name)
        core = self.schema._schema  # as Strawberry's own views do: it has no public name
        _reject(
            inputs.oversized_variables(
                operation.variable_types, parameters.variables, operation.input_limits
            )
        )
        variables = operation.variables(parameters.variables)
        if isinstance(variables, list):
            raise OperationRejected(variables)
        measured = operation.cost(core, variables.coerced, self.settings)
        _reject(measured.breaches)
        charged = _points(operation, parameters.variables, measured.cost)
        return PreparedOperation(document, operation, parameters, variables, measured, charged)

    def is_at_hand(self, parameters: Parameters, identity: Identity) -> bool:
        """Whether the document need not be parsed, so that the points are known at once."""
        if parameters.document_id is not None:
            return True
        if self.settings.documents_only and not trusted.may_send_any(identity):
            return True
        return self.documents.knows(parameters.query)

    def is_observed(self, prepared: PreparedOperation) -> bool:
        """Whether the response depends on reported outcomes."""
        return self.documents.is_observed(prepared.operation, prepared.parameters.variables)

    def _document(self, parameters: Parameters, identity: Identity) -> Document:
        if parameters.document_id is not None:
            return self.trusted.named(parameters.document_id)
        if self.settings.documents_only and not trusted.may_send_any(identity):
            return self.trusted.of_text(parameters.query)
        return self.documents.get(parameters.query)

    async def execute(
        self, prepared: PreparedOperation, payload: bytes, caller: Caller, reader: Reader
    ) -> tuple[bytes, str]:
        """The response body of a query or mutation, and the code of its first error, if any.

        A query reads by `reader`, a mutation where it writes. Concurrent queries of one plan run as
        a batch; equal payloads are equal requests. Awaits futures only: what needs a task gets one.
        """
        plan, shown = self._plan(prepared), self.shown_cost(prepared, caller)
        if prepared.kind is OperationType.MUTATION:
            return await self._mutate(prepared, plan, caller)
        run = partial(self._run, prepared, plan, caller, reader)
        if isinstance(plan, QueryPlan) and not prepared.operation.is_personal:
            query = batching.query(payload, prepared.variables, prepared.measured.cost, shown)
            context = partial(self._query_context, prepared, caller, reader)
            audience = (caller.authenticated.view, reader)
            outcome = await self.query_batcher.add(plan, query, audience, context)
            if isinstance(outcome, bytes):
                return outcome, ""
            if outcome is BatchFailure.TOO_LARGE:
                raise bodies.too_large(self.settings.response_bytes_max)
            if outcome is not BatchFailure.TOO_SLOW:
                run = partial(self._run_by_executor, prepared, caller, reader)
        result = await in_task(run())
        body = errors.body(result, caller.request_id)
        return self.encode(prepared, body, shown), errors.first_code(body)

    def shown_cost(self, prepared: PreparedOperation, caller: Caller) -> ShownCost | None:
        """What the caller is told of an operation's cost: nothing if its points do not count."""
        is_charged = self.rate_limits.is_charged(caller.authenticated)
        return prepared.shown_cost if is_charged else None

    def encode(
        self, prepared: PreparedOperation, body: dict[str, Any], shown: ShownCost | None
    ) -> bytes:
        """A body as JSON; raises OperationRejected when it is too large."""
        bytes_max = prepared.measured.cost.bytes_max
        body = bodies.with_cost(body, shown)
        return bodies.encode(body, bytes_max, self.settings.response_bytes_max)

    async def _mutate(
        self, prepared: PreparedOperation, plan: object, caller: Caller
    ) -> tuple[bytes, str]:
        """The response body of a mutation, and the code of its first error, if any.

        When it is cancelled, the response has the fields that have ended, and what is known of each
        other one: a committed write is never hidden, by a later field or by the size of the body.
        """
        context = self._context(caller)
        operation = next(iter(current.get()), untraced(caller.request_id))  # before a cancel
        if isinstance(plan, MutationPlan):
            executor = plan.executor(prepared.variables, context)
        else:
            executor = self._executor(prepared, context, MutationExecutor)
        task = asyncio.ensure_future(unstarted.closing(executor, executor.result))
        try:
            result = await in_task(task)
        except asyncio.CancelledError as error:
            reason = error.reason if isinstance(error, RequestCancelled) else TimeoutError()
            result = executor.result_so_far(reason)
            if not task.done():  # the database does not answer
                context.mark_unfinished_writes_unknown()
        with running(operation):
            body = errors.body(result, caller.request_id, context.outcomes)
        body = bodies.with_cost(body, self.shown_cost(prepared, caller))
        return bodies.to_json(body), errors.first_code(body)

    async def subscribe(
        self, prepared: PreparedOperation, caller: Caller, position: StreamPosition | None
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The results of a subscription, one per event; raises OperationRejected."""
        variables, name = prepared.parameters.variables, prepared.parameters.operation_name
        identity = caller.authenticated
        audience = identity.name if prepared.operation.is_personal else identity.view
        key = (prepared.document.text, name, orjson.dumps(variables), audience)
        context = self._context(caller)
        context.client, context.position = _subscriber(caller), position
        executor = self._executor(prepared, context, self.schema.execution_context_class)
        return await subscriptions.opened(
            executor, self.settings.operation_timeout_ms, self.shared, key
        )

    def _plan(self, prepared: PreparedOperation) -> object:
        document, name = prepared.document, prepared.parameters.operation_name
        return self.planner and self.planner.plan(document.tree, name, document.text)

    async def _run(
        self, prepared: PreparedOperation, plan: object, caller: Caller, reader: Reader
    ) -> ExecutionResult:
        """By the plan, if there is one; a query that the plan gives up is executed anew."""
        if isinstance(plan, QueryPlan):
            with suppress(FallbackToExecutor):
                context = await self._query_context(prepared, caller, reader)
                return await plan.run(prepared.variables, context)
        return await self._run_by_executor(prepared, caller, reader)

    async def _run_by_executor(
        self, prepared: PreparedOperation, caller: Caller, reader: Reader
    ) -> ExecutionResult:
        context = await self._query_context(prepared, caller, reader)
        executor = self._executor(prepared, context, self.schema.execution_context_class)
        if prepared.measured.is_introspection:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(
                self.introspection_thread, executor.execute_operation
            )
            assert isinstance(result, ExecutionResult)  # introspection awaits nothing
            return result
        return await unstarted.closing(executor, executor.execute_operation)

    async def _query_context(
        self, prepared: PreparedOperation, caller: Caller, reader: Reader
    ) -> Context:
        """The context of a query, which reads from one source.

        The registry's revision, if it is selected, is read before any data: a stream of the changes
        after it repeats those that the data has already, and misses none.
        """
        context = self._context(caller)
        context.source = reader
        if prepared.operation.is_personal:
            context.rate_limit = self.rate_limits.state(context.identity, prepared.points)
        if prepared.operation.reads_revision:
            context.revision = await data_version.revision(reader)
        return context

    def _context(self, caller: Caller) -> Context:
        return Context(
            db=self.database,
            service=self.service,
            request_id=caller.request_id,
            identity=caller.authenticated,
            events=self.broker,
            routes=self.routes,
            store=self.store,
        )

    def _executor(
        self,
        prepared: PreparedOperation,
        context: Context,
        executor_class: type[ExecutorT],
    ) -> ExecutorT:
        executor = executor_class.build(
            self.schema._schema,
            prepared.document.tree,
            context_value=context,
            raw_variable_values=prepared.parameters.variables,
            operation_name=prepared.parameters.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a predicate, not typed as TypeGuard
        )
        if isinstance(executor, list):
            raise OperationRejected(executor)
        assert isinstance(executor, executor_class)  # `build` is a class method
        executor.async_helpers = _NO_HELPERS
        return executor


def _points(operation: Operation, variables: Mapping[str, Any], cost: Cost) -> int:
    kind, items = operation.node.operation, 0
    if kind is OperationType.MUTATION:
        items = cost.input_items + inputs.item_counts(operation.variable_types, variables)
    return points.of(kind, cost, items)


def _subscriber(caller: Caller) -> Client:
    """Whose subscriptions are counted together: a token's, else those of an address."""
    identity = caller.authenticated
    return Client(caller.client) if identity.is_open else Client(identity.name, is_token=True)


def _reject(problems: Iterable[GraphQLError]) -> None:
    if found := list(problems):
        raise OperationRejected(found)
