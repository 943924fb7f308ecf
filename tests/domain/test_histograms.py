"""Histograms of latencies: percentiles within the stated error, and no call lost."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import histograms
from domain.histograms import (
    LATENCY_MS_MAX,
    LATENCY_MS_RESOLVED,
    RELATIVE_ERROR,
    CorruptHistogram,
    Histogram,
    InvalidHistogram,
)

OPEN_TELEMETRY = (0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)
SHARES = (0.5, 0.95, 0.99)
ROUNDING = 1e-9


def _log_normal(random: random.Random) -> float:
    return random.lognormvariate(math.log(400), 0.8)


def _bimodal(random: random.Random) -> float:
    return random.gauss(40, 4) if random.random() < 0.6 else random.gauss(2_500, 300)


def _heavy_tailed(random: random.Random) -> float:
    return 20 * random.paretovariate(1.1)


SAMPLERS = (_log_normal, _bimodal, _heavy_tailed)


def _samples(sampler: Callable[[random.Random], float], seed: int, count: int) -> list[float]:
    source = random.Random(seed)
    return [min(max(sampler(source), LATENCY_MS_RESOLVED), LATENCY_MS_MAX) for _ in range(count)]


def _histogram(samples: list[float]) -> Histogram:
    result: Histogram = {}
    for each in samples:
        histograms.merge(result, {histograms.bucket_of(each): 1})
    return result


def _nearest_rank(samples: list[float], share: float) -> float:
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def _under_bounds(samples: list[float], bounds: tuple[float, ...]) -> list[int]:
    edges = (-math.inf, *bounds, math.inf)
    return [sum(above < ms <= upto for ms in samples) for above, upto in pairwise(edges)]


@pytest.mark.parametrize("sampler", SAMPLERS)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 400),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_percentiles_are_within_the_error_after_any_merge(
    sampler: Callable[[random.Random], float], seed: int, count: int, cuts: list[int]
) -> None:
    samples = _samples(sampler, seed, count)
    edges = sorted({0, count, *(cut for cut in cuts if cut < count)})
    parts = [_histogram(samples[start:end]) for start, end in pairwise(edges)]
    random.Random(seed).shuffle(parts)
    merged: Histogram = {}
    for part in parts:
        histograms.merge(merged, part)
    assert merged == _histogram(samples)
    for share, found in zip(SHARES, histograms.percentiles(merged, SHARES), strict=True):
        exact = _nearest_rank(samples, share)
        assert found == histograms.percentile(merged, share)
        assert found == pytest.approx(exact, rel=RELATIVE_ERROR + ROUNDING)
    assert RELATIVE_ERROR <= 0.05


@given(ms=st.floats(LATENCY_MS_RESOLVED, LATENCY_MS_MAX))
def test_one_call_is_its_own_percentile(ms: float) -> None:
    found = histograms.percentile({histograms.bucket_of(ms): 1}, 0.5)
    assert found == pytest.approx(ms, rel=RELATIVE_ERROR + ROUNDING)


@pytest.mark.parametrize("ms", [0, -1, math.nan, math.inf, LATENCY_MS_MAX + 1])
def test_a_latency_out_of_range_has_no_bucket(ms: float) -> None:
    with pytest.raises(InvalidHistogram, match="above 0 and at most 86400000 ms"):
        histograms.bucket_of(ms)


def test_latencies_too_short_to_tell_apart_share_a_bucket() -> None:
    assert histograms.bucket_of(5e-324) == histograms.bucket_of(LATENCY_MS_RESOLVED) == 0


def test_no_calls_have_no_percentile() -> None:
    assert histograms.percentiles({}, SHARES) == [None, None, None]


COUNTS = st.dictionaries(st.integers(0, 265), st.integers(1, 2**64 - 1), max_size=40)


@given(histogram=COUNTS)
def test_encoded_histograms_come_back(histogram: Histogram) -> None:
    assert histograms.decode(histograms.encode(histogram)) == histogram


def test_an_empty_histogram_takes_no_bytes() -> None:
    assert histograms.encode({}) == histograms.encode({7: 0}) == b""


@pytest.mark.parametrize(
    ("calls", "size"), [(255, 4), (256, 5), (2**16, 7), (2**32 - 1, 7), (2**32, 11)]
)
def test_counts_take_as_many_bytes_as_they_need(calls: int, size: int) -> None:
    assert len(histograms.encode({7: calls})) == size


def test_more_calls_than_64_bits_are_refused() -> None:
    with pytest.raises(InvalidHistogram, match="64 bits"):
        histograms.encode({7: 2**64})


@pytest.mark.parametrize(
    "data",
    [
        b"\x01",
        b"\x03" + bytes(5),
        b"\x01" + bytes(4),
        b"\x01\x07\x00\x00",  # a count of 0
        b"\x01\xff\xff\x01",  # no such bucket
        b"\x01\x07\x00\x07\x00\x01\x01",  # the same bucket twice
        b"\x01\x07\x00\x06\x00\x01\x01",
    ],
)
def test_corrupt_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptHistogram, match="histogram"):
        histograms.decode(data)


BOUNDS = st.lists(st.floats(0, 1e8), min_size=1, max_size=20, unique=True).map(sorted)


@given(bounds=BOUNDS, data=st.data())
def test_every_call_under_other_bounds_is_counted(bounds: list[float], data: st.DataObject) -> None:
    edges = (-math.inf, *bounds, math.inf)
    counts = [
        data.draw(st.integers(0, 2**63)) if upto > 0 and above < LATENCY_MS_MAX else 0
        for above, upto in pairwise(edges)
    ]
    found = histograms.from_bounds(bounds, counts)
    assert sum(found.values()) == sum(counts)
    assert found == histograms.from_bounds(bounds, counts)


@given(samples=st.lists(st.floats(5.001, 10_000), min_size=1, max_size=200))
def test_open_telemetrys_bounds_keep_a_percentile_in_its_bucket(samples: list[float]) -> None:
    found = histograms.from_bounds(OPEN_TELEMETRY, _under_bounds(samples, OPEN_TELEMETRY))
    for share in SHARES:
        exact = _nearest_rank(samples, share)
        estimate = histograms.percentile(found, share)
        assert estimate is not None
        assert 1 / (2.5 * (1 + RELATIVE_ERROR)) <= estimate / exact <= 2.5 * (1 + RELATIVE_ERROR)


@pytest.mark.parametrize("median", [30, 60, 120, 200, 400, 900, 1_700])
@pytest.mark.parametrize("sigma", [0.3, 0.6])
def test_open_telemetrys_bounds_on_smooth_latencies(median: float, sigma: float) -> None:
    source = random.Random(1)
    samples = [source.lognormvariate(math.log(median), sigma) for _ in range(5_000)]
    found = histograms.from_bounds(OPEN_TELEMETRY, _under_bounds(samples, OPEN_TELEMETRY))
    p50, p95, p99 = (
        (histograms.percentile(found, share) or 0) / _nearest_rank(samples, share)
        for share in SHARES
    )
    assert 0.85 <= p50 <= 1.15
    assert 0.85 <= p95 <= 1.75
    assert 0.85 <= p99 <= 1.75


def test_calls_above_the_last_bound_count_as_just_above_it() -> None:
    found = histograms.from_bounds(OPEN_TELEMETRY, [0] * 15 + [3])
    assert histograms.percentile(found, 0.99) == pytest.approx(10_000, rel=0.1)


@pytest.mark.parametrize(
    ("bounds", "counts", "message"),
    [
        ([], [1], "1 to 200 bounds"),
        (list(range(10_000)), [0] * 10_001, "1 to 200 bounds"),
        ([1, 2], [1, 2], "2 bounds need 3 counts"),
        ([2, 1], [1, 2, 3], "each greater than the one before"),
        ([1, 1], [1, 2, 3], "each greater than the one before"),
        ([math.nan], [1, 2], "finite"),
        ([math.inf], [1, 2], "finite"),
        ([1], [-1, 2], "at least 0"),
        ([0, 5], [1, 0, 0], "above 0 ms, and there are calls of up to 0 ms"),
        ([LATENCY_MS_MAX], [0, 1], "at most 86400000 ms, and there are calls above"),
    ],
)
def test_histograms_that_cannot_be_counted(
    bounds: list[float], counts: list[int], message: str
) -> None:
    with pytest.raises(InvalidHistogram, match=message):
        histograms.from_bounds(bounds, counts)
