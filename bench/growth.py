"""What more rows cost: `python -m bench.growth --scales 10000,100000,1000000`.

A database and a server for each size take turns in each round. With few connections the time to an
answer is that of one request; with 32 the rate is that of a busy server. What costs more than
LIMIT times as much as on the smallest database, and a far page that costs more than LIMIT times the
first one, is explained by PostgreSQL's plans for its statements.
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
from bench.growth_rows import Compared
from bench.measure import Plan, Sample
from bench.operations import Language
from bench.pagination import Asked
from bench.servers import SERVERS, Running
from bench.terminal import say

_CROWDED = ("Q1", "Q3")


@dataclass(frozen=True, slots=True)
class Sized:
    """A server on a database of one size, and what it is asked."""

    bindings: int
    database_url: str
    server: Running
    asked: Mapping[str, Asked]


def main(
    scales: Annotated[str, typer.Option(help="Bindings, with commas.")] = "10000,100000,1000000",
    connections: Annotated[
        int, typer.Option(min=1, max=load.CONNECTIONS - 1, help="Of the quiet measurements.")
    ] = 1,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only what begins so, as Q1 or Models; may be repeated."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Of each measurement.")] = 2,
) -> None:
    """Compare databases of different sizes."""
    sizes = sorted({int(each) for each in scales.split(",")})
    if not data.PER_MODEL <= sizes[0] <= sizes[-1] <= data.BINDINGS_MAX:
        raise typer.BadParameter(f"from {data.PER_MODEL} to {data.BINDINGS_MAX:,} bindings")
    quiet = Plan(rounds, seconds, 2, (), connections)
    with TemporaryDirectory() as scratch, ExitStack() as stack:
        urls = {size: stack.enter_context(data.fresh(size)) for size in sizes}
        every = [
            stack.enter_context(opened(urls[size], size, Path(scratch), tuple(only or [""])))
            for size in sizes
        ]
        samples = measured(every, quiet, Path(scratch))
        compared = growth_rows.compared(samples, sizes)
        plans = explained(every, compared)
        facts = machine.facts(urls[sizes[0]])
    growth_rows.show(compared, plans)
    results = {
        "settings": {"scales": sizes, "rounds": rounds, "seconds": seconds},
        "pages": {each.bindings: {n: a.page for n, a in each.asked.items()} for each in every},
        "compared": [asdict(each) for each in compared],
        "plans": plans,
        "samples": [sample.figures() | {"connections": n} for n, sample in samples],
    }
    say(f"Written to {report.save('growth-', facts, results)}")
    if any(sample.load.failures for _, sample in samples):
        raise SystemExit("Some requests failed")


@contextmanager
def opened(url: str, bindings: int, folder: Path, only: tuple[str, ...] = ("",)) -> Iterator[Sized]:
    """The registry that makes each answer anew, asked what begins with one of these words."""
    server = replace(
        SERVERS[0], name=str(bindings), title=f"{bindings:,} bindings", has_cursors=False
    )
    say(f"Starting a server on {server.title}")
    with servers.running(server, url, folder) as running:
        documents = {**running.language.documents, **operations.documents("growth")}
        running = replace(running, language=Language(documents, server.has_prefixed_ids))
        asked = pagination.chosen(pagination.asked(running, operations.places(url)), only)
        server = replace(server, operations=tuple(asked))
        yield Sized(bindings, url, replace(running, server=server), asked)


def measured(every: Sequence[Sized], quiet: Plan, folder: Path) -> list[tuple[int, Sample]]:
    """The samples of every round, with the number of connections of each."""
    bodies = {
        (name, str(each.bindings)): file
        for each in every
        for name, file in pagination.write(each.server, each.asked, folder).items()
    }
    running = [each.server for each in every]
    postmaster = cpu.postmaster(every[0].database_url)
    crowded = replace(quiet, operations=_CROWDED, connections=load.CONNECTIONS)
    return [
        (plan.connections, sample)
        for plan in (replace(quiet, operations=tuple(every[0].asked)), crowded)
        for sample in measure.samples(running, bodies, plan, postmaster)
    ]


def explained(every: Sequence[Sized], compared: Sequence[Compared]) -> dict[str, list[str]]:
    """For what is over the limit, each statement with its plan, by what was asked and the size.

    The smallest size has its plans there too, to compare with.
    """
    over = {(each.name, each.bindings) for each in compared if each.is_over}
    over |= {(name, every[0].bindings) for name, _ in over}
    found = {}
    for each in every:
        for name, asked in each.asked.items():
            if (name, each.bindings) in over:
                document = each.server.language.documents[asked.document]
                run = explain.explained(each.database_url, document, asked.variables[0])
                plans = [f"{one.statement}\n{one.plan}" for one in asyncio.run(run)]
                found[f"{name}, {each.bindings:,} bindings"] = plans
    return found


if __name__ == "__main__":
    typer.run(main)
