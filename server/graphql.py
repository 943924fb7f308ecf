"""GraphQL over HTTP: one operation a request, within limits, and a clear answer to each mistake.

An own ASGI path: it runs graphql-core on what Strawberry built, which saves Strawberry's view and
its chain of extensions, and passes the 61 audits of npm's graphql-http (tests/server/audit).
"""

from dataclasses import dataclass

from graphql import OperationType
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from db.state import Moments
from resolvers.errors import LIMIT_EXCEEDED
from server import errors, graphiql, parameters, responses, sse
from server.answers import Answers
from server.errors import HttpError, Refused
from server.logs import request_id
from server.operations import Operations, Prepared
from server.parameters import Call
from server.patience import Patience

OPERATION_NAME = "registry.operation"  # the key in the ASGI scope, for the access log

_NO_STREAM = (
    "A subscription is answered as text/event-stream, which the Accept header must name; or over "
    "a WebSocket, as graphql-transport-ws"
)
_TOO_DEEP = "The document nests too deeply"


@dataclass(slots=True)
class GraphQLEndpoint:
    """The ASGI application behind /graphql."""

    operations: Operations
    answers: Answers
    moments: Moments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = parameters.call(scope, receive)
        response = await (graphiql.page() if _wants_page(request) else self._respond(request))
        await response(scope, receive, send)

    async def _respond(self, request: Call) -> ASGIApp:
        media = responses.media_type(request.header(b"accept"))
        try:
            with self.operations.room:
                return await self._answer(request, media)
        except HttpError as error:
            body = errors.plain(str(error), error.code, request_id.get())
            return responses.plain(body, media, error.status, error.headers)
        except Refused as refused:
            shown = [errors.formatted(error, request_id.get()) for error in refused.errors]
            told = {"errors": shown}
        except RecursionError:  # in checks alone: one in a resolver becomes that field's error
            told = errors.plain(_TOO_DEEP, LIMIT_EXCEEDED, request_id.get())
        except TimeoutError as error:
            told = errors.unexpected(error, request_id.get())
        except Exception as error:
            return responses.plain(errors.unexpected(error, request_id.get()), media, 500)
        return responses.graphql(responses.dumped(told), media, is_refused=True)

    async def _answer(self, request: Call, media: str) -> ASGIApp:
        settings = self.operations.settings
        sent = await parameters.read(request, settings.body_bytes_max)
        if _takes_stream(request):
            prepared = self._prepare(request, sent)
            if prepared.kind is OperationType.SUBSCRIPTION:
                return sse.EventStream(await self.operations.stream(prepared))
        async with Patience(request.receive, settings.operation_timeout_ms) as patience:
            if self.answers.is_repeated(sent):
                return await self._answer_again(request, sent, media, patience)
            prepared = self._admit(request, sent, patience)
            body, _ = await self.operations.answer(prepared, sent)
            return responses.graphql(body, media)

    async def _answer_again(
        self, request: Call, sent: bytes, media: str, patience: Patience
    ) -> ASGIApp:
        """The kept answer if it is true of this moment, else a new one, kept if it may be."""
        kept = self.answers.get(sent)
        prepared = self._admit(request, sent, patience) if kept is None else None
        if prepared is not None and not prepared.operation.is_keepable:
            body, _ = await self.operations.answer(prepared, sent)
            return responses.graphql(body, media)
        moment = await self.moments.now()
        if kept is None or kept.moment != moment:
            prepared = prepared or self._admit(request, sent, patience)
            body, is_good = await self.operations.answer(prepared, sent)
            if not is_good:
                return responses.graphql(body, media)
            kept = self.answers.keep(sent, moment, body, prepared.name)
        request.scope[OPERATION_NAME] = kept.operation
        condition = request.header(b"if-none-match") if request.is_get else ""
        return responses.kept(kept.body, media, kept.etag, condition)

    def _admit(self, request: Call, sent: bytes, patience: Patience) -> Prepared:
        prepared = self._prepare(request, sent)
        if prepared.kind is OperationType.SUBSCRIPTION and not _takes_stream(request):
            raise HttpError(406, _NO_STREAM)
        patience.outlives_client = prepared.kind is not OperationType.QUERY
        return prepared

    def _prepare(self, request: Call, sent: bytes) -> Prepared:
        given = parameters.parse(request, sent)
        prepared = self.operations.prepare(given, only_query=request.is_get)
        request.scope[OPERATION_NAME] = prepared.name
        return prepared


def _takes_stream(request: Call) -> bool:
    accept = request.header(b"accept")
    return sse.MEDIA_TYPE in accept.lower() and sse.is_accepted(accept)


def _wants_page(request: Call) -> bool:
    return (
        request.is_get
        and "text/html" in request.header(b"accept")
        and "query" not in QueryParams(request.scope["query_string"])
    )
