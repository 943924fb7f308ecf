"""Spans of operations and their statements, made when an operation has ended.

An operation that is not sampled costs the decision alone. Its statements are kept until it ends,
whether it is sampled or not: the log of slow operations needs them too.
"""

from collections.abc import Sequence
from functools import lru_cache
from random import getrandbits
from time import perf_counter, time_ns
from typing import Any, NamedTuple

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
from domain.operations import Operation, Parent, Trace, is_unsampled, parent_of, trace_of
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.ops.work import Work
from server.telemetry import attributes

_LOW_BITS = sampling.TraceIdRatioBased.TRACE_ID_LIMIT
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("model-registry")
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)


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

    def __init__(self, context: SpanContext, parent: SpanContext | None) -> None:
        self.context = context
        self.parent = parent
        self.trace_id = f"{context.trace_id:032x}"
        self.traceparent = f"00-{self.trace_id}-{context.span_id:016x}-01"
        self.tracestate = context.trace_state.to_header()
        # https://w3c.github.io/trace-context/#traceresponse-header: of a draft, and harmless
        self.response_line = f"traceresponse: {self.traceparent}\r\n".encode()

    @property
    def place(self) -> tuple[SpanContext, SpanContext | None]:
        """The context of its span, and of the one above."""
        return self.context, self.parent


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


class _Ended(NamedTuple):
    """A span; times are those of perf_counter()."""

    name: str
    context: SpanContext
    parent: SpanContext | None
    kind: SpanKind
    values: dict[str, Any]
    started_at: float
    ended_at: float
    error: str
    links: Sequence[Link] = ()


class Tracer:
    """Decides which operations are sampled, and hands their spans to processors."""

    def __init__(self, resource: Resource, processors: Sequence[SpanProcessor]) -> None:
        self._sampler = TracerProvider(resource=resource, shutdown_on_exit=False).sampler
        self._bound = _bound_of_roots(self._sampler)
        # as OTEL_TRACES_SAMPLER makes it, which has no way to choose otherwise
        self._follows_callers = isinstance(self._sampler, sampling.ParentBased)
        self._resource = resource
        self._processors = processors

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
            name, fault = attributes.name_of(request), attributes.fault_of(response)
            values, times = (
                attributes.of_request(request, response),
                (request.started_at, perf_counter()),
            )
            self._record(_Ended(name, *trace.place, SpanKind.SERVER, values, *times, fault))
            self._record_statements(request, trace)

    def observe_work(self, work: Work) -> None:
        """Make the spans of a job or command that has ended, if it is sampled."""
        trace = trace_of(work.operation)
        if isinstance(trace, Recorded):
            values = {"registry.work.kind": work.kind, **attributes.of_operation(work.operation)}
            name, times = f"{work.kind} {work.name}", (work.started_at, perf_counter())
            self._record(_Ended(name, *trace.place, SpanKind.INTERNAL, values, *times, work.error))
            self._record_statements(work.operation, trace)

    def shutdown(self) -> None:
        """Send what is left."""
        for processor in self._processors:
            processor.shutdown()

    def _record(self, ended: _Ended) -> None:
        """Hand a span to the processors: the SDK's tracer takes several times as long to make one,
        as its spans are known before their end."""
        span = ReadableSpan(
            ended.name,
            ended.context,
            ended.parent,
            self._resource,
            ended.values,
            links=ended.links,
            kind=ended.kind,
            status=_ERROR if ended.error else _UNSET,
            start_time=_unix_ns(ended.started_at),
            end_time=_unix_ns(ended.ended_at),
            instrumentation_scope=_SCOPE,
        )
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
        own = SpanContext(parent.trace_id, getrandbits(64), False, _SAMPLED, parent.trace_state)
        name, values = attributes.name_of_statement(statement), attributes.of_statement(statement)
        times = statement.started_at, statement.started_at + statement.seconds
        links = [Link(each.context) for each in recorded] if len(statement.operations) > 1 else ()
        place = own, parent
        self._record(_Ended(name, *place, SpanKind.CLIENT, values, *times, statement.error, links))

    def _decide_by_sampler(self, parent: Parent | None) -> Trace:
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
        if parent is None:
            return _UNRECORDED
        passed_on = f"00-{parent.trace_id}-{parent.span_id}-00"
        return Unrecorded(parent.trace_id, passed_on, parent.tracestate.decode("latin-1"))


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
