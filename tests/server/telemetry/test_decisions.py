"""What the tracer decides about an operation, and what others are told of its trace."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from domain import operations
from domain.operations import Operation, outgoing_headers, running, trace_id_of, trace_of
from server.telemetry.exporters import resource
from server.telemetry.traces import Recorded, Tracer

_TRACE, _SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_RATIO = 0.01


@pytest.fixture
def sampler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A tracer of this process with the sampler that a test names, and a ratio of 1 %."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", request.param)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", str(_RATIO))
    operations.set_tracer(Tracer(resource("test"), []).decide)
    yield
    operations.set_tracer(None)


def _called(flags: str, trace: str = _TRACE) -> Operation:
    operation = Operation("1")
    operation.headers = f"00-{trace}-{_SPAN}-{flags}".encode(), b"vendor=1"
    return operation


@pytest.mark.parametrize(
    "sampler", ["parentbased_traceidratio", "parentbased_always_on", "always_off"], indirect=True
)
def test_a_trace_that_is_not_recorded_is_passed_on(sampler: None) -> None:
    with running(_called("02")) as operation:  # a flag that is not "sampled"
        assert not isinstance(trace_of(operation), Recorded)
        assert trace_id_of(operation) == _TRACE
        assert outgoing_headers() == {
            "traceparent": f"00-{_TRACE}-{_SPAN}-00",
            "tracestate": "vendor=1",
        }


@pytest.mark.parametrize("sampler", ["always_off"], indirect=True)
def test_without_a_caller_there_is_nothing_to_pass_on(sampler: None) -> None:
    with running(Operation("1")) as operation:
        assert (trace_id_of(operation), outgoing_headers()) == ("", {})
    with running(_called("01", "0" * 32)) as operation:  # a header that is not valid
        assert (trace_id_of(operation), outgoing_headers()) == ("", {})


@pytest.mark.parametrize("sampler", ["parentbased_traceidratio"], indirect=True)
def test_a_trace_that_the_caller_records_is_recorded(sampler: None) -> None:
    with running(_called("01")) as operation:
        trace = trace_of(operation)
        assert isinstance(trace, Recorded)
        assert trace_id_of(operation) == _TRACE
        own = f"{trace.context.span_id:016x}"
        assert outgoing_headers() == {
            "traceparent": f"00-{_TRACE}-{own}-01",
            "tracestate": "vendor=1",
        }


@pytest.mark.parametrize("sampler", ["parentbased_always_on"], indirect=True)
@pytest.mark.parametrize("trace", ["0" * 32, _TRACE.upper(), "4bf9"])
def test_a_header_that_is_not_valid_decides_nothing(sampler: None, trace: str) -> None:
    with running(_called("00", trace)) as operation:
        assert isinstance(trace_of(operation), Recorded)
        assert trace_id_of(operation) not in ("", trace)


@pytest.mark.parametrize("sampler", ["traceidratio"], indirect=True)
def test_a_sampler_that_follows_no_caller_goes_by_the_id(sampler: None) -> None:
    bound = TraceIdRatioBased.get_bound_for_rate(_RATIO)
    for number, is_recorded in ((bound - 1, True), (bound, False)):
        for flags in ("00", "01"):
            trace = f"{1:016x}{number:016x}"
            with running(_called(flags, trace)) as operation:
                assert isinstance(trace_of(operation), Recorded) is is_recorded
                assert trace_id_of(operation) == trace
                assert outgoing_headers()["traceparent"].endswith("01" if is_recorded else "00")


@pytest.mark.parametrize("sampler", ["parentbased_traceidratio"], indirect=True)
def test_one_in_a_hundred_traces_that_begin_here_is_recorded(sampler: None) -> None:
    decided = [trace_of(Operation(str(number))) for number in range(20_000)]
    recorded = sum(isinstance(each, Recorded) for each in decided)
    assert 100 < recorded < 300  # 200 are expected; seven standard deviations
