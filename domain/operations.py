"""What SQL statements, log lines and requests to others belong to: the operation that runs now.

An operation of GraphQL, a job or a command. It is the value of one ContextVar, which tasks inherit;
a batch that several operations share has all of them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any, Protocol, TypeAlias

STATEMENTS_MAX = 100  # of an operation, that are kept until it ends; more are only counted

# https://www.w3.org/TR/trace-context: a later version may have more fields
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_BLANKS = b" \t"  # around the value of a header, of which they are no part
# The same of version 00, without the flag "sampled", as most headers of a busy caller are; a
# pattern without groups takes less time.
_UNSAMPLED = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][02468ace]")
# Whether a caller's header is valid, of version 00, and says that its trace is not recorded.
is_unsampled: Callable[[bytes], object] = _UNSAMPLED.fullmatch


class Trace(Protocol):
    """The place of an operation in a trace; its texts are empty where it is not recorded."""

    @property
    def trace_id(self) -> str:
        """Its id, in 32 hexadecimal digits."""

    @property
    def traceparent(self) -> str:
        """The header of what the operation asks others for."""

    @property
    def tracestate(self) -> str:
        """The header that goes with it."""

    @property
    def response_line(self) -> bytes:
        """A line of a head of HTTP, which tells the client."""


class Parent:
    """The span of a caller, as its headers `traceparent` and `tracestate` name it."""

    __slots__ = ("flags", "span_id", "trace_id", "tracestate")

    def __init__(self, trace_id: str, span_id: str, flags: int, tracestate: bytes) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.flags = flags
        self.tracestate = tracestate


class Operation:
    """An operation of GraphQL, a job or a command.

    `database_s` is the time of its statements; of one that several operations share, each counts
    all of it, and `is_shared` is true. Statements that run at the same time are added up.
    """

    # Defaults of the class: most operations need few of them, and each that is set takes time.
    headers: tuple[bytes, bytes] | None = None  # traceparent and tracestate, as they came
    trace: Trace | None = None
    database_s = 0.0
    statement_count = 0
    is_shared = False
    is_ended = False
    # The first ones, see db/postgres/observing.py; none once it has ended: they refer to it.
    statements: list[Any] | None = None

    def __init__(self, request_id: str = "") -> None:
        self.request_id = request_id

    @property
    def parent(self) -> Parent | None:
        """The caller's span, if its headers name one."""
        return parent_of(*self.headers) if self.headers else None

    def end(self) -> None:
        """Forget the statements; later ones are not counted."""
        self.statements = None
        self.is_ended = True


Operations: TypeAlias = tuple[Operation, ...]

current: ContextVar[Operations] = ContextVar("operations", default=())


class NoTrace:
    """The trace of what has no span: it is not sampled, or no operation of GraphQL."""

    trace_id = traceparent = tracestate = ""
    response_line = b""


NO_TRACE = NoTrace()


def untraced(request_id: str) -> Operation:
    """An operation that has no span, whatever a tracer would decide."""
    operation = Operation(request_id)
    operation.trace = NO_TRACE
    return operation


@contextmanager
def running(operation: Operation) -> Iterator[Operation]:
    """Statements, log lines and outgoing requests of the block belong to the operation."""
    token = current.set((operation,))
    try:
        yield operation
    finally:
        current.reset(token)


def shared(waiting: Sequence[Operations]) -> Operations:
    """The operations of all that wait for a batch."""
    if len(waiting) == 1:
        return waiting[0]
    return tuple(dict.fromkeys(chain.from_iterable(waiting)))


def parent_of(traceparent: bytes, tracestate: bytes) -> Parent | None:
    """The caller's span; None for headers that are not valid, as the standard wants it."""
    traceparent = traceparent.strip(_BLANKS)
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (traceparent.startswith(b"00") and len(traceparent) > found.end(3)):
        return None
    trace_id, span_id, flags = (part.decode() for part in found.groups())
    return Parent(trace_id, span_id, int(flags, 16), tracestate.strip(_BLANKS))


class _Process:
    """What decides about traces in this process: at most one tracer, set once at its start."""

    tracer: Callable[[Operation], Trace] | None = None


def set_tracer(tracer: Callable[[Operation], Trace] | None) -> None:
    """Let a tracer give each operation its place in a trace."""
    _Process.tracer = tracer


def trace_of(operation: Operation) -> Trace | None:
    """The operation's place in a trace; None when nothing is traced."""
    if operation.trace is None and _Process.tracer is not None:
        operation.trace = _Process.tracer(operation)
    return operation.trace


def trace_id_of(operation: Operation) -> str:
    """The trace that the operation is recorded in, or else its caller's; may be empty."""
    trace = trace_of(operation)
    if trace is not None and trace.trace_id:
        return trace.trace_id
    parent = operation.parent
    return parent.trace_id if parent else ""


def outgoing_headers() -> dict[str, str]:
    """The headers that tell another server which trace a request belongs to; may be empty.

    A trace that is not recorded here is passed on with the ids of its caller's span.
    """
    running_now = current.get()
    trace = trace_of(running_now[0]) if running_now else None
    if trace is None:
        return {}
    traceparent, tracestate = trace.traceparent, trace.tracestate
    if not traceparent and (parent := running_now[0].parent) is not None:
        traceparent = f"00-{parent.trace_id}-{parent.span_id}-00"
        tracestate = parent.tracestate.decode("latin-1")
    headers = {"traceparent": traceparent, "tracestate": tracestate}
    return {name: value for name, value in headers.items() if value}
