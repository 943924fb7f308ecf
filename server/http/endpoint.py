"""GraphQL over HTTP: one operation a request, within limits, and a clear answer to each mistake.

An own ASGI path: it runs graphql-core on what Strawberry built, which saves Strawberry's view and
its chain of extensions, and passes the 61 audits of npm's graphql-http (tests/server/audit).
"""

from dataclasses import dataclass
from typing import Any

from graphql import OperationType
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from server.execution.pipeline import GraphQLRequest, RequestPipeline, reply_to
from server.http import graphiql, request, responses, sse
from server.http.deadline import RequestDeadline
from server.http.request import RequestHead
from server.http.responses import Reply

OPERATION_NAME = "registry.operation"  # the key in the ASGI scope, for the access log


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """The ASGI application behind /graphql."""

    pipeline: RequestPipeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        head = request.call(scope, receive)
        response = await (graphiql.page() if _wants_page(head) else self._respond(head))
        await response(scope, receive, send)

    async def _respond(self, head: RequestHead) -> ASGIApp:
        media = responses.media_type(head.header(b"accept"))
        settings = self.pipeline.operations.settings
        try:
            sent = await request.read(head, settings.body_bytes_max, settings.operation_timeout_ms)
            with self.pipeline.operations.concurrency:  # not while a body comes, however slowly
                return await self._answer(head, sent, media)
        except Exception as error:
            return reply_to(error, media)

    async def _answer(self, head: RequestHead, sent: bytes, media: str) -> ASGIApp:
        operations = self.pipeline.operations
        question = GraphQLRequest(
            sent,
            media,
            head.is_get,
            sse.is_wanted(head.header(b"accept")),
            head.header(b"if-none-match") if head.is_get else "",
        )
        try:
            if question.takes_stream:
                prepared = self.pipeline.prepare(question)
                if prepared.kind is OperationType.SUBSCRIPTION:
                    return sse.EventStream(await operations.stream(prepared))
            timeout_ms = operations.settings.operation_timeout_ms
            async with RequestDeadline(head.receive, timeout_ms) as deadline:
                return await self._answered(question, deadline)
        finally:
            head.scope[OPERATION_NAME] = question.operation

    async def _answered(self, question: GraphQLRequest, deadline: RequestDeadline) -> Reply:
        steps = self.pipeline.steps(question)
        came: Any = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            deadline.outlives_client = question.outlives_client
            came = await step


def _wants_page(head: RequestHead) -> bool:
    return (
        head.is_get
        and "text/html" in head.header(b"accept")
        and "query" not in QueryParams(head.scope["query_string"])
    )
