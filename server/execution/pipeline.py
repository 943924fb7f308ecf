"""The request pipeline: one entry for the requests of every transport.

HTTP on the direct path, ASGI, WebSocket and server-sent events all make a GraphQLRequest, and get a
GraphQLResponse or a stream of results.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import monotonic, perf_counter

from graphql import OperationType

from db.reads.data_version import ReadSource
from domain.operations import current, running
from resolvers.errors import UNAVAILABLE
from resolvers.event_cursors import StreamPosition
from server import errors
from server.access import policy
from server.access.authentication import Authentication
from server.access.sessions import Sessions
from server.errors import HttpError
from server.execution import observed, used_up
from server.execution.failures import client_gone, error_response
from server.execution.in_flight import InFlightRequest, InFlightRequests, RequestCancelled
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.execution.operations import Operations
from server.execution.prepared import Caller, PreparedOperation
from server.execution.representations import Accepted, digest_tag, tag_of
from server.execution.response_cache import (
    AnsweredOperation,
    CachedResponse,
    RequestKey,
    ResponseCache,
)
from server.execution.sources import Sources, stating

_CHECKED_AT_ONCE_BYTES = 4_096  # more may be a document of several hundred fields

# Members of enums, looked up once: in Python 3.11 each lookup takes 0.15 us.
_QUERY, _SUBSCRIPTION = OperationType.QUERY, OperationType.SUBSCRIPTION

_NO_STREAM = (
    "A subscription is answered as text/event-stream, which the Accept header must name; or over "
    "a WebSocket, as graphql-transport-ws"
)


@dataclass(frozen=True, slots=True)
class RequestPipeline:
    """Answers requests about one schema over one database."""

    operations: Operations
    response_cache: ResponseCache
    sources: Sources
    authentication: Authentication
    in_flight: InFlightRequests
    sessions: Sessions
    observers: list[Callable[[GraphQLRequest, GraphQLResponse], None]] = field(default_factory=list)
    stream_observers: list[Callable[[GraphQLRequest], None]] = field(default_factory=list)

    def start(
        self, request: GraphQLRequest, on_response: Callable[[GraphQLResponse], None]
    ) -> InFlightRequest[GraphQLResponse]:
        """Start a query or mutation; `on_response` is called once, perhaps before this returns."""
        token = current.set((request,))
        try:
            return self.in_flight.start(self._respond(request), on_response)
        finally:
            current.reset(token)

    async def run(self, request: GraphQLRequest) -> GraphQLResponse:
        """The response to a query or mutation; when cancelled, ends a query but not a mutation."""
        future: asyncio.Future[GraphQLResponse] = asyncio.get_running_loop().create_future()

        def respond(response: GraphQLResponse) -> None:
            if not future.done():
                future.set_result(response)

        started = self.start(request, respond)
        try:
            return await future
        finally:
            if not request.outlives_client:
                started.cancel(client_gone())

    async def prepared(self, request: GraphQLRequest) -> PreparedOperation:
        """The same as `prepare`; a large request is checked in a thread.

        A new document of 2,000 tokens takes up to 0.2 s, in which the event loop would stand still.
        """
        await self.authenticate(request)
        if request.prepared is not None:
            return request.prepared
        limits, identity = self.operations.rate_limits, request.caller.authenticated
        used_up.check(self.operations, request.payload, request.read, identity)
        try:
            if len(request.payload) > _CHECKED_AT_ONCE_BYTES:
                thread = self.operations.document_thread
                await asyncio.get_running_loop().run_in_executor(thread, self.prepare, request)
            return self.prepare(request)
        except Exception:
            limits.charge_refused(identity)
            raise

    async def authenticate(self, request: GraphQLRequest) -> None:
        """Identify the caller; raises HttpError. Nothing of a request is read before."""
        caller = request.caller
        if caller.identity is not None:
            return
        identity = await self.authentication.of_credential(
            caller.credential, caller.client, request.connection
        )
        request.caller = Caller(caller.request_id, caller.credential, caller.client, identity)

    def charge(self, request: GraphQLRequest, points: int) -> None:
        """Take the points of an operation, once; raises HttpError, 429, when they are too many."""
        if not request.is_charged:
            request.is_charged = True  # also of one that is refused
            request.points = points
            self.operations.rate_limits.charge(request.caller.authenticated, points)

    def prepare(self, request: GraphQLRequest) -> PreparedOperation:
        """The requested operation, within all limits, and allowed; raises HttpError or
        OperationRejected."""
        identity = request.caller.authenticated
        if request.prepared is None:
            parameters = request.read(request.payload)
            prepared = self.operations.prepare(parameters, identity, read_only=request.read_only)
            policy.check(prepared.operation.requirement, identity)
            request.operation_name = prepared.operation.name
            request.outlives_client = prepared.kind is not _QUERY
            request.nodes = prepared.measured.cost.nodes
            request.prepared = prepared
        return request.prepared

    async def subscribe(
        self, request: GraphQLRequest, position: StreamPosition | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The results of a subscription as JSON, one per event; raises OperationRejected.

        `position`, if given, is kept up to date: it is that of the last result. The iterator raises
        AccessEnded when the caller's access ends.
        """
        prepared = await self.prepared(request)
        self.charge(request, prepared.points)
        position = position or StreamPosition()
        results = await self.operations.subscribe(prepared, request.caller, position)
        is_open = self.operations.shared.is_open(prepared.operation.root_field)
        request.seconds = perf_counter() - request.started_at
        for observe in self.stream_observers:
            observe(request)
        request.end()  # it lives for hours: what its events read belongs to no operation

        async def bodies() -> AsyncGenerator[bytes, None]:
            identity = request.caller.authenticated
            shown = self.operations.shown_cost(prepared, request.caller)  # in the first result
            allowed = self.sessions.while_allowed(results, identity, lambda: position.sequence)
            async with aclosing(results), aclosing(allowed):
                with is_open:
                    async for result in allowed:
                        body = errors.body(result, request.caller.request_id)
                        yield self.operations.encode(prepared, body, shown)
                        shown = None

        return bodies()

    async def _respond(self, request: GraphQLRequest) -> GraphQLResponse:
        """It awaits futures only, so that it runs without a task."""
        try:
            if self.in_flight.are_too_many:
                raise HttpError(503, "Too many requests at once", UNAVAILABLE, {"retry-after": "1"})
            await self.authenticate(request)
            key = request.cache_key
            cached = self.response_cache.get(key)
            if cached is not None:
                self.charge(request, cached.operation.points)
            if cached is not None or self.response_cache.is_repeated(key):
                response = await self._respond_cached(request, key, cached)
            else:
                response = await self._respond_uncached(request)
            accepted = request.accepted
            if accepted.coding and len(response.body) >= accepted.coded_bytes_min:
                response = await self._coded(response, accepted)
        except asyncio.CancelledError as error:
            # by its deadline or its client; else with its batch
            reason = error.reason if isinstance(error, RequestCancelled) else TimeoutError()
            with running(request):
                response = error_response(reason, request.request_id)
        except Exception as error:
            response = error_response(error, request.request_id)
        self._end(request, response)
        return response

    def _end(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        if response.code:
            request.code = response.code
        request.seconds = perf_counter() - request.started_at
        for observe in self.observers:
            observe(request, response)
        request.end()

    async def _respond_cached(
        self, request: GraphQLRequest, key: RequestKey, cached: CachedResponse | None
    ) -> GraphQLResponse:
        """The cached response if the data has not changed since, else a new one to be cached."""
        if cached is None and not (await self.prepared(request)).operation.is_cacheable:
            return await self._respond_uncached(request)
        source = self.sources.primary
        if self.sources.replicas is not None:
            source = await self.sources.of(request)
        began_at = monotonic()
        version = await source.data_versions.current()
        assert version is not None  # its batch has only this key
        if cached is None or cached.version != version or cached.expires_at <= began_at:
            self.response_cache.cache.misses += 1
            body, code = await self._execute(request, source)
            if code or not await self.sources.are_at(version, source):
                return await self._uncached(request, body, code, source)
            prepared = await self.prepared(request)
            expires = version.has_outcomes and self.operations.is_observed(prepared)
            expires_at = began_at + observed.SECONDS if expires else inf
            nodes = prepared.measured.cost.nodes
            answered = AnsweredOperation(request.operation_name, prepared.points, nodes)
            cached = self.response_cache.put(key, version, body, answered, expires_at)
        else:
            self.response_cache.cache.hits += 1
            request.is_kept = True
        request.operation_name, _, request.nodes = cached.operation
        max_age_s = await self._max_age_s(request)
        response = GraphQLResponse(cached.body, etag=cached.etag, max_age_s=max_age_s)
        return response if request.revision is None else stating(response, version.revision)

    async def _respond_uncached(self, request: GraphQLRequest) -> GraphQLResponse:
        """A new response; that to a GET has an ETag, so that the next one can be conditional."""
        source = self.sources.primary
        if self.sources.replicas is not None:
            await self.prepared(request)
            source = await self.sources.of(request)
        body, code = await self._execute(request, source)
        return await self._uncached(request, body, code, source)

    async def _uncached(
        self, request: GraphQLRequest, body: bytes, code: str, source: ReadSource
    ) -> GraphQLResponse:
        if code or not request.read_only:
            response = GraphQLResponse(body, code=code)
        else:
            max_age_s = await self._max_age_s(request)
            response = GraphQLResponse(body, etag=digest_tag(body), max_age_s=max_age_s)
        if request.revision is None and self.sources.replicas is None:
            return response
        return await self.sources.stated(request, response, source)

    async def _max_age_s(self, request: GraphQLRequest) -> int:
        """For how long caches may use the response unasked; not at all if outcomes change it."""
        max_age_s = self.operations.settings.cache_max_age_s
        if not (max_age_s and request.read_only):
            return 0
        prepared = await self.prepared(request)
        depends_on_data_alone = prepared.operation.is_cacheable and not (
            self.operations.is_observed(prepared)
        )
        return max_age_s if depends_on_data_alone else 0

    async def _coded(self, response: GraphQLResponse, accepted: Accepted) -> GraphQLResponse:
        """The response in the coding that its client wants; the body of a 304 is not compressed."""
        etag, body, coding = response.etag, response.body, accepted.coding
        if not etag or not accepted.knows(tag_of(etag, accepted.media, coding)):
            body = await self.response_cache.coded_bodies.get(etag, body, coding)
        return response._replace(body=body, coding=coding)

    async def _execute(self, request: GraphQLRequest, source: ReadSource) -> tuple[bytes, str]:
        """The body, and the code of its first error; empty without one."""
        prepared = request.prepared or await self.prepared(request)
        if prepared.kind is _SUBSCRIPTION:
            self.operations.rate_limits.charge_refused(request.caller.authenticated)
            raise HttpError(406, _NO_STREAM)
        self.charge(request, prepared.points)
        # a batch shares the response of equal requests
        known = prepared, request.cache_key, request.caller
        if source is self.sources.primary:
            return await self.operations.execute(*known, source.reader)
        return await self.sources.run(source, request, partial(self.operations.execute, *known))
