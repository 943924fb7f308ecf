"""Medians by database size, compared with the smallest database and with the first page."""

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
_FIGURES = ("responses/s", "p50", "CPU", "PostgreSQL")


class _Key(NamedTuple):
    connections: int
    name: str
    bindings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRow:
    """One query on one size: medians over the rounds, and their ratios to a baseline.

    `baseline` says what the ratios compare with. They are of p50 and of the CPU of the server and
    PostgreSQL together, in the same round.
    """

    name: str
    bindings: int
    connections: int
    per_second: float
    p50_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    baseline: str
    p50: Ratio
    cpu: Ratio

    @property
    def is_over_limit(self) -> bool:
        """Whether one of the medians is above the limit."""
        return max(self.p50.median, self.cpu.median) > LIMIT


def rows(samples: Sequence[tuple[int, Sample]], sizes: Sequence[int]) -> list[GrowthRow]:
    """Each query against the smallest size, then each far page against the first page."""
    groups: dict[_Key, list[Sample]] = {}
    for connections, sample in samples:
        key = _Key(connections, sample.operation, int(sample.server))
        groups.setdefault(key, []).append(sample)
    order = list(dict.fromkeys(key.name for key in groups))
    keys = sorted(groups, key=lambda key: (key.connections, order.index(key.name), key.bindings))
    smallest = sizes[0]
    by_size = [
        _row(key, groups, key._replace(bindings=smallest), f"{smallest:,} bindings") for key in keys
    ]
    first = {pagination.far_page(each): pagination.first_page(each) for each in LISTINGS}
    by_page = [
        _row(key, groups, key._replace(name=first[key.name]), "page 1")
        for key in keys
        if key.name in first
    ]
    return by_size + by_page


def _row(
    key: _Key, groups: Mapping[_Key, list[Sample]], baseline_key: _Key, baseline: str
) -> GrowthRow:
    group, others = groups[key], groups[baseline_key]
    return GrowthRow(
        name=key.name,
        bindings=key.bindings,
        connections=key.connections,
        per_second=round(median(each.load.per_second for each in group), 1),
        p50_ms=median(each.load.p50_ms for each in group),
        server_cpu_ms=round(median(each.server_ms for each in group), 3),
        postgres_cpu_ms=round(median(each.postgres_ms for each in group), 3),
        baseline=baseline,
        p50=summary.ratio([e.load.p50_ms for e in group], [e.load.p50_ms for e in others]),
        cpu=summary.ratio([_cpu_ms(each) for each in group], [_cpu_ms(each) for each in others]),
    )


def _cpu_ms(sample: Sample) -> float:
    return sample.server_ms + sample.postgres_ms


def show(growth_rows: Sequence[GrowthRow], plans: Mapping[str, Sequence[str]]) -> None:
    """Print a table for each baseline and number of connections, and the plans."""
    for key in dict.fromkeys((row.baseline, row.connections) for row in growth_rows):
        group = [row for row in growth_rows if (row.baseline, row.connections) == key]
        baseline, connections = key
        title = f"Compared with {baseline}, {connections} connection{'s' * (connections > 1)}"
        columns = ("", "bindings", *_FIGURES, "p50 ratio", "CPU ratio", "")
        table(title, columns, [_cells(row) for row in group])
    note(
        f"p50, CPU, PostgreSQL: ms per request. Ratios: median (lowest, highest) of the rounds; the"
        f" CPU ratio includes PostgreSQL.\n!: over {LIMIT}."
    )
    for name, statements in plans.items():
        print(f"\n{name}")
        for statement in statements:
            print(f"\n{statement}")


def _cells(row: GrowthRow) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.bindings:,}",
        f"{row.per_second:,.0f}",
        f"{row.p50_ms:.2f}",
        f"{row.server_cpu_ms:.3f}",
        f"{row.postgres_cpu_ms:.3f}",
        _ratio_text(row.p50),
        _ratio_text(row.cpu),
        "!" if row.is_over_limit else "",
    )


def _ratio_text(ratio: Ratio) -> str:
    return f"{ratio.median:.2f}x ({ratio.low:.2f}, {ratio.high:.2f})"
