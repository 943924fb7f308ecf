"""What a second worker gains: `python -m bench.workers`.

One server with one worker and one with two take turns on the same database. The load generator and
PostgreSQL need cores too, so a second worker can double nothing that they leave no room for: the
table tells how busy the cores were, and what other programs and other guests of the host took.
With `--core-share 0.3` each worker has so much of a core and no more, so that cores do last.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import (
    connection_spread,
    cpu,
    cpu_quota,
    data,
    load,
    machine,
    measure,
    operations,
    report,
    servers,
    summary,
)
from bench.connection_spread import Spread
from bench.measure import Plan, Sample
from bench.servers import SERVERS, Running, Server
from bench.summary import Ratio
from bench.terminal import note, say, table

TARGET = 1.7
BINDINGS = 40_000
_COLUMNS = (
    "",
    "answers/s",
    "over one",
    "CPU",
    "PostgreSQL",
    "busiest",
    "connections",
    "cores busy",
    "others",
    "stolen",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of workers on one operation: medians over the rounds.

    `over_one` is of answers a second. `busiest_share` is the CPU of the busiest worker over that of
    all; `fullest_share` is the same of connections, where they were seen. Cores are of the whole
    machine: all that were busy, those that other programs took, and those that the host gave to
    other guests.
    """

    operation: str
    workers: int
    per_second: float
    over_one: Ratio
    server_cpu_ms: float
    postgres_cpu_ms: float
    busiest_share: float
    fullest_share: float | None
    busy_cores: float
    elsewhere_cores: float
    stolen_cores: float
    failures: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One sample, and how its connections were spread over the workers."""

    sample: Sample
    spread: Spread

    def figures(self) -> dict[str, object]:
        """All of them, for JSON."""
        return {**self.sample.figures(), "connections": self.spread}


def main(
    workers: Annotated[list[int] | None, typer.Option(min=1, help="May be repeated.")] = None,
    operation: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    core_share: Annotated[
        float | None, typer.Option(min=0.1, max=1, help="Of a core, for each worker.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1)] = load.CONNECTIONS,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Of each measurement.")] = 4,
) -> None:
    """Compare one worker with more; Q1, Q4 and Q5, and two workers, unless told otherwise."""
    if core_share and (reason := cpu_quota.unavailable()):
        say(f"--core-share is left out, the workers run free: {reason}")
        core_share = None
    plan = Plan(rounds, seconds, 3, tuple(operation or ("Q1", "Q4", "Q5")), connections)
    numbers = [1, *sorted(set(workers or [2]) - {1})]
    with TemporaryDirectory() as scratch, data.fresh(BINDINGS) as url:
        seen = measured(url, numbers, plan, Path(scratch), core_share)
        facts = machine.facts(url)
    found = rows(seen)
    _show(found, core_share)
    settings = {**asdict(plan), "bindings": BINDINGS, "core_share": core_share}
    results = {
        "settings": settings,
        "medians": [asdict(row) for row in found],
        "samples": [each.figures() for each in seen],
    }
    say(f"Written to {report.save('workers-', facts, results)}")
    if any(row.failures for row in found):
        raise SystemExit("Some requests failed")


def measured(
    url: str, numbers: Sequence[int], plan: Plan, folder: Path, core_share: float | None = None
) -> list[Seen]:
    """Every round's samples; the server's name is its number of workers."""
    places = operations.places(url)
    with ExitStack() as stack:
        running = [
            stack.enter_context(servers.running(_server(number), url, folder)) for number in numbers
        ]
        for each in running if core_share else ():
            stack.enter_context(cpu_quota.held(_processes(each), core_share))
        bodies = measure.write_bodies(running, places, folder)
        watch = stack.enter_context(connection_spread.watched(running))
        return [
            Seen(sample, watch.take(sample.server))
            for sample in measure.samples(running, bodies, plan, cpu.postmaster(url))
        ]


def _server(workers: int) -> Server:
    """The registry that makes each answer anew, as in the other measurements."""
    one = SERVERS[0]
    title = f"{workers} worker{'s' * (workers > 1)}"
    return replace(one, name=str(workers), title=title, command=servers.serve(workers))


def _processes(server: Running) -> list[int]:
    return [each.pid for each in connection_spread.workers(server)]


def rows(seen: Sequence[Seen]) -> list[Row]:
    """A row for each operation and number of workers; among them there is one worker alone."""
    groups: dict[tuple[str, str], list[Seen]] = {}
    for each in seen:
        groups.setdefault((each.sample.operation, each.sample.server), []).append(each)
    made = [_row(group, groups[operation, "1"]) for (operation, _), group in groups.items()]
    return sorted(made, key=lambda row: (row.operation, row.workers))


def _row(seen: Sequence[Seen], alone: Sequence[Seen]) -> Row:
    group = [each.sample for each in seen]
    rates = [sample.load.per_second for sample in group]
    spreads = [max(each.spread) / sum(each.spread) for each in seen if each.spread]
    return Row(
        operation=group[0].operation,
        workers=int(group[0].server),
        per_second=round(median(rates), 1),
        over_one=summary.ratio(rates, [each.sample.load.per_second for each in alone]),
        server_cpu_ms=round(median(sample.server_ms for sample in group), 3),
        postgres_cpu_ms=round(median(sample.postgres_ms for sample in group), 3),
        busiest_share=round(
            median(max(each.process_cpu_s) / (each.server_cpu_s or 1) for each in group), 2
        ),
        fullest_share=round(median(spreads), 2) if spreads else None,
        busy_cores=round(median(each.machine.busy_cores for each in group), 2),
        elsewhere_cores=round(median(each.elsewhere_cores for each in group), 2),
        stolen_cores=round(median(each.machine.stolen_cores for each in group), 2),
        failures=sum(sample.load.failures for sample in group),
    )


def _show(found: Sequence[Row], core_share: float | None) -> None:
    for operation in dict.fromkeys(row.operation for row in found):
        title = f"{operation}  {operations.TITLES[operation]}"
        table(title, _COLUMNS, [_cells(row) for row in found if row.operation == operation])
    note(
        f"over one: answers/s over one worker's: median (lowest, highest); the target of two is"
        f" {TARGET} while cores last.\nCPU, PostgreSQL: ms of user and system time a request."
        f" busiest, connections: the share of CPU of the busiest worker, and of connections of the"
        f" fullest.\ncores busy: of {cpu.CORES}, by the server,"
        f" PostgreSQL, the load generator, and other programs; stolen: by the machine's host."
    )
    if core_share:
        note(
            f"Each worker was held to {core_share} of a core, so that two of them leave cores for"
            f" PostgreSQL and the load generator, which ran free: only the ratios say something."
        )


def _cells(row: Row) -> tuple[str, ...]:
    over = row.over_one
    return (
        f"{row.workers} worker{'s' * (row.workers > 1)}",
        f"{row.per_second:,.1f}",
        f"{over.median:.2f}x ({over.low:.2f}, {over.high:.2f})" if row.workers > 1 else "",
        f"{row.server_cpu_ms:.2f}",
        f"{row.postgres_cpu_ms:.2f}",
        f"{row.busiest_share:.0%}",
        "" if row.fullest_share is None else f"{row.fullest_share:.0%}",
        f"{row.busy_cores:.2f}",
        f"{row.elsewhere_cores:.2f}",
        f"{row.stolen_cores:.2f}",
    )


if __name__ == "__main__":
    typer.run(main)
