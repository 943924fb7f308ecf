"""What a worker's memory grows to under mixed load: `python -m bench.memory --seconds 600`.

All five operations are asked equally often, and as often some of many documents that differ by an
alias, as those of clients that generate theirs: what is kept by document has to stay in its bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import cpu, data, load, machine, operations, report, servers
from bench import measure as measuring
from bench.measure import Bodies
from bench.operations import Language, Places
from bench.servers import KEPT, REGISTRY, SERVERS, Running
from bench.terminal import note, say, table

TARGET_MB = 150
_EVERY_S = 60
_VARIED = ("Q1", "Q2", "Q3", "Q5")  # each has a field that is called name


@dataclass(frozen=True, slots=True)
class Reading:
    """The resident MB of each of the server's processes, and what it had answered by then."""

    after_s: int
    processes_mb: tuple[float, ...]
    requests: int
    failures: int

    @property
    def largest_mb(self) -> float:
        """Of the largest worker: a process that only watches over workers is smaller."""
        return max(self.processes_mb)


def main(
    seconds: Annotated[int, typer.Option(min=1, help="Of mixed load.")] = 600,
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    documents: Annotated[
        int, typer.Option(min=0, help="Different documents beside the five.")
    ] = 500,
    scale: Annotated[
        int, typer.Option(min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Bindings.")
    ] = 40_000,
) -> None:
    """Measure the memory of the registry as it is shipped."""
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
    say(f"Written to {report.save('memory-', facts, results)}")
    if readings[-1].failures:
        raise SystemExit("Some requests failed")


def run(url: str, workers: int, documents: int, seconds: int, folder: Path) -> Iterator[Reading]:
    """Start a server, and read its memory before the load, each minute, and at the end."""
    shipped = next(server for server in SERVERS if server.name == KEPT)
    server = replace(
        shipped, operations=operations.NAMES, has_cursors=True, command=servers.serve(workers)
    )
    places = operations.places(url)
    with servers.running(server, url, folder) as running:
        bodies = measuring.write_bodies([running], places, folder)
        groups = [file.read_text("utf-8").splitlines() for file in bodies.values()]
        groups += [variants(running.language, places, documents)] if documents else []
        yield from _readings(running, mixed(groups, folder), seconds)


def measure(server: Running, bodies: Bodies, seconds: int, folder: Path) -> list[Reading]:
    """The memory of a server that runs already, under the registry's own bodies."""
    groups = [
        file.read_text("utf-8").splitlines()
        for (_, name), file in bodies.items()
        if name == REGISTRY
    ]
    return list(_readings(server, mixed(groups, folder), seconds))


def mixed(groups: Sequence[Sequence[str]], folder: Path) -> Path:
    """A file of all groups' bodies, each group as often as the others, however many it has."""
    longest = max(len(group) for group in groups)
    lines = [group[place % len(group)] for place in range(longest) for group in groups]
    file = folder / "mixed.bodies"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def variants(language: Language, places: Places, count: int) -> list[str]:
    """Bodies of that many documents, of which no two are the same."""
    made = []
    for number in range(count):
        operation = _VARIED[number % len(_VARIED)]
        document = language.documents[operation]
        renamed = document.replace(" name ", f" name{number}: name ", 1)
        own = replace(language, documents={operation: renamed})
        values = operations.variables(operation, places, own, number)
        made.append(operations.body(operation, own, values))
    return made


def _readings(server: Running, bodies: Path, seconds: int) -> Iterator[Reading]:
    """Before the load, each minute, and at the end."""
    say(f"Mixed load for {seconds} s")
    reading = Reading(0, cpu.resident_mb(server.pid), 0, 0)
    yield reading
    while reading.after_s < seconds:
        part_s = min(_EVERY_S, seconds - reading.after_s)
        done = load.run(server.url, bodies, part_s, reading.after_s)
        reading = Reading(
            reading.after_s + part_s,
            cpu.resident_mb(server.pid),
            reading.requests + done.requests,
            reading.failures + done.failures,
        )
        say(f"  after {reading.after_s} s: {reading.largest_mb:.1f} MB")
        yield reading


def show(readings: Sequence[Reading]) -> None:
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
    note(f"Resident, with what processes share; the target is under {TARGET_MB} MB a worker.")


if __name__ == "__main__":
    typer.run(main)
