"""Spans of operations and their statements, made when an operation has ended.

An operation that is not sampled costs the decision alone. Its statements are kept until it ends,
whether it is sampled or not: the log of slow operations needs them too.
"""

from collections.abc import Sequence
from functools import lru_cache
from random import getrandbits
from time import perf_counter, time_ns
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider, sampling
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace.span import TraceState

from db.postgres.observing import Statement
from domain.operations import Operation, Parent, Trace, is_unsampled, parent_of, trace_of
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.ops.work import Work
from server.telemetry import attributes

_LOW_BITS = sampling.TraceIdRatioBased.TRACE_ID_LIMIT
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class Unrecorded:
    """The trace of an operation that is not sampled; it is passed on if its caller began it."""

    __slots__ = ("trace_id", "traceparent", "tracestate")
    response_line = b""

    def __init__(self, trace_id: str = "", traceparent: str = "", tracestate: str = "") -> None:
        self.trace_id = trace_id
        self.traceparent = traceparent
        self.tracestate = tracestate


class Recorded:
    """The trace of an operation that is sampled, and the context of its future span."""

    __slots__ = ("context", "parent", "response_line", "trace_id", "traceparent", "tracestate")

    def __init__(self, context: SpanContext, parent: Context) -> None:
        self.context = context
        self.parent = parent
        self.trace_id = f"{context.trace_id:032x}"
        self.traceparent = f"00-{self.trace_id}-{context.span_id:016x}-01"
        self.tracestate = context.trace_state.to_header()
        # https://w3c.github.io/trace-context/#traceresponse-header: of a draft, and harmless
        self.response_line = f"traceresponse: {self.traceparent}\r\n".encode()


_UNRECORDED = Unrecorded()


class PassedOn:
    """The trace of an operation whose caller has decided not to record it.

    Its texts are made when they are asked for: a busy server asks for few of them.
    """

    __slots__ = ("_headers",)
    response_line = b""

    def __init__(self, headers: tuple[bytes, bytes]) -> None:
        self._headers = headers  # not the operation, which refers to its trace

    @property
    def trace_id(self) -> str:
        """The caller's."""
        return self._parent.trace_id

    @property
    def traceparent(self) -> str:
        """The caller's, for what the operation asks others for."""
        return f"00-{self._parent.trace_id}-{self._parent.span_id}-00"

    @property
    def tracestate(self) -> str:
        """The caller's."""
        return self._parent.tracestate.decode("latin-1")

    @property
    def _parent(self) -> Parent:
        parent = parent_of(*self._headers)
        assert parent is not None  # it has decided
        return parent


class _GivenIds(IdGenerator):
    """Ids that were chosen before the span is made, so that others could refer to it."""

    trace_id = span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id or getrandbits(128)

    def generate_span_id(self) -> int:
        span_id, self.span_id = self.span_id, 0
        return span_id or getrandbits(64)


