"""The gain of a second worker: `python -m bench.workers`.

One server with one worker and one with two take turns on the same database. The load generator and
PostgreSQL need cores too, so a second worker gains nothing where they leave no core free: the table
shows how busy the cores were, and what other programs and other guests of the host used. With
`--cpu-quota 0.3` each worker may use that fraction of a core, so that cores stay free.
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
from bench.connection_spread import ConnectionCounts
from bench.measure import LoadSchedule, Sample
from bench.servers import SERVERS, RunningServer, Server
from bench.summary import Ratio
from bench.terminal import note, progress, table

TARGET = 1.7
BINDINGS = 40_000
_COLUMNS = (
    "",
    "responses/s",
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
class WorkersRow:
    """One number of workers on one operation: medians over the rounds.

    `over_one` is the ratio of responses per second. `busiest_share` is the CPU of the busiest
    worker over that of all workers; `fullest_share` is the same for connections, where counted.
    Cores are those of the machine: all busy ones, those used by other programs, and those that the
    host gave to other guests.
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
    other_cores: float
    stolen_cores: float
    failures: int


@dataclass(frozen=True, slots=True)
class WorkersSample:
    """One sample, and the connections of each worker."""

    sample: Sample
    connections: ConnectionCounts

    def figures(self) -> dict[str, object]:
        """All figures, for JSON."""
        return {**self.sample.figures(), "connections": self.connections}


def main(
    workers: Annotated[list[int] | None, typer.Option(min=1, help="Repeatable.")] = None,
    operation: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    quota: Annotated[
        float | None,
        typer.Option("--cpu-quota", min=0.1, max=1, help="Fraction of a core for each worker."),
    ] = None,
    connections: Annotated[int, typer.Option(min=1)] = load.CONNECTIONS,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Of each measurement.")] = 4,
) -> None:
    """Compare one worker with more; by default two workers on Q1, Q4 and Q5."""
    if quota and (reason := cpu_quota.unavailable()):
        progress(f"--cpu-quota is ignored: {reason}")
        quota = None
    schedule = LoadSchedule(rounds, seconds, 3, tuple(operation or ("Q1", "Q4", "Q5")), connections)
    numbers = [1, *sorted(set(workers or [2]) - {1})]
    with TemporaryDirectory() as scratch, data.fresh(BINDINGS) as url:
        samples = measured(url, numbers, schedule, Path(scratch), quota)
        facts = machine.facts(url)
    table_rows = rows(samples)
    _show(table_rows, quota)
    results = {
        "settings": {**asdict(schedule), "bindings": BINDINGS, "cpu_quota": quota},
        "medians": [asdict(row) for row in table_rows],
        "samples": [each.figures() for each in samples],
    }
    progress(f"Written to {report.save('workers-', facts, results)}")
    if any(row.failures for row in table_rows):
        raise SystemExit("Some requests failed")


def measured(
    url: str,
    numbers: Sequence[int],
    schedule: LoadSchedule,
    folder: Path,
    quota: float | None = None,
) -> list[WorkersSample]:
    """The samples of every round; a server's name is its number of workers."""
    keys = operations.sample_keys(url)
    with ExitStack() as stack:
        running = [
            stack.enter_context(servers.running(_server(number), url, folder)) for number in numbers
        ]
        if quota:
            processes = [pid for server in running for pid in _worker_ids(server)]
            stack.enter_context(cpu_quota.limited(processes, quota))
        bodies = measure.write_bodies(running, keys, folder)
        monitor = stack.enter_context(connection_spread.monitored(running))
        return [
            WorkersSample(sample, monitor.take(sample.server))
            for sample in measure.samples(running, bodies, schedule, cpu.postmaster(url))
        ]


def _server(workers: int) -> Server:
    """The registry without a response cache."""
    title = f"{workers} worker{'s' * (workers > 1)}"
    command = servers.serve_command(workers)
    return replace(SERVERS[0], name=str(workers), title=title, command=command)


def _worker_ids(server: RunningServer) -> list[int]:
    return [process.pid for process in connection_spread.workers(server)]


def rows(samples: Sequence[WorkersSample]) -> list[WorkersRow]:
    """A row for each operation and number of workers; one of the numbers is 1."""
    groups: dict[tuple[str, str], list[WorkersSample]] = {}
    for each in samples:
        groups.setdefault((each.sample.operation, each.sample.server), []).append(each)
    unsorted = [_row(group, groups[operation, "1"]) for (operation, _), group in groups.items()]
    return sorted(unsorted, key=lambda row: (row.operation, row.workers))


def _row(samples: Sequence[WorkersSample], one_worker: Sequence[WorkersSample]) -> WorkersRow:
    group = [each.sample for each in samples]
    counts = [each.connections for each in samples if each.connections]
    fullest = [max(each) / sum(each) for each in counts]
    return WorkersRow(
        operation=group[0].operation,
        workers=int(group[0].server),
        per_second=round(median(sample.load.per_second for sample in group), 1),
        over_one=summary.rate_ratio(group, [each.sample for each in one_worker]),
        server_cpu_ms=round(median(sample.server_ms for sample in group), 3),
        postgres_cpu_ms=round(median(sample.postgres_ms for sample in group), 3),
        busiest_share=round(
            median(max(each.process_cpu_s) / (each.server_cpu_s or 1) for each in group), 2
        ),
        fullest_share=round(median(fullest), 2) if fullest else None,
        busy_cores=round(median(each.machine.busy_cores for each in group), 2),
        other_cores=round(median(each.other_cores for each in group), 2),
        stolen_cores=round(median(each.machine.stolen_cores for each in group), 2),
        failures=sum(sample.load.failures for sample in group),
    )


def _show(table_rows: Sequence[WorkersRow], quota: float | None) -> None:
    for operation in dict.fromkeys(row.operation for row in table_rows):
        title = f"{operation}  {operations.TITLES[operation]}"
        table(title, _COLUMNS, [_cells(row) for row in table_rows if row.operation == operation])
    note(
        f"over one: responses/s over those of one worker: median (lowest, highest); the target of"
        f" two workers is {TARGET} while cores are free.\nCPU, PostgreSQL: ms of user and system"
        f" time per request. busiest, connections: the share of the busiest worker in the CPU, and"
        f" of the fullest in the connections.\ncores busy: of {cpu.CORES}, by the server,"
        f" PostgreSQL, the load generator and other programs; stolen: by the machine's host."
    )
    if quota:
        note(
            f"Each worker was limited to {quota} of a core, so that two of them leave cores for"
            f" PostgreSQL and the load generator, which had no limit: only the ratios are valid."
        )


def _cells(row: WorkersRow) -> tuple[str, ...]:
    ratio = row.over_one
    return (
        f"{row.workers} worker{'s' * (row.workers > 1)}",
        f"{row.per_second:,.1f}",
        f"{ratio.median:.2f}x ({ratio.low:.2f}, {ratio.high:.2f})" if row.workers > 1 else "",
        f"{row.server_cpu_ms:.2f}",
        f"{row.postgres_cpu_ms:.2f}",
        f"{row.busiest_share:.0%}",
        "" if row.fullest_share is None else f"{row.fullest_share:.0%}",
        f"{row.busy_cores:.2f}",
        f"{row.other_cores:.2f}",
        f"{row.stolen_cores:.2f}",
    )


if __name__ == "__main__":
    typer.run(main)
