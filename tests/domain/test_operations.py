"""Which operations share a batch, and which callers' headers name a span."""

import pytest

from domain.operations import Operation, current, outgoing_headers, parent_of, running, shared

_TRACE, _SPAN = b"4bf92f3577b34da6a3ce929d0e0e4736", b"00f067aa0ba902b7"


def test_a_batch_has_each_operation_once() -> None:
    one, two = Operation("1"), Operation("2")
    assert shared([(one,)]) == (one,)
    assert shared([(), (one,), (two, one), (one,)]) == (one, two)
    assert shared([(), ()]) == ()


def test_an_operation_runs_for_the_length_of_a_block() -> None:
    with running(one := Operation("1")):
        assert current.get() == (one,)
    assert current.get() == ()


def test_a_parent_is_read_as_the_standard_has_it() -> None:
    parent = parent_of(b"00-%s-%s-01" % (_TRACE, _SPAN), b"a=1")
    assert parent is not None
    assert (parent.trace_id, parent.span_id) == (_TRACE.decode(), _SPAN.decode())
    assert (parent.flags, parent.tracestate) == (1, b"a=1")
    assert parent_of(b"01-%s-%s-00-more" % (_TRACE, _SPAN), b"") is not None


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"00-%s-%s" % (_TRACE, _SPAN),
        b"00-%s-%s-01-more" % (_TRACE, _SPAN),
        b"ff-%s-%s-01" % (_TRACE, _SPAN),
        b"00-%s-%s-01" % (b"0" * 32, _SPAN),
        b"00-%s-%s-01" % (_TRACE, b"0" * 16),
        b"00-%s-%s-01" % (_TRACE.upper(), _SPAN),
        b"00-%s-%s-1" % (_TRACE, _SPAN),
        b"00-%s-%s-01\n" % (_TRACE, _SPAN),
    ],
)
def test_a_wrong_parent_is_none(header: bytes) -> None:
    assert parent_of(header, b"") is None


def test_without_a_tracer_nothing_is_sent_to_others() -> None:
    with running(Operation("1")):
        assert outgoing_headers() == {}
