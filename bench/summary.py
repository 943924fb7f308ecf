"""Medians over the rounds, and ratios of figures of the same round."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import NamedTuple

from bench.heads import Headers
from bench.measure import Sample
from bench.servers import BASELINES


class _Key(NamedTuple):
    operation: str
    headers: Headers
    server: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure over another one of the same round: the median, lowest and highest of all rounds.

    The speed of a machine changes from minute to minute, so only figures of the same round are
    compared.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One server on one operation: medians over the rounds.

    `ratios` has the registry's responses per second over this server's, by the registry's setting
    (without and with its response cache).
    """

    operation: str
    headers: Headers
    server: str
    per_second: float
    ratios: dict[str, Ratio]
    p50_ms: float
    p90_ms: float
    p99_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    failures: int

    def figures(self) -> dict[str, object]:
        """All figures, for JSON."""
        return asdict(self)


def rows(samples: Sequence[Sample], names: Sequence[str]) -> list[Row]:
    """A row for each operation, kind of headers and server, the servers in the order of names."""
    groups: dict[_Key, list[Sample]] = {}
    for sample in samples:
        key = _Key(sample.operation, sample.headers, sample.server)
        groups.setdefault(key, []).append(sample)
    summaries = [
        _row(
            group,
            {
                name: groups.get(key._replace(server=name), [])
                for name in BASELINES
                if name != key.server
            },
        )
        for key, group in groups.items()
    ]
    return sorted(summaries, key=lambda row: (row.operation, row.headers, names.index(row.server)))


def _row(group: Sequence[Sample], baselines: dict[str, list[Sample]]) -> Row:
    loads = [sample.load for sample in group]
    return Row(
        operation=group[0].operation,
        headers=group[0].headers,
        server=group[0].server,
        per_second=round(median(each.per_second for each in loads), 1),
        ratios={name: rate_ratio(samples, group) for name, samples in baselines.items() if samples},
        p50_ms=median(each.p50_ms for each in loads),
        p90_ms=median(each.p90_ms for each in loads),
        p99_ms=median(each.p99_ms for each in loads),
        server_cpu_ms=round(median(sample.server_ms for sample in group), 3),
        postgres_cpu_ms=round(median(sample.postgres_ms for sample in group), 3),
        failures=sum(each.failures for each in loads),
    )


def rate_ratio(samples: Sequence[Sample], others: Sequence[Sample]) -> Ratio:
    """The ratio of responses per second."""
    return ratio(
        [each.load.per_second for each in samples], [each.load.per_second for each in others]
    )


def ratio(figures: Sequence[float], others: Sequence[float]) -> Ratio:
    """The ratio of two figures; both sequences have one figure per round, in the same order."""
    ratios = [one / other for one, other in zip(figures, others, strict=True)]
    return Ratio(*(round(value, 3) for value in (median(ratios), min(ratios), max(ratios))))
