"""GraphQL over HTTP as an ASGI application, for what does not take the direct path.

It answers event streams, pipelined and chunked requests, GraphiQL's page and every refused head.
With the direct path (server/http/protocol.py) it passes the 61 audits of npm's graphql-http.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from graphql import OperationType
from starlette.types import ASGIApp, Receive, Scope, Send

from resolvers.event_cursors import StreamPosition
from server.errors import HttpError
from server.execution.failures import client_gone, error_response
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.execution.pipeline import RequestPipeline
from server.execution.representations import ANY
from server.http import accept, graphiql, request, responses, sign_in, sse
from server.http.request import RequestHead, disconnected
from server.ops import refused
from server.ops.logs import request_id

REQUEST = "registry.request"  # the key of a GraphQLRequest in the ASGI scope, for the access log

# parameters of a query string that holds an operation
_OPERATIONS = (b"query=", b"documentId=", b"persistedQuery")


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """The ASGI application of the path /graphql."""

    pipeline: RequestPipeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        head = request.head_of(scope)
        if wants_page(head):
            response = self._page(head, request.address_of(scope))
        else:
            response = self._respond(head, scope, receive)
        await (await response)(scope, receive, send)

    async def _page(self, head: RequestHead, client: str) -> ASGIApp:
        """GraphiQL for a caller who is let in; a person without a token is asked for it."""
        try:
            await self.pipeline.authentication.of_headers(head.headers, client)
        except HttpError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                refused.count(error)
                return sign_in.page(error)
            return responses.to_http(error_response(error, request_id()), head.accepted)
        return graphiql.page()

    async def _respond(self, head: RequestHead, scope: Scope, receive: Receive) -> ASGIApp:
        operation: GraphQLRequest | None = None
        try:
            operation = scope[REQUEST] = await self._receive(head, scope, receive)
            if accept.accepts_events(head.accept) and head.method != "HEAD":
                prepared = await self.pipeline.prepared(operation)
                if prepared.kind is OperationType.SUBSCRIPTION:
                    position = StreamPosition(head.last_event_id)
                    results = await self.pipeline.subscribe(operation, position)
                    return sse.EventStream(results, position)
            response = await self._run(operation, receive)
        except Exception as error:
            response = error_response(error, request_id())
            if operation is not None:
                operation.code = response.code
        if accept.prefers_events(head.accept):
            return responses.to_stream(response)
        return responses.to_http(response, head.accepted)

    async def _receive(self, head: RequestHead, scope: Scope, receive: Receive) -> GraphQLRequest:
        """The operation that a request holds; raises HttpError."""
        settings = self.pipeline.operations.settings
        request.check(head, settings.body_bytes_max)
        body = b""
        if head.is_post:
            if not head.headers.get(b"authorization"):
                self._check_anonymous()
            body = await request.read_body(
                head, receive, settings.body_bytes_max, settings.operation_timeout_ms
            )
        return request.graphql_request(head, body, request_id(), request.address_of(scope))

    def _check_anonymous(self) -> None:
        """Read no body of a caller that must send a credential and has sent none."""
        try:
            self.pipeline.authentication.without_credential()
        except HttpError as error:
            headers = {**error.headers, "connection": "close"}
            raise HttpError(error.status, str(error), error.code, headers) from None

    async def _run(self, operation: GraphQLRequest, receive: Receive) -> GraphQLResponse:
        """The response; a client that goes away ends its query, but not its mutation."""
        running = asyncio.ensure_future(self.pipeline.run(operation))
        watcher = asyncio.ensure_future(disconnected(receive))
        try:
            await asyncio.wait((running, watcher), return_when=asyncio.FIRST_COMPLETED)
            if not running.done() and not operation.outlives_client:
                raise client_gone()
            return await running
        finally:
            watcher.cancel()
            running.cancel()


class SingleConnectionEndpoint:
    """The ASGI application of the path at which clients of graphql-sse ask for a token."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it."""
        response = error_response(request.no_single_connection(), request_id())
        await responses.to_http(response, ANY)(scope, receive, send)


def wants_page(head: RequestHead) -> bool:
    """Whether a browser asks for GraphiQL: a GET for HTML without a query or a document's id."""
    return (
        head.method in ("GET", "HEAD")
        and b"text/html" in head.accept
        and not any(name in head.query_string for name in _OPERATIONS)
    )
