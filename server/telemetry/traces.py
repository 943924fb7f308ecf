"""Spans of operations and their statements, made when an operation has ended.

An operation that is not sampled costs the decision alone. Its statements are kept until it ends,
whether it is sampled or not: the log of slow operations needs them too.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from random import getrandbits
from time import perf_counter, time_ns
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider, sampling
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace.span import TraceState

from db.postgres.observing import Statement
from domain.operations import NO_TRACE, Operation, Parent, Trace, is_unsampled, parent_of, trace_of
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.ops.work import Work
from server.telemetry import attributes

_LOW_BITS = sampling.TraceIdRatioBased.TRACE_ID_LIMIT
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("model-registry")
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)


class Recorded:
    """The trace of an operation that is sampled, and the context of its future span."""

    __slots__ = ("context", "parent", "response_line", "trace_id", "traceparent", "tracestate")

    def __init__(self, context: SpanContext, parent: SpanContext | None) -> None:
        self.context = context
        self.parent = parent
        self.trace_id = f"{context.trace_id:032x}"
        self.traceparent = f"00-{self.trace_id}-{context.span_id:016x}-01"
        self.tracestate = context.trace_state.to_header()
        # https://w3c.github.io/trace-context/#traceresponse-header: of a draft, and harmless
        self.response_line = f"traceresponse: {self.traceparent}\r\n".encode()


class PassedOn:
    """The trace of an operation that is not recorded, though its caller has begun one.

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
        assert parent is not None  # as whoever decided has seen
        return parent


class Tracer:
    """Decides which operations are sampled, and hands their spans to processors."""

    def __init__(self, resource: Resource, processors: Sequence[SpanProcessor]) -> None:
        self._sampler = TracerProvider(resource=resource, shutdown_on_exit=False).sampler
        self._bound = _bound_of_roots(self._sampler)
        # as OTEL_TRACES_SAMPLER makes it, which has no way to choose otherwise
        self._follows_callers = isinstance(self._sampler, sampling.ParentBased)
        # The SDK's tracer takes several times as long: its spans are known before their end.
        self._span = partial(ReadableSpan, resource=resource, instrumentation_scope=_SCOPE)
        self._processors = processors

    def decide(self, operation: Operation) -> Trace:
        """The operation's place in a trace, by the sampler of OTEL_TRACES_SAMPLER."""
        headers = operation.headers
        if headers and self._follows_callers and is_unsampled(headers[0]):
            return PassedOn(headers)
        parent = operation.parent
        if parent is None and self._bound is not None:
            trace_id = getrandbits(128)  # what the sampler does, in a tenth of its time
            return NO_TRACE if trace_id & _LOW_BITS >= self._bound else _root(trace_id)
        return self._decide_by_sampler(parent, headers)

    def observe(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        """Make the spans of a GraphQL operation that has ended, if it is sampled."""
        trace = trace_of(request)
        if isinstance(trace, Recorded):
            span = self._span(
                attributes.name_of(request),
                trace.context,
                trace.parent,
                attributes=attributes.of_request(request, response),
                kind=SpanKind.SERVER,
                status=_ERROR if attributes.fault_of(response) else _UNSET,
                start_time=_unix_ns(request.started_at),
                end_time=time_ns(),
            )
            self._hand_over(span)
            self._record_statements(request, trace)

    def observe_work(self, work: Work) -> None:
        """Make the spans of a job or command that has ended, if it is sampled."""
        trace = trace_of(work.operation)
        if isinstance(trace, Recorded):
            values = {"registry.work.kind": work.kind, **attributes.of_operation(work.operation)}
            span = self._span(
                f"{work.kind} {work.name}",
                trace.context,
                trace.parent,
                attributes=values,
                kind=SpanKind.INTERNAL,
                status=_ERROR if work.error else _UNSET,
                start_time=_unix_ns(work.started_at),
                end_time=time_ns(),
            )
            self._hand_over(span)
            self._record_statements(work.operation, trace)

    def shutdown(self) -> None:
        """Send what is left."""
        for processor in self._processors:
            processor.shutdown()

    def _hand_over(self, span: ReadableSpan) -> None:
        for processor in self._processors:
            processor.on_end(span)

    def _record_statements(self, operation: Operation, trace: Recorded) -> None:
        """A statement that several operations share is a span of the first one that is sampled."""
        for statement in operation.statements or ():
            recorded = [each for each in map(trace_of, statement.operations) if _is(each)]
            if recorded and recorded[0] is trace:
                self._record_statement(statement, trace.context, recorded)

    def _record_statement(
        self, statement: Statement, parent: SpanContext, recorded: Sequence[Any]
    ) -> None:
        is_shared = len(statement.operations) > 1
        span = self._span(
            attributes.name_of_statement(statement),
            SpanContext(parent.trace_id, getrandbits(64), False, _SAMPLED, parent.trace_state),
            parent,
            attributes=attributes.of_statement(statement),
            links=[Link(each.context) for each in recorded] if is_shared else (),
            kind=SpanKind.CLIENT,
            status=_ERROR if statement.error else _UNSET,
            start_time=_unix_ns(statement.started_at),
            end_time=_unix_ns(statement.started_at + statement.seconds),
        )
        self._hand_over(span)

    def _decide_by_sampler(
        self, parent: Parent | None, headers: tuple[bytes, bytes] | None
    ) -> Trace:
        if parent is None:
            trace_id, context, of_parent = getrandbits(128), Context(), None
        else:
            trace_id, flags = int(parent.trace_id, 16), TraceFlags(parent.flags & 1)
            state = _state(parent.tracestate)
            of_parent = SpanContext(trace_id, int(parent.span_id, 16), True, flags, state)
            context = set_span_in_context(NonRecordingSpan(of_parent), Context())
        result = self._sampler.should_sample(context, trace_id, "GraphQL", SpanKind.SERVER)
        if result.decision is sampling.Decision.RECORD_AND_SAMPLE:
            own = SpanContext(trace_id, getrandbits(64), False, _SAMPLED, result.trace_state)
            return Recorded(own, of_parent)
        return NO_TRACE if parent is None or headers is None else PassedOn(headers)


def _is(trace: Trace | None) -> bool:
    return isinstance(trace, Recorded)


def _root(trace_id: int) -> Recorded:
    return Recorded(SpanContext(trace_id, getrandbits(64), False, _SAMPLED), None)


def _bound_of_roots(sampler: sampling.Sampler) -> int | None:
    """The low bits of the id of a sampled trace without a parent are below it; None: ask."""
    root = getattr(sampler, "_root", sampler)  # ParentBased has no public name for it
    return root.bound if isinstance(root, sampling.TraceIdRatioBased) else None


@lru_cache(maxsize=256)
def _state(header: bytes) -> TraceState:
    return TraceState.from_header([header.decode("latin-1")]) if header else TraceState()


def _unix_ns(at: float) -> int:
    """The Unix time in nanoseconds of a time of perf_counter()."""
    return time_ns() - int((perf_counter() - at) * 1_000_000_000)
