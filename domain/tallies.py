"""Counts of measured values in fixed ranges: the plain numbers behind the histograms of metrics."""

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Tally:
    """How many values fell into each range, and the sum of all.

    A range ends with its bound, which belongs to it. The last range has what is above all bounds.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total: float = 0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
