"""A worker's memory under mixed load: `python -m bench.memory --seconds 600`.

The load has six equal parts: the operations Q1 to Q5, and many documents that differ by an alias,
like those of clients that generate their documents. Caches by document must stay within bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import cpu, data, load, machine, operations, report, servers
from bench import measure as measuring
from bench.load import RequestSource
from bench.measure import BodyFiles
from bench.operations import Dialect, SampledKeys
from bench.servers import CACHED, REGISTRY, SERVERS, RunningServer
from bench.terminal import note, progress, table

TARGET_MB = 150
_EVERY_S = 60
_VARIED = ("Q1", "Q2", "Q3", "Q5")  # each selects a field called name


@dataclass(frozen=True, slots=True)
class MemoryReading:
    """The resident MB of each process of the server, and the requests answered until then."""

    after_s: int
    processes_mb: tuple[float, ...]
    requests: int
    failures: int

    @property
    def largest_mb(self) -> float:
        """Of the largest worker; a process that only supervises workers is smaller."""
        return max(self.processes_mb)


def main(
    seconds: Annotated[int, typer.Option(min=1, help="Of mixed load.")] = 600,
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    documents: Annotated[
        int, typer.Option(min=0, help="Different documents, in addition to Q1 to Q5.")
    ] = 500,
    scale: Annotated[
        int, typer.Option(min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Bindings.")
    ] = 40_000,
) -> None:
    """Measure the memory of the registry with its default settings."""
    with TemporaryDirectory() as scratch, data.fresh(scale) as url:
        readings = list(run(url, workers, documents, seconds, Path(scratch)))
        facts = machine.facts(url)
    show(readings)
    results = {
        "settings": {
            "seconds": seconds,
            "workers": workers,
            "documents": documents,
            "bindings": scale,
        },
        "readings": [asdict(each) for each in readings],
    }
    progress(f"Written to {report.save('memory-', facts, results)}")
    if readings[-1].failures:
        raise SystemExit("Some requests failed")


def run(
    url: str, workers: int, documents: int, seconds: int, folder: Path
) -> Iterator[MemoryReading]:
    """Start a server, and read its memory before the load, each minute, and at the end."""
    default = next(server for server in SERVERS if server.name == CACHED)
    server = replace(
        default,
        operations=operations.CATALOG,
        has_cursors=True,
        command=servers.serve_command(workers),
    )
    keys = operations.sample_keys(url)
    with servers.running(server, url, folder) as running:
        bodies = measuring.write_bodies([running], keys, folder)
        groups = [file.read_text("utf-8").splitlines() for file in bodies.values()]
        groups += [variants(running.dialect, keys, documents)] if documents else []
        yield from _readings(running, mixed(groups, folder), seconds)


def measure(
    server: RunningServer, bodies: BodyFiles, seconds: int, folder: Path
) -> list[MemoryReading]:
    """The memory of a running server under the registry's request bodies."""
    groups = [
        file.read_text("utf-8").splitlines()
        for (operation, name), file in bodies.items()
        if name == REGISTRY and operation in operations.CATALOG
    ]
    return list(_readings(server, mixed(groups, folder), seconds))


def mixed(groups: Sequence[Sequence[str]], folder: Path) -> Path:
    """Write a file with the bodies of all groups: as many lines of each, whatever its size."""
    longest = max(len(group) for group in groups)
    lines = [group[index % len(group)] for index in range(longest) for group in groups]
    file = folder / "mixed.bodies"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def variants(dialect: Dialect, keys: SampledKeys, count: int) -> list[str]:
    """Request bodies with that many different documents."""
    bodies = []
    for number in range(count):
        operation = _VARIED[number % len(_VARIED)]
        document = dialect.documents[operation]
        renamed = document.replace(" name ", f" name{number}: name ", 1)
        variant = replace(dialect, documents={operation: renamed})
        values = operations.variables(operation, keys, variant, number)
        bodies.append(operations.body(operation, variant, values))
    return bodies


def _readings(server: RunningServer, bodies: Path, seconds: int) -> Iterator[MemoryReading]:
    """Readings before the load, after each minute, and at the end."""
    progress(f"Mixed load for {seconds} s")
    source = RequestSource(server.url, bodies)
    reading = MemoryReading(0, cpu.resident_mb(server.pid), 0, 0)
    yield reading
    while reading.after_s < seconds:
        part_s = min(_EVERY_S, seconds - reading.after_s)
        result = load.run(source, part_s, reading.after_s)
        reading = MemoryReading(
            reading.after_s + part_s,
            cpu.resident_mb(server.pid),
            reading.requests + result.requests,
            reading.failures + result.failures,
        )
        progress(f"  after {reading.after_s} s: {reading.largest_mb:.1f} MB")
        yield reading


def show(readings: Sequence[MemoryReading]) -> None:
    """Print the table."""
    rows = [
        (
            f"{each.after_s:,} s",
            f"{each.largest_mb:.1f}",
            ", ".join(f"{mb:.0f}" for mb in each.processes_mb),
            f"{each.requests:,}",
            f"{each.failures}",
        )
        for each in readings
    ]
    columns = ("after", "largest, MB", "each process, MB", "requests", "failures")
    table("Memory under mixed load", columns, rows)
    note(f"Resident memory, shared memory included; the target is under {TARGET_MB} MB per worker.")


if __name__ == "__main__":
    typer.run(main)
