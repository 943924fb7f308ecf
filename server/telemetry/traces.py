"""Spans of operations and their statements, made when an operation has ended.

An operation that is not sampled costs the decision alone. Its statements are kept until it ends,
whether it is sampled or not: the log of slow operations needs them too.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from random import getrandbits
from time import perf_counter, time_ns

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
from domain.operations import NO_TRACE, Operation, Parent, Trace, is_unsampled, trace_of
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.ops.work import Work
from server.telemetry import attributes

_LOW_BITS = sampling.TraceIdRatioBased.TRACE_ID_LIMIT
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("model-registry")
_NS = 1_000_000_000
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)


class Recorded:
    """The trace of an operation that is sampled, and the context of its future span.

    Texts that few operations need are made when they are asked for.
    """

    __slots__ = ("context", "parent", "traceparent")

    def __init__(self, context: SpanContext, parent: SpanContext | None) -> None:
        self.context = context
        self.parent = parent
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    @property
    def trace_id(self) -> str:
        """Of log lines."""
        return f"{self.context.trace_id:032x}"

    @property
    def tracestate(self) -> str:
        """For what the operation asks others for."""
        return self.context.trace_state.to_header()

    @property
    def response_line(self) -> bytes:
        """https://w3c.github.io/trace-context/#traceresponse-header: of a draft, and harmless."""
        return f"traceresponse: {self.traceparent}\r\n".encode()


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
            return NO_TRACE
        parent = operation.parent
        if parent is not None:
            return self._decide_by_parent(parent)
        if self._bound is None:
            return self._decide_by_sampler(getrandbits(128), None)
        trace_id = getrandbits(128)  # what the sampler does, in a tenth of its time
        return NO_TRACE if trace_id & _LOW_BITS >= self._bound else _recorded(trace_id, None, None)

    def observe(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        """Make the spans of a GraphQL operation that has ended, if it is sampled."""
        trace = request.trace
        if trace is None:
            headers = request.headers
            # first what most requests of a busy caller need, without a call: see `decide`
            if headers and self._follows_callers and is_unsampled(headers[0]):
                request.trace = NO_TRACE
                return
            trace = request.trace = self.decide(request)
        if isinstance(trace, Recorded):
            self._record(request, response, trace)

    def observe_work(self, work: Work) -> None:
        """Make the spans of a job or command that has ended, if it is sampled."""
        trace = trace_of(work.operation)
        if isinstance(trace, Recorded):
            zero = _zero_ns()
            values = {"registry.work.kind": work.kind, **attributes.of_operation(work.operation)}
            span = self._span(
                f"{work.kind} {work.name}",
                trace.context,
                trace.parent,
                attributes=values,
                kind=SpanKind.INTERNAL,
                status=_ERROR if work.error else _UNSET,
                start_time=int(work.started_at * _NS) + zero,
                end_time=time_ns(),
            )
            self._hand_over(span)
            self._record_statements(work.operation, trace, zero)

    def shutdown(self) -> None:
        """Send what is left."""
        for processor in self._processors:
            processor.shutdown()

    def _record(self, request: GraphQLRequest, response: GraphQLResponse, trace: Recorded) -> None:
        zero = _zero_ns()
        span = self._span(
            attributes.name_of(request),
            trace.context,
            trace.parent,
            attributes=attributes.of_request(request, response),
            kind=SpanKind.SERVER,
            status=_ERROR if attributes.fault_of(response) else _UNSET,
            start_time=int(request.started_at * _NS) + zero,
            end_time=time_ns(),
        )
        self._hand_over(span)
        self._record_statements(request, trace, zero)

    def _hand_over(self, span: ReadableSpan) -> None:
        for processor in self._processors:
            processor.on_end(span)

    def _record_statements(self, operation: Operation, trace: Recorded, zero: int) -> None:
        """A statement that several operations share is a span of the first one that is sampled."""
        for statement in operation.statements or ():
            # most are decided already, and need no call
            traces = [each.trace or trace_of(each) for each in statement.operations]
            recorded = [each for each in traces if isinstance(each, Recorded)]
            if recorded and recorded[0] is trace:
                self._record_statement(statement, recorded, zero)

    def _record_statement(
        self, statement: Statement, recorded: Sequence[Recorded], zero: int
    ) -> None:
        name, values = attributes.of_statement(statement)
        parent = recorded[0].context
        started_at = int(statement.started_at * _NS) + zero
        # one of the only trace that is recorded has its parent already
        links = [Link(each.context) for each in recorded] if len(recorded) > 1 else ()
        span = self._span(
            name,
            SpanContext(parent.trace_id, getrandbits(64), False, _SAMPLED, parent.trace_state),
            parent,
            attributes=values,
            links=links,
            kind=SpanKind.CLIENT,
            status=_ERROR if statement.error else _UNSET,
            start_time=started_at,
            end_time=started_at + int(statement.seconds * _NS),
        )
        self._hand_over(span)

    def _decide_by_parent(self, parent: Parent) -> Trace:
        trace_id, flags = int(parent.trace_id, 16), TraceFlags(parent.flags & 1)
        state = _state(parent.tracestate)
        of_parent = SpanContext(trace_id, int(parent.span_id, 16), True, flags, state)
        if not self._follows_callers:
            return self._decide_by_sampler(trace_id, of_parent)
        return _recorded(trace_id, state, of_parent) if flags.sampled else NO_TRACE

    def _decide_by_sampler(self, trace_id: int, parent: SpanContext | None) -> Trace:
        context = Context()
        if parent is not None:
            context = set_span_in_context(NonRecordingSpan(parent), context)
        result = self._sampler.should_sample(context, trace_id, "GraphQL", SpanKind.SERVER)
        if result.decision is not sampling.Decision.RECORD_AND_SAMPLE:
            return NO_TRACE
        return _recorded(trace_id, result.trace_state, parent)


def _recorded(trace_id: int, state: TraceState | None, parent: SpanContext | None) -> Recorded:
    return Recorded(SpanContext(trace_id, getrandbits(64), False, _SAMPLED, state), parent)


def _bound_of_roots(sampler: sampling.Sampler) -> int | None:
    """The low bits of the id of a sampled trace without a parent are below it; None: ask."""
    root = getattr(sampler, "_root", sampler)  # ParentBased has no public name for it
    return root.bound if isinstance(root, sampling.TraceIdRatioBased) else None


@lru_cache(maxsize=256)
def _state(header: bytes) -> TraceState:
    return TraceState.from_header([header.decode("latin-1")]) if header else TraceState()


def _zero_ns() -> int:
    """The Unix time in nanoseconds of the zero of perf_counter(), as of now."""
    return time_ns() - int(perf_counter() * _NS)
