"""Histograms of latencies that can be merged, and their percentiles.

A histogram maps a bucket to the calls in it. Bucket `k` ends at `LATENCY_MS_RESOLVED * GAMMA ** k`
milliseconds, where the next one begins. A percentile is a value in the middle of its bucket: it
differs from the exact one by at most `RELATIVE_ERROR`, whatever was merged, and in which order.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from operator import lt
from struct import Struct

Histogram = dict[int, int]

GAMMA = 1.1
RELATIVE_ERROR = (GAMMA - 1) / (GAMMA + 1)  # of a percentile: 4.77 %
LATENCY_MS_RESOLVED = 0.001  # bucket 0 has what is shorter
LATENCY_MS_MAX = 86_400_000  # 24 hours
BOUNDS_MAX = 200  # of one histogram from elsewhere

_LOG_GAMMA = math.log(GAMMA)
_BUCKET_MAX = math.ceil(math.log(LATENCY_MS_MAX / LATENCY_MS_RESOLVED) / _LOG_GAMMA)
_WIDTHS = {1: "B", 2: "H", 4: "I", 8: "Q"}  # bytes of a count, and its format for struct
_BUCKET_BYTES = 2


class InvalidHistogram(ValueError):
    """A histogram from elsewhere that cannot be counted; the message says why."""


class CorruptHistogram(ValueError):
    """Bytes that `encode` has not written."""


def bucket_of(ms: float) -> int:
    """The bucket of a latency above 0 and up to `LATENCY_MS_MAX` milliseconds."""
    if not 0 < ms <= LATENCY_MS_MAX:
        raise InvalidHistogram(f"a latency must be above 0 and at most {LATENCY_MS_MAX} ms")
    if ms <= LATENCY_MS_RESOLVED:
        return 0
    return math.ceil(math.log(ms / LATENCY_MS_RESOLVED) / _LOG_GAMMA)


def merge(into: Histogram, other: Histogram) -> None:
    """Add the calls of `other` to `into`."""
    for bucket, calls in other.items():
        into[bucket] = into.get(bucket, 0) + calls


def merged(encoded: Iterable[bytes | None]) -> Histogram:
    """The calls of all encoded histograms; None has none. Errors: CorruptHistogram."""
    result: Histogram = {}
    for each in encoded:
        merge(result, decode(each or b""))
    return result


def percentile(histogram: Histogram, share: float) -> float | None:
    """A percentile in milliseconds, by nearest rank; None when there are no calls."""
    return percentiles(histogram, (share,))[0]


def percentiles(histogram: Histogram, shares: Iterable[float]) -> list[float | None]:
    """The percentiles for shares above 0 and up to 1, in milliseconds; None without calls.

    By nearest rank: of `n` calls, sorted by latency, the one with the number `ceil(share * n)`,
    counted from 1. That is a latency that some call had, and never one between two calls.
    """
    buckets = sorted(histogram)
    calls = list(accumulate(map(histogram.__getitem__, buckets)))
    if not calls:
        return [None for _ in shares]
    return [
        _middle(buckets[bisect_left(calls, max(1, math.ceil(share * calls[-1])))])
        for share in shares
    ]


def sum_ms(histogram: Histogram) -> float:
    """The sum of the latencies in milliseconds, each taken for the middle of its bucket."""
    return sum(_middle(bucket) * calls for bucket, calls in histogram.items())


def encode(histogram: Histogram) -> bytes:
    """The histogram in few bytes; b"" when it has no calls.

    The bytes of a count, the buckets in ascending order as 16-bit integers, and their counts; all
    in little-endian order.
    """
    buckets = sorted(bucket for bucket, calls in histogram.items() if calls)
    if not buckets:
        return b""
    counts = [histogram[bucket] for bucket in buckets]
    width = next((width for width in _WIDTHS if max(counts) < 1 << 8 * width), None)
    if width is None:
        raise InvalidHistogram("a bucket has more calls than 64 bits can count")
    return _layout(width, len(buckets)).pack(width, *buckets, *counts)


def decode(data: bytes) -> Histogram:
    """The histogram that `encode` has written. Errors: CorruptHistogram."""
    if not data:
        return {}
    width = data[0]
    size, rest = divmod(len(data) - 1, _BUCKET_BYTES + width)
    if width not in _WIDTHS or rest or not size:
        raise CorruptHistogram(f"{len(data)} bytes, which begin with {width}, are no histogram")
    _, *values = _layout(width, size).unpack(data)
    buckets, counts = values[:size], values[size:]
    if buckets[-1] > _BUCKET_MAX or not all(map(lt, buckets, buckets[1:])) or not all(counts):
        raise CorruptHistogram("the buckets of a histogram are out of order or out of range")
    return dict(zip(buckets, counts, strict=True))


def from_bounds(bounds: Sequence[float], counts: Sequence[int]) -> Histogram:
    """The calls of a histogram whose buckets have the upper `bounds`, in milliseconds.

    `counts` has one more count, for what is above the last bound. Every call is counted. The calls
    of a bucket are spread over ours: evenly on a logarithmic scale, evenly on a linear one when the
    bucket begins at 0; calls above the last bound count as just above it. So a percentile lies in
    the right bucket of the given ones, and its error is up to their width. With OpenTelemetry's
    default bounds that is a factor of up to 2.5 between 5 and 10,000 ms, when all calls of a bucket
    are at its edge; for log-normal latencies the median is within 15 %, and p95 and p99, where most
    calls of a bucket are at its lower edge, are up to 75 % too high. Above the last bound a
    percentile may be too low by any factor: send bounds up to the timeout of the calls.

    Errors: InvalidHistogram.
    """
    check(bounds, counts)
    result: Histogram = {}
    for spread, calls in zip(_spreads(tuple(bounds)), counts, strict=True):
        if not calls or isinstance(spread, str):
            continue
        before = 0
        for bucket, share in spread:
            until = calls if share == 1 else round(calls * share)
            if until > before:
                result[bucket] = result.get(bucket, 0) + until - before
                before = until
    return result


def check(bounds: Sequence[float], counts: Sequence[int]) -> None:
    """Raise InvalidHistogram for what `from_bounds` refuses."""
    _check(bounds, counts)
    for spread, calls in zip(_spreads(tuple(bounds)), counts, strict=True):
        if calls and isinstance(spread, str):
            raise InvalidHistogram(spread)


def _check(bounds: Sequence[float], counts: Sequence[int]) -> None:
    if not 1 <= len(bounds) <= BOUNDS_MAX:
        raise InvalidHistogram(f"there must be 1 to {BOUNDS_MAX} bounds")
    if len(counts) != len(bounds) + 1:
        raise InvalidHistogram(f"{len(bounds)} bounds need {len(bounds) + 1} counts")
    if not all(map(math.isfinite, bounds)) or not all(map(lt, bounds, bounds[1:])):
        raise InvalidHistogram("bounds must be finite, and each greater than the one before it")
    if min(counts) < 0:
        raise InvalidHistogram("a count must be at least 0")


@lru_cache(maxsize=64)
def _spreads(bounds: tuple[float, ...]) -> list[list[tuple[int, float]] | str]:
    """How the calls of each given bucket spread over ours, or why it can have none."""
    return [_spread(above, upto) for above, upto in pairwise((-math.inf, *bounds, math.inf))]


def _spread(above: float, upto: float) -> list[tuple[int, float]] | str:
    """Our buckets from `above` to `upto` ms, each with the share of the calls up to its end."""
    if upto <= 0:
        return f"a latency must be above 0 ms, and there are calls of up to {upto:g} ms"
    if above >= LATENCY_MS_MAX:
        return f"a latency must be at most {LATENCY_MS_MAX} ms, and there are calls above {above:g}"
    if upto == math.inf:
        return [(bucket_of(math.nextafter(max(above, 0), math.inf)), 1)]
    above = above if above > LATENCY_MS_RESOLVED else 0  # bucket 0 does not tell them apart
    upto = min(upto, LATENCY_MS_MAX)
    last = bucket_of(upto)
    first = min(last, bucket_of(math.nextafter(above, math.inf)) if above else 0)
    return [
        *((bucket, _share(_end(bucket), above, upto)) for bucket in range(first, last)),
        (last, 1),
    ]


def _share(ms: float, above: float, upto: float) -> float:
    """The share of the calls between `above` and `upto` that are up to `ms`."""
    share = math.log(ms / above) / math.log(upto / above) if above else ms / upto
    return min(share, 1)  # rounding makes it 1.0000000000000002


def _end(bucket: int) -> float:
    """The longest latency of a bucket."""
    return LATENCY_MS_RESOLVED * GAMMA**bucket


def _middle(bucket: int) -> float:
    """The latency that differs from both ends of a bucket by the same ratio."""
    return 2 * _end(bucket) / (GAMMA + 1)


@cache
def _layout(width: int, size: int) -> Struct:
    return Struct(f"<B{size}H{size}{_WIDTHS[width]}")
