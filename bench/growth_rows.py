"""Medians by size of the database, and how they compare with the smallest and the first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from bench import pagination, summary
from bench.measure import Sample
from bench.pagination import LISTINGS
from bench.summary import Ratio
from bench.terminal import note, table

LIMIT = 1.3
_FIGURES = ("answers/s", "p50", "CPU", "PostgreSQL")


class _Key(NamedTuple):
    connections: int
    name: str
    bindings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One thing asked of one size: medians over the rounds, and what they are over another's.

    `over` says what the ratios compare with; they are of p50 and of all CPU, the server's and
    PostgreSQL's, in the same round.
    """

    name: str
    bindings: int
    connections: int
    per_second: float
    p50_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    over: str
    p50: Ratio
    cpu: Ratio

    @property
    def is_over(self) -> bool:
        """Whether either median is above the limit."""
        return max(self.p50.median, self.cpu.median) > LIMIT


def compared(samples: Sequence[tuple[int, Sample]], sizes: Sequence[int]) -> list[Compared]:
    """Everything against the smallest size, then each far page against the first of its size."""
    groups: dict[_Key, list[Sample]] = {}
    for connections, sample in samples:
        key = _Key(connections, sample.operation, int(sample.server))
        groups.setdefault(key, []).append(sample)
    order = list(dict.fromkeys(key.name for key in groups))
    keys = sorted(groups, key=lambda key: (key.connections, order.index(key.name), key.bindings))
    smallest = sizes[0]
    by_size = [
        _compared(key, groups, key._replace(bindings=smallest), f"{smallest:,} bindings")
        for key in keys
    ]
    first = {pagination.far(listing): pagination.near(listing) for listing in LISTINGS}
    by_page = [
        _compared(key, groups, key._replace(name=first[key.name]), "page 1")
        for key in keys
        if key.name in first
    ]
    return by_size + by_page


def _compared(key: _Key, groups: Mapping[_Key, list[Sample]], base: _Key, over: str) -> Compared:
    group, others = groups[key], groups[base]
    return Compared(
        name=key.name,
        bindings=key.bindings,
        connections=key.connections,
        per_second=round(median(each.load.per_second for each in group), 1),
        p50_ms=median(each.load.p50_ms for each in group),
        server_cpu_ms=round(median(each.server_ms for each in group), 3),
        postgres_cpu_ms=round(median(each.postgres_ms for each in group), 3),
        over=over,
        p50=summary.ratio([e.load.p50_ms for e in group], [e.load.p50_ms for e in others]),
        cpu=summary.ratio([_cpu_ms(each) for each in group], [_cpu_ms(each) for each in others]),
    )


def _cpu_ms(sample: Sample) -> float:
    return sample.server_ms + sample.postgres_ms


def show(found: Sequence[Compared], plans: Mapping[str, Sequence[str]]) -> None:
    """Print a table for each comparison, and the plans."""
    for over, connections in dict.fromkeys((each.over, each.connections) for each in found):
        group = [e for e in found if (e.over, e.connections) == (over, connections)]
        title = f"Over {over}, {connections} connection{'s' * (connections > 1)}"
        columns = ("", "bindings", *_FIGURES, "p50 over", "CPU over", "")
        table(title, columns, [_cells(each) for each in group])
    note(
        f"p50, CPU, PostgreSQL: ms a request. Over: median (lowest, highest) of the rounds, CPU"
        f" with PostgreSQL's.\n!: over {LIMIT}."
    )
    for name, statements in plans.items():
        print(f"\n{name}")
        for statement in statements:
            print(f"\n{statement}")


def _cells(row: Compared) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.bindings:,}",
        f"{row.per_second:,.0f}",
        f"{row.p50_ms:.2f}",
        f"{row.server_cpu_ms:.3f}",
        f"{row.postgres_cpu_ms:.3f}",
        _shown(row.p50),
        _shown(row.cpu),
        "!" if row.is_over else "",
    )


def _shown(ratio: Ratio) -> str:
    return f"{ratio.median:.2f}x ({ratio.low:.2f}, {ratio.high:.2f})"
