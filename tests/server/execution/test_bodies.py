"""Bodies of responses have a bounded number of bytes, which are measured before they are made."""

import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import OperationRejected
from server.execution import bodies

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(JSON)
def test_a_body_of_exactly_the_limit_is_encoded_and_one_byte_more_is_refused(value: object) -> None:
    body = {"data": value}
    size = len(orjson.dumps(body))
    for estimate in (0, 10**9):
        assert bodies.encode(body, estimate, size) == orjson.dumps(body)
        with pytest.raises(OperationRejected):
            bodies.encode(body, estimate, size - 1)


def test_a_body_that_is_far_too_large_takes_no_memory() -> None:
    text = "x" * 10_000
    row = {"description": text}
    body = {"data": {"nodes": [{"model": row} for _ in range(20_000)]}}
    tracemalloc.start()
    try:
        with pytest.raises(OperationRejected) as refused:
            bodies.encode(body, 10**9, 8_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000  # of the 200 MB that it would have
    assert "more than 8000000 bytes" in refused.value.errors[0].message