class Tracer:
    """Decides which operations are sampled, and hands their spans to processors."""

    def __init__(self, resource: Resource, processors: Sequence[SpanProcessor]) -> None:
        self._sampler = TracerProvider(resource=resource, shutdown_on_exit=False).sampler
        self._bound = _bound_of_roots(self._sampler)
        # as OTEL_TRACES_SAMPLER makes it, which has no way to choose otherwise
        self._follows_callers = isinstance(self._sampler, sampling.ParentBased)
        self._ids = _GivenIds()
        self.provider = TracerProvider(
            sampler=sampling.ALWAYS_ON,  # of those that this class makes
            resource=resource,
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        for processor in processors:
            self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("model-registry")

    def decide(self, operation: Operation) -> Trace:
        """The operation's place in a trace, by the sampler of OTEL_TRACES_SAMPLER."""
        headers = operation.headers
        if headers and self._follows_callers and is_unsampled(headers[0]):
            return PassedOn(headers)
        parent = operation.parent
        if parent is None and self._bound is not None:
            trace_id = getrandbits(128)  # what the sampler does, in a tenth of its time
            return _UNRECORDED if trace_id & _LOW_BITS >= self._bound else _root(trace_id)
        return self._decide_by_sampler(parent)

    def observe(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        """Make the spans of a GraphQL operation that has ended, if it is sampled."""
        trace = trace_of(request)
        if isinstance(trace, Recorded):
            values = attributes.of_request(request, response)
            span = self._begin(
                attributes.name_of(request), trace, values, request.started_at, SpanKind.SERVER
            )
            _end(span, perf_counter(), attributes.fault_of(response))
            self._record_statements(request, trace)

    def observe_work(self, work: Work) -> None:
        """Make the spans of a job or command that has ended, if it is sampled."""
        trace = trace_of(work.operation)
        if isinstance(trace, Recorded):
            values = {"registry.work.kind": work.kind, **attributes.of_operation(work.operation)}
            name = f"{work.kind} {work.name}"
            span = self._begin(name, trace, values, work.started_at, SpanKind.INTERNAL)
            _end(span, perf_counter(), work.error)
            self._record_statements(work.operation, trace)

    def _begin(
        self, name: str, trace: Recorded, values: dict[str, Any], started_at: float, kind: SpanKind
    ) -> Span:
        self._ids.trace_id, self._ids.span_id = trace.context.trace_id, trace.context.span_id
        return self._tracer.start_span(
            name, trace.parent, kind, values, start_time=_unix_ns(started_at)
        )

    def _record_statements(self, operation: Operation, trace: Recorded) -> None:
        """A statement that several operations share is a span of the first one that is sampled."""
        parent = set_span_in_context(NonRecordingSpan(trace.context), Context())
        for statement in operation.statements or ():
            recorded = [each for each in map(trace_of, statement.operations) if _is(each)]
            if recorded and recorded[0] is trace:
                self._record_statement(statement, parent, recorded)

    def _record_statement(
        self, statement: Statement, parent: Context, recorded: Sequence[Any]
    ) -> None:
        count = len(statement.operations)
        links = [Link(each.context) for each in recorded] if count > 1 else ()
        span = self._tracer.start_span(
            attributes.name_of_statement(statement),
            parent,
            SpanKind.CLIENT,
            attributes.of_statement(statement),
            links,
            start_time=_unix_ns(statement.started_at),
        )
        _end(span, statement.started_at + statement.seconds, statement.error)

    def _decide_by_sampler(self, parent: Parent | None) -> Trace:
        if parent is None:
            trace_id, context, flags = getrandbits(128), Context(), None
        else:
            trace_id, flags = int(parent.trace_id, 16), TraceFlags(parent.flags & 1)
            state = _state(parent.tracestate)
            of_parent = SpanContext(trace_id, int(parent.span_id, 16), True, flags, state)
            context = set_span_in_context(NonRecordingSpan(of_parent), Context())
        result = self._sampler.should_sample(context, trace_id, "GraphQL", SpanKind.SERVER)
        if result.decision is sampling.Decision.RECORD_AND_SAMPLE:
            own = SpanContext(trace_id, getrandbits(64), False, _SAMPLED, result.trace_state)
            return Recorded(own, context)
        if parent is None:
            return _UNRECORDED
        passed_on = f"00-{parent.trace_id}-{parent.span_id}-00"
        return Unrecorded(parent.trace_id, passed_on, parent.tracestate.decode("latin-1"))


def _is(trace: Trace | None) -> bool:
    return isinstance(trace, Recorded)


def _root(trace_id: int) -> Recorded:
    return Recorded(SpanContext(trace_id, getrandbits(64), False, _SAMPLED), Context())


def _bound_of_roots(sampler: sampling.Sampler) -> int | None:
    """The low bits of the id of a sampled trace without a parent are below it; None: ask."""
    root = getattr(sampler, "_root", sampler)  # ParentBased has no public name for it
    return root.bound if isinstance(root, sampling.TraceIdRatioBased) else None


@lru_cache(maxsize=256)
def _state(header: bytes) -> TraceState:
    return TraceState.from_header([header.decode("latin-1")]) if header else TraceState()


def _end(span: Span, ended_at: float, error: str) -> None:
    if error:
        span.set_status(Status(StatusCode.ERROR))
    span.end(_unix_ns(ended_at))


def _unix_ns(at: float) -> int:
    """The Unix time in nanoseconds of a time of perf_counter()."""
    return time_ns() - int((perf_counter() - at) * 1_000_000_000)
