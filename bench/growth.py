"""The cost of more rows: `python -m bench.growth --scales 10000,100000,1000000`.

One server per database size; they take turns in each round. With one connection the latency is that
of a single request; with 32 the rate is that of a busy server. For each query that costs more than
LIMIT times as much as on the smallest database, and for each far page that costs more than LIMIT
times as much as the first one, PostgreSQL's plans of its statements are printed.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import (
    cpu,
    data,
    explain,
    growth_rows,
    load,
    machine,
    measure,
    operations,
    pagination,
    report,
    servers,
)
from bench.growth_rows import GrowthRow
from bench.measure import LoadSchedule, Sample
from bench.operations import Dialect
from bench.pagination import MeasuredQuery
from bench.servers import SERVERS, RunningServer
from bench.terminal import progress

_CONCURRENT = ("Q1", "Q3")  # also measured with 32 connections


@dataclass(frozen=True, slots=True)
class SizedServer:
    """A server on a database of one size, and its queries by name."""

    bindings: int
    database_url: str
    server: RunningServer
    queries: Mapping[str, MeasuredQuery]


def main(
    scales: Annotated[
        str, typer.Option(help="Numbers of bindings, separated by commas.")
    ] = "10000,100000,1000000",
    connections: Annotated[
        int, typer.Option(min=1, max=load.CONNECTIONS - 1, help="For the latency of one request.")
    ] = 1,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only queries with this prefix, such as Q1 or Models; repeatable."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Of each measurement.")] = 2,
) -> None:
    """Compare databases of different sizes."""
    sizes = sorted({int(each) for each in scales.split(",")})
    if not data.PER_MODEL <= sizes[0] <= sizes[-1] <= data.BINDINGS_MAX:
        raise typer.BadParameter(f"from {data.PER_MODEL} to {data.BINDINGS_MAX:,} bindings")
    schedule = LoadSchedule(rounds, seconds, 2, (), connections)
    with TemporaryDirectory() as scratch, ExitStack() as stack:
        urls = {size: stack.enter_context(data.fresh(size)) for size in sizes}
        sized = [
            stack.enter_context(running(urls[size], size, Path(scratch), tuple(only or [""])))
            for size in sizes
        ]
        samples = measured(sized, schedule, Path(scratch))
        rows = growth_rows.rows(samples, sizes)
        plans = explained(sized, rows)
        facts = machine.facts(urls[sizes[0]])
    growth_rows.show(rows, plans)
    results = {
        "settings": {"scales": sizes, "rounds": rounds, "seconds": seconds},
        "pages": {each.bindings: {n: q.page for n, q in each.queries.items()} for each in sized},
        "compared": [asdict(row) for row in rows],
        "plans": plans,
        "samples": [sample.figures() | {"connections": n} for n, sample in samples],
    }
    progress(f"Written to {report.save('growth-', facts, results)}")
    if any(sample.load.failures for _, sample in samples):
        raise SystemExit("Some requests failed")


@contextmanager
def running(
    url: str, bindings: int, folder: Path, prefixes: tuple[str, ...] = ("",)
) -> Iterator[SizedServer]:
    """The registry without a response cache, and its queries with one of the prefixes."""
    server = replace(
        SERVERS[0], name=str(bindings), title=f"{bindings:,} bindings", has_cursors=False
    )
    progress(f"Starting a server on {server.title}")
    with servers.running(server, url, folder) as started:
        documents = {**started.dialect.documents, **operations.documents("growth")}
        started = replace(started, dialect=Dialect(documents, server.has_prefixed_ids))
        queries = pagination.queries(started, operations.sample_keys(url))
        queries = pagination.select(queries, prefixes)
        server = replace(server, operations=tuple(queries))
        yield SizedServer(bindings, url, replace(started, server=server), queries)


def measured(
    sized: Sequence[SizedServer], schedule: LoadSchedule, folder: Path
) -> list[tuple[int, Sample]]:
    """The samples of every round, each with its number of connections."""
    bodies = {
        (name, str(each.bindings)): file
        for each in sized
        for name, file in pagination.write_bodies(each.server, each.queries, folder).items()
    }
    started = [each.server for each in sized]
    postmaster = cpu.postmaster(sized[0].database_url)
    single = replace(schedule, operations=tuple(sized[0].queries))
    concurrent = replace(schedule, operations=_CONCURRENT, connections=load.CONNECTIONS)
    return [
        (each.connections, sample)
        for each in (single, concurrent)
        for sample in measure.samples(started, bodies, each, postmaster)
    ]


def explained(sized: Sequence[SizedServer], rows: Sequence[GrowthRow]) -> dict[str, list[str]]:
    """The statements with their plans of each query over the limit, by query and size.

    The plans on the smallest database are included for comparison.
    """
    over_limit = {(row.name, row.bindings) for row in rows if row.is_over_limit}
    over_limit |= {(name, sized[0].bindings) for name, _ in over_limit}
    plans = {}
    for each in sized:
        for name, query in each.queries.items():
            if (name, each.bindings) in over_limit:
                document = each.server.dialect.documents[query.operation]
                run = explain.explained(each.database_url, document, query.variables[0])
                plans[f"{name}, {each.bindings:,} bindings"] = [
                    f"{statement.text}\n{statement.plan}" for statement in asyncio.run(run)
                ]
    return plans


if __name__ == "__main__":
    typer.run(main)
