"""`python -m bench`: fill a database, start the servers, compare their data, measure, report."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import cpu, data, equivalence, machine, measure, memory, operations, report, summary
from bench.measure import LoadSchedule
from bench.operations import SampledKeys
from bench.report import Result
from bench.servers import (
    CACHED,
    FLOOR,
    REGISTRY,
    SERVERS,
    RunningServer,
    Server,
    running,
    started,
    unavailable,
    wait_until_ready,
)
from bench.terminal import progress

_FULL, _QUICK = (3, 5, 3), (2, 1, 0.5)  # rounds, seconds of each measurement, seconds of warm-up
# filling the larger database takes 20 s, and a quick run has two minutes in total
_BINDINGS, _QUICK_BINDINGS = 40_000, 10_000

Names = Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")]


def main(
    scale: Annotated[
        int | None,
        typer.Option(min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Number of bindings."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Under two minutes.")] = False,
    server: Names = None,
    operation: Names = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write docs/benchmarks.md and docs/benchmark.svg.")
    ] = False,
    memory_s: Annotated[
        int, typer.Option(help="Seconds of mixed load on the registry, to measure its memory.")
    ] = 0,
) -> None:
    """Compare the registry with other servers on this machine."""
    rounds, seconds, warm_up_s = _QUICK if quick else _FULL
    bindings = scale or (_QUICK_BINDINGS if quick else _BINDINGS)
    schedule = LoadSchedule(rounds, seconds, warm_up_s, tuple(operation or operations.NAMES))
    with TemporaryDirectory() as scratch, data.fresh(bindings) as url:
        folder, keys = Path(scratch), operations.sample_keys(url)
        with _all_running(_chosen(server), url, keys, folder) as servers:
            progress("Comparing their data")
            leaves = equivalence.require(servers, keys, schedule.operations)
            bodies = measure.write_bodies(servers, keys, folder)
            samples = list(measure.samples(servers, bodies, schedule, cpu.postmaster(url)))
            if memory_s:
                default = next((s for s in servers if s.server.name == CACHED), servers[0])
                memory.show(memory.measure(default, bodies, memory_s, folder))
        settings = {"bindings": bindings, "rounds": rounds, "seconds": seconds}
        _report(
            Result(
                facts=machine.facts(url),
                settings=settings,
                leaves=leaves,
                rows=summary.rows(samples),
                samples=samples,
            ),
            publish,
        )


def _chosen(names: Sequence[str] | None) -> list[Server]:
    """The servers with these names that can run here; the registry always, and first."""
    chosen = []
    for server in SERVERS:
        if names and server.name not in (*names, REGISTRY):
            continue
        if reason := unavailable(server):
            progress(f"{server.title} is left out: {reason}")
        else:
            chosen.append(server)
    return chosen


@contextmanager
def _all_running(
    chosen: Sequence[Server], url: str, keys: SampledKeys, folder: Path
) -> Iterator[list[RunningServer]]:
    """All servers; the floor is started last, because it sends the registry's responses."""
    progress(f"Starting {', '.join(server.title for server in chosen)}")
    with ExitStack() as stack:
        others = [server for server in chosen if server.name != FLOOR]
        processes = [stack.enter_context(started(server, url, folder)) for server in others]
        servers = [wait_until_ready(*each) for each in zip(others, processes, strict=True)]
        _write_responses(servers[0], keys, folder)
        floors = [server for server in chosen if server.name == FLOOR]
        yield [*servers, *(stack.enter_context(running(floor, url, folder)) for floor in floors)]


def _write_responses(registry: RunningServer, keys: SampledKeys, folder: Path) -> None:
    """Write the registry's responses to files, for the floor to send."""
    for operation in ("Q1", "Q2"):
        values = operations.variables(operation, keys, registry.dialect, 0)
        response = {"data": registry.execute(operation, values)}
        text = json.dumps(response, separators=(",", ":"), ensure_ascii=False)
        (folder / f"{operation}.json").write_text(text, "utf-8")


def _report(result: Result, is_published: bool) -> None:
    report.show(result)
    progress(f"Written to {report.write(result)}")
    if is_published:
        report.publish(result)
    if any(row.failures for row in result.rows):
        raise SystemExit("Some requests failed; the progress lines above name the servers")


if __name__ == "__main__":
    typer.run(main)
