"""GraphQL over HTTP: one operation a request, within limits, and a clear answer to each mistake.

An own ASGI path: it runs graphql-core on what Strawberry built, which saves Strawberry's view and
its chain of extensions, and passes the 61 audits of npm's graphql-http (tests/server/audit).
"""

from dataclasses import dataclass
from typing import Any

from graphql import OperationType
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from server import graphiql, parameters, responses, sse
from server.answering import Answerer, Question, reply_to
from server.parameters import Call
from server.patience import Patience
from server.responses import Reply

OPERATION_NAME = "registry.operation"  # the key in the ASGI scope, for the access log


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """The ASGI application behind /graphql."""

    answerer: Answerer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = parameters.call(scope, receive)
        response = await (graphiql.page() if _wants_page(request) else self._respond(request))
        await response(scope, receive, send)

    async def _respond(self, request: Call) -> ASGIApp:
        media = responses.media_type(request.header(b"accept"))
        settings = self.answerer.operations.settings
        try:
            sent = await parameters.read(
                request, settings.body_bytes_max, settings.operation_timeout_ms
            )
            with self.answerer.operations.room:  # not while a body comes, however slowly
                return await self._answer(request, sent, media)
        except Exception as error:
            return reply_to(error, media)

    async def _answer(self, request: Call, sent: bytes, media: str) -> ASGIApp:
        operations = self.answerer.operations
        question = Question(
            sent,
            media,
            request.is_get,
            sse.is_wanted(request.header(b"accept")),
            request.header(b"if-none-match") if request.is_get else "",
        )
        try:
            if question.takes_stream:
                prepared = self.answerer.prepare(question)
                if prepared.kind is OperationType.SUBSCRIPTION:
                    return sse.EventStream(await operations.stream(prepared))
            timeout_ms = operations.settings.operation_timeout_ms
            async with Patience(request.receive, timeout_ms) as patience:
                return await self._answered(question, patience)
        finally:
            request.scope[OPERATION_NAME] = question.operation

    async def _answered(self, question: Question, patience: Patience) -> Reply:
        steps = self.answerer.steps(question)
        came: Any = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            patience.outlives_client = question.outlives_client
            came = await step


def _wants_page(request: Call) -> bool:
    return (
        request.is_get
        and "text/html" in request.header(b"accept")
        and "query" not in QueryParams(request.scope["query_string"])
    )
