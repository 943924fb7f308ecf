"""GraphQL over HTTP: one operation a request, within limits, and a clear answer to each mistake.

An own ASGI path: it runs graphql-core on what Strawberry built, which saves Strawberry's view and
its chain of extensions, and passes the 61 audits of npm's graphql-http (tests/server/audit).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from graphql import ExecutionResult, Executor, GraphQLError, OperationType
from graphql.execution.values import VariableValues, get_variable_values
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry import Schema
from strawberry.execution.is_awaitable import optimized_is_awaitable

from db import state
from db.cold import Cold
from db.engine import Database
from planner import MutationPlan, Planner, QueryPlan, Rerun
from resolvers.context import Context
from resolvers.errors import LIMIT_EXCEEDED, UNAVAILABLE
from resolvers.hub import Hub
from resolvers.service import Service
from server import errors, graphiql, limits, parameters, responses, sse, streams
from server.answers import Answer, Answers
from server.documents import Document, Documents, Operation
from server.errors import HttpError, Refused
from server.logs import request_id
from server.parameters import CLIENT_GONE, Parameters
from server.settings import Settings

AnyExecutor: TypeAlias = Executor[Any]

OPERATION_NAME = "registry.operation"  # the key in the ASGI scope, for the access log

_NO_STREAM = (
    "A subscription is answered as text/event-stream, which the Accept header must name; or over "
    "a WebSocket, as graphql-transport-ws"
)
_TOO_DEEP = "The document nests too deeply"
_WATCH_AFTER_S = 0.1  # most operations are over by then, and pay for a timer only


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that is within all limits, and its coerced variables."""

    document: Document
    operation: Operation
    given: Parameters
    variables: VariableValues


@dataclass(slots=True)
class GraphQLEndpoint:
    """The ASGI application behind /graphql."""

    schema: Schema
    database: Database
    service: Service
    settings: Settings
    documents: Documents
    planner: Planner | None  # None: the executor answers everything
    answers: Answers
    hub: Hub
    cold: Cold
    shared: streams.Shared = field(default_factory=streams.Shared)
    running: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        response = await (
            graphiql.page(request) if _wants_page(request) else self._respond(request)
        )
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        media = responses.media_type(request.headers.get("accept"))
        try:
            return await self._answer(request, media)
        except HttpError as error:
            body = errors.plain(str(error), error.code, request_id.get())
            return responses.encoded(body, media, error.status, error.headers)
        except Refused as refused:
            shown = [errors.formatted(error, request_id.get()) for error in refused.errors]
            return responses.graphql({"errors": shown}, media, is_refused=True)
        except RecursionError:  # in checks alone: one in a resolver becomes that field's error
            body = errors.plain(_TOO_DEEP, LIMIT_EXCEEDED, request_id.get())
            return responses.graphql(body, media, is_refused=True)
        except TimeoutError as error:
            body = errors.unexpected(error, request_id.get())
            return responses.graphql(body, media, is_refused=True)
        except Exception as error:
            body = errors.unexpected(error, request_id.get())
            return responses.encoded(body, media, 500)

    async def result(self, prepared: Prepared) -> ExecutionResult:
        """The result of a query or mutation that came over a socket, in the time there is."""
        with self._counted():
            async with asyncio.timeout(self.settings.operation_timeout_ms / 1_000):
                return await self._run(prepared)

    async def stream(self, prepared: Prepared) -> AsyncGenerator[ExecutionResult, None]:
        """The results of a subscription, one an event; raises Refused when it cannot begin."""
        given = prepared.given
        executor = self._executor(prepared.document, given)
        asked = (given.query, given.operation_name, orjson.dumps(given.variables))
        timeout_ms = self.settings.operation_timeout_ms
        return await streams.opened(executor, timeout_ms, self.shared, asked)

    async def _answer(self, request: Request, media: str) -> ASGIApp:
        with self._counted():
            sent = await parameters.read(request, self.settings.body_bytes_max)
            if sse.is_accepted(request.headers.get("accept")):
                prepared = self._prepare(request, sent, TimeLimit())
                if prepared.operation.node.operation is OperationType.SUBSCRIPTION:
                    return sse.EventStream(await self.stream(prepared))
            async with _time_limit(request, self.settings.operation_timeout_ms) as limit:
                if self.answers.is_repeated(sent):
                    return await self._answer_again(request, sent, media, limit)
                prepared = self._prepare(request, sent, limit)
                result = await self._run(prepared)
                return responses.graphql(_body(result), media, is_refused=False)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self.running >= self.settings.concurrency_max:
            raise HttpError(503, "Too many requests at once", UNAVAILABLE, {"retry-after": "1"})
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    async def _answer_again(
        self, request: Request, sent: bytes, media: str, limit: "TimeLimit"
    ) -> Response:
        """The kept answer if it is true of this moment, else a new one, kept if it may be."""
        kept = self.answers.get(sent)
        prepared = self._prepare(request, sent, limit) if kept is None else None
        if prepared is not None and not prepared.operation.is_keepable:
            return responses.graphql(_body(await self._run(prepared)), media, is_refused=False)
        moment = await state.moment(self.database.reader)
        if kept is None or kept.moment != moment:
            prepared = prepared or self._prepare(request, sent, limit)
            result = await self._run(prepared)
            if result.errors:
                return responses.graphql(_body(result), media, is_refused=False)
            kept = Answer(moment, responses.dumped(_body(result)), request.scope[OPERATION_NAME])
            self.answers.keep(sent, kept)
        request.scope[OPERATION_NAME] = kept.operation
        condition = request.headers.get("if-none-match") if request.method == "GET" else None
        return responses.kept(kept.body, media, self.answers.etag(sent, moment), condition)

    def _prepare(self, request: Request, sent: bytes, limit: "TimeLimit") -> Prepared:
        prepared = self.prepare(parameters.parse(request, sent), request.scope)
        kind = prepared.operation.node.operation
        if kind is OperationType.SUBSCRIPTION and not sse.is_accepted(
            request.headers.get("accept")
        ):
            raise HttpError(406, _NO_STREAM)
        limit.outlives_client = kind is not OperationType.QUERY
        return prepared

    def prepare(self, given: Parameters, scope: Scope) -> Prepared:
        """An operation within all limits; raises Refused or HttpError for any other."""
        document = self.documents.get(given.query)
        if scope.get("method") == "GET" and not document.only_queries(given.operation_name):
            raise HttpError(405, "A GET carries queries alone", headers={"allow": "POST"})
        _refuse(document.errors)
        operation = document.operation(given.operation_name)
        node = operation.node
        scope[OPERATION_NAME] = node.name.value if node.name else None
        core = self.schema._schema  # as Strawberry's own views do: it has no public name
        _refuse(limits.long_lists(core, node, given.variables, self.settings.input_list_max))
        variables = get_variable_values(core, node.variable_definitions or (), given.variables)
        if isinstance(variables, list):
            raise Refused(variables)
        cost = operation.cost(core, variables.coerced, self.settings.page_size_max)
        _refuse(limits.breaches(cost, node.operation, self.settings))
        return Prepared(document, operation, given, variables)

    async def _run(self, prepared: Prepared) -> ExecutionResult:
        """By a compiled plan where there is one; a query that it gives up is executed anew."""
        given = prepared.given
        plan = self.planner and self.planner.plan(
            prepared.document.tree, given.operation_name, given.query
        )
        if isinstance(plan, MutationPlan):
            return await plan.run(given.variables, self._context())
        if isinstance(plan, QueryPlan):
            with suppress(Rerun):
                return await plan.run_coerced(prepared.variables, self._context())
        return await _executed(self._executor(prepared.document, given))

    def _context(self) -> Context:
        return Context(
            db=self.database,
            service=self.service,
            request_id=request_id.get(),
            events=self.hub,
            cold=self.cold,
        )

    def _executor(self, document: Document, given: Parameters) -> AnyExecutor:
        executor = self.schema.execution_context_class.build(
            self.schema._schema,
            document.tree,
            context_value=self._context(),
            raw_variable_values=given.variables,
            operation_name=given.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a predicate, not typed as TypeGuard
        )
        if isinstance(executor, list):
            raise Refused(executor)
        return executor


