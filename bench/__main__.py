"""`python -m bench`: fill a database, start the servers, compare their answers, measure, report."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import cpu, data, equivalence, machine, measure, memory, operations, report, summary
from bench.measure import Plan
from bench.operations import Places
from bench.report import Result
from bench.servers import (
    FLOOR,
    KEPT,
    REGISTRY,
    SERVERS,
    Running,
    Server,
    answering,
    missing,
    running,
    started,
)
from bench.terminal import say

_FULL, _QUICK = (3, 5, 3), (2, 1, 0.5)  # rounds, seconds each, seconds of warming up
# to fill the larger one takes 20 s, of the two minutes that the quick look may take in all
_BINDINGS, _QUICK_BINDINGS = 40_000, 10_000

Names = Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")]


def main(
    scale: Annotated[
        int | None, typer.Option(min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Bindings.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Under two minutes.")] = False,
    server: Names = None,
    operation: Names = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write docs/benchmarks.md and docs/benchmark.svg.")
    ] = False,
    memory_s: Annotated[int, typer.Option(help="Mixed load on the registry, for its memory.")] = 0,
) -> None:
    """Compare the registry with its peers on this machine."""
    rounds, seconds, warm_up_s = _QUICK if quick else _FULL
    bindings = scale or (_QUICK_BINDINGS if quick else _BINDINGS)
    plan = Plan(rounds, seconds, warm_up_s, tuple(operation or operations.NAMES))
    with TemporaryDirectory() as scratch, data.fresh(bindings) as url:
        folder, places = Path(scratch), operations.places(url)
        with _all_running(_chosen(server), url, places, folder) as servers:
            say("Comparing their answers")
            leaves = equivalence.require(servers, places, plan.operations)
            bodies = measure.write_bodies(servers, places, folder)
            samples = list(measure.samples(servers, bodies, plan, cpu.postmaster(url)))
            if memory_s:
                shipped = next((s for s in servers if s.server.name == KEPT), servers[0])
                memory.show(memory.measure(shipped, bodies, memory_s, folder))
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
    """The servers asked for that can run here, the registry always first and the floor last."""
    chosen = []
    for server in SERVERS:
        if names and server.name not in (*names, REGISTRY):
            continue
        if reason := missing(server):
            say(f"{server.title} is left out: {reason}")
        else:
            chosen.append(server)
    return chosen


@contextmanager
def _all_running(
    chosen: Sequence[Server], url: str, places: Places, folder: Path
) -> Iterator[list[Running]]:
    """All of them, started at once; the floor after the others, for it sends what they answer."""
    say(f"Starting {', '.join(server.title for server in chosen)}")
    with ExitStack() as stack:
        others = [server for server in chosen if server.name != FLOOR]
        begun = [stack.enter_context(started(server, url, folder)) for server in others]
        servers = [answering(*each) for each in zip(others, begun, strict=True)]
        _write_answers(servers[0], places, folder)
        floors = [server for server in chosen if server.name == FLOOR]
        yield [*servers, *(stack.enter_context(running(floor, url, folder)) for floor in floors)]


def _write_answers(registry: Running, places: Places, folder: Path) -> None:
    """What the floor sends: the registry's own answers."""
    for operation in ("Q1", "Q2"):
        values = operations.variables(operation, places, registry.language, 0)
        answer = {"data": registry.ask(operation, values)}
        text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
        (folder / f"{operation}.json").write_text(text, "utf-8")


def _report(result: Result, is_published: bool) -> None:
    report.show(result)
    say(f"Written to {report.write(result)}")
    if is_published:
        report.publish(result)
    if any(row.failures for row in result.rows):
        raise SystemExit("Some requests failed; the log lines above say whose")


if __name__ == "__main__":
    typer.run(main)
