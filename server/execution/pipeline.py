"""From what a client sent to the reply: one logic, whoever waits for its steps.

A request over ASGI waits in a task of its own (server/http/endpoint.py); the short way calls the
steps back, and needs none (server/http/fast_path.py).
"""

from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import OperationType

from db.reads.data_version import DataVersionReader
from resolvers.errors import LIMIT_EXCEEDED, UNAVAILABLE
from server import errors
from server.errors import HttpError, OperationRejected
from server.execution.operations import Operations, Prepared
from server.execution.response_cache import ResponseCache
from server.http import request, responses
from server.http.responses import Reply
from server.ops.logs import request_id

_NO_STREAM = (
    "A subscription is answered as text/event-stream, which the Accept header must name; or over "
    "a WebSocket, as graphql-transport-ws"
)
_TOO_DEEP = "The document nests too deeply"

Steps: TypeAlias = Generator[Awaitable[Any], Any, Reply]


@dataclass(slots=True)
class GraphQLRequest:
    """What was sent, how its answer must look, and what was found out about it on the way."""

    sent: bytes
    media: str
    is_get: bool = False
    takes_stream: bool = False
    condition: str = ""  # the tag of the answer that the client has already
    operation: str | None = None  # its name, for the log
    outlives_client: bool = False  # a mutation: its client may well believe that it is done


@dataclass(frozen=True, slots=True)
class RequestPipeline:
    """Answers requests about one schema over one database."""

    operations: Operations
    response_cache: ResponseCache
    data_versions: DataVersionReader

    def steps(self, question: GraphQLRequest) -> Steps:
        """What to wait for, one after the other, each to be sent what came of it; then the reply.

        Raises what `reply_to` makes a reply of.
        """
        sent = question.sent
        if self.response_cache.is_repeated(sent):
            return (yield from self._again(question))
        body, _ = yield from self.operations.answering(self.prepare(question), sent)
        return responses.graphql(body, question.media)

    def prepare(self, question: GraphQLRequest) -> Prepared:
        """The requested operation, within all limits; raises HttpError or OperationRejected."""
        given = request.parse(question.sent, is_get=question.is_get)
        prepared = self.operations.prepare(given, only_query=question.is_get)
        question.operation = prepared.name
        if prepared.kind is OperationType.SUBSCRIPTION and not question.takes_stream:
            raise HttpError(406, _NO_STREAM)
        question.outlives_client = prepared.kind is not OperationType.QUERY
        return prepared

    def _again(self, question: GraphQLRequest) -> Steps:
        """The kept answer if it is true of this version, else a new one, kept if it may be."""
        sent, media = question.sent, question.media
        kept = self.response_cache.get(sent)
        prepared = self.prepare(question) if kept is None else None
        if prepared is not None and not prepared.operation.is_keepable:
            body, _ = yield from self.operations.answering(prepared, sent)
            return responses.graphql(body, media)
        version = yield self.data_versions.now()
        if kept is None or kept.version != version:
            prepared = prepared or self.prepare(question)
            body, is_good = yield from self.operations.answering(prepared, sent)
            if not is_good:
                return responses.graphql(body, media)
            kept = self.response_cache.keep(sent, version, body, prepared.name)
        question.operation = kept.operation
        return responses.kept(kept.body, media, kept.etag, question.condition)


def reply_to(error: Exception, media: str) -> Reply:
    """The reply to a request that was refused, or that failed outside of any field."""
    identifier = request_id.get()
    if isinstance(error, HttpError):
        body = errors.plain(str(error), error.code, identifier)
        return responses.plain(body, media, error.status, error.headers)
    if isinstance(error, OperationRejected):
        told: Any = {"errors": [errors.formatted(one, identifier) for one in error.errors]}
    elif isinstance(error, RecursionError):  # in checks alone: in a resolver it is a field's error
        told = errors.plain(_TOO_DEEP, LIMIT_EXCEEDED, identifier)
    else:
        told = errors.unexpected(error, identifier)
        if not isinstance(error, TimeoutError):
            status = 503 if errors.code_of(error) == UNAVAILABLE else 500
            return responses.plain(told, media, status)
    return responses.graphql(responses.dumped(told), media, is_refused=True)
