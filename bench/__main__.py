"""`python -m bench`: fill a database, start the servers, compare their data, measure, report."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    comparison,
    cpu,
    data,
    equivalence,
    machine,
    measure,
    memory,
    operations,
    options,
    report,
    routed,
    summary,
)
from bench.operations import SampledKeys
from bench.options import Options
from bench.report import Result
from bench.servers import (
    CACHED,
    FLOOR,
    FLOOR_OPERATIONS,
    SERVERS,
    RunningServer,
    Server,
    running,
    started,
    unavailable,
    wait_until_ready,
)
from bench.terminal import progress
from deploy.lab import collector
from deploy.lab.collector import Collector


def main() -> None:
    """Compare the registry with other servers on this machine."""
    chosen = options.parse()
    with TemporaryDirectory() as scratch, data.fresh(chosen.bindings) as url:
        result = measured(url, chosen, Path(scratch))
    report.show(result)
    progress(f"Written to {report.write(result)}")
    if chosen.publish:
        report.publish(result)
    if any(row.failures for row in result.rows):
        raise SystemExit("Some requests failed; the progress lines above name the servers")


def measured(url: str, chosen: Options, folder: Path) -> Result:
    """The result of a run on the database of a URL."""
    schedule = chosen.schedule()
    if operations.OF_ROUTED.intersection(schedule.operations):
        progress(f"Adding {routed.MODELS} models to route")
        routed.add(url)
    keys = operations.sample_keys(url)
    with ExitStack() as stack:
        collecting = stack.enter_context(collector.running()) if chosen.with_telemetry else None
        chosen_servers = _available(chosen, url, collecting)
        servers = stack.enter_context(_all_running(chosen_servers, url, keys, folder))
        progress("Comparing their data")
        leaves = equivalence.require(servers, keys, schedule.operations)
        bodies = measure.write_bodies(servers, keys, folder)
        samples = list(measure.samples(servers, bodies, schedule, cpu.postmaster(url)))
        if chosen.memory_s:
            default = next((s for s in servers if s.server.name == CACHED), servers[0])
            memory.show(memory.measure(default, bodies, chosen.memory_s, folder))
    if collecting is not None:
        comparison.require_exports(collecting)
    titles = {each.server.name: each.server.title for each in servers}
    return Result(
        facts=machine.facts(url),
        settings=chosen.settings(),
        leaves=leaves,
        titles=titles,
        rows=summary.rows(samples, list(titles)),
        comparison=comparison.rows(samples),
        samples=samples,
    )


def _available(chosen: Options, url: str, collecting: Collector | None) -> list[Server]:
    """The chosen servers that can run here; the registry always, and first."""
    others = comparison.servers(chosen.compare_with) if chosen.compare_with else []
    if chosen.with_tokens:
        others = comparison.with_tokens(url)
    if collecting is not None:
        others = comparison.with_telemetry(collecting.url)
    available = []
    for server in [*SERVERS[:2], *others, *SERVERS[2:]]:
        if not chosen.includes(server):
            continue
        if reason := unavailable(server):
            progress(f"{server.title} is left out: {reason}")
        else:
            available.append(server)
    return available


@contextmanager
def _all_running(
    servers: Sequence[Server], url: str, keys: SampledKeys, folder: Path
) -> Iterator[list[RunningServer]]:
    """All servers; the floor is started last, because it sends the registry's responses."""
    progress(f"Starting {', '.join(server.title for server in servers)}")
    with ExitStack() as stack:
        others = [server for server in servers if server.name != FLOOR]
        processes = [stack.enter_context(started(server, url, folder)) for server in others]
        ready = [wait_until_ready(*each) for each in zip(others, processes, strict=True)]
        _write_responses(ready[0], keys, folder)
        floors = [server for server in servers if server.name == FLOOR]
        yield [*ready, *(stack.enter_context(running(floor, url, folder)) for floor in floors)]


def _write_responses(registry: RunningServer, keys: SampledKeys, folder: Path) -> None:
    """Write the registry's responses to files, for the floor to send."""
    for operation in FLOOR_OPERATIONS:
        if operation in operations.OF_ROUTED and not keys.routed:
            continue
        values = operations.variables(operation, keys, registry.dialect, 0)
        response = {"data": registry.execute(operation, values)}
        text = json.dumps(response, separators=(",", ":"), ensure_ascii=False)
        (folder / f"{operation}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
