"""The short way of an HTTP request: without a parser, an ASGI scope and a task of its own.

A client that keeps its connection sends the same head again and again. Whatever uvicorn's parser
made of a head before, it would make of the same bytes again: so the second request with a head is
read by looking it up, and answered by the steps of server/execution/pipeline.py, called back. All
else goes uvicorn's way, with the very same bytes. That takes half of the time off a small answer.
docs/decisions/0018-the-short-way.md
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple

from server.errors import HttpError
from server.execution.pipeline import GraphQLRequest, RequestPipeline, Steps, reply_to
from server.http import middleware, request, responses, sse
from server.http.request import CLIENT_GONE
from server.http.responses import Reply
from server.ops.logs import new_request_id

STATE = "registry.express"  # the key in the lifespan's state, where the protocol finds it
END_OF_HEAD = b"\r\n\r\n"
PATH = "/graphql"

_HEADS_MAX = 500  # kept; some 500 bytes each, and seldom more than one for each kind of client
_HEAD_BYTES_MAX = 4_096
# What asks for more than an answer: those requests go the ordinary way.
_NOT_PLAIN = frozenset((b"transfer-encoding", b"expect", b"upgrade", middleware.HEADER))


class Head(NamedTuple):
    """What the bytes before a body say: its length, and the media type of the answer."""

    body_bytes: int
    media: str


class InFlightRequest:
    """A question on the short way, until its reply is sent."""

    __slots__ = ("identifier", "question", "started", "steps")

    def __init__(self, question: GraphQLRequest, steps: Steps) -> None:
        self.question = question
        self.steps = steps
        self.identifier = new_request_id()
        self.started = perf_counter()


class Express:
    """What the connections of one application have in common."""

    def __init__(self, pipeline: RequestPipeline) -> None:
        settings = pipeline.operations.settings
        self.timeout_s = settings.operation_timeout_ms / 1_000
        self.heads: dict[bytes, Head] = {}
        self._answerer = pipeline
        self._body_bytes_max = settings.body_bytes_max

    def learn(self, raw: bytes, scope: Mapping[str, Any], *, keeps_alive: bool) -> None:
        """Remember what the parser made of a head, if the short way can do the same."""
        # a parser passes over empty lines before a request: they are no head
        is_whole = raw.startswith(b"POST ") and raw.endswith(END_OF_HEAD)
        has_plain_lines = raw.count(b"\n") == raw.count(b"\r\n")
        if not (is_whole and has_plain_lines and keeps_alive) or len(raw) > _HEAD_BYTES_MAX:
            return
        asked = scope["http_version"], scope["method"], scope["path"], scope["query_string"]
        if asked != ("1.1", "POST", PATH, b""):
            return
        head = self._read(scope)
        if head is not None:
            if len(self.heads) >= _HEADS_MAX:
                self.heads.clear()
            self.heads[raw] = head

    def begin(self, head: Head, sent: bytes) -> InFlightRequest:
        """The exchange for a body that came; its place in the room is taken at the first step."""
        question = GraphQLRequest(sent, head.media)
        return InFlightRequest(question, self._steps(question))

    def end(self, exchange: InFlightRequest, reply: Reply, *, is_gone: bool) -> None:
        """Note what became of it."""
        status = CLIENT_GONE if is_gone else reply.status
        middleware.note("POST", PATH, status, exchange.started, exchange.question.operation)

    def _steps(self, question: GraphQLRequest) -> Steps:
        try:
            with self._answerer.operations.concurrency:
                return (yield from self._answerer.steps(question))
        except Exception as error:
            return reply_to(error, question.media)

    def _read(self, scope: Mapping[str, Any]) -> Head | None:
        names = [name for name, _ in scope["headers"]]
        if _NOT_PLAIN.intersection(names) or len(set(names)) < len(names):
            return None
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        accept = headers.get(b"accept", b"").decode("latin-1")
        try:
            request.require_json(headers.get(b"content-type", b"").decode("latin-1"))
        except HttpError:
            return None
        if not length.isdigit() or int(length) > self._body_bytes_max or sse.is_wanted(accept):
            return None
        return Head(int(length), responses.media_type(accept))