def _refuse(breaches: Iterable[GraphQLError]) -> None:
    if found := list(breaches):
        raise Refused(found)


def _wants_page(request: Request) -> bool:
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and "query" not in request.query_params
    )


async def _executed(executor: AnyExecutor) -> ExecutionResult:
    result = executor.execute_operation()
    if optimized_is_awaitable(result):
        result = await result  # type: ignore[misc]  # narrowed by a predicate that is no TypeGuard
    assert isinstance(result, ExecutionResult)  # @defer and @stream are not in the schema
    return result


def _body(result: ExecutionResult) -> dict[str, Any]:
    return errors.body(result, request_id.get())


@dataclass(slots=True)
class TimeLimit:
    """What becomes known of an operation while its time runs."""

    outlives_client: bool = False  # a mutation: its client may well believe that it is done


@asynccontextmanager
async def _time_limit(request: Request, timeout_ms: int) -> AsyncIterator[TimeLimit]:
    """Cancel the block when its time is up, or when its client has gone and nobody else cares."""
    task = asyncio.current_task()
    assert task is not None
    limit = TimeLimit()
    watchers: list[asyncio.Task[None]] = []

    def watch() -> None:
        if not limit.outlives_client:
            watchers.append(asyncio.ensure_future(_cancel_when_gone(request, task)))

    watch_later = asyncio.get_running_loop().call_later(_WATCH_AFTER_S, watch)
    try:
        async with asyncio.timeout(timeout_ms / 1_000):
            yield limit
    except asyncio.CancelledError:
        if not any(watcher.done() for watcher in watchers):
            raise  # the server is stopping
        task.uncancel()
        raise HttpError(CLIENT_GONE, "The client has gone") from None
    finally:
        watch_later.cancel()
        for watcher in watchers:
            watcher.cancel()


async def _cancel_when_gone(request: Request, task: "asyncio.Task[Any]") -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    task.cancel()
